"""The file that `new-strategy` writes: a small strategy that runs, with a comment at each decision."""

from __future__ import annotations

import re

from holdfast.errors import SettingsError
from holdfast.strategies.catalogue import SHIPPED

_TEXT = '''"""{name}: say in one sentence what it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from holdfast.strategies import indicators
from holdfast.strategies.frames import closing, constant, ohlc, plan_frame
from holdfast.strategies.strategy import BarSet, Management, Parameter, Rung, Strategy, Timeframes


class {kind}(Strategy):
    """Buys a close above the highest high of the bars before it. Replace this rule with your own."""

    name = "{name}"  # what you type: holdfast backtest -s {name} --strategy-path .
    summary = "Breakout above the recent range, stop below it, one target"

    # Every number that you might want to change: name, default, unit, what it is, least, greatest.
    parameters = (
        Parameter("timeframe", "1h", "", "bars that the strategy reads", choices=("5m", "15m", "1h", "4h", "1d")),
        Parameter("lookback", 48, "bars", "range that must be broken", 2, 2000),
        Parameter("atr_period", 14, "bars", "Wilder's ATR", 2, 200),
        Parameter("stop_atr", 2.0, "x ATR", "from the close to the stop", 0.1, 20),
        Parameter("target_r", 2.0, "R", "the target, in multiples of the stop distance", 0.1, 50),
        Parameter("risk_per_trade_pct", 0.5, "%", "of the smaller of balance and equity, lost at the stop", 0.01, 5),
    )
    # Other values for single assets or pairs, shipped with the strategy.
    per_pair = {{"BTC": {{"lookback": 72}}}}

    def timeframes(self, p: Mapping[str, Any]) -> Timeframes:
        # Coarser bars too: Timeframes("1h", higher=("1d",), day_zone="UTC"). They arrive in bars.higher["1d"] with
        # the instant of their close in the column `closes`; join on that one, never on `ts`.
        return Timeframes(base=p["timeframe"])

    def window(self, p: Mapping[str, Any]) -> int:
        # How many bars one row depends on. Live computes the newest row over exactly this many, so a row must not
        # change when history starts earlier. `holdfast check-strategy` proves it on real bars.
        return max(p["lookback"] + 1, indicators.atr_bars(p["atr_period"]))

    def management(self, p: Mapping[str, Any]) -> Management:
        # The core does the rest: sizes from the stop distance, rests the target, moves stops, survives restarts.
        return Management(
            kind="setup",
            risk_rate=p["risk_per_trade_pct"] / 100,
            leverage=5.0,
            rungs=(Rung(multiple=p["target_r"], share=1.0),),
        )

    def plan(self, bars: BarSet, p: Mapping[str, Any]) -> pl.DataFrame:
        # One row for each bar, for all of history at once. A row may use its own bar and earlier ones only.
        _, high, low, close = ohlc(bars.base)
        before = indicators.shift(indicators.highest(high, p["lookback"]), 1)  # without the bar itself
        atr = indicators.atr(high, low, close, p["atr_period"])
        start = (close > before) & ~np.isnan(atr)  # comparing with NaN is false: the warm-up starts nothing
        columns = {{
            "start_long": start,
            # No entry_price: at market, at the next bar's open at the earliest.
            "stop_price": np.where(start, close - p["stop_atr"] * atr, np.nan),
            "tag": constant("breakout", len(close)),
        }}
        return plan_frame(closing(bars.base, p["timeframe"]), columns)
'''


def template(name: str) -> str:
    """Source text of a new strategy. Raises SettingsError for a name that cannot be one."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise SettingsError(
            f"'{name}' cannot name a strategy.", "Use small letters, digits and _, for instance my_idea."
        )
    if name in SHIPPED:
        raise SettingsError(f"{name} ships with Holdfast.", "Choose another name.")
    return _TEXT.format(name=name, kind="".join(word.capitalize() for word in name.split("_")))
