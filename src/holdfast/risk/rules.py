"""One rule, one kernel, one denial. A limit of 0 is off; a rule never looks at orders that only reduce."""

from __future__ import annotations

from holdfast.model.account import sizing_base
from holdfast.model.arithmetic import scale
from holdfast.model.enums import Denial, Severity
from holdfast.model.instrument import Contract, notional_of
from holdfast.model.limits import Ask, Limits
from holdfast.model.mandate import Mandate
from holdfast.model.state import State
from holdfast.model.units import RATE
from holdfast.records import kernel
from holdfast.risk.exposure import refresh_exposure
from holdfast.risk.trips import severity_for, worst_for


@kernel
def deny(state: State, denial: Denial, value: int, limit: int) -> Denial:
    """Remember which rule refused, the value and the limit."""
    state.refusal.denial = denial
    state.refusal.value = value
    state.refusal.limit = limit
    state.refusal.index = 0
    return denial


@kernel
def check_authority(state: State, ask: Ask, limits: Limits, mandate: Mandate) -> Denial:
    """May this scope open at all, and is what we know fresh?"""
    instrument = state.instruments[ask.instrument_id]
    if severity_for(state, mandate) >= Severity.NO_NEW:
        trip = state.trips[worst_for(state, state.trades[ask.trade_row].mandate_id)]
        return deny(state, Denial.SEVERITY, trip.rule, trip.scope)
    if state.account.unknown or instrument.bid <= 0 or instrument.ask <= 0:
        return deny(state, Denial.UNKNOWN, instrument.bid, 1)
    age = state.time_ns - instrument.price_time_ns
    if limits.stale_after_ns > 0 and age > limits.stale_after_ns:
        return deny(state, Denial.UNKNOWN, age, limits.stale_after_ns)
    return Denial.NONE


@kernel
def check_owner(state: State, ask: Ask, mandate_id: int) -> Denial:
    """One strategy for each instrument on a netting account, for each side on a hedging one."""
    instrument = state.instruments[ask.instrument_id]
    owner = instrument.long_owner if ask.side > 0 else instrument.short_owner
    if owner != 0 and owner != mandate_id:
        return deny(state, Denial.OWNER, owner, mandate_id)
    if not state.account.hedging:
        other = instrument.short_owner if ask.side > 0 else instrument.long_owner
        if other != 0 and other != mandate_id:
            return deny(state, Denial.OWNER, other, mandate_id)
        held = instrument.positions[1 if ask.side > 0 else 0].quantity
        if held > 0:
            return deny(state, Denial.OPPOSITE, held, 0)
    return Denial.NONE


@kernel
def check_order(state: State, ask: Ask, limits: Limits, contract: Contract) -> Denial:
    """The order by itself: the venue's sizes, our largest notional, a stop on the right side."""
    equity = max(0, state.account.equity)
    if ask.quantity < max(1, contract.quantity_min):
        return deny(state, Denial.BELOW_MINIMUM, ask.quantity, max(1, contract.quantity_min))
    if ask.notional < contract.notional_min:
        return deny(state, Denial.BELOW_MINIMUM, ask.notional, contract.notional_min)
    if ask.quantity > contract.quantity_max:
        return deny(state, Denial.ABOVE_MAXIMUM, ask.quantity, contract.quantity_max)
    if ask.stop_price <= 0 or ask.side * (ask.price - ask.stop_price) <= 0:
        return deny(state, Denial.STOP_MISSING, ask.stop_price, ask.price)
    if limits.order_notional_max > 0 and ask.notional > scale(equity, limits.order_notional_max):
        return deny(state, Denial.ORDER_NOTIONAL, ask.notional, scale(equity, limits.order_notional_max))
    return Denial.NONE


@kernel
def replaced_quantity(state: State, ask: Ask) -> int:
    """What the order that this one replaces may still fill."""
    return state.orders[ask.replaces].reserved_quantity if ask.replaces != 0 else 0


@kernel
def worst_quantity(state: State, ask: Ask) -> int:
    """Position if every working entry on this side fills before the new one."""
    position = state.instruments[ask.instrument_id].positions[0 if ask.side > 0 else 1]
    return position.quantity + position.resting_quantity - replaced_quantity(state, ask) + ask.quantity


@kernel
def check_counts(state: State, ask: Ask, limits: Limits) -> Denial:
    """Position size on the instrument, and how much is at work at once."""
    account = state.account
    contract = state.instruments[ask.instrument_id].contract
    if limits.position_notional_max > 0:
        value = notional_of(contract, ask.price, worst_quantity(state, ask))
        limit = scale(max(0, account.equity), limits.position_notional_max)
        if value > limit:
            return deny(state, Denial.POSITION_NOTIONAL, value, limit)
    if ask.replaces != 0:
        return Denial.NONE
    if limits.order_count_max > 0 and account.working_orders >= limits.order_count_max:
        return deny(state, Denial.ORDER_COUNT, account.working_orders, limits.order_count_max)
    if limits.entries_per_day_max > 0 and account.entries_today >= limits.entries_per_day_max:
        return deny(state, Denial.DAY_COUNT, account.entries_today, limits.entries_per_day_max)
    if is_busy(state, ask.trade_row):
        return Denial.NONE
    if limits.trade_count_max > 0 and account.busy_trades >= limits.trade_count_max:
        return deny(state, Denial.TRADE_COUNT, account.busy_trades, limits.trade_count_max)
    group = state.instruments[ask.instrument_id].group_id
    members = state.groups[group].long_trades + state.groups[group].short_trades
    if limits.group_trades_max > 0 and group > 0 and members >= limits.group_trades_max:
        return deny(state, Denial.GROUP_COUNT, members, limits.group_trades_max)
    return Denial.NONE


@kernel
def is_busy(state: State, trade_row: int) -> bool:
    """Whether a trade already counts: it holds something, or an entry of it is at work."""
    trade = state.trades[trade_row]
    if trade.quantity > 0:
        return True
    for i in range(trade.level_count):
        if trade.levels[i].order_row != 0:
            return True
    return False


@kernel
def replaced_risk(state: State, ask: Ask) -> int:
    """What the order that this one replaces has reserved."""
    return state.orders[ask.replaces].reserved_risk if ask.replaces != 0 else 0


@kernel
def check_risk(state: State, ask: Ask, limits: Limits) -> Denial:
    """This trade at its stop, with every resting entry of it filled."""
    base = sizing_base(state.account)
    trade = state.trades[ask.trade_row]
    if limits.trade_risk_max > 0:
        risk = trade.open_risk + trade.resting_risk - replaced_risk(state, ask) + ask.risk
        if risk > scale(base, limits.trade_risk_max):
            return deny(state, Denial.TRADE_RISK, risk, scale(base, limits.trade_risk_max))
    return Denial.NONE


@kernel
def check_margin(state: State, ask: Ask, limits: Limits) -> Denial:
    """Margin and gross notional with everything at work filled."""
    refresh_exposure(state)
    account = state.account
    equity = max(0, account.equity)
    margin = account.margin + account.resting_margin + ask.margin
    gross = account.gross_notional + account.resting_notional + ask.notional
    if ask.replaces != 0:
        margin -= state.orders[ask.replaces].reserved_margin
        gross -= state.orders[ask.replaces].reserved_notional
    ceiling = scale(equity, limits.margin_max if limits.margin_max > 0 else RATE)
    if margin > ceiling:
        return deny(state, Denial.MARGIN, margin, ceiling)
    if limits.leverage_max > 0 and gross > scale(equity, limits.leverage_max):
        return deny(state, Denial.LEVERAGE, gross, scale(equity, limits.leverage_max))
    return Denial.NONE
