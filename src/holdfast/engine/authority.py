"""What a person says: halt a scope, reset what latched, close something."""

from __future__ import annotations

from holdfast.engine.exits import begin_exit
from holdfast.engine.obedience import obey, observe
from holdfast.engine.truth import settle_truth
from holdfast.model.commands import Outbox
from holdfast.model.enums import Drop, Exit, NoticeKind, Rule, Severity
from holdfast.model.events import ExitRequest, Reset, SeverityChange
from holdfast.model.state import State
from holdfast.model.trip import Trip
from holdfast.model.units import TRADES, TRIPS
from holdfast.records import kernel
from holdfast.risk.floors import anchor_now, observed_now, rung_level, set_level
from holdfast.risk.judge import close_lows
from holdfast.risk.margin import FLATTEN, margin_limit, margin_ratio
from holdfast.risk.streaks import count_anew
from holdfast.risk.trips import find_trip, lift_trip, place_in, raise_trip, tell_trip


@kernel
def on_severity_change(state: State, outbox: Outbox, change: SeverityChange) -> None:
    """A person, or a rule from outside, tightens or loosens a scope. That never loosens what another rule asks for."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, change.time_ns)
    scope_id = place_in(change.scope, change.scope_id)
    rule = change.rule if change.rule != Rule.NONE else Rule.OPERATOR
    row = find_trip(state, rule, 0, change.scope, scope_id)
    if row != 0:
        lift_trip(state, outbox, row, NoticeKind.LIFTED)
    if change.severity > Severity.NORMAL:
        trip = raise_trip(
            state,
            outbox,
            rule,
            0,
            change.scope,
            scope_id,
            change.severity,
            change.severity,
            0,
        )
        trip.latched = change.latched
    obey(state, outbox)


@kernel
def still_holds(state: State, trip: Trip) -> bool:
    """Whether the condition that raised a trip is still there."""
    if trip.rule == Rule.BREACH:
        return True  # a floor that was reached stays reached
    if trip.rule == Rule.FLOOR:
        floor = state.floors[trip.index]
        return observed_now(state, floor) <= rung_level(floor, floor.ladder.flatten)
    if trip.rule == Rule.MARGIN_LADDER:
        return margin_ratio(state) >= margin_limit(state, FLATTEN)
    if trip.rule == Rule.UNTYPED_CASH or trip.rule == Rule.ACCOUNT_TRUTH:
        return False  # naming it is the reset
    return False


@kernel
def accept_loss(state: State, trip: Trip) -> None:
    """The loss is acknowledged: a floor of our own is measured anew from here, with a smaller budget to lose."""
    if trip.rule != Rule.FLOOR and trip.rule != Rule.BREACH:
        return
    close_lows(state)
    floor = state.floors[trip.index]
    floor.rung = 0
    floor.breached_at_ns = 0
    floor.head = 0
    floor.length = 0
    floor.sampled_at_ns = 0
    set_level(state, floor, anchor_now(state, floor))


@kernel
def may_rebase(state: State, trip: Trip) -> bool:
    """Only a floor of our own can be measured anew; a firm's cannot."""
    if trip.rule != Rule.FLOOR and trip.rule != Rule.BREACH:
        return True
    return state.floors[trip.index].own


@kernel
def reset_trip(state: State, outbox: Outbox, row: int, acknowledge: bool) -> None:
    """Lift one trip, or say why not."""
    trip = state.trips[row]
    if still_holds(state, trip):
        if not acknowledge or not may_rebase(state, trip):
            tell_trip(state, outbox, NoticeKind.RESET_REFUSED, trip)
            return
        accept_loss(state, trip)
    if trip.rule == Rule.MARGIN_LADDER:
        state.account.margin_rung = 0  # judged anew at once
    count_anew(state, trip)
    lift_trip(state, outbox, row, NoticeKind.RESET)
    settle_truth(state)


@kernel
def on_reset(state: State, outbox: Outbox, reset: Reset) -> None:
    """Lift what is restrained on a scope. The journal keeps who asked and why."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, reset.time_ns)
    scope_id = place_in(reset.scope, reset.scope_id)
    for row in range(1, TRIPS):
        if row > state.trip_watermark:
            break
        trip = state.trips[row]
        inside = trip.scope == reset.scope and trip.scope_id == scope_id
        wanted = reset.rule == Rule.NONE or reset.rule == trip.rule
        if trip.rule != Rule.NONE and inside and wanted:
            reset_trip(state, outbox, row, reset.acknowledge)
    state.judge_due = True
    observe(state, outbox)


@kernel
def on_exit_request(state: State, outbox: Outbox, request: ExitRequest) -> None:
    """Close one instrument, or everything."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, request.time_ns)
    for row in range(2, TRADES):
        if row > state.trade_watermark:
            break
        trade = state.trades[row]
        if request.instrument_id == 0 or trade.instrument_id == request.instrument_id:
            begin_exit(state, outbox, row, Exit.FORCE_EXIT, Drop.FLATTENED)
    observe(state, outbox)
