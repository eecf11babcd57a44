"""What the scenarios about behaviour share: a guarded desk, windows, times of day, and what the risk engine told.

Money of the examples: EURUSD at 100,000 units a lot, BTC at 0.001 steps. Times are seconds unless said otherwise.
"""

from __future__ import annotations

from typing import Any

from kit import BTC, Desk, setup

from holdfast.history.instruments import InstrumentSpec
from holdfast.model import events
from holdfast.model.enums import Denial, NoticeKind, Rule, Scope, Severity
from holdfast.model.guard import Guard
from holdfast.model.state import State
from holdfast.model.units import HOUR, RATE, SECOND
from holdfast.records import copy_record

__all__ = ["Guarded", "RATE", "opened", "seconds"]


def seconds(number: float) -> float:
    """Seconds as the hours that a desk waits."""
    return number * SECOND / HOUR


class Guarded(Desk):
    """A desk under guard rules, which keeps every notice and every command's event number."""

    def __init__(self, *specs: InstrumentSpec, guard: dict[str, Any] | None = None, **more: Any) -> None:
        self.notices: list[Any] = []
        super().__init__(*(specs or (BTC,)), **more)
        self.guard(**(guard or {}))

    def apply(self, event: Any) -> list[Any]:
        """One event, its notices kept before what it commands leads to further events."""
        engine_apply = self.engine.apply

        def kept(given: Any) -> list[Any]:
            sent = engine_apply(given)
            for row in self.engine.outbox.notices[: self.engine.outbox.notice_count]:
                self.notices.append(type(row)())
                copy_record(self.notices[-1], row)
            return sent

        if self.engine.apply.__name__ != "kept":
            self.engine.apply = kept  # type: ignore[method-assign]
        return super().apply(event)

    def guard(self, **values: Any) -> None:
        """The rules over the account, as the core counts them."""
        event = events.GuardGiven(time_ns=self.now)
        made = Guard(**values)
        copy_record(event.guard, made)
        self.apply(event)

    def window(self, begins: bool, instrument_id: int = 1, **kinds: bool) -> list[Any]:
        """A forbidden stretch begins or ends."""
        return self._send(events.WindowEdge, instrument_id=instrument_id, begins=begins, **kinds)

    def said(self, kind: NoticeKind, rule: Rule = Rule.NONE) -> list[Any]:
        """Notices of a kind (and a rule)."""
        return [n for n in self.notices if n.kind == kind and rule in (Rule.NONE, n.rule)]

    def restart(self) -> None:
        """The process dies and comes back with the state that was durable."""
        saved = State()
        copy_record(saved, self.state)
        self.engine = type(self.engine)(saved)
        self.state = saved

    def reset(self, scope: Scope, scope_id: int = 0, acknowledge: bool = False) -> None:
        """A person lifts what is restrained on a scope."""
        self._send(events.Reset, scope=scope, scope_id=scope_id, acknowledge=acknowledge)

    def lose(self, mandate: int = 1, at: float = 49_000.0, side: int = 1) -> None:
        """A fresh setup is filled and stopped out."""
        self.enter(mandate, side)
        self.fill(self.order("stop"), at)

    def enter(self, mandate: int = 1, side: int = 1) -> None:
        """A fresh setup is sent and filled: entry 50,000, stop 1,000 away."""
        self.price(50_000.0)
        start = {"start_long": True} if side > 0 else {"start_short": True}
        self.plan(mandate, entry_price=50_000.0, stop_price=50_000.0 - side * 1_000.0, **start)
        self.fill(self.order("entry"), 50_000.0)

    @property
    def last_denial(self) -> tuple[Denial, int, int]:
        """Rule, value and limit of the last refusal."""
        note = self.told("DENIED")[-1]
        return note.reason, note.value, note.limit

    def severity_of(self, mandate: int = 1) -> Severity:
        """What one strategy on one instrument may do."""
        from holdfast.risk.trips import severity_for

        return Severity(severity_for(self.state, self.state.mandates[mandate]))


def opened(guard: dict[str, Any] | None = None, **management: Any) -> Guarded:
    """A BTC setup, ready for its plan at 50,000 with a stop at 49,000."""
    desk = Guarded(BTC, guard=guard)
    desk.strategy(setup(**management))
    desk.price(50_000.0)
    return desk
