"""Many parameter sets over the same bars: data are read once, plans computed and loops run on all cores.

The compiled loop releases the interpreter's lock, so threads suffice; each set has a world of its own, copied
from one that was set up once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from holdfast.model.state import State
from holdfast.records import compiled, digest, packed
from holdfast.simulator.loop import Stop, run
from holdfast.simulator.simulation import TAPES, build_world
from holdfast.strategies.parameters import Overrides, resolve_parameters
from holdfast.strategies.planning import compute_plan
from holdfast.strategies.strategy import BarSet
from holdfast.wiring.backtest import Backtest
from holdfast.wiring.plans import PlanSource, PlanTable, speaking
from holdfast.wiring.prepared import Assignment, Prepared


@dataclass(frozen=True)
class SweepRow:
    """What one parameter set came to."""

    parameters: Mapping[str, Any]
    equity: float  # what is still open at the end counts
    trades: int
    state_digest: str


class Sweep:
    """One prepared backtest, run again and again with other parameters of its strategies."""

    def __init__(self, machine: Backtest, prepared: Prepared) -> None:
        self.machine, self.prepared = machine, prepared
        self.loop = compiled(run)
        self.world = packed(build_world(prepared.scenario))
        self.items = prepared.scenario.items[:]  # all at once: every set meets the same ones
        self.own = threading.local()
        self.bars: dict[tuple[str, str], BarSet] = {}
        self.spans = {c.pair: self._span(i) for i, c in enumerate(prepared.chosen, 1)}

    def run(
        self,
        sets: Sequence[Mapping[str, Any]],
        workers: int | None = None,
        done: Callable[[int], object] = int,
    ) -> list[SweepRow]:
        """Run every set; results come in the order of the sets. Parameters that change the timeframe are refused."""
        for assignment in self.prepared.assignments:
            changed = [self._changed(assignment, changes) for changes in sets]
            window = max(each.strategy.window(each.parameters) for each in changed)
            bars = self.machine.bars_for(assignment, self.prepared.chosen, window)
            self.bars[assignment.strategy.name, assignment.pair] = bars
        with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
            return list(self._counted(pool.map(self._one, sets), done))

    def _span(self, instrument_id: int) -> tuple[int, int]:
        """The first and the last price bar of one instrument: plans of other instants are none."""
        bars = self.prepared.scenario.bars
        times = bars["time_ns"][bars["instrument_id"] == instrument_id]
        return int(times[0]), int(times[-1])

    def _counted(self, rows: Iterator[SweepRow], done: Callable[[int], object]) -> Iterator[SweepRow]:
        for i, row in enumerate(rows, 1):
            done(i)
            yield row

    def _one(self, changes: Mapping[str, Any]) -> SweepRow:
        """Plan and run one set."""
        assignments = [self._changed(a, changes) for a in self.prepared.assignments]
        plans = PlanSource([self._table(i, a) for i, a in enumerate(assignments, 1)])
        worlds, scenario = self._fresh_world(), self.prepared.scenario
        for i, mandate in enumerate(self.machine.mandates(assignments, self.prepared.chosen), 1):
            worlds["state"]["mandates"][0, i] = packed(mandate)[0]
        events, trades = plans.slice(0, len(plans.times)), 0
        while True:
            stop = self.loop(worlds, scenario.bars, events, self.items, len(scenario.bars))
            trades += int(worlds["tape"]["closed_count"][0])
            for name in TAPES:
                worlds["tape"][f"{name}_count"] = 0
            if stop == Stop.DONE:
                break
        state = np.ascontiguousarray(worlds["state"])
        return SweepRow(
            dict(changes), float(state["account"]["equity"][0]) / 1e8, trades, digest(State, state)
        )

    def _fresh_world(self) -> Any:
        """This thread's world, as it was when it was set up: byte by byte, so that digests can be compared."""
        if not hasattr(self.own, "world"):
            self.own.world = np.zeros_like(self.world)
        np.copyto(self.own.world.view(np.uint8), self.world.view(np.uint8))
        return self.own.world

    def _changed(self, a: Assignment, changes: Mapping[str, Any]) -> Assignment:
        """The assignment with other parameters, through the one resolver."""
        settings = self.prepared.settings
        timeframe = {"timeframe": settings.timeframe} if settings.timeframe else {}
        overrides = Overrides(settings.parameters | dict(changes) | timeframe, settings.parameters_by_pair)
        return replace(a, parameters=resolve_parameters(a.strategy, a.pair, overrides))

    def _table(self, mandate_id: int, a: Assignment) -> PlanTable:
        bars = self.bars[a.strategy.name, a.pair]
        frame = compute_plan(a.strategy, bars, a.parameters)
        kept = frame.filter(pl.col("ts").dt.epoch("ns").is_between(*self.spans[a.pair]))
        kind = a.strategy.management(a.parameters).kind
        return PlanTable(mandate_id, speaking(kept, kind), bars.tick_size)
