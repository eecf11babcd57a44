"""Workload (a) in backtrader.

A market buy with a stop beside it (backtrader's brackets would switch the stop on one bar later), and the target
as one-cancels-other with the stop once the buy has filled. Defaults that make it fast are kept (`preload`,
`runonce`), observers and the cash check are off, the signals are plain lists (each line of their own would be
advanced on every bar), and reading the data frame into lines, which backtrader does inside `run()`, is counted
as set-up.
"""

import time
from dataclasses import dataclass
from typing import Any

import backtrader as bt
import pandas as pd
from harness import Engine, Outcome, Way, main
from workload import FEE_RATE, QUANTITY, START_CASH, TICKS_PER_UNIT, Bars, Signals, units


class Feed(bt.feeds.PandasData):
    """The library's own feed, which remembers how long the loading took."""

    seconds_loading = 0.0

    def preload(self) -> None:
        started = time.perf_counter()
        super().preload()
        self.seconds_loading += time.perf_counter() - started


class MovingAverageCross(bt.Strategy):
    """Buys on the cross when flat, and keeps its fills."""

    params = (("cross", ()), ("stops", ()), ("targets", ()))

    def __init__(self) -> None:
        self.cross, self.i = self.p.cross, -1
        self.buying = self.stop_order = None
        self.fills: list[tuple[int, float, float]] = []  # bar, price, fee

    def next(self) -> None:
        self.i = i = self.i + 1
        if self.cross[i] and not self.position.size:
            self.buying = self.buy(size=QUANTITY)
            self.stop_order = self.sell(size=QUANTITY, exectype=bt.Order.Stop, price=self.p.stops[i])
            self.target = self.p.targets[i]

    def notify_order(self, order: bt.Order) -> None:
        if order.status != bt.Order.Completed:
            return
        # Notices of a bar's fills come before `next` counts that bar.
        self.fills.append((self.i + 1, order.executed.price, order.executed.comm))
        if order.ref == self.buying.ref and self.stop_order.alive():
            self.sell(size=QUANTITY, exectype=bt.Order.Limit, price=self.target, oco=self.stop_order)


@dataclass(frozen=True)
class Native:
    frame: pd.DataFrame
    lists: dict[str, list[Any]]


def convert(bars: Bars, signals: Signals) -> Native:
    columns = {name: units(getattr(bars, name)) for name in ("open", "high", "low", "close")}
    frame = pd.DataFrame(columns | {"volume": bars.volume}, index=pd.to_datetime(bars.time))
    lists = {
        "cross": signals.cross.tolist(),
        "stops": units(signals.stop).tolist(),
        "targets": units(signals.target).tolist(),
    }
    return Native(frame, lists)


def prepare(native: Native) -> bt.Cerebro:
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(Feed(dataname=native.frame, openinterest=None))
    cerebro.addstrategy(MovingAverageCross, **native.lists)
    cerebro.broker.setcash(START_CASH)
    cerebro.broker.setcommission(commission=FEE_RATE)
    cerebro.broker.set_checksubmit(False)
    return cerebro


def run(cerebro: bt.Cerebro) -> bt.Strategy:
    return cerebro.run()[0]


def collect(strategy: Any, bars: Bars) -> Outcome:
    fills = strategy.fills[: len(strategy.fills) // 2 * 2]
    ticks = [(int(bars.time[bar]), round(price * TICKS_PER_UNIT)) for bar, price, _fee in fills]
    rows = [(*entry, *exit_) for entry, exit_ in zip(ticks[::2], ticks[1::2], strict=True)]
    return Outcome(rows, sum(fee for _bar, _price, fee in fills))


if __name__ == "__main__":
    way = Way("Cerebro.run", prepare, run, collect, lambda strategy: strategy.data.seconds_loading)
    main(Engine("backtrader", bt.__version__, convert, [way]))
