"""Integer arithmetic that cannot overflow between the factors, with its rounding in the name."""

from __future__ import annotations

from holdfast.model.units import RATE
from holdfast.records import kernel

SAFE = 1 << 31  # two factors below this cannot overflow
WIDE = 1 << 46  # nor can one below this, ...
NARROW = 1 << 16  # ... with one below this
LARGEST = 1 << 62


@kernel
def mul_div(a: int, b: int, c: int) -> int:
    """floor(a * b / c), exact. |a| <= 2**62, 0 <= b <= 2**62, 0 < c <= 2**62; the result must fit in 63 bits."""
    assert b >= 0
    assert c > 0
    whole = a // c
    rest = a % c
    if (rest < SAFE and b < SAFE) or (rest < WIDE and b < NARROW) or b == 0 or rest <= LARGEST // b:
        return whole * b + rest * b // c
    quotient = 0
    remainder = 0
    bit = 1 << 62
    for _ in range(
        63
    ):  # long multiplication of rest by b, divided as it goes; each sum stays below 2c <= 2**63
        quotient += quotient
        remainder += remainder
        if remainder >= c:
            remainder -= c
            quotient += 1
        if b & bit != 0:
            remainder += rest
            if remainder >= c:
                remainder -= c
                quotient += 1
        bit = bit >> 1
    return whole * b + quotient


@kernel
def mul_div_up(a: int, b: int, c: int) -> int:
    """ceil(a * b / c), exact."""
    return -mul_div(-a, b, c)


@kernel
def scale(amount: int, rate: int) -> int:
    """floor(amount * rate / 1e8): a share of an amount. |rate| <= 2**36, of either sign; the result must fit."""
    return amount // RATE * rate + amount % RATE * rate // RATE


@kernel
def scale_up(amount: int, rate: int) -> int:
    """ceil(amount * rate / 1e8)."""
    return -scale(-amount, rate)


@kernel
def ceil_div(a: int, b: int) -> int:
    """ceil(a / b) for b > 0."""
    return -(-a // b)


@kernel
def divide_toward(a: int, b: int, up: bool) -> int:
    """a / b rounded up or down, for b > 0."""
    return -(-a // b) if up else a // b
