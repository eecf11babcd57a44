"""Positions that our books did not know: an entry taken for dead that filled, or what a person gives to a strategy.

They are booked as entries of the trade that owns the slot, protected at once, and managed from there.
"""

from __future__ import annotations

from holdfast.engine.fills import book_entry, book_fee, react_to_entry
from holdfast.engine.obedience import observe
from holdfast.engine.setups import set_legs
from holdfast.engine.stops import stop_from
from holdfast.engine.trades import begin_again, claim_slot, count_busy, settle, start_trade
from holdfast.model.commands import Outbox
from holdfast.model.enums import Kind, NoticeKind, Phase, Rule, Scope
from holdfast.model.events import PositionAdopted
from holdfast.model.state import State
from holdfast.model.trade import Trade, trade_slot
from holdfast.records import kernel
from holdfast.risk.exposure import update_open_risk
from holdfast.risk.marks import mark
from holdfast.risk.notices import tell


@kernel
def is_open_to(state: State, mandate_id: int, side: int) -> bool:
    """Whether a slot can take a position: on a netting account nothing of the other side may be held."""
    if state.account.hedging:
        return True
    instrument = state.instruments[state.mandates[mandate_id].instrument_id]
    return instrument.positions[1 if side > 0 else 0].quantity == 0


@kernel
def begin_found(state: State, trade: Trade, price: int, stop_price: int) -> None:
    """A slot that armed nothing begins with what was found: entry and stop as they are, for a setup one R between."""
    mandate = state.mandates[trade.mandate_id]
    trade.phase = Phase.ENTERING
    trade.entry_price = price
    trade.stop_price = stop_price
    trade.initial_stop_price = stop_price
    if trade.kind == Kind.GRID:
        trade.level_count = mandate.level_count
        trade.leg_count = 1
        trade.plan_stop_price = stop_price
    else:
        trade.level_count = 1
        trade.risk_distance = trade.side * (price - stop_price)


@kernel
def take_up(
    state: State, outbox: Outbox, mandate_id: int, side: int, index: int, quantity: int, price: int, fee: int
) -> None:
    """Book what was found as an entry of the slot's trade, and protect it."""
    row = trade_slot(mandate_id, side)
    trade = state.trades[row]
    instrument = state.instruments[trade.instrument_id]
    if trade.phase == Phase.COOLDOWN and trade.entry_quantity > 0:
        begin_again(state, trade)
    level = trade.levels[index]
    level.filled_quantity += quantity
    level.filled_value += quantity * price
    level.filled_at_ns = state.time_ns
    level.open_quantity += quantity
    if level.quantity == 0:
        level.quantity = quantity
    trade.entry_count += 1
    trade.entry_fees += fee
    book_fee(state, instrument, trade, fee)
    book_entry(state, trade, quantity, price)
    if trade.stop_price == 0 and trade.kind == Kind.GRID:
        trade.stop_price = stop_from(instrument.contract, trade, price)
    made = tell(state, outbox, NoticeKind.ADOPTED, Rule.POSITION, mandate_id, quantity, price)
    made.scope = Scope.INSTRUMENT
    made.scope_id = trade.instrument_id
    mark(state, instrument)
    react_to_entry(state, outbox, row)
    update_open_risk(state, trade)
    count_busy(state, row)
    state.judge_due = True


@kernel
def found(
    state: State,
    outbox: Outbox,
    mandate_id: int,
    side: int,
    index: int,
    quantity: int,
    price: int,
    fee: int,
    stop_price: int,
) -> bool:
    """A fill of an entry that was taken for dead joins its slot. False where the other side is held."""
    if not is_open_to(state, mandate_id, side):
        return False
    row = trade_slot(mandate_id, side)
    settle(state, row)
    if state.trades[row].phase == Phase.IDLE:
        claim_slot(state, mandate_id, side)
        begin_found(state, state.trades[row], price, stop_price)
    take_up(state, outbox, mandate_id, side, index, quantity, price, fee)
    return True


@kernel
def on_position_adopted(state: State, outbox: Outbox, adopted: PositionAdopted) -> None:
    """A person, or the account's policy, gives a found position to a strategy. It needs a stop to be taken."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, adopted.time_ns)
    plan = adopted.plan
    assert plan.mandate_id > 0
    assert adopted.quantity > 0
    row = trade_slot(plan.mandate_id, adopted.side)
    settle(state, row)
    refused = not is_open_to(state, plan.mandate_id, adopted.side)
    if state.trades[row].phase == Phase.IDLE and not refused:
        refused = (
            adopted.side * (adopted.price - plan.stop_price) <= 0
            and state.mandates[plan.mandate_id].kind == Kind.SETUP
        )
        if not refused:
            start_trade(state, outbox, plan.mandate_id, adopted.side, plan)
            begin_found(state, state.trades[row], adopted.price, plan.stop_price)
            if state.trades[row].kind == Kind.SETUP:
                set_legs(state, state.trades[row], plan)
    if refused:
        state.unknown_reports += 1
    else:
        state.trades[row].levels[adopted.index].quantity += adopted.quantity  # nothing to trim
        take_up(
            state,
            outbox,
            plan.mandate_id,
            adopted.side,
            adopted.index,
            adopted.quantity,
            adopted.price,
            adopted.fee,
        )
    observe(state, outbox)
