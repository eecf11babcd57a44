"""confluence: setups in the direction of months, weeks and days, scored by up to fifteen independent tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import polars as pl

from holdfast.history.names import DAY, HOUR
from holdfast.history.zones import parse_day_zone, wall_clock
from holdfast.strategies import indicators, structure
from holdfast.strategies.confluence_factors import (
    FACTORS,
    H4_SPAN,
    PERCENTILE_DAYS,
    RECENT_DAYS,
    SWING_SPAN,
    WEEK_SPAN,
    switched_on,
)  # fmt: skip
from holdfast.strategies.confluence_parameters import PARAMETERS, check_numbers, check_score, rungs
from holdfast.strategies.confluence_setup import Judged, Votes, admissible, judge, picture, votes
from holdfast.strategies.frames import closing, epoch, plan_frame
from holdfast.strategies.indicators import Flags, Floats
from holdfast.strategies.strategy import BarSet, Management, Parameter, Strategy, Timeframes
from holdfast.strategies.structure import TREND_SLOW, Integers

# Risk multiplier of a score: slope for each factor above the neutral score, and its bounds (risk.md §5.5).
SCORE_SLOPE, SCORE_LEAST, SCORE_GREATEST = 0.15, 0.6, 1.5


class Confluence(Strategy):
    """Once a day, with the trend of months, weeks and days, a retracement entry into the last leg of structure.

    Direction: the side that at least two of the voting timeframes take, else that of the days. Entry: 61.8 %
    back into the leg of the last daily break of structure, or the price where it is near or already beyond.
    Stop: behind the start of the leg and the 4h pivots, between 1 and 3 daily ATR and the pip limits of the
    class. Score: the number of true factors among those switched on; a setup starts from `min_confluence` of
    them (and `min_quality_factors` of the five about place), and the score scales its risk around
    `neutral_score`. The tag shows it as "9/15".
    """

    name = "confluence"
    summary = "Retracement setups with higher-timeframe bias, scored by fifteen factors, three-step exit"
    parameters: ClassVar[tuple[Parameter, ...]] = PARAMETERS
    # Gold has doubled since its limit of 500 was set; 3 daily ATR of 2025 are about 200 dollars.
    per_pair: ClassVar[Mapping[str, Mapping[str, Any]]] = {"XAUUSD": {"stop_pips_max": 2500.0}}

    def timeframes(self, p: Mapping[str, Any]) -> Timeframes:
        months = ("1M",) if p["use_monthly_vote"] else ()
        return Timeframes(p["timeframe"], ("4h", "1d", "1w", *months), p["day_zone"])

    def window(self, p: Mapping[str, Any]) -> int:  # noqa: ARG002
        return 2  # the bar itself, and the one before: is this the first of the day's scan?

    def higher_windows(self, p: Mapping[str, Any]) -> Mapping[str, int]:
        atr = indicators.atr_bars(p["atr_period"])
        days = max(
            TREND_SLOW, SWING_SPAN, structure.legs_bars(p["leg_bars"]), p["momentum_lookback"] + 1,
            atr + (PERCENTILE_DAYS if p["use_atr_regime"] else RECENT_DAYS) - 1,
            indicators.adx_bars(p["atr_period"]) if p["use_adx_regime_filter"] else 0,
        )  # fmt: skip
        fours = max(H4_SPAN, structure.BREAK_BARS)
        months = {"1M": TREND_SLOW} if p["use_monthly_vote"] else {}
        return {"4h": fours, "1d": days, "1w": max(TREND_SLOW, WEEK_SPAN), **months}

    def check(self, p: Mapping[str, Any]) -> None:
        check_score(p)
        check_numbers(p)

    def management(self, p: Mapping[str, Any]) -> Management:
        return Management(
            kind="setup",
            risk_rate=p["risk_per_trade_pct"] / 100,
            leverage=p["leverage"],
            market_r=p["immediate_entry_r"],
            limit_r=p["proximity_r"],
            wait_r=p["max_entry_distance_r"],
            queue_life=p["queue_hours"] * 3600,
            order_life=p["order_hours"] * 3600,
            rungs=rungs(p),
        )

    def plan(self, bars: BarSet, p: Mapping[str, Any]) -> pl.DataFrame:
        ts = closing(bars.base, p["timeframe"])
        if not all(len(bars.higher[name]) for name in self.timeframes(p).higher):
            return pl.DataFrame({"ts": ts, "start_long": np.zeros(len(ts), dtype=np.bool_)})
        vote = votes(bars, p, epoch(ts), self.higher_windows(p))
        may_start = vote.ready & _first_of_day(epoch(ts), p)
        needed = _needed(bars, p, vote)
        long, short = (judge(bars, p, vote, side) for side in (1, -1))
        start_long = may_start & (vote.direction == 1) & _passes(long, p, needed)
        start_short = may_start & (vote.direction == -1) & _passes(short, p, needed)
        starts, score = start_long | start_short, np.where(start_long, long.score, short.score)
        columns = {
            "start_long": start_long,
            "start_short": start_short,
            "entry_price": np.where(starts, np.where(start_long, long.entry, short.entry), np.nan),
            "stop_price": np.where(starts, np.where(start_long, long.stop, short.stop), np.nan),
            "score": np.where(starts, risk_multiplier(score, p["neutral_score"]), np.nan),
            "tag": _tags(starts, score, len(switched_on(p))),
        }
        return plan_frame(ts, columns)


def risk_multiplier(score: Floats, neutral: float) -> Floats:
    """clamp(1 + 0.15 (score - neutral), 0.6, 1.5); NaN stays NaN, which the core refuses."""
    return np.clip(1 + SCORE_SLOPE * (score - neutral), SCORE_LEAST, SCORE_GREATEST)


def explain(bars: BarSet, p: Mapping[str, Any]) -> pl.DataFrame:
    """What was seen at each base bar: ts, ready, direction, and for each side wanted, entry, stop, and one flag
    for each factor that is switched on (`long_fib`, `short_fib` …). Answers why there was no setup (L27)."""
    ts = closing(bars.base, p["timeframe"])
    vote = votes(bars, p, epoch(ts), Confluence().higher_windows(p))
    columns: dict[str, Any] = {"ts": ts, "ready": vote.ready, "direction": vote.direction}
    for word, side in (("long", 1), ("short", -1)):
        seen = picture(bars, p, vote, side)
        columns[f"{word}_wanted"] = admissible(seen, bars.pair)
        columns |= {f"{word}_entry": side * seen.entry, f"{word}_stop": side * seen.stop}
        columns |= {f"{word}_{name}": FACTORS[name](seen) for name in switched_on(p)}
    return pl.DataFrame(columns)


def _passes(each: Judged, p: Mapping[str, Any], needed: Floats) -> Flags:
    return np.asarray(each.wanted & (each.score >= needed) & (each.quality >= p["min_quality_factors"]))


def _first_of_day(instants: Integers, p: Mapping[str, Any]) -> Flags:
    """The first bar that closes at or after `scan_hour` of the broker's day: spreads are wild right after its
    midnight, and a market may still be closed then."""
    zone = parse_day_zone(p["day_zone"])
    day = (wall_clock(instants, zone.zone) + zone.offset - p["scan_hour"] * HOUR) // DAY
    return np.asarray(np.diff(day, prepend=day[:1]) > 0)


def _needed(bars: BarSet, p: Mapping[str, Any], vote: Votes) -> Floats:
    """Score asked for at each base row: one number, or by the regime of the daily ADX."""
    if not p["use_adx_regime_filter"]:
        return np.full(len(vote.ready), float(p["min_confluence"]))
    daily = structure.view(bars.higher["1d"], 1)
    adx = indicators.adx(daily.high, daily.low, p["atr_period"])[vote.at["1d"]]
    ranging = np.where(
        adx < p["adx_range_threshold"], float(p["range_min_confluence"]), float(p["min_confluence"])
    )
    return np.where(adx >= p["adx_trend_threshold"], float(p["trend_min_confluence"]), ranging)


def _tags(starts: Flags, score: Floats, maximum: int) -> pl.Series:
    """ "9/15" on rows that start something."""
    words = [f"{count}/{maximum}" for count in range(maximum + 1)]
    counts = pl.DataFrame({"starts": starts, "score": score})
    row = counts.select(pl.when("starts").then(pl.col("score").cast(pl.UInt32))).to_series()
    return pl.Series(words, dtype=pl.Enum(words)).gather(row)
