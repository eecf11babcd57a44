"""Money from outside shifts what is measured from; it is never profit or loss (risk.md 2.3)."""

from __future__ import annotations

from holdfast.model.enums import Quantity, Sample, Scope
from holdfast.model.floor import Floor
from holdfast.model.state import State
from holdfast.model.units import FLOORS
from holdfast.records import kernel
from holdfast.risk.days import day_now
from holdfast.risk.floors import amount_of
from holdfast.risk.rolling import restate_window


@kernel
def restate_floor(state: State, floor: Floor, amount: int) -> None:
    """Anchors of balance and equity move with the money. What hangs from the initial balance, or is locked, stays."""
    if floor.scope != Scope.ACCOUNT or floor.quantity == Quantity.INITIAL:
        return
    if floor.quantity == Quantity.FLOATING:
        return
    locked = floor.locks and floor.level >= floor.lock_level
    floor.anchor += amount
    if floor.previous_level != 0:
        floor.previous_level += amount
    if not locked:
        floor.level = floor.anchor - amount_of(floor, floor.anchor)
    if floor.locks:
        floor.level = min(floor.level, floor.lock_level)
    if floor.sample == Sample.ROLLING:
        restate_window(state, floor, amount)


@kernel
def restate(state: State, amount: int) -> None:
    """A typed cash flow: floors, highs and the day's start are told as if the money had always been there."""
    account = state.account
    account.equity_high += amount
    account.low_since += amount
    day = day_now(state)
    day.start_equity += amount
    day.best_equity += amount
    for row in range(1, FLOORS):
        if row > state.floor_watermark:
            break
        restate_floor(state, state.floors[row], amount)
