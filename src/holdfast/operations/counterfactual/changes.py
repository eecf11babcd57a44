"""Limits and mandates as somebody would have set them: put into the events and states of a journal as they are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from holdfast.model.enums import Kind
from holdfast.model.events import LimitsSet, MandateGiven
from holdfast.model.limits import Limits
from holdfast.model.mandate import Mandate
from holdfast.model.state import State


@dataclass(frozen=True)
class Change:
    """One field of the limits of a class, or of mandates; `value` as the core has it."""

    key: str  # as it was typed
    field: str
    value: int
    of_mandate: bool
    class_id: int | None = None  # None: every class
    kind: Kind = Kind.NONE  # of a mandate; NONE: every kind
    instrument_id: int = 0  # of a mandate; 0: every instrument
    divided: bool = False  # among the mandates of one strategy

    def concerns(self, mandate: Mandate) -> bool:
        """Whether it is about this mandate. One that only keeps what was found belongs to no strategy."""
        return (
            self.of_mandate
            and mandate.strategy_id > 0
            and self.class_id in (None, mandate.class_id)
            and self.kind in (Kind.NONE, mandate.kind)
            and self.instrument_id in (0, mandate.instrument_id)
        )


@dataclass(frozen=True, order=True)
class Applied:
    """What a change has met: the value that the journal has, and the one in its place."""

    key: str
    record: str  # "limits" or "mandate"
    number: int  # of the class, or of the mandate
    field: str
    recorded: int
    changed: int


class Changes:
    """Later ones win. `mandates` are those of the journal by number: what a strategy has is divided among them."""

    def __init__(self, changes: Iterable[Change], mandates: dict[int, Mandate]) -> None:
        self.changes = tuple(changes)
        self.applied: set[Applied] = set()
        self._met: set[str] = set()
        self._sharing: dict[int, int] = {}
        for mandate in mandates.values():
            self._sharing[mandate.strategy_id] = self._sharing.get(mandate.strategy_id, 0) + 1

    def change_event(self, event: Any) -> None:
        """An event of the settings, before the core sees it; every other one stays as it is."""
        if isinstance(event, LimitsSet):
            self._change_limits(event.class_id, event.limits)
        elif isinstance(event, MandateGiven):
            self._change_mandate(event.mandate_id, event.mandate)

    def change_state(self, state: State) -> None:
        """What a journal begins with, where its oldest files have been removed."""
        if state.account.start_balance == 0:
            return
        for class_id in range(state.class_watermark + 1):
            self._change_limits(class_id, state.limits[class_id])
        for mandate_id in range(1, state.mandate_watermark + 1):
            self._change_mandate(mandate_id, state.mandates[mandate_id])

    def unmet(self) -> list[str]:
        """Keys for which the journal has no row."""
        return [key for key in dict.fromkeys(each.key for each in self.changes) if key not in self._met]

    def _change_limits(self, class_id: int, limits: Limits) -> None:
        found = [c for c in self.changes if not c.of_mandate and c.class_id in (None, class_id)]
        self._put(found, "limits", class_id, limits, 1)

    def _change_mandate(self, mandate_id: int, mandate: Mandate) -> None:
        found = [change for change in self.changes if change.concerns(mandate)]
        self._put(found, "mandate", mandate_id, mandate, self._sharing.get(mandate.strategy_id, 1))

    def _put(self, found: list[Change], record: str, number: int, row: Any, sharing: int) -> None:
        self._met |= {change.key for change in found}
        for change in {change.field: change for change in found}.values():
            value = change.value // sharing if change.divided else change.value
            before = getattr(row, change.field)
            self.applied.add(Applied(change.key, record, number, change.field, int(before), value))
            setattr(row, change.field, type(before)(value))
