"""grid_atr: a ladder of limit entries hung below (above) a moving average, taken off at the average."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import polars as pl

from holdfast.strategies import indicators
from holdfast.strategies.frames import closing, constant, ohlc, plan_frame
from holdfast.strategies.grids import TIMEFRAME, grid_management, grid_parameters, offered
from holdfast.strategies.strategy import BarSet, Management, Parameter, Strategy, Timeframes


def _asset(
    ma: int, atr: int, start: float, step: float, levels: int, sl: float, *rest: Any
) -> dict[str, Any]:
    """One row of the shipped table; rest: least spacing %, least profit %, least ATR %, sides."""
    spacing, profit, least_atr, sides = rest
    return {
        "ma_period": ma, "atr_period": atr, "atr_multiplier_start": start, "atr_multiplier_step": step,
        "num_levels": levels, "sl_percent": sl, "min_grid_spacing_pct": spacing, "min_profit_pct": profit,
        "min_atr_pct": least_atr, "sides": sides,
    }  # fmt: skip


class GridAtr(Strategy):
    """Mean reversion: level i waits at SMA -/+ ATR x (start + i x step), the whole cycle leaves at the SMA.

    Levels follow each new plan while they are unfilled; the take-profit follows the SMA. ATR is Wilder's, not
    less than `min_grid_spacing_pct` of the close. `min_atr_pct` holds back only the start of a cycle.
    """

    name = "grid_atr"
    summary = "Grid of limit entries around a moving average in ATR steps, closed at the average"
    parameters = (
        TIMEFRAME,
        Parameter("ma_period", 14, "bars", "length of the simple moving average", 2, 1000),
        Parameter("atr_period", 14, "bars", "Wilder's ATR", 2, 200),
        Parameter(
            "atr_multiplier_start", 2.0, "x ATR", "distance of the first level from the average", 0.1, 20
        ),
        Parameter("atr_multiplier_step", 1.0, "x ATR", "distance between levels", 0.05, 20),
        Parameter("min_grid_spacing_pct", 0.0, "%", "least ATR used, of the close; 0 = off", 0, 50),
        Parameter("min_profit_pct", 0.0, "%", "least profit against the average before a take-profit", 0, 50),
        Parameter(
            "min_atr_pct", 0.0, "%", "no cycle starts while ATR is below this share of the close", 0, 50
        ),
        *grid_parameters(levels=3, sl_percent=20.0, sides="long"),
    )
    per_pair: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "ADA": _asset(10, 10, 3.0, 1.0, 4, 20.0, 1.2, 0.0, 0.0, "both"),
        "ATOM": _asset(7, 14, 3.0, 1.0, 4, 20.0, 1.8, 0.4, 0.5, "both"),
        "BTC": _asset(7, 14, 2.0, 1.5, 4, 20.0, 1.8, 0.0, 0.5, "long"),
        "CRV": _asset(7, 10, 3.0, 1.0, 3, 20.0, 1.8, 0.0, 1.0, "long"),
        "ETC": _asset(14, 14, 3.0, 1.0, 4, 20.0, 1.8, 0.0, 0.0, "both"),
        "ICP": _asset(7, 14, 2.0, 1.5, 4, 20.0, 1.8, 0.0, 0.5, "long"),
        "NEAR": _asset(7, 14, 2.5, 1.0, 4, 20.0, 1.8, 0.0, 0.0, "long"),
        "SOL": _asset(7, 10, 3.0, 1.0, 3, 20.0, 1.8, 0.0, 1.0, "long"),
        "XRP": _asset(10, 10, 3.0, 1.5, 3, 15.0, 1.8, 0.0, 0.0, "both"),
    }

    def timeframes(self, p: Mapping[str, Any]) -> Timeframes:
        return Timeframes(base=p["timeframe"])

    def window(self, p: Mapping[str, Any]) -> int:
        return max(int(p["ma_period"]), indicators.atr_bars(p["atr_period"]))

    def management(self, p: Mapping[str, Any]) -> Management:
        return grid_management(p, min_profit=p["min_profit_pct"] / 100)

    def plan(self, bars: BarSet, p: Mapping[str, Any]) -> pl.DataFrame:
        _, high, low, close = ohlc(bars.base)
        average = indicators.sma(close, p["ma_period"])
        atr = indicators.atr(high, low, close, p["atr_period"])
        unit = np.maximum(atr, close * (p["min_grid_spacing_pct"] / 100))  # NaN where the ATR is
        offset = unit * p["atr_multiplier_start"]
        may_start = (atr / close * 100 >= p["min_atr_pct"]) & ~np.isnan(average)
        columns = {
            "start_long": may_start & (average - offset > 0) if offered(p, "long") else None,
            "start_short": may_start if offered(p, "short") else None,
            "anchor_price": average,
            "offset": offset,
            "spacing": unit * p["atr_multiplier_step"],
            "take_profit_price": average,
            "tag": constant("mean_reversion", len(close)),
        }
        return plan_frame(closing(bars.base, p["timeframe"]), columns)
