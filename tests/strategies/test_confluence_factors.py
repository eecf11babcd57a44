"""Each of the fifteen factors is true on one small market and false on another: none is true by decree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from holdfast.strategies import structure
from holdfast.strategies.confluence_factors import FACTORS, Picture
from holdfast.strategies.confluence_parameters import PARAMETERS
from holdfast.strategies.confluence_setup import entry_price, stop_price
from holdfast.strategies.indicators import Floats
from holdfast.strategies.structure import Legs, View

DEFAULTS = {each.name: each.default for each in PARAMETERS}
DAYS = 120
LAST = np.array([DAYS - 1])


def steady(count: int = DAYS, price: float = 110.0) -> Floats:
    return np.full(count, price)


def flat(price: float = 110.0, reach: float = 1.0) -> View:
    """Bars that stand at one price, each with a wick of `reach` to either side."""
    closes = steady(price=price)
    return View(closes, closes + reach, closes - reach, closes)


def with_last(view: View, *rows: tuple[float, float, float, float]) -> View:
    """The same bars with the newest ones (open, high, low, close) replaced."""
    columns = {}
    for at, name in enumerate(("open", "high", "low", "close")):
        values = getattr(view, name).copy()
        values[len(values) - len(rows) :] = [row[at] for row in rows]
        columns[name] = values
    return View(**columns)


def leg(start: float = 100.0, end: float = 120.0, level: float = 112.0, age: float = 10.0) -> Legs:
    return Legs(*(steady(price=value) for value in (start, end, level, age)))


def picture(**changes: Any) -> Picture:
    """One base row at 110, half-way back in a leg from 100 to 120, daily ATR 4, everything else quiet."""
    p = {**DEFAULTS, **changes.pop("p", {})}
    never = np.full(DAYS, np.inf)
    seen = Picture(
        p=p, daily=flat(), fours=flat(), weekly=flat(price=300.0), at_day=LAST, at_four=LAST, at_week=LAST,
        agreed=np.array([False]), price=np.array([110.0]), atr_days=steady(price=4.0), legs=leg(),
        since_break=never, since_break_down=never, entry=np.array([107.64]), stop=np.array([98.0]),
    )  # fmt: skip
    return replace(seen, **changes)


def holds(name: str, **changes: Any) -> bool:
    flags = FACTORS[name](picture(**changes))
    assert flags.shape == (1,)
    assert flags.dtype == np.bool_
    return bool(flags[0])


def price(value: float) -> dict[str, Any]:
    return {"price": np.array([value])}


def test_htf_asks_for_the_agreement_of_all_voters() -> None:
    """It is what the votes say."""
    assert holds("htf", agreed=np.array([True]))
    assert not holds("htf")


def test_location_is_the_low_part_of_the_range_or_a_pivot() -> None:
    """20 days from 100 to 120: 106 is in the low 30 %, 107 is not; a pivot low at 108 within half an ATR is near."""
    ranging = with_last(flat(), (110.0, 120.0, 100.0, 110.0), (110.0, 110.5, 109.5, 110.0))
    assert holds("location", daily=ranging, **price(106.0))
    assert not holds("location", daily=ranging, **price(107.0))
    dips = (
        [(110.0, 111.0, 109.0, 110.0)] * 3
        + [(110.0, 111.0, 106.0, 110.0)]
        + [(110.0, 111.0, 109.0, 110.0)] * 3
    )
    assert (
        holds("location", daily=with_last(flat(), (110.0, 150.0, 109.0, 110.0), *dips), **price(123.0))
        is False
    )
    assert holds("location", daily=with_last(flat(), (110.0, 111.0, 50.0, 110.0), *dips), **price(107.9))
    assert not holds("location", daily=with_last(flat(), (110.0, 111.0, 50.0, 110.0), *dips), **price(108.1))


def test_location_counts_weekly_pivots_within_half_a_percent() -> None:
    """A weekly top of 200: 199.1 is within 0.5 %, 198 is not."""
    top = (
        [(150.0, 151.0, 149.0, 150.0)] * 3
        + [(150.0, 200.0, 149.0, 150.0)]
        + [(150.0, 151.0, 149.0, 150.0)] * 3
    )
    weekly = with_last(flat(price=150.0), *top)
    assert holds("location", weekly=weekly, **price(199.1))
    assert not holds("location", weekly=weekly, **price(198.0))


@pytest.mark.parametrize("value, expected", [(112.5, False), (112.3, True), (104.3, True), (104.2, False)])
def test_fib_is_the_zone_between_two_retracements(value: float, expected: bool) -> None:
    """Of the leg from 100 to 120: 38.2 % is 112.36, 78.6 % is 104.28."""
    assert holds("fib", **price(value)) is expected


def test_liquidity_is_a_swept_low_that_was_taken_back() -> None:
    """20 bars with lows of 109, then one to 108 that closes at 110; a close at 108.5 stays below and is none."""
    quiet = (110.0, 111.0, 109.0, 110.0)
    assert holds("liquidity", fours=with_last(flat(), (110.0, 111.0, 108.0, 110.0), quiet))
    assert not holds("liquidity", fours=with_last(flat(), (110.0, 111.0, 108.0, 108.5), quiet))
    assert not holds("liquidity")


def test_liquidity_is_forgotten_after_a_day() -> None:
    """Six 4h bars: the sweep may be the newest or one of the five before."""
    quiet, sweep = (110.0, 111.0, 109.0, 110.0), (110.0, 111.0, 108.0, 110.0)
    assert holds("liquidity", fours=with_last(flat(), sweep, *[quiet] * 5))
    assert not holds("liquidity", fours=with_last(flat(), sweep, *[quiet] * 6))


def test_structure_is_the_direction_of_the_last_break() -> None:
    """Upwards 3 days ago beats downwards 10 days ago, and not the other way round."""
    assert holds("structure", since_break=steady(price=3.0), since_break_down=steady(price=10.0))
    assert not holds("structure", since_break=steady(price=10.0), since_break_down=steady(price=3.0))


def test_structure_is_also_rising_pivots() -> None:
    """Pivot highs 113, 114 and lows 106, 107 rise; with the first low at 108 they do not."""
    quiet = [(110.0, 111.0, 109.0, 110.0)] * 3

    def wave(first_low: float) -> View:
        high, low = (lambda top: (110.0, top, 109.0, 110.0)), (lambda bottom: (110.0, 111.0, bottom, 110.0))
        swings = [high(113.0), low(first_low), high(114.0), low(107.0)]
        return with_last(flat(), *quiet, *(bar for swing in swings for bar in (swing, *quiet)))

    assert holds("structure", daily=wave(106.0))
    assert not holds("structure", daily=wave(108.0))


@pytest.mark.parametrize(
    "bars, expected",
    [
        ([(111.0, 111.5, 109.5, 110.0), (110.0, 111.6, 109.0, 111.2)], True),  # engulfs the falling bar before
        ([(111.0, 111.5, 109.5, 110.0), (110.1, 111.6, 109.0, 111.2)], False),  # opens inside it; body 42 %
        ([(110.0, 110.5, 105.0, 110.2)], True),  # a pin: wick of 5 in a range of 5.5
        ([(109.0, 109.9, 109.0, 109.8)], True),  # body of 89 %
        ([(110.0, 111.0, 109.0, 110.0)], False),
    ],
)  # fmt: skip
def test_confirmation_is_one_of_four_patterns_on_the_last_4h_bar(bars: list[Any], expected: bool) -> None:
    """Engulfing, pin bar, strong body (a break of structure has its own tests)."""
    assert holds("confirmation", fours=with_last(flat(), *bars)) is expected


def test_rr_measures_the_way_to_the_end_of_the_leg_in_r() -> None:
    """Entry 107.64, stop 98, so R is 9.64; the leg ends at 120, 1.28 R away."""
    assert holds("rr", p={"min_rr_ratio": 1.28})
    assert not holds("rr", p={"min_rr_ratio": 1.29})


def test_atr_regime_ranks_todays_atr_among_a_hundred() -> None:
    """40 smaller ones, itself, and 59 larger ones: 41 %, below the 42 that are asked for."""
    ranked = np.concatenate([steady(20), np.full(40, 1.0), np.full(59, 9.0), [4.0]])
    assert not holds("atr_regime", atr_days=ranked)
    assert holds("atr_regime", atr_days=ranked, p={"atr_min_percentile": 41.0})


def test_pattern_is_an_n_in_ten_days() -> None:
    """100 up to 120, back to 106, up to 115: past the middle of 113. Back to 99 it is no N; up to 112 not yet."""

    def story(low: float, last: float) -> View:
        closes = [101.0, 105.0, 110.0, 115.0, 119.0, 115.0, 111.0, low + 1, 110.0, last]
        return with_last(flat(), *((close - 0.5, close + 1, close - 1, close) for close in closes))

    assert holds("pattern", daily=story(106.0, 115.0))
    assert not holds("pattern", daily=story(99.0, 115.0))
    assert not holds("pattern", daily=story(106.0, 112.0))


def test_zscore_asks_for_a_stretched_close() -> None:
    """19 closes at 110 and one at 100: z is -4.36; for a close that stands at the mean it is 0."""
    stretched = with_last(flat(), (110.0, 110.0, 99.0, 100.0))
    assert holds("zscore", daily=stretched)
    assert not holds("zscore", daily=stretched, p={"zscore_threshold": 4.4})
    assert not holds("zscore")


def test_mitigated_level_was_touched_again_and_holds() -> None:
    """Level 112, slack a quarter of an ATR of 4: lows reach 113 (touched), price must not be below 111."""
    near = flat(price=114.0)
    assert holds("mitigated_sr", daily=near, **price(111.0))
    assert not holds("mitigated_sr", daily=near, **price(110.9))
    assert not holds("mitigated_sr", daily=flat(price=114.1), **price(112.0))
    assert not holds("mitigated_sr", daily=near, legs=leg(age=4.0), **price(112.0))


def test_framework_is_a_standing_leg_with_rising_4h_pivots() -> None:
    """Flat 4h bars have no pivots."""
    quiet = [(110.0, 111.0, 109.0, 110.0)] * 3
    swings = [(110.0, 113.0, 109.0, 110.0), (110.0, 111.0, 106.0, 110.0)]
    swings += [(110.0, 114.0, 109.0, 110.0), (110.0, 111.0, 107.0, 110.0)]
    rising = with_last(flat(), *quiet, *(bar for swing in swings for bar in (swing, *quiet)))
    assert holds("framework", fours=rising)
    assert not holds("framework", fours=rising, **price(100.0))
    assert not holds("framework")


def test_displacement_is_a_large_day_that_closed_up() -> None:
    """1.5 ATR of 4 is 6: a day from 109 to 115 counts for five days, one of 5.9 does not."""
    quiet, large = (110.0, 111.0, 109.0, 110.0), (110.0, 115.0, 109.0, 114.0)
    assert holds("displacement", daily=with_last(flat(), large, *[quiet] * 4))
    assert not holds("displacement", daily=with_last(flat(), large, *[quiet] * 5))
    assert not holds("displacement", daily=with_last(flat(), (110.0, 114.9, 109.0, 114.0)))
    assert not holds("displacement", daily=with_last(flat(), (114.0, 115.0, 109.0, 110.0)))


def test_rejection_is_a_long_lower_wick_on_the_last_day() -> None:
    """Half of the range at least: 3 of 6, not 2.9."""
    assert holds("rejection", daily=with_last(flat(), (110.0, 113.0, 107.0, 111.0)))
    assert not holds("rejection", daily=with_last(flat(), (109.9, 113.0, 107.0, 111.0)))


def test_momentum_is_a_close_above_the_one_ten_days_before() -> None:
    """Equal is not above."""
    assert holds("momentum", daily=with_last(flat(), (110.0, 111.0, 109.0, 110.01)))
    assert not holds("momentum")


@pytest.mark.parametrize(
    "value, expected", [(110.0, 107.64), (108.84, 108.84), (108.85, 107.64), (105.0, 105.0)]
)
def test_the_entry_is_the_retracement_or_the_price_where_it_is_near_or_past(
    value: float, expected: float
) -> None:
    """120 - 0.618 x 20 = 107.64; 0.3 ATR of 4 is 1.2, so up to 108.84 the price itself is taken."""
    assert entry_price(picture(**price(value)))[0] == pytest.approx(expected)


def stop(entry: float, fours: View | None = None, least: float = 0.0, **p: float) -> float:
    return float(stop_price(picture(fours=fours or flat(price=130.0), p=p), np.array([entry]), least)[0])


def test_the_stop_lies_half_an_atr_behind_the_leg() -> None:
    """100 - 0.5 x 4."""
    assert stop(107.64) == pytest.approx(98.0)


def test_the_stop_is_widened_to_the_4h_pivots() -> None:
    """A 4h pivot low of 97 asks for 97 - 0.4 x 4 = 95.4; one of 99.7 for 98.1, which is nearer than the leg's."""
    quiet = [(110.0, 111.0, 109.0, 110.0)] * 3

    def pivot(low: float) -> View:
        return with_last(flat(), *quiet, (110.0, 111.0, low, 110.0), *quiet)

    assert stop(107.64, pivot(97.0)) == pytest.approx(95.4)
    assert stop(107.64, pivot(99.7)) == pytest.approx(98.0)


def test_a_stop_nearer_than_one_atr_is_replaced_by_the_fallback() -> None:
    """Entry 101.9 is 3.9 above the stop of 98, less than an ATR of 4: 1.5 ATR are taken. At 102 it stays."""
    assert stop(101.9) == pytest.approx(101.9 - 6.0)
    assert stop(102.0) == pytest.approx(98.0)


def test_a_stop_is_never_nearer_than_the_pip_limit() -> None:
    """12 instead of 9.64."""
    assert stop(107.64, least=12.0) == pytest.approx(95.64)


def test_every_factor_has_a_test_here() -> None:
    """Fifteen factors, each named in this file."""
    assert len(FACTORS) == 15
    text = Path(__file__).read_text(encoding="utf-8")
    assert all(f'holds("{name}"' in text for name in FACTORS)


def test_the_bars_are_mirrored_for_shorts() -> None:
    """View of side -1: the high is the negative low."""
    frame = pl.DataFrame({"open": [1.0], "high": [4.0], "low": [0.5], "close": [2.0]})
    mirrored = structure.view(frame, -1)
    assert (mirrored.open[0], mirrored.high[0], mirrored.low[0], mirrored.close[0]) == (
        -1.0,
        -0.5,
        -4.0,
        -2.0,
    )
