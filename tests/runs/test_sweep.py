"""Many parameter sets over bars that are read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from holdfast.history.store import Store
from holdfast.settings.backtest import load_settings
from holdfast.strategies.strategy import BarSet, Strategy
from holdfast.wiring import plan_memory
from holdfast.wiring import sweep as sweep_module
from holdfast.wiring.backtest import Backtest
from holdfast.wiring.plan_memory import Kinds, PlanMemory
from holdfast.wiring.sweep import Sweep

CASE = {"strategies": ("grid_atr",), "source": "synthetic_perp", "timeframe": "1h", "detail": "5m"}


def test_a_set_of_a_sweep_is_the_backtest_with_these_parameters(market: Path) -> None:
    """Digest for digest, in whichever thread it ran and whatever ran there before."""
    sets = [{"ma_period": ma, "sl_percent": stop} for ma in (7, 14) for stop in (5, 10)]
    machine = Backtest(Store(market), load_settings(None, CASE))
    rows = Sweep(machine, machine.prepare()).run(sets, workers=2)
    for given, row in zip(sets, rows, strict=True):
        alone = Backtest(Store(market), load_settings(None, CASE | {"parameters": given}))
        result = alone.run(alone.prepare())
        assert row.state_digest == result.state_digest
        assert row.trades == result.trade_count
    assert len({row.state_digest for row in rows}) > 1


def test_a_sweep_reads_no_data_after_it_has_begun(market: Path, monkeypatch: object) -> None:
    """A set costs planning and the loop, nothing else."""
    machine = Backtest(Store(market), load_settings(None, CASE))
    sweep = Sweep(machine, machine.prepare())
    reads: list[str] = []
    original = Store.bars

    def counted(store: Store, source: str, pair: str, *rest: object) -> object:
        reads.append(pair)
        return original(store, source, pair, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "bars", counted)  # type: ignore[attr-defined]
    sweep.run([{"ma_period": 7}], workers=1)
    once = len(reads)
    sweep.run([{"ma_period": ma} for ma in range(7, 17)], workers=2)
    assert len(reads) == 2 * once


def test_plans_are_made_once_for_all_sets_that_share_them(
    market: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop rate says nothing to a plan of grid_atr, an average and the sides do."""
    made: list[object] = []
    original = sweep_module.compute_plan

    def counted(strategy: Strategy, bars: BarSet, p: Mapping[str, Any]) -> pl.DataFrame:
        made.append(p)
        return original(strategy, bars, p)

    monkeypatch.setattr(sweep_module, "compute_plan", counted)
    machine = Backtest(Store(market), load_settings(None, CASE))
    sets = [{"ma_period": ma, "sides": side, "sl_percent": stop}
            for ma in (7, 14) for side in ("long", "both") for stop in (5, 10, 15)]  # fmt: skip
    prepared = machine.prepare()
    rows = Sweep(machine, prepared).run(sets, workers=1)
    assert len(made) == 4 * len(prepared.assignments)
    assert len({row.state_digest for row in rows}) == len(sets)


def test_remembered_plans_keep_apart_what_differs() -> None:
    """By value and type of what was asked for, by kind, and by each assignment; the rest does not matter."""
    made: list[int] = []

    def make(kinds: Kinds, parameters: Sequence[Mapping[str, Any]]) -> Any:
        made.append(sum(each["a"] + (each["b"] if each["a"] > 1 else 0) for each in parameters))
        return np.array(made[-1:])

    memory = PlanMemory(make)
    for kind, a, b, is_new in (
        ("grid", 1, 5, True), ("grid", 1, 6, False), ("setup", 1, 5, True), ("grid", 2, 5, True),
        ("grid", 2, 6, True), ("grid", 2, 5, False), ("grid", 1.0, 5, True), ("grid", 1, 7, False),
    ):  # fmt: skip
        before = len(made)
        events = memory.events((kind,), [{"a": a, "b": b}])
        assert events[0] == a + (b if a > 1 else 0)
        assert (len(made) > before) == is_new


def test_remembered_plans_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest unused go first; the newest stays whatever its size."""
    monkeypatch.setattr(plan_memory, "KEPT_BYTES", 3 * 8)
    memory = PlanMemory(lambda kinds, parameters: np.zeros(parameters[0]["size"]))
    for size in (1, 2, 1, 3, 9):
        memory.events(("grid",), [{"size": size}])
        assert sum(each.nbytes for each in memory.kept.values()) <= 8 * max(3, size)
    assert len(memory.kept) == 1
