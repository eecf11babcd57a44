"""Verdicts of the promotion gate as events of a session: decided once at each start, before anything may leave.

The core keeps a verdict as a restraint of one strategy on one instrument (rule `promotion`): nothing new, everything
else as ever. It is in the journal, so a replay needs neither the settings nor the evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from holdfast.model.enums import Rule, Scope, Severity
from holdfast.model.events import SeverityChange
from holdfast.model.state import State
from holdfast.runtime.session import Session


@dataclass(frozen=True)
class Verdict:
    """Whether a mandate may open trades; `told` says so to people."""

    mandate_id: int
    may_open: bool
    told: dict[str, Any]


@dataclass(frozen=True)
class Decision:
    """All verdicts of a start, and what they were made from."""

    about: dict[str, Any] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()

    def told(self) -> dict[str, Any]:
        """As the remark in the journal."""
        return self.about | {"pairs": {str(v.mandate_id): v.told for v in self.verdicts}}


Gate = Callable[[int], Decision]  # asked with the account's own time


def held_back(state: State) -> set[int]:
    """Mandates that the gate holds back now."""
    return {
        trip.scope_id
        for trip in (state.trips[row] for row in range(1, state.trip_watermark + 1))
        if trip.rule == Rule.PROMOTION
    }


def promote(session: Session, gate: Gate | None, now_ns: int) -> dict[str, Any]:
    """Carry the verdicts out, say them, and return what was said. Without a gate whoever was held back is let go."""
    held = held_back(session.engine.state)
    decision = gate(now_ns) if gate is not None else Decision()
    wanted = {v.mandate_id for v in decision.verdicts if not v.may_open}
    told = decision.told() if gate is not None else {"off": sorted(held)}
    session.remark("promotion", {"time_ns": now_ns} | told)
    for mandate_id in sorted(held ^ wanted):  # what stays as it was is no event
        event = SeverityChange()
        event.time_ns, event.rule = now_ns, Rule.PROMOTION
        event.scope, event.scope_id = Scope.MANDATE, mandate_id
        if mandate_id in wanted:
            event.severity = Severity.NO_NEW
        session.take(event)
    return told
