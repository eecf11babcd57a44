"""How an entry leaves: sized, asked at the gate, reserved, placed. Every entry goes through `enter`."""

from __future__ import annotations

from holdfast.engine.headroom import refuse_for_headroom
from holdfast.engine.notes import note, note_denial
from holdfast.engine.orders import KEPT_FREE, has_room, place, send
from holdfast.engine.trades import count_busy
from holdfast.model.commands import Outbox
from holdfast.model.enums import Denial, NoteKind, OrderType, Role, Rule, Scope, Severity
from holdfast.model.instrument import entry_quote
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import ORDERS
from holdfast.records import kernel
from holdfast.risk.caps import remember_order
from holdfast.risk.conduct import denied_until
from holdfast.risk.exposure import reserve_asked
from holdfast.risk.gate import check
from holdfast.risk.rules import deny
from holdfast.risk.trips import raise_trip


@kernel
def follow_denial(state: State, outbox: Outbox, denial: Denial) -> None:
    """What a refusal means beyond the entry: a floor is named, an instrument that nobody can price is blocked."""
    if denial == Denial.HEADROOM:
        refuse_for_headroom(state, outbox)
    elif denial == Denial.TICK_VALUE:
        raise_trip(
            state,
            outbox,
            Rule.TICK_VALUE,
            0,
            Scope.INSTRUMENT,
            state.ask.instrument_id,
            Severity.NO_NEW,
            state.refusal.value,
            state.refusal.limit,
        )


@kernel
def wait(state: State, trade: Trade) -> None:
    """A refused entry asks again after a while, or at the moment from which its rule lets it pass."""
    until_ns = denied_until(state, state.ask)
    trade.retry_at_ns = state.time_ns + state.mandates[trade.mandate_id].retry_ns
    if until_ns > 0:
        trade.retry_at_ns = until_ns
        trade.levels_at_ns = until_ns


@kernel
def ask_gate(
    state: State, outbox: Outbox, row: int, quantity: int, price: int, stop_price: int, replaces: int
) -> Denial:
    """Ask for one entry; a refusal is noted and the trade waits before it asks again."""
    trade = state.trades[row]
    ask = state.ask
    ask.trade_row = row
    ask.instrument_id = trade.instrument_id
    ask.side = trade.side
    ask.quantity = quantity
    ask.price = price
    ask.stop_price = stop_price
    ask.replaces = replaces
    denial = check(state, ask)
    if denial == Denial.NONE and replaces == 0 and not has_room(state):
        denial = deny(state, Denial.TABLE_FULL, state.account.working_orders, ORDERS - 1 - KEPT_FREE)
        state.denials[denial].count += 1
    if denial != Denial.NONE:
        note_denial(state, outbox, trade, price, quantity)
        follow_denial(state, outbox, denial)
        wait(state, trade)
    return denial


@kernel
def note_smaller(state: State, outbox: Outbox, row: int, index: int) -> None:
    """An entry is placed at less than was wanted: which limit it had to fit."""
    ask = state.ask
    if ask.allowed == ask.quantity:
        return
    trade = state.trades[row]
    made = note(state, outbox, trade, NoteKind.SHRUNK, state.refusal.denial, ask.price, ask.allowed)
    made.index = index
    made.value = state.refusal.value
    made.limit = state.refusal.limit


@kernel
def enter(
    state: State,
    outbox: Outbox,
    row: int,
    index: int,
    order_type: OrderType,
    price: int,
    quantity: int,
    stop_price: int,
    post_only: bool,
) -> int:
    """Place one entry if the gate lets it pass; returns the order's row, 0 when refused."""
    trade = state.trades[row]
    instrument = state.instruments[trade.instrument_id]
    judged = price if order_type == OrderType.LIMIT else entry_quote(instrument, trade.side)
    if ask_gate(state, outbox, row, quantity, judged, stop_price, 0) != Denial.NONE:
        return 0
    note_smaller(state, outbox, row, index)
    allowed = state.ask.allowed
    made = place(state, outbox, row, Role.ENTRY, index, order_type, price, allowed)
    order = state.orders[made]
    order.confirmed_price = judged
    order.stop_price = stop_price
    order.post_only = post_only and order_type == OrderType.LIMIT
    reserve_asked(state, order)
    level = trade.levels[index]
    level.order_row = made
    level.price = judged
    level.quantity = allowed
    state.account.entries_today += 1
    remember_order(state, state.mandates[trade.mandate_id].strategy_id, state.ask.notional)
    state.account.last_entry_ns = state.time_ns
    send(state, outbox, made)
    count_busy(state, row)
    return made
