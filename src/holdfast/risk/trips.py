"""Rules restrain scopes: a trip is raised, worsens, is lifted or reset. The worst trip is the scope's severity.

A rule raises and lifts only its own trips, so it can never loosen what another rule asked for.
"""

from __future__ import annotations

from holdfast.model.commands import Outbox
from holdfast.model.enums import NoticeKind, Rule, Scope, Severity
from holdfast.model.mandate import Mandate
from holdfast.model.state import State
from holdfast.model.trip import Trip
from holdfast.model.units import RATE, TRIPS
from holdfast.records import clear_record, kernel
from holdfast.risk.notices import tell

HALF = RATE // 2  # of every new entry under REDUCED, where the rule names no multiplier


@kernel
def place_in(scope: Scope, scope_id: int) -> int:
    """There is one engine and one account, whatever number a request gives them."""
    return 0 if scope == Scope.ENGINE or scope == Scope.ACCOUNT else scope_id


@kernel
def find_trip(state: State, rule: Rule, index: int, scope: Scope, scope_id: int) -> int:
    """The row of a rule's trip on a scope; 0 = none."""
    for row in range(1, TRIPS):
        if row > state.trip_watermark:
            break
        trip = state.trips[row]
        same = trip.rule == rule and trip.index == index
        if same and trip.scope == scope and trip.scope_id == scope_id:
            return row
    return 0


@kernel
def claim_trip(state: State) -> int:
    """A free row; 0 = the table is full."""
    for row in range(1, TRIPS):
        if row > state.trip_watermark or state.trips[row].rule == Rule.NONE:
            state.trip_watermark = max(state.trip_watermark, row)
            return row
    return 0


@kernel
def worst_trip(state: State, scope: Scope, scope_id: int) -> Severity:
    """The severity that the trips of a scope ask for together."""
    worst = Severity.NORMAL
    for row in range(1, TRIPS):
        if row > state.trip_watermark:
            break
        trip = state.trips[row]
        inside = trip.scope == scope and trip.scope_id == scope_id
        if trip.rule != Rule.NONE and inside and trip.severity > worst:
            worst = trip.severity
    return worst


@kernel
def settle_scope(state: State, scope: Scope, scope_id: int) -> None:
    """Write what a scope may still do."""
    severity = worst_trip(state, scope, scope_id)
    if scope == Scope.ENGINE:
        state.severity = severity
    elif scope == Scope.ACCOUNT:
        state.account.severity = severity
    elif scope == Scope.INSTRUMENT:
        state.instruments[scope_id].severity = severity
    elif scope == Scope.MANDATE:
        state.mandates[scope_id].severity = severity
    elif scope == Scope.GROUP:
        state.groups[scope_id].severity = severity
    elif scope == Scope.STRATEGY:
        state.strategies[scope_id].severity = severity
    else:
        state.classes[scope_id].severity = severity


@kernel
def tell_trip(state: State, outbox: Outbox, kind: NoticeKind, trip: Trip) -> None:
    """One notice about a trip as it stands."""
    made = tell(state, outbox, kind, trip.rule, trip.index, trip.value, trip.limit)
    made.scope = trip.scope
    made.scope_id = trip.scope_id
    made.severity = trip.severity


@kernel
def raise_trip(
    state: State,
    outbox: Outbox,
    rule: Rule,
    index: int,
    scope: Scope,
    scope_id: int,
    severity: Severity,
    value: int,
    limit: int,
) -> Trip:
    """Restrain a scope, or restrain it more; a trip that is already as tight stays as it is. Row 0 is never returned:
    with no row left the whole engine takes no new entries, which row TRIPS - 1 is kept for."""
    row = find_trip(state, rule, index, scope, scope_id)
    if row == 0:
        row = claim_trip(state)
    if row == 0 or row == TRIPS - 1:
        return halt_engine(state, outbox)
    trip = state.trips[row]
    if trip.rule != Rule.NONE and trip.severity >= severity:
        return trip
    if trip.rule == Rule.NONE:
        clear_record(trip)
        trip.rule = rule
        trip.index = index
        trip.scope = scope
        trip.scope_id = scope_id
        trip.since_ns = state.time_ns
    trip.severity = severity
    trip.value = value
    trip.limit = limit
    trip.entries_gone = False
    trip.flat = False
    state.flattening = state.flattening or severity == Severity.FLATTENING
    settle_scope(state, scope, scope_id)
    tell_trip(state, outbox, NoticeKind.TRIPPED, trip)
    state.obey_due = True
    return trip


@kernel
def end_at(state: State, trip: Trip, until_ns: int) -> None:
    """A trip ends by itself, not before this instant; `observe` looks when the first one does."""
    trip.until_ns = max(trip.until_ns, until_ns)
    if state.expires_ns == 0 or trip.until_ns < state.expires_ns:
        state.expires_ns = trip.until_ns


@kernel
def halt_engine(state: State, outbox: Outbox) -> Trip:
    """The table of trips is full: nothing new is opened until a person has looked."""
    trip = state.trips[TRIPS - 1]
    if trip.rule == Rule.NONE:
        trip.rule = Rule.OPERATOR
        trip.scope = Scope.ENGINE
        trip.severity = Severity.NO_NEW
        trip.latched = True
        trip.since_ns = state.time_ns
        state.trip_watermark = TRIPS - 1
        settle_scope(state, Scope.ENGINE, 0)
        tell_trip(state, outbox, NoticeKind.TRIPS_FULL, trip)
        state.obey_due = True
    return trip


@kernel
def lift_trip(state: State, outbox: Outbox, row: int, kind: NoticeKind) -> None:
    """A restraint is over."""
    trip = state.trips[row]
    if row == 0 or trip.rule == Rule.NONE:
        return
    tell_trip(state, outbox, kind, trip)
    scope = trip.scope
    scope_id = trip.scope_id
    clear_record(trip)
    settle_scope(state, scope, scope_id)


@kernel
def lift(state: State, outbox: Outbox, rule: Rule, index: int, scope: Scope, scope_id: int) -> None:
    """A rule lifts its own trip on a scope, unless it latched."""
    row = find_trip(state, rule, index, scope, scope_id)
    if row != 0 and not state.trips[row].latched:
        lift_trip(state, outbox, row, NoticeKind.LIFTED)


@kernel
def lift_expired(state: State, outbox: Outbox, day: bool) -> None:
    """Trips whose time has passed, and at a day boundary those that end with the day. A latch outlives both."""
    state.expires_ns = 0
    for row in range(1, TRIPS):
        if row > state.trip_watermark:
            break
        trip = state.trips[row]
        if trip.rule == Rule.NONE or trip.latched:
            continue
        timed = 0 < trip.until_ns <= state.time_ns
        if timed or (day and trip.until_day):
            lift_trip(state, outbox, row, NoticeKind.LIFTED)
        elif trip.until_ns > 0:
            end_at(state, trip, trip.until_ns)


@kernel
def severity_for(state: State, mandate: Mandate) -> Severity:
    """What may leave for one strategy on one instrument: the worst enclosing scope counts."""
    instrument = state.instruments[mandate.instrument_id]
    worst = max(max(state.severity, state.account.severity), max(instrument.severity, mandate.severity))
    worst = max(worst, state.strategies[mandate.strategy_id].severity)
    worst = max(worst, state.classes[mandate.class_id].severity)
    if instrument.group_id > 0:
        worst = max(worst, state.groups[instrument.group_id].severity)
    return worst


@kernel
def encloses(state: State, trip: Trip, mandate_id: int) -> bool:
    """Whether a mandate lies inside the scope of a trip."""
    mandate = state.mandates[mandate_id]
    instrument_id = mandate.instrument_id
    if trip.scope == Scope.INSTRUMENT:
        return instrument_id == trip.scope_id
    if trip.scope == Scope.MANDATE:
        return mandate_id == trip.scope_id
    if trip.scope == Scope.GROUP:
        return state.instruments[instrument_id].group_id == trip.scope_id
    if trip.scope == Scope.STRATEGY:
        return mandate.strategy_id == trip.scope_id
    if trip.scope == Scope.CLASS:
        return mandate.class_id == trip.scope_id
    return True


@kernel
def worst_for(state: State, mandate_id: int) -> int:
    """The row of the tightest trip that encloses a mandate; 0 = none."""
    found = 0
    for row in range(1, TRIPS):
        if row > state.trip_watermark:
            break
        trip = state.trips[row]
        if trip.rule == Rule.NONE or not encloses(state, trip, mandate_id):
            continue
        if trip.severity > state.trips[found].severity:
            found = row
    return found


@kernel
def multiplier_for(state: State, mandate_id: int) -> int:
    """Rate of the size of a new entry: the smallest that a trip on an enclosing scope asks for."""
    least = RATE
    if severity_for(state, state.mandates[mandate_id]) == Severity.NORMAL:
        return least
    for row in range(1, TRIPS):
        if row > state.trip_watermark:
            break
        trip = state.trips[row]
        if trip.rule != Rule.NONE and trip.severity == Severity.REDUCED and encloses(state, trip, mandate_id):
            least = min(least, trip.multiplier if trip.multiplier > 0 else HALF)
    return least
