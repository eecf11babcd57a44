"""Durable commands become requests. What increases exposure passes four gates before the write and is never resent;
what reduces it may be tried again under a new name; what only sets may be repeated (reliability.md 5)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from holdfast.engine.orders import price_of
from holdfast.model.commands import Command
from holdfast.model.enums import CommandClass, CommandKind, OrderType, Severity
from holdfast.model.order import Order, OrderStatus, Step
from holdfast.model.units import SECOND
from holdfast.ports.venue import Answer, Ask, OrderSeen, Outcome
from holdfast.risk.trips import severity_for
from holdfast.runtime.desk import Desk
from holdfast.runtime.handling import Handling
from holdfast.runtime.names import name_of, parts_of

AGAIN = 300_000_000  # ns before an amend or cancel without an answer is repeated
ALIVE = (OrderStatus.LIVE, OrderStatus.PARTIAL)


class Dispatcher:
    """One for each account; commands leave in their order."""

    def __init__(self, desk: Desk, seen: Callable[[OrderSeen], None]) -> None:
        self.desk, self.book, self.courier = desk, desk.book, desk.courier
        self.seen = seen
        self.held: list[Handling] = []
        self.strays: dict[str, int] = {}  # names to cancel that no order in hand has, and when to ask again

    def release(self, decided_ns: int, command: Command) -> None:
        """A command whose row is durable."""
        if command.kind == CommandKind.PLACE:
            self._place(decided_ns, command)
        elif command.order_row == 0:
            self.remove_stray(name_of(command.epoch, command.order_id, command.instrument_id, command.side))
        else:
            self._change(command)

    def _place(self, decided_ns: int, command: Command) -> None:
        order = self.desk.state.orders[command.order_row]
        if order.order_id != command.order_id or order.status != OrderStatus.PLANNED:
            return
        increase = command.command_class == CommandClass.INCREASE
        name = name_of(command.epoch, command.order_id, command.instrument_id, command.side)
        handling = Handling(
            command.order_id, command.order_row, command.epoch, name, increase, decided_ns, command
        )
        self.book.add(handling)
        if order.cancel_pending:  # withdrawn by a later word of the same event: no byte leaves
            self.desk.report(handling, Step.CANCEL)
        elif increase and self._hindrance(handling, order):
            self.held.append(handling)
        else:
            self._write(handling)

    def _hindrance(self, handling: Handling, order: Order) -> str:
        """What an entry has to wait for; empty for nothing."""
        desk = self.desk
        if handling.epoch != desk.epoch:
            return "another start planned it"
        if not desk.ready:
            return "the start is not over"
        if not desk.connected:
            return "no connection"
        if not desk.clock.is_sound():
            return "the venue's clock is not known"
        if self.book.is_doubtful(order.instrument_id):
            return "an order of this instrument is in doubt"
        mandate = desk.state.mandates[desk.state.trades[order.trade_row].mandate_id]
        return "entries are halted" if severity_for(desk.state, mandate) >= Severity.NO_NEW else ""

    def _write(self, handling: Handling) -> None:
        """The one place where an order leaves. An entry that is too old does not."""
        command, now = handling.command, self.desk.clock.mono_ns()
        assert command is not None
        self.desk.report(handling, Step.RELEASE)
        if handling.increase and now > handling.decided_ns + self.desk.facts.send_within_ns:
            self.desk.see("entry expired unsent")
            self.desk.report(handling, Step.TIME_OUT)
            return
        self.desk.report(handling, Step.SEND)
        handling.sent_ns = now
        self._send(handling, command)

    def _send(self, handling: Handling, command: Command) -> None:
        name = handling.name
        handling.sums.setdefault(name, 0)
        self.courier.ask(
            Ask.PLACE,
            partial(self._placed, handling, name),
            name=name,
            instrument_id=command.instrument_id,
            position_side=command.position_side,
            side=command.side,
            order_type=OrderType(command.order_type),
            limit_price=command.limit_price,
            trigger_price=command.trigger_price,
            stop_price=command.stop_price,
            quantity=command.quantity,
            post_only=command.post_only,
            reduce_only=command.reduce_only,
            immediate=command.immediate,
        )

    def _placed(self, handling: Handling, name: str, answer: Answer) -> None:
        order = self.book.order_of(handling)
        if order is None:
            return
        if answer.outcome == Outcome.DONE:
            self.live(handling, name, answer.time_ns)
        elif self._is_refused(answer, handling.increase):
            if name == handling.name and not handling.lives:
                if order.status in (OrderStatus.SENT, OrderStatus.IN_DOUBT):
                    self.desk.report(handling, Step.REJECT, reason=answer.reason, time_ns=answer.time_ns)
        else:
            handling.unanswered = True
            handling.refused = answer.outcome == Outcome.REFUSED and name == handling.name

    def _is_refused(self, answer: Answer, increase: bool) -> bool:
        """While the venue's clock is not known it may refuse any stamp. That says nothing against what protects or
        reduces: it is asked for again, as if there had been no answer."""
        return answer.outcome == Outcome.REFUSED and (increase or self.desk.clock.is_sound())

    def attempt_again(self, handling: Handling) -> None:
        """What reduces is tried under a new name: the venue caps it at the position."""
        order = self.book.order_of(handling)
        if order is None or handling.increase:
            return
        if not handling.refused:
            handling.name = name_of(
                order.epoch, order.order_id, order.instrument_id, order.side, handling.attempts
            )
            handling.attempts += 1
        handling.unanswered = handling.refused = False
        handling.sent_ns = self.desk.clock.mono_ns()
        self.desk.see("reduce tried again")
        self._send(handling, command_of(order))

    def live(self, handling: Handling, name: str, time_ns: int) -> None:
        """Proof of life. Of two attempts that both live, the newer one goes."""
        order = self.book.order_of(handling)
        if order is None:
            return
        handling.lives.add(name)
        handling.unanswered = False
        self.desk.saw_alive(handling)
        if len(handling.lives) > 1 and name != min(handling.lives, key=attempt_of):
            handling.lives.discard(name)
            self.remove_stray(name)
            return
        if handling.name not in handling.lives:
            handling.name = name  # a start does not know under which attempt an earlier one left it
        if order.status in (OrderStatus.SENT, OrderStatus.IN_DOUBT):
            handling.name = name
            self.desk.report(handling, Step.ACCEPT, time_ns=time_ns)
        self.pump(handling)

    def remove_stray(self, name: str) -> None:
        """Cancel by name until the venue says that there is nothing."""
        self.strays[name] = 0

    def _change(self, command: Command) -> None:
        handling = self.book.handlings.get(command.order_id)
        order = self.book.order_of(handling) if handling is not None else None
        if handling is None or order is None:
            return
        if command.kind == CommandKind.CANCEL:
            handling.cancel = True
        else:
            handling.amends.append(command)
        if handling in self.held and handling.cancel:
            self.held.remove(handling)
            self.desk.report(handling, Step.CANCEL)
            return
        self.pump(handling)

    def pump(self, handling: Handling) -> None:
        """The next change of an order, one at a time, once the venue has it."""
        order = self.book.order_of(handling)
        if order is None or handling.changing or order.status not in ALIVE:
            return
        if handling.lost_terms is not None or self.desk.clock.mono_ns() < handling.change_at_ns:
            return
        if handling.cancel:
            handling.changing = True
            self.courier.ask(Ask.CANCEL, partial(self._canceled, handling), name=handling.name)
        elif handling.amends and not handling.amend_unknown:
            self._amend(handling)

    def _amend(self, handling: Handling) -> None:
        """Only the newest of several changes is sent; those before it have no terms of their own any more."""
        *older, last = handling.amends
        handling.amends = [last]
        for _ in older:
            self.desk.report(handling, amended=True)
        price = last.limit_price if last.order_type == OrderType.LIMIT else last.trigger_price
        if self.desk.connected or last.command_class != CommandClass.INCREASE:
            handling.changing = True
            self.courier.ask(
                Ask.AMEND,
                partial(self._amended, handling, last),
                name=handling.name,
                instrument_id=last.instrument_id,
                limit_price=price if last.order_type == OrderType.LIMIT else 0,
                trigger_price=price if last.order_type != OrderType.LIMIT else 0,
                stop_price=last.stop_price,
                quantity=last.quantity,
            )

    def _amended(self, handling: Handling, command: Command, answer: Answer) -> None:
        handling.changing = False
        if self.book.order_of(handling) is None:
            return
        stands = next((o for o in answer.orders if o.name == handling.name), None)
        terms: dict[str, Any] = {"price": stands.price, "quantity": stands.quantity} if stands else {}
        done, increase = answer.outcome == Outcome.DONE, command.command_class == CommandClass.INCREASE
        if done:
            self.desk.saw_alive(handling)
        if done or self._is_refused(answer, increase):
            handling.amends.remove(command)
            self.desk.report(
                handling, amended=done, amend_refused=not done, reason=answer.reason,
                time_ns=answer.time_ns, **terms,
            )  # fmt: skip
            self.pump(handling)
            late, handling.late_terms = handling.late_terms, None
            if late is not None and late.time_ns >= answer.time_ns:
                self.hold_terms(handling, late)
        elif increase:
            handling.amend_unknown = True  # never repeated: the resolver asks what stands
        else:
            handling.change_at_ns = self.desk.clock.mono_ns() + AGAIN

    def resolve_amend(self, handling: Handling, stands: OrderSeen, certain: bool) -> None:
        """What stands at the venue, where an amend had no answer. `certain`: it can no longer arrive."""
        order = self.book.order_of(handling)
        if order is None or handling.changing:
            return
        if (stands.price, stands.quantity) == (price_of(order), order.quantity):
            handling.amends, handling.amend_unknown = [], False
            for _ in range(order.amends_pending):
                self.desk.report(handling, amended=True, price=stands.price, quantity=stands.quantity)
        elif certain:
            handling.amend_unknown = False
            handling.lost_terms = stands

    def _tell_lost(self, handling: Handling) -> None:
        """An amend that the venue never saw: the core decides afresh."""
        stands, handling.lost_terms = handling.lost_terms, None
        order = self.book.order_of(handling)
        if order is None or stands is None or order.amends_pending == 0:
            return
        handling.amends = []
        for _ in range(order.amends_pending - 1):
            self.desk.report(handling, amended=True)
        self.desk.see("amend lost")
        self.desk.report(
            handling, amend_refused=True, lost=True, price=stands.price, quantity=stands.quantity
        )

    def hold_terms(self, handling: Handling, stands: OrderSeen) -> None:
        """Terms took effect that nobody is waiting for: a change that was repeated came after a newer one. Heard before
        the newer one's answer they may be the older news: the answer tells."""
        order = self.book.order_of(handling)
        if order is None or (stands.price, stands.quantity) == (price_of(order), order.quantity):
            return
        if handling.changing or order.amends_pending:
            handling.late_terms = stands
        else:
            self.reassert(handling)

    def reassert(self, handling: Handling) -> None:
        """An order stands at other terms than the core knows: an old amend came late. What only sets is set again."""
        order = self.book.order_of(handling)
        handling.drifts = False
        if order is None or handling.changing or order.amends_pending or order.cancel_pending:
            return
        self.desk.see("terms set again")
        handling.changing = True
        limit = order.order_type == OrderType.LIMIT
        self.courier.ask(
            Ask.AMEND, partial(self._reasserted, handling), name=handling.name, instrument_id=order.instrument_id,
            limit_price=order.limit_price if limit else 0, trigger_price=0 if limit else order.trigger_price,
            stop_price=order.stop_price, quantity=order.quantity,
        )  # fmt: skip

    def _reasserted(self, handling: Handling, answer: Answer) -> None:
        handling.changing = False  # the next sweep looks again; a stop does not wait for it
        if answer.outcome != Outcome.DONE and not self._is_refused(answer, handling.increase):
            handling.drifts = not handling.increase
            handling.change_at_ns = self.desk.clock.mono_ns() + AGAIN
        self.pump(handling)

    def _canceled(self, handling: Handling, answer: Answer) -> None:
        handling.changing = False
        if self.book.order_of(handling) is None:
            return
        if answer.outcome == Outcome.DONE:
            handling.cancel = False
            for seen in answer.orders:
                self.seen(seen)
        elif answer.outcome == Outcome.REFUSED:
            handling.cancel = False
            self.courier.ask(Ask.ORDER, partial(self._asked_after_refusal, handling), name=handling.name)
        else:
            handling.change_at_ns = self.desk.clock.mono_ns() + AGAIN

    def _asked_after_refusal(self, handling: Handling, answer: Answer) -> None:
        """A refused cancel: usually the order had just ended; else the core will ask again."""
        order = self.book.order_of(handling)
        if order is None:
            return
        for seen in answer.orders:
            self.seen(seen)
        order = self.book.order_of(handling)
        if order is not None and handling.ending is None:
            self.desk.report(handling, cancel_refused=True)

    def tick(self) -> None:
        """Entries that wait, changes to repeat, strays to remove."""
        now = self.desk.clock.mono_ns()
        for handling in list(self.held):
            order = self.book.order_of(handling)
            if order is None:
                self.held.remove(handling)
                continue
            hindrance = self._hindrance(handling, order)
            late = now > handling.decided_ns + self.desk.facts.send_within_ns
            if not hindrance or late:
                self.held.remove(handling)
                if late:
                    self.desk.say("held back", {"order": handling.order_id, "why": hindrance or "too late"})
                self._write(handling)
        for handling in self.book:
            if handling.lost_terms is not None and self.desk.ready:
                self._tell_lost(handling)
            if handling.cancel or handling.amends:
                self.pump(handling)
            elif handling.drifts and now >= handling.change_at_ns:
                self.reassert(handling)
        for name, at in list(self.strays.items()):
            if now >= at:
                self.strays[name] = now + SECOND
                self.courier.ask(Ask.CANCEL, partial(self._stray_gone, name), name=name)

    def _stray_gone(self, name: str, answer: Answer) -> None:
        if answer.outcome in (Outcome.DONE, Outcome.REFUSED):
            self.strays.pop(name, None)


def attempt_of(name: str) -> int:
    """Which attempt a name belongs to."""
    parts = parts_of(name)
    return parts.attempt if parts else 0


def command_of(order: Order) -> Command:
    """What would place a reducing order now."""
    made = Command()
    made.kind, made.command_class = CommandKind.PLACE, CommandClass.REDUCE
    made.order_id, made.epoch, made.instrument_id = order.order_id, order.epoch, order.instrument_id
    made.side, made.position_side = order.side, -order.side
    made.order_type = order.order_type
    made.limit_price, made.trigger_price = order.limit_price, order.trigger_price
    made.quantity = order.quantity - order.filled_quantity
    made.post_only, made.reduce_only, made.immediate = order.post_only, True, order.immediate
    return made


def amend_of(order: Order) -> Command:
    """What would give a reducing order the terms that it is to have."""
    made = command_of(order)
    made.kind, made.command_class, made.quantity = CommandKind.AMEND, CommandClass.SET, order.quantity
    return made
