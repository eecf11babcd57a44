"""The only place where order matters: an event is applied, what it led to is made durable, then commands leave.

The same object runs in production, on paper and under simulated time: it reads no clock and knows no thread. Whoever
owns it calls `take` for every event and `reached` when the journal says how far it is durable, both from one thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from holdfast.engine.engine import Engine, state_digest
from holdfast.errors import HoldfastError
from holdfast.model.commands import Command
from holdfast.ports.journal import Journal

DIGEST_EVERY = 1_000  # events between two digests of the state
SNAPSHOT_EVERY = 10_000  # events that a start replays at most


class PoisonError(HoldfastError):
    """The core could not take an event: a bug. The session stops and recovers by replay, without that event."""


class Driver:
    """Events in; commands out, in their order, none before its row is durable."""

    def __init__(self, engine: Engine, journal: Journal, release: Callable[[int, Command], None]) -> None:
        self.engine = engine
        self.events = 0
        self.stopped = False
        self._journal = journal
        self._release = release
        self._waiting: deque[tuple[int, Command]] = deque()
        self._durable = 0
        self._releasing = False

    @property
    def waits(self) -> bool:
        """Whether commands wait for their rows to be durable."""
        return bool(self._waiting)

    def take(self, event: Any) -> int:
        """Apply one event and hand it to the journal; returns the number of its row.

        An error of the journal or the core stops the driver: nothing more is taken, and what waits is never released.
        The owner then closes the journal, so that a poisonous event is on disk before the process ends.
        """
        if self.stopped:
            raise HoldfastError("The driver has stopped: its journal or its core failed.", "Start again.")
        try:
            return self._take(event)
        except BaseException:
            self.stopped = True
            raise

    def _take(self, event: Any) -> int:
        try:
            commands = self.engine.apply(event)
        except Exception as error:
            self._journal.poison(event, repr(error))
            kind = type(event).__name__
            raise PoisonError(
                f"The core could not take an event ({kind}): {error!r}.",
                "It is journaled and will not be applied again: start again, and report it.",
            ) from error
        self.events += 1
        told = ""
        if self.events % DIGEST_EVERY == 0:
            told = state_digest(self.engine.state)
        seq = self._journal.record(event, commands, told)
        self._waiting.extend((seq, command) for command in commands)
        if self.events % SNAPSHOT_EVERY == 0:
            self._journal.snapshot(self.engine.state)
        return seq

    def reached(self, seq: int) -> None:
        """All rows up to this number are durable: what they decided may leave.

        A sender that fails stops the driver: what it had begun is in doubt, and nothing may overtake it. One that calls
        back while it sends only moves the mark; order is kept.
        """
        self._durable = max(self._durable, seq)
        if self._releasing:
            return
        self._releasing = True
        try:
            while self._waiting and self._waiting[0][0] <= self._durable and not self.stopped:
                self._release(*self._waiting.popleft())
        except BaseException:
            self.stopped = True
            raise
        finally:
            self._releasing = False
