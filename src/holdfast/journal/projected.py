"""A journal that shows its projection what it writes: given to a session in the journal's place."""

from __future__ import annotations

from typing import Any

from holdfast.engine.engine import Engine
from holdfast.journal.projection import Projection
from holdfast.model.commands import Command
from holdfast.model.state import State
from holdfast.ports.journal import Journal


class Projected:
    """Every row goes to the journal first. The driver applies an event and records it before the next one, so that
    outbox and state are still those of the event."""

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
