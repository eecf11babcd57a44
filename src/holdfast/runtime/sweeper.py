"""What the venue holds against what we hold: on every connect, and every half minute, to the step.

Four questions make a sweep; one that fails makes it void, never empty. A difference counts when two sweeps in a row
have seen it while nothing of the instrument was on its way, so far apart that no answer can have been an old one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from holdfast.engine.orders import price_of
from holdfast.model.enums import Rule, Scope
from holdfast.model.events import AccountReport, PositionReport
from holdfast.model.order import OrderStatus
from holdfast.model.units import MINUTE, SECOND
from holdfast.ports.venue import Answer, Ask, Execution, Held, OrderSeen, Outcome
from holdfast.risk.trips import find_trip
from holdfast.runtime.adoption import Adopter, Difference
from holdfast.runtime.desk import Desk
from holdfast.runtime.dispatcher import Dispatcher
from holdfast.runtime.intake import Intake
from holdfast.runtime.names import parts_of
from holdfast.runtime.resolver import Resolver

OVERLAP = 10 * MINUTE  # executions are asked for from so long before the last clean sweep
SOON = SECOND  # after a sweep that was void or saw something
JOINING = 2 * SECOND  # between sweeps whose answers may be older than our own listening
QUESTIONS = (Ask.POSITIONS, Ask.OPEN_ORDERS, Ask.EXECUTIONS, Ask.ACCOUNT)
TIMES = 2  # that the same difference must be seen
MOVING_TIMES = 6  # the same while an order of the instrument is in doubt, which it may yet explain


@dataclass(frozen=True)
class Seen:
    """A difference, and in how many sweeps in a row."""

    venue: int
    ours: int
    times: int
    since_ns: int  # when the first of them was asked for


class Sweeper:
    """Asks, compares, and hands what two sweeps agree on to the adopter."""

    def __init__(
        self, desk: Desk, dispatcher: Dispatcher, resolver: Resolver, intake: Intake, adopter: Adopter
    ) -> None:
        self.desk, self.dispatcher, self.resolver = desk, dispatcher, resolver
        self.intake, self.adopter = intake, adopter
        self.due_ns = 0
        self.sweeps = 0
        self.clean = False  # the last sweep left nothing unexplained
        self.asked_ns = 0
        self.since_ns = 0  # venue's time from which executions may be missing
        self.executions_due = False
        self.found: tuple[Held, ...] | None = None  # what the first sweep of this start found
        self.held: tuple[Held, ...] = ()  # and the last one
        self._executions_ns = 0  # not before
        self._missed_ns = 0  # when one was found missing
        self._joined_ns = 0
        self._answers: dict[Ask, Answer] | None = None
        self._fills: dict[int, int] = {}
        self._placed: set[int] = set()
        self._seen: dict[tuple[int, int], Seen] = {}
        self._drifted: set[int] = set()

    def join(self) -> None:
        """We listen again. What happened meanwhile nobody tells, and an answer may be from before it happened."""
        self._joined_ns, self.due_ns = self.desk.clock.mono_ns(), 0

    def want_executions(self) -> None:
        """An execution is missing: ask for it now, not with the next sweep."""
        self.executions_due, self._missed_ns = True, self.desk.clock.mono_ns()

    def tick(self) -> None:
        """Begin a sweep where one is due."""
        if not self.desk.connected:
            return
        now = self.desk.clock.mono_ns()
        if self.executions_due and now >= self._executions_ns:
            self.executions_due, self._executions_ns = False, now + SOON
            self.desk.courier.ask(Ask.EXECUTIONS, self._executed, since_ns=self.since_ns)
        if self._answers is None and (now >= self.due_ns or self.resolver.wants_sweep):
            self.resolver.wants_sweep = False
            self._begin(now)

    def _executed(self, answer: Answer) -> None:
        if answer.outcome != Outcome.DONE:
            self.executions_due = True
            return
        for execution in sorted(answer.executions, key=lambda e: e.number):
            self.intake.executed(execution)
        stale = self.desk.clock.mono_ns() - self._missed_ns <= self.desk.facts.read_lag_ns
        if stale and any(handling.is_behind() for handling in self.desk.book):
            self.executions_due = True  # the answer may be older than what has been shown

    def _begin(self, now: int) -> None:
        self._answers, self.asked_ns = {}, now
        state = self.desk.state
        self._fills = {i: state.instruments[i].fill_count for i in range(1, state.instrument_watermark + 1)}
        self._placed = set(self.desk.book.handlings)
        for ask in QUESTIONS:
            since = {"since_ns": self.since_ns} if ask == Ask.EXECUTIONS else {}
            self.desk.courier.ask(ask, partial(self._heard, ask, now), **since)

    def _heard(self, ask: Ask, begun: int, answer: Answer) -> None:
        if self._answers is None or begun != self.asked_ns:
            return
        self._answers[ask] = answer
        if len(self._answers) == len(QUESTIONS):
            answers, self._answers = self._answers, None
            self._compare(answers)

    def _compare(self, answers: dict[Ask, Answer]) -> None:
        now = self.desk.clock.mono_ns()
        self.due_ns = now + SOON
        if any(answer.outcome != Outcome.DONE for answer in answers.values()):
            self.desk.see("sweep void")
            self.clean = False
            return
        self.sweeps += 1
        self.held = answers[Ask.POSITIONS].positions
        self.found = self.held if self.found is None else self.found
        self._executed(answers[Ask.EXECUTIONS])
        settled = self._compare_orders(answers[Ask.OPEN_ORDERS].orders)
        explained = self._compare_positions(answers)
        if explained:
            self.resolver.swept_ns = self.asked_ns
        self.clean = settled and explained
        self._hear_worth(answers[Ask.ACCOUNT], answers[Ask.EXECUTIONS].time_ns if self.clean else 0)
        if self.clean:
            self.intake.absence.end()
            self.since_ns = max(0, answers[Ask.EXECUTIONS].time_ns - OVERLAP)
            joining = self.asked_ns < self._joined_ns + self.desk.facts.read_lag_ns
            self.due_ns = now + (JOINING if joining else self.desk.facts.reconcile_every_ns)

    def _compare_orders(self, orders: tuple[OrderSeen, ...]) -> bool:
        """Every order that lives for us must be there, and at our terms."""
        shown = {order.name: order for order in orders}
        for order in orders:
            self.intake.seen(order)
        settled, drifted = True, set()
        for handling in self.desk.book:
            core = self.desk.book.order_of(handling)
            if core is None or core.status not in (OrderStatus.LIVE, OrderStatus.PARTIAL):
                continue
            if handling.order_id not in self._placed:
                continue  # it came while we were asking
            stands = shown.get(handling.name)
            handling.missing = stands is None
            settled = settled and stands is not None
            if stands is None or core.amends_pending or core.cancel_pending or handling.changing:
                continue
            if (stands.price, stands.quantity) != (price_of(core), core.quantity):
                drifted.add(handling.order_id)
                if handling.order_id in self._drifted:
                    self.dispatcher.reassert(handling)
        self._drifted = drifted
        return settled and not drifted

    def _compare_positions(self, answers: dict[Ask, Answer]) -> bool:
        held = {(h.instrument_id, h.side): h for h in answers[Ask.POSITIONS].positions}
        state, explained = self.desk.state, True
        seen: dict[tuple[int, int], Seen] = {}
        for instrument_id in range(1, state.instrument_watermark + 1):
            instrument = state.instruments[instrument_id]
            if instrument.fill_count != self._fills.get(instrument_id):
                explained = False  # it has filled since we asked
                continue
            moving = self.desk.book.is_moving(instrument_id)
            for k, side in enumerate((1, -1)):
                there = held.get((instrument_id, side), Held(instrument_id, side, 0, 0))
                ours = instrument.positions[k].quantity
                if there.quantity == ours:
                    self._agree(instrument_id, side, ours)
                else:
                    explained = False
                    seen[instrument_id, side] = self._differ(there, ours, moving, answers)
        self._seen = seen
        return explained

    def _differ(self, there: Held, ours: int, moving: bool, answers: dict[Ask, Answer]) -> Seen:
        """Count how often the same difference was seen; at the bound it is settled."""
        before = self._seen.get((there.instrument_id, there.side))
        same = before is not None and (before.venue, before.ours) == (there.quantity, ours)
        times = before.times + 1 if same and before else 1
        since = before.since_ns if same and before else self.asked_ns
        waited = self.asked_ns - since >= self.desk.facts.read_lag_ns  # an answer may be as old as that
        if waited and times >= (MOVING_TIMES if moving else TIMES):
            difference = Difference(there.instrument_id, there.side, there.quantity, ours, there.price)
            self.adopter.settle(
                difference, [e for e in answers[Ask.EXECUTIONS].executions if self._is_strange(e)]
            )
            self.intake.write_off(there.instrument_id)
            times, since = 0, self.asked_ns
        return Seen(there.quantity, ours, times, since)

    def _is_strange(self, execution: Execution) -> bool:
        """Of no order of ours, and not booked yet."""
        booked = self.desk.state.instruments[execution.instrument_id].last_closure_id
        return parts_of(execution.name) is None and execution.number > booked

    def _agree(self, instrument_id: int, side: int, quantity: int) -> None:
        """Trust comes back with the first sweep that agrees."""
        if find_trip(self.desk.state, Rule.POSITION, side, Scope.INSTRUMENT, instrument_id):
            report = PositionReport()
            report.time_ns, report.instrument_id = self.desk.clock.venue_ns(), instrument_id
            report.side, report.quantity = side, quantity
            self.desk.take(report)

    def _hear_worth(self, answer: Answer, swept_ns: int) -> None:
        if answer.worth is None:
            return
        worth, report = answer.worth, AccountReport()
        report.time_ns = worth.time_ns
        report.valid = worth.balance is not None and worth.equity is not None
        report.balance, report.equity = worth.balance or 0, worth.equity or 0
        report.swept_ns = swept_ns
        self.desk.take(report)
