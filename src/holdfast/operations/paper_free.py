"""A paper account in free time: the market goes on whether the engine thinks, is down, or is starting.

It runs on asyncio with real clocks, the journal's own thread, plans in processes of their own and a door for people, as
a live account does; only the venue lies in this process, with its own durable truth.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from holdfast.engine.engine import Engine
from holdfast.errors import HoldfastError
from holdfast.journal import Binding, Journal, Opened, open_journal
from holdfast.journal.folding import fold, require_same
from holdfast.journal.projection import Projection
from holdfast.model.enums import Scope, Severity
from holdfast.model.events import Plan, SeverityChange
from holdfast.model.units import SECOND
from holdfast.operations.paper import CHANGES, IN_ORDER, pairs_of, quiet, take_over
from holdfast.operations.paper_log import PaperLog
from holdfast.operations.paper_snapshot import Keeper
from holdfast.operations.promoting import Gate
from holdfast.operations.showing import show
from holdfast.ports.venue import Answer, Facts, Request
from holdfast.records import unpack_into
from holdfast.runtime.absence import Away
from holdfast.runtime.control import Control
from holdfast.runtime.door import Door
from holdfast.runtime.planner import Compute, Planned, Planner
from holdfast.runtime.session import Options, Session
from holdfast.simulator.paper_feed import PaperFeed
from holdfast.simulator.paper_venue import PaperVenue
from holdfast.simulator.simulation import Scenario, open_venue
from holdfast.simulator.venue import Market

TURN = 0.01  # seconds between two looks at the clock
STALLS = 10_000  # turns of the loop that are remembered
AT_ONCE = 64  # market instants before the loop looks at other things
STEP_NS = SECOND // 2  # that the wall clock may move against the steady one before it is said
IN_TIME = replace(Facts("paper"), window_ns=0, clock_error_ns=0, read_lag_ns=0, miss_gap_ns=SECOND // 10)


class WallClock:
    """Steady time counts on while the machine sleeps; the venue's time is the market's."""

    def __init__(self, market: Market, wall_ns: Callable[[], int] = time.time_ns) -> None:
        self.market, self.wall_ns = market, wall_ns
        self._offset = wall_ns() - self.mono_ns()

    def mono_ns(self) -> int:
        """By the boot clock where there is one: the steady clock of Linux stands still in suspend."""
        clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
        return time.clock_gettime_ns(clock)

    def venue_ns(self) -> int:
        """What the market says."""
        return self.market.time_ns

    def is_sound(self) -> bool:
        """The paper venue's clock is in this process."""
        return True

    def stepped_ns(self) -> int:
        """By how much the wall clock has been set since the last look; 0 where that is nothing to speak of."""
        offset = self.wall_ns() - self.mono_ns()
        moved = offset - self._offset
        self._offset = offset
        return moved if abs(moved) >= STEP_NS else 0


def require_later(opened: Opened, now_ns: int) -> None:
    """A wall clock that has been set back would make the market stand still until it has caught up."""
    found = opened.found
    last = found.rows[-1] if found.rows else found.snapshot
    if last is not None and now_ns < last.wall_ns - STEP_NS:
        opened.close()
        behind = (last.wall_ns - now_ns) / SECOND
        raise HoldfastError(
            f"The machine's clock is wrong: {behind:,.0f} s behind the last row of {opened.folder}.",
            "Set it (timedatectl set-ntp true), or wait until it has caught up, and start again; nothing was changed.",
        )


class FreeRun:
    """`speed`: market seconds in a second. Given makers, plans come from processes; else from the prepared table."""

    def __init__(
        self,
        folder: Path,
        scenario: Scenario,
        market_name: str,
        code: str,
        names: dict[str, Any],
        speed: float,
        makers: dict[int, Callable[[], Compute]] | None = None,
        tick: Callable[[int, int], None] = quiet,
        started: Callable[[Any], None] = quiet,
        opening: Mapping[str, dict[str, Any]] = MappingProxyType({}),
        gate: Gate | None = None,
        options: Options = IN_ORDER,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.folder, self.scenario, self.code, self.names = folder, scenario, code, names
        self.speed, self.tick, self.started, self.wall_ns = speed, tick, started, wall_ns
        self.opening, self.gate, self.options = opening, gate, options
        self.promotion: dict[str, Any] = {}  # what the gate said at this start
        self.opened = open_journal(folder, Binding("main", "paper", "paper"))
        found = self.opened.found
        require_later(self.opened, wall_ns())
        self.engine = require_same(fold(found.snapshot, found.rows)) if found.snapshot else Engine()
        self.log = PaperLog(folder / "paper.sqlite", market_name)
        market = Market()
        open_venue(market, scenario)
        self.facts = IN_TIME
        self.venue = PaperVenue(market, IN_TIME)
        self.feed = PaperFeed(scenario, self.venue, self._pump, self._deliver)
        self.keeper = Keeper(self.log, self.feed)
        self.keeper.restore()
        self.clock = WallClock(market, wall_ns)
        self.journal: Journal | None = None
        self.session: Session | None = None
        self.control: Control | None = None
        self.projection: Projection | None = None
        self.troubles: list[str] = []  # of what is beside trading
        self.door: Door | None = None
        self.stopping = False
        self.stalls: deque[float] = deque(maxlen=STALLS)  # seconds that the loop came too late
        self.planner = Planner(makers, self._planned, self._quarantine) if makers else None
        self.texts: dict[str, int] = {"": 0}
        self.away = Away(self.engine.state)
        self._durable = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self) -> None:
        """To the end of the market, or until asked to stop."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._begin_time()
        self._catch_up()
        self._boot()
        assert self.session is not None
        due = time.perf_counter()
        said = False
        while not self.stopping and not self.feed.over:
            self._walk()
            self._turn()
            if self.session.ready and not said:
                said = True
                self.started(self)
            self.tick(self.feed.place.bar, len(self.feed.bars))
            due = max(due + TURN, time.perf_counter())
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self.stalls.append(max(0.0, time.perf_counter() - due))
        await self._stop_in_order()

    async def _stop_in_order(self) -> None:
        """No new entries; what is on its way may finish, for five seconds at most."""
        assert self.session is not None
        self.session.close_entries()
        until = time.perf_counter() + 5
        while time.perf_counter() < until and (
            self.session.driver.waits or self.venue.mail or self.session.doubts()
        ):
            self._turn()
            await asyncio.sleep(TURN)

    def _begin_time(self) -> None:
        """Market time is tied to the wall clock at the first start, so that it goes on while nobody runs."""
        if self.log.meta("began_wall") is None:
            self.log.set_meta("began_wall", str(self.wall_ns()))
            self.log.set_meta("speed", str(self.speed))
        self._began = int(self.log.meta("began_wall") or 0)
        self._market_began = int(self.scenario.bars["time_ns"][0])
        self.speed = float(self.log.meta("speed") or self.speed)

    def market_ns(self) -> int:
        """Where the market is by now."""
        return self._market_began + int((self.wall_ns() - self._began) * self.speed)

    def _is_due(self) -> bool:
        return not self.feed.over and self.feed.next_ns() + self.scenario.duration_ns <= self.market_ns()

    def _catch_up(self) -> None:
        """What happened at the venue while nobody ran, and what it was told before."""
        while not self.feed.over and (self._is_due() or self.feed.place.pumps < self.log.last):
            self.feed.step()
        self.venue.mail.clear()

    def _walk(self) -> None:
        for _ in range(AT_ONCE):
            if not self._is_due():
                return
            self.feed.step()
            if self.keeper.is_due():
                self.keeper.keep()

    def _turn(self) -> None:
        """Everything but the market, once."""
        assert self.session is not None
        assert self.control is not None
        self._take_mail()
        self.session.tick()
        if self.planner is not None:
            self.planner.poll()
        if self.door is not None:
            self.door.poll(self.control)
            self.door.reached(self._durable)
        if moved := self.clock.stepped_ns():
            self.session.desk.say("clock stepped", {"by_ns": moved})
            self.session.sweeper.due_ns = 0

    def _boot(self) -> None:
        assert self._loop is not None
        loop = self._loop

        def durable(seq: int) -> None:
            if self.projection is not None:
                self.projection.reached(seq)
            loop.call_soon_threadsafe(self._reached, seq)

        self.journal = self.opened.begin(self.code, self.engine.state, durable)
        self.session = Session(self.engine, self.journal, self, self.clock, self.journal.epoch, self.options)
        self.projection = show(self.session, self.opened, self.troubles.append)
        self.control = Control(self.session, pairs_of(self.names), self._ask_to_stop)
        take_over(self, self.away.events)

    def tell_names(self) -> None:
        """What the numbers mean."""
        assert self.session is not None
        self.session.remark("names", self.names)

    def _ask_to_stop(self) -> None:
        self.stopping = True

    def _reached(self, seq: int) -> None:
        self._durable = seq
        if self.session is not None:
            self.session.reached(seq)

    def listen(self) -> None:
        """Open the door for requests of people."""
        self.door = Door(self.folder)

    def send(self, request: Request) -> None:
        """A request of the session: in the venue's log before the venue has it."""
        if request.ask in CHANGES:
            self.log.write(self.feed.place.pumps, request)
        self.venue.send(request)

    def _pump(self) -> None:
        if self.session is None:
            for request in self.log.rows.pop(self.feed.place.pumps, ()):
                self.venue.receive(request)
            self.venue.mail.clear()
        else:
            self._take_mail()

    def _take_mail(self) -> None:
        assert self.session is not None
        while self.venue.mail:
            message = self.venue.mail.popleft()
            if isinstance(message, Answer):
                self.session.answered(message)
            else:
                self.session.told(message)

    def _deliver(self, event: Any) -> None:
        if self.session is None:
            self.away.add(event)
            return
        if isinstance(event, Plan):
            mandate = self.engine.state.mandates[event.mandate_id]
            event.valid_until_ns = event.time_ns + mandate.retry_ns
            if self.planner is not None:
                self.planner.ask(mandate.strategy_id, event.mandate_id, event.time_ns)
                return
        self.session.take(event)

    def _planned(self, planned: Planned) -> None:
        """A plan came from its process."""
        assert self.session is not None
        event = Plan()
        unpack_into(event, np.frombuffer(planned.event, Plan.dtype))  # type: ignore[attr-defined]
        event.tag, event.exit_tag = self._number(planned.tag), self._number(planned.exit_tag)
        event.valid_until_ns = event.time_ns + self.engine.state.mandates[event.mandate_id].retry_ns
        self.session.take(event)

    def _number(self, text: str) -> int:
        """The number of a tag; a new one is told."""
        if text not in self.texts:
            self.texts[text] = len(self.texts)
            self.names["tags"] = {str(number): known for known, number in self.texts.items()}
            self.tell_names()
        return self.texts[text]

    def _quarantine(self, strategy_id: int, why: str) -> None:
        """A strategy that failed opens nothing new until a person has looked; its trades stay managed."""
        assert self.session is not None
        self.session.desk.say("strategy quarantined", {"strategy": strategy_id, "why": why})
        event = SeverityChange()
        event.time_ns, event.scope, event.scope_id = self.clock.venue_ns(), Scope.STRATEGY, strategy_id
        event.severity, event.latched = Severity.NO_NEW, True
        self.session.take(event)

    def close(self) -> None:
        """Write what is left and let go."""
        if self.door is not None:
            self.door.close()
        if self.planner is not None:
            self.planner.close()
        if self.journal is None:
            self.opened.close()
        else:
            self.journal.close()
        if self.projection is not None:
            self.projection.close()
        self.log.close()
