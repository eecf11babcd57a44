"""The compiled core in the interpreted one's place: the same events, the same commands, the same state."""

from __future__ import annotations

from typing import Any

import numpy as np

from holdfast.engine.engine import HANDLERS, Engine, count
from holdfast.engine.envelope import Envelope, apply_envelope
from holdfast.model.commands import Command, Outbox
from holdfast.model.state import State
from holdfast.records import blank_array, compiled, packed, unpack_into


def places() -> dict[type, tuple[int, int]]:
    """Of each kind of event: its number, and where it lies in an envelope (bytes)."""
    fields: Any = Envelope.dtype.fields  # type: ignore[attr-defined]
    parts = [name for name in fields if name != "kind"]
    return {kind: (i, fields[name][1]) for i, (kind, name) in enumerate(zip(HANDLERS, parts, strict=True), 1)}


class CompiledEngine(Engine):
    """An engine for who folds a journal: `state` is read from an array when it is asked for, and changes nothing."""

    def __init__(self, state: State | None = None) -> None:
        self._states, self._outboxes = packed(state or State()), blank_array(Outbox, 1)
        self._envelopes = blank_array(Envelope, 1)
        self._row: Any = self._states.view(np.recarray)[0]
        self._told = self._outboxes.view(np.uint8).data
        self._given = self._envelopes.view(np.uint8).data
        self._places = places()
        self._apply: Any = compiled(apply_envelope)
        fields: Any = Outbox.dtype.fields  # type: ignore[attr-defined]
        self._first = fields["commands"][1]

    @property
    def state(self) -> State:  # type: ignore[override]
        """As it stands."""
        made = State()
        unpack_into(made, self._states)
        return made

    def apply(self, event: Any) -> list[Command]:
        """One event; its commands in order."""
        number, place = self._places[type(event)]
        self._envelopes["kind"] = number
        event._pack_into(self._given, place)
        self._apply(self._states, self._outboxes, self._envelopes)
        count(self._row, event)
        found = []
        for i in range(int(self._outboxes["command_count"][0])):
            made: Any = Command()
            made._unpack_from(self._told, self._first + i * Command.dtype.itemsize)  # type: ignore[attr-defined]
            found.append(made)
        return found
