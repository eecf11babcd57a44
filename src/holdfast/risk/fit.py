"""Limits in money that an entry may be made smaller for (risk.md 5.7, RR-03, RR-14, RR-15).

A tighter limit never lets through more (I9): everything else is judged at the asked size, and what fits is the largest
size that does, never below the share that the guard asks for.
"""

from __future__ import annotations

from holdfast.model.account import sizing_base
from holdfast.model.arithmetic import scale, scale_up
from holdfast.model.enums import Denial
from holdfast.model.instrument import Contract, initial_margin, notional_of
from holdfast.model.limits import Ask, Limits
from holdfast.model.mandate import Mandate
from holdfast.model.state import State
from holdfast.records import kernel
from holdfast.risk.correlation import check_correlated_risk, check_currency_risk, check_group_risk
from holdfast.risk.exposure import slippage_at_stop
from holdfast.risk.headroom import check_headroom
from holdfast.risk.idea import check_idea
from holdfast.risk.rules import deny, replaced_risk
from holdfast.risk.sizing import loss_at_stop

HALVINGS = 32  # of quantities below 2**31


@kernel
def value_ask(state: State, ask: Ask, quantity: int) -> None:
    """Notional, margin and loss at the stop of a quantity, with its reserve for slippage."""
    instrument = state.instruments[ask.instrument_id]
    contract = instrument.contract
    ask.allowed = quantity
    ask.notional = notional_of(contract, ask.price, quantity)
    ask.margin = initial_margin(contract, ask.notional)
    ask.risk = ask.notional
    if ask.stop_price > 0:
        ask.risk = max(0, loss_at_stop(contract, ask.side, quantity, ask.price, ask.stop_price))
    ask.slippage = slippage_at_stop(state, instrument, ask.risk, quantity, ask.price)


@kernel
def check_open_risk(state: State, ask: Ask, limits: Limits) -> Denial:
    """All trades at their stops, with every resting entry filled (RR-14)."""
    if limits.open_risk_max == 0:
        return Denial.NONE
    account = state.account
    limit = scale(sizing_base(account), limits.open_risk_max)
    risk = account.open_risk + account.resting_risk - replaced_risk(state, ask) + ask.risk
    if risk > limit:
        return deny(state, Denial.OPEN_RISK, risk, limit)
    return Denial.NONE


@kernel
def check_room(state: State, ask: Ask, limits: Limits, mandate: Mandate) -> Denial:
    """Every limit in money, at the size that the ask is valued at."""
    denial = check_open_risk(state, ask, limits)
    if denial == Denial.NONE:
        denial = check_idea(state, ask)
    if denial == Denial.NONE:
        denial = check_group_risk(state, ask, mandate)
    if denial == Denial.NONE:
        denial = check_currency_risk(state, ask)
    if denial == Denial.NONE:
        denial = check_headroom(state, ask)
    if denial == Denial.NONE:
        denial = check_correlated_risk(state, ask)
    return denial


@kernel
def least_size(state: State, ask: Ask, contract: Contract) -> int:
    """The smallest size that is worth placing; the asked one where nothing may be made smaller."""
    if state.guard.shrink == 0:
        return ask.quantity
    return max(scale_up(ask.quantity, state.guard.shrink), max(1, contract.quantity_min))


@kernel
def fits(state: State, ask: Ask, limits: Limits, mandate: Mandate, quantity: int) -> Denial:
    """Which limit refuses a size."""
    value_ask(state, ask, quantity)
    return check_room(state, ask, limits, mandate)


@kernel
def largest_fit(state: State, ask: Ask, limits: Limits, mandate: Mandate, least: int) -> None:
    """Between a size that fits and the asked one, which does not: halved until they meet."""
    most = ask.quantity
    for _ in range(HALVINGS):
        if most - least <= 1:
            break
        middle = (least + most) // 2
        if fits(state, ask, limits, mandate, middle) == Denial.NONE:
            least = middle
        else:
            most = middle
    value_ask(state, ask, least)


@kernel
def shrink(state: State, ask: Ask, limits: Limits, mandate: Mandate, denial: Denial) -> Denial:
    """Value the ask at the largest size that fits; else the limit that even the smallest would cross."""
    contract = state.instruments[ask.instrument_id].contract
    least = least_size(state, ask, contract)
    if least >= ask.quantity:
        return denial
    refused = fits(state, ask, limits, mandate, least)
    if refused != Denial.NONE:
        return refused
    largest_fit(state, ask, limits, mandate, least)
    return denial if ask.notional < contract.notional_min else Denial.NONE


@kernel
def fit(state: State, ask: Ask, limits: Limits, mandate: Mandate) -> Denial:
    """Let the asked size pass, or the largest smaller one that fits.

    The refusal tells of the asked size, unless only another limit forbids to make it smaller; where it was made smaller
    it stays behind as the reason.
    """
    denial = check_room(state, ask, limits, mandate)
    if denial == Denial.NONE:
        return denial
    value = state.refusal.value
    limit = state.refusal.limit
    index = state.refusal.index
    refused = shrink(state, ask, limits, mandate, denial)
    if refused == Denial.NONE or refused == denial:
        deny(state, denial, value, limit)
        state.refusal.index = index
    return refused
