"""The order table: rows are claimed, linked to their instrument, changed by commands, and released."""

from __future__ import annotations

from holdfast.model.commands import Outbox
from holdfast.model.enums import CommandClass, CommandKind, Kind, NoticeKind, OrderType, Role, Rule
from holdfast.model.order import Order, OrderStatus, Step, next_status
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import COMMANDS, INSTRUMENTS, ORDERS
from holdfast.records import clear_record, kernel
from holdfast.risk.conduct import quota
from holdfast.risk.exposure import release
from holdfast.risk.notices import tell

KEPT_FREE = 4 * INSTRUMENTS  # a stop and an exit for either side of every instrument


@kernel
def has_room(state: State) -> bool:
    """Whether an entry or target fits into the table, with the rows kept free that protection may need."""
    return state.account.working_orders < ORDERS - 1 - KEPT_FREE


@kernel
def claim_order(state: State) -> int:
    """A free row; there must be room."""
    row = state.free_order
    if row != 0:
        state.free_order = state.orders[row].next
    else:
        assert state.order_watermark < ORDERS - 1
        state.order_watermark += 1
        row = state.order_watermark
    clear_record(state.orders[row])
    return row


@kernel
def link_order(state: State, row: int) -> None:
    """Put an order at the end of its instrument's list."""
    order = state.orders[row]
    instrument = state.instruments[order.instrument_id]
    order.previous = instrument.last_order
    if instrument.last_order != 0:
        state.orders[instrument.last_order].next = row
    else:
        instrument.first_order = row
    instrument.last_order = row
    instrument.order_count += 1
    state.account.working_orders += 1
    state.trades[order.trade_row].order_count += 1


@kernel
def unlink_order(state: State, row: int) -> None:
    """Take an order out of the lists and give its row back."""
    order = state.orders[row]
    instrument = state.instruments[order.instrument_id]
    if order.previous != 0:
        state.orders[order.previous].next = order.next
    else:
        instrument.first_order = order.next
    if order.next != 0:
        state.orders[order.next].previous = order.previous
    else:
        instrument.last_order = order.previous
    instrument.order_count -= 1
    state.account.working_orders -= 1
    state.trades[order.trade_row].order_count -= 1
    release(state, order)
    order.status = OrderStatus.FREE
    order.previous = 0
    order.next = state.free_order
    state.free_order = row


@kernel
def count_request(state: State, outbox: Outbox) -> None:
    """Every message to the venue counts, and none is refused here: cancels, stops and exits always leave (RR-21)."""
    account = state.account
    account.requests_today += 1
    warned = quota(state, state.guard.request_warn)
    if account.requests_today == warned:
        tell(state, outbox, NoticeKind.WARNED, Rule.QUOTA, 0, warned, state.guard.requests_per_day)


@kernel
def emit(state: State, outbox: Outbox, kind: CommandKind, command_class: CommandClass, row: int) -> None:
    """Write one command about an order."""
    assert outbox.command_count < COMMANDS
    count_request(state, outbox)
    order = state.orders[row]
    command = outbox.commands[outbox.command_count]
    outbox.command_count += 1
    command.kind = kind
    command.command_class = command_class
    command.order_row = row
    command.order_id = order.order_id
    command.epoch = order.epoch
    command.instrument_id = order.instrument_id
    command.position_side = state.trades[order.trade_row].side
    command.side = order.side
    command.order_type = order.order_type
    command.limit_price = order.limit_price
    command.trigger_price = order.trigger_price
    command.stop_price = order.stop_price
    command.quantity = order.quantity
    command.post_only = order.post_only
    command.reduce_only = order.reduce_only
    command.immediate = order.immediate


@kernel
def place(
    state: State,
    outbox: Outbox,
    trade_row: int,
    role: Role,
    index: int,
    order_type: OrderType,
    price: int,
    quantity: int,
) -> int:
    """Plan a new order and command it; returns its row. The caller has asked the gate if it increases exposure."""
    assert quantity > 0
    trade = state.trades[trade_row]
    row = claim_order(state)
    order = state.orders[row]
    state.next_order_id += 1
    order.order_id = state.next_order_id
    order.epoch = state.epoch
    order.status = OrderStatus.PLANNED
    order.instrument_id = trade.instrument_id
    order.trade_row = trade_row
    order.role = role
    order.index = index
    order.side = trade.side if role == Role.ENTRY else -trade.side
    order.order_type = order_type
    order.limit_price = price if order_type == OrderType.LIMIT else 0
    order.trigger_price = price if order_type == OrderType.STOP else 0
    order.confirmed_price = price
    order.quantity = quantity
    order.reduce_only = role != Role.ENTRY
    order.created_at_ns = state.time_ns
    order.sized_at_equity = state.account.equity
    link_order(state, row)
    state.placed_count += 1
    return row


@kernel
def send(state: State, outbox: Outbox, row: int) -> None:
    """Command the placing of a planned order, once its details are complete."""
    increase = state.orders[row].role == Role.ENTRY
    emit(state, outbox, CommandKind.PLACE, CommandClass.INCREASE if increase else CommandClass.REDUCE, row)


@kernel
def price_of(order: Order) -> int:
    """The price that the order rests at: limit or trigger."""
    return order.limit_price if order.order_type == OrderType.LIMIT else order.trigger_price


@kernel
def set_terms(order: Order, price: int, quantity: int) -> None:
    """Price, limit or trigger, and total quantity."""
    if order.order_type == OrderType.LIMIT:
        order.limit_price = price
    else:
        order.trigger_price = price
    order.quantity = quantity


@kernel
def amend(state: State, outbox: Outbox, row: int, price: int, quantity: int) -> bool:
    """Change price and total quantity. Nothing changed, or a cancel on its way: nothing sent."""
    order = state.orders[row]
    if order.cancel_pending or (price == price_of(order) and quantity == order.quantity):
        return False
    if quantity <= order.filled_quantity:
        return False
    if order.amends_pending == 0:
        order.confirmed_price = price_of(order)
        order.confirmed_quantity = order.quantity
    grows = quantity > order.quantity
    set_terms(order, price, quantity)
    order.amends_pending += 1
    increase = order.role == Role.ENTRY and grows
    emit(state, outbox, CommandKind.AMEND, CommandClass.INCREASE if increase else CommandClass.SET, row)
    state.amended_count += 1
    return True


@kernel
def cancel(state: State, outbox: Outbox, row: int) -> None:
    """Ask for the end of an order; its row lives until the venue confirms."""
    order = state.orders[row]
    if row == 0 or order.cancel_pending:
        return
    order.cancel_pending = True
    emit(state, outbox, CommandKind.CANCEL, CommandClass.SET, row)
    state.canceled_count += 1


@kernel
def cancel_again(state: State, outbox: Outbox, trade_row: int) -> None:
    """Ask once more for the end of every order of a trade that the venue would not end."""
    trade = state.trades[trade_row]
    trade.cancel_again = False
    row = state.instruments[trade.instrument_id].first_order
    for _ in range(ORDERS):
        if row == 0:
            break
        order = state.orders[row]
        if order.trade_row == trade_row and order.cancel_refused:
            order.cancel_refused = False
            emit(state, outbox, CommandKind.CANCEL, CommandClass.SET, row)
            state.canceled_count += 1
        row = order.next


@kernel
def advance(state: State, order: Order, step: Step) -> bool:
    """Move an order along the table; False (and counted) where the table does not allow the step."""
    status = next_status(order.status, step)
    if status == OrderStatus.FREE:
        state.unknown_reports += 1
        return False
    order.status = status  # type: ignore[assignment] # the table holds the members' numbers
    return True


@kernel
def forget_pointer(state: State, trade: Trade, row: int) -> None:
    """The owner lets go of an order that is over."""
    order = state.orders[row]
    if order.role == Role.ENTRY:
        trade.levels[order.index].order_row = 0
    elif order.role == Role.EXIT:
        trade.exit_order = 0
    elif order.role == Role.STOP:
        if trade.stop_order == row:
            trade.stop_order = 0
        elif trade.levels[order.index].stop_row == row:
            trade.levels[order.index].stop_row = 0
    elif trade.legs[order.index].order_row == row:
        trade.legs[order.index].order_row = 0
        trade.watch_legs = trade.kind == Kind.SETUP
    elif trade.levels[order.index].exit_row == row:
        trade.levels[order.index].exit_row = 0
