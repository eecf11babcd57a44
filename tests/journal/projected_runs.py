"""Sessions that feed a projection live, and what a projection holds, row for row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
from recorded import BINDING, random_session

from holdfast.engine.engine import Engine
from holdfast.journal import open_journal
from holdfast.journal.folding import fold, require_same
from holdfast.journal.projection import Projection
from holdfast.journal.projection_file import projection_path
from holdfast.journal.projection_tables import ALL
from holdfast.model.commands import Command
from holdfast.model.state import State
from holdfast.ports.journal import Journal
from holdfast.runtime.driver import Driver

NAMES = {
    "currency": "USDT",
    "instruments": {
        "1": {"pair": "BTC/USDT:USDT", "tick": "0.1", "step": "0.001", "base": "BTC", "quote": "USDT"}
    },
    "mandates": {"1": {"strategy": "first", "pair": "BTC/USDT:USDT"}},
    "tags": {"1": "breakout"},
}


class Projected:
    """A journal that shows its projection what it writes, for a driver without a session around it."""

    def __init__(self, journal: Journal, projection: Projection, engine: Engine) -> None:
        self.journal, self.projection, self.engine = journal, projection, engine

    def record(self, event: Any, commands: list[Command], digest: str = "") -> int:
        """An event and what it led to."""
        seq = self.journal.record(event, commands, digest)
        self.projection.take(seq, event, self.engine.outbox, self.engine.state)
        return seq

    def poison(self, event: Any, error: str) -> int:
        """An event that the core could not take."""
        seq = self.journal.poison(event, error)
        self.projection.remark(seq, "poison", {"kind": type(event).__name__, "error": error})
        return seq

    def remark(self, about: str, told: dict[str, Any]) -> int:
        """Something for people."""
        seq = self.journal.remark(about, told)
        self.projection.remark(seq, about, told)
        return seq

    def snapshot(self, state: State) -> int:
        """The whole state."""
        return self.journal.snapshot(state)


class Account:
    """One start of an account: journal, engine, driver, and a projection fed live."""

    def __init__(self, folder: Path, names: dict[str, Any] | None = NAMES) -> None:
        self.folder = folder
        self.troubles: list[str] = []
        opened = open_journal(folder, BINDING)
        found = opened.found
        self.engine = require_same(fold(found.snapshot, found.rows)) if found.snapshot else Engine()
        self.journal = opened.begin("code", self.engine.state, self.reached)
        self.projection = Projection(folder, self.engine.state, found, self.troubles.append)
        watched = Projected(self.journal, self.projection, self.engine)
        self.driver = Driver(self.engine, watched, lambda seq, command: None)
        if names:
            watched.remark("names", names)

    def reached(self, seq: int) -> None:
        if hasattr(self, "projection"):
            self.projection.reached(seq)

    def take(self, *happened: Any) -> None:
        for event in happened:
            self.driver.take(event)

    def close(self) -> None:
        self.journal.close()
        self.projection.close()


def live(folder: Path, seed: int, steps: int, parts: int = 1) -> None:
    """A random session over several starts."""
    session = [event for event, _ in random_session(seed, steps).session]
    size = len(session) // parts + 1
    for start in range(parts):
        account = Account(folder)
        account.take(*session[start * size : (start + 1) * size])
        account.close()
        assert account.troubles == []


def content(folder: Path) -> dict[str, list[Any]]:
    """Every row of every table, but for what the file says about itself."""
    db = apsw.Connection(str(projection_path(folder)))
    found = {
        each.name: db.execute(f"SELECT * FROM {each.name} ORDER BY 1, 2").fetchall()
        for each in ALL
        if each.name != "meta"
    }
    db.close()
    return found


def held_seq(folder: Path) -> int:
    """The last row that a projection holds."""
    db = apsw.Connection(str(projection_path(folder)))
    return int(db.execute("SELECT value FROM meta WHERE name = 'seq'").fetchall()[0][0])
