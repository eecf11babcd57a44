"""Trades that win and lose together: groups in one direction, currencies, and all groups in quadrature (RR-15).

Inside a group instruments are taken to move as one, across groups as half (risk.md 5.8). What rests counts as filled
in its own direction, and does not count where it would offset something: it may never fill.
"""

from __future__ import annotations

from holdfast.model.account import sizing_base
from holdfast.model.arithmetic import ceil_div, scale
from holdfast.model.enums import Denial, Kind
from holdfast.model.limits import Ask
from holdfast.model.mandate import Mandate
from holdfast.model.state import Group, State
from holdfast.model.units import GROUPS, RATE
from holdfast.records import kernel
from holdfast.risk.rules import deny, is_busy, replaced_risk

FINE = 27  # bits that are left of the base where squares are compared
MOST = 4 * RATE  # a larger share of the base is taken as this


@kernel
def trade_budget(state: State, mandate: Mandate) -> int:
    """What one trade of a mandate risks: its rate of the base; a grid's with all levels filled and stopped."""
    base = sizing_base(state.account)
    if mandate.kind == Kind.GRID:
        return scale(scale(scale(base, mandate.allocation), mandate.leverage), mandate.stop_rate)
    return scale(base, mandate.risk_rate)


@kernel
def toward(group: Group, direction: int) -> int:
    """Net risk of a group in a direction, with what rests in that direction filled."""
    if direction > 0:
        return group.long_risk + group.long_resting - group.short_risk
    return group.short_risk + group.short_resting - group.long_risk


@kernel
def check_group_side(state: State, ask: Ask) -> Denial:
    """Members of a group in one direction, counted as trades are counted."""
    instrument = state.instruments[ask.instrument_id]
    most = state.guard.group_side_max
    if most == 0 or instrument.group_id == 0 or ask.replaces != 0 or is_busy(state, ask.trade_row):
        return Denial.NONE
    group = state.groups[instrument.group_id]
    members = group.long_trades if ask.side * instrument.group_sign > 0 else group.short_trades
    if members >= most:
        return deny(state, Denial.GROUP_SIDE, members, most)
    return Denial.NONE


@kernel
def check_group_risk(state: State, ask: Ask, mandate: Mandate) -> Denial:
    """Net risk in one direction of a group, in multiples of what one trade risks."""
    instrument = state.instruments[ask.instrument_id]
    if state.guard.group_risk == 0 or instrument.group_id == 0:
        return Denial.NONE
    net = toward(state.groups[instrument.group_id], ask.side * instrument.group_sign)
    net += ask.risk - replaced_risk(state, ask)
    limit = scale(trade_budget(state, mandate), state.guard.group_risk)
    if net > limit:
        return deny(state, Denial.GROUP_RISK, net, limit)
    return Denial.NONE


@kernel
def currency_net(state: State, row: int, side: int) -> int:
    """Net risk for (+1) or against (-1) a currency, with what rests in that direction filled."""
    currency = state.currencies[row]
    if side > 0:
        return currency.long_risk + currency.long_resting - currency.short_risk
    return currency.short_risk + currency.short_resting - currency.long_risk


@kernel
def check_currency_risk(state: State, ask: Ask) -> Denial:
    """An entry is for its base and against its quote currency; neither may carry too much."""
    if state.guard.currency_risk == 0:
        return Denial.NONE
    instrument = state.instruments[ask.instrument_id]
    limit = scale(sizing_base(state.account), state.guard.currency_risk)
    fresh = ask.risk - replaced_risk(state, ask)
    base = currency_net(state, instrument.base_currency, ask.side) + fresh
    if instrument.base_currency > 0 and base > limit:
        return deny(state, Denial.CURRENCY_RISK, base, limit)
    quote = currency_net(state, instrument.quote_currency, -ask.side) + fresh
    if instrument.quote_currency > 0 and quote > limit:
        return deny(state, Denial.CURRENCY_RISK, quote, limit)
    return Denial.NONE


@kernel
def gross_of(group: Group) -> int:
    """Everything that instruments of no group risk: nothing offsets anything."""
    return group.long_risk + group.long_resting + group.short_risk + group.short_resting


@kernel
def group_after(state: State, ask: Ask, row: int) -> int:
    """A group's net risk in its worse direction, with what is asked for."""
    group = state.groups[row]
    instrument = state.instruments[ask.instrument_id]
    fresh = ask.risk - replaced_risk(state, ask) if instrument.group_id == row else 0
    if row == 0:
        return gross_of(group) + fresh
    same = ask.side * instrument.group_sign
    return max(toward(group, same) + fresh, toward(group, -same))


@kernel
def check_correlated_risk(state: State, ask: Ask) -> Denial:
    """sqrt(r' R r) with 1.0 inside and 0.5 across groups: 2 limit^2 >= sum of squares + square of the sum.

    Amounts are told in units of base / 2**27, rounded up, the limit down, and the limit is at most 4 x base: below
    2**29. A sum above twice the limit is refused at once, so squares stay below 2**60 and their sum below 2**61.
    """
    if state.guard.correlated_risk == 0:
        return Denial.NONE
    base = sizing_base(state.account)
    unit = (base >> FINE) + 1
    limit = scale(base, min(MOST, state.guard.correlated_risk))
    small = limit // unit
    total = 0
    squares = 0
    for row in range(GROUPS):
        if row > state.group_watermark:
            break
        risk = group_after(state, ask, row)
        if risk > 0:
            risk = ceil_div(risk, unit)
            total += risk
            if total > 2 * small:
                return deny(state, Denial.CORRELATED_RISK, total * unit, limit)
            squares += risk * risk
    if squares + total * total > 2 * small * small:
        return deny(state, Denial.CORRELATED_RISK, total * unit, limit)
    return Denial.NONE
