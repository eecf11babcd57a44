"""May this order increase exposure? The one gate: the first denial wins, and what may be made to fit comes last."""

from __future__ import annotations

from holdfast.model.enums import Denial
from holdfast.model.limits import Ask
from holdfast.model.state import State
from holdfast.records import kernel
from holdfast.risk.conduct import check_behaviour
from holdfast.risk.fit import fit, value_ask
from holdfast.risk.liquidation import check_liquidation
from holdfast.risk.restraints import check_exposure_rules
from holdfast.risk.rules import (
    check_authority,
    check_counts,
    check_margin,
    check_order,
    check_owner,
    check_risk,
)


@kernel
def check(state: State, ask: Ask) -> Denial:
    """Every first entry, grid level and re-size passes here. The caller places `ask.allowed`, and reserves for it."""
    trade = state.trades[ask.trade_row]
    mandate = state.mandates[trade.mandate_id]
    limits = state.limits[mandate.class_id]
    contract = state.instruments[ask.instrument_id].contract
    ask.allowed = 0
    denial = check_authority(state, ask, limits, mandate)
    if denial == Denial.NONE:
        denial = check_owner(state, ask, trade.mandate_id)
    if denial == Denial.NONE:
        value_ask(state, ask, ask.quantity)
        denial = check_behaviour(state, ask)
    if denial == Denial.NONE:
        denial = check_order(state, ask, limits, contract)
    if denial == Denial.NONE:
        denial = check_counts(state, ask, limits)
    if denial == Denial.NONE:
        denial = check_exposure_rules(state, ask, limits)
    if denial == Denial.NONE:
        denial = check_risk(state, ask, limits)
    if denial == Denial.NONE:
        denial = check_margin(state, ask, limits)
    if denial == Denial.NONE:
        denial = check_liquidation(state, ask, mandate)
    if denial == Denial.NONE:
        denial = fit(state, ask, limits, mandate)
    if denial != Denial.NONE:
        ask.allowed = 0
        state.denials[denial].count += 1
        state.instruments[ask.instrument_id].denied_count += 1
    return denial
