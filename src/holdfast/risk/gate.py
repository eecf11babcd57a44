"""May this order increase exposure? The one gate: cheap rules first, the first denial wins."""

from __future__ import annotations

from holdfast.model.enums import Denial
from holdfast.model.instrument import initial_margin, notional_of
from holdfast.model.limits import Ask
from holdfast.model.state import State
from holdfast.records import kernel
from holdfast.risk.conduct import check_behaviour
from holdfast.risk.liquidation import check_liquidation
from holdfast.risk.rules import (
    check_authority,
    check_counts,
    check_margin,
    check_order,
    check_owner,
    check_risk,
)
from holdfast.risk.sizing import loss_at_stop


@kernel
def value_ask(state: State, ask: Ask) -> None:
    """Notional, margin and loss at the stop of what is asked."""
    contract = state.instruments[ask.instrument_id].contract
    ask.notional = notional_of(contract, ask.price, ask.quantity)
    ask.margin = initial_margin(contract, ask.notional)
    ask.risk = ask.notional
    if ask.stop_price > 0:
        ask.risk = max(0, loss_at_stop(contract, ask.side, ask.quantity, ask.price, ask.stop_price))


@kernel
def check(state: State, ask: Ask) -> Denial:
    """Every first entry, grid level and re-size passes here. The caller reserves what was let through."""
    trade = state.trades[ask.trade_row]
    mandate = state.mandates[trade.mandate_id]
    limits = state.limits[mandate.class_id]
    contract = state.instruments[ask.instrument_id].contract
    denial = check_authority(state, ask, limits, mandate)
    if denial == Denial.NONE:
        denial = check_owner(state, ask, trade.mandate_id)
    if denial == Denial.NONE:
        value_ask(state, ask)
        denial = check_behaviour(state, ask)
    if denial == Denial.NONE:
        denial = check_order(state, ask, limits, contract)
    if denial == Denial.NONE:
        denial = check_counts(state, ask, limits)
    if denial == Denial.NONE:
        denial = check_risk(state, ask, limits)
    if denial == Denial.NONE:
        denial = check_margin(state, ask, limits)
    if denial == Denial.NONE:
        denial = check_liquidation(state, ask, mandate)
    if denial != Denial.NONE:
        state.denials[denial].count += 1
        state.instruments[ask.instrument_id].denied_count += 1
    return denial
