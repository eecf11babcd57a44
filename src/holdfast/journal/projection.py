"""The projection of a running account: what people, SQL and commands read, beside the journal and never the truth.

    journal = opened.begin(code, engine.state, durable)
    projection = Projection(folder, engine.state, opened.found, say)
    projection.take(seq, event, engine.outbox, engine.state)    # after every event, before the next one
    projection.remark(seq, about, told)                         # after every remark
    projection.reached(seq)                                     # wherever the journal says how far it is durable
    projection.close()                                          # after the journal is closed

`take` only appends to a queue. A thread of its own writes in batches, up to the durable row and never beyond: screens
show nothing that a power cut could take back. Whatever goes wrong here is told once, and trading goes on without it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from holdfast.journal.extraction import Extractor, Op
from holdfast.journal.projecting import catch_up
from holdfast.journal.projection_file import ProjectionFile
from holdfast.journal.recovery import Recovered
from holdfast.model.commands import Outbox
from holdfast.model.state import State

WAIT_S = 0.2  # between two batches
BATCH = 5_000  # operations of one transaction
MOST_WAITING = 2_000_000  # operations; more than that and the projection is given up


class Projection:
    """Made right after the new segment has begun: what the segments before it hold is folded in by the thread."""

    def __init__(self, folder: Path, state: State, found: Recovered, say: Callable[[str], None]) -> None:
        """`say` hears of trouble once, in a sentence, from any thread."""
        self.folder = folder
        self.trouble = ""
        self._say = say
        self._found = Recovered(found.number, found.epoch, found.seq, found.chain)  # without its rows
        self._waiting: deque[Op] = deque()
        self._extractor = Extractor(state, self._waiting.append)
        self._taken = (found.seq, state.time_ns)
        self._durable = found.seq
        self._ending = threading.Event()
        self._abandoned = threading.Event()
        self._writer = threading.Thread(target=self._run, name="projection", daemon=True)
        self._writer.start()

    def take(self, seq: int, event: Any, outbox: Outbox, state: State) -> None:
        """After an event has been applied and journaled as row `seq`, before the next one. Never raises."""
        if self.trouble:
            return
        try:
            self._extractor.take(seq, event, outbox, state)
            self._taken = (seq, state.time_ns)
            if len(self._waiting) > MOST_WAITING:
                raise RuntimeError("its thread does not keep up")
        except Exception as error:
            self._give_up(error)

    def remark(self, seq: int, about: str, told: dict[str, Any]) -> None:
        """A remark was journaled as row `seq`. Never raises."""
        if self.trouble:
            return
        try:
            self._extractor.remark(seq, about, told)
            self._taken = (seq, self._taken[1])
        except Exception as error:
            self._give_up(error)

    def reached(self, seq: int) -> None:
        """The journal is durable up to this row: so far it may be shown. From any thread."""
        self._durable = max(self._durable, seq)

    def close(self, wait_s: float = 10.0) -> None:
        """Write what is durable and let go; what is not written in time comes in with the next start."""
        self._ending.set()
        self._writer.join(wait_s)
        self._abandoned.set()

    def _give_up(self, error: Exception) -> None:
        if self.trouble:
            return
        self.trouble = (
            f"The projection in {self.folder} was given up ({error}): status, orders and trades on screens stand "
            "still, trading goes on. The next start mends it, or `holdfast journal rebuild` once this one has ended."
        )
        self._waiting.clear()
        self._say(self.trouble)

    def _run(self) -> None:
        try:
            file = catch_up(self.folder, self._found, self._abandoned.is_set)
            try:
                self._follow(file)
            finally:
                file.close()
        except Exception as error:
            if not self._abandoned.is_set():
                self._give_up(error)

    def _follow(self, file: ProjectionFile) -> None:
        """Batches until the end. What was known before the queue was looked at bounds what is written."""
        going = True
        while going and not self.trouble:
            going = not self._ending.wait(WAIT_S)
            seq, time_ns = self._taken
            self._write(file, min(seq, self._durable), time_ns)

    def _write(self, file: ProjectionFile, until: int, time_ns: int) -> None:
        if until <= file.seq:
            return
        while batch := self._batch(until):
            file.write(batch, batch[-1][0], time_ns, time.time_ns())
        file.write([], until, time_ns, time.time_ns())

    def _batch(self, until: int) -> list[Op]:
        """Operations up to a row, all of a row's together, so that a row is held whole or not at all."""
        batch: list[Op] = []
        waiting = self._waiting
        while waiting and waiting[0][0] <= until and (len(batch) < BATCH or waiting[0][0] == batch[-1][0]):
            batch.append(waiting.popleft())
        return batch
