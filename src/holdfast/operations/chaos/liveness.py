"""What must come about once nothing disturbs any more: protection, a clean sweep, an end of every doubt, flatness."""

from __future__ import annotations

from holdfast.model.order import OrderStatus
from holdfast.model.units import MINUTE, SECOND
from holdfast.operations.chaos.books import Bench
from holdfast.ports.venue import Execution
from holdfast.runtime.session import Session

SOON = 250_000_000  # ns after a fill is seen, in which its stop has been asked for


def watch_protection(checks: Bench, message: Execution) -> None:
    """L1: a fill is seen; a quarter of a second later its protection has left."""
    world = checks.world
    if world.healed_ns and message.side == message.position_side and message.name:
        world.heap.after(SOON, check_protection, checks, message.instrument_id, world.process.start)


def check_protection(checks: Bench, instrument_id: int, start: int) -> None:
    """L1: what is held is covered by stops and exits that have left."""
    world, session = checks.world, checks.session
    if session is None or start != world.process.start or world.ending:
        return
    state = session.engine.state
    covered, row = 0, state.instruments[instrument_id].first_order
    while row:
        order = state.orders[row]
        if order.reduce_only and order.status not in (OrderStatus.PLANNED, OrderStatus.RELEASED):
            covered += order.quantity - order.filled_quantity
        row = order.next
    held = sum(position.quantity for position in state.instruments[instrument_id].positions)
    if covered < held:
        checks.violate("L1", f"Instrument {instrument_id}: {held} held, protection of {covered} has left.")


def check_sweeps(checks: Bench, session: Session) -> None:
    """L3: a sweep that found nothing unexplained is not long ago."""
    swept = session.resolver.swept_ns
    facts = checks.world.kind.facts
    allowed = facts.reconcile_every_ns + 2 * facts.read_lag_ns + 30 * SECOND
    age = checks.world.heap.now_ns - (swept or 0)
    if swept is None or age > allowed:
        checks.violate(
            "L3", f"The last clean sweep is {age / 1e9:.0f} s ago." if swept else "No sweep was clean."
        )


def check_doubts(checks: Bench, session: Session) -> None:
    """L4: long after the last disturbance nothing is in doubt."""
    allowed = checks.world.kind.facts.horizon_ns + MINUTE
    if checks.world.heap.now_ns - checks.world.healed_ns < allowed:
        return
    now = checks.world.heap.now_ns
    old = [n for n in session.doubts() if now - session.desk.book.handlings[n].decided_ns > allowed]
    if old:
        checks.violate("L4", f"Order {old[0]} is still in doubt.")


def check_ready(checks: Bench) -> None:
    """L6: five minutes after the last disturbance entries may leave again."""
    session = checks.session
    if session is None or not session.ready:
        checks.violate("L6", "The start is not over." if session else "No process is running.")


def check_flat(checks: Bench) -> None:
    """L5: half a minute after a person has asked for it nothing is held."""
    held = checks.world.exchange.venue.positions()
    if held:
        checks.violate("L5", f"Instrument {held[0].instrument_id} still holds {held[0].quantity}.")


def check_covered(checks: Bench, session: Session) -> None:
    """L1: no trade waits for a stop."""
    if session.watch.bare_trades():
        checks.violate("L1", f"Trade {min(session.watch.bare_trades())} has no stop.")
