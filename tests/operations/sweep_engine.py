"""The engine's end of the kill sweep: a process of its own, killed at the n-th write, sync, send or receive.

    python sweep_engine.py FOLDER PORT KILL_AT [ENGINE]

When the story is told it prints how many such points it passed, and how many orders it had wrongly taken for dead.
ENGINE is one that is known to be bad.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import apsw
from sweep_account import events, plan_of, price_of
from sweep_market import FACTS

from holdfast.engine.engine import Engine
from holdfast.journal import Binding, open_journal
from holdfast.journal.folding import fold, require_same
from holdfast.model.enums import CommandClass, Severity
from holdfast.model.events import SeverityChange
from holdfast.model.order import OrderStatus, Step
from holdfast.runtime.dispatcher import command_of
from holdfast.runtime.names import name_of
from holdfast.runtime.session import Options, Session
from holdfast.venues.loopback import LoopbackVenue, line_of

TOLD = {"kind": "taken"}


class Points:
    """Counts what must survive a kill, before and after it is done."""

    def __init__(self, kill_at: int) -> None:
        self.kill_at, self.passed = kill_at, 0

    def pass_by(self) -> None:
        """One more; at the chosen one the process dies, as by a power button."""
        self.passed += 1
        if self.passed == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


class KillFile(apsw.VFSFile):
    """A database file whose writes and syncs count."""

    points: Points

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self.points.pass_by()

    def xSync(self, flags: int) -> None:  # noqa: N802
        self.points.pass_by()
        super().xSync(flags)
        self.points.pass_by()


class KillVFS(apsw.VFS):
    """Opens files that count."""

    def __init__(self) -> None:
        super().__init__("kill", "unix", makedefault=True)

    def xOpen(self, name: Any, flags: Any) -> KillFile:  # noqa: N802
        return KillFile("unix", name, flags)


class Wire(LoopbackVenue):
    """A connection whose sends and receives count."""

    points: Points

    def send(self, request: Any) -> None:
        self.points.pass_by()
        super().send(request)
        self.points.pass_by()

    def receive(self, seconds: float) -> list[tuple[str, Any]] | None:
        come = super().receive(seconds)
        if come:
            self.points.pass_by()
        return come


class MachineClock:
    """Both ends run on this machine."""

    def mono_ns(self) -> int:
        return time.monotonic_ns()

    def venue_ns(self) -> int:
        return time.time_ns()

    def is_sound(self) -> bool:
        return True


def spoil(session: Session, engine: str) -> None:
    """Known-bad engines of reliability.md 5.6."""
    dispatcher, resolver = session.dispatcher, session.resolver
    state = session.engine.state
    if engine == "redrive":  # what an earlier start planned is sent again at boot
        doubt_all = resolver.doubt_all

        def redrive() -> None:
            doubt_all()
            for handling in session.desk.book:
                order = state.orders[handling.row]
                if order.status == OrderStatus.IN_DOUBT:
                    command = command_of(order)
                    command.command_class = CommandClass.INCREASE
                    command.reduce_only, command.position_side = order.reduce_only, order.side
                    command.stop_price = order.stop_price
                    dispatcher._send(handling, command)

        resolver.doubt_all = redrive
    if engine == "resend":  # what is not answered in time is sent again
        resent: set[int] = set()
        watch_doubt = resolver._watch_doubt

        def again(handling: Any, order: Any, now: int) -> None:
            if handling.order_id not in resent:
                resent.add(handling.order_id)
                attempt, handling.attempts = handling.attempts, handling.attempts + 1
                handling.name = name_of(order.epoch, order.order_id, order.instrument_id, order.side, attempt)
                command = command_of(order)
                command.reduce_only = order.reduce_only
                command.position_side = order.side if not order.reduce_only else -order.side
                dispatcher._send(handling, command)
            watch_doubt(handling, order, now)

        resolver._watch_doubt = again
    if engine == "trust":  # what is not marked as sent was not sent
        doubt_all = resolver.doubt_all

        def trust() -> None:
            unsent = [
                row for row in range(1, state.order_watermark + 1)
                if state.orders[row].status in (OrderStatus.PLANNED, OrderStatus.RELEASED)
            ]  # fmt: skip
            doubt_all()
            for handling in session.desk.book:
                if handling.row in unsent:
                    handling.absent = True
                    session.desk.report(handling, Step.MISS)

        resolver.doubt_all = trust


class Run:
    """One process' life."""

    def __init__(self, folder: Path, port: int, points: Points, engine: str) -> None:
        self.points, self.durable = points, 0
        opened = open_journal(folder, Binding("sweep", "loopback", "test"))
        found = opened.found
        core = require_same(fold(found.snapshot, found.rows)) if found.snapshot else Engine()
        self.journal = opened.begin("sweep", core.state, self._reached)
        self.venue = Wire(port, FACTS)
        self.venue.points = points
        self.session = Session(
            core,
            self.journal,
            self.venue,
            MachineClock(),
            self.journal.epoch,
            Options(clock_every_ns=200_000_000),
        )
        spoil(self.session, engine)
        if not core.state.mandate_watermark:
            for event in events():
                self.session.take(event)
        self.session.start()

    def _reached(self, seq: int) -> None:
        self.durable = seq

    def settle(self) -> None:
        """What was decided leaves once it is durable."""
        while self.session.driver.waits:
            self.journal.flush()
            self.session.reached(self.durable)

    def go(self) -> int:
        """Until the story is told; the exit code."""
        while True:
            come = self.venue.receive(0.005)
            if come is None:
                return 3
            for kind, told in come:
                if kind == "done" and self.is_over():
                    self.settle()
                    self.journal.close()
                    self.venue.wire.sendall(line_of("done", {}))
                    sys.stdout.write(f"{self.points.passed} {self.session.engine.state.ghosts}\n")
                    return 0
                self.hear(kind, told)
            self.session.tick()
            self.settle()

    def is_over(self) -> bool:
        """The story ends flat; an engine that cannot get there does not end it."""
        account = self.session.engine.state.account
        return self.session.ready and account.open_trades + account.working_orders == 0

    def hear(self, kind: str, told: Any) -> None:
        """One message."""
        if kind == "answer":
            self.session.answered(told)
        elif kind == "price":
            self.session.take(price_of(told, time.time_ns()))
        elif kind == "plan":
            if told.get("flatten"):
                event: Any = SeverityChange(
                    time_ns=time.time_ns(), severity=Severity.FLATTENING, latched=True
                )
            else:
                event = plan_of(told["plan"], time.time_ns())
            self.session.take(event)
            self.journal.flush()
            self.venue.wire.sendall(line_of("taken", {"number": told["number"]}))
        elif kind != "done":
            self.session.told(told)


def main() -> None:
    """See the module."""
    folder, port, kill_at = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    points = Points(kill_at)
    KillFile.points = points
    vfs = KillVFS()
    run = Run(folder, port, points, sys.argv[4] if len(sys.argv) > 4 else "")
    code = run.go()
    del vfs
    raise SystemExit(code)


if __name__ == "__main__":
    main()
