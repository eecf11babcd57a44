"""What every part of the runtime shares: the core, its door, the orders in hand, the courier and the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from holdfast.model.events import OrderReport
from holdfast.model.order import Step
from holdfast.model.state import State
from holdfast.ports.clock import Clock
from holdfast.ports.venue import Facts
from holdfast.runtime.courier import Courier
from holdfast.runtime.handling import Book, Handling

Say = Callable[[str, dict[str, Any]], None]  # what about, and the facts: for the journal and for people


@dataclass
class Desk:
    """Shared by dispatcher, resolver, sweeper and watch; none of them knows the others' insides."""

    state: State
    take: Callable[[Any], int]
    courier: Courier
    clock: Clock
    facts: Facts
    say: Say
    book: Book
    epoch: int = 0
    ready: bool = False  # the start is over: what increases exposure may leave
    connected: bool = True
    sightings: dict[str, int] = field(default_factory=dict)  # rare situations, by name: how often

    def report(self, handling: Handling, step: Step = Step.NONE, **terms: Any) -> None:
        """Something happened to an order of ours."""
        self.tell(handling.row, handling.order_id, step, **terms)

    def tell(self, row: int, order_id: int, step: Step, time_ns: int = 0, **terms: Any) -> None:
        """The same for an order that may no longer be in hand."""
        event = OrderReport()
        event.time_ns = time_ns or self.clock.venue_ns()
        event.order_row, event.order_id, event.step = row, order_id, step
        for name, value in terms.items():
            setattr(event, name, value)
        self.take(event)

    def saw_alive(self, handling: Handling) -> None:
        """The venue has just shown that an order lives; what is asked of it may lag behind that."""
        handling.alive_ns = self.clock.mono_ns()

    def see(self, situation: str) -> None:
        """Count a rare situation: a simulation that never reached it has proved nothing about it."""
        self.sightings[situation] = self.sightings.get(situation, 0) + 1
