"""grid_boltrend: a Bollinger breakout entered at once, averaged on the pull-back, left at the midline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import polars as pl

from holdfast.strategies import indicators
from holdfast.strategies.frames import closing, constant, ohlc, plan_frame, where_text
from holdfast.strategies.grids import TIMEFRAME, grid_management, grid_parameters, offered
from holdfast.strategies.indicators import Flags, shift
from holdfast.strategies.strategy import BarSet, Management, Parameter, Strategy, Timeframes


def _asset(
    atr: int, spacing: float, std: float, window: int, ma: int, least: float, levels: int, sl: float
) -> dict[str, Any]:
    """One row of the shipped table."""
    return {
        "atr_period": atr, "atr_spacing_mult": spacing, "bol_std": std, "bol_window": window,
        "long_ma_window": ma, "min_bol_spread": least, "num_levels": levels, "sl_percent": sl,
    }  # fmt: skip


class GridBoltrend(Strategy):
    """Breakout, then averaging in on the pull-back, while the trend of a long average agrees.

    Start (long): the close crosses above the upper band, the bands of the bar before were wide enough, the
    close is above the long average. Level 0 is bought at once; the others hang from its real fill in steps of
    the current ATR. The exit is a flag, not a price: a take-profit price at the midline would fire at once,
    because a breakout starts on its far side.
    """

    name = "grid_boltrend"
    summary = "Bollinger breakout taken at once, averaged on the pull-back, closed at the midline"
    parameters = (
        TIMEFRAME,
        Parameter("bol_window", 100, "bars", "length of the Bollinger bands", 2, 2000),
        Parameter("bol_std", 2.0, "deviations", "width of the bands (population deviation)", 0.1, 10),
        Parameter("long_ma_window", 200, "bars", "length of the trend average", 2, 5000),
        Parameter(
            "min_bol_spread", 0.0, "x", "the bands must be further apart: (upper - lower) / lower", 0, 10
        ),
        Parameter("atr_period", 14, "bars", "Wilder's ATR", 2, 200),
        Parameter("atr_spacing_mult", 1.0, "x ATR", "distance between levels", 0.05, 20),
        *grid_parameters(levels=3, sl_percent=15.0, sides="both"),
    )
    per_pair: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "BCH": _asset(14, 1.0, 2.5, 100, 200, 0.01, 3, 20.0),
        "BTC": _asset(14, 1.0, 2.0, 50, 200, 0.01, 4, 15.0),
        "DOGE": _asset(10, 1.5, 1.5, 100, 200, 0.0, 4, 15.0),
        "DYDX": _asset(14, 0.5, 1.5, 100, 200, 0.01, 2, 20.0),
        "ETH": _asset(14, 1.0, 2.5, 100, 400, 0.01, 4, 10.0),
        "LINK": _asset(10, 1.5, 2.5, 100, 400, 0.01, 2, 15.0),
    }

    def timeframes(self, p: Mapping[str, Any]) -> Timeframes:
        return Timeframes(base=p["timeframe"])

    def window(self, p: Mapping[str, Any]) -> int:
        # one bar more than the bands: the crossing compares with the bar before
        return max(int(p["bol_window"]) + 1, int(p["long_ma_window"]), indicators.atr_bars(p["atr_period"]))

    def management(self, p: Mapping[str, Any]) -> Management:
        return grid_management(p)

    def plan(self, bars: BarSet, p: Mapping[str, Any]) -> pl.DataFrame:
        _, high, low, close = ohlc(bars.base)
        atr = indicators.atr(high, low, close, p["atr_period"])
        up, down, middle = _signals(close, p)
        up, down = up & ~np.isnan(atr), down & ~np.isnan(atr)
        below, above = close < middle, close > middle
        starts_long, starts_short = offered(p, "long"), offered(p, "short")
        starts = (up if starts_long else False) | (down if starts_short else False)
        columns = {
            "start_long": up if starts_long else None,
            "start_short": down if starts_short else None,
            "enter_now": starts,
            "exit_long": below if starts_long else None,
            "exit_short": above if starts_short else None,
            "exit_reason": where_text(below | above, "signal_exit"),
            "offset": np.zeros_like(close),
            "spacing": atr * p["atr_spacing_mult"],
            "tag": constant("breakout", len(close)),
        }
        return plan_frame(closing(bars.base, p["timeframe"]), columns)


def _signals(close: indicators.Floats, p: Mapping[str, Any]) -> tuple[Flags, Flags, indicators.Floats]:
    """Breakouts up and down, and the midline. Comparing with NaN is false: the warm-up starts nothing."""
    lower, middle, upper = indicators.bollinger(close, p["bol_window"], p["bol_std"])
    trend = indicators.sma(close, p["long_ma_window"])
    before, lower_before, upper_before = shift(close, 1), shift(lower, 1), shift(upper, 1)
    wide = (upper_before - lower_before) / lower_before > p["min_bol_spread"]
    up = (before < upper_before) & (close > upper) & wide & (close > trend)
    down = (before > lower_before) & (close < lower) & wide & (close < trend)
    return up, down, middle
