"""What the runtime knows about one order of ours beside the core: its names, and what is on its way for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from holdfast.model.commands import Command
from holdfast.model.enums import Role
from holdfast.model.order import WORKING, Order, OrderStatus
from holdfast.model.state import State
from holdfast.ports.venue import Execution, OrderSeen
from holdfast.runtime.names import ATTEMPTS, Name, name_of

TRIES = 64  # under new names, of one start for one order: longer than the horizon of a venue


@dataclass
class Handling:
    """One order from its release to its end. Times by the monotonic clock."""

    order_id: int
    row: int
    epoch: int
    name: str  # of the latest attempt
    increase: bool
    decided_ns: int  # deadlines count from here
    command: Command | None = None  # to place, while it is held back
    sent_ns: int = 0
    unanswered: bool = False  # the answer said that it might be either
    refused: bool = False  # the latest attempt, perhaps for its stamp alone: its name is free
    attempts: int = 1  # number of the next one
    first_attempt: int = 1
    lives: set[str] = field(default_factory=set)  # names of it that the venue has shown alive
    alive_ns: int = 0  # when the venue last showed that it lives
    asking: bool = False  # a question about it is on its way
    asked_ns: int = 0
    missing: bool = False  # a sweep did not show it
    misses: int = 0
    missed_ns: int = 0
    absent: bool = False  # proved; told to the core once entries are allowed
    amends: list[Command] = field(default_factory=list)
    cancel: bool = False
    amend_unknown: bool = False  # what became of an amend has to be asked
    changing: bool = False  # an amend or cancel is on its way
    late_terms: OrderSeen | None = None  # told while a change was on its way: older news, or newer
    drifts: bool = False  # it stands at other terms than the core's, and the word against it was lost
    change_at_ns: int = 0  # not before
    lost_terms: OrderSeen | None = (
        None  # the venue never saw the amend: what stands, told once entries are allowed
    )
    sums: dict[str, int] = field(default_factory=dict)  # filled so far, by name
    shown: dict[str, int] = field(default_factory=dict)  # the same as the venue has shown it alive
    early: dict[int, Execution] = field(
        default_factory=dict
    )  # executions before which another one is missing
    ending: OrderSeen | None = None  # it is over, but executions of it are missing

    def is_behind(self) -> bool:
        """Whether the venue has shown that executions of it are missing."""
        short = any(filled > self.sums.get(name, 0) for name, filled in self.shown.items())
        return short or bool(self.early) or self.ending is not None


class Book:
    """All orders that the core holds, by their number."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.handlings: dict[int, Handling] = {}

    def __iter__(self) -> Iterator[Handling]:
        return iter(list(self.handlings.values()))

    def add(self, handling: Handling) -> Handling:
        """Keep an order in mind."""
        self.handlings[handling.order_id] = handling
        return handling

    def take_over(self, row: int, now_ns: int, epoch: int) -> Handling:
        """An order that an earlier start has planned. Attempts of this one have names that no near one has used."""
        order = self.state.orders[row]
        name = name_of(order.epoch, order.order_id, order.instrument_id, order.side)
        increase = order.role == Role.ENTRY
        made = Handling(order.order_id, row, order.epoch, name, increase, now_ns, sent_ns=now_ns)
        made.sums[name] = order.filled_quantity
        made.attempts = made.first_attempt = 1 + (epoch - order.epoch) % (ATTEMPTS // TRIES) * TRIES
        return self.add(made)

    def order_of(self, handling: Handling) -> Order | None:
        """The core's order; None (and forgotten) once it is over there."""
        order = self.state.orders[handling.row]
        if order.order_id == handling.order_id and WORKING[order.status]:
            return order
        self.handlings.pop(handling.order_id, None)
        return None

    def named(self, name: Name) -> Handling | None:
        """Whose name it is; None where no order that is at work has it."""
        handling = self.handlings.get(name.order_id)
        if handling is None or handling.epoch != name.epoch:
            return None
        return handling if self.order_of(handling) is not None else None

    def is_doubtful(self, instrument_id: int) -> bool:
        """Whether something of an instrument may or may not be at the venue."""
        for handling in self:
            order = self.order_of(handling)
            if order is not None and order.instrument_id == instrument_id:
                if order.status == OrderStatus.IN_DOUBT:
                    return True
        return False

    def is_moving(self, instrument_id: int) -> bool:
        """Whether anything of an instrument is on its way, so that positions cannot be compared."""
        for handling in self:
            order = self.order_of(handling)
            if order is None or order.instrument_id != instrument_id:
                continue
            waiting = order.status in (OrderStatus.PLANNED, OrderStatus.RELEASED, OrderStatus.SENT)
            if waiting or order.status == OrderStatus.IN_DOUBT or handling.ending or handling.early:
                return True
        return False
