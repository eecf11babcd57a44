"""Money that moves without a fill of ours: funding, rollover, cash, new tick values, forced closures."""

from __future__ import annotations

from holdfast.engine.exits import begin_exit, continue_exit, leave
from holdfast.engine.fills import book_exit, book_fee, take_from_levels
from holdfast.engine.notes import note
from holdfast.engine.obedience import observe
from holdfast.engine.trades import cancel_all, close_trade, count_busy
from holdfast.model.arithmetic import mul_div, scale, scale_up
from holdfast.model.commands import Outbox
from holdfast.model.enums import Drop, Exit, FlowKind, NoteKind, NoticeKind, Rule, Scope, Severity
from holdfast.model.events import CashFlow, Closure, Funding, FundingRate, Rollover, TickValue
from holdfast.model.instrument import Contract, Instrument, notional_of, worth, worth_up
from holdfast.model.state import State
from holdfast.model.trade import Trade, trade_slot
from holdfast.model.units import TRADES
from holdfast.records import kernel
from holdfast.risk.cash import restate
from holdfast.risk.exposure import reserve_again, update_open_risk
from holdfast.risk.judge import close_lows
from holdfast.risk.marks import mark
from holdfast.risk.notices import tell
from holdfast.risk.purses import attribute
from holdfast.risk.trips import raise_trip

PARTS = 10  # a leg that loses more than a tenth by force no longer hedges the other (RR-32)


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
def book_carry(state: State, instrument: Instrument, trade: Trade, funding: int, rollover: int) -> None:
    """What holding a trade has brought (negative: cost), on every account of it."""
    trade.funding += funding
    trade.rollover += rollover
    trade.carry += funding + rollover
    instrument.funding += funding
    instrument.rollover += rollover
    state.account.funding += funding
    state.account.rollover += rollover
    state.account.balance += funding + rollover
    attribute(state, trade.mandate_id, funding + rollover)


@kernel
def settle_holders(
    state: State, instrument: Instrument, funded: bool, long: int, short: int, days: int, price: int
) -> None:
    """Funding (a rate) or rollover (points) of each side, on every trade that holds something."""
    row = instrument.first_trade
    for _ in range(TRADES):
        if row == 0:
            break
        trade = state.trades[row]
        if trade.quantity > 0:
            terms = long if trade.side > 0 else short
            if funded:
                paid = funding_payment(instrument.contract, trade.side, trade.quantity, terms, price)
                book_carry(state, instrument, trade, paid, 0)
            else:
                paid = rollover_payment(instrument.contract, trade.quantity, terms, days, price)
                book_carry(state, instrument, trade, 0, paid)
        row = trade.next
    mark(state, instrument)


@kernel
def set_funding(instrument: Instrument, rate: int, next_ns: int, interval_ns: int) -> None:
    """What the funding guard judges by; an interval is read, never assumed."""
    instrument.funding_rate = rate
    instrument.next_funding_ns = next_ns
    if next_ns > 0:
        instrument.funding_interval_ns = max(0, interval_ns)


@kernel
def on_funding_rate(state: State, outbox: Outbox, told: FundingRate) -> None:
    """The venue tells the next settlement beforehand."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, told.time_ns)
    set_funding(state.instruments[told.instrument_id], told.rate, told.next_ns, told.interval_ns)


@kernel
def on_funding(state: State, outbox: Outbox, funding: Funding) -> None:
    """A settlement: longs pay a positive rate on their value at the mark."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, funding.time_ns)
    instrument = state.instruments[funding.instrument_id]
    set_funding(instrument, funding.rate, funding.next_ns, funding.next_ns - state.time_ns)
    price = funding.mark_price if funding.mark_price > 0 else instrument.bid
    settle_holders(state, instrument, True, funding.rate, funding.rate, 1, price)
    observe(state, outbox)


@kernel
def on_rollover(state: State, outbox: Outbox, rollover: Rollover) -> None:
    """The overnight charge of each side."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, rollover.time_ns)
    instrument = state.instruments[rollover.instrument_id]
    long, short = rollover.long_points, rollover.short_points
    settle_holders(state, instrument, False, long, short, rollover.days, instrument.bid)
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
    close_lows(state)
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
def halt_leg(state: State, outbox: Outbox, mandate_id: int, quantity: int) -> None:
    """Nothing new on one leg of a hedge until a person has looked."""
    trip = raise_trip(
        state, outbox, Rule.HEDGE_LEG, 0, Scope.MANDATE, mandate_id, Severity.NO_NEW, quantity, 0
    )
    trip.latched = True


@kernel
def break_pair(state: State, outbox: Outbox, mandate_id: int, quantity: int) -> None:
    """The venue took a part of one leg: what the other leg holds is no hedge any more, and goes too (RR-32)."""
    other = state.mandates[mandate_id].pair_mandate
    if other == 0:
        return
    halt_leg(state, outbox, mandate_id, quantity)
    halt_leg(state, outbox, other, quantity)
    begin_exit(state, outbox, trade_slot(other, 1), Exit.HEDGE_LEG, Drop.FLATTENED)
    begin_exit(state, outbox, trade_slot(other, -1), Exit.HEDGE_LEG, Drop.FLATTENED)


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
            broken = part * PARTS > trade.quantity
            book_exit(state, trade, part, closure.price)
            take_from_levels(trade, part)
            book_fee(state, instrument, trade, mul_div(closure.fee, part, closure.quantity))
            trade.exit = Exit.LIQUIDATION
            note(state, outbox, trade, NoteKind.LIQUIDATED, 0, closure.price, part)
            left -= part
            after_closure(state, outbox, row)
            if broken:
                break_pair(state, outbox, trade.mandate_id, part)
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
        leave(state, trade)
        cancel_all(state, outbox, trade)
        continue_exit(state, outbox, row)
