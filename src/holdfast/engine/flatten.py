"""Whether a scope that is being closed has come to rest (flatten protocol, risk.md 3.1).

Told three times: when it is decided (`raise_trip`), when nothing can grow the scope any more, and when nothing of it is
held or at work. Then a trip that latched stays as it is and only a reset leads out; any other leaves NO_NEW behind.
"""

from __future__ import annotations

from holdfast.model.commands import Outbox
from holdfast.model.enums import NoticeKind, Phase, Rule, Severity
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.trip import Trip
from holdfast.model.units import LEVELS, TRADES, TRIPS
from holdfast.records import kernel
from holdfast.risk.trips import encloses, settle_scope, tell_trip


@kernel
def can_grow(trade: Trade) -> bool:
    """Whether an entry of a trade is at work."""
    for i in range(LEVELS):
        if trade.levels[i].order_row != 0:
            return True
    return False


@kernel
def count_left(state: State, trip: Trip, entries: bool) -> int:
    """Trades of a scope that may still grow, or that hold something or have an order at work."""
    left = 0
    for row in range(2, TRADES):
        if row > state.trade_watermark:
            break
        trade = state.trades[row]
        if trade.phase == Phase.IDLE or not encloses(state, trip, trade.mandate_id):
            continue
        if entries:
            left += int(can_grow(trade))
        else:
            left += int(trade.quantity > 0 or trade.order_count > 0)
    return left


@kernel
def come_to_rest(state: State, outbox: Outbox, trip: Trip) -> None:
    """Flat: what is left of the trip is what it is followed by."""
    trip.flat = True
    tell_trip(state, outbox, NoticeKind.FLAT, trip)
    if not trip.latched:
        trip.severity = Severity.NO_NEW
        settle_scope(state, trip.scope, trip.scope_id)


@kernel
def follow_flatten(state: State, outbox: Outbox) -> None:
    """Looked at after every event while some scope is being closed."""
    state.flattening = False
    for row in range(1, TRIPS):
        if row > state.trip_watermark:
            break
        trip = state.trips[row]
        if trip.rule == Rule.NONE or trip.severity != Severity.FLATTENING or trip.flat:
            continue
        if not trip.entries_gone and count_left(state, trip, True) == 0:
            trip.entries_gone = True
            tell_trip(state, outbox, NoticeKind.ENTRIES_GONE, trip)
        if count_left(state, trip, False) == 0:
            come_to_rest(state, outbox, trip)
        else:
            state.flattening = True
