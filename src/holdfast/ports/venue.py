"""A door to a venue: requests out, answers and messages in, all in the core's integers.

An adapter translates; it decides nothing, retries nothing and never resends. What it cannot tell, it calls UNKNOWN.
Prices in ticks, quantities in steps, money in 1e-8, times in nanoseconds UTC by the venue's clock.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from holdfast.model.enums import OrderType
from holdfast.model.units import SECOND


class Ask(enum.Enum):
    """What a request wants."""

    PLACE = "place"
    AMEND = "amend"
    CANCEL = "cancel"
    ORDER = "order"  # one order of ours by its name, live or in the history
    OPEN_ORDERS = "open orders"
    EXECUTIONS = "executions"
    POSITIONS = "positions"
    ACCOUNT = "account"


class Outcome(enum.Enum):
    """What became of a request. Only DONE and REFUSED are facts."""

    DONE = "done"
    REFUSED = "refused"  # definitive: this request had no effect and never will
    UNKNOWN = "unknown"  # no answer, or one that may mean either; also that the name is known: an earlier copy lives
    NOT_SENT = "not sent"  # not a byte left this machine


class Standing(enum.Enum):
    """Where an order stands at the venue."""

    LIVE = "live"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Request:
    """One question or order. `number` is of this session; `name` is the order's own at the venue."""

    number: int
    ask: Ask
    name: str = ""
    instrument_id: int = 0
    position_side: int = 0
    side: int = 0
    order_type: OrderType = OrderType.MARKET
    limit_price: int = 0
    trigger_price: int = 0
    stop_price: int = 0  # of the protective stop that travels inside an entry
    quantity: int = 0
    post_only: bool = False
    reduce_only: bool = False
    immediate: bool = False
    stamp_ns: int = (
        0  # when it was made, by the venue's clock: too old by the window, and the venue refuses it
    )
    since_ns: int = 0  # EXECUTIONS: from when on


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """An order as the venue holds it. `filled` is the sum of its executions so far."""

    name: str
    instrument_id: int
    standing: Standing
    price: int  # limit or trigger
    quantity: int
    filled: int
    time_ns: int
    reason: int = 0
    position_side: int = 0
    reduce_only: bool = False


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill. `number` is its own for ever and grows with first sight; `filled` is the order's sum after it.

    `name` is empty where no order of ours led to it: closed by force, by an attached stop, or by somebody else.
    """

    number: int
    name: str
    instrument_id: int
    position_side: int
    side: int
    quantity: int
    price: int
    fee: int
    maker: bool
    filled: int
    time_ns: int
    complete: bool = False  # nothing of the order is left
    forced: bool = False  # liquidation, stop-out, deleveraging, or the stop that travelled with the entry


@dataclass(frozen=True, slots=True)
class Held:
    """A position: one side of an instrument."""

    instrument_id: int
    side: int
    quantity: int
    price: int  # average entry
    stopped: int = 0  # of it, what a stop at the venue would close


@dataclass(frozen=True, slots=True)
class Amended:
    """An amend took effect: the terms that stand now."""

    name: str
    price: int
    quantity: int
    time_ns: int


@dataclass(frozen=True, slots=True)
class Worth:
    """Balance and equity as the venue tells them; None where one is no number."""

    balance: int | None
    equity: int | None
    time_ns: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a request. Of the lists only the asked one is filled; an empty one is a real answer."""

    number: int
    outcome: Outcome
    reason: int = 0
    time_ns: int = 0
    orders: tuple[OrderSeen, ...] = ()
    executions: tuple[Execution, ...] = ()
    positions: tuple[Held, ...] = ()
    worth: Worth | None = None


Message = OrderSeen | Execution | Amended  # what the private stream tells without being asked


@dataclass(frozen=True)
class Facts:
    """What a venue promises, and how long its answers may lag (reliability.md 5.3). Times in nanoseconds."""

    name: str
    send_within_ns: int = 1 * SECOND  # after the decision an entry is sent, or not at all
    window_ns: int = 2_500_000_000  # older requests are refused by the venue; 0 where requests cannot linger
    clock_error_ns: int = 500_000_000
    read_lag_ns: int = 8 * SECOND
    answer_within_ns: int = 700_000_000  # without an answer by then, ask what became of it
    miss_gap_ns: int = 1 * SECOND  # between two misses that count
    misses: int = 3
    reconcile_every_ns: int = 30 * SECOND
    executions_kept_ns: int = 90 * 86_400 * SECOND
    attaches: bool = True  # a stop inside an entry's request stands from the entry's first fill on

    @property
    def horizon_ns(self) -> int:
        """After the decision, when an order that the venue does not show can no longer appear."""
        return self.send_within_ns + self.window_ns + self.clock_error_ns + self.read_lag_ns


class Venue(Protocol):
    """One account at one venue. Answers and messages reach whoever made the venue, later and in any order."""

    facts: Facts

    def send(self, request: Request) -> None:
        """Write one request once. Never raises for what the network or venue does: that is an Answer."""
        ...
