"""Stressed headroom: with every stop hit at once, no floor may be crossed (RR-03, risk.md 5.7)."""

from __future__ import annotations

from holdfast.model.enums import Consequence, Denial, Quantity, Sample, Scope
from holdfast.model.floor import Floor
from holdfast.model.limits import Ask
from holdfast.model.state import State
from holdfast.model.units import FLOORS
from holdfast.records import kernel
from holdfast.risk.exposure import refresh_exposure
from holdfast.risk.floors import level_in_force
from holdfast.risk.forecast import next_level
from holdfast.risk.rules import deny, replaced_risk


@kernel
def stressed_equity(state: State) -> int:
    """Equity once every open trade is at its stop and every resting entry filled and stopped, reserves included."""
    refresh_exposure(state)
    account = state.account
    return account.equity - account.stressed_loss - account.resting_risk - account.resting_slippage


@kernel
def counts_for_headroom(floor: Floor) -> bool:
    """A floor of the account that would cost something: one that was only to be noted, and was, is behind us."""
    noted = floor.consequence == Consequence.NOTE and floor.breached_at_ns > 0
    return floor.scope == Scope.ACCOUNT and not noted


@kernel
def level_of(state: State, floor: Floor) -> int:
    """The equity that a floor asks for; near a day boundary also the next day's, where that is higher."""
    account = state.account
    level = level_in_force(floor)
    if floor.observed == Quantity.FLOATING:
        return level + account.balance
    if account.forecasting and floor.sample == Sample.DAY:
        level = max(level, next_level(floor, account.balance, account.equity))
    return level


@kernel
def highest_floor(state: State) -> int:
    """The row of the floor that asks for most equity; 0 = there is none."""
    found = 0
    highest = 0
    for row in range(1, FLOORS):
        if row > state.floor_watermark:
            break
        floor = state.floors[row]
        if counts_for_headroom(floor):
            level = level_of(state, floor)
            if found == 0 or level > highest:
                found = row
                highest = level
    return found


@kernel
def missing_headroom(state: State) -> int:
    """How much stressed equity falls short of the highest floor; 0 or less = there is room."""
    row = highest_floor(state) if state.guard.headroom else 0
    return level_of(state, state.floors[row]) - stressed_equity(state) if row > 0 else 0


@kernel
def check_headroom(state: State, ask: Ask) -> Denial:
    """What is asked for, at its stop, with its reserve for slippage."""
    row = highest_floor(state) if state.guard.headroom else 0
    if row == 0:
        return Denial.NONE
    after = stressed_equity(state) + replaced_risk(state, ask) - ask.risk - ask.slippage
    if ask.replaces != 0:
        after += state.orders[ask.replaces].reserved_slippage
    level = level_of(state, state.floors[row])
    if after < level:
        deny(state, Denial.HEADROOM, after, level)
        state.refusal.index = row
        return Denial.HEADROOM
    return Denial.NONE
