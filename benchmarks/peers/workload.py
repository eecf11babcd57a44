"""Workload (a): a moving-average cross with stop and target, defined once for every engine.

The rules, in words, are in `benchmarks/README.md`. This file holds what every engine is given: the bars, and
for each bar whether the averages crossed upwards at its close, with the stop and the target that an entry on
that cross would carry. Averages are compared as integer sums of ticks, so that no engine can disagree about a
cross because of a rounding. Needs numpy and polars only; both peer environments and the project have them.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

TICKS_PER_UNIT = 100  # the instrument is quoted in steps of 0.01
FAST, SLOW = 20, 100  # bars in the two simple averages of the close
QUANTITY = 1  # contracts (coins) per entry
FEE_RATE = 0.00055  # of notional, on each side
START_CASH = 100_000

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Levels:
    """Distance of stop and target from the close on which the cross is seen, in thousandths of that close."""

    stop: int = 20
    target: int = 40


@dataclass(frozen=True)
class Bars:
    """Columns of one instrument: `time` is the bar's opening time in ns UTC, prices are integer ticks."""

    time: Int64
    open: Int64
    high: Int64
    low: Int64
    close: Int64
    volume: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True)
class Signals:
    """Per bar: whether the averages crossed upwards at its close, and the prices of an entry on it (ticks)."""

    cross: npt.NDArray[np.bool_]
    stop: Int64
    target: Int64


def load_bars(path: Path, limit: int | None = None) -> Bars:
    """Read a Parquet file with `ts, open, high, low, close, volume`; `limit` keeps the first bars only."""
    table = pl.read_parquet(path, n_rows=limit)
    time = table["ts"].dt.epoch("ns").to_numpy()
    open_, high, low, close = (
        _ticks(table[name].to_numpy(), name) for name in ("open", "high", "low", "close")
    )
    return Bars(time, open_, high, low, close, table["volume"].to_numpy())


def _ticks(price: npt.NDArray[np.float64], name: str) -> Int64:
    scaled = price * TICKS_PER_UNIT
    ticks = np.rint(scaled)
    if np.abs(scaled - ticks).max() > 1e-3:
        raise SystemExit(f"column {name} has prices off the tick grid of {1 / TICKS_PER_UNIT}")
    return ticks.astype(np.int64)


def units(ticks: Int64) -> npt.NDArray[np.float64]:
    """Ticks as the float prices that engines take: the double nearest to the decimal, so equality is exact."""
    return np.asarray(ticks / TICKS_PER_UNIT, dtype=np.float64)


def compute_signals(bars: Bars, levels: Levels) -> Signals:
    """Crosses, stops and targets of the whole history at once."""
    above = _sums(bars.close, FAST) * SLOW > _sums(bars.close, SLOW) * FAST
    above[: SLOW - 1] = True  # before both averages exist nothing can cross
    cross = np.zeros(len(bars), dtype=np.bool_)
    cross[1:] = above[1:] & ~above[:-1]
    # Both rounded up: the stop towards more protection, the target away from a profit taken too early.
    stop = -(-bars.close * (1000 - levels.stop) // 1000)
    target = -(-bars.close * (1000 + levels.target) // 1000)
    return Signals(cross, stop, target)


def _sums(close: Int64, window: int) -> Int64:
    """Sum of the last `window` closes at each bar; 0 before there are that many."""
    total = np.concatenate(([0], np.cumsum(close)))
    sums = np.zeros(len(close), dtype=np.int64)
    sums[window - 1 :] = total[window:] - total[:-window]
    return sums
