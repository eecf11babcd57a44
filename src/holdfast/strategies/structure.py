"""Market structure: pivots, breaks of structure, the legs that they create, and the trend vote.

Everything is written for rising markets. Falling ones are the same tests on bars turned upside down (`view`
with side -1), so that long and short cannot drift apart. Every value reads a bounded number of bars.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from holdfast.strategies import indicators
from holdfast.strategies.frames import ohlc
from holdfast.strategies.indicators import Flags, Floats, highest, shift, sma

Integers = NDArray[np.int64]
PIVOT_SIDE = 3  # bars on each side that must be lower

TREND_FAST, TREND_SLOW, TREND_RANGE = 8, 21, 10
BREAK_LOOKBACK = 40  # a pivot older than this can no longer be broken
BREAK_BARS = BREAK_LOOKBACK + PIVOT_SIDE + 1  # bars that one value of `breaks` reads


@dataclass(frozen=True)
class View:
    """Bars of one timeframe as arrays, upside down for the short side."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats


@dataclass(frozen=True)
class Legs:
    """For each bar the leg of the last upward break within reach; NaN where there is none or it failed."""

    start: Floats  # low from which the break came
    end: Floats  # highest high since
    level: Floats  # pivot that was broken
    age: Floats  # bars since the break


def view(frame: pl.DataFrame, side: int) -> View:
    """The bars as they are for side 1, mirrored at zero for side -1."""
    open_, high, low, close = ohlc(frame)
    return View(open_, high, low, close) if side > 0 else View(-open_, -low, -high, -close)


def trend(bars: View) -> Floats:
    """1 rising, -1 falling, 0 mixed, by two of three votes; NaN without 21 bars.

    Votes: mean of the last 8 closes against that of 21, the close against the mean of 21, the close beyond
    the range of the 10 bars before it.
    """
    fast, slow = sma(bars.close, TREND_FAST), sma(bars.close, TREND_SLOW)
    top = shift(highest(bars.high, TREND_RANGE), 1)
    bottom = -shift(highest(-bars.low, TREND_RANGE), 1)
    up = (fast > slow).astype(int) + (bars.close > slow) + (bars.close > top)
    down = (fast < slow).astype(int) + (bars.close < slow) + (bars.close < bottom)
    return np.where(np.isnan(slow), np.nan, np.sign((up >= 2) * 1.0 - (down >= 2) * 1.0))


def recent_pivots(tops: Floats, count: int, span: int) -> Floats:
    """The newest `count` pivots known at each row, out of its last `span` bars: shape (rows, count)."""
    flags = indicators.pivots(tops, PIVOT_SIDE)
    found = np.full((len(tops), count), np.nan)
    filled = np.zeros(len(tops), dtype=np.int64)
    for back in range(PIVOT_SIDE, min(span - PIVOT_SIDE, len(tops))):
        rows = np.flatnonzero(flags[: len(tops) - back]) + back
        rows = rows[filled[rows] < count]
        found[rows, filled[rows]] = tops[rows - back]
        filled[rows] += 1
    return found


def rising(bars: View, span: int) -> Flags:
    """Higher highs and higher lows: the last two pivots of both kinds within `span` bars rise."""
    tops, bottoms = recent_pivots(bars.high, 2, span), -recent_pivots(-bars.low, 2, span)
    return (tops[:, 0] > tops[:, 1]) & (bottoms[:, 0] > bottoms[:, 1])


def breaks(bars: View) -> Integers:
    """For each bar the row of the pivot high that its close is the first to exceed; -1 where there is none.

    Only the newest pivot known before the bar counts, and none older than BREAK_LOOKBACK bars.
    """
    out = np.full(len(bars.close), -1, dtype=np.int64)
    known = np.flatnonzero(indicators.pivots(bars.high, PIVOT_SIDE))
    # a close above the pivot within its three following bars cannot be: their highs are not above it
    known_from = known + PIVOT_SIDE + 1
    known_until = np.minimum(np.append(known_from[1:], len(out)), known + BREAK_LOOKBACK + 1)
    for pivot, begin, end in zip(known, known_from, known_until, strict=True):
        beyond = np.flatnonzero(bars.close[begin:end] > bars.high[pivot])
        if len(beyond):
            out[begin + beyond[0]] = pivot
    return out


def legs_bars(reach: int) -> int:
    """Bars that one value of `legs` reads."""
    return BREAK_BARS + reach - 1


def legs(bars: View, broken: Integers, reach: int) -> Legs:
    """The leg of the last break that is less than `reach` bars old.

    It starts at the lowest low between the broken pivot and the break, ends at the highest high since the
    break, and fails with the first close below its start.
    """
    count = len(bars.close)
    start, end, level, age = (np.full(count, np.nan) for _ in range(4))
    for at in np.flatnonzero(broken >= 0):
        length = min(reach, count - int(at))
        rows = slice(int(at), int(at) + length)
        origin = bars.low[broken[at] : at + 1].min()
        alive = np.minimum.accumulate(bars.close[rows]) >= origin
        start[rows] = np.where(alive, origin, np.nan)
        end[rows] = np.where(alive, np.maximum.accumulate(bars.high[rows]), np.nan)
        level[rows] = np.where(alive, bars.high[broken[at]], np.nan)
        age[rows] = np.where(alive, np.arange(length), np.nan)
    return Legs(start, end, level, age)


def bars_since(flags: Flags, reach: int) -> Floats:
    """Bars since the flag was last set, 0 on the bar itself; infinite where not within `reach` bars."""
    rows = np.arange(len(flags))
    last = np.maximum.accumulate(np.where(flags, rows, -reach - 1))
    return np.where(rows - last < reach, (rows - last).astype(float), np.inf)


def any_of_last(flags: Flags, count: int) -> Flags:
    """True where the flag was set in one of the last `count` bars."""
    return bars_since(flags, count) < np.inf
