"""Proof on real bars that the plans of a strategy are the same in a backtest and live.

Two things can make them differ. *Look-ahead*: a row changes when later bars are added, so the backtest knew
what live cannot. *Recursion*: a row changes when history starts earlier, so live, which sees exactly `window`
bars, computes another value. Both are tested by computing rows again from less and comparing each column: prices
after rounding to ticks, other numbers to 1e-9, flags and texts exactly.

A difference that a change of the newest bar by one part in 10^9 would undo is a near tie: the value stands on the
edge of a comparison or of a rounding. Near ties are shown apart and do not fail the check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from holdfast.errors import DataError
from holdfast.strategies.comparing import RELATIVE, Difference, differing, same, values_of
from holdfast.strategies.frames import epoch
from holdfast.strategies.plan import FLAGS
from holdfast.strategies.planning import closed_at, compute_plan, missing, ready_at, visible
from holdfast.strategies.strategy import BarSet, Strategy

SHOWN = 5


@dataclass
class CheckResult:
    """What a check of one strategy on one pair found."""

    strategy: str
    pair: str
    bars: int = 0
    window: int = 0
    higher_windows: Mapping[str, int] = field(default_factory=dict)
    starts: int = 0  # rows of the whole plan that start something
    look_ahead_rows: int = 0  # rows compared
    recursion_rows: int = 0
    differences: list[Difference] = field(default_factory=list)  # the first SHOWN of each test and column
    difference_count: int = 0
    near_ties: list[Difference] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.differences

    def add(self, difference: Difference, near: Callable[[], bool]) -> None:
        """Book a difference. `near` is asked while there are few of the kind: it computes two more plans."""
        alike = [d for d in self.differences if (d.test, d.column) == (difference.test, difference.column)]
        if len(alike) < SHOWN and near():
            self.near_ties.append(difference)
            return
        self.difference_count += 1
        if len(alike) < SHOWN:
            self.differences.append(difference)

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {**asdict(self), "higher_windows": dict(self.higher_windows), "passed": self.passed}


def check_strategy(
    strategy: Strategy,
    bars: BarSet,
    p: Mapping[str, Any],
    rows: int = 200,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> CheckResult:
    """Compare about `rows` rows of the plan over all of `bars` with the same rows from less.

    Half of the rows are chosen where the plan acts (starts or exits something) and half anywhere, by `seed`.
    Each is computed without the bars that close after it, and over exactly the declared windows, as live does.
    `progress` is called with (rows done, rows in all). Raises DataError where the bars do not fill one window.
    """
    whole = compute_plan(strategy, bars, p)
    result = CheckResult(
        strategy.name, bars.pair, bars.base.height, strategy.window(p), dict(strategy.higher_windows(p))
    )
    result.starts = int(_acting(whole, ("start_long", "start_short")).sum())
    chosen = _chosen(strategy, bars, p, whole, rows, seed)
    for done, row in enumerate(chosen):
        _check_row(strategy, bars, p, whole, int(row), result)
        if progress:
            progress(done + 1, len(chosen))
    return result


def _check_row(
    strategy: Strategy, bars: BarSet, p: Mapping[str, Any], whole: pl.DataFrame, row: int, result: CheckResult
) -> None:
    """Both tests for one row. The look-ahead test compares the rows before it as well, as far as its window."""
    instant = int(whole["ts"].dt.epoch("ns")[row])
    cut = closed_at(strategy, bars, p, instant)
    length = min(max(strategy.window(p), 50), row + 1)
    tail, expected = compute_plan(strategy, cut, p).tail(length), whole.slice(row + 1 - length, length)
    result.look_ahead_rows += length
    for difference, at in differing(expected, tail, bars, "look-ahead"):
        upto = closed_at(strategy, cut, p, int(expected["ts"].dt.epoch("ns")[at]))
        result.add(difference, partial(_near_tie, strategy, upto, p, expected.slice(at, 1), difference))
    seen = visible(strategy, bars, p, instant)
    if missing(strategy, seen, p):
        return
    result.recursion_rows += 1
    live, expected = compute_plan(strategy, seen, p).tail(1), whole.slice(row, 1)
    for difference, _ in differing(expected, live, bars, "recursion"):
        result.add(difference, partial(_near_tie, strategy, seen, p, expected, difference))


def _chosen(
    strategy: Strategy, bars: BarSet, p: Mapping[str, Any], whole: pl.DataFrame, rows: int, seed: int
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Rows to look at, ascending, none of them before the windows are full."""
    ready = ready_at(strategy, bars, p)
    first = whole.height if ready is None else int(np.searchsorted(epoch(whole["ts"]), ready))
    if first >= whole.height:
        short = missing(strategy, bars, p) or "a longer history"
        raise DataError(f"{strategy.name} cannot be checked on {bars.pair}: it needs {short}.",
                        "Take a longer timerange or a shorter window.")  # fmt: skip
    random = np.random.default_rng(seed)
    anywhere = np.arange(first, whole.height)
    acting = anywhere[_acting(whole, tuple(FLAGS))[first:]]
    picked = [random.choice(pool, min(rows // 2, len(pool)), replace=False) for pool in (acting, anywhere)]
    rest = random.choice(anywhere, min(max(rows - sum(map(len, picked)), 0), len(anywhere)), replace=False)
    return np.unique(np.concatenate([*picked, rest, anywhere[-1:]]))


def _acting(plan: pl.DataFrame, flags: tuple[str, ...]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    present = [plan[name].fill_null(value=False).to_numpy() for name in flags if name in plan.columns]
    return np.logical_or.reduce(present) if present else np.zeros(plan.height, dtype=np.bool_)


def _near_tie(
    strategy: Strategy, bars: BarSet, p: Mapping[str, Any], expected: pl.DataFrame, difference: Difference
) -> bool:
    """Whether the newest row gives the expected value once its bar moves by one part in 10^9, up or down."""
    name = difference.column
    for factor in (1 - RELATIVE, 1 + RELATIVE):
        moved = compute_plan(strategy, _nudged(bars, factor), p).tail(1)
        if same(values_of(expected, name), values_of(moved, name), name, bars.tick_size)[0]:
            return True
    return False


def _nudged(bars: BarSet, factor: float) -> BarSet:
    """The bars with the prices of the newest one multiplied."""
    newest = bars.base.tail(1).with_columns(pl.col("open", "high", "low", "close") * factor)
    return replace(bars, base=pl.concat([bars.base.head(-1), newest]))
