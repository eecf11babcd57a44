"""The core's numbers as the words that people see: in tables, on screens, in `--json`."""

from __future__ import annotations

from typing import Any

from holdfast.model.enums import (
    CommandClass,
    CommandKind,
    Consequence,
    Denial,
    Drop,
    Exit,
    Kind,
    NoteKind,
    NoticeKind,
    OrderType,
    Phase,
    Quantity,
    Role,
    Rule,
    Sample,
    Scope,
    Severity,
    StopMove,
)
from holdfast.model.order import OrderStatus, Step


def words(kind: Any) -> dict[int, str]:
    """An enumeration's members in lower case."""
    return {int(member): member.name.lower() for member in kind}


ROLES, TYPES, KINDS, PHASES = words(Role), words(OrderType), words(Kind), words(Phase)
STATUSES, STEPS = words(OrderStatus), words(Step)
COMMANDS, CLASSES = words(CommandKind), words(CommandClass)
SEVERITIES, SCOPES, RULES = words(Severity), words(Scope), words(Rule)
QUANTITIES, SAMPLES, CONSEQUENCES = words(Quantity), words(Sample), words(Consequence)
NOTES, NOTICES, DENIALS, DROPS = words(NoteKind), words(NoticeKind), words(Denial), words(Drop)
EXITS = words(Exit) | {
    int(Exit.NONE): "",
    int(Exit.TRAILING_STOP): "trailing_stop_loss",
    int(Exit.FLATTENED): "kill_switch",
}
REASONS: dict[int, dict[int, str]] = {
    NoteKind.DENIED: DENIALS,
    NoteKind.SHRUNK: DENIALS,
    NoteKind.OVERFILLED: DENIALS,
    NoteKind.DROPPED: DROPS,
    NoteKind.STOP_MOVED: words(StopMove),
    NoteKind.EXITING: EXITS,
    NoteKind.CLOSED: EXITS,
}
NO_WORDS: dict[int, str] = {}


def reason_of(kind: int, reason: int) -> str:
    """The reason of a note; a number where it is the venue's own, empty where there is none."""
    known = REASONS.get(kind, NO_WORDS).get(reason)
    if known is not None:
        return known
    return str(reason) if reason else ""
