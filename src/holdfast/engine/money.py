"""Money that moves without a fill of ours: funding, rollover, cash, new tick values, forced closures."""

from __future__ import annotations

from holdfast.engine.exits import continue_exit
from holdfast.engine.fills import book_exit, book_fee, take_from_levels
from holdfast.engine.notes import note
from holdfast.engine.obedience import observe
from holdfast.engine.trades import cancel_all, close_trade, count_busy
from holdfast.model.arithmetic import mul_div, scale, scale_up
from holdfast.model.commands import Outbox
from holdfast.model.enums import Exit, FlowKind, NoteKind, NoticeKind, Phase, Rule, Scope, Severity
from holdfast.model.events import CashFlow, Closure, Funding, Rollover, TickValue
from holdfast.model.instrument import Contract, notional_of, worth, worth_up
from holdfast.model.state import State
from holdfast.model.units import TRADES
from holdfast.records import kernel
from holdfast.risk.cash import restate
from holdfast.risk.exposure import reserve_again, update_open_risk
from holdfast.risk.marks import mark
from holdfast.risk.notices import tell
from holdfast.risk.purses import attribute
from holdfast.risk.trips import raise_trip


@kernel
def funding_payment(contract: Contract, side: int, quantity: int, rate: int, mark_price: int) -> int:
    """Money received (negative: paid) for one side; rounded against us."""
    return -scale_up(notional_of(contract, mark_price, quantity), side * rate)


@kernel
def rollover_payment(contract: Contract, quantity: int, points: int, days: int, price: int) -> int:
    """Money for a number of nights; points are 1e-8 ticks a night, negative is paid by us; rounded against us."""
    one_tick = worth(contract, quantity * days, price)
    if points < 0:
        one_tick = worth_up(contract, quantity * days, price)
    return scale(one_tick, points)


@kernel
def on_funding(state: State, outbox: Outbox, funding: Funding) -> None:
    """A settlement: longs pay a positive rate on their value at the mark."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, funding.time_ns)
    instrument = state.instruments[funding.instrument_id]
    instrument.funding_rate = funding.rate
    price = funding.mark_price if funding.mark_price > 0 else instrument.bid
    row = instrument.first_trade
    for _ in range(TRADES):
        if row == 0:
            break
        trade = state.trades[row]
        if trade.quantity > 0:
            paid = funding_payment(instrument.contract, trade.side, trade.quantity, funding.rate, price)
            trade.funding += paid
            trade.carry += paid
            instrument.funding += paid
            state.account.funding += paid
            state.account.balance += paid
            attribute(state, trade.mandate_id, paid)
        row = trade.next
    mark(state, instrument)
    observe(state, outbox)


@kernel
def on_rollover(state: State, outbox: Outbox, rollover: Rollover) -> None:
    """The overnight charge of each side."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, rollover.time_ns)
    instrument = state.instruments[rollover.instrument_id]
    row = instrument.first_trade
    for _ in range(TRADES):
        if row == 0:
            break
        trade = state.trades[row]
        if trade.quantity > 0:
            points = rollover.long_points if trade.side > 0 else rollover.short_points
            paid = rollover_payment(
                instrument.contract, trade.quantity, points, rollover.days, instrument.bid
            )
            trade.rollover += paid
            trade.carry += paid
            instrument.rollover += paid
            state.account.rollover += paid
            state.account.balance += paid
            attribute(state, trade.mandate_id, paid)
        row = trade.next
    mark(state, instrument)
    observe(state, outbox)


@kernel
def on_tick_value(state: State, outbox: Outbox, value: TickValue) -> None:
    """A cross is worth something else now: what is open is revalued, booked history is not."""
    assert value.numerator > 0
    assert value.denominator > 0
    state.sequence += 1
    state.time_ns = max(state.time_ns, value.time_ns)
    instrument = state.instruments[value.instrument_id]
    instrument.contract.tick_value_numerator = value.numerator
    instrument.contract.tick_value_denominator = value.denominator
    if instrument.first_trade == 0:
        return
    mark(state, instrument)
    row = instrument.first_trade
    for _ in range(TRADES):
        if row == 0:
            break
        update_open_risk(state, state.trades[row])
        row = state.trades[row].next
    reserve_again(state, instrument)
    observe(state, outbox)


@kernel
def doubt_cash(state: State, outbox: Outbox, amount: int) -> None:
    """Nobody has named a balance operation: the account's truth is not established until a person does."""
    state.account.unknown = True
    trip = raise_trip(
        state, outbox, Rule.UNTYPED_CASH, 0, Scope.ACCOUNT, 0, Severity.NO_NEW, amount, state.account.balance
    )
    trip.latched = True


@kernel
def on_cash_flow(state: State, outbox: Outbox, flow: CashFlow) -> None:
    """A deposit or withdrawal, or the visible difference to the venue's own rounding."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, flow.time_ns)
    account = state.account
    if flow.kind == FlowKind.ADJUSTMENT:
        account.adjustments += flow.amount
    else:
        account.cash_flows += flow.amount
    account.balance += flow.amount
    account.equity = account.balance + account.unrealized_pnl
    if flow.kind == FlowKind.UNTYPED:
        doubt_cash(state, outbox, flow.amount)
    elif flow.kind != FlowKind.ADJUSTMENT:
        restate(state, flow.amount)
    tell(state, outbox, NoticeKind.CASH_FLOW, Rule.NONE, flow.kind, flow.amount, account.balance)
    state.judge_due = True
    observe(state, outbox)


@kernel
def on_closure(state: State, outbox: Outbox, closure: Closure) -> None:
    """The venue closed a position by force: booked once, to the trade that held it."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, closure.time_ns)
    instrument = state.instruments[closure.instrument_id]
    if closure.fill_id <= instrument.last_closure_id:
        state.unknown_reports += 1
        return
    instrument.last_closure_id = closure.fill_id
    left = closure.quantity
    row = instrument.first_trade
    for _ in range(TRADES):
        if row == 0 or left == 0:
            break
        trade = state.trades[row]
        following = trade.next
        if trade.side == closure.side and trade.quantity > 0:
            part = min(left, trade.quantity)
            book_exit(state, trade, part, closure.price)
            take_from_levels(trade, part)
            book_fee(state, instrument, trade, mul_div(closure.fee, part, closure.quantity))
            trade.exit = Exit.LIQUIDATION
            note(state, outbox, trade, NoteKind.LIQUIDATED, 0, closure.price, part)
            left -= part
            after_closure(state, outbox, row)
        row = following
    mark(state, instrument)
    state.judge_due = True
    observe(state, outbox)


@kernel
def after_closure(state: State, outbox: Outbox, row: int) -> None:
    """Nothing of a liquidated trade stays at work."""
    trade = state.trades[row]
    update_open_risk(state, trade)
    count_busy(state, row)
    if trade.quantity == 0:
        close_trade(state, outbox, row)
    else:
        trade.phase = Phase.EXITING
        cancel_all(state, outbox, trade)
        continue_exit(state, outbox, row)
