"""The unruly venue again, with floors of every kind over the account and its strategies, and all that moves them."""

from __future__ import annotations

from typing import Any

import numpy as np
from nasty_markets import between, chance, rate
from unruly_venue import Duel

from holdfast.model import events
from holdfast.model.enums import AmountOf, BoundaryKind, Consequence, FlowKind, Quantity, Rule, Sample, Scope
from holdfast.model.floor import Floor
from holdfast.model.units import HOUR, MINUTE
from holdfast.records import copy_record

QUANTITIES = (Quantity.INITIAL, Quantity.BALANCE, Quantity.EQUITY, Quantity.BEST, Quantity.WORST)


def random_floor(rng: np.random.Generator, initial: int, scope: Scope, scope_id: int) -> Floor:
    """Any anchor on any schedule, trailing or not, with a ladder of any rungs inside it."""
    floor = Floor()
    floor.scope, floor.scope_id, floor.initial = scope, scope_id, initial
    floor.quantity = QUANTITIES[int(rng.integers(len(QUANTITIES)))]
    floor.sample = Sample(int(rng.integers(len(Sample))))
    floor.observed = (Quantity.EQUITY, Quantity.EQUITY, Quantity.WORST, Quantity.BALANCE)[
        int(rng.integers(4))
    ]
    floor.ratchet = floor.sample not in (Sample.ONCE, Sample.ROLLING) and chance(rng, 0.5)
    floor.own = chance(rng, 0.5)
    floor.consequence = Consequence(int(rng.integers(len(Consequence))))
    if floor.sample == Sample.ROLLING:
        floor.quantity, floor.window_ns, floor.bucket_ns = Quantity.EQUITY, 6 * HOUR, 5 * MINUTE
    if chance(rng, 0.15) and scope == Scope.ACCOUNT:
        floor.quantity = floor.observed = Quantity.FLOATING
        floor.sample, floor.ratchet = Sample.ONCE, False
    set_amounts(rng, floor, initial)
    set_ladder(rng, floor)
    return floor


def set_amounts(rng: np.random.Generator, floor: Floor, initial: int) -> None:
    """One to three readings, and perhaps a lock."""
    floor.reading_count = int(rng.integers(1, 4))
    for i in range(floor.reading_count):
        reading = floor.readings[i]
        reading.of = AmountOf(int(rng.integers(3)))
        if floor.quantity == Quantity.FLOATING and reading.of == AmountOf.ANCHOR:
            reading.of = AmountOf.INITIAL
        reading.rate = rate(between(rng, 0.001, 0.4))
        reading.absolute = int(initial * between(rng, 0.001, 0.4))
    floor.locks = floor.quantity != Quantity.FLOATING and chance(rng, 0.3)
    floor.lock_level = int(initial * rng.uniform(0.9, 1.1))


def set_ladder(rng: np.random.Generator, floor: Floor) -> None:
    """Rising rungs, each of which may be missing."""
    rungs = sorted(rng.uniform(0.05, 0.99, 4))
    warn, reduce, block, flatten = (rate(float(rung)) if chance(rng, 0.7) else 0 for rung in rungs)
    floor.ladder.warn, floor.ladder.reduce = warn, reduce
    floor.ladder.block, floor.ladder.flatten = block, flatten
    floor.ladder.multiplier = rate(0.5)
    floor.ladder.resumes, floor.ladder.latches = chance(rng, 0.5), chance(rng, 0.3)
    floor.ladder.holds = chance(rng, 0.2)


class GuardedDuel(Duel):
    """One to six floors, and everything that speaks to them."""

    def _open(self) -> None:
        super()._open()
        initial = self.state.account.start_balance
        for strategy in {mandate.strategy_id for mandate in self.state.mandates[1:4]}:
            class_id = next(m.class_id for m in self.state.mandates[1:4] if m.strategy_id == strategy)
            self.apply(events.StrategyGiven(strategy_id=strategy, class_id=class_id, capital=initial // 3))
        first = self.state.floor_watermark + 1  # a plain duel may have given some
        for row in range(first, first + int(self.rng.integers(1, 7))):
            given = events.FloorGiven(time_ns=self.time_ns, floor_row=row)
            copy_record(given.floor, self._floor(initial))
            self.apply(given)

    def _floor(self, initial: int) -> Floor:
        scope = (Scope.ACCOUNT, Scope.ACCOUNT, Scope.STRATEGY, Scope.CLASS)[int(self.rng.integers(4))]
        mandate = self.state.mandates[int(self.rng.integers(1, 4))]
        own = {Scope.STRATEGY: mandate.strategy_id, Scope.CLASS: mandate.class_id}.get(scope, 0)
        return random_floor(self.rng, initial if scope == Scope.ACCOUNT else initial // 3, scope, own)

    def operate(self) -> None:
        if chance(self.rng, 0.5):
            super().operate()
        else:
            self.apply(self._rare())

    def _rare(self) -> Any:
        kind = int(self.rng.integers(5))
        now = self.time_ns
        if kind == 0:
            first = chance(self.rng, 0.5)
            return events.Boundary(
                time_ns=now, kind=BoundaryKind.DAY, primary=first, opens=first,
                closes=not first or chance(self.rng, 0.5), reconstructed=chance(self.rng, 0.1),
            )  # fmt: skip
        if kind == 1:
            kinds = (BoundaryKind.SESSION, BoundaryKind.FORECAST, BoundaryKind.FORECAST_CLOSE)
            return events.Boundary(time_ns=now, kind=kinds[int(self.rng.integers(3))])
        if kind == 2:
            return events.Reset(
                time_ns=now, scope=Scope(int(self.rng.integers(7))), scope_id=int(self.rng.integers(3)),
                rule=Rule.NONE, acknowledge=chance(self.rng, 0.5),
            )  # fmt: skip
        if kind == 3:
            flags = [chance(self.rng, 0.3) for _ in range(6)]
            return events.WindowEdge(
                time_ns=now, instrument_id=int(self.rng.integers(3)), begins=chance(self.rng, 0.4),
                no_open=flags[0], no_close=flags[1], no_rest=flags[2], no_fill=flags[3], no_hold=flags[4],
                near_news=flags[5],
            )  # fmt: skip
        amount = int(self.rng.normal(0, 0.05) * self.state.account.start_balance)
        return events.CashFlow(time_ns=now, amount=amount, kind=FlowKind(int(self.rng.integers(1, 7))))
