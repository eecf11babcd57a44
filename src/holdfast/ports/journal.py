"""Where what happened goes before anything is done about it."""

from __future__ import annotations

from typing import Any, Protocol

from holdfast.model.commands import Command
from holdfast.model.state import State


class Journal(Protocol):
    """Rows are numbered from 1; whoever made the journal is told how far it is durable. Raises JournalError, once and
    for all, when a write has failed: what was not yet told durable may or may not be."""

    def record(self, event: Any, commands: list[Command], digest: str = "") -> int:
        """An event and the commands it led to, as one row; returns its number."""
        ...

    def poison(self, event: Any, error: str) -> int:
        """An event that the core could not take."""
        ...

    def remark(self, about: str, told: dict[str, Any]) -> int:
        """Something that the core does not need and people do."""
        ...

    def snapshot(self, state: State) -> int:
        """The whole state after the last row."""
        ...
