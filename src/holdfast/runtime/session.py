"""One account at work: events in, commands out, every outcome back in as an event.

No thread, no socket, no clock of its own: who owns it feeds it and calls `tick` when time has passed. On asyncio, on
paper in lock-step, and under simulated time it is the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from holdfast.engine.engine import Engine
from holdfast.model.commands import Command
from holdfast.model.enums import BoundaryKind
from holdfast.model.events import Boundary, Started
from holdfast.model.order import OrderStatus
from holdfast.model.units import SECOND
from holdfast.ports.clock import Clock
from holdfast.ports.journal import Journal
from holdfast.ports.venue import Answer, Held, Message, Venue
from holdfast.runtime.absence import Absence
from holdfast.runtime.adoption import Adopter, Policy
from holdfast.runtime.courier import Courier
from holdfast.runtime.desk import Desk
from holdfast.runtime.dispatcher import Dispatcher
from holdfast.runtime.driver import Driver
from holdfast.runtime.handling import Book
from holdfast.runtime.intake import Intake
from holdfast.runtime.resolver import Resolver
from holdfast.runtime.sweeper import OVERLAP, Sweeper
from holdfast.runtime.watch import Watch


@dataclass(frozen=True)
class Options:
    """What an account may choose."""

    policy: Policy = Policy.QUARANTINE
    catastrophe_stop: float = 0.05  # share of the price
    clock_every_ns: int = SECOND  # between two events that only say that time has passed; 0 = none


@dataclass(frozen=True)
class Boot:
    """How a start went."""

    doubtful: int
    positions: int
    unprotected: int  # that the venue held without a full stop when it was first asked
    still_unprotected: int  # of all, when entries were allowed
    seconds: float
    sweeps: int
    sightings: dict[str, int]


class Session:
    """`venue` answers to `answered` and `told`; the journal says to `reached` how far it is durable."""

    def __init__(
        self, engine: Engine, journal: Journal, venue: Venue, clock: Clock, epoch: int, options: Options
    ) -> None:
        self.engine, self.journal, self.clock, self.options = engine, journal, clock, options
        self.driver = Driver(engine, journal, self._release)
        self.listeners: list[Callable[[int, Any, Engine], None]] = []  # row, event, the engine after it
        self.hearers: list[
            Callable[[int, str, dict[str, Any]], None]
        ] = []  # of remarks: row, what about, facts
        self._decided: dict[int, int] = {}
        self.desk = Desk(
            state=engine.state,
            take=self.take,
            courier=Courier(venue, clock),
            clock=clock,
            facts=venue.facts,
            say=self._say,
            book=Book(engine.state),
            epoch=epoch,
        )
        self.absence = Absence(self.desk)
        self.intake = Intake(self.desk, self.absence, self._miss)
        self.dispatcher = Dispatcher(self.desk, self.intake.seen)
        self.intake.dispatcher = self.dispatcher
        self.resolver = Resolver(self.desk, self.dispatcher, self.intake)
        adopter = Adopter(self.desk, options.policy, options.catastrophe_stop)
        self.sweeper = Sweeper(self.desk, self.dispatcher, self.resolver, self.intake, adopter)
        self.watch = Watch(self.desk)
        self.boot: Boot | None = None
        self._began_ns = clock.mono_ns()
        self._doubtful = 0
        self._clock_ns = 0
        self._closing = False

    @property
    def ready(self) -> bool:
        """Whether the start is over and entries may leave."""
        return self.desk.ready

    def start(self, missed: Iterable[Any] = ()) -> None:
        """Take the account over: what earlier starts planned is in doubt until the venue has told. `missed` is what
        came due in the time away, as an `Away` has kept it."""
        event = Started()
        event.time_ns, event.epoch = self.clock.venue_ns(), self.desk.epoch
        self.take(event)
        self.absence.begin(missed)
        state = self.engine.state
        swept_ns = state.swept_ns if state.placed_count else event.time_ns  # nothing of ours has left yet
        self.sweeper.since_ns = max(0, swept_ns - OVERLAP)
        self.sweeper.join()
        self.resolver.doubt_all()
        self._doubtful = len(self.doubts())

    def close_entries(self) -> None:
        """The process is about to end: nothing that increases exposure leaves any more."""
        self.desk.ready = False
        self._closing = True

    def take(self, event: Any) -> int:
        """One event through the core and into the journal."""
        now = self.clock.mono_ns()
        seq = self.driver.take(event)
        for listener in self.listeners:
            listener(seq, event, self.engine)
        if self.engine.outbox.command_count:
            self._decided[seq] = now
        return seq

    def reached(self, seq: int) -> None:
        """The journal is durable up to this row."""
        self.driver.reached(seq)
        for decided in [s for s in self._decided if s <= seq]:
            del self._decided[decided]

    def _release(self, seq: int, command: Command) -> None:
        self.dispatcher.release(self._decided.get(seq, self.clock.mono_ns()), command)

    def answered(self, answer: Answer) -> None:
        """The venue answered a request."""
        self.desk.courier.answered(answer)

    def told(self, message: Message) -> None:
        """The venue told something by itself."""
        self.intake.told(message)

    def connection(self, there: bool) -> None:
        """The connection came or went. With every one that comes sweeps are due: what was said meanwhile nobody heard,
        also where nobody had noticed that the old one was gone."""
        if there:
            self.desk.see("reconnected")
            self.sweeper.join()
        self.desk.connected = there

    def tick(self) -> None:
        """Time has passed, or may have."""
        now = self.clock.mono_ns()
        self.desk.courier.tick()
        self.sweeper.tick()
        self.resolver.tick()
        self.dispatcher.tick()
        self.watch.tick()
        if self._closing:
            return
        if not self.desk.ready:
            self._try_ready(now)
        elif self.options.clock_every_ns and now - self._clock_ns >= self.options.clock_every_ns:
            self._clock_ns = now
            event = Boundary()
            event.time_ns, event.kind = self.clock.venue_ns(), BoundaryKind.CLOCK
            self.take(event)

    def doubts(self) -> list[int]:
        """Numbers of the orders of which nobody knows yet whether the venue has them."""
        found = []
        for handling in self.desk.book:
            order = self.desk.book.order_of(handling)
            if order is None or handling.absent:
                continue
            doubtful = order.status in (OrderStatus.RELEASED, OrderStatus.SENT, OrderStatus.IN_DOUBT)
            amending = order.amends_pending > 0 and handling.amend_unknown and handling.lost_terms is None
            if doubtful or amending or handling.missing or handling.ending is not None:
                found.append(handling.order_id)
        return found

    def _try_ready(self, now: int) -> None:
        """Entries are allowed once a sweep left nothing unexplained and nothing is in doubt."""
        if self.intake.future or not self.sweeper.clean or self.doubts():
            return
        self.desk.ready = True
        positions = sum(
            position.quantity > 0
            for i in range(1, self.engine.state.instrument_watermark + 1)
            for position in self.engine.state.instruments[i].positions
        )
        self.boot = Boot(
            doubtful=self._doubtful,
            positions=positions,
            unprotected=bare(self.sweeper.found or ()),
            still_unprotected=bare(self.sweeper.held),
            seconds=(now - self._began_ns) / 1e9,
            sweeps=self.sweeper.sweeps,
            sightings=dict(self.desk.sightings),
        )
        self._say("ready", {"epoch": self.desk.epoch, "attaches": self.desk.facts.attaches} | vars(self.boot))
        self.dispatcher.tick()
        self.resolver.tick()

    def _miss(self) -> None:
        self.sweeper.want_executions()

    def remark(self, about: str, told: dict[str, Any]) -> int:
        """Something that people want to know and the core does not; returns its row."""
        told = {"time_ns": self.clock.venue_ns()} | told
        seq = self.journal.remark(about, told)
        for hearer in self.hearers:
            hearer(seq, about, told)
        return seq

    def _say(self, about: str, told: dict[str, Any]) -> None:
        self.remark(about, told)


def bare(positions: Iterable[Held]) -> int:
    """How many have no stop at the venue for all that is held; the one that travelled with an entry counts."""
    return sum(held.stopped < held.quantity for held in positions)
