"""Where `confluence` would enter and where its stop would lie, for either side, at each base bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from holdfast.strategies import indicators, structure
from holdfast.strategies.confluence_factors import FACTORS, QUALITY, Picture, switched_on
from holdfast.strategies.frames import column, epoch
from holdfast.strategies.indicators import Flags, Floats
from holdfast.strategies.stop_limits import stop_limits
from holdfast.strategies.strategy import BarSet
from holdfast.strategies.structure import Integers


@dataclass(frozen=True)
class Votes:
    """Per base row: the direction (1, -1, 0), whether all voters agree on one, and whether windows are full."""

    direction: Floats
    agreed: Floats  # 1, -1, or 0 where the voters differ
    ready: Flags
    at: Mapping[str, Integers]  # timeframe -> row of its last closed bar (0 where none is: never ready)


@dataclass(frozen=True)
class Judged:
    """One side per base row, in real prices: what it would do, and how many factors speak for it."""

    wanted: Flags  # there is an entry with an admissible stop
    entry: Floats
    stop: Floats
    score: Floats
    quality: Floats


def votes(bars: BarSet, p: Mapping[str, Any], instants: Integers, windows: Mapping[str, int]) -> Votes:
    """Direction by two of the voting timeframes, else by the days; a mixed day decides as `mixed_direction`."""
    at: dict[str, Integers] = {}
    ready = np.arange(len(instants)) >= 1
    for name, need in windows.items():
        closes = epoch(bars.higher[name]["closes"])
        last = np.searchsorted(closes, instants, side="right") - 1  # closed at or before the row's instant
        ready &= last >= need - 1
        at[name] = np.maximum(last, 0)
    voters = [name for name in ("1M", "1w", "1d") if name in at]
    trends = np.array([structure.trend(structure.view(bars.higher[name], 1))[at[name]] for name in voters])
    up, down = (trends == 1).sum(axis=0), (trends == -1).sum(axis=0)
    mixed = 1.0 if p["mixed_direction"] == "long" else 0.0
    daily = np.where(trends[-1] == 0, mixed, trends[-1])
    direction = np.where(up >= 2, 1.0, np.where(down >= 2, -1.0, daily))
    agreed = (up == len(voters)) * 1.0 - (down == len(voters))
    return Votes(direction, agreed, ready, at)


def judge(bars: BarSet, p: Mapping[str, Any], vote: Votes, side: int) -> Judged:
    """Entry, stop, and the count of true factors among those switched on."""
    seen = picture(bars, p, vote, side)
    passed = {name: FACTORS[name](seen).astype(float) for name in switched_on(p)}
    none = np.zeros(len(seen.price))
    return Judged(
        admissible(seen, bars.pair),
        side * seen.entry,
        side * seen.stop,
        sum(passed.values(), none),
        sum((values for name, values in passed.items() if name in QUALITY), none),
    )


def picture(bars: BarSet, p: Mapping[str, Any], vote: Votes, side: int) -> Picture:
    """Everything the factors look at, upside down for shorts."""
    daily = structure.view(bars.higher["1d"], side)
    breaks, breaks_down = structure.breaks(daily), structure.breaks(structure.view(bars.higher["1d"], -side))
    price = side * column(bars.base, "close")
    nothing = np.full_like(price, np.nan)
    seen = Picture(
        p=p,
        daily=daily,
        fours=structure.view(bars.higher["4h"], side),
        weekly=structure.view(bars.higher["1w"], side),
        at_day=vote.at["1d"],
        at_four=vote.at["4h"],
        at_week=vote.at["1w"],
        agreed=vote.agreed == side,
        price=price,
        atr_days=indicators.atr(*_upright(bars), p["atr_period"]),
        legs=structure.legs(daily, breaks, p["leg_bars"]),
        since_break=structure.bars_since(breaks >= 0, p["leg_bars"]),
        since_break_down=structure.bars_since(breaks_down >= 0, p["leg_bars"]),
        entry=nothing,
        stop=nothing,
    )
    entry = entry_price(seen)
    return replace(seen, entry=entry, stop=stop_price(seen, entry, stop_limits_of(bars.pair, p)[0]))


def stop_limits_of(pair: str, p: Mapping[str, Any]) -> tuple[float, float]:
    """Least and greatest stop distance of a pair, as prices."""
    return stop_limits(pair, p["stop_pips_min"], p["stop_pips_max"])


def admissible(seen: Picture, pair: str) -> Flags:
    """There is a leg, price has not fallen out of it, and the stop is not too far away. NaN fails."""
    risk = seen.entry - seen.stop
    greatest = np.minimum(seen.p["max_sl_atr"] * seen.atr, stop_limits_of(pair, seen.p)[1])
    return np.asarray((risk > 0) & (risk <= greatest) & (seen.price > seen.day(seen.legs.start)))


def _upright(bars: BarSet) -> tuple[Floats, Floats, Floats]:
    """High, low and close of days; the ATR is the same on either side."""
    daily = bars.higher["1d"]
    return column(daily, "high"), column(daily, "low"), column(daily, "close")


def entry_price(seen: Picture) -> Floats:
    """The retracement of the leg, or the price itself where it is near it or has already passed it."""
    start, end = seen.day(seen.legs.start), seen.day(seen.legs.end)
    wanted = end - seen.p["entry_fib"] * (end - start)
    return np.where(seen.price <= wanted + seen.p["entry_snap_atr"] * seen.atr, seen.price, wanted)


def stop_price(seen: Picture, entry: Floats, least: float) -> Floats:
    """Behind the leg and the 4h pivots; where that is too near, at the fallback, and never under the pip limit.

    `np.fmin` ignores a missing pivot.
    """
    p, atr = seen.p, seen.atr
    pivots = -structure.recent_pivots(-seen.fours.low, 3, p["structure_stop_bars"])
    lowest = np.fmin.reduce(pivots, axis=1)
    behind = np.fmin(
        seen.day(seen.legs.start) - p["leg_stop_atr"] * atr, seen.four(lowest) - p["structure_stop_atr"] * atr
    )
    distance = entry - behind
    distance = np.where(distance < p["min_sl_atr"] * atr, p["fallback_sl_atr"] * atr, distance)
    return np.asarray(entry - np.maximum(distance, least))
