"""A paper account in lock-step: the market stands still while the engine thinks, is down, or is starting.

So an interrupted run ends where an uninterrupted one does, and both where a backtest does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from holdfast.engine.engine import Engine, is_fed
from holdfast.errors import HoldfastError
from holdfast.journal import Binding, Journal, open_journal
from holdfast.journal.folding import fold, require_same
from holdfast.journal.projection import Projection
from holdfast.journal.rows import REMARK, from_json
from holdfast.model.events import AccountOpened, InstrumentListed, LimitsSet, MandateGiven, Plan
from holdfast.model.state import State
from holdfast.model.units import HOUR
from holdfast.operations.paper_log import PaperLog
from holdfast.operations.paper_snapshot import Keeper
from holdfast.operations.promoting import Gate, promote
from holdfast.operations.showing import show
from holdfast.ports.clock import Clock
from holdfast.ports.venue import Answer, Ask, Facts, Request
from holdfast.records import named
from holdfast.runtime.control import Control
from holdfast.runtime.door import Door
from holdfast.runtime.session import Options, Session
from holdfast.simulator.paper_feed import PaperFeed
from holdfast.simulator.paper_venue import PaperVenue
from holdfast.simulator.simulation import Scenario, open_venue, rules_events, setup_events
from holdfast.simulator.venue import Market

CHANGES = (Ask.PLACE, Ask.AMEND, Ask.CANCEL)
MOVING = {"losses", "reduced_trades", "cooldown_until_ns", "severity"}  # of a mandate: the core's own
VALUED = {"tick_value_numerator", "tick_value_denominator"}  # of a contract: they move with a third rate
ROUNDS = 10_000  # of commands and reports at one instant

# Requests cannot linger, answers cannot lag: what a question does not find was never there.
IN_STEP = Facts(
    "paper", window_ns=0, clock_error_ns=0, read_lag_ns=0, send_within_ns=0, miss_gap_ns=0, misses=1,
    reconcile_every_ns=HOUR,
)  # fmt: skip


IN_ORDER = Options()  # what a session chooses where nobody says


def quiet(*_: object) -> None:
    """Nobody listens."""


class MarketClock:
    """Time is what the market says."""

    def __init__(self, market: Market) -> None:
        self.market = market

    def mono_ns(self) -> int:
        """Market time."""
        return self.market.time_ns

    def venue_ns(self) -> int:
        """The same."""
        return self.market.time_ns

    def is_sound(self) -> bool:
        """Always."""
        return True


class LockStep:
    """One account, one market, one journal, in one folder."""

    def __init__(
        self,
        folder: Path,
        scenario: Scenario,
        market_name: str,
        code: str,
        naming: Callable[[], dict[str, Any]] = dict,
        tick: Callable[[int, int], None] = quiet,
        started: Callable[[LockStep], None] = quiet,
        opening: Mapping[str, dict[str, Any]] = MappingProxyType({}),
        gate: Gate | None = None,
        options: Options = IN_ORDER,
    ) -> None:
        """`opening` is told at each start, by what it is about; `gate` says which pairs may open trades."""
        self.folder, self.scenario, self.code, self.tick = folder, scenario, code, tick
        self.naming, self.started = naming, started
        self.opening, self.gate, self.options = opening, gate, options
        self.promotion: dict[str, Any] = {}  # what the gate said at this start
        self.names = naming()
        self.opened = open_journal(folder, Binding("main", "paper", "paper"))
        found = self.opened.found
        self.engine = require_same(fold(found.snapshot, found.rows)) if found.snapshot else Engine()
        self.log = PaperLog(folder / "paper.sqlite", market_name)
        market = Market()
        open_venue(market, scenario)
        self.facts = IN_STEP
        self.venue = PaperVenue(market, IN_STEP)
        self.feed = PaperFeed(scenario, self.venue, self._pump, self._deliver)
        self.keeper = Keeper(self.log, self.feed)
        self.keeper.restore()
        self.clock = MarketClock(market)
        self.journal: Journal | None = None
        self.session: Session | None = None
        self.stopping = False  # set from outside: after this instant
        self.projection: Projection | None = None
        self.troubles: list[str] = []  # of what is beside trading
        self.door: Door | None = None
        self.control: Control | None = None
        self._durable = 0
        self._boot_if_there()

    def run(self, until_ns: int | None = None) -> None:
        """To the end of the market, or to an instant."""
        total = len(self.feed.bars)
        while not self.feed.over and (until_ns is None or self.feed.next_ns() < until_ns):
            self._hear_people()
            self.feed.step()
            if self.session is not None:
                self.session.tick()
                self._settle()
                self._keep()
            self.tick(self.feed.place.bar, total)
            if self.stopping:
                break
        self.tick(self.feed.place.bar, total)

    def _keep(self) -> None:
        """Once a market day, with the engine as far as the venue."""
        if self.keeper.is_due() and self.journal is not None:
            self.journal.flush()
            self.keeper.keep()

    def _hear_people(self) -> None:
        """Requests of people, between two instants; each is told when its row is durable."""
        if self.door is None or self.control is None or self.journal is None:
            return
        if self.door.poll(self.control):
            self._settle()
            self.journal.flush()
            self.door.reached(self._durable)

    def close(self) -> None:
        """Write what is left and let go."""
        if self.door is not None:
            self.door.close()
        if self.journal is None:
            self.opened.close()
        else:
            self._settle()
            self.journal.close()
        if self.projection is not None:
            self.projection.close()
        self.log.close()

    # the venue's wire

    def send(self, request: Request) -> None:
        """A request of the session: in the venue's log before the venue has it."""
        if request.ask in CHANGES:
            self.log.write(self.feed.place.pumps, request)
        self.venue.send(request)

    # where the venue has been already

    def _pump(self) -> None:
        if self.session is None:
            for request in self.log.rows.pop(self.feed.place.pumps, ()):
                self.venue.receive(request)
            self.venue.mail.clear()
            self._boot_if_there()
        else:
            self._settle()

    def _deliver(self, event: Any) -> None:
        if self.session is None:
            self._boot_if_there()
        elif self.feed.place.delivered >= self.engine.state.fed + is_fed(event):
            if isinstance(event, Plan) and self.names and str(event.tag) not in self.names["tags"]:
                self.tell_names()
            self.session.take(event)

    def _boot_if_there(self) -> None:
        """The engine starts where the venue and the journal have both arrived."""
        place = self.feed.place
        if place.pumps >= self.log.last and place.delivered >= self.engine.state.fed:
            self._boot()

    def _boot(self) -> None:
        self.journal = self.opened.begin(self.code, self.engine.state, self._reached)
        self.session = Session(
            self.engine,
            self.journal,
            self,
            self.clock,
            self.journal.epoch,
            replace(self.options, clock_every_ns=0),
        )
        self.projection = show(self.session, self.opened, self._say)
        self.control = Control(self.session, pairs_of(self.names), self._stop)
        take_over(self)
        for _ in range(ROUNDS):
            self._settle()
            if self.session.ready:
                self.started(self)
                return
            self.session.sweeper.due_ns = (
                0  # time stands still: a sweep that found a fill is asked again at once
            )
            self.session.tick()
        raise HoldfastError(
            "The paper account did not come to agree with its venue.", "This is a bug: please report it."
        )

    def _stop(self) -> None:
        self.stopping = True

    def listen(self) -> None:
        """Open the door for requests of people."""
        self.door = Door(self.folder)

    def tell_names(self) -> None:
        """What the numbers mean; told again when a tag is used for the first time."""
        assert self.session is not None
        self.names = self.naming()
        self.session.remark("names", self.names)

    def _say(self, trouble: str) -> None:
        self.troubles.append(trouble)

    def _reached(self, seq: int) -> None:
        self._durable = seq
        if self.projection is not None:
            self.projection.reached(seq)

    def _settle(self) -> None:
        """Durable, sent, taken, told: until nobody has anything to say. Reports of one round come before the commands
        that they lead to, as in a backtest."""
        assert self.session is not None
        assert self.journal is not None
        for _ in range(ROUNDS):
            if self.venue.mail:
                self.journal.flush()  # the venue must not be ahead of what the engine has seen
                self.log.write(self.feed.place.pumps)
                mail = list(self.venue.mail)
                self.venue.mail.clear()
                for message in mail:
                    if isinstance(message, Answer):
                        self.session.answered(message)
                    else:
                        self.session.told(message)
            if self.session.driver.waits:
                self.journal.flush()
                self.session.reached(self._durable)
            elif not self.venue.mail:
                return
        raise HoldfastError("Engine and venue did not come to rest.", "This is a bug: please report it.")


def take_over(account: Any, missed: Iterable[Any] = ()) -> None:
    """What a start does before it trades, in step and in free time alike: requests that earlier starts have carried
    out, settings, names, the account, the gate."""
    session: Session = account.session
    for row in account.opened.found.rows:
        if row.kind == REMARK and (told := from_json(row.body))["about"] == "request":
            account.control.remember(told)
    for event in missing_setup(session.engine.state, account.scenario):
        session.take(event)
    account.tell_names()
    for about, told in account.opening.items():
        session.remark(about, told)
    session.start(missed)
    account.promotion = promote(
        session, account.gate, now_ns(session.engine.state, account.clock, account.scenario)
    )


def now_ns(state: State, clock: Clock, scenario: Scenario) -> int:
    """The account's own time at a start: of its market, and never before that begins."""
    return max(clock.venue_ns(), state.time_ns, int(scenario.bars["time_ns"][0]))


def pairs_of(names: dict[str, Any]) -> dict[str, int]:
    """Instrument numbers by pair, also by the short name where only one has it."""
    full = {told["pair"]: int(number) for number, told in names.get("instruments", {}).items()}
    short: dict[str, int] = {}
    for pair, number in full.items():
        name = pair.split("/")[0]
        short[name] = 0 if name in short else number
    return {name: number for name, number in short.items() if number} | full


def missing_setup(state: State, scenario: Scenario) -> list[Any]:
    """Events of the settings that the state does not have yet: all of them at first, later what has changed."""
    missing = [event for event in setup_events(scenario) if not is_known(state, event)]
    ruled = state.challenge.began_at_ns > 0
    return missing if ruled else missing + rules_events(scenario)


def is_known(state: State, event: Any) -> bool:
    """Whether a setting is in force."""
    if isinstance(event, AccountOpened):
        return state.account.start_balance > 0
    if isinstance(event, LimitsSet):
        return state.challenge.began_at_ns > 0 or named(state.limits[event.class_id]) == named(event.limits)
    if isinstance(event, InstrumentListed):
        listed = state.instruments[event.contract.instrument_id].contract
        return same(listed, event.contract, VALUED)
    assert isinstance(event, MandateGiven)
    return same(state.mandates[event.mandate_id], event.mandate, MOVING)


def same(one: Any, other: Any, without: set[str]) -> bool:
    """Whether two records say the same, some fields apart."""
    left, right = named(one), named(other)
    return {k: v for k, v in left.items() if k not in without} == {
        k: v for k, v in right.items() if k not in without
    }
