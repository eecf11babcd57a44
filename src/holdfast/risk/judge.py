"""Holding equity against every floor: nearest approach, breach, rungs up and down, and where to look next.

Between two judgements nothing can happen, because `watch_low` and `watch_high` say at which equity the next thing
would: a price costs two comparisons.
"""

from __future__ import annotations

from holdfast.model.arithmetic import scale
from holdfast.model.commands import Outbox
from holdfast.model.enums import Consequence, NoticeKind, Quantity, Rule, Sample, Scope, Severity
from holdfast.model.floor import Floor
from holdfast.model.state import State
from holdfast.model.units import FLOORS, MINUTE, NEVER, PURSES, RATE
from holdfast.records import kernel
from holdfast.risk.days import judge_day, judge_phase
from holdfast.risk.exposure import refresh_exposure
from holdfast.risk.floors import (
    allowance_of,
    balance_of,
    equity_of,
    level_in_force,
    near_rung,
    next_down,
    observed_now,
    purse_of,
    resample,
    rung_level,
    set_level,
)
from holdfast.risk.forecast import forecast_low, judge_forecast
from holdfast.risk.margin import judge_margin, margin_watch
from holdfast.risk.notices import tell
from holdfast.risk.rolling import window_high
from holdfast.risk.trips import find_trip, lift, raise_trip

HYSTERESIS = RATE // 20  # of the allowance, before a rung is left upwards
WARN = 1
REDUCE = 2
BLOCK = 3
FLATTEN = 4


@kernel
def exit_room(state: State) -> int:
    """Money that leaving everything may cost, with our multiple of it."""
    refresh_exposure(state)
    return scale(state.account.exit_cost, state.guard.exit_cost_multiple)


@kernel
def note_distance(floor: Floor, seen: int, when_ns: int) -> None:
    """How near a value came to the level in force, if it came nearer than any before."""
    distance = seen - level_in_force(floor)
    if floor.nearest_at_ns == 0 or distance < floor.nearest:
        floor.nearest = distance
        floor.nearest_at_ns = max(1, when_ns)


@kernel
def note_nearest(state: State, floor: Floor) -> None:
    """The least distance to the floor since it was last held against it."""
    row = purse_of(floor)
    account = state.account
    seen = floor.last_value
    when = state.time_ns
    if floor.observed == Quantity.EQUITY or floor.observed == Quantity.WORST:
        lowest = account.low_since if row == 0 else state.purses[row].low_since
        if lowest < seen:
            seen = lowest
            when = account.low_since_ns if row == 0 else when
    note_distance(floor, seen, when)


@kernel
def start_lows(state: State) -> None:
    """What was lowest has been noted; from here on anew."""
    account = state.account
    account.low_since = account.balance + account.unrealized_low
    if state.purses_watched:
        for row in range(PURSES):
            purse = state.purses[row]
            purse.low_since = purse.capital + purse.realized_pnl + purse.unrealized_low


@kernel
def close_lows(state: State) -> None:
    """Before a level moves from outside: what was lowest belongs to the level that was."""
    for row in range(1, FLOORS):
        if row > state.floor_watermark:
            break
        floor = state.floors[row]
        floor.last_value = observed_now(state, floor)
        note_nearest(state, floor)
    start_lows(state)


@kernel
def follow_window(state: State, floor: Floor) -> None:
    """A rolling floor hangs from the highest equity of its window."""
    if floor.sample != Sample.ROLLING:
        return
    high = window_high(state, floor, equity_of(state, floor))
    if high != floor.anchor:
        set_level(state, floor, high)


@kernel
def tell_floor(state: State, outbox: Outbox, kind: NoticeKind, row: int, value: int, limit: int) -> None:
    """A notice about a floor, in its scope."""
    floor = state.floors[row]
    made = tell(state, outbox, kind, Rule.FLOOR, row, value, limit)
    made.scope = floor.scope
    made.scope_id = floor.scope_id


@kernel
def breach(state: State, outbox: Outbox, row: int) -> None:
    """The floor itself was reached: recorded once, with its consequence."""
    floor = state.floors[row]
    floor.breached_at_ns = max(1, state.time_ns)
    floor.breach_sequence = state.sequence
    floor.breach_value = floor.last_value
    floor.triggered += 1
    level = level_in_force(floor)
    tell_floor(state, outbox, NoticeKind.BREACHED, row, floor.last_value, level)
    if floor.consequence == Consequence.NOTE:
        return
    trip = raise_trip(
        state,
        outbox,
        Rule.BREACH,
        row,
        floor.scope,
        floor.scope_id,
        Severity.FLATTENING,
        floor.last_value,
        level,
    )
    if floor.consequence == Consequence.PAUSE:
        trip.until_day = True
    else:
        trip.latched = True
        if floor.scope == Scope.ACCOUNT and state.challenge.failed_at_ns == 0:
            state.challenge.failed_at_ns = max(1, state.time_ns)


@kernel
def severity_of(floor: Floor, rung: int) -> Severity:
    """What a rung asks for."""
    if rung >= FLATTEN:
        return Severity.NO_NEW if floor.ladder.holds else Severity.FLATTENING
    return Severity.NO_NEW if rung == BLOCK else Severity.REDUCED


@kernel
def rate_of(floor: Floor, rung: int) -> int:
    """Where a rung stands in the allowance."""
    ladder = floor.ladder
    if rung >= FLATTEN:
        return ladder.flatten
    if rung == BLOCK:
        return ladder.block
    return ladder.reduce if rung == REDUCE else ladder.warn


@kernel
def climb(state: State, outbox: Outbox, row: int, rung: int) -> None:
    """A further rung is reached."""
    floor = state.floors[row]
    floor.rung = rung
    floor.triggered += 1
    limit = rung_level(floor, rate_of(floor, rung))
    if rung == WARN:
        tell_floor(state, outbox, NoticeKind.WARNED, row, floor.last_value, limit)
        return
    severity = severity_of(floor, rung)
    trip = raise_trip(
        state, outbox, Rule.FLOOR, row, floor.scope, floor.scope_id, severity, floor.last_value, limit
    )
    trip.multiplier = floor.ladder.multiplier
    daily = floor.sample == Sample.DAY
    trip.until_day = daily
    if rung == FLATTEN:
        trip.latched = floor.ladder.latches or (daily and not floor.ladder.resumes)


@kernel
def recovered(floor: Floor, rung: int) -> bool:
    """Whether a rung has been left upwards by more than the hysteresis."""
    margin = scale(allowance_of(floor), HYSTERESIS)
    return floor.last_value > rung_level(floor, rate_of(floor, rung)) + margin


@kernel
def descend(state: State, outbox: Outbox, row: int) -> None:
    """Rungs of a floor that no boundary resets are left as they came, with a hysteresis; a latch stays."""
    floor = state.floors[row]
    trip = find_trip(state, Rule.FLOOR, row, floor.scope, floor.scope_id)
    if floor.sample == Sample.DAY or floor.sample == Sample.SESSION or state.trips[trip].latched:
        return
    rung = floor.rung
    for _ in range(FLATTEN):
        if rung == 0 or (rate_of(floor, rung) > 0 and not recovered(floor, rung)):
            break
        rung -= 1
    if rung == floor.rung:
        return
    lift(state, outbox, Rule.FLOOR, row, floor.scope, floor.scope_id)
    floor.rung = 0
    if rung > 0:
        climb(state, outbox, row, rung)


@kernel
def judge_floor(state: State, outbox: Outbox, row: int, exit_cost: int) -> None:
    """One floor: highs first, then what is seen against it."""
    floor = state.floors[row]
    floor.last_value = observed_now(state, floor)
    note_nearest(state, floor)
    follow_window(state, floor)
    resample(state, floor)
    note_distance(floor, floor.last_value, state.time_ns)
    if floor.breached_at_ns == 0 and floor.last_value <= level_in_force(floor):
        breach(state, outbox, row)
    rung = near_rung(floor, exit_cost if purse_of(floor) == 0 else 0)
    if rung > floor.rung:
        climb(state, outbox, row, rung)
    elif floor.rung > 0:
        descend(state, outbox, row)


@kernel
def next_up(floor: Floor) -> int:
    """The lowest equity at or above which something changes: a new high to follow, or a rung to leave."""
    up = NEVER
    if floor.sample == Sample.TICK:
        up = floor.anchor + 1
    if floor.rung > 0 and floor.sample != Sample.DAY and floor.sample != Sample.SESSION:
        margin = scale(allowance_of(floor), HYSTERESIS)
        up = min(up, rung_level(floor, rate_of(floor, floor.rung)) + margin + 1)
    return up


@kernel
def watch_floor(state: State, floor: Floor, exit_cost: int) -> None:
    """Tell the floor's scope at which equity to look again."""
    row = purse_of(floor)
    low = next_down(floor, exit_cost if row == 0 else 0)
    up = next_up(floor)
    if floor.observed == Quantity.FLOATING:
        low += balance_of(state, floor)
        up = NEVER if up == NEVER else up + balance_of(state, floor)
    if row == 0:
        state.account.watch_low = max(state.account.watch_low, low)
        state.account.watch_high = min(state.account.watch_high, up)
    else:
        purse = state.purses[row]
        purse.watch_low = max(purse.watch_low, low)
        purse.watch_high = min(purse.watch_high, up)


@kernel
def plan_watch(state: State, exit_cost: int) -> None:
    """At which equity something can happen next, for the account and for every purse."""
    account = state.account
    account.watch_low = margin_watch(state)
    account.watch_high = NEVER
    if state.purses_watched:
        for row in range(PURSES):
            state.purses[row].watch_low = -NEVER
            state.purses[row].watch_high = NEVER
    for row in range(1, FLOORS):
        if row > state.floor_watermark:
            break
        watch_floor(state, state.floors[row], exit_cost)
    if account.forecasting:
        account.watch_low = max(account.watch_low, forecast_low(state))
    if account.margin_reducing or state.challenge.give_back > 0:
        account.watch_high = 1  # every price counts
    if state.challenge.target > 0 and state.challenge.passed_at_ns == 0:
        account.watch_high = min(account.watch_high, state.challenge.target)


@kernel
def judge(state: State, outbox: Outbox) -> None:
    """Hold everything against every floor."""
    account = state.account
    state.judge_due = False
    account.judged_balance = account.balance
    exit_cost = exit_room(state)
    for row in range(1, FLOORS):
        if row > state.floor_watermark:
            break
        judge_floor(state, outbox, row, exit_cost)
    judge_phase(state, outbox)
    judge_day(state, outbox)
    judge_forecast(state, outbox)
    judge_margin(state, outbox)
    start_lows(state)
    plan_watch(state, exit_cost)
    account.look_at_ns = (state.time_ns // MINUTE + 1) * MINUTE
