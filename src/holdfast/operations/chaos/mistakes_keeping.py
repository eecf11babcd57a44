"""Engines with a mistake in what they keep: journal, names, reservations, clocks, counts, halts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from holdfast.engine import engine as core
from holdfast.model import events
from holdfast.model.enums import BoundaryKind, Role, Rule, Scope, Severity
from holdfast.model.events import Boundary
from holdfast.model.order import Step
from holdfast.operations.chaos.disk import SimulatedJournal
from holdfast.operations.chaos.engine_kinds import EngineKind, plant, swapped
from holdfast.operations.chaos.making import filled
from holdfast.ports.venue import Execution
from holdfast.risk.exposure import release
from holdfast.risk.trips import find_trip
from holdfast.runtime.handling import Handling
from holdfast.runtime.session import Session
from holdfast.runtime.sweeper import OVERLAP


class ForgivingJournal(SimulatedJournal):
    """An error of a commit is taken for "it was not written": the rows are written again, and work goes on."""

    def _fail(self, why: str, kept: bool) -> None:
        rows = self.committing
        super()._fail(why, kept)
        self.error = None
        self._begin(rows)


class ForgivesCommits(EngineKind):
    """Goes on after an error of its journal."""

    name, about, caught_by = "commit-error-is-not-committed", "goes on after a failed commit", ("P7", "P2")
    storm: ClassVar = {"commit_error": 0.002}

    def journal(self, *parts: Any) -> SimulatedJournal:
        return ForgivingJournal(*parts)


class OneEpoch(EngineKind):
    """Names without the number of the start: after a lost tail the same name means another order."""

    name, about, caught_by = "id-without-epoch", "numbers orders without the start", ("S1", "S1b")
    storm: ClassVar = {"crash_in_send": 0.1, "lost_tail": 1.0}

    @contextmanager
    def planted(self) -> Iterator[None]:
        started = core.HANDLERS[events.Started]

        def again(state: Any, outbox: Any, event: Any) -> None:
            state.epoch = 0
            started(state, outbox, event)

        with swapped(events.Started, again):
            yield

    def epoch(self, epoch: int) -> int:
        return min(1, epoch)


class Forgets(EngineKind):
    """What is in doubt is no longer counted."""

    name, about, caught_by = "forget-reservation", "frees what is reserved while in doubt", ("S9", "S2")
    storm: ClassVar = {"request_slow": 0.2, "request_lost": 0.2, "crash": 12}

    @contextmanager
    def planted(self) -> Iterator[None]:
        told = core.HANDLERS[events.OrderReport]

        def forgetful(state: Any, outbox: Any, report: Any) -> None:
            told(state, outbox, report)
            order = state.orders[report.order_row]
            if report.step == Step.DOUBT and order.order_id == report.order_id and order.role == Role.ENTRY:
                release(state, order)

        with swapped(events.OrderReport, forgetful):
            yield


class WallClock:
    """A clock that takes the wall's time for one that only counts."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.venue_ns, self.is_sound = clock.venue_ns, clock.is_sound

    def mono_ns(self) -> int:
        """What the wall shows."""
        return int(self.clock.wall_ns())


class TrustsTheWall(EngineKind):
    """Deadlines by the wall clock."""

    name, about, caught_by = "wall-clock-deadlines", "measures deadlines by the wall clock", ("T1",)
    storm: ClassVar = {"clock_step": 1440, "clock_step_in_send": 0.3, "slow_commit": 0.8}

    def clock(self, clock: Any) -> Any:
        return WallClock(clock)


class CountsByOrder(EngineKind):
    """Fills by what the message says, whichever execution it is."""

    name, about, caught_by = "count-fills-by-order", "counts every message about a fill", ("S4", "S5")
    storm: ClassVar = {"stream_twice": 0.3}

    @contextmanager
    def planted(self) -> Iterator[None]:
        told = core.HANDLERS[events.OrderReport]

        def counts(state: Any, outbox: Any, report: Any) -> None:
            order = state.orders[report.order_row]
            if report.step == Step.FILL and order.order_id == report.order_id:
                order.last_fill_id = 0
            told(state, outbox, report)

        with swapped(events.OrderReport, counts):
            yield

    def session(self, *parts: Any) -> Session:
        made = Session(*parts)
        fill = made.intake._fill

        def again(handling: Handling, execution: Execution) -> None:
            handling.sums[execution.name] = execution.filled - execution.quantity
            made.engine.state.orders[handling.row].last_fill_id = 0  # the runtime looks at it too
            fill(handling, execution)

        plant(made.intake, _fill=again)
        return made


class ForgetsHalts(EngineKind):
    """A new day begins without the halts of the old one."""

    name, about, caught_by = "clear-halt-at-midnight", "lifts a person's halt at midnight", ("S6",)
    storm: ClassVar = {"operator": 200}

    @contextmanager
    def planted(self) -> Iterator[None]:
        turned = core.HANDLERS[Boundary]

        def clears(state: Any, outbox: Any, event: Any) -> None:
            turned(state, outbox, event)
            row = find_trip(state, Rule.OPERATOR, 0, Scope.ENGINE, 0)
            if event.kind == BoundaryKind.DAY and row:
                core.HANDLERS[events.SeverityChange](
                    state,
                    outbox,
                    filled(events.SeverityChange, scope=Scope.ENGINE, severity=Severity.NORMAL),
                )

        with swapped(Boundary, clears):
            yield


class AsksForTheLastMinutes(EngineKind):
    """A start that asks only for the executions of just now."""

    name, about, caught_by = (
        "recent-executions-only",
        "asks for the last ten minutes at a start",
        ("L4", "L6"),
    )
    storm: ClassVar = {"absence": 48}

    def session(self, *parts: Any) -> Session:
        made = Session(*parts)
        start = made.start

        def recent(missed: Iterable[Any] = ()) -> None:
            start(missed)
            made.sweeper.since_ns = made.clock.venue_ns() - OVERLAP

        plant(made, start=recent)
        return made
