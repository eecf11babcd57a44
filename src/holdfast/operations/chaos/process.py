"""One process of the engine and its supervisor: it starts, is fed, pauses, dies anywhere, and is started again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from holdfast.engine.engine import Engine, state_digest
from holdfast.errors import HoldfastError, JournalError
from holdfast.journal.folding import require_same
from holdfast.model.events import OrderReport
from holdfast.model.order import OrderStatus
from holdfast.model.units import NEVER
from holdfast.operations.chaos.books import Halt
from holdfast.operations.chaos.disk import SimulatedJournal
from holdfast.operations.paper import missing_setup
from holdfast.ports.venue import Answer, Ask, Execution, Facts, Message, Request
from holdfast.runtime.absence import Away
from holdfast.runtime.driver import PoisonError
from holdfast.runtime.session import Options, Session

BEAT = 500_000_000  # ns between two ticks while something is under way
CLOCK = 5_000_000_000  # a row each, and a start folds them all
UNSETTLED = (OrderStatus.PLANNED, OrderStatus.RELEASED, OrderStatus.SENT, OrderStatus.IN_DOUBT)


class Crash(BaseException):
    """The process dies here and now."""


class Process:
    """`start` counts how often it was started; while it is down `session` is None."""

    def __init__(self, world: Any) -> None:
        self.world, self.heap, self.tape, self.mix = world, world.heap, world.tape, world.mix
        self.facts: Facts = world.kind.facts
        self.start = 0
        self.session: Session | None = None
        self.journal: SimulatedJournal | None = None
        self.paused_until_ns = 0
        self._next_tick = 0
        self._stirred = False
        self._stream = world.streams.of("process")
        self._backlog: deque[tuple[Callable[..., Any], tuple[Any, ...]]] = deque()

    # life and death

    def boot(self) -> None:
        """A start: fold what the disk holds, take the account over."""
        if self.session is not None:
            return
        self.start += 1
        self.paused_until_ns = self._next_tick = 0
        soon = self.tape.hit("crash in start", self.mix.crash_in_start, 0.01, 20.0)
        if soon is not None:
            self.heap.after(round(soon * 1e9), self._crash_in_start, self.start)
        self._guarded(self._boot)

    def _crash_in_start(self, start: int) -> None:
        if start == self.start and self.session is not None and not self.session.ready:
            self.world.see("recovery crashed")
            self.die("in its start")

    def _boot(self) -> None:
        disk, engines = self.world.disk, self.world.engine_kind
        folded = disk.recover()
        self.world.checks.recovered(folded)
        engine = require_same(folded) if folded is not None else Engine()
        self.journal = engines.journal(
            disk, self.heap, self.tape, self.mix, engine.state, self._reached(self.start), self.world
        )
        options = Options(clock_every_ns=CLOCK)
        epoch = engines.epoch(self.journal.epoch)
        clock = engines.clock(self.world.clock)
        self.session = engines.session(engine, self.journal, self, clock, epoch, options)
        self.world.checks.booted(self.session)
        for event in missing_setup(engine.state, self.world.setting.scenario):
            self.session.take(event)
        away = Away(engine.state)
        if self.world.days:
            away.add(self.world.boundary())
        self.session.start(away.events)
        if not self.world.wire.private.up:
            self.session.connection(False)

    def _reached(self, start: int) -> Callable[[int], None]:
        def reached(seq: int) -> None:
            if start == self.start:
                self._do(self._release, seq)

        return reached

    def _release(self, seq: int) -> None:
        assert self.session is not None
        self.session.reached(seq)

    def die(self, why: str, away_s: float = 0.0) -> None:
        """The process is gone with all it had in mind; the supervisor starts another one, at once or when it can."""
        if self.session is None:
            return
        session, journal = self.session, self.journal
        assert journal is not None
        self.world.checks.dying(session, journal)
        if journal.die():
            self.world.see("commit durable but unacknowledged")
        for name, count in session.desk.sightings.items():
            self.world.see(name, count)
        self.session = self.journal = None
        forget(session)
        self._backlog.clear()
        self.world.checks.died(why)
        self.heap.after(round((away_s or self._stream.tail(0.5, 60.0)) * 1e9), self.boot)

    def _guarded(self, what: Callable[..., Any], *arguments: Any) -> None:
        """Whatever ends the process, ends it here."""
        try:
            what(*arguments)
        except Crash:
            self.die("crash")
        except JournalError as error:
            if self.session is None or self.journal is None or self.journal.error is None:
                self.world.checks.violate("P2", str(error))
                raise Halt from error
            self.die("journal")
        except PoisonError as error:
            self.world.checks.violate("no poison", str(error))
            raise Halt from error
        except HoldfastError as error:
            self.world.checks.violate("no error", str(error))
            raise Halt from error

    # what reaches it

    def _do(self, what: Callable[..., Any], *arguments: Any) -> None:
        """Something reaches the process; while it is paused, later."""
        if self.session is None:
            return
        if self.heap.now_ns < self.paused_until_ns:
            self._backlog.append((what, arguments))
            return
        self._guarded(what, *arguments)
        if self.session is not None:
            self._plan_tick()
            self.world.checks.settled(self.session)

    def pause(self, seconds: float) -> None:
        """The machine stands still; what comes meanwhile waits in its order."""
        if self.session is not None and self.heap.now_ns >= self.paused_until_ns:
            self.paused_until_ns = self.heap.now_ns + round(seconds * 1e9)
            self.heap.at(self.paused_until_ns, self.resume, self.start)

    def resume(self, start: int) -> None:
        """It goes on."""
        if start == self.start:
            self.paused_until_ns = 0
            while self._backlog:
                what, arguments = self._backlog.popleft()
                self._do(what, *arguments)

    def answered(self, answer: Answer) -> None:
        """The venue answered."""
        if self.session is not None:
            self._do(self.session.answered, answer)

    def told(self, message: Message) -> None:
        """The private stream told something."""
        if self.session is not None:
            if isinstance(message, Execution):
                self.world.heard.add(message.number)
            self._do(self.session.told, message)
            self.world.checks.told(message)

    def fed(self, event: Any) -> None:
        """A price, a plan, a boundary, or a person's word."""
        if self.session is not None:
            self._do(self.session.take, event)

    def connection(self, there: bool) -> None:
        """The connection came or went."""
        if self.session is not None:
            self._do(self.session.connection, there)

    # time

    def _plan_tick(self) -> None:
        assert self.session is not None
        session, now = self.session, self.heap.now_ns
        if now < self._next_tick <= now + BEAT:
            return  # no tick is planned for sooner than that
        if self._is_busy(session):
            due = now + BEAT
        else:
            due = max(now + BEAT, min(session.sweeper.due_ns, session.desk.courier.next_due_ns() or NEVER))
        if self._next_tick <= now or due < self._next_tick:
            self._next_tick = due
            self.heap.at(due, self._tick, self.start, due)

    def _tick(self, start: int, due: int) -> None:
        if start == self.start and due == self._next_tick and self.session is not None:
            if self.heap.now_ns < self.paused_until_ns:
                self._next_tick = self.paused_until_ns
                self.heap.at(self._next_tick, self._tick, start, self._next_tick)
            else:
                self._stirred = False
                self._do(self.session.tick)

    def _is_busy(self, session: Session) -> bool:
        """Whether something has a deadline before the next price."""
        if self._stirred:  # something became of an order: only a tick will say what is bare now
            return True
        if session.dispatcher.held or session.dispatcher.strays or session.watch.since or not session.ready:
            return True
        if session.sweeper.executions_due:
            return True
        orders = session.engine.state.orders
        for handling in session.desk.book.handlings.values():
            if (handling.cancel or handling.amends) and not handling.changing:
                return True
            if handling.drifts or handling.amend_unknown or handling.missing or handling.ending is not None:
                return True
            if orders[handling.row].status in UNSETTLED:
                return True
        return False

    # the port that the session writes to

    def send(self, request: Request) -> None:
        """Bytes leave, if the process lives so long."""
        changes = request.ask in (Ask.PLACE, Ask.AMEND, Ask.CANCEL)
        when = self.tape.hit("crash in send", self.mix.crash_in_send) if changes else None
        if when is not None and self._stream.chance(0.5):
            self.world.see("crash between commit and send")
            raise Crash
        self.world.wire.send(request, self.start)
        if when is not None:
            raise Crash
        if changes and (
            step := self.tape.hit("clock step in send", self.mix.clock_step_in_send, 0.5, 86_400)
        ):
            self.world.step_clock(step)

    def recording(self, event: Any) -> None:
        """A row is about to be taken by the journal."""
        self._stirred = self._stirred or isinstance(event, OrderReport)
        if self.tape.hit("crash in record", self.mix.crash_in_record) is not None:
            raise Crash


def forget(session: Session) -> None:
    """What a process had in mind is large, and its parts hold each other: taken apart it is gone at once."""
    desk = session.desk
    parts: list[Any] = [session.intake, session.dispatcher, session.resolver, session.sweeper, session.watch]
    for part in (*parts, session.driver, desk.courier, desk.book, desk, session):
        vars(part).clear()


def digest_of(session: Session) -> str:
    """Names what a process has in mind."""
    return state_digest(session.engine.state)
