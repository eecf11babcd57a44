"""Closing a trade: entries away, the stop stays until nothing is held, the rest at market."""

from __future__ import annotations

from holdfast.engine.notes import note
from holdfast.engine.orders import place, send
from holdfast.engine.trades import cancel_entries, cancel_targets, drop_trade
from holdfast.model.commands import Outbox
from holdfast.model.enums import Drop, Exit, NoteKind, OrderType, Phase, Role
from holdfast.model.instrument import exit_quote
from holdfast.model.order import Order
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import LEVELS
from holdfast.records import inlined, kernel


@kernel
def begin_exit(state: State, outbox: Outbox, row: int, reason: Exit, drop: Drop) -> None:
    """Close a trade for a reason; one that was never filled is dropped."""
    trade = state.trades[row]
    if trade.phase == Phase.IDLE or trade.phase == Phase.COOLDOWN or trade.phase == Phase.EXITING:
        return
    if trade.quantity == 0:
        drop_trade(state, outbox, row, drop)
        return
    if trade.exit == Exit.NONE:
        trade.exit = reason
    trade.phase = Phase.EXITING
    trade.retry_at_ns = 0  # a denied entry may wait, an exit does not
    note(
        state,
        outbox,
        trade,
        NoteKind.EXITING,
        trade.exit,
        exit_quote(state.instruments[trade.instrument_id], trade.side),
        trade.quantity,
    )
    cancel_entries(state, outbox, trade)
    cancel_targets(state, outbox, trade)
    continue_exit(state, outbox, row)


@kernel
def triggered_elsewhere(state: State, trade: Trade) -> bool:
    """Whether a stop is already closing this position: partly filled, so awake at the venue."""
    if trade.stop_order != 0 and state.orders[trade.stop_order].filled_quantity > 0:
        return True
    for i in range(LEVELS):
        row = trade.levels[i].stop_row
        if row != 0 and state.orders[row].filled_quantity > 0:
            return True
    return False


@kernel
def continue_exit(state: State, outbox: Outbox, row: int) -> None:
    """While something is held and nothing is closing it, close it at market."""
    trade = state.trades[row]
    if trade.phase != Phase.EXITING or trade.quantity == 0 or trade.exit_order != 0:
        return
    if triggered_elsewhere(state, trade) or state.time_ns < trade.retry_at_ns:
        return
    place_exit(state, outbox, row)


@kernel
def place_part(state: State, outbox: Outbox, row: int, quantity: int) -> None:
    """A reduce-only market order for some of what is held."""
    trade = state.trades[row]
    made = place(state, outbox, row, Role.EXIT, 0, OrderType.MARKET, 0, quantity)
    order: Order = state.orders[made]
    order.confirmed_price = exit_quote(state.instruments[trade.instrument_id], trade.side)
    trade.exit_order = made
    send(state, outbox, made)


@kernel
def place_exit(state: State, outbox: Outbox, row: int) -> None:
    """A reduce-only market order for what is held."""
    place_part(state, outbox, row, state.trades[row].quantity)


@kernel
def may_exit(state: State, trade: Trade) -> bool:
    """Whether a strategy's exit is obeyed yet; stops always are."""
    return trade.phase == Phase.OPEN and state.time_ns - trade.opened_at_ns >= trade.min_hold_ns


@inlined
def overstayed(state: State, trade: Trade) -> bool:
    """Whether the longest holding time has passed."""
    if trade.max_hold_ns == 0 or trade.phase != Phase.OPEN:
        return False
    if state.time_ns - trade.opened_at_ns < trade.max_hold_ns:
        return False
    if not state.mandates[trade.mandate_id].max_hold_losing_only:
        return True
    price = exit_quote(state.instruments[trade.instrument_id], trade.side)
    return trade.side * (price * trade.quantity - trade.entry_value) < 0
