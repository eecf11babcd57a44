"""Orders in doubt: asked for by name until they are found, or proved never to have been (reliability.md 5.3).

Absence needs the horizon, several misses on answers that are no errors, and a sweep after the horizon that leaves
nothing unexplained. A question that fails is a third answer and changes nothing.
"""

from __future__ import annotations

from functools import partial

from holdfast.model.enums import Role
from holdfast.model.order import Order, OrderStatus, Step
from holdfast.model.units import SECOND
from holdfast.ports.venue import Answer, Ask, Outcome, Standing
from holdfast.runtime.desk import Desk
from holdfast.runtime.dispatcher import Dispatcher, amend_of
from holdfast.runtime.handling import TRIES, Handling
from holdfast.runtime.intake import Intake

EVERY = SECOND // 2  # between two questions about one order
REDUCE_AFTER = SECOND  # without evidence, a stop or exit is tried again
QUICK = 7  # times at that pace
REDUCE_LATER = 5 * SECOND  # and from then on, until the venue has told or it is proved absent


class Resolver:
    """`swept_ns` is when the last clean sweep was asked for, by the monotonic clock; None before the first."""

    def __init__(self, desk: Desk, dispatcher: Dispatcher, intake: Intake) -> None:
        self.desk, self.dispatcher, self.intake = desk, dispatcher, intake
        self.swept_ns: int | None = None
        self.wants_sweep = False  # nothing but a sweep is missing to prove that an order never was

    def doubt_all(self) -> None:
        """A start: whatever an earlier one planned may or may not have been sent."""
        state, now = self.desk.state, self.desk.clock.mono_ns()
        for row in range(1, state.order_watermark + 1):
            order = state.orders[row]
            if order.status == OrderStatus.FREE:
                continue
            handling = self.desk.book.take_over(row, now, self.desk.epoch)
            handling.cancel = order.cancel_pending
            if order.reduce_only and not order.cancel_pending:
                handling.amends = [
                    amend_of(order)
                ] * order.amends_pending  # what only sets is set again, at once
            else:
                handling.amend_unknown = order.amends_pending > 0
            if order.status == OrderStatus.PLANNED:
                self.desk.report(handling, Step.RELEASE)
            if order.status in (OrderStatus.RELEASED, OrderStatus.SENT):
                self.desk.see("start with an order in doubt")
                self.desk.report(handling, Step.DOUBT)

    def tick(self) -> None:
        """Look at every order whose truth is not known."""
        now = self.desk.clock.mono_ns()
        for handling in self.desk.book:
            order = self.desk.book.order_of(handling)
            if order is None or handling in self.dispatcher.held:
                continue
            if order.status == OrderStatus.SENT:
                self._watch_sent(handling, now)
            elif order.status == OrderStatus.IN_DOUBT:
                self._watch_doubt(handling, order, now)
            elif handling.amend_unknown or handling.ending is not None or handling.missing:
                self._ask(handling, now)

    def _watch_sent(self, handling: Handling, now: int) -> None:
        if handling.unanswered or now - handling.sent_ns >= self.desk.facts.answer_within_ns:
            self.desk.see("answer lost")
            self.desk.report(handling, Step.DOUBT)
            self._ask(handling, now)

    def _watch_doubt(self, handling: Handling, order: Order, now: int) -> None:
        if handling.absent:
            if self.desk.ready or not handling.increase:
                self.desk.see("order absent")
                self.desk.report(handling, Step.MISS)
            return
        urgent = order.role in (Role.STOP, Role.EXIT)
        tries = handling.attempts - handling.first_attempt
        if (
            urgent
            and now - handling.sent_ns >= (REDUCE_AFTER if tries < QUICK else REDUCE_LATER)
            and (handling.refused or tries < TRIES - 1)
        ):
            if self.desk.connected:
                self.dispatcher.attempt_again(handling)
        self._ask(handling, now)

    def _ask(self, handling: Handling, now: int) -> None:
        if handling.asking or (handling.asked_ns and now - handling.asked_ns < self._gap()):
            return
        handling.asking, handling.asked_ns = True, now
        self.desk.courier.ask(Ask.ORDER, partial(self._heard, handling, now), name=handling.name)

    def _gap(self) -> int:
        return min(EVERY, self.desk.facts.miss_gap_ns)

    def _heard(self, handling: Handling, asked_ns: int, answer: Answer) -> None:
        handling.asking = False
        if answer.outcome != Outcome.DONE or self.desk.book.order_of(handling) is None:
            return
        if answer.orders:
            handling.misses, handling.missing = 0, False
            for seen in answer.orders:
                self.intake.seen(seen)
                if seen.standing == Standing.LIVE and handling.amend_unknown:
                    certain = asked_ns >= handling.sent_ns + self.desk.facts.horizon_ns
                    self.dispatcher.resolve_amend(handling, seen, certain)
        else:
            self._missed(handling, asked_ns)

    def _missed(self, handling: Handling, asked_ns: int) -> None:
        """The venue does not know it: counts after the horizon, once in a while, and not alone. One that came late is
        not looked for before answers can know what has shown it alive."""
        facts = self.desk.facts
        horizon = max(handling.decided_ns, handling.sent_ns) + facts.horizon_ns
        horizon = max(horizon, handling.alive_ns + facts.read_lag_ns)
        if asked_ns < horizon or (handling.misses and asked_ns - handling.missed_ns < facts.miss_gap_ns):
            return
        handling.misses += 1
        handling.missed_ns = asked_ns
        swept = self.swept_ns is not None and self.swept_ns >= horizon
        if handling.misses < facts.misses:
            return
        if not swept:
            self.wants_sweep = True
            return
        order = self.desk.book.order_of(handling)
        if order is None:
            return
        if order.status == OrderStatus.IN_DOUBT:
            handling.absent = True
        elif order.status in (OrderStatus.LIVE, OrderStatus.PARTIAL):
            self.desk.see("living order lost by the venue")
            self.desk.report(handling, Step.CANCEL)  # it had lived; it is over, without a further fill
