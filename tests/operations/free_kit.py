"""A paper account in free time under a virtual clock: the market goes on while the process is dead, and every run with
the same kills is the same run. Each life is a process of its own that is killed by the system."""

from __future__ import annotations

import json
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import apsw

from holdfast.journal.folder import segments_of
from holdfast.journal.recovery import read
from holdfast.journal.rows import from_json
from holdfast.operations.paper_free import FreeRun
from holdfast.runtime.names import parts_of
from holdfast.simulator.simulation import Scenario

SPEED = 600.0
TURN_NS = 50_000_000  # of the virtual clock: half a minute of the market


class VirtualClock:
    """Steady time and wall time are one; the venue's time is the market's."""

    def __init__(self, run: VirtualRun) -> None:
        self.run = run

    def mono_ns(self) -> int:
        return self.run.now_ns

    def venue_ns(self) -> int:
        return self.run.venue.market.time_ns

    def is_sound(self) -> bool:
        return True

    def stepped_ns(self) -> int:
        return 0


class Immediate:
    """In place of a loop: what the journal's thread says waits for the end of the turn."""

    def __init__(self) -> None:
        self.said: list[tuple[Callable[..., None], tuple[Any, ...]]] = []

    def call_soon_threadsafe(self, what: Callable[..., None], *arguments: Any) -> None:
        self.said.append((what, arguments))


class VirtualRun(FreeRun):
    """Every turn is as long as every other, and whatever it decided is durable and sent before the next one."""

    def __init__(self, folder: Path, scenario: Scenario, away_ns: int = 0) -> None:
        super().__init__(folder, scenario, "market", "code", {"instruments": {}, "tags": {}}, SPEED)
        self.now_ns = 0
        self.wall_ns = lambda: self.now_ns
        self.clock = VirtualClock(self)  # type: ignore[assignment]
        if self.log.meta("began_wall") is None:
            self.log.set_meta("began_wall", "0")
            self.log.set_meta("speed", str(SPEED))
        self._begin_time()
        self.now_ns = (
            int((self.engine.state.time_ns - self._market_began) / SPEED) if self.engine.state.time_ns else 0
        )
        self.now_ns += away_ns
        self.told = Immediate()
        self._loop = self.told  # type: ignore[assignment]

    def live(self) -> None:
        """To the end of the market."""
        self._catch_up()
        self._boot()
        while not self.feed.over:
            self.now_ns += TURN_NS
            self._walk()
            self._rest()

    def come_to_rest(self) -> None:
        """Until a sweep that was asked for after the end of the market has left nothing unexplained."""
        assert self.session is not None
        self.session.sweeper.due_ns, sweeps = 0, self.session.sweeper.sweeps
        for _ in range(2_000):
            self.now_ns += TURN_NS
            self._rest()
            if self.session.sweeper.sweeps > sweeps and self.session.sweeper.clean and self.session.ready:
                return
        raise AssertionError("The books of the account and of the venue did not come together.")

    def ended(self) -> dict[str, Any]:
        """What both sides say at the end, and what the venue has seen."""
        state, venue = self.engine.state, self.venue
        held = [[h.instrument_id, h.side, h.quantity] for h in venue.positions()]
        ours = [
            [i, 1 - 2 * k, position.quantity]
            for i in range(1, state.instrument_watermark + 1)
            for k, position in enumerate(state.instruments[i].positions)
            if position.quantity
        ]
        return {
            "balance": state.account.balance, "wallet": venue.market.wallet, "held": held, "ours": ours,
            "fills": state.fill_count, "executions": sum(parts_of(e.name) is not None for e in venue.executions),
            "names": [name for name in [*venue.live, *venue.over] if name], "epoch": state.epoch,
            "ghosts": state.ghosts,
            "executed": [[e.instrument_id, e.time_ns] for e in venue.executions],
        }  # fmt: skip

    def _rest(self) -> None:
        """Until nobody has anything to say."""
        assert self.journal is not None
        assert self.session is not None
        self._turn()
        while True:
            self.journal.flush()
            said, self.told.said = self.told.said, []
            for what, arguments in said:
                what(*arguments)
            if not self.venue.mail and not self.session.driver.waits:
                return
            self._take_mail()


def at_rest(scenario: Scenario) -> Scenario:
    """The same with its plans made beforehand: threads that make them would not be there in a forked process."""
    plans = scenario.plans(0, len(scenario.plan_times))
    return replace(scenario, plans=lambda low, high: plans[low:high])


def in_a_process(what: Callable[[], None]) -> int:
    """Run something in a child; returns its wait status."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            what()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]


def life(folder: Path, scenario: Scenario, kill_at: int = 0, away_ns: int = 0) -> bool:
    """One process: to the end of the market, or killed by the system at its so manieth row or request. Says whether it
    came to the end."""

    def run() -> None:
        account = VirtualRun(folder, scenario, away_ns)
        count = 0

        def watched(what: Callable[..., Any]) -> Callable[..., Any]:
            def done(*arguments: Any) -> Any:
                nonlocal count
                count += 1
                if count == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)
                return what(*arguments)

            return done

        account.send = watched(account.send)  # type: ignore[method-assign]
        account.log.write = watched(account.log.write)  # type: ignore[method-assign]
        begin = account.opened.begin

        def begun(*arguments: Any) -> Any:
            journal = begin(*arguments)
            journal.append = watched(journal.append)
            return journal

        account.opened.begin = begun  # type: ignore[method-assign]
        account.live()
        account.come_to_rest()
        (folder / "end.json").write_text(json.dumps(account.ended()))
        account.close()

    status = in_a_process(run)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert killed or status == 0
    return not killed


@dataclass(frozen=True)
class Outage:
    """From the last event of a life to the start of the next, in the market's time."""

    down_ns: int
    up_ns: int


@dataclass(frozen=True)
class Told:
    """A trade that is over, by what does not depend on how things were numbered."""

    instrument_id: int
    side: int
    armed_ns: int
    opened_ns: int
    ended_ns: int
    entry_total: int
    exit_total: int
    realized: int
    reason: str


def trades_of(folder: Path) -> list[Told]:
    """The closed trades of an account, from its projection."""
    columns = "instrument_id, side, armed_ns, opened_ns, ended_ns, entry_total, exit_total, realized, reason"
    with apsw.Connection(str(folder / "projection.sqlite"), flags=apsw.SQLITE_OPEN_READONLY) as connection:
        found = connection.execute(
            f"select {columns} from trades where status = 'closed' order by ended_ns, trade_id"
        )
        return [Told(*row) for row in found]


def outages_of(folder: Path) -> list[Outage]:
    """From the journal: what happened last before each start but the first."""
    found, last = [], 0
    for path in segments_of(folder):
        for row in read(path):
            if row.kind[0].islower():
                continue  # headers, snapshots and remarks
            told = from_json(row.body)
            at = int(told.get("time_ns", 0))
            if row.kind == "Started" and last:
                found.append(Outage(last, at))
            last = max(last, at)
    return found


def blamed(
    reference: list[Told], found: list[Told], outages: list[Outage], busy: Callable[[int, Outage], bool]
) -> dict[Told, Outage | None]:
    """For each trade that only one of two runs has: the outage that it hangs from.

    Its own: in its life, or since the trade before it on its instrument, nobody ran while there was something to do
    for the instrument (`busy`). Else the one of the differing trade before it: on its instrument, which takes its
    slot, or on the account, which takes its capital. None: nothing explains it.
    """
    ends: dict[int, list[int]] = {}
    for trade in [*reference, *found]:
        ends.setdefault(trade.instrument_id, []).append(trade.ended_ns)
    causes: dict[Told, Outage | None] = {}
    latest: Outage | None = None
    own: dict[int, Outage] = {}
    for trade in sorted(set(reference) ^ set(found), key=lambda t: (t.ended_ns, t.opened_ns)):
        since = max((end for end in ends[trade.instrument_id] if end < trade.armed_ns), default=0)
        direct = [
            outage
            for outage in outages
            if outage.up_ns >= since
            and outage.down_ns <= trade.ended_ns
            and busy(trade.instrument_id, outage)
        ]
        cause = direct[-1] if direct else own.get(trade.instrument_id, latest)
        causes[trade] = cause
        if cause is not None:
            own[trade.instrument_id] = latest = cause
    return causes
