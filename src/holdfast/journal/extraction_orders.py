"""Orders, what was asked about them, what was answered, and their fills, as rows.

A row of the core's table is given back and claimed again within one event, so what is at work is remembered here by
row: an order that ends is told from that and from the report that ended it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from holdfast.journal import projection_tables as tables
from holdfast.journal.extraction_fills import FillTracker, has_notice
from holdfast.journal.words import CLASSES, COMMANDS, ROLES, STATUSES, STEPS, TYPES
from holdfast.model import events
from holdfast.model.commands import Outbox
from holdfast.model.enums import NoticeKind, Role
from holdfast.model.order import WORKING, Order, OrderStatus, Step, next_status
from holdfast.model.state import State
from holdfast.model.trade import trade_slot
from holdfast.model.units import ENDED

PUT_ORDER, PUT_REQUEST = tables.ORDERS.put(), tables.REQUESTS.put()
PUT_STEP = tables.STEPS.put()
END_ORDER = (
    "UPDATE orders SET status = ?, filled = ?, filled_value = ?, confirmed = quantity, pending = '', ended_ns = ?, "
    "ended_seq = ?, refusal = ? WHERE order_id = ? AND epoch = ?"
)
GHOST_ORDER = (
    "UPDATE orders SET status = 'ghost', filled = filled + ?, filled_value = filled_value + ?, ended_ns = ?, "
    "ended_seq = ? WHERE order_id = ? AND epoch = ?"
)
FILLS = (Step.FILL, Step.COMPLETE)


@dataclass(slots=True)
class Live:
    """An order at work, as it was after the last event that touched it."""

    order_id: int
    epoch: int
    trade_row: int
    instrument_id: int
    role: int
    level: int
    side: int
    status: int
    filled: int
    filled_value: int


def live_of(o: Order) -> Live:
    """What is remembered of an order."""
    return Live(
        o.order_id, o.epoch, o.trade_row, o.instrument_id, o.role, o.index, o.side, o.status, o.filled_quantity,
        o.filled_value,
    )  # fmt: skip


class OrderTracker:
    """`take` tells of one event and returns the instruments that it touched."""

    def __init__(self, state: State, put: Callable[[str, tuple[Any, ...]], None]) -> None:
        self._put = put
        self._live = {
            row: live_of(state.orders[row])
            for row in range(1, state.order_watermark + 1)
            if WORKING[state.orders[row].status]
        }
        self.fills = FillTracker(state, put)

    def take(self, seq: int, event: Any, outbox: Outbox, state: State) -> set[int]:
        """Rows of an event: first the order that it is about, then what it led to."""
        self.fills.some = False
        touched: set[int] = set()
        if type(event) is events.OrderReport:
            self._report(seq, event, outbox, state, touched)
        elif type(event) is events.Closure:
            self.fills.of_closure(seq, event, outbox, state)
        elif type(event) is events.PositionAdopted:
            self.fills.of_adoption(seq, event, outbox, state)
        for i in range(outbox.command_count):
            command = outbox.commands[i]
            touched.add(command.instrument_id)
            self._request(seq, i, command)
            if command.order_row:
                self._show(seq, command.order_row, state)
        self.fills.settle(state)
        return touched

    def _request(self, seq: int, number: int, c: Any) -> None:
        price = c.limit_price or c.trigger_price
        told = (COMMANDS[c.kind], CLASSES[c.command_class], price, c.stop_price, c.quantity)
        self._put(PUT_REQUEST, (seq, number, c.order_id, c.epoch, *told))

    def _show(self, seq: int, row: int, state: State) -> None:
        """An order at work as it is now."""
        o = state.orders[row]
        t = state.trades[o.trade_row]
        confirmed = o.confirmed_quantity if o.amends_pending else o.quantity
        pending = "cancel" if o.cancel_pending else "amend" if o.amends_pending else ""
        self._live[row] = live_of(o)
        self._put(
            PUT_ORDER,
            (
                o.order_id, o.epoch, o.instrument_id, t.mandate_id, t.trade_id, ROLES[o.role], o.index, o.side,
                TYPES[o.order_type], o.limit_price, o.trigger_price, o.stop_price, o.quantity, confirmed,
                o.filled_quantity, o.filled_value, STATUSES[o.status], o.reduce_only, o.post_only, pending,
                o.created_at_ns, seq,
            ),
        )  # fmt: skip

    def _report(
        self, seq: int, report: events.OrderReport, outbox: Outbox, state: State, touched: set[int]
    ) -> None:
        live = self._live.get(report.order_row)
        if live is None or live.order_id != report.order_id:
            self._stranger(seq, report, outbox, state, touched)
            return
        touched.add(live.instrument_id)
        booked = self.fills.booked(state)
        if booked:
            live.filled += report.quantity
            live.filled_value += report.quantity * report.price
            self.fills.of_order(
                seq, report, live.trade_row, live.epoch, live.role, live.level, live.side, state
            )
        o = state.orders[report.order_row]
        status = o.status
        if o.order_id == report.order_id and o.epoch == live.epoch and status != OrderStatus.FREE:
            self._show(seq, report.order_row, state)
        else:
            status = self._end(seq, report, live, booked)
        self._step(seq, report, live.epoch, STATUSES[status])

    def _end(self, seq: int, report: events.OrderReport, live: Live, booked: bool) -> OrderStatus:
        """An order that is no longer at work, from what it was and what the report says."""
        status = (
            OrderStatus.FILLED if booked else OrderStatus(next_status(OrderStatus(live.status), report.step))
        )
        del self._live[report.order_row]
        numbers = (live.filled, live.filled_value, report.time_ns, seq, report.reason)
        self._put(END_ORDER, (STATUSES[status], *numbers, live.order_id, live.epoch))
        return status

    def _step(self, seq: int, report: events.OrderReport, epoch: int, status: str) -> None:
        step = STEPS[report.step] if report.step != Step.NONE else amend_word(report)
        told = (status, report.quantity, report.price, report.reason)
        self._put(PUT_STEP, (seq, report.time_ns, report.order_id, epoch, step, *told))

    def _stranger(
        self, seq: int, report: events.OrderReport, outbox: Outbox, state: State, touched: set[int]
    ) -> None:
        """A report about an order that is no longer at work: nothing, unless one taken for dead has turned up."""
        if not has_notice(outbox, NoticeKind.GHOST):
            self._step(seq, report, 0, "unknown")
            return
        kept = next(k for k in (state.ended[i] for i in range(ENDED)) if k.order_id == report.order_id)
        touched.add(kept.instrument_id)
        self._step(seq, report, kept.epoch, "ghost")
        quantity = report.quantity if report.step in FILLS else 0
        ends = (report.time_ns, seq, kept.order_id, kept.epoch)
        self._put(GHOST_ORDER, (quantity, quantity * report.price, *ends))
        if has_notice(outbox, NoticeKind.ADOPTED):
            row = trade_slot(kept.mandate_id, kept.side)
            self.fills.of_order(seq, report, row, kept.epoch, Role.ENTRY, kept.index, kept.side, state)


def amend_word(report: events.OrderReport) -> str:
    """What a report without a step says."""
    if report.cancel_refused:
        return "cancel refused"
    if report.amend_refused:
        return "amend lost" if report.lost else "amend refused"
    return "amended"
