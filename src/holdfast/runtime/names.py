"""What an order is called at the venue: `H` + epoch (5) + number (8) + attempt (2) + check (4), in base 32.

The epoch is new with every start, so that after a lost journal the same number can never name another order. The check
is a digest of what the order is; a name that does not fit its order was not given by us.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without letters that are read as digits
VALUES = {digit: value for value, digit in enumerate(DIGITS)}
LENGTH = 20
ATTEMPTS = len(DIGITS) ** 2


@dataclass(frozen=True, slots=True)
class Name:
    """The parts of a name."""

    epoch: int
    order_id: int
    attempt: int
    check: str


def base32(value: int, width: int) -> str:
    """A number in a fixed number of digits. ValueError where it does not fit."""
    digits = ""
    for _ in range(width):
        value, digit = divmod(value, 32)
        digits = DIGITS[digit] + digits
    if value:
        raise ValueError("The number does not fit into an order's name.")
    return digits


def number(text: str) -> int:
    """The number of some digits."""
    value = 0
    for digit in text:
        value = value * 32 + VALUES[digit]
    return value


def check_of(epoch: int, order_id: int, instrument_id: int, side: int) -> str:
    """Four digits over what never changes in the life of an order."""
    text = f"{epoch} {order_id} {instrument_id} {side}".encode()
    summed = int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "big")
    return base32(summed >> 12, 4)


def name_of(epoch: int, order_id: int, instrument_id: int, side: int, attempt: int = 0) -> str:
    """The name under which an order, or a further attempt at it, is sent."""
    head = base32(epoch, 5) + base32(order_id, 8) + base32(attempt % ATTEMPTS, 2)
    return "H" + head + check_of(epoch, order_id, instrument_id, side)


@lru_cache(maxsize=4096)
def parts_of(text: str) -> Name | None:
    """The parts of a name; None where it is none of ours."""
    if len(text) != LENGTH or text[0] != "H" or any(digit not in VALUES for digit in text[1:]):
        return None
    return Name(number(text[1:6]), number(text[6:14]), number(text[14:16]), text[16:])
