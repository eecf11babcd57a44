"""How events, commands and states are written down: by field name, only what is not zero, each kind with a version.

A field may be added to a record without a new version: old rows do not name it, and zero means none. A field that is
renamed, split or means something else needs a new version and a step in UPCASTS; steps are kept for ever.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from holdfast.engine.engine import HANDLERS
from holdfast.errors import JournalError
from holdfast.journal.rows import as_json, from_json
from holdfast.model.commands import Command
from holdfast.model.state import State
from holdfast.records import UnknownNameError, named, take_named

KINDS: dict[str, Any] = {kind.__name__: kind for kind in HANDLERS}
FLAT = {
    name
    for name, kind in KINDS.items()
    if all(not part[0].shape and not part[0].names for part in kind.dtype.fields.values())
}
VERSIONS: dict[str, int] = {}  # kinds whose form has changed; the others are at 1
UPCASTS: dict[
    tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]
] = {}  # (kind, from) -> named fields


def version_of(kind: str) -> int:
    """The version in which a kind is written now."""
    return VERSIONS.get(kind, 1)


def written(event: Any) -> bytes:
    """An event as the body of a row."""
    return as_json(named(event))


def decided(commands: list[Command]) -> bytes:
    """What an event led to; empty where it led to nothing."""
    return as_json([named(command) for command in commands]) if commands else b""


def upcast(kind: str, version: int, told: dict[str, Any]) -> dict[str, Any]:
    """Named fields of an older version in today's form."""
    newest = version_of(kind)
    if version > newest:
        raise JournalError(
            f"The journal holds {kind} in version {version}; this Holdfast knows it up to {newest}.",
            "It was written by a newer version: run that one, or newer.",
        )
    while version < newest:
        told = UPCASTS[kind, version](told)
        version += 1
    return told


def read_event(kind: str, version: int, body: bytes) -> Any:
    """The event of a row. An unknown kind or field stops: skipping what happened would make up a history."""
    if kind not in KINDS:
        raise JournalError(
            f"The journal holds an event of the kind {kind}, which this Holdfast does not know.",
            "It was written by a newer version: run that one, or newer.",
        )
    told = upcast(kind, version, from_json(body))
    if kind in FLAT:  # most rows: prices and reports
        with contextlib.suppress(TypeError):
            return KINDS[kind](**told)
    event = KINDS[kind]()
    fill(event, told, kind)
    return event


def read_state(version: int, body: bytes) -> State:
    """The state of a snapshot."""
    state = State()
    fill(state, upcast("snapshot", version, from_json(body)), "snapshot")
    return state


def fill(value: Any, told: dict[str, Any], kind: str) -> None:
    """Named fields into an empty record; an unknown one is a sentence."""
    try:
        take_named(value, told)
    except UnknownNameError as error:
        raise JournalError(
            f"A {kind} in the journal says what this Holdfast does not know: {error}.",
            "It was written by a newer version: run that one, or newer.",
        ) from error
