"""From rows back to a state: a snapshot, then every event through the core, which must decide as it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from holdfast.engine.engine import Engine, state_digest
from holdfast.errors import JournalError
from holdfast.journal.forms import decided, read_event, read_state
from holdfast.journal.rows import POISON, REMARK, SNAPSHOT, Row
from holdfast.model.commands import Command
from holdfast.model.state import State


@dataclass
class Difference:
    """The first row after which the core did not do again what it had done."""

    seq: int
    kind: str
    what: str  # "decisions", "digest" or "state"
    recorded: str
    computed: str

    def sentence(self) -> str:
        """For a person."""
        return (
            f"Row {self.seq} ({self.kind}): the {self.what} recorded and computed differ. "
            f"Recorded: {self.recorded[:300] or 'nothing'}. Computed: {self.computed[:300] or 'nothing'}."
        )


@dataclass
class Folded:
    """The engine after the last row, and how the fold went."""

    engine: Engine
    events: int = 0
    commands: int = 0
    poisoned: int = 0
    difference: Difference | None = None

    @property
    def digest(self) -> str:
        """Names the state after the last row."""
        return state_digest(self.engine.state)


def fold(snapshot: Row | None, rows: list[Row], made: Callable[[State], Engine] = Engine) -> Folded:
    """Apply every row's event to the snapshot's state; stops at the first other decision, digest or snapshot."""
    state = read_state(snapshot.version, snapshot.body) if snapshot is not None else State()
    folded = Folded(made(state))
    for row in rows:
        if row.kind == POISON:
            folded.poisoned += 1
            continue
        if row.kind == REMARK:
            continue
        if row.kind == SNAPSHOT:
            folded.difference = snapshot_difference(row, folded)
            if folded.difference is not None:
                break
            continue
        commands = folded.engine.apply(read_event(row.kind, row.version, row.body))
        folded.events += 1
        folded.commands += len(commands)
        folded.difference = difference_of(row, commands, folded)
        if folded.difference is not None:
            break
    return folded


def difference_of(row: Row, commands: list[Command], folded: Folded) -> Difference | None:
    """What a row recorded against what has just been computed."""
    computed = decided(commands)
    if computed != row.decided:
        return Difference(row.seq, row.kind, "decisions", row.decided.decode(), computed.decode())
    if row.digest and row.digest != (found := folded.digest):
        return Difference(row.seq, row.kind, "digest", row.digest, found)
    return None


def snapshot_difference(row: Row, folded: Folded) -> Difference | None:
    """A snapshot must be the state that the rows before it lead to."""
    recorded = state_digest(read_state(row.version, row.body))
    computed = folded.digest
    return Difference(row.seq, row.kind, "state", recorded, computed) if recorded != computed else None


def require_same(folded: Folded) -> Engine:
    """The engine, where the fold was the same; else the start must stop: this core is not the one that decided."""
    if folded.difference is not None:
        raise JournalError(
            f"The journal cannot be continued. {folded.difference.sentence()}",
            "It was written by another version of the core: start that version, let it stop in order, then upgrade.",
        )
    return folded.engine
