"""The parameters of `confluence`, grouped as a trader would look for them, and what they must not say together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.errors import SettingsError
from holdfast.strategies.confluence_factors import FACTORS, QUALITY, switched_on
from holdfast.strategies.strategy import Parameter, Rung

BASES = ("5m", "15m", "30m", "1h", "2h", "4h")
ZONES = ("America/New_York+7h", "UTC")
TARGETS = (
    (0.6, 0.35),
    (1.2, 0.30),
    (2.0, 0.35),
    (0.0, 0.0),
    (0.0, 0.0),
)  # audited live set: R multiple, share

_MARKET = (
    Parameter("timeframe", "1h", "", "bars whose closes are judged", choices=BASES),
    Parameter("day_zone", ZONES[0], "", "where days begin: the broker's midnight", choices=ZONES),
    Parameter("scan_hour", 1, "h", "hour of the broker's day from which setups may start, once a day", 0, 23),
    Parameter("use_monthly_vote", True, "", "months vote on the direction beside weeks and days"),
    Parameter("mixed_direction", "skip", "", "when neither votes nor days decide", choices=("skip", "long")),
)

_SCORE = (
    *(Parameter(f"use_{name}", True, "", f"count the factor {name}: {(test.__doc__ or '').strip()}")
      for name, test in FACTORS.items()),
    Parameter("min_confluence", 8, "factors", "true ones needed, of those switched on", 0, len(FACTORS)),
    Parameter("min_quality_factors", 2, "factors", "of htf, location, fib, liquidity, structure", 0, 5),
    Parameter("neutral_score", 9.0, "factors", "score that risks exactly risk_per_trade_pct", 0, len(FACTORS)),
    Parameter("use_adx_regime_filter", False, "", "ask for other scores in trends and in ranges"),
    Parameter("adx_trend_threshold", 20.0, "", "daily ADX from which the market trends", 0, 100),
    Parameter("adx_range_threshold", 13.0, "", "daily ADX below which it ranges", 0, 100),
    Parameter("trend_min_confluence", 8, "factors", "min_confluence in a trend", 0, len(FACTORS)),
    Parameter("range_min_confluence", 9, "factors", "min_confluence in a range", 0, len(FACTORS)),
)  # fmt: skip

_FACTOR_SETTINGS = (
    Parameter("location_atr", 0.5, "x ATR", "how near a pivot is near", 0.01, 5),
    Parameter("sr_proximity_pct", 0.5, "%", "how near a weekly pivot is near", 0, 10),
    Parameter("fib_low", 0.382, "x", "least retracement of the leg", 0, 1),
    Parameter("fib_high", 0.786, "x", "greatest retracement of the leg", 0, 1),
    Parameter("min_rr_ratio", 1.0, "R", "least way from the entry to the end of the leg", 0, 20),
    Parameter("atr_min_percentile", 42.0, "%", "least rank of the daily ATR in 100 days", 0, 100),
    Parameter("zscore_threshold", 1.0, "deviations", "how far the close must be stretched", 0, 5),
    Parameter("momentum_lookback", 10, "days", "rate of change over this many", 1, 100),
    Parameter("displacement_atr_mult", 1.5, "x ATR", "range of a large day", 0.1, 10),
)

_ENTRY_AND_STOP = (
    Parameter("leg_bars", 40, "days", "a break of structure older than this makes no entry", 2, 200),
    Parameter("entry_fib", 0.618, "x", "retracement of the leg at which to enter", 0, 1),
    Parameter("entry_snap_atr", 0.3, "x ATR", "nearer than this, the price itself is the entry", 0, 5),
    Parameter("atr_period", 14, "days", "Wilder's ATR of daily bars", 2, 100),
    Parameter("leg_stop_atr", 0.5, "x ATR", "stop beyond the start of the leg", 0, 5),
    Parameter("structure_stop_atr", 0.4, "x ATR", "stop beyond the 4h pivots", 0, 5),
    Parameter("structure_stop_bars", 20, "4h bars", "in which the last 3 pivots count", 7, 60),
    Parameter("min_sl_atr", 1.0, "x ATR", "a nearer stop is replaced by fallback_sl_atr", 0, 10),
    Parameter("fallback_sl_atr", 1.5, "x ATR", "stop where structure gives none that is far enough", 0.1, 10),
    Parameter("max_sl_atr", 3.0, "x ATR", "a setup whose stop is further away is dropped", 0.1, 20),
    Parameter("stop_pips_min", 0.0, "pips", "least stop distance; 0 = by class of instrument", 0, 100_000),
    Parameter("stop_pips_max", 0.0, "pips", "greatest stop distance; 0 = by class of instrument", 0, 100_000),
)

_MANAGEMENT = (
    Parameter("risk_per_trade_pct", 0.6, "%", "of the smaller of balance and equity, lost at the stop", 0.01, 5),
    *(Parameter(f"tp{i}_r_multiple", multiple, "R", f"target {i}; 0 = none", 0, 50)
      for i, (multiple, _) in enumerate(TARGETS, 1)),
    *(Parameter(f"tp{i}_close_pct", share, "x", f"share closed at target {i}", 0, 1)
      for i, (_, share) in enumerate(TARGETS, 1)),
    Parameter("step_stop_r", 0.5, "R", "from target 2 on the stop moves to the target before plus this", 0, 5),
    Parameter("immediate_entry_r", 0.05, "R", "distance to the entry up to which it is bought at market", 0, 5),
    Parameter("proximity_r", 0.3, "R", "distance up to which a limit order rests", 0, 10),
    Parameter("max_entry_distance_r", 1.5, "R", "distance up to which a setup waits", 0, 20),
    Parameter("queue_hours", 120.0, "h", "life of a waiting setup", 0, 2000),
    Parameter("order_hours", 168.0, "h", "life of a resting order", 0, 2000),
    Parameter("leverage", 30.0, "x", "notional over margin", 1, 500),
)  # fmt: skip

PARAMETERS = (*_MARKET, *_SCORE, *_FACTOR_SETTINGS, *_ENTRY_AND_STOP, *_MANAGEMENT)


def rungs(p: Mapping[str, Any]) -> tuple[Rung, ...]:
    """Targets whose multiple is not 0. The first moves the stop to break-even, the last has nothing to move."""
    chosen = [(p[f"tp{i}_r_multiple"], p[f"tp{i}_close_pct"]) for i in range(1, len(TARGETS) + 1)]
    ladder = [each for each in chosen if each[0] > 0]
    last = len(ladder) - 1
    return tuple(
        Rung(multiple, share) if i == last
        else Rung(multiple, share, "break_even") if i == 0
        else Rung(multiple, share, "previous_target_plus", p["step_stop_r"])
        for i, (multiple, share) in enumerate(ladder)
    )  # fmt: skip


def check_score(p: Mapping[str, Any]) -> None:
    """A threshold above what is switched on could never be met."""
    on = switched_on(p)
    quality = [name for name in QUALITY if name in on]
    names = ["min_confluence"]
    if p["use_adx_regime_filter"]:
        names += ["trend_min_confluence", "range_min_confluence"]
    for name, count in [*((name, len(on)) for name in names), ("min_quality_factors", len(quality))]:
        if p[name] > count:
            kind = "quality factors" if name == "min_quality_factors" else "factors"
            raise SettingsError(
                f"confluence: {name} is {p[name]}, but only {count} {kind} are switched on.",
                f"Lower it to {count} at most, or switch more on (use_… = true).",
            )


def check_numbers(p: Mapping[str, Any]) -> None:
    """Pairs of numbers that must be in order, and shares that must make a whole."""
    for low, high in (
        ("fib_low", "fib_high"), ("min_sl_atr", "max_sl_atr"), ("adx_range_threshold", "adx_trend_threshold"),
        ("immediate_entry_r", "proximity_r"), ("proximity_r", "max_entry_distance_r"),
    ):  # fmt: skip
        if p[low] > p[high]:
            raise SettingsError(f"confluence: {low} is {p[low]:g}, above {high}, which is {p[high]:g}.")
    ladder = [(rung.multiple, rung.share) for rung in rungs(p)]
    if not ladder or [multiple for multiple, _ in ladder] != sorted({multiple for multiple, _ in ladder}):
        raise SettingsError("confluence: the targets tp1_r_multiple … must rise; 0 leaves one out.")
    total = sum(share for _, share in ladder)
    if abs(total - 1) > 1e-9:
        raise SettingsError(
            f"confluence: the shares of the targets add up to {total:g}.", "They must make 1."
        )
