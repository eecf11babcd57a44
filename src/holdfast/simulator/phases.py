"""Phases of a programme one after the other: a passed account is closed, paid out, and a fresh one begins.

And the watch over our own hand: an order that adds exposure although every stop together would reach a floor.
"""

from __future__ import annotations

from holdfast.engine.control import on_floor_given, on_guard_given, on_limits_set, on_phase_begun
from holdfast.engine.money import on_cash_flow
from holdfast.model.commands import Outbox
from holdfast.model.enums import AmountOf, Consequence, FlowKind, NoticeKind, Quantity, Scope
from holdfast.model.events import FloorGiven
from holdfast.model.state import State
from holdfast.model.units import CLASSES, FLOORS
from holdfast.records import clear_record, copy_record, kernel
from holdfast.risk.floors import level_in_force
from holdfast.simulator.terms import Programme, Terms

OUT_OF_REACH = 1 << 60  # money that nobody can lose


@kernel
def give_terms(
    state: State, outbox: Outbox, programme: Programme, number: int, time_ns: int, anew: bool
) -> None:
    """Floors, guard, limits and target of a phase, as the events that a person's settings would be."""
    terms = programme.terms[number]
    programme.phase = number
    terms.begun_at_ns = max(1, time_ns)
    guard = programme.guard_given
    guard.time_ns = time_ns
    copy_record(guard.guard, terms.guard)
    on_guard_given(state, outbox, guard)
    for class_id in range(CLASSES):
        if class_id >= programme.class_count:
            break
        limits = programme.limits_set
        limits.time_ns = time_ns
        limits.class_id = class_id
        copy_record(limits.limits, terms.limits[class_id])
        on_limits_set(state, outbox, limits)
    given = programme.floor_given
    given.time_ns = time_ns
    for row in range(1, FLOORS):
        if row > terms.floor_count:
            break
        given.floor_row = row
        copy_record(given.floor, terms.floors[row])
        on_floor_given(state, outbox, given)
    begun = programme.phase_begun
    begun.time_ns = time_ns
    begun.anew = anew
    copy_record(begun.challenge, terms.challenge)
    on_phase_begun(state, outbox, begun)


@kernel
def keep_end(state: State, terms: Terms) -> None:
    """How a phase ended, for the report."""
    terms.ended_at_ns = max(1, state.time_ns)
    copy_record(terms.challenge, state.challenge)
    for row in range(1, FLOORS):
        if row > terms.floor_count:
            break
        copy_record(terms.floors[row], state.floors[row])


@kernel
def release_floors(state: State, outbox: Outbox, given: FloorGiven, count: int, time_ns: int) -> None:
    """The old account is closed: its floors must not see the profit leave."""
    clear_record(given.floor)
    given.time_ns = time_ns
    given.floor.scope = Scope.ACCOUNT
    given.floor.quantity = Quantity.INITIAL
    given.floor.observed = Quantity.EQUITY
    given.floor.consequence = Consequence.NOTE
    given.floor.reading_count = 1
    given.floor.readings[0].of = AmountOf.ABSOLUTE
    given.floor.readings[0].absolute = OUT_OF_REACH
    for row in range(1, FLOORS):
        if row > count:
            break
        given.floor_row = row
        on_floor_given(state, outbox, given)


@kernel
def may_turn(state: State, programme: Programme) -> bool:
    """Whether the next phase can begin: this one is passed, nothing is held or at work, and there is another."""
    if programme.phase + 1 >= programme.phase_count or state.challenge.passed_at_ns == 0:
        return False
    account = state.account
    return state.challenge.failed_at_ns == 0 and account.open_trades == 0 and account.working_orders == 0


@kernel
def turn_phase(state: State, outbox: Outbox, programme: Programme, time_ns: int) -> int:
    """Pay the profit out and begin the next phase; returns what left the venue's wallet (negative)."""
    terms = programme.terms[programme.phase]
    keep_end(state, terms)
    release_floors(state, outbox, programme.floor_given, terms.floor_count, time_ns)
    following = programme.phase + 1
    flow = programme.cash_flow
    flow.time_ns = time_ns
    flow.kind = FlowKind.PAYOUT
    flow.amount = programme.terms[following].challenge.initial - state.account.balance
    on_cash_flow(state, outbox, flow)
    give_terms(state, outbox, programme, following, time_ns, True)
    return flow.amount


@kernel
def watch_increase(state: State, programme: Programme) -> None:
    """An order that adds exposure has gone out: would a floor be reached with every stop hit at once?"""
    programme.increases += 1
    account = state.account
    worst = min(account.equity, account.balance + account.stop_pnl) - account.resting_risk
    for row in range(1, FLOORS):
        if row > state.floor_watermark:
            break
        floor = state.floors[row]
        if floor.scope == Scope.ACCOUNT and floor.observed != Quantity.FLOATING and floor.breached_at_ns == 0:
            if worst <= level_in_force(floor):
                programme.beyond += 1
                programme.exposed = True
                return


@kernel
def watch_breaches(state: State, outbox: Outbox, programme: Programme) -> None:
    """A floor that is reached after such an order, before the account was flat again, is our own doing."""
    for i in range(outbox.notice_count):
        if outbox.notices[i].kind == NoticeKind.BREACHED and programme.exposed:
            programme.own_breaches += 1
    if state.account.open_trades == 0 and state.account.working_orders == 0:
        programme.exposed = False
