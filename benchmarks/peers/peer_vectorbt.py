"""Workload (a) in vectorbt, whose `Portfolio.from_signals` simulates in compiled code.

Entries are the crosses one bar later at the open; stop and target are fractions of that open, as `from_signals`
takes them, chosen so that they come to the workload's tick prices. Four ways are measured and the fastest counts:
`from_signals` with the numba and with the Rust engine, and the same two simulations called on bare arrays without
the pandas layer. Stops work from the bar after the entry; no other rule differs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import vectorbt as vbt
from harness import Engine, Outcome, Way, main
from vectorbt.portfolio import dispatch
from vectorbt.portfolio.enums import Direction, StopEntryPrice
from workload import FEE_RATE, QUANTITY, START_CASH, TICKS_PER_UNIT, Bars, Signals, units

Column = npt.NDArray[Any]
TOUCH = 1e-12  # relative; lifts a fraction's rounding error over an exact touch of the tick price


@dataclass(frozen=True)
class Native:
    """The named columns twice: as series for the public interface, as (n, 1) arrays for the bare one."""

    series: dict[str, pd.Series]
    arrays: dict[str, Column]


def convert(bars: Bars, signals: Signals) -> Native:
    columns: dict[str, Column] = {
        name: units(getattr(bars, name)) for name in ("open", "high", "low", "close")
    }
    columns["entries"] = _next_bar(signals.cross)
    columns["sl_stop"] = 1 - units(_next_bar(signals.stop)) * (1 + TOUCH) / columns["open"]
    columns["tp_stop"] = units(_next_bar(signals.target)) * (1 - TOUCH) / columns["open"] - 1
    for name in ("sl_stop", "tp_stop"):
        columns[name][~columns["entries"]] = np.nan
    index = pd.to_datetime(bars.time)
    series = {name: pd.Series(values, index=index) for name, values in columns.items()}
    return Native(series, {name: np.ascontiguousarray(values[:, None]) for name, values in columns.items()})


def _next_bar(values: Column) -> Column:
    shifted = np.zeros_like(values)
    shifted[1:] = values[:-1]
    return shifted


def public(engine: str) -> Way:
    """`Portfolio.from_signals` as its documentation shows it."""

    def run(native: Native) -> Column:
        portfolio = vbt.Portfolio.from_signals(
            **native.series,
            price=native.series["open"],
            direction="longonly",
            size=QUANTITY,
            fees=FEE_RATE,
            init_cash=START_CASH,
            stop_entry_price="fillprice",
            engine=engine,
        )
        return portfolio.order_records

    return Way(f"from_signals, {engine}", lambda native: native, run, collect)


def bare(engine: str) -> Way:
    """The simulation under `from_signals`, called directly on arrays."""

    def run(native: Native) -> Column:
        arrays = native.arrays
        records, _logs = dispatch.simulate_from_signals(
            arrays["close"].shape,
            np.array([1]),
            np.array([float(START_CASH)]),
            np.zeros(arrays["close"].shape, dtype=np.int64),
            **arrays,
            direction=np.asarray(Direction.LongOnly),
            price=arrays["open"],
            size=np.asarray(float(QUANTITY)),
            fees=np.asarray(FEE_RATE),
            stop_entry_price=np.asarray(StopEntryPrice.FillPrice),
            engine=engine,
        )
        return records

    return Way(f"simulate_from_signals, {engine}", lambda native: native, run, collect)


def collect(records: Column, bars: Bars) -> Outcome:
    """Order records alternate between entry and exit, since there is one position at a time."""
    records = records[: len(records) // 2 * 2]
    fills = [(int(bars.time[r["idx"]]), round(r["price"] * TICKS_PER_UNIT)) for r in records]
    rows = [(*entry, *exit_) for entry, exit_ in zip(fills[::2], fills[1::2], strict=True)]
    return Outcome(rows, float(records["fees"].sum()))


if __name__ == "__main__":
    ways = [way(engine) for way in (public, bare) for engine in ("numba", "rust")]
    main(Engine("vectorbt", vbt.__version__, convert, ways, warm_first=True))
