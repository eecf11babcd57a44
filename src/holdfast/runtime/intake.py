"""What the venue tells, asked or not, becomes reports to the core: each execution once, in its order, and the end of an
order only after all of its executions (reliability.md 2.D, 5.2)."""

from __future__ import annotations

from collections.abc import Callable

from holdfast.model.events import Closure
from holdfast.model.order import Order, OrderStatus, Step
from holdfast.ports.venue import Amended, Execution, Message, OrderSeen, Standing
from holdfast.runtime.absence import Absence
from holdfast.runtime.desk import Desk
from holdfast.runtime.dispatcher import Dispatcher
from holdfast.runtime.handling import Handling
from holdfast.runtime.names import Name, parts_of

ENDS = {
    Standing.CANCELED: Step.CANCEL,
    Standing.EXPIRED: Step.EXPIRE,
    Standing.REJECTED: Step.REJECT,
}


class Intake:
    """Messages and answers in, events out. `miss` is called where an execution must be asked for."""

    def __init__(self, desk: Desk, absence: Absence, miss: Callable[[], None]) -> None:
        self.desk, self.book, self.absence = desk, desk.book, absence
        self.miss = miss
        self.dispatcher: Dispatcher
        self.foreign: dict[str, OrderSeen] = {}  # orders at the venue that nobody here gave
        self.future = False  # one of them is of a start that this journal does not know: entries stay shut

    def told(self, message: Message) -> None:
        """A message of the private stream."""
        if isinstance(message, Execution):
            self.executed(message)
        elif isinstance(message, OrderSeen):
            self.seen(message)
        elif isinstance(message, Amended):
            self._amended(message)

    def _amended(self, message: Amended) -> None:
        parts = parts_of(message.name)
        handling = self.book.named(parts) if parts else None
        if handling is None:
            return
        self.desk.saw_alive(handling)
        stands = OrderSeen(
            message.name, 0, Standing.LIVE, message.price, message.quantity, 0, message.time_ns
        )
        if handling.amend_unknown:
            self.dispatcher.resolve_amend(handling, stands, certain=False)
        elif message.name == handling.name:
            self.dispatcher.hold_terms(handling, stands)

    def seen(self, order: OrderSeen) -> None:
        """Where an order stands, by a message or an answer."""
        parts = parts_of(order.name)
        if parts is None:
            self._see_foreign(order)
            return
        if parts.epoch > self.desk.epoch:
            self._see_future(order)
            return
        handling = self.book.named(parts)
        if handling is None:
            self._see_gone(parts, order)
        elif order.standing == Standing.LIVE:
            self.dispatcher.live(handling, order.name, order.time_ns)
            self._catch_up(handling, order)
        else:
            self._see_end(handling, order)

    def _see_foreign(self, order: OrderSeen) -> None:
        """Somebody else's order on our account: never counted as ours, never cancelled without a word."""
        if order.standing != Standing.LIVE:
            self.foreign.pop(order.name, None)
        elif order.name not in self.foreign:
            self.foreign[order.name] = order
            self.desk.say("foreign order", {"name": order.name, "instrument": order.instrument_id})

    def _see_future(self, order: OrderSeen) -> None:
        """An order of a start that this journal does not know: its end is lost, or another instance runs."""
        if order.name not in self.foreign:
            self.foreign[order.name] = order
            self.desk.ready, self.future = False, True
            self.desk.say("newer epoch", {"name": order.name})

    def _see_gone(self, parts: Name, order: OrderSeen) -> None:
        """An order that the core no longer has: alive, it is a ghost or was cancelled too early."""
        if order.standing != Standing.LIVE or order.name in self.dispatcher.strays:
            return
        self.desk.see("ghost alive")
        self.desk.tell(0, parts.order_id, Step.ACCEPT, time_ns=order.time_ns)
        self.dispatcher.remove_stray(order.name)

    def _catch_up(self, handling: Handling, order: OrderSeen) -> None:
        """A living order that has filled further than we know: executions are missing."""
        if order.filled > handling.sums.get(order.name, 0):
            handling.shown[order.name] = order.filled
            self.miss()

    def _see_end(self, handling: Handling, order: OrderSeen) -> None:
        if order.filled > handling.sums.get(order.name, 0):
            self.desk.see("end before its executions")
            handling.ending = order
            self.miss()
            return
        handling.ending = None
        handling.lives.discard(order.name)
        if order.name != handling.name and (handling.lives or handling.name not in handling.lives):
            return  # another attempt of it ended, not the one that counts
        # One that has filled is over with its last execution, unless the core could not book that one.
        step = ENDS.get(order.standing, Step.CANCEL)
        if order.standing in ENDS or not handling.lives:
            self.desk.report(handling, step, reason=order.reason, time_ns=order.time_ns)

    def executed(self, execution: Execution) -> None:
        """One execution, told by the stream or by a sweep."""
        self.absence.until(execution.time_ns)
        parts = parts_of(execution.name)
        if parts is None:
            if execution.forced:
                self._close(execution)
            return
        if parts.epoch > self.desk.epoch:
            return
        handling = self.book.named(parts)
        if handling is None:
            self._fill_gone(parts, execution)
        else:
            self._fill(handling, execution)

    def _close(self, execution: Execution) -> None:
        """The venue closed something by itself; the core counts each such execution once."""
        instrument = self.desk.state.instruments[execution.instrument_id]
        if execution.number <= instrument.last_closure_id:
            return
        event = Closure()
        event.time_ns, event.instrument_id = execution.time_ns, execution.instrument_id
        event.side, event.quantity = execution.position_side, execution.quantity
        event.price, event.fee, event.fill_id = execution.price, execution.fee, execution.number
        self.desk.take(event)

    def _fill_gone(self, parts: Name, execution: Execution) -> None:
        """A fill of an order that is over: known already, or of an entry that was taken for dead."""
        if all(ended.order_id != parts.order_id for ended in self.desk.state.ended):
            return
        self.desk.tell(
            0, parts.order_id, Step.FILL, time_ns=execution.time_ns, fill_id=execution.number,
            quantity=execution.quantity, price=execution.price, fee=execution.fee, maker=execution.maker,
        )  # fmt: skip

    def _fill(self, handling: Handling, execution: Execution) -> None:
        order = self.book.order_of(handling)
        assert order is not None
        done = handling.sums.get(execution.name, 0)
        if execution.filled <= done:
            self.desk.see("duplicate fill ignored")
            return
        known = self._is_booked(order, execution)
        if not known and (execution.filled - execution.quantity > done or self._exceeds(order, execution)):
            self.desk.see("fill out of order")
            if execution.number not in handling.early:
                self.miss()
            handling.early[execution.number] = execution
            return
        handling.sums[execution.name] = execution.filled
        if known:
            self.desk.see("duplicate fill ignored")
            return
        if order.status in (OrderStatus.SENT, OrderStatus.IN_DOUBT):
            self.desk.see("fill before acknowledgement")
        handling.lives.add(execution.name)
        self.desk.saw_alive(handling)
        complete = execution.complete and len(handling.lives) < 2
        if order.reduce_only and execution.quantity > order.quantity - order.filled_quantity:
            self._close(execution)  # of a second attempt: more than the order had left
        else:
            self.desk.report(
                handling, Step.COMPLETE if complete else Step.FILL, time_ns=execution.time_ns,
                fill_id=execution.number, quantity=execution.quantity, price=execution.price, fee=execution.fee,
                maker=execution.maker,
            )  # fmt: skip
        self._go_on(handling)

    def _is_booked(self, order: Order, execution: Execution) -> bool:
        """An earlier start has booked it: as a fill of its order, or, where it was more than that, as a closure."""
        if execution.number <= order.last_fill_id:
            return True
        more = execution.quantity > order.quantity - order.filled_quantity or self._exceeds(order, execution)
        closures = self.desk.state.instruments[execution.instrument_id].last_closure_id
        return order.reduce_only and more and execution.number <= closures

    def _exceeds(self, order: Order, execution: Execution) -> bool:
        """It reduces by more than we hold: entries that filled before it have not been told yet."""
        held = self.desk.state.trades[order.trade_row].quantity
        return order.reduce_only and execution.quantity > held

    def write_off(self, instrument_id: int) -> None:
        """A position has been settled with the venue's: executions that could not be booked are in it."""
        for handling in self.book:
            order = self.book.order_of(handling)
            if order is None or order.instrument_id != instrument_id or not handling.early:
                continue
            for execution in handling.early.values():
                done = handling.sums.get(execution.name, 0)
                handling.sums[execution.name] = max(done, execution.filled)
            handling.early.clear()
            if handling.ending is not None:
                self._see_end(handling, handling.ending)

    def _go_on(self, handling: Handling) -> None:
        """What had to wait for an execution."""
        instrument_id = self.desk.state.orders[handling.row].instrument_id
        for waiting in [each for each in self.book if each.early]:
            for number in sorted(waiting.early):
                order = self.book.order_of(waiting)
                early = waiting.early.get(number)
                if order is not None and early is not None and order.instrument_id == instrument_id:
                    del waiting.early[number]
                    self._fill(waiting, early)
        if handling.ending is not None and self.book.order_of(handling) is not None:
            self._see_end(handling, handling.ending)
        if self.book.order_of(handling) is not None:
            self.dispatcher.pump(handling)
