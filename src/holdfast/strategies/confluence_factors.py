"""The fifteen tests of `confluence`. Each asks one thing of a rising market; none is ever true by decree.

System B counted a filter that was switched off as passed, and one (`liquidity`) was a constant: its score
said nothing (lesson L22). Here a test that is switched off is not computed, not counted, and not in the maximum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from holdfast.strategies import indicators, structure
from holdfast.strategies.indicators import Flags, Floats, highest, lowest, shift
from holdfast.strategies.structure import Integers, Legs, View

Column = TypeVar("Column", bound=NDArray[Any])

SWING_SPAN = 60  # daily bars in which pivots are looked for
H4_SPAN = 60  # the same on 4h bars
WEEK_SPAN = 52
SWEEP_LOOKBACK, SWEEP_RECENT = 20, 6  # 4h bars: extreme of 20 before, swept within the last day
RANGE_DAYS = 20
RECENT_DAYS = 5
PATTERN_DAYS = 10
PERCENTILE_DAYS = 100


@dataclass(frozen=True)
class Picture:
    """One side of one market: bars of each timeframe (mirrored for shorts), and the base rows' places in them.

    `daily`, `fours`, `weekly` hold whole frames; `at_day`, `at_four`, `at_week` the row of the last closed bar
    for each base row. `price`, `entry`, `stop` and `atr` are per base row, `atr_days` and `legs` per daily bar.
    """

    p: Mapping[str, Any]
    daily: View
    fours: View
    weekly: View
    at_day: Integers
    at_four: Integers
    at_week: Integers
    agreed: Flags  # per base row: every voting timeframe rises
    price: Floats
    atr_days: Floats
    legs: Legs
    since_break: Floats  # daily bars since the last upward break
    since_break_down: Floats
    entry: Floats
    stop: Floats

    @property
    def atr(self) -> Floats:
        return self.day(self.atr_days)

    def day(self, values: Column) -> Column:
        """Values of daily bars, as the base rows see them."""
        return cast(Column, values[self.at_day])

    def four(self, values: Column) -> Column:
        """Values of 4h bars, as the base rows see them."""
        return cast(Column, values[self.at_four])


def htf_bias(m: Picture) -> Flags:
    """All voting timeframes rise."""
    return m.agreed


def location(m: Picture) -> Flags:
    """Near one of the last 5 daily pivot lows, in the low 30 % of the 20-day range, or at a weekly pivot."""
    lows = -structure.recent_pivots(-m.daily.low, 5, SWING_SPAN)[m.at_day]
    near = np.abs(lows - m.price[:, None]) <= m.p["location_atr"] * m.atr[:, None]
    bottom, top = m.day(lowest(m.daily.low, RANGE_DAYS)), m.day(highest(m.daily.high, RANGE_DAYS))
    discount = m.price <= bottom + 0.3 * (top - bottom)
    tops = structure.recent_pivots(m.weekly.high, 3, WEEK_SPAN)
    levels = np.hstack([tops, -structure.recent_pivots(-m.weekly.low, 3, WEEK_SPAN)])[m.at_week]
    at_level = np.abs(levels - m.price[:, None]) <= m.p["sr_proximity_pct"] / 100 * np.abs(m.price)[:, None]
    return np.asarray(near.any(axis=1) | discount | at_level.any(axis=1))


def fib(m: Picture) -> Flags:
    """Price has given back between `fib_low` and `fib_high` of the leg."""
    start, end = m.day(m.legs.start), m.day(m.legs.end)
    given_back = end - m.price
    return np.asarray(
        (given_back >= m.p["fib_low"] * (end - start)) & (given_back <= m.p["fib_high"] * (end - start))
    )


def liquidity(m: Picture) -> Flags:
    """Within the last day a 4h bar swept the low of the 20 bars before it and closed above that low again."""
    before = shift(lowest(m.fours.low, SWEEP_LOOKBACK), 1)
    swept = (m.fours.low < before) & (m.fours.close > before)
    return m.four(structure.any_of_last(swept, SWEEP_RECENT))


def market_structure(m: Picture) -> Flags:
    """The last daily break went up, or the last two pivots of both kinds rise."""
    upward = m.since_break < m.since_break_down
    return m.day(upward | structure.rising(m.daily, SWING_SPAN))


def confirmation(m: Picture) -> Flags:
    """The last 4h bar engulfs the one before, is a pin bar, breaks structure, or has a body above 60 %."""
    b = m.fours
    body, whole = b.close - b.open, b.high - b.low
    open_before, close_before = shift(b.open, 1), shift(b.close, 1)
    engulfing = (close_before < open_before) & (b.open <= close_before) & (b.close >= open_before)
    wick = np.minimum(b.open, b.close) - b.low
    pin = (wick >= 0.6 * whole) & (whole > 0) & (b.close >= b.low + 2 / 3 * whole)
    strong = (body > 0.6 * whole) & (whole > 0)
    return m.four(engulfing | pin | strong | (structure.breaks(b) >= 0))


def reward_to_risk(m: Picture) -> Flags:
    """From the entry to the end of the leg it is at least `min_rr_ratio` times as far as to the stop."""
    return np.asarray(m.day(m.legs.end) - m.entry >= m.p["min_rr_ratio"] * (m.entry - m.stop))


def atr_regime(m: Picture) -> Flags:
    """The daily ATR is not in the quiet part of its last 100 days."""
    rank = indicators.percentile_rank(m.atr_days, PERCENTILE_DAYS)
    return m.day(rank >= m.p["atr_min_percentile"])


def pattern(m: Picture) -> Flags:
    """An N in ten days: up, back to a higher low, and up again past the middle of the way back."""
    out = np.zeros(len(m.daily.close), dtype=np.bool_)
    if len(out) >= PATTERN_DAYS:
        windows = np.lib.stride_tricks.sliding_window_view
        high, low = windows(m.daily.high, PATTERN_DAYS), windows(m.daily.low, PATTERN_DAYS)
        top = high[:, :-2].argmax(axis=1)[:, None]
        days = np.arange(PATTERN_DAYS)
        first = np.where(days < top, low, np.inf).min(axis=1)
        second = np.where(days > top, low, np.inf).min(axis=1)
        peak = np.take_along_axis(high, top, axis=1)[:, 0]
        open_, close = m.daily.open[PATTERN_DAYS - 1 :], m.daily.close[PATTERN_DAYS - 1 :]
        out[PATTERN_DAYS - 1 :] = (second > first) & (close > (peak + second) / 2) & (close > open_)
    return m.day(out)


def zscore(m: Picture) -> Flags:
    """The daily close stands more than `zscore_threshold` deviations below its 20-day mean."""
    return np.asarray(m.day(indicators.zscore(m.daily.close, RANGE_DAYS)) < -m.p["zscore_threshold"])


def mitigated_level(m: Picture) -> Flags:
    """Since the break, within five days, the broken level was touched again, and price holds it."""
    low = m.day(lowest(m.daily.low, RECENT_DAYS))
    level, slack = m.day(m.legs.level), 0.25 * m.atr
    return (m.day(m.legs.age) >= RECENT_DAYS) & (low <= level + slack) & (m.price >= level - slack)


def framework(m: Picture) -> Flags:
    """The daily leg stands and the 4h pivots rise inside it."""
    return m.four(structure.rising(m.fours, H4_SPAN)) & (m.price > m.day(m.legs.start))


def displacement(m: Picture) -> Flags:
    """One of the last five days had a range of `displacement_atr_mult` ATR and closed up, in its upper half."""
    b = m.daily
    big = (b.high - b.low >= m.p["displacement_atr_mult"] * m.atr_days) & (b.close > b.open)
    return m.day(structure.any_of_last(big & (b.close > (b.high + b.low) / 2), RECENT_DAYS))


def rejection(m: Picture) -> Flags:
    """The lower wick of the last day is at least half of its range."""
    b = m.daily
    wick, whole = np.minimum(b.open, b.close) - b.low, b.high - b.low
    return m.day((whole > 0) & (wick >= 0.5 * whole))


def momentum(m: Picture) -> Flags:
    """The daily close is above the one `momentum_lookback` days before."""
    return m.day(m.daily.close > shift(m.daily.close, m.p["momentum_lookback"]))


FACTORS: Mapping[str, Callable[[Picture], Flags]] = {
    "htf": htf_bias,
    "location": location,
    "fib": fib,
    "liquidity": liquidity,
    "structure": market_structure,
    "confirmation": confirmation,
    "rr": reward_to_risk,
    "atr_regime": atr_regime,
    "pattern": pattern,
    "zscore": zscore,
    "mitigated_sr": mitigated_level,
    "framework": framework,
    "displacement": displacement,
    "rejection": rejection,
    "momentum": momentum,
}
QUALITY = ("htf", "location", "fib", "liquidity", "structure")  # those that say where, not when


def switched_on(p: Mapping[str, Any]) -> list[str]:
    """Names of the tests that count."""
    return [name for name in FACTORS if p[f"use_{name}"]]
