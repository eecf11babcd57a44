"""Floors: sampled, ratcheted, locked, and the ladder of our own margins above each (risk.md 2.3, RR-07, RR-08)."""

from __future__ import annotations

from holdfast.model.arithmetic import scale
from holdfast.model.enums import AmountOf, Quantity, Sample, Scope
from holdfast.model.floor import Floor
from holdfast.model.purse import class_purse, purse_equity
from holdfast.model.state import State
from holdfast.model.units import NEVER, READINGS
from holdfast.records import kernel


@kernel
def purse_of(floor: Floor) -> int:
    """The purse that a floor watches; 0 = the account itself."""
    if floor.scope == Scope.STRATEGY:
        return floor.scope_id
    return class_purse(floor.scope_id) if floor.scope == Scope.CLASS else 0


@kernel
def balance_of(state: State, floor: Floor) -> int:
    """Booked money of the floor's scope."""
    row = purse_of(floor)
    if row == 0:
        return state.account.balance
    return state.purses[row].capital + state.purses[row].realized_pnl


@kernel
def equity_of(state: State, floor: Floor) -> int:
    """Booked and unrealized money of the floor's scope, at the last prices."""
    row = purse_of(floor)
    return state.account.equity if row == 0 else purse_equity(state.purses[row])


@kernel
def lowest_of(state: State, floor: Floor) -> int:
    """The same at the adverse extremes of all open positions together: an upper bound on the loss."""
    row = purse_of(floor)
    if row == 0:
        return state.account.balance + state.account.unrealized_low
    return state.purses[row].capital + state.purses[row].realized_pnl + state.purses[row].unrealized_low


@kernel
def quantity_now(quantity: Quantity, initial: int, balance: int, equity: int) -> int:
    """What an anchor is, now."""
    if quantity == Quantity.BALANCE:
        return balance
    if quantity == Quantity.EQUITY:
        return equity
    if quantity == Quantity.BEST:
        return max(balance, equity)
    if quantity == Quantity.WORST:
        return min(balance, equity)
    if quantity == Quantity.FLOATING:
        return 0
    return initial


@kernel
def observed_now(state: State, floor: Floor) -> int:
    """What is held against the floor: equity at its adverse extremes, unless the rule says otherwise."""
    lowest = lowest_of(state, floor)
    balance = balance_of(state, floor)
    if floor.observed == Quantity.BALANCE:
        return balance
    if floor.observed == Quantity.WORST:
        return min(balance, lowest)
    if floor.observed == Quantity.FLOATING:
        return lowest - balance
    return lowest


@kernel
def amount_of(floor: Floor, anchor: int) -> int:
    """The allowance under an anchor: of several readings the smallest, which gives the highest floor."""
    least = anchor_share(floor, 0, anchor)
    for i in range(1, READINGS):
        if i >= floor.reading_count:
            break
        least = min(least, anchor_share(floor, i, anchor))
    return least


@kernel
def anchor_share(floor: Floor, index: int, anchor: int) -> int:
    """The amount by one reading; rounded down, so that the floor is never lower than the rule says."""
    reading = floor.readings[index]
    if reading.of == AmountOf.ABSOLUTE:
        return reading.absolute
    return scale(anchor if reading.of == AmountOf.ANCHOR else floor.initial, reading.rate)


@kernel
def level_under(floor: Floor, anchor: int) -> int:
    """The floor under an anchor, locked and ratcheted as the rule says."""
    level = anchor - amount_of(floor, anchor)
    if floor.locks:
        level = min(level, floor.lock_level)
    if floor.ratchet and floor.sampled_at_ns > 0:
        level = max(level, floor.level)
    return level


@kernel
def level_in_force(floor: Floor) -> int:
    """Between the candidates of one day boundary the old floor and the new one both apply (risk.md 1.7)."""
    return max(floor.level, floor.previous_level) if floor.previous_level != 0 else floor.level


@kernel
def allowance_of(floor: Floor) -> int:
    """How far the anchor is above the floor."""
    return max(0, floor.anchor - level_in_force(floor))


@kernel
def rung_level(floor: Floor, rate: int) -> int:
    """Where a rung stands: a share of the allowance under the anchor; rounded up, so that it fires no later."""
    return floor.anchor - scale(allowance_of(floor), rate)


@kernel
def set_level(state: State, floor: Floor, anchor: int) -> None:
    """A new anchor and the level under it; the ladder starts again from the bottom."""
    floor.level = level_under(floor, anchor)
    floor.anchor = anchor
    floor.sampled_at_ns = max(1, state.time_ns)


@kernel
def ratcheted(floor: Floor, anchor: int) -> int:
    """An anchor that only rises, where the rule says so."""
    return max(anchor, floor.anchor) if floor.ratchet and floor.sampled_at_ns > 0 else anchor


@kernel
def anchor_now(state: State, floor: Floor) -> int:
    """The anchor if it were sampled now. A ratchet follows balance or equity only upwards."""
    balance = balance_of(state, floor)
    equity = equity_of(state, floor)
    if floor.sample == Sample.TICK and purse_of(floor) == 0:
        equity = max(equity, balance + state.account.unrealized_high)
    return ratcheted(floor, quantity_now(floor.quantity, floor.initial, balance, equity))


@kernel
def anchor_at(state: State, floor: Floor, account_equity: int) -> int:
    """The anchor at a boundary, where the account's equity may have been worked out afterwards."""
    equity = account_equity if purse_of(floor) == 0 else equity_of(state, floor)
    return ratcheted(floor, quantity_now(floor.quantity, floor.initial, balance_of(state, floor), equity))


@kernel
def resample(state: State, floor: Floor) -> None:
    """Follow what moves with each result or tick."""
    if floor.sample != Sample.TICK and floor.sample != Sample.CLOSE:
        return
    anchor = anchor_now(state, floor)
    if anchor != floor.anchor:
        set_level(state, floor, anchor)


@kernel
def near_rung(floor: Floor, exit_cost: int) -> int:
    """The rung that is reached at what was last seen: 1 warn, 2 reduce, 3 block, 4 flatten, 0 none.

    The flatten rung also fires when so little room is left that leaving could cost it (RR-07).
    """
    seen = floor.last_value
    ladder = floor.ladder
    if ladder.flatten > 0:
        if seen <= rung_level(floor, ladder.flatten) or seen - level_in_force(floor) < exit_cost:
            return 4
    if ladder.block > 0 and seen <= rung_level(floor, ladder.block):
        return 3
    if ladder.reduce > 0 and seen <= rung_level(floor, ladder.reduce):
        return 2
    if ladder.warn > 0 and seen <= rung_level(floor, ladder.warn):
        return 1
    return 0


@kernel
def next_down(floor: Floor, exit_cost: int) -> int:
    """The highest value at or under which something happens that has not happened yet."""
    ladder = floor.ladder
    level = level_in_force(floor) if floor.breached_at_ns == 0 else -NEVER
    if ladder.flatten > 0 and floor.rung < 4:
        level = max(level, rung_level(floor, ladder.flatten), level_in_force(floor) + exit_cost - 1)
    if ladder.block > 0 and floor.rung < 3:
        level = max(level, rung_level(floor, ladder.block))
    if ladder.reduce > 0 and floor.rung < 2:
        level = max(level, rung_level(floor, ladder.reduce))
    if ladder.warn > 0 and floor.rung < 1:
        level = max(level, rung_level(floor, ladder.warn))
    return level
