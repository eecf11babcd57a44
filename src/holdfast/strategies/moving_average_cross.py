"""ma_cross: the smallest complete strategy. Two moving averages, one stop, one target. Read this one first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import polars as pl

from holdfast.errors import SettingsError
from holdfast.history.names import SECOND, parse_timeframe
from holdfast.strategies import indicators
from holdfast.strategies.frames import closing, constant, ohlc, plan_frame, where_text
from holdfast.strategies.grids import TIMEFRAME, offered
from holdfast.strategies.indicators import shift
from holdfast.strategies.strategy import BarSet, Management, Parameter, Rung, Strategy, Timeframes


class MovingAverageCross(Strategy):
    """Buy at market when the fast average crosses above the slow one; sell when it crosses below.

    The stop lies `stop_distance` away from the close, the target `target_distance` on the other side, both in ATR
    or in percent of the close (`distance_unit`). With `exit_on_cross` the opposite cross closes as well.
    """

    name = "ma_cross"
    summary = "Cross of two moving averages, entered at market, with one stop and one target"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        TIMEFRAME,
        Parameter("fast_period", 10, "bars", "fast simple moving average", 1, 1000),
        Parameter("slow_period", 30, "bars", "slow simple moving average", 2, 5000),
        Parameter("sides", "both", "", "which crosses are traded", choices=("long", "short", "both")),
        Parameter("distance_unit", "ATR", "", "unit of the two distances", choices=("ATR", "percent")),
        Parameter("atr_period", 14, "bars", "Wilder's ATR", 2, 200),
        Parameter("stop_distance", 2.0, "x ATR or %", "from the close to the stop", 0.01, 50),
        Parameter("target_distance", 4.0, "x ATR or %", "from the close to the target", 0.01, 100),
        Parameter("exit_on_cross", False, "", "the opposite cross closes the trade"),
        Parameter(
            "risk_per_trade_pct", 1.0, "%", "of the smaller of balance and equity, lost at the stop", 0.01, 5
        ),
        Parameter("leverage", 5.0, "x", "notional over margin", 1, 100),
        Parameter(
            "max_hold_candles", 0, "bars", "the trade is closed after this many; 0 = never", 0, 100_000
        ),
    )

    def timeframes(self, p: Mapping[str, Any]) -> Timeframes:
        return Timeframes(base=p["timeframe"])

    def window(self, p: Mapping[str, Any]) -> int:
        atr = indicators.atr_bars(p["atr_period"]) if p["distance_unit"] == "ATR" else 1
        return max(int(p["slow_period"]) + 1, atr)  # a cross compares with the bar before

    def check(self, p: Mapping[str, Any]) -> None:
        if p["fast_period"] >= p["slow_period"]:
            raise SettingsError(
                f"ma_cross: fast_period is {p['fast_period']} bars, slow_period {p['slow_period']}.",
                "The fast one must be the shorter.",
            )

    def management(self, p: Mapping[str, Any]) -> Management:
        return Management(
            kind="setup",
            risk_rate=p["risk_per_trade_pct"] / 100,
            leverage=p["leverage"],
            rungs=(Rung(p["target_distance"] / p["stop_distance"], 1.0),),
            max_hold=p["max_hold_candles"] * parse_timeframe(p["timeframe"]).ns / SECOND,
        )

    def plan(self, bars: BarSet, p: Mapping[str, Any]) -> pl.DataFrame:
        _, high, low, close = ohlc(bars.base)
        fast, slow = indicators.sma(close, p["fast_period"]), indicators.sma(close, p["slow_period"])
        in_atr = p["distance_unit"] == "ATR"
        unit = indicators.atr(high, low, close, p["atr_period"]) if in_atr else close / 100
        above, below = fast > slow, fast < slow
        known = ~np.isnan(shift(slow, 1)) & ~np.isnan(unit)
        up, down = (known & now & ~_before(now) for now in (above, below))
        stop, target = p["stop_distance"] * unit, p["target_distance"] * unit
        long = up if offered(p, "long") else np.zeros_like(up)
        short = down if offered(p, "short") else np.zeros_like(down)
        columns = {
            "start_long": long if offered(p, "long") else None,
            "start_short": short if offered(p, "short") else None,
            "exit_long": down if p["exit_on_cross"] and offered(p, "long") else None,
            "exit_short": up if p["exit_on_cross"] and offered(p, "short") else None,
            "exit_reason": where_text(up | down, "signal_exit") if p["exit_on_cross"] else None,
            "stop_price": _beside(long, short, close - stop, close + stop),
            "target_1": _beside(long, short, close + target, close - target),
            "tag": constant("cross", len(close)),
        }
        return plan_frame(closing(bars.base, p["timeframe"]), columns)


def _before(flags: indicators.Flags) -> indicators.Flags:
    """The flag of the row before; false on the first."""
    return np.concatenate([[False], flags[:-1]])


def _beside(
    long: indicators.Flags, short: indicators.Flags, for_long: indicators.Floats, for_short: indicators.Floats
) -> indicators.Floats:
    """The price for whichever side starts, none elsewhere; never below zero (a short's target can be)."""
    chosen = np.where(long, for_long, np.where(short, for_short, np.nan))
    return np.where(chosen > 0, chosen, np.nan)
