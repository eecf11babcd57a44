"""What came due while nobody ran: day boundaries, funding, windows. They are taken in time order with the executions of
that time, so that a boundary finds the balance that it had (risk.md 2.3)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from holdfast.engine.engine import rank_of
from holdfast.model.enums import BoundaryKind
from holdfast.model.events import Boundary, Price
from holdfast.model.state import State
from holdfast.model.units import NEVER
from holdfast.records import copy_record
from holdfast.runtime.desk import Desk

SAMPLED = (BoundaryKind.DAY, BoundaryKind.SESSION)


class Away:
    """Goes through a schedule in its order and keeps of it what a state has not taken, in `events`.

    Equity at a boundary is worked out from the bars around it, so the last price of each instrument comes right before
    it; other prices of the time away are of no use.
    """

    def __init__(self, state: State) -> None:
        self.events: list[Any] = []
        self._last = (state.scheduled_ns, state.scheduled_rank)
        self._taken = state.scheduled_count  # of the last place
        self._prices: dict[int, Price] = {}

    def add(self, event: Any) -> None:
        """The next event; plans and what a person might have asked for are nothing to make up for."""
        rank = rank_of(event)
        if rank > 0:
            self._add_due(event, (event.time_ns, rank))
        elif isinstance(event, Price):
            self._prices[event.instrument_id] = event

    def _add_due(self, event: Any, place: tuple[int, int]) -> None:
        if place < self._last:
            return
        if place == self._last and self._taken > 0:
            self._taken -= 1
            return
        if isinstance(event, Boundary) and event.kind in SAMPLED:
            self.events += together(self._prices)
            event.reconstructed = True
        self.events.append(event)


def together(prices: dict[int, Price]) -> list[Price]:
    """Prices of one instant: the account is judged after the last of them."""
    made: list[Price] = []
    for price in prices.values():
        copied = Price()
        copy_record(copied, price)
        copied.more = len(made) + 1 < len(prices)
        made.append(copied)
    return made


class Absence:
    """`events` are still to come, oldest first."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.events: deque[Any] = deque()

    def begin(self, events: Iterable[Any]) -> None:
        """What an `Away` has kept."""
        self.events.extend(events)
        if self.events:
            boundaries = sum(isinstance(event, Boundary) for event in self.events)
            self.desk.say("away", {"since_ns": self.events[0].time_ns, "boundaries": boundaries})

    def until(self, time_ns: int) -> None:
        """All that came due up to an instant."""
        while self.events and self.events[0].time_ns <= time_ns:
            self.desk.take(self.events.popleft())

    def end(self) -> None:
        """All executions of the time away are known: what is left comes after them."""
        self.until(NEVER)
