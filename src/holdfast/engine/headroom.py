"""Where a floor would be crossed with every stop hit, resting entries go, the largest first (risk.md 5.7, S47)."""

from __future__ import annotations

from holdfast.engine.orders import cancel
from holdfast.model.commands import Outbox
from holdfast.model.enums import NoticeKind, Role, Rule
from holdfast.model.order import Order
from holdfast.model.state import State
from holdfast.model.units import ORDERS
from holdfast.records import kernel
from holdfast.risk.headroom import missing_headroom
from holdfast.risk.notices import tell


@kernel
def tied_up(order: Order) -> int:
    """What the end of an order gives back."""
    return order.reserved_risk + order.reserved_slippage


@kernel
def leaving(state: State) -> int:
    """What entries tie up whose cancel is on its way."""
    total = 0
    for row in range(1, ORDERS):
        if row > state.order_watermark:
            break
        if state.orders[row].cancel_pending:
            total += tied_up(state.orders[row])
    return total


@kernel
def largest_resting(state: State) -> int:
    """The entry that ties up most and is not leaving yet; 0 = none."""
    found = 0
    for row in range(1, ORDERS):
        if row > state.order_watermark:
            break
        order = state.orders[row]
        if order.role == Role.ENTRY and not order.cancel_pending:
            if tied_up(order) > tied_up(state.orders[found]):
                found = row
    return found


@kernel
def make_headroom(state: State, outbox: Outbox) -> None:
    """Cancel resting entries until stressed equity is above every floor, or none is left."""
    if state.account.resting_risk == 0:
        return
    missing = missing_headroom(state)
    if missing <= 0:
        return
    missing -= leaving(state)
    for _ in range(ORDERS):
        row = largest_resting(state) if missing > 0 else 0
        if row == 0:
            return
        missing -= tied_up(state.orders[row])
        cancel(state, outbox, row)


@kernel
def refuse_for_headroom(state: State, outbox: Outbox) -> None:
    """Name the floor, once an instant; and what rests may be too much as well."""
    refusal = state.refusal
    account = state.account
    if account.headroom_told_ns != max(1, state.time_ns):
        account.headroom_told_ns = max(1, state.time_ns)
        tell(state, outbox, NoticeKind.HEADROOM, Rule.FLOOR, refusal.index, refusal.value, refusal.limit)
    make_headroom(state, outbox)
