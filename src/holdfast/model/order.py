"""An order, and the one table of its legal transitions.

`docs/reference/order-life-cycle.md` is drawn from TABLE by `python docs/generate.py`.
"""

from __future__ import annotations

import enum

from holdfast.model.enums import OrderType, Role
from holdfast.records import kernel, record


class OrderStatus(enum.IntEnum):
    """Where an order stands. FREE is an unused row."""

    FREE = 0
    PLANNED = 1  # decided, not yet durable
    RELEASED = 2  # durable, may be sent
    SENT = 3  # bytes may have left
    LIVE = 4  # the venue has it
    PARTIAL = 5
    FILLED = 6
    CANCELED = 7
    EXPIRED = 8  # by its time in force, at the venue
    REJECTED = 9  # by the venue
    DENIED = 10  # by us
    EXPIRED_UNSENT = 11  # its time to be sent passed
    IN_DOUBT = 12  # sent, outcome unknown
    ABSENT = 13  # resolved: the venue never had it
    GHOST = 14  # it turned up after all


class Step(enum.IntEnum):
    """What can happen to an order."""

    NONE = 0
    DENY = 1
    RELEASE = 2
    SEND = 3
    TIME_OUT = 4  # never sent in time
    ACCEPT = 5
    FILL = 6  # part of it
    COMPLETE = 7  # the last part
    CANCEL = 8
    EXPIRE = 9
    REJECT = 10
    DOUBT = 11
    MISS = 12  # horizon passed, three misses, cross-checked


S = OrderStatus
TABLE: dict[OrderStatus, dict[Step, OrderStatus]] = {
    S.PLANNED: {Step.RELEASE: S.RELEASED, Step.DENY: S.DENIED, Step.CANCEL: S.CANCELED},
    S.RELEASED: {
        Step.SEND: S.SENT,
        Step.TIME_OUT: S.EXPIRED_UNSENT,
        Step.CANCEL: S.CANCELED,  # withdrawn before any byte left
        Step.DOUBT: S.IN_DOUBT,  # found at boot: "not sent" is never trusted
    },
    S.SENT: {
        Step.ACCEPT: S.LIVE,
        Step.FILL: S.PARTIAL,  # a fill may overtake the acknowledgement
        Step.COMPLETE: S.FILLED,
        Step.CANCEL: S.CANCELED,
        Step.EXPIRE: S.EXPIRED,
        Step.REJECT: S.REJECTED,
        Step.DOUBT: S.IN_DOUBT,
    },
    S.LIVE: {
        Step.FILL: S.PARTIAL,
        Step.COMPLETE: S.FILLED,
        Step.CANCEL: S.CANCELED,
        Step.EXPIRE: S.EXPIRED,
        Step.REJECT: S.REJECTED,  # a trigger order may be refused when it wakes
    },
    S.PARTIAL: {
        Step.FILL: S.PARTIAL,
        Step.COMPLETE: S.FILLED,
        Step.CANCEL: S.CANCELED,
        Step.EXPIRE: S.EXPIRED,
        Step.REJECT: S.REJECTED,
    },
    S.IN_DOUBT: {
        Step.ACCEPT: S.LIVE,
        Step.FILL: S.PARTIAL,
        Step.COMPLETE: S.FILLED,
        Step.CANCEL: S.CANCELED,
        Step.EXPIRE: S.EXPIRED,
        Step.REJECT: S.REJECTED,
        Step.MISS: S.ABSENT,
    },
    S.ABSENT: {Step.ACCEPT: S.GHOST, Step.FILL: S.GHOST, Step.COMPLETE: S.GHOST},  # adopt, protect, alert
}
TRANSITIONS: tuple[tuple[int, ...], ...] = tuple(
    tuple(int(TABLE.get(status, {}).get(step, S.FREE)) for step in Step) for status in OrderStatus
)
WORKING = tuple(int(status in (S.PLANNED, S.RELEASED, S.SENT, S.LIVE, S.PARTIAL, S.IN_DOUBT)) for status in S)


@record
class Order:
    """One row of the order table. Prices in ticks, quantities in steps."""

    order_id: int
    epoch: int  # of the start that planned it
    status: OrderStatus
    instrument_id: int
    trade_row: int
    role: Role
    index: int  # level or rung
    side: int
    order_type: OrderType
    limit_price: int
    trigger_price: int
    stop_price: int  # ENTRY: the protective stop that travels inside the request
    quantity: int
    filled_quantity: int
    filled_value: int  # ticks x steps
    post_only: bool
    reduce_only: bool
    immediate: bool  # a limit that never rests
    cancel_pending: bool  # its end has been asked for, and will be until it has ended
    cancel_refused: bool  # the last time in vain: it is asked for again with the next price
    amends_pending: int  # asked for and not answered
    confirmed_price: int  # what the venue holds while amends are on their way
    confirmed_quantity: int
    reserved_risk: int
    reserved_margin: int
    reserved_notional: int
    reserved_slippage: int  # what is kept beside its risk
    reserved_quantity: int
    reserved_value: int  # ticks x steps paid if it fills
    reserved_stop_value: int  # ticks x steps got if it then is stopped
    sized_at_equity: int
    created_at_ns: int
    last_fill_id: int
    previous: int  # links of the instrument's list
    next: int


@record
class Ended:
    """An entry that died without its last fill: denied by the venue, absent, or never sent. It may turn up yet."""

    order_id: int
    epoch: int
    mandate_id: int
    instrument_id: int
    side: int
    index: int
    quantity: int
    filled_quantity: int
    last_fill_id: int
    stop_price: int
    seen: bool  # it has turned up


@kernel
def quantity_held(order: Order) -> int:
    """The most that the venue may still hold of an order, its filled part included."""
    return max(order.quantity, order.confirmed_quantity) if order.amends_pending > 0 else order.quantity


@kernel
def next_status(status: OrderStatus, step: Step) -> int:
    """The status after a step; FREE when the table does not allow it."""
    return TRANSITIONS[status][step]


def as_markdown() -> str:
    """The table as a page for people."""
    lines = ["| from | step | to |", "|---|---|---|"]
    for status, steps in TABLE.items():
        lines += [
            f"| {status.name} | {step.name.lower()} | {target.name} |" for step, target in steps.items()
        ]
    return "\n".join(lines)


def as_mermaid() -> str:
    """The table as a diagram."""
    lines = ["stateDiagram-v2", "    [*] --> PLANNED"]
    for status, steps in TABLE.items():
        lines += [
            f"    {status.name} --> {target.name}: {step.name.lower()}" for step, target in steps.items()
        ]
    ended = [s for s in S if s not in TABLE and s is not S.FREE]
    return "\n".join([*lines, *(f"    {status.name} --> [*]" for status in ended)])
