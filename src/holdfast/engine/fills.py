"""A fill: booked once, to the trade, the instrument and the account, then the trade reacts."""

from __future__ import annotations

from holdfast.engine.exits import begin_exit, continue_exit, leave, stopping
from holdfast.engine.grids import level_filled, part_closed
from holdfast.engine.ladder import hold_ladder, leg_filled
from holdfast.engine.notes import note
from holdfast.engine.reduction import after_reduction
from holdfast.engine.stops import hold_stop, protect
from holdfast.engine.trades import begin_again, cancel_entries, cancel_targets, close_trade, count_busy
from holdfast.model.arithmetic import mul_div
from holdfast.model.commands import Outbox
from holdfast.model.enums import Drop, Exit, Kind, NoteKind, OrderType, Phase, Role, StopMove
from holdfast.model.events import OrderReport
from holdfast.model.instrument import Instrument, worth
from holdfast.model.order import Order
from holdfast.model.state import State
from holdfast.model.trade import Trade, trade_slot
from holdfast.model.units import LEVELS
from holdfast.records import kernel
from holdfast.risk.days import count_opening
from holdfast.risk.exposure import reserve, update_open_risk
from holdfast.risk.marks import mark
from holdfast.risk.purses import attribute
from holdfast.risk.streaks import count_execution


@kernel
def book_entry(state: State, trade: Trade, quantity: int, price: int) -> None:
    """A quantity joins a trade and its side of the instrument."""
    instrument = state.instruments[trade.instrument_id]
    position = instrument.positions[0 if trade.side > 0 else 1]
    trade.worst_price = 0
    trade.finest_price = 0
    trade.quantity += quantity
    trade.entry_quantity += quantity
    trade.entry_value += quantity * price
    trade.entry_total += quantity * price
    trade.quantity_high = max(trade.quantity_high, trade.quantity)
    position.owner = trade.mandate_id
    position.quantity += quantity
    position.entry_value += quantity * price


@kernel
def book_exit(state: State, trade: Trade, quantity: int, price: int) -> int:
    """A quantity leaves a trade at a price; returns the realized profit, gross, converted at this price."""
    assert quantity > 0
    assert quantity <= trade.quantity
    instrument = state.instruments[trade.instrument_id]
    position = instrument.positions[0 if trade.side > 0 else 1]
    released = mul_div(trade.entry_value, quantity, trade.quantity)
    realized = worth(instrument.contract, trade.side * (quantity * price - released), price)
    trade.worst_price = 0
    trade.finest_price = 0
    trade.entry_value -= released
    trade.carry = mul_div(trade.carry, trade.quantity - quantity, trade.quantity)
    trade.quantity -= quantity
    trade.exit_total += quantity * price
    trade.realized_pnl += realized
    position.quantity -= quantity
    position.entry_value -= released
    instrument.realized_pnl += realized
    state.account.realized_pnl += realized
    state.account.balance += realized
    attribute(state, trade.mandate_id, realized)
    return realized


@kernel
def book_fee(state: State, instrument: Instrument, trade: Trade, fee: int) -> None:
    """What the venue charged."""
    trade.fees += fee
    instrument.fees += fee
    state.account.fees += fee
    state.account.balance -= fee
    attribute(state, trade.mandate_id, -fee)


@kernel
def book_slippage(instrument: Instrument, trade: Trade, order: Order, report: OrderReport) -> None:
    """Money lost against the price that was asked for: limit, trigger, or the quote at the decision."""
    asked = order.confirmed_price
    if order.order_type == OrderType.LIMIT:
        asked = order.limit_price
    elif order.order_type == OrderType.STOP:
        asked = order.trigger_price
    if asked > 0:
        worse = order.side * (report.price - asked) * report.quantity
        trade.slippage += worth(instrument.contract, worse, report.price)


@kernel
def on_fill(state: State, outbox: Outbox, report: OrderReport) -> None:
    """Book one execution of one of our orders and let its trade react."""
    order = state.orders[report.order_row]
    trade_row = order.trade_row
    trade = state.trades[trade_row]
    instrument = state.instruments[order.instrument_id]
    order.last_fill_id = report.fill_id
    order.filled_quantity += report.quantity
    order.filled_value += report.quantity * report.price
    state.fill_count += 1
    instrument.fill_count += 1
    book_slippage(instrument, trade, order, report)
    if order.role == Role.ENTRY:
        fill_entry(state, outbox, trade_row, order, report)
    else:
        fill_exit(state, outbox, trade_row, order, report)
    mark(state, instrument)
    update_open_risk(state, trade)
    count_busy(state, trade_row)
    state.judge_due = True


@kernel
def take_from_levels(trade: Trade, quantity: int) -> None:
    """A common exit closes the deepest levels first, and last those that have an exit of their own."""
    left = quantity
    for turn in range(2):
        for i in range(LEVELS - 1, -1, -1):
            if turn == 1 or trade.levels[i].exit_row == 0:
                part = min(left, trade.levels[i].open_quantity)
                trade.levels[i].open_quantity -= part
                left -= part


@kernel
def fill_entry(state: State, outbox: Outbox, row: int, order: Order, report: OrderReport) -> None:
    """An entry: on a netting account it first closes what the other side may still hold."""
    trade = state.trades[row]
    instrument = state.instruments[trade.instrument_id]
    other_row = trade_slot(trade.mandate_id, -trade.side)
    other = state.trades[other_row]
    netted = 0
    if not state.account.hedging and other.quantity > 0:
        netted = min(other.quantity, report.quantity)
        book_exit(state, other, netted, report.price)
        take_from_levels(other, netted)
    closing = mul_div(report.fee, netted, report.quantity)  # the fee of what was netted is the other trade's
    book_fee(state, instrument, other, closing)
    if trade.phase == Phase.COOLDOWN and trade.entry_quantity > 0:
        begin_again(state, trade)
    level = trade.levels[order.index]
    level.filled_quantity += report.quantity
    level.filled_value += report.quantity * report.price
    level.filled_at_ns = report.time_ns
    book_fee(state, instrument, trade, report.fee - closing)
    trade.entry_fees += report.fee - closing
    trade.entry_count += 1
    if report.quantity > netted:
        level.open_quantity += report.quantity - netted
        book_entry(state, trade, report.quantity - netted, report.price)
    reserve(state, order)
    if netted > 0:
        after_netting(state, outbox, other_row)
        mark(state, instrument)


@kernel
def after_netting(state: State, outbox: Outbox, row: int) -> None:
    """The other side lost part of its position to our own entry."""
    trade = state.trades[row]
    update_open_risk(state, trade)
    count_busy(state, row)
    if trade.quantity == 0:
        trade.exit = Exit.NETTED if trade.exit == Exit.NONE else trade.exit
        close_trade(state, outbox, row)
    elif trade.kind == Kind.GRID and trade.phase == Phase.OPEN:
        part_closed(state, outbox, row)
    else:
        protect(state, outbox, row)


@kernel
def fill_exit(state: State, outbox: Outbox, row: int, order: Order, report: OrderReport) -> None:
    """A stop, target or market exit took part of the position away."""
    trade = state.trades[row]
    instrument = state.instruments[trade.instrument_id]
    realized = book_exit(state, trade, report.quantity, report.price)
    book_fee(state, instrument, trade, report.fee)
    alone = False
    if order.role == Role.EXIT and trade.phase == Phase.OPEN:
        trade.reduced_quantity += report.quantity
    if trade.kind == Kind.GRID:
        alone = close_levels(state, trade, order, report)
    if order.role == Role.TARGET and not alone:
        leg = trade.legs[order.index]
        leg.filled_quantity += report.quantity
        leg.filled_value += report.quantity * report.price
        leg.filled_at_ns = report.time_ns
        leg.realized_pnl += realized


@kernel
def close_levels(state: State, trade: Trade, order: Order, report: OrderReport) -> bool:
    """Which levels an exit belongs to: its own, else the deepest first. True where a level closed alone."""
    level = trade.levels[order.index]
    own = state.orders[report.order_row].role != Role.EXIT and (
        level.exit_row == report.order_row or level.stop_row == report.order_row
    )
    left = report.quantity
    if own:
        left -= min(left, level.open_quantity)
        level.open_quantity -= min(report.quantity, level.open_quantity)
    take_from_levels(trade, left)
    return own


@kernel
def name_stop(trade: Trade) -> Exit:
    """What a filled stop is called: by the last move of its price."""
    if trade.moved == StopMove.TRAIL or trade.moved == StopMove.ENTRY_PLUS:
        return Exit.TRAILING_STOP
    if trade.moved == StopMove.PREVIOUS_TARGET_PLUS:
        return Exit.TRAILING_STOP
    if trade.moved == StopMove.BREAK_EVEN:
        return Exit.BREAK_EVEN
    return Exit.STOP_LOSS


@kernel
def react_to_entry(state: State, outbox: Outbox, row: int) -> None:
    """The position has grown: stop first, then targets."""
    trade = state.trades[row]
    if trade.quantity == 0:
        return
    if trade.phase == Phase.EXITING:
        if stopping(state, trade) == 0:
            protect(state, outbox, row)
        continue_exit(state, outbox, row)
        return
    if trade.opened_at_ns == 0:
        trade.opened_at_ns = state.time_ns
        count_opening(state, trade)
        count_execution(state, outbox, trade)
        note(
            state,
            outbox,
            trade,
            NoteKind.ENTERED,
            0,
            trade.entry_total // trade.entry_quantity,
            trade.quantity,
        )
    late = trade.drop
    trade.phase = Phase.OPEN
    trade.drop = Drop.NONE
    if trade.kind == Kind.GRID:
        level_filled(state, outbox, row)
    else:
        hold_stop(state, outbox, row)
        hold_ladder(state, outbox, row)
    if trade.initial_risk == 0 or trade.kind == Kind.GRID:
        trade.initial_risk = max(trade.initial_risk, trade.open_risk)
    if late != Drop.NONE:  # filled while its cancel was on the way: adopted, protected, and closed again
        begin_exit(state, outbox, row, Exit.EXIT_SIGNAL, Drop.NONE)


@kernel
def react_to_exit(state: State, outbox: Outbox, row: int, role: Role, index: int, alone: bool) -> None:
    """The position has shrunk."""
    trade = state.trades[row]
    if trade.quantity == 0:
        close_trade(state, outbox, row)
        return
    if trade.phase == Phase.EXITING:
        continue_exit(state, outbox, row)
    elif role == Role.STOP and not alone:
        leave(state, trade)
        cancel_entries(state, outbox, trade)
        cancel_targets(state, outbox, trade)
        continue_exit(state, outbox, row)
    elif trade.kind == Kind.GRID or role == Role.EXIT:
        after_reduction(state, outbox, row)
    elif role == Role.TARGET:
        leg_filled(state, outbox, row, index)
