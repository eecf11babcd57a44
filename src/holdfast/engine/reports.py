"""What the venue says about an order, moved along the one table; then its trade reacts."""

from __future__ import annotations

from holdfast.engine.exits import begin_exit, continue_exit, exit_failed
from holdfast.engine.fills import name_stop, on_fill, react_to_entry, react_to_exit
from holdfast.engine.ghosts import meet_ghost, remember_ended
from holdfast.engine.grids import hold_levels, hold_take_profit, part_closed
from holdfast.engine.ladder import hold_ladder
from holdfast.engine.notes import note
from holdfast.engine.obedience import observe
from holdfast.engine.orders import advance, forget_pointer, price_of, set_terms, unlink_order
from holdfast.engine.reduction import hold_budget
from holdfast.engine.setups import trade_budget, watch_entry
from holdfast.engine.stops import protect
from holdfast.engine.trades import count_busy, drop_trade, settle
from holdfast.model.commands import Outbox
from holdfast.model.enums import Drop, Exit, Kind, NoteKind, Phase, Role
from holdfast.model.events import OrderReport
from holdfast.model.order import WORKING, Order, OrderStatus, Step, quantity_held
from holdfast.model.state import State
from holdfast.records import kernel
from holdfast.risk.exposure import entry_price_of, reserve, update_open_risk


@kernel
def is_ours(state: State, report: OrderReport) -> bool:
    """Whether the row still belongs to the order that the report is about."""
    order = state.orders[report.order_row]
    return report.order_row > 0 and order.order_id == report.order_id and order.status != OrderStatus.FREE


@kernel
def on_order_report(state: State, outbox: Outbox, report: OrderReport) -> None:
    """The one door for everything that happens to an order after it was planned."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, report.time_ns)
    if not is_ours(state, report):
        if not meet_ghost(state, outbox, report):
            state.unknown_reports += 1
        observe(state, outbox)
        return
    order = state.orders[report.order_row]
    if report.step == Step.FILL or report.step == Step.COMPLETE:
        take_fill(state, outbox, report, order)
    elif report.step == Step.NONE and report.cancel_refused:
        refuse_cancel(state, order)
    elif report.step == Step.NONE:
        answer_amend(state, outbox, report, order)
    elif advance(state, order, report.step):
        if WORKING[order.status] == 0:
            end_order(state, outbox, report, order)
        elif report.step == Step.ACCEPT and order.role == Role.STOP:
            state.trades[order.trade_row].stop_refusals = 0
    observe(state, outbox)


@kernel
def take_fill(state: State, outbox: Outbox, report: OrderReport, order: Order) -> None:
    """A fill counts once; more than the order's rest, or a fill the table does not allow, is not ours to book."""
    left = quantity_held(order) - order.filled_quantity
    if report.fill_id <= order.last_fill_id or report.quantity <= 0 or report.quantity > left:
        state.unknown_reports += 1
        return
    if order.reduce_only and report.quantity > state.trades[order.trade_row].quantity:
        state.unknown_reports += 1
        return
    complete = report.step == Step.COMPLETE or (report.quantity == left and order.amends_pending == 0)
    if not advance(state, order, Step.COMPLETE if complete else Step.FILL):
        return
    filled = order.filled_quantity + report.quantity
    order.quantity = filled if complete else max(order.quantity, filled)
    row = order.trade_row
    role = order.role
    index = order.index
    alone = is_alone(state, report.order_row)
    changing = role == Role.ENTRY and (order.cancel_pending or order.amends_pending > 0)
    budget = trade_budget(state, state.trades[row]) if changing else 0  # before its own fee and price count
    on_fill(state, outbox, report)
    trade = state.trades[row]
    if role == Role.STOP and (not alone or trade.quantity == 0) and trade.exit == Exit.NONE:
        trade.exit = name_stop(trade)
    if complete:
        trade.levels[index].done = trade.levels[index].done or role == Role.ENTRY
        forget_pointer(state, trade, report.order_row)
        unlink_order(state, report.order_row)
    if role == Role.ENTRY:
        react_to_entry(state, outbox, row)
        if changing:
            hold_budget(state, outbox, row, budget)
    else:
        react_to_exit(state, outbox, row, role, index, alone)
    update_open_risk(state, trade)
    count_busy(state, row)


@kernel
def is_alone(state: State, order_row: int) -> bool:
    """Whether an order closes one grid level by itself."""
    order = state.orders[order_row]
    if order.role != Role.STOP and order.role != Role.TARGET:
        return False
    level = state.trades[order.trade_row].levels[order.index]
    return level.exit_row == order_row or level.stop_row == order_row


@kernel
def refuse_cancel(state: State, order: Order) -> None:
    """The venue would not end an order. It stays as it is, still unwanted: asked again with the next price or tick of
    the clock, not at once, since a venue that refuses now will refuse now."""
    if not order.cancel_pending or order.cancel_refused:
        state.unknown_reports += 1
        return
    order.cancel_refused = True
    state.trades[order.trade_row].cancel_again = True


@kernel
def answer_amend(state: State, outbox: Outbox, report: OrderReport, order: Order) -> None:
    """An amend was confirmed or refused. Once nothing is on its way, the terms that the venue told are the order's."""
    if order.amends_pending == 0 or report.amended == report.amend_refused:
        state.unknown_reports += 1
        return
    quantity = quantity_held(order)
    price = entry_price_of(order)
    order.amends_pending -= 1
    if report.quantity > 0:
        order.confirmed_quantity = report.quantity
        order.confirmed_price = report.price if report.price > 0 else order.confirmed_price
    elif report.amended and order.amends_pending == 0:
        order.confirmed_quantity = order.quantity
        order.confirmed_price = price_of(order)
    if order.amends_pending == 0:
        set_terms(order, order.confirmed_price, max(order.confirmed_quantity, order.filled_quantity))
    if quantity_held(order) != quantity or entry_price_of(order) != price:
        reserve(state, order)  # else it is what was reserved when the amend was asked for
    if report.lost:
        ask_afresh(state, outbox, order.trade_row)
    elif order.role == Role.STOP:
        stop_answered(state, outbox, report, order)
    if order.role == Role.STOP:
        update_open_risk(state, state.trades[order.trade_row])


@kernel
def ask_afresh(state: State, outbox: Outbox, row: int) -> None:
    """A change of one of a trade's orders never reached the venue: stop, targets and entries as they are wanted now."""
    trade = state.trades[row]
    if trade.phase == Phase.OPEN and trade.quantity > 0:
        protect(state, outbox, row)
        if trade.kind == Kind.GRID:
            hold_take_profit(state, outbox, row)
        else:
            hold_ladder(state, outbox, row)
    if trade.kind == Kind.GRID and (trade.phase == Phase.ENTERING or trade.phase == Phase.OPEN):
        hold_levels(state, outbox, row)
    elif trade.phase == Phase.ENTERING and trade.quantity == 0:
        state.orders[trade.levels[0].order_row].sized_at_equity = 0
        watch_entry(state, outbox, row)
    elif trade.phase == Phase.EXITING:
        protect(state, outbox, row)


@kernel
def stop_answered(state: State, outbox: Outbox, report: OrderReport, order: Order) -> None:
    """A stop that kept its old terms is asked again once; where it then covers too little, the trade is closed."""
    trade = state.trades[order.trade_row]
    if report.amended or trade.quantity == 0 or trade.phase != Phase.OPEN:
        trade.stop_refusals = 0 if report.amended else trade.stop_refusals
        return
    level = trade.levels[order.index]
    wanted = level.open_quantity if level.stop_row == report.order_row else trade.quantity
    trade.stop_refusals += 1
    if trade.stop_refusals == 1:
        protect(state, outbox, order.trade_row)
    elif order.amends_pending == 0 and order.quantity - order.filled_quantity < wanted:
        begin_exit(state, outbox, order.trade_row, Exit.STOP_LOSS, Drop.NONE)


@kernel
def end_order(state: State, outbox: Outbox, report: OrderReport, order: Order) -> None:
    """An order is over without its last fill: canceled, expired, rejected, absent."""
    row = order.trade_row
    trade = state.trades[row]
    role = order.role
    status = order.status
    refused = status == OrderStatus.REJECTED
    never = status == OrderStatus.EXPIRED_UNSENT or status == OrderStatus.ABSENT
    unfilled = order.filled_quantity == 0
    taken_back = order.cancel_pending and not refused
    if order.role == Role.ENTRY and order.filled_quantity > 0:
        trade.levels[order.index].done = True
    if role == Role.ENTRY and (refused or never):
        remember_ended(state, order)
    if status == OrderStatus.REJECTED:
        note(state, outbox, trade, NoteKind.REJECTED, report.reason, order.confirmed_price, order.quantity)
    forget_pointer(state, trade, report.order_row)
    unlink_order(state, report.order_row)
    count_busy(state, row)
    update_open_risk(state, trade)
    if trade.phase == Phase.COOLDOWN:
        settle(state, row)
    elif role == Role.ENTRY and never:
        entry_never_was(state, outbox, row, status)
    elif role == Role.ENTRY:
        entry_ended(state, outbox, row, refused)
    elif role == Role.STOP:
        stop_ended(state, outbox, row, refused)
    elif trade.phase == Phase.EXITING:
        if role == Role.EXIT and (refused or unfilled) and not never:
            exit_failed(state, trade)
        continue_exit(state, outbox, row)
    elif (
        trade.kind == Kind.SETUP
        and (taken_back or never)
        and trade.phase == Phase.OPEN
        and trade.quantity > 0
    ):
        hold_ladder(state, outbox, row)  # a window may have ended before its cancel was confirmed
    elif trade.kind == Kind.GRID and trade.quantity > 0 and not refused:
        part_closed(state, outbox, row)


@kernel
def entry_never_was(state: State, outbox: Outbox, row: int, status: OrderStatus) -> None:
    """The venue never had an entry. What was wanted is decided afresh, at the prices of now: at once where that has
    been proved, with the next price where it was held back before it left: the reason may still be there."""
    trade = state.trades[row]
    if trade.phase == Phase.EXITING:
        continue_exit(state, outbox, row)
    elif trade.kind == Kind.GRID and (trade.phase == Phase.ENTERING or trade.phase == Phase.OPEN):
        if status == OrderStatus.ABSENT:
            hold_levels(state, outbox, row)
        elif trade.levels_at_ns == 0:
            trade.levels_at_ns = state.time_ns
    elif trade.kind == Kind.SETUP and trade.quantity == 0 and status == OrderStatus.ABSENT:
        watch_entry(state, outbox, row)


@kernel
def entry_ended(state: State, outbox: Outbox, row: int, refused: bool) -> None:
    """A setup without an entry goes back to the queue; refused by the venue, it is dropped."""
    trade = state.trades[row]
    if trade.phase == Phase.EXITING:
        continue_exit(state, outbox, row)  # a flatten may have waited for it
    if trade.kind != Kind.SETUP or trade.quantity > 0 or trade.phase != Phase.ENTERING:
        return
    if refused:
        drop_trade(state, outbox, row, Drop.REJECTED)
    else:
        watch_entry(state, outbox, row)


@kernel
def cover_rest(state: State, outbox: Outbox, row: int) -> None:
    """An entry has filled after the exit had left, and the venue took the stop away: what the exit leaves needs one."""
    trade = state.trades[row]
    order = state.orders[trade.exit_order]
    if order.quantity - order.filled_quantity < trade.quantity:
        protect(state, outbox, row)


@kernel
def stop_ended(state: State, outbox: Outbox, row: int, refused: bool) -> None:
    """A position without the stop it needs: asked for once more, then the trade is closed."""
    trade = state.trades[row]
    if trade.quantity == 0:
        return
    trade.stop_refusals += 1 if refused else 0
    if trade.phase == Phase.EXITING:
        continue_exit(state, outbox, row)
        if trade.exit_order != 0 and not refused:
            cover_rest(state, outbox, row)
    elif trade.stop_refusals > 1:
        begin_exit(state, outbox, row, Exit.STOP_LOSS, Drop.NONE)
    else:
        protect(state, outbox, row)
