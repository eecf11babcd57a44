"""A trading account from what was asked to a running session: on paper, over recorded or synthetic bars."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from holdfast.history.store import Store
from holdfast.operations.paper import LockStep
from holdfast.operations.paper_free import FreeRun
from holdfast.records import named
from holdfast.records.kernel import source_digest
from holdfast.runtime.adoption import Policy
from holdfast.runtime.planner import Compute, Planned
from holdfast.runtime.session import Options
from holdfast.settings.backtest import BacktestSettings
from holdfast.simulator.simulation import rules_events, setup_events
from holdfast.strategies.planning import live_row, missing, visible
from holdfast.strategies.strategy import BarSet
from holdfast.wiring.account.limits import rules_of
from holdfast.wiring.backtest import Backtest
from holdfast.wiring.plans import PlanSource, PlanTable, speaking
from holdfast.wiring.prepared import Assignment, Prepared
from holdfast.wiring.promotion.gate import gate_of
from holdfast.wiring.traded import traded_of


def market_digest(prepared: Prepared) -> str:
    """Names a market and what trades in it: a paper account goes on only in the one in which it began."""
    scenario = prepared.scenario
    summed = hashlib.blake2b(scenario.bars.tobytes(), digest_size=16)
    summed.update(scenario.items[0 : len(scenario.items)].tobytes())
    for event in [*setup_events(scenario), *rules_events(scenario)]:
        summed.update(repr(named(event)).encode())
    summed.update(scenario.plan_times.tobytes())
    return summed.hexdigest()


def names_of(prepared: Prepared) -> dict[str, Any]:
    """What the core's numbers mean, for people: kept in the journal at each start."""
    instruments = {
        str(i): {
            "pair": c.pair, "tick": str(c.spec.tick_size), "step": str(c.spec.step_size),
            "base": c.spec.base, "quote": c.spec.quote,
        }
        for i, c in enumerate(prepared.chosen, 1)
    }  # fmt: skip
    mandates = {
        str(i): {"strategy": a.strategy.name, "pair": a.pair} for i, a in enumerate(prepared.assignments, 1)
    }
    tags = {str(number): text for text, number in prepared.plans.texts.known.items()}
    floors = {str(number): row.title for number, row in enumerate(prepared.floors, 1)}
    return {
        "currency": prepared.currency, "instruments": instruments, "mandates": mandates, "tags": tags, "floors": floors,
    }  # fmt: skip


def opening_of(prepared: Prepared) -> dict[str, dict[str, Any]]:
    """What each start tells the journal, by what it is about: what is traded, and the rules that hold."""
    rules = rules_of(prepared)
    return {"traded": traded_of(prepared)} | ({"rules": rules} if rules else {})


def options_of(settings: BacktestSettings) -> Options:
    """What the session of an account may choose."""
    return Options(policy=Policy(settings.unexplained), catastrophe_stop=settings.catastrophe_stop)


def paper_in_step(
    folder: Path, prepared: Prepared, tick: Callable[[int, int], None], started: Callable[[LockStep], None]
) -> LockStep:
    """A paper account in lock-step in its folder; `started` hears when its engine has taken over."""
    return LockStep(
        folder,
        prepared.scenario,
        market_digest(prepared),
        source_digest(),
        partial(names_of, prepared),
        tick,
        started,
        opening_of(prepared),
        gate_of(prepared, folder),
        options_of(prepared.settings),
    )


@dataclass(frozen=True)
class PlanMaker:
    """Makes what computes the plans of one strategy: called in its own process, where the data are read anew."""

    data_dir: Path
    settings: BacktestSettings
    strategy: str
    strategy_path: Path | None = None

    def __call__(self) -> Compute:
        machine = Backtest(Store(self.data_dir), self.settings, strategy_path=self.strategy_path)
        prepared = machine.prepare(plan=False)
        own = {i: a for i, a in enumerate(prepared.assignments, 1) if a.strategy.name == self.strategy}
        bars = {
            i: machine.bars_for(a, prepared.chosen, a.strategy.window(a.parameters)) for i, a in own.items()
        }
        ticks = {c.pair: float(c.spec.tick_size) for c in prepared.chosen}

        def compute(mandate_id: int, time_ns: int) -> Planned | None:
            a = own[mandate_id]
            return planned(a, bars[mandate_id], ticks[a.pair], mandate_id, time_ns)

        return compute


def planned(a: Assignment, bars: BarSet, tick_size: float, mandate_id: int, time_ns: int) -> Planned | None:
    """The plan of one strategy for one instrument at one close; None where it asks for nothing."""
    if missing(a.strategy, visible(a.strategy, bars, a.parameters, time_ns), a.parameters):
        return None  # it is still warming up
    row = live_row(a.strategy, bars, a.parameters, time_ns)
    row = speaking(row, a.strategy.management(a.parameters).kind)
    if row.is_empty():
        return None
    event = PlanSource([PlanTable(mandate_id, row, tick_size)]).slice(0, 1)
    event["tag"] = event["exit_tag"] = 0
    return Planned(
        mandate_id, time_ns, np.ascontiguousarray(event).tobytes(), text(row, "tag"), text(row, "exit_reason")
    )


def text(row: pl.DataFrame, name: str) -> str:
    """A text of a plan row; empty where it has none."""
    return str(row[name][0] or "") if name in row.columns else ""


def paper_in_time(
    folder: Path,
    machine: Backtest,
    prepared: Prepared,
    speed: float,
    tick: Callable[[int, int], None],
    started: Callable[[Any], None],
) -> FreeRun:
    """A paper account in free time; plans come from a process for each strategy."""
    makers: dict[int, Callable[[], Compute]] = {
        number: PlanMaker(machine.store.data_dir, machine.asked, name, machine.strategy_path)
        for number, name in enumerate(dict.fromkeys(a.strategy.name for a in prepared.assignments), 1)
    }
    return FreeRun(
        folder, prepared.scenario, market_digest(prepared), source_digest(), names_of(prepared), speed, makers,
        tick, started, opening_of(prepared), gate_of(prepared, folder), options_of(prepared.settings),
    )  # fmt: skip
