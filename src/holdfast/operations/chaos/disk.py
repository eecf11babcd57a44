"""A disk and the journal on it, in memory: rows encoded, chained and folded by the code that a real start uses.

A commit takes a while. A crash loses what was not committed; what was being committed is mostly there afterwards,
although nobody has been told (reliability.md 0.1, 5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holdfast.errors import JournalError
from holdfast.journal.folding import Folded, fold
from holdfast.journal.forms import decided, version_of, written
from holdfast.journal.rows import HEADER, POISON, REMARK, SNAPSHOT, START, Row, as_json, chained, first_break
from holdfast.model.commands import Command
from holdfast.model.state import State
from holdfast.operations.chaos.heap import Heap
from holdfast.operations.chaos.tape import Tape
from holdfast.records import named

KEPT = 0.93  # of commits that a crash cut short are on disk all the same


class Disk:
    """What survives. `rows` are of the last segment; `before` is the chain value that it continues."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.older: list[list[Row]] = []
        self.before = START
        self.epoch = 0

    @property
    def chain(self) -> bytes:
        """The last chain value."""
        return self.rows[-1].chain if self.rows else START

    def recover(self) -> Folded | None:
        """The last segment verified and folded as a start does it; None where there is none yet."""
        if not self.rows:
            return None
        if first_break(self.before, self.rows) is not None:
            raise JournalError("The chain of the journal is broken.")
        last = max(i for i, row in enumerate(self.rows) if row.kind == SNAPSHOT)
        return fold(self.rows[last], self.rows[last + 1 :])

    def begin(self) -> None:
        """A start writes a segment of its own."""
        self.before = self.chain
        if self.rows:
            self.older.append(self.rows)
        self.rows = []
        self.epoch += 1


class SimulatedJournal:
    """The journal port on such a disk. `watch` hears of every row, `reached` how far it is durable."""

    def __init__(
        self, disk: Disk, heap: Heap, tape: Tape, mix: Any, state: State, reached: Callable[[int], None],
        watch: Any,
    ) -> None:  # fmt: skip
        self.disk, self.heap, self.tape, self.mix = disk, heap, tape, mix
        self.reached, self.watch = reached, watch
        self.seq, self.chain = (disk.rows[-1].seq if disk.rows else 0), disk.chain
        disk.begin()
        self.epoch = disk.epoch
        self.error: JournalError | None = None
        self.waiting: list[Row] = []
        self.committing: list[Row] = []
        self.dead, self.began_ns = False, 0
        self._latency = tape.streams.of("commit")
        first = [self._row(HEADER, 1, as_json({"epoch": self.epoch})), self._state_row(state)]
        disk.rows.extend(first)

    def _state_row(self, state: State) -> Row:
        return self._row(SNAPSHOT, version_of(SNAPSHOT), as_json(named(state)))

    def _row(self, kind: str, version: int, body: bytes, told: bytes = b"", digest: str = "") -> Row:
        self.seq += 1
        row = Row(self.seq, kind, version, self.heap.now_ns, body, told, digest)
        self.chain = chained(self.chain, row)
        return Row(self.seq, kind, version, row.wall_ns, body, told, digest, self.chain)

    def record(self, event: Any, commands: list[Command], digest: str = "") -> int:
        """What happened and what it led to."""
        kind = type(event).__name__
        self._require_sound()
        self.watch.recording(self.seq + 1, event, commands)
        return self._take(self._row(kind, version_of(kind), written(event), decided(commands), digest))

    def poison(self, event: Any, error: str) -> int:
        """An event that the core could not take."""
        told = {"kind": type(event).__name__, "event": named(event), "error": error}
        return self._take(self._row(POISON, 1, as_json(told)))

    def remark(self, about: str, told: dict[str, Any]) -> int:
        """Something for people."""
        self._require_sound()
        self.watch.remarked(about, told)
        return self._take(self._row(REMARK, 1, as_json({"about": about} | told)))

    def snapshot(self, state: State) -> int:
        """The whole state."""
        self._require_sound()
        return self._take(self._state_row(state))

    def _require_sound(self) -> None:
        if self.error is not None:
            raise self.error

    def _take(self, row: Row) -> int:
        """Rows of one instant share a commit; those that come while one runs share the next."""
        self._require_sound()
        if self.committing and self.began_ns != self.heap.now_ns:
            self.waiting.append(row)
        elif self.committing:
            self.committing.append(row)
        else:
            self._begin([row])
        return row.seq

    def _begin(self, rows: list[Row]) -> None:
        """A commit begins."""
        self.committing, self.began_ns = rows, self.heap.now_ns
        slow = self.tape.hit("slow commit", self.mix.slow_commit, 0.05, 30.0)
        took = slow if slow is not None else self._latency.tail(0.0002, 0.005)
        self.heap.after(round(took * 1e9), self._end)

    def _end(self) -> None:
        if self.dead or not self.committing:
            return
        if self.tape.hit("disk full", self.mix.full_disk) is not None:
            self._fail("no space is left", kept=False)
        elif self.tape.hit("commit error", self.mix.commit_error) is not None:
            self._fail("the commit failed", kept=self._latency.chance(0.5))
        else:
            group, self.committing = self.committing, []
            self.disk.rows.extend(group)
            self.watch.committed(group[-1].seq)
            if self.waiting:
                rows, self.waiting = self.waiting, []
                self._begin(rows)
            self.reached(group[-1].seq)

    def _fail(self, why: str, kept: bool) -> None:
        """Whether it is on disk is unknown; nothing more is written by this process."""
        if kept:
            self.disk.rows.extend(self.committing)
        self.committing, self.waiting = [], []
        self.error = JournalError(f"The journal cannot be written: {why}.")
        self.watch.disk_failed(why)

    def die(self) -> bool:
        """The process is gone. True where rows were kept that nobody had been told of."""
        self.dead = True
        kept = bool(self.committing) and self._latency.chance(KEPT)
        if kept:
            self.disk.rows.extend(self.committing)
        if self.tape.hit("lost tail", self.mix.lost_tail, 1, 40) is not None:
            self._lose()
        return kept

    def _lose(self) -> None:
        """A disk that lied: rows are gone that it had confirmed."""
        rows = self.disk.rows
        gone = min(len(rows) - 2, round(self._latency.tail(1, 60)))
        del rows[len(rows) - gone :]
