"""Checkers of single orders: sent once, from a durable row, in time, and moving in one direction only."""

from __future__ import annotations

from typing import Any

from holdfast.model.commands import Command
from holdfast.model.enums import Role
from holdfast.model.events import OrderReport
from holdfast.model.order import TABLE, WORKING, OrderStatus, Step
from holdfast.model.state import State
from holdfast.model.units import MINUTE, SECOND
from holdfast.operations.chaos.books import Bench, Intent
from holdfast.ports.venue import Request
from holdfast.runtime.names import name_of, parts_of

FAR = SECOND  # by which a stamp may be off


def check_single(checks: Bench, request: Request) -> None:
    """S1: of one entry that was decided the venue makes one order, at most."""
    count = checks.books.accepted[request.name]
    if not request.reduce_only and count > 1 and not checks.world.excused(request):
        checks.violate("S1", f"{request.name} became {count} orders.")


def check_provenance(checks: Bench, request: Request, intent: Intent | None) -> None:
    """S1b: what leaves is what a durable row has decided."""
    if intent is None or intent.seq > checks.books.durable:
        checks.violate("S1b", f"{request.name} left without a durable row.")
        return
    told = asked_by(request)
    if told[:3] != intent.asked[:3] or (not request.reduce_only and told != intent.asked):
        checks.violate("S1b", f"{request.name} is not what its row has decided.")


def asked_by(order: Command | Request) -> tuple[int, ...]:
    """What a command or request asks for. One that reduces may be tried again with what is left."""
    return (
        order.instrument_id, order.side, order.reduce_only, order.limit_price, order.trigger_price, order.quantity,
        order.stop_price,
    )  # fmt: skip


def check_not_dead(checks: Bench, request: Request) -> None:
    """S1c: what was taken for dead never lives, where the venue keeps its window."""
    parts = parts_of(request.name)
    if parts and parts.order_id in checks.books.dead and checks.world.kind.keeps_window:
        checks.violate("S1c", f"{request.name} was taken for dead, and lives.")


def check_dead(checks: Bench, event: OrderReport, before: Any) -> None:
    """S1c, the other way round: an entry that is said never to have been, was not."""
    session = checks.session
    assert session is not None
    unsure = before is None or before[0] in (OrderStatus.SENT, OrderStatus.IN_DOUBT)
    if event.step not in (Step.MISS, Step.REJECT) or not unsure:
        return
    for epoch in range(session.desk.epoch + 1):
        intent = checks.books.intents.get((epoch, event.order_id))
        if intent is not None and not intent.asked[2]:
            checks.books.dead.add(event.order_id)
            name = name_of(epoch, event.order_id, intent.asked[0], intent.asked[1])
            if name in checks.books.accepted and checks.world.kind.keeps_window:
                checks.violate(
                    "S1c", f"Order {event.order_id} was taken for dead, and the venue had taken it."
                )


def check_halted(checks: Bench, request: Request, _: Intent) -> None:
    """S6: after a halt nothing that increases leaves, until a person lifts it."""
    if checks.books.halts[-1][1]:
        checks.violate("S6", f"{request.name} left although entries are halted.")


def check_sound_journal(checks: Bench, request: Request, _: Intent) -> None:
    """P7: after an error of its journal a process lets nothing out that increases."""
    if checks.books.failed:
        checks.violate("P7", f"{request.name} left after the journal had failed.")


def check_age(checks: Bench, request: Request, intent: Intent) -> None:
    """T1: an entry leaves soon after it was decided, by a clock that only counts, or not at all."""
    check_in_time(checks, request, intent.decided_ns)


def amend_key(request: Request) -> tuple[tuple[int, int], int, int] | None:
    """Whose change it is, and to which terms."""
    parts, price = parts_of(request.name), request.limit_price or request.trigger_price
    return ((parts.epoch, parts.order_id), price, request.quantity) if parts else None


def note_amend(checks: Bench, request: Request) -> None:
    """The venue has taken a change: should another one come late, these terms may be set again."""
    key = amend_key(request)
    if key is not None:
        checks.books.amended.discard(key)


def check_amend(checks: Bench, request: Request) -> None:
    """A change that makes an entry larger leaves once, from a durable row, and not after an error of the journal."""
    key = amend_key(request)
    made = checks.books.amends.get(key) if key is not None else None
    if key is not None and made is not None:
        if key in checks.books.amended:
            checks.violate("S1", f"A change that makes {request.name} larger left twice.")
        checks.books.amended.add(key)
        if made[0] > checks.books.durable:
            checks.violate("S1b", f"A change of {request.name} left without a durable row.")
        if checks.books.failed:
            checks.violate("P7", f"A change of {request.name} left after the journal had failed.")


def check_in_time(checks: Bench, request: Request, decided_ns: int) -> None:
    """Within the time that the venue's facts give."""
    age = checks.world.heap.now_ns - decided_ns
    if age > checks.world.kind.facts.send_within_ns:
        checks.violate("T1", f"{request.name} left {age / 1e9:.1f} s after it was decided.")


def check_stamp(checks: Bench, request: Request, _: Intent) -> None:
    """T2: the stamp is near the venue's time."""
    error = abs(request.stamp_ns - checks.world.heap.now_ns)
    if error >= FAR:
        checks.violate("T2", f"{request.name} is stamped {error / 1e9:.1f} s off.")


def check_sight(checks: Bench, request: Request, _: Intent) -> None:
    """S7: nothing is opened on prices that are old."""
    world, session = checks.world, checks.session
    if session is None:
        return
    instrument = session.engine.state.instruments[request.instrument_id]
    allowed = max(limits.stale_after_ns for limits in world.setting.scenario.limits) + MINUTE
    age = world.heap.now_ns - instrument.price_time_ns
    if age > allowed or instrument.untrusted:
        checks.violate("S7", f"{request.name} left on a price that is {age / 1e9:.0f} s old.")


ENTRY_CHECKS = (check_halted, check_sound_journal, check_age, check_stamp, check_sight)


def remember(checks: Bench, state: State) -> None:
    """Where orders stand as a process begins."""
    rows = (state.orders[row] for row in range(1, state.order_watermark + 1))
    checks.books.statuses = {
        order.order_id: (order.status, order.filled_quantity)
        for order in rows
        if order.status != OrderStatus.FREE
    }


def check_monotone(checks: Bench, seq: int, event: OrderReport) -> None:
    """S4: an order moves along its table; what has filled never falls; an execution counts once."""
    session, books = checks.session, checks.books
    if session is None:
        return
    state = session.engine.state
    if event.step in (Step.FILL, Step.COMPLETE) and state.fill_count > checks.fills:
        if event.fill_id in books.counted:
            checks.violate("S4", f"Execution {event.fill_id} has counted twice.")
        books.counted[event.fill_id] = seq
        if event.fill_id not in checks.world.heard:
            checks.world.see("reconciliation found a missing fill")
    order = state.orders[event.order_row]
    now = (order.status, order.filled_quantity) if order.order_id == event.order_id else None
    before = books.statuses.get(event.order_id)
    check_dead(checks, event, before)
    if now is None or now[0] == OrderStatus.FREE:
        books.statuses[event.order_id] = (OrderStatus.FREE, 0)
    else:
        books.statuses[event.order_id] = now
        check_step(checks, event, before, now)


def check_step(checks: Bench, event: OrderReport, before: Any, now: Any) -> None:
    """One step of the table, or none."""
    if before is None or before == now:
        return
    allowed = {before[0], *TABLE.get(before[0], {}).values()}
    if before[0] == OrderStatus.FREE or now[0] not in allowed or now[1] < before[1]:
        checks.violate("S4", f"Order {event.order_id} went from {before} to {now}.")


def check_reservations(checks: Bench, state: State) -> None:
    """S9: what is reserved is what entries at work may still fill, summed again from the orders."""
    risk = margin = 0
    for row in range(1, state.order_watermark + 1):
        order = state.orders[row]
        if order.role != Role.ENTRY or not WORKING[order.status]:
            continue
        risk += order.reserved_risk
        margin += order.reserved_margin
        if order.reserved_quantity < order.quantity - order.filled_quantity:
            checks.violate("S9", f"Order {order.order_id} may fill more than is reserved for it.")
    account = state.account
    if (risk, margin) != (account.resting_risk, account.resting_margin) or risk < 0:
        checks.violate("S9", f"Reserved are {account.resting_risk}, of the orders {risk}.")
