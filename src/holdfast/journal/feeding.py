"""Rows folded through the core once more, to hear again what it told: what a projection is filled from at rest.

Where another version of the core wrote them, the next snapshot in the journal puts the state right; how often that was
needed is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.engine.engine import Engine, state_digest
from holdfast.errors import JournalError
from holdfast.journal.extraction import Extractor, Op
from holdfast.journal.forms import read_event, read_state
from holdfast.journal.projection_file import ProjectionFile
from holdfast.journal.recovery import one_row, read
from holdfast.journal.rows import HEADER, POISON, REMARK, SNAPSHOT, Row, from_json
from holdfast.model.state import State

CHUNK = 200  # events folded before trading gets its turn
SHARE = 1.0  # of the time a chunk took, that is then left to trading


@dataclass
class Feeder:
    """Folds rows in their order and keeps what they changed, from the row after `since` on."""

    since: int
    engine: Engine | None = None
    extractor: Extractor | None = None
    seq: int = 0
    wall_ns: int = 0  # when the last row was taken
    events: int = 0
    corrected: int = 0  # snapshots that were not what the core made of the rows before them

    def __post_init__(self) -> None:
        self.ops: list[Op] = []

    def take(self, row: Row) -> None:
        """One row, whatever it is."""
        self.seq, self.wall_ns = row.seq, row.wall_ns
        if row.kind == SNAPSHOT:
            self._snapshot(row)
        elif row.kind in (REMARK, POISON):
            self._remark(row)
        elif row.kind != HEADER and self.engine is not None:
            self._event(row, self.engine)

    def _remark(self, row: Row) -> None:
        if row.seq > self.since:
            told: dict[str, Any] = from_json(row.body)
            about = told.pop("about", row.kind)
            told.pop("event", None)  # of a poison: it stays in the journal
            self._watching().remark(row.seq, about, told)

    def _snapshot(self, row: Row) -> None:
        """The state as it was: to begin with, or where this core made something else of the rows before."""
        if self.engine is not None and self._agrees(row, self.engine):
            return
        self.corrected += self.engine is not None or self.events > 0
        self.engine = Engine(read_state(row.version, row.body))
        self.extractor = None

    def _agrees(self, row: Row, engine: Engine) -> bool:
        return state_digest(engine.state) == state_digest(read_state(row.version, row.body))

    def _event(self, row: Row, engine: Engine) -> None:
        event = read_event(row.kind, row.version, row.body)
        watching = self._watching() if row.seq > self.since else None
        try:
            engine.apply(event)
        except Exception:  # another core took it; the next snapshot says what came of it
            self.engine = None
            self.events += 1
            return
        self.events += 1
        if watching is not None:
            watching.take(row.seq, event, engine.outbox, engine.state)

    def _watching(self) -> Extractor:
        if self.extractor is None:
            state = self.engine.state if self.engine is not None else State()
            self.extractor = Extractor(state, self.ops.append)
        return self.extractor

    @property
    def time_ns(self) -> int:
        """When the last row was, by the state."""
        return self.engine.state.time_ns if self.engine is not None else 0


def feed(
    file: ProjectionFile, feeder: Feeder, rows: Iterable[Row], stop: Callable[[], bool], gently: bool
) -> None:
    """Rows into a file, a chunk in each transaction; `gently` leaves time to who trades in this process."""
    began = time.monotonic()
    for count, row in enumerate(rows, 1):
        feeder.take(row)
        if count % CHUNK == 0:
            flush(file, feeder)
            if stop():
                raise JournalError("It was stopped before it was whole.", "The next start goes on.")
            if gently:
                time.sleep(SHARE * (time.monotonic() - began))
            began = time.monotonic()
    flush(file, feeder)


def flush(file: ProjectionFile, feeder: Feeder) -> None:
    """What has been folded, written; a row that is held already is not held twice."""
    if feeder.seq > max(file.seq, feeder.since):
        file.write(feeder.ops, feeder.seq, feeder.time_ns, feeder.wall_ns)
    feeder.ops.clear()


def holder_of(paths: list[Path], seq: int) -> int:
    """Which file holds a row: the place of the last one that begins at or before it. Old files stay closed: they may
    be compressed."""
    for place in range(len(paths) - 1, 0, -1):
        first = one_row(paths[place])
        if first is not None and first.seq <= seq:
            return place
    return 0


def rows_since(paths: list[Path], seq: int) -> Iterable[Row]:
    """Rows from the last snapshot on that has everything up to a row, through every later segment."""
    if not paths:
        return
    holder = holder_of(paths, seq)
    rows = read(paths[holder])
    known = [place for place, row in enumerate(rows) if row.kind == SNAPSHOT and row.seq <= seq]
    yield from rows[known[-1] if known else 0 :]
    for path in paths[holder + 1 :]:
        yield from read(path)
