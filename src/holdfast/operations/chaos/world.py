"""One run: a day in a market with everything going wrong, then an hour in which nothing does, and what must hold in
each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from holdfast.model.commands import Command
from holdfast.model.enums import BoundaryKind, Scope, Severity
from holdfast.model.events import Boundary, ExitRequest, Price, SeverityChange
from holdfast.model.order import OrderStatus
from holdfast.model.units import DAY, HOUR, MINUTE, SECOND
from holdfast.operations.chaos import liveness, truth
from holdfast.operations.chaos.books import Halt, Violation
from holdfast.operations.chaos.checks import Checks
from holdfast.operations.chaos.clocks import SimulatedClock
from holdfast.operations.chaos.disk import Disk
from holdfast.operations.chaos.engine_kinds import GOOD, EngineKind
from holdfast.operations.chaos.exchange import Exchange
from holdfast.operations.chaos.heap import Heap
from holdfast.operations.chaos.making import filled
from holdfast.operations.chaos.mix import PER_DAY, Mix, VenueModel, drawn, kind_of
from holdfast.operations.chaos.process import Process, digest_of
from holdfast.operations.chaos.setting import Setting
from holdfast.operations.chaos.streams import Streams
from holdfast.operations.chaos.street import Street
from holdfast.operations.chaos.tape import Place, Tape
from holdfast.operations.chaos.wire import Wire
from holdfast.ports.venue import Request
from holdfast.simulator.paper_venue import Dedupe

START = 1_700_000_000 * SECOND // DAY * DAY + 20 * HOUR  # a day boundary falls into every run
STORM = 22 * 60  # minutes
MINUTES = 24 * 60


@dataclass(frozen=True)
class Found:
    """What a run has found."""

    seed: int
    digest: str
    violations: list[Violation]
    situations: dict[str, int]
    tape: dict[Place, float]
    events: int  # that virtual time has run through
    prices: int
    starts: int
    fills: int
    longest_bare_s: float


@dataclass
class Asked:
    """What a run is made of. `mix` and `tape` are drawn from the seed where they are not given."""

    seed: int
    model: VenueModel
    setting: Setting
    engine: EngineKind = GOOD
    mix: Mix | None = None
    tape: dict[Place, float] | None = None
    minutes: int = MINUTES
    stop_at: tuple[str, ...] = ()  # invariants whose violation ends the run


class World:
    """Everything of one run, and the table of what may disturb it."""

    def __init__(self, asked: Asked) -> None:
        self.asked, self.setting, self.engine_kind = asked, asked.setting, asked.engine
        self.streams = Streams(asked.seed)
        self.tape = Tape(self.streams, asked.tape)
        self.kind = kind_of(asked.model, self.streams.of("kind"))
        self.mix = asked.mix or drawn(self.streams, self.kind.dedupe)
        if self.mix.bare_entries:
            self.kind = replace(self.kind, attaches=False)
        self.kind = replace(self.kind, facts=replace(self.kind.facts, attaches=self.kind.attaches))
        self.began_ns = START
        self.storm_ns = START + (asked.minutes * STORM // MINUTES) * MINUTE
        self.heap = Heap(self.streams.of("ties"), START)
        self.situations: dict[str, int] = {}
        self.healed_ns = self.prices = 0
        self.days = 0  # that have turned
        self.ending = self.guessed = False
        self.disk = Disk()
        self.clock = SimulatedClock(self.heap, self.streams.of("clock"))
        self.exchange = Exchange(self.heap, self.tape, self.mix, self.kind, asked.setting)
        self.wire = Wire(self.heap, self.tape, self.mix, self.exchange)
        self.checks = Checks(self)
        self.process = Process(self)
        self.wire.to, self.wire.leaves = self.process, self.checks.leaves
        self.exchange.took, self.exchange.moved = self.checks.taken, self.checks.moved
        self.exchange.see = self.see
        self.heard: set[int] = set()  # executions that the private stream has told
        self.street = Street(self.streams, asked.setting, asked.minutes, self.mix.thin)
        self._operator = self.streams.of("operator")

    # what others ask

    def see(self, situation: str, count: int = 1) -> None:
        """Count a rare situation."""
        self.situations[situation] = self.situations.get(situation, 0) + count

    def excused(self, request: Request) -> bool:
        """A venue that knows names only while they are at work cannot undo a request that came twice on its way."""
        return self.mix.request_twice > 0 and self.kind.dedupe != Dedupe.STRICT and bool(request)

    def whispers(self, instrument_id: int) -> bool:
        """Whether something of an instrument may still be on its way."""
        until = self.exchange.filled_at[instrument_id] + 2 * MINUTE
        return until >= self.heap.now_ns

    def connected(self) -> bool:
        """Whether an order sent now would be taken, and answered within a second."""
        session, journal, link, now = (
            self.process.session,
            self.process.journal,
            self.wire.private,
            self.heap.now_ns,
        )
        if (
            session is None
            or journal is None
            or now < self.process.paused_until_ns
            or journal.error is not None
        ):
            return False
        stuck = bool(journal.committing) and now - journal.began_ns > 50_000_000
        steady = link.up and now >= link.disturbed_ns and now >= link.free_ns and session.desk.connected
        return steady and not stuck and self.clock.sound and now >= self.exchange.restarting_until_ns

    # what the journal tells

    def recording(self, seq: int, event: Any, commands: list[Command]) -> None:
        """A row is about to be taken."""
        self.process.recording(event)
        self.checks.recording(seq, event, commands)

    def remarked(self, about: str, told: dict[str, Any]) -> None:
        """Something was said."""
        if about == "difference":
            self.guessed = True
        self.see(f"said: {about}" if told is not None else about)

    def committed(self, seq: int) -> None:
        """Rows are durable."""
        self.checks.committed(seq)

    def disk_failed(self, why: str) -> None:
        """The journal has failed."""
        self.checks.failed()
        if "space" in why and self.exchange.venue.positions():
            self.see("journal full during open position")

    # the run

    def run(self) -> Found:
        """The whole of it."""
        try:
            self.process.boot()
            self._schedule()
            for minute in range(self.asked.minutes):
                self.heap.at(START + minute * MINUTE, self._minute, minute)
            self.heap.run(START + self.asked.minutes * MINUTE)
            self._end()
        except Halt:
            pass
        return self._found()

    def _minute(self, minute: int) -> None:
        now = self.heap.now_ns
        if minute:
            self._close(minute - 1, now)
        for i, points in enumerate(self.street.points, 1):
            self.exchange.begin_minute(i, points[minute][0], self.street.volumes[i - 1][minute])
        for k in (1, 2, 3):
            self.heap.at(now + k * 15 * SECOND, self._point, minute, k)

    def _point(self, minute: int, k: int) -> None:
        for i, points in enumerate(self.street.points, 1):
            self.exchange.move(i, points[minute][k])

    def _close(self, minute: int, now: int) -> None:
        count = len(self.street.points)
        for i, points in enumerate(self.street.points, 1):
            self.exchange.value(i, min(points[minute]), max(points[minute]), points[minute][-1])
            self.wire.feed(self._price(i, points[minute], now, i < count))
            self.prices += 1
        self.exchange.judge()
        for plan in self.street.plans(minute, now):
            self.wire.feed(plan)
        if now % DAY == 0:
            self._turn_day()

    def _turn_day(self) -> None:
        """The schedule's own event, from inside the machine."""
        if self.process.session is None or not self.wire.private.up:
            self.see("day boundary inside an outage")
        self.days += 1
        self.process.fed(self.boundary())

    def boundary(self) -> Boundary:
        """The last day boundary."""
        time_ns = self.heap.now_ns // DAY * DAY
        return filled(Boundary, time_ns=time_ns, kind=BoundaryKind.DAY, primary=True, opens=True, closes=True)

    def _price(self, i: int, points: list[int], now: int, more: bool) -> Price:
        book = self.exchange.book(i)
        made = filled(Price, time_ns=now, instrument_id=i, more=more)
        made.bid, made.ask = max(1, points[-1] + book.bid_offset), points[-1] + book.ask_offset
        made.low, made.high = max(1, min(points) + book.bid_offset), max(1, max(points) + book.bid_offset)
        return made

    # what disturbs it

    def _schedule(self) -> None:
        """The storm's great disturbances, each at its own instants; their places on the tape are their minutes."""
        for name in PER_DAY:
            if getattr(self.mix, name):
                self.heap.after(MINUTE, self._maybe, name)
        self.heap.at(self.storm_ns, self._heal)
        if (seconds := self.tape.hit("midnight", self.mix.midnight, 10, 900)) is not None:
            self._schedule_midnight(seconds)

    def _schedule_midnight(self, seconds: float) -> None:
        """An outage over the day boundary: of the connection, or of the process. By chance there is hardly ever one."""
        stream, midnight = self.streams.of("offset", "midnight"), (START // DAY + 1) * DAY
        before_ns = round(stream.between(0.01, 0.99) * seconds * 1e9)
        if midnight >= self.storm_ns:
            return
        if stream.chance(0.5):
            self.heap.at(midnight - before_ns, self._do_cut, seconds)
        else:
            self.heap.at(midnight - 100_000_000, self._do_crash, seconds)

    def _maybe(self, name: str) -> None:
        """Once a minute each."""
        if self.healed_ns:
            return
        self.heap.after(MINUTE, self._maybe, name)
        low, high = FORCES[name]
        force = self.tape.hit(name.replace("_", " "), getattr(self.mix, name) / 1440, low, high)
        if force is not None:
            offset = self.streams.of("offset", name).share() * 60
            self.heap.after(round(offset * 1e9), getattr(self, f"_do_{name}"), force)

    def _do_cut(self, seconds: float) -> None:
        self.wire.cut(self.wire.private, seconds)

    def _do_data_cut(self, seconds: float) -> None:
        self.wire.cut(self.wire.data, seconds)

    def _do_clog(self, seconds: float) -> None:
        self.wire.clog(self.wire.private, seconds)

    def _do_crash(self, _: float) -> None:
        if self.process.session is not None:
            self._see_crash()
            self.process.die("crash")

    def _see_crash(self) -> None:
        state = self.process.session.engine.state if self.process.session else None
        rows = range(1, state.order_watermark + 1) if state else ()
        if state and any(state.orders[row].status == OrderStatus.PARTIAL for row in rows):
            self.see("crash while an order is partly filled")

    def _do_absence(self, seconds: float) -> None:
        """Nobody starts it again for long: executions of the time away are older than any that a stream repeats."""
        if self.process.session is not None and not self.healed_ns:
            self.see("away for long")
            self.process.die("away", seconds)

    def _do_pause(self, seconds: float) -> None:
        self.process.pause(seconds)

    def _do_unsound(self, seconds: float) -> None:
        self.clock.disturb(self.streams.of("clock error").between(-5, 5))
        self.heap.after(round(seconds * 1e9), self.clock.mend)

    def _do_clock_step(self, seconds: float) -> None:
        self.step_clock(seconds)

    def step_clock(self, seconds: float) -> None:
        """The wall clock jumps, in either direction."""
        back, session = self.streams.of("clock step").chance(0.5), self.process.session
        if back and session is not None and session.desk.courier.next_due_ns() is not None:
            self.see("clock stepped back during a pending request")
        self.clock.wall_off_ns += round((-seconds if back else seconds) * 1e9)

    def _do_restart(self, seconds: float) -> None:
        self.exchange.restarting_until_ns = self.heap.now_ns + round(seconds * 1e9)

    def _do_force(self, choice: float) -> None:
        self.exchange.force(round(choice))

    def _operator_says(self, event: Any) -> None:
        event.time_ns = self.clock.venue_ns()
        self.process.fed(event)

    def _operator_halts(self, severity: Severity, minutes: float) -> None:
        state = self.process.session.engine.state if self.process.session else None
        rows = range(1, state.order_watermark + 1) if state else ()
        if state and any(state.orders[row].status == OrderStatus.PARTIAL for row in rows):
            self.see("halt during partial fill")
        self._operator_says(filled(SeverityChange, scope=Scope.ENGINE, severity=severity, latched=True))
        self.heap.after(round(minutes * 60e9), self._operator_resumes)

    def _operator_resumes(self) -> None:
        self._operator_says(filled(SeverityChange, scope=Scope.ENGINE, severity=Severity.NORMAL))

    def _do_operator(self, minutes: float) -> None:
        kind = self._operator.bits() % 3
        if kind == 2:
            self._operator_says(
                filled(ExitRequest, instrument_id=self._operator.bits() % (self.exchange.count + 1))
            )
        else:
            self._operator_halts(Severity.FLATTENING if kind else Severity.NO_NEW, minutes)

    # the end

    def _heal(self) -> None:
        """Nothing disturbs any more."""
        self.tape.calm = True
        self.healed_ns = self.heap.now_ns
        self.exchange.restarting_until_ns = 0
        self.process.resume(self.process.start)
        self.clock.mend()
        self.wire.heal()
        self.process.boot()
        self.heap.after(30 * SECOND, self._operator_resumes)
        self.heap.after(5 * MINUTE + self.kind.facts.horizon_ns, liveness.check_ready, self.checks)

    def _end(self) -> None:
        """Everything is closed by a person; when it is quiet the books are compared."""
        session = self.process.session
        if session is None:
            self.checks.violate("L6", "No process is running at the end.")
            return
        for check in (liveness.check_sweeps, liveness.check_doubts, liveness.check_covered):
            check(self.checks, session)
        for i in range(1, self.exchange.count + 1):
            book = self.exchange.book(i)
            book.volume_left = 1 << 40  # there is somebody to trade with
            self.exchange.move(i, book.path_price)
        self._operator_says(
            filled(SeverityChange, scope=Scope.ENGINE, severity=Severity.FLATTENING, latched=True)
        )
        self._wait(30)
        liveness.check_flat(self.checks)
        self.ending = True
        self._wait(30)
        if self.process.session is session:
            truth.check_books(self.checks, session.engine.state)
            self.checks.dying(session, self.process.journal)

    def _wait(self, seconds: int) -> None:
        self.heap.run(self.heap.now_ns + seconds * SECOND)

    def _found(self) -> Found:
        if self.wire.stale:
            self.see("two starts overlapped", self.wire.stale)
        session = self.process.session
        if session is not None:
            for name, count in session.desk.sightings.items():
                self.see(name, count)
        summed = hashlib.blake2b(self.disk.chain, digest_size=8)
        summed.update(
            f"{self.exchange.market.wallet} {len(self.exchange.executions)} {self.heap.done}".encode()
        )
        summed.update(digest_of(session).encode() if session else b"")
        return Found(
            self.asked.seed, summed.hexdigest(), list(self.checks.violations.values()), self.situations,
            self.tape.hits, self.heap.done, self.prices, self.process.start, len(self.exchange.executions),
            self.checks.protection.longest_ns / 1e9,
        )  # fmt: skip


FORCES: dict[str, tuple[float, float]] = {
    "cut": (1, 600), "data_cut": (1, 600), "clog": (1, 300), "crash": (0, 0), "pause": (0.5, 120), "unsound": (1, 600),
    "clock_step": (0.5, 86_400), "operator": (1, 60), "restart": (5, 120), "force": (1, 1000),
    "absence": (900, 14_400),
}  # fmt: skip
