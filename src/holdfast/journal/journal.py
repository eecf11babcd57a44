"""The journal of one account while its engine runs: rows go in, a thread commits them in groups and says how far.

    opened = open_journal(folder, Binding("main", "bybit", "live"))
    ... fold opened.found ...
    journal = opened.begin(state, durable)
    seq = journal.record(event, commands)     # later, from the writer's thread: durable(seq)

Every start writes a file of its own: what a failed write left in the page cache of an old file is never built upon.
After any error nothing more is written by this process: whether the last commit is on disk is unknown.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from holdfast import __version__
from holdfast.errors import JournalError
from holdfast.journal.folder import Head, Lock, Witness, prepare, segment_path, segments_of
from holdfast.journal.forms import decided, version_of, written
from holdfast.journal.recovery import Binding, Header, Recovered, recover
from holdfast.journal.reserve import free_reserve, keep_reserve
from holdfast.journal.rows import FORMAT, HEADER, POISON, REMARK, SNAPSHOT, Row, as_json, chained
from holdfast.journal.segment import NoSpaceError, Segment
from holdfast.model.commands import Command
from holdfast.model.state import State
from holdfast.records import named

GROUP = 1000  # rows of one commit at most
ROTATE_BYTES = 256 << 20


@dataclass
class Opened:
    """A folder that this process holds, and what its journal says. Nothing has been written yet."""

    folder: Path
    binding: Binding
    lock: Lock
    witness: Witness
    found: Recovered

    def begin(self, code: str, state: State, durable: Callable[[int], None]) -> Journal:
        """Write the new segment: header and snapshot in one commit. From here on the old one is never written again."""
        for path in self.found.unfinished:
            for leftover in path.parent.glob(f"{path.name}*"):
                leftover.unlink()
        for path in segments_of(
            self.folder
        ):  # first: what the new file continues must be on disk before it is
            if path.stat().st_mode & 0o200:
                Segment(path).seal()
        keep_reserve(self.folder)
        return Journal(self, code, state, durable)

    def close(self) -> None:
        """Let go without having written anything."""
        self.witness.close()
        self.lock.release()


def open_journal(folder: Path, binding: Binding) -> Opened:
    """Lock the folder and verify what is in it; JournalError in a sentence, with nothing changed."""
    prepare(folder)
    lock = Lock(folder)
    witness = Witness(folder)
    try:
        return Opened(folder, binding, lock, witness, recover(folder, binding, witness))
    except BaseException:
        witness.close()
        lock.release()
        raise


class Journal:
    """Rows are numbered as they come; `durable(seq)` tells from the writer's thread that all up to it are on disk."""

    def __init__(self, opened: Opened, code: str, state: State, durable: Callable[[int], None]) -> None:
        found = opened.found
        self.folder, self.binding, self.code = opened.folder, opened.binding, code
        self.epoch = found.epoch + 1
        self.durable = durable
        self.error: JournalError | None = None
        self._lock, self._witness = opened.lock, opened.witness
        self._seq, self._chain = found.seq, found.chain
        self._waiting: queue.SimpleQueue[Row | threading.Event | None] = queue.SimpleQueue()
        self._begin(found.number + 1, state)
        self._writer = threading.Thread(target=self._write, name="journal", daemon=True)
        self._writer.start()

    def _begin(self, number: int, state: State) -> None:
        self.number = number
        header = Header(
            FORMAT, __version__, self.code, self.binding, self.epoch, self._chain.hex(), self._seq
        )
        first = [
            self._row(HEADER, 1, as_json(msgspec.to_builtins(header))),
            self._row(SNAPSHOT, version_of(SNAPSHOT), as_json(named(state))),
        ]
        self._segment = Segment(segment_path(self.folder, number), fresh=True)
        self._segment.append(first)
        self._witness.write(Head(number, first[-1].seq, first[-1].chain.hex()))

    def _row(self, kind: str, version: int, body: bytes, decided: bytes = b"", digest: str = "") -> Row:
        self._seq += 1
        row = Row(self._seq, kind, version, time.time_ns(), body, decided, digest)
        self._chain = chained(self._chain, row)
        return msgspec.structs.replace(row, chain=self._chain)

    def record(self, event: Any, commands: list[Command], digest: str = "") -> int:
        """What happened and what it led to, as one row; returns its number."""
        kind = type(event).__name__
        return self.append(kind, version_of(kind), written(event), decided(commands), digest)

    def poison(self, event: Any, error: str) -> int:
        """An event that the core could not take: kept for a person, never applied again."""
        told = {"kind": type(event).__name__, "event": named(event), "error": error}
        return self.append(POISON, 1, as_json(told))

    def remark(self, about: str, told: dict[str, Any]) -> int:
        """Something that the core does not need and people do: kept in its place among the events."""
        return self.append(REMARK, 1, as_json({"about": about} | told))

    def append(self, kind: str, version: int, body: bytes, decided: bytes = b"", digest: str = "") -> int:
        """Take a row; returns its number. JournalError once a write has failed."""
        self._require_sound()
        row = self._row(kind, version, body, decided, digest)
        self._waiting.put(row)
        return row.seq

    def snapshot(self, state: State) -> int:
        """The whole state as it stands after the last row; a start folds from the last one. A full file is closed."""
        if self._segment.size() <= ROTATE_BYTES:
            return self.append(SNAPSHOT, version_of(SNAPSHOT), as_json(named(state)))
        self.flush()
        try:
            self._segment.seal()
            self._begin(self.number + 1, state)
        except Exception as error:
            self.error = (
                error if isinstance(error, JournalError) else JournalError(f"{self.folder}: {error!r}.")
            )
            raise self.error from error
        self.durable(self._seq)
        return self._seq

    def flush(self) -> None:
        """Wait until everything that was taken is durable."""
        told = threading.Event()
        self._waiting.put(told)
        told.wait()
        self._require_sound()

    def close(self) -> None:
        """Write what is left, complete the file, and let go of the folder."""
        if not self._writer.is_alive():
            return
        self._waiting.put(None)
        self._writer.join()
        try:
            if self.error is None:
                self._segment.seal()
            else:
                self._segment.close()
        finally:
            self._witness.close()
            self._lock.release()
        self._require_sound()

    def _require_sound(self) -> None:
        if self.error is not None:
            raise self.error

    def _write(self) -> None:
        """The writer's thread: everything that waits goes into one commit."""
        going = True
        while going:
            group = [self._waiting.get()]
            while len(group) < GROUP and not self._waiting.empty():
                group.append(self._waiting.get())
            rows = [row for row in group if isinstance(row, Row)]
            if rows and self.error is None:
                self._commit(rows)
            for told in group:
                if isinstance(told, threading.Event):
                    told.set()
            going = None not in group

    def _commit(self, rows: list[Row]) -> None:
        try:
            full = self._append(rows)
            self._witness.write(Head(self.number, rows[-1].seq, rows[-1].chain.hex()))
            self.durable(rows[-1].seq)
            self.error = full
        except JournalError as error:
            self.error = error
        except Exception as error:  # whatever it is, the thread must live to say so
            self.error = JournalError(f"The journal in {self.folder} cannot be written: {error!r}.")

    def _append(self, rows: list[Row]) -> NoSpaceError | None:
        """Rows on disk. A full disk takes the transaction back whole: they are written once more into the room of the
        reserve, and the error is returned, so that they are the last ones."""
        try:
            self._segment.append(rows)
        except NoSpaceError as error:
            if self._segment.holds(rows[0].seq) or not free_reserve(self.folder):
                raise
            self._segment.append(rows)
            return error
        return None
