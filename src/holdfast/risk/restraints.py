"""Rules of the account that judge an entry at its asked size, cheap before dear."""

from __future__ import annotations

from holdfast.model.enums import Denial
from holdfast.model.limits import Ask, Limits
from holdfast.model.state import State
from holdfast.records import kernel
from holdfast.risk.caps import check_lots, check_median, check_tier
from holdfast.risk.correlation import check_group_side
from holdfast.risk.crossing import check_collar, check_hedge, check_self_trade
from holdfast.risk.tick_value import check_tick_value


@kernel
def check_exposure_rules(state: State, ask: Ask, limits: Limits) -> Denial:
    """Prices, sizes, sides: nothing that an entry could be made smaller for."""
    denial = check_collar(state, ask, limits)
    if denial == Denial.NONE:
        denial = check_tick_value(state, ask)
    if denial == Denial.NONE:
        denial = check_group_side(state, ask)
    if denial == Denial.NONE:
        denial = check_lots(state, ask)
    if denial == Denial.NONE:
        denial = check_tier(state, ask)
    if denial == Denial.NONE:
        denial = check_median(state, ask)
    if denial == Denial.NONE:
        denial = check_hedge(state, ask)
    if denial == Denial.NONE:
        denial = check_self_trade(state, ask)
    return denial
