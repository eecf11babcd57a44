"""Trades begin, are counted, and end."""

from __future__ import annotations

from holdfast.engine.notes import note, write_closed
from holdfast.engine.orders import cancel
from holdfast.model.arithmetic import mul_div
from holdfast.model.commands import Outbox
from holdfast.model.enums import Drop, Exit, Kind, NoteKind, Phase, StopMove
from holdfast.model.events import Plan
from holdfast.model.instrument import notional_of
from holdfast.model.mandate import Mandate
from holdfast.model.state import State
from holdfast.model.trade import Trade, trade_slot
from holdfast.model.units import LEVELS, RATE, RUNGS
from holdfast.records import clear_record, kernel
from holdfast.risk.days import count_result
from holdfast.risk.exposure import count_member
from holdfast.risk.idea import remember_loss
from holdfast.risk.rules import is_busy
from holdfast.risk.streaks import count_end


@kernel
def link_trade(state: State, row: int) -> None:
    """Put a trade into its instrument's list and make its strategy the owner of the side."""
    trade = state.trades[row]
    instrument = state.instruments[trade.instrument_id]
    trade.previous = 0
    trade.next = instrument.first_trade
    if instrument.first_trade != 0:
        state.trades[instrument.first_trade].previous = row
    instrument.first_trade = row
    if trade.side > 0:
        instrument.long_owner = trade.mandate_id
    else:
        instrument.short_owner = trade.mandate_id


@kernel
def unlink_trade(state: State, row: int) -> None:
    """Take a trade out of its instrument's list."""
    trade = state.trades[row]
    instrument = state.instruments[trade.instrument_id]
    if trade.previous != 0:
        state.trades[trade.previous].next = trade.next
    else:
        instrument.first_trade = trade.next
    if trade.next != 0:
        state.trades[trade.next].previous = trade.previous
    if trade.side > 0:
        instrument.long_owner = 0
    else:
        instrument.short_owner = 0


@kernel
def claim_slot(state: State, mandate_id: int, side: int) -> int:
    """A slot begins a trade with the mandate's parameters, which it keeps to its end; returns the row."""
    mandate = state.mandates[mandate_id]
    row = trade_slot(mandate_id, side)
    trade = state.trades[row]
    clear_record(trade)
    state.trade_watermark = max(state.trade_watermark, row)
    state.next_trade_id += 1
    trade.trade_id = state.next_trade_id
    trade.mandate_id = mandate_id
    trade.instrument_id = mandate.instrument_id
    trade.kind = mandate.kind
    trade.side = side
    trade.phase = Phase.ARMED
    trade.score = RATE
    trade.armed_at_ns = state.time_ns
    trade.min_hold_ns = mandate.min_hold_ns
    trade.max_hold_ns = mandate.max_hold_ns
    trade.stop_rate = mandate.stop_rate
    trade.stop_per_level = mandate.stop_per_level
    trade.min_profit = mandate.min_profit
    link_trade(state, row)
    return row


@kernel
def start_trade(state: State, outbox: Outbox, mandate_id: int, side: int, plan: Plan) -> int:
    """Arm a slot with what the plan wants; returns the row."""
    row = claim_slot(state, mandate_id, side)
    trade = state.trades[row]
    trade.tag = plan.tag
    trade.score = plan.score if plan.score > 0 else trade.score
    trade.trail_distance = plan.trail_distance
    trade.min_hold_ns = plan.min_hold_ns if plan.min_hold_ns > 0 else trade.min_hold_ns
    trade.max_hold_ns = plan.max_hold_ns if plan.max_hold_ns > 0 else trade.max_hold_ns
    trade.min_profit = plan.min_profit if plan.min_profit > 0 else trade.min_profit
    note(state, outbox, trade, NoteKind.ARMED, 0, plan.entry_price, 0)
    return row


@kernel
def begin_again(state: State, trade: Trade) -> None:
    """An entry fills after its trade has closed: a trade of its own, with its own story; nobody wants it any more."""
    state.next_trade_id += 1
    trade.trade_id = state.next_trade_id
    trade.drop = Drop.WITHDRAWN
    trade.exit = Exit.NONE
    trade.moved = StopMove.NONE
    trade.stage = 0
    trade.best_price = 0
    trade.initial_stop_price = 0
    trade.entry_quantity = 0
    trade.reduced_quantity = 0
    trade.entry_total = 0
    trade.exit_total = 0
    trade.quantity_high = 0
    trade.entry_count = 0
    trade.realized_pnl = 0
    trade.fees = 0
    trade.entry_fees = 0
    trade.funding = 0
    trade.rollover = 0
    trade.slippage = 0
    trade.initial_risk = 0
    trade.worst_pnl = 0
    trade.best_pnl = 0
    trade.opened_at_ns = 0
    trade.exit_due = Exit.NONE
    trade.exit_refusals = 0


@kernel
def count_busy(state: State, row: int) -> None:
    """Keep the number of trades that hold or may soon hold a position."""
    trade = state.trades[row]
    holds = trade.quantity > 0
    if holds != trade.holds:
        trade.holds = holds
        state.account.open_trades += 1 if holds else -1
    busy = is_busy(state, row)
    if busy == trade.busy:
        return
    change = 1 if busy else -1
    trade.busy = busy
    state.account.busy_trades += change
    count_member(state, state.instruments[trade.instrument_id], trade.side, change)


@kernel
def cancel_entries(state: State, outbox: Outbox, trade: Trade) -> None:
    """Ask for the end of every entry at work."""
    for i in range(LEVELS):
        cancel(state, outbox, trade.levels[i].order_row)


@kernel
def cancel_targets(state: State, outbox: Outbox, trade: Trade) -> None:
    """Ask for the end of every resting take-profit."""
    for i in range(RUNGS):
        cancel(state, outbox, trade.legs[i].order_row)
    for i in range(LEVELS):
        cancel(state, outbox, trade.levels[i].exit_row)


@kernel
def cancel_stops(state: State, outbox: Outbox, trade: Trade) -> None:
    """Ask for the end of every protective stop: only for a trade that holds nothing."""
    cancel(state, outbox, trade.stop_order)
    for i in range(LEVELS):
        cancel(state, outbox, trade.levels[i].stop_row)


@kernel
def cancel_all(state: State, outbox: Outbox, trade: Trade) -> None:
    """Nothing of this trade is to stay at work."""
    cancel_entries(state, outbox, trade)
    cancel_targets(state, outbox, trade)
    cancel_stops(state, outbox, trade)
    cancel(state, outbox, trade.exit_order)


@kernel
def drop_trade(state: State, outbox: Outbox, row: int, reason: Drop) -> None:
    """End a trade that was never filled; what is at work is cancelled."""
    trade = state.trades[row]
    assert trade.quantity == 0
    trade.drop = reason
    trade.phase = Phase.COOLDOWN
    state.dropped_count += 1
    note(state, outbox, trade, NoteKind.DROPPED, reason, trade.entry_price, 0)
    cancel_all(state, outbox, trade)
    settle(state, row)


@kernel
def settle(state: State, row: int) -> None:
    """From cool-down to idle: no order is left and its time has passed."""
    trade = state.trades[row]
    if trade.phase != Phase.COOLDOWN or trade.order_count > 0:
        return
    if trade.entry_quantity > 0 and state.time_ns < state.mandates[trade.mandate_id].cooldown_until_ns:
        return
    unlink_trade(state, row)
    trade.phase = Phase.IDLE


@kernel
def cycle_margin(trade: Trade, mandate: Mandate, notional: int) -> int:
    """Money tied up at the trade's entry, by its leverage: what "return on margin" is measured against."""
    leverage = mandate.leverage if trade.kind == Kind.GRID and mandate.leverage > 0 else RATE
    return mul_div(notional, RATE, leverage)


@kernel
def close_trade(state: State, outbox: Outbox, row: int) -> None:
    """The last part has closed: tell the story, cancel what rests, start the cool-down."""
    trade = state.trades[row]
    mandate = state.mandates[trade.mandate_id]
    contract = state.instruments[trade.instrument_id].contract
    if trade.exit == Exit.NONE:
        trade.exit = Exit.TAKE_PROFIT
    notional = notional_of(contract, trade.entry_total // trade.entry_quantity, trade.quantity_high)
    count_result(state, trade)
    remember_loss(state, trade)
    count_end(state, outbox, trade)
    write_closed(state, outbox, trade, notional, cycle_margin(trade, mandate, notional))
    note(state, outbox, trade, NoteKind.CLOSED, trade.exit, 0, trade.entry_quantity)
    state.closed_count += 1
    trade.phase = Phase.COOLDOWN
    mandate.cooldown_until_ns = state.time_ns + mandate.cooldown_ns
    cancel_all(state, outbox, trade)
    settle(state, row)
