"""Workload (a) in backtesting.py.

`Strategy.buy(sl=…)` opens at the next bar's open with the stop working at once; the target is put on the trade
at the close of the entry bar, which is how its documentation moves a `Trade.tp`. The signals come as plain lists
(faster than `self.I`, whose slices cost a numpy view per bar), without the progress bar.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import backtesting
import pandas as pd
from backtesting import Backtest, Strategy
from harness import Engine, Outcome, Way, main
from workload import FEE_RATE, QUANTITY, START_CASH, TICKS_PER_UNIT, Bars, Signals, units

backtesting.backtesting._tqdm = lambda sequence, **_options: sequence
warnings.filterwarnings("ignore", message="Some trades remain open")


class MovingAverageCross(Strategy):
    """Buys on the cross when flat; the three lists are given per run."""

    cross: list[bool]
    stop: list[float]
    target: list[float]

    def init(self) -> None:
        self.waiting_target = 0.0

    def next(self) -> None:
        if self.waiting_target:
            for trade in self.trades:
                trade.tp = self.waiting_target
            self.waiting_target = 0.0
        i = len(self.data) - 1
        if self.cross[i] and not self.position:
            self.buy(size=QUANTITY, sl=self.stop[i])
            self.waiting_target = self.target[i]


@dataclass(frozen=True)
class Native:
    frame: pd.DataFrame
    strategy: type[Strategy]


def convert(bars: Bars, signals: Signals) -> Native:
    columns = {name.title(): units(getattr(bars, name)) for name in ("open", "high", "low", "close")}
    frame = pd.DataFrame({**columns, "Volume": bars.volume}, index=pd.to_datetime(bars.time))
    lists = {
        "cross": signals.cross.tolist(),
        "stop": units(signals.stop).tolist(),
        "target": units(signals.target).tolist(),
    }
    return Native(frame, type("Cross", (MovingAverageCross,), lists))


def prepare(native: Native) -> Backtest:
    return Backtest(native.frame, native.strategy, cash=START_CASH, commission=FEE_RATE)


def collect(stats: Any, bars: Bars) -> Outcome:
    trades = stats["_trades"].sort_values("EntryBar")
    rows = [
        (
            int(bars.time[t.EntryBar]),
            round(t.EntryPrice * TICKS_PER_UNIT),
            int(bars.time[t.ExitBar]),
            round(t.ExitPrice * TICKS_PER_UNIT),
        )
        for t in trades.itertuples()
    ]
    return Outcome(rows, float(trades["Commission"].sum()))


if __name__ == "__main__":
    way = Way("Backtest.run", prepare, Backtest.run, collect)
    main(Engine("backtesting.py", backtesting.__version__, convert, [way]))
