"""The floor that would strike at the next day boundary, if it came now (RR-09).

A position can breach at the boundary without a move of the market, because the floor moves.
"""

from __future__ import annotations

from holdfast.model.arithmetic import scale
from holdfast.model.commands import Outbox
from holdfast.model.enums import Quantity, Rule, Sample, Scope, Severity
from holdfast.model.floor import Floor
from holdfast.model.state import State
from holdfast.model.units import FLOORS, NEVER
from holdfast.records import kernel
from holdfast.risk.floors import amount_of, level_under, quantity_now
from holdfast.risk.trips import raise_trip


@kernel
def next_level(floor: Floor, balance: int, equity: int) -> int:
    """The floor that this balance and equity would give."""
    return level_under(floor, quantity_now(floor.quantity, floor.initial, balance, equity))


@kernel
def is_near(state: State, floor: Floor, balance: int, equity: int) -> bool:
    """Whether the next floor would leave less than our share of its allowance, or than a few exits cost."""
    anchor = quantity_now(floor.quantity, floor.initial, balance, equity)
    room = equity - next_level(floor, balance, equity)
    least = scale(amount_of(floor, anchor), state.guard.forecast_room)
    return room < max(least, scale(state.account.exit_cost, state.guard.forecast_exits))


@kernel
def nearest_next(state: State, balance: int, equity: int) -> int:
    """The row of a floor of the day that would be too near after the boundary; 0 = none."""
    for row in range(1, FLOORS):
        if row > state.floor_watermark:
            break
        floor = state.floors[row]
        daily = floor.sample == Sample.DAY and floor.scope == Scope.ACCOUNT
        if daily and floor.observed != Quantity.FLOATING and is_near(state, floor, balance, equity):
            return row
    return 0


@kernel
def forecast_low(state: State) -> int:
    """Equity at or under which the next floor may be too near, at this balance and exit cost.

    A higher equity never brings the next floor nearer: where it lifts the anchor, the room is the whole allowance.
    """
    account = state.account
    exits = scale(account.exit_cost, state.guard.forecast_exits)
    low = -NEVER
    for row in range(1, FLOORS):
        if row > state.floor_watermark:
            break
        floor = state.floors[row]
        if floor.sample != Sample.DAY or floor.scope != Scope.ACCOUNT or floor.observed == Quantity.FLOATING:
            continue
        anchor = quantity_now(floor.quantity, floor.initial, account.balance, account.equity)
        allowance = amount_of(floor, anchor)
        if allowance <= exits:
            return NEVER  # leaving costs more than any next floor can leave
        need = max(scale(allowance, state.guard.forecast_room), exits)
        low = max(low, next_level(floor, account.balance, account.balance) + need)
    return low


@kernel
def judge_forecast(state: State, outbox: Outbox) -> None:
    """Nothing new while the next floor would be too near."""
    account = state.account
    if not account.forecasting:
        return
    row = nearest_next(state, account.balance, account.equity)
    if row == 0:
        return
    level = next_level(state.floors[row], account.balance, account.equity)
    trip = raise_trip(
        state, outbox, Rule.FORECAST, row, Scope.ACCOUNT, 0, Severity.NO_NEW, account.equity, level
    )
    trip.until_day = True
