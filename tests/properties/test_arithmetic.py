"""Integer arithmetic against Python's own big integers, up to the bounds that each function states, in both modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tiers import examples

from holdfast.model import arithmetic
from holdfast.model.arithmetic import ceil_div, divide_toward, mul_div, mul_div_up, scale, scale_up
from holdfast.model.trade import average_of
from holdfast.model.units import RATE
from holdfast.records import Rows, compiled, kernel, record, rows
from holdfast.risk.sizing import share_of

BOUND = 1 << 62
FITS = (1 << 63) - 1
edges = st.sampled_from(
    [0, 1, 2, RATE - 1, RATE, RATE + 1, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, BOUND - 1, BOUND]
)
naturals = st.one_of(edges, st.integers(0, BOUND), st.integers(0, 1 << 33))
wholes = st.builds(lambda value, negative: -value if negative else value, naturals, st.booleans())
rates = st.one_of(st.integers(-(1 << 36), 1 << 36), st.sampled_from([0, 1, -1, RATE, -RATE, RATE - 1]))


@examples(600)
@given(a=wholes, b=naturals, c=naturals)
def test_mul_div_is_the_floor_of_the_exact_quotient(a: int, b: int, c: int) -> None:
    """And its twin the ceiling, wherever the result fits."""
    assume(c > 0 and abs(a * b // c) < FITS)
    assert mul_div(a, b, c) == a * b // c
    assert mul_div_up(a, b, c) == -(-a * b // c)


@examples(300)
@given(amount=wholes, rate=rates)
def test_scale_is_the_floor_of_a_share(amount: int, rate: int) -> None:
    """And its twin the ceiling."""
    assume(abs(amount * rate // RATE) < FITS - RATE)
    assert scale(amount, rate) == amount * rate // RATE
    assert scale_up(amount, rate) == -(-amount * rate // RATE)


@examples(200)
@given(a=wholes, b=naturals, up=st.booleans())
def test_divisions_round_where_they_say(a: int, b: int, up: bool) -> None:
    """Up is towards plus infinity, down towards minus infinity, for negative numbers too."""
    assume(b > 0)
    assert ceil_div(a, b) == -(-a // b)
    assert divide_toward(a, b, up) == (-(-a // b) if up else a // b)
    assert average_of(a, b, up) == divide_toward(a, b, up)


@examples(200)
@given(total=st.integers(0, 1 << 31), rate=st.integers(0, RATE))
def test_a_share_of_steps_is_the_nearest_with_ties_down(total: int, rate: int) -> None:
    """Never more than half a step away, and never above at a tie."""
    found = share_of(total, rate)
    assert -RATE <= 2 * (total * rate - found * RATE) <= RATE
    assert 2 * (found * RATE - total * rate) < RATE


@record
class Sum:
    """One question and the answers of every function."""

    a: int
    b: int
    c: int
    rate: int
    up: bool
    mul_div: int
    mul_div_up: int
    scale: int
    scale_up: int
    ceil_div: int
    toward: int


@record
class Sums:
    """Questions for one call."""

    count: int
    sums: Rows[Sum] = rows(512)


@kernel
def answer(sheets: Rows[Sums]) -> None:
    """Every function of the page on every question."""
    for i in range(sheets[0].count):
        s = sheets[0].sums[i]
        s.mul_div = mul_div(s.a, s.b, s.c)
        s.mul_div_up = mul_div_up(s.a, s.b, s.c)
        s.scale = scale(s.a, s.rate)
        s.scale_up = scale_up(s.a, s.rate)
        s.ceil_div = ceil_div(s.a, s.c)
        s.toward = divide_toward(s.a, s.c, s.up)


ANSWERS = ("mul_div", "mul_div_up", "scale", "scale_up", "ceil_div", "toward")


def questions(rng: np.random.Generator, count: int) -> list[tuple[int, int, int, int]]:
    """Numbers of every size and every edge whose answers fit into 63 bits."""
    found: list[tuple[int, int, int, int]] = []
    some = [0, 1, 3, RATE - 1, RATE, (1 << 31) - 1, 1 << 31, BOUND - 1, BOUND]
    while len(found) < count:
        a, b, c, rate = (
            some[int(rng.integers(len(some)))]
            if rng.random() < 0.3
            else int(rng.integers(0, 2 ** int(rng.integers(1, 63))))
            for _ in range(4)
        )
        a, rate = a * int(rng.choice([-1, 1])), int(rng.choice([-1, 1])) * (rate % (1 << 36))
        if c > 0 and abs(a * b // c) < FITS and abs(a * rate // RATE) < FITS - RATE:
            found.append((a, b, c, rate))
    return found


def test_compiled_arithmetic_equals_interpreted_at_the_bounds() -> None:
    """Where 64 bits would overflow between the factors, both modes still agree with big integers."""
    sheet = np.zeros(1, Sums.dtype)
    asked = questions(np.random.default_rng(7), 512)
    for name, column in zip("abc", range(3), strict=True):
        sheet["sums"][name][0] = [q[column] for q in asked]
    sheet["sums"]["rate"][0] = [q[3] for q in asked]
    sheet["count"] = len(asked)
    compiled(answer)(sheet)
    for row, (a, b, c, rate) in zip(sheet["sums"][0], asked, strict=True):
        wanted = (a * b // c, -(-a * b // c), a * rate // RATE, -(-a * rate // RATE), -(-a // c), a // c)
        assert (
            tuple(
                int(row[name])
                for name in ("mul_div", "mul_div_up", "scale", "scale_up", "ceil_div", "toward")
            )
            == wanted
        )


@pytest.mark.parametrize(
    "name", [name for name in vars(arithmetic) if name.startswith(("mul", "scale", "ceil"))]
)
def test_a_division_that_drops_the_wide_intermediate_is_caught(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The known-bad twin of each: the product in 64 bits, as `a * b // c` would be when compiled."""

    def narrow(*values: int) -> int:
        product = values[0] * (values[1] if len(values) > 1 else 1)
        wrapped = (product + (1 << 63)) % (1 << 64) - (1 << 63)
        return wrapped // (values[2] if len(values) > 2 else RATE)

    monkeypatch.setitem(globals(), name, narrow)
    tests: dict[str, Callable[..., Any]] = {
        "mul": test_mul_div_is_the_floor_of_the_exact_quotient,
        "scale": test_scale_is_the_floor_of_a_share,
        "ceil": test_divisions_round_where_they_say,
    }
    with pytest.raises(BaseException, match="assert"):
        next(test for prefix, test in tests.items() if name.startswith(prefix))()
