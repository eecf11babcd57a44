"""What the core tells people: one row for each fact."""

from __future__ import annotations

from holdfast.model.commands import ClosedTrade, Note, Outbox
from holdfast.model.enums import NoteKind
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import CLOSED, NOTES
from holdfast.records import clear_record, kernel


@kernel
def note(
    state: State, outbox: Outbox, trade: Trade, kind: NoteKind, reason: int, price: int, quantity: int
) -> Note:
    """Write a note about a trade; the caller may add index, value and limit."""
    assert outbox.note_count < NOTES
    made = outbox.notes[outbox.note_count]
    outbox.note_count += 1
    made.time_ns = state.time_ns
    made.kind = kind
    made.reason = reason
    made.trade_id = trade.trade_id
    made.mandate_id = trade.mandate_id
    made.instrument_id = trade.instrument_id
    made.index = 0
    made.price = price
    made.quantity = quantity
    made.value = 0
    made.limit = 0
    return made


@kernel
def note_denial(state: State, outbox: Outbox, trade: Trade, price: int, quantity: int) -> None:
    """Which rule refused, at which value and limit."""
    made = note(state, outbox, trade, NoteKind.DENIED, state.refusal.denial, price, quantity)
    made.value = state.refusal.value
    made.limit = state.refusal.limit


@kernel
def note_unarmed(state: State, outbox: Outbox, mandate_id: int) -> None:
    """Which rule refused to arm a trade at all; there is none yet to tell about."""
    assert outbox.note_count < NOTES
    made = outbox.notes[outbox.note_count]
    outbox.note_count += 1
    clear_record(made)
    made.time_ns = state.time_ns
    made.kind = NoteKind.DENIED
    made.reason = state.refusal.denial
    made.mandate_id = mandate_id
    made.instrument_id = state.mandates[mandate_id].instrument_id
    made.value = state.refusal.value
    made.limit = state.refusal.limit


@kernel
def write_closed(state: State, outbox: Outbox, trade: Trade, notional: int, margin: int) -> None:
    """The whole story of a trade, for the table of trades."""
    assert outbox.closed_count < CLOSED
    made: ClosedTrade = outbox.closed[outbox.closed_count]
    outbox.closed_count += 1
    made.trade_id = trade.trade_id
    made.mandate_id = trade.mandate_id
    made.instrument_id = trade.instrument_id
    made.kind = trade.kind
    made.side = trade.side
    made.drop = trade.drop
    made.exit = trade.exit
    made.moved = trade.moved
    made.tag = trade.tag
    made.exit_tag = trade.exit_tag
    made.armed_at_ns = trade.armed_at_ns
    made.opened_at_ns = trade.opened_at_ns
    made.closed_at_ns = state.time_ns
    made.stop_price = trade.initial_stop_price
    made.entry_quantity = trade.entry_quantity
    made.quantity_high = trade.quantity_high
    made.entry_count = trade.entry_count
    made.entry_total = trade.entry_total
    made.exit_total = trade.exit_total
    made.realized_pnl = trade.realized_pnl
    made.fees = trade.fees
    made.funding = trade.funding
    made.rollover = trade.rollover
    made.slippage = trade.slippage
    made.initial_risk = trade.initial_risk
    made.worst_pnl = trade.worst_pnl
    made.best_pnl = trade.best_pnl
    made.notional = notional
    made.margin = margin
