"""A venue in this process behind the port of a real one: the backtest's matching, reached by names and requests.

It has a truth of its own. What it cannot do is what a real one cannot: it takes an order twice where it does not
de-duplicate names, refuses what comes too late, and forgets what is older than it keeps.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from holdfast.model.commands import Command
from holdfast.model.enums import CommandKind, OrderType
from holdfast.model.instrument import Position
from holdfast.model.order import Step
from holdfast.model.units import INSTRUMENTS, ORDERS
from holdfast.ports.venue import (
    Amended,
    Answer,
    Ask,
    Execution,
    Facts,
    Held,
    Message,
    OrderSeen,
    Outcome,
    Request,
    Standing,
    Worth,
)
from holdfast.simulator.acceptance import execute
from holdfast.simulator.venue import Market, VenueOrder

TOO_LATE = 100  # reasons beyond the matching model's own
DUPLICATE = 101
NOT_FOUND = 102

KEPT = 4096  # orders that are over, and executions, which can still be asked for

STANDINGS = {
    Step.ACCEPT: Standing.LIVE,
    Step.CANCEL: Standing.CANCELED,
    Step.EXPIRE: Standing.EXPIRED,
    Step.REJECT: Standing.REJECTED,
}


class Dedupe(enum.Enum):
    """Whether the venue refuses a name that it knows (reliability.md 5.3)."""

    STRICT = "strict"  # always
    UNFILLED = "unfilled"  # only while the order is at work
    NONE = "none"


@dataclass
class Row:
    """Which order a row of the matching model holds; no name: the venue's own stop."""

    name: str
    entry_stop: int = 0  # of the stop that travels with an entry


class PaperVenue:
    """`market` is the truth. Answers and messages wait in `mail` until whoever owns the wires takes them."""

    def __init__(self, market: Market, facts: Facts, dedupe: Dedupe = Dedupe.STRICT) -> None:
        self.market, self.facts, self.dedupe = market, facts, dedupe
        self.mail: deque[Answer | Message] = deque()
        self.rows: dict[int, Row] = {}
        self.live: dict[str, int] = {}  # name -> row
        self.over: dict[str, OrderSeen] = {}
        self.executions: deque[Execution] = deque(maxlen=KEPT)
        self.taken = 0  # requests that did something
        self.entry_stops: dict[tuple[int, int], int] = {}  # by position: the price that came with an entry
        self._free = list(range(ORDERS - 1, 0, -1))
        self.numbers = 0
        self._seen: list[Message] = []

    def restore(
        self,
        rows: dict[int, Row],
        live: dict[str, int],
        over: list[OrderSeen],
        executions: list[Execution],
        numbers: int,
        taken: int,
        entry_stops: dict[tuple[int, int], int],
    ) -> None:
        """Books that were kept, beside a market that has been filled with its own."""
        self.rows, self.live, self.numbers, self.taken = rows, live, numbers, taken
        self.over = {order.name: order for order in over}
        self.executions.extend(executions)
        self.entry_stops = entry_stops
        self._free = [number for number in range(ORDERS - 1, 0, -1) if number not in rows]

    def send(self, request: Request) -> None:
        """As if the wire had no length: taken at once, the answer in the mail."""
        answer = self.receive(request)
        self.mail.extend(self._seen)
        self.mail.append(answer)
        self._seen = []

    def collect(self) -> None:
        """What happened at the market by itself goes into the mail."""
        self._translate()
        self.mail.extend(self._seen)
        self._seen = []

    def receive(self, request: Request) -> Answer:
        """One request. Only PLACE, AMEND and CANCEL change anything."""
        changes = request.ask in (Ask.PLACE, Ask.AMEND, Ask.CANCEL)
        if changes and self.facts.window_ns and self._is_stale(request):
            return self._answer(request, Outcome.REFUSED, reason=TOO_LATE)
        self.taken += changes
        if request.ask == Ask.PLACE:
            return self._place(request)
        if request.ask == Ask.AMEND:
            return self._amend(request)
        if request.ask == Ask.CANCEL:
            return self._cancel(request)
        return self._tell(request)

    def _is_stale(self, request: Request) -> bool:
        age = self.market.time_ns - request.stamp_ns
        return age > self.facts.window_ns or age < -self.facts.clock_error_ns

    def _answer(self, request: Request, outcome: Outcome, reason: int = 0, **told: Any) -> Answer:
        return Answer(request.number, outcome, reason, self.market.time_ns, **told)

    def _place(self, request: Request) -> Answer:
        known = request.name in self.live or request.name in self.over
        if known and self.dedupe == Dedupe.STRICT:
            return self._answer(request, Outcome.UNKNOWN, reason=DUPLICATE)  # an earlier copy did something
        if request.name in self.live and self.dedupe == Dedupe.UNFILLED:
            return self._answer(request, Outcome.UNKNOWN, reason=DUPLICATE)
        row = self._free.pop()
        name = request.name
        while name in self.live or name in self.over:
            name += "+"  # the same name a second time: an order of its own
        self.rows[row] = Row(name, request.stop_price if not request.reduce_only else 0)
        self.live[name] = row
        self.numbers += 1
        execute(self.market, self._command(CommandKind.PLACE, row, self.numbers, request))
        refused = self._translate()
        if refused:
            return self._answer(request, Outcome.REFUSED, reason=refused)
        if request.reduce_only and request.order_type == OrderType.STOP:
            self._drop_own_stop(request.instrument_id, request.position_side)
        return self._answer(request, Outcome.DONE)

    def _command(self, kind: CommandKind, row: int, order_id: int, request: Request) -> Command:
        made = Command()
        made.kind, made.order_row, made.order_id = kind, row, order_id
        made.instrument_id, made.position_side = request.instrument_id, request.position_side
        made.side, made.order_type = request.side, request.order_type
        made.limit_price, made.trigger_price = request.limit_price, request.trigger_price
        made.quantity, made.post_only = request.quantity, request.post_only
        made.reduce_only, made.immediate = request.reduce_only, request.immediate
        return made

    def _amend(self, request: Request) -> Answer:
        row = self.live.get(request.name)
        if row is None:
            return self._answer(request, Outcome.REFUSED, reason=NOT_FOUND)
        order = self.market.orders[row]
        if request.stop_price:
            self.rows[row].entry_stop = request.stop_price
        command = self._command(CommandKind.AMEND, row, order.order_id, request)
        execute(self.market, command)
        self._translate()
        if order.reduce_only and order.order_type == OrderType.STOP:
            self._drop_own_stop(order.instrument_id, order.position_side)
            self._hold_stop(order.instrument_id, order.position_side)
        stands = (self._seen_live(request.name),) if request.name in self.live else ()
        return self._answer(request, Outcome.DONE, orders=stands)

    def _cancel(self, request: Request) -> Answer:
        row = self.live.get(request.name)
        if row is None:
            return self._answer(request, Outcome.REFUSED, reason=NOT_FOUND)
        order = self.market.orders[row]
        execute(self.market, self._command(CommandKind.CANCEL, row, order.order_id, request))
        self._translate()
        self._hold_stop(order.instrument_id, order.position_side)
        return self._answer(request, Outcome.DONE)

    def _tell(self, request: Request) -> Answer:
        told: dict[str, Any] = {}
        if request.ask == Ask.ORDER:
            told["orders"] = self.find(request.name)
        elif request.ask == Ask.OPEN_ORDERS:
            told["orders"] = tuple(self._seen_live(name) for name in self.live if name)
        elif request.ask == Ask.EXECUTIONS:
            told["executions"] = tuple(self._executed_since(request.since_ns))
        elif request.ask == Ask.POSITIONS:
            told["positions"] = tuple(self.positions())
        else:
            equity = self.market.wallet + self.market.pnl
            told["worth"] = Worth(self.market.wallet, equity, self.market.time_ns)
        return self._answer(request, Outcome.DONE, **told)

    def _executed_since(self, since_ns: int) -> list[Execution]:
        """The newest of them, in their order."""
        found = list(takewhile(lambda e: e.time_ns >= since_ns, reversed(self.executions)))
        return found[::-1]

    def find(self, name: str) -> tuple[OrderSeen, ...]:
        """One order by its name, at work or over; empty where it was never seen."""
        if name in self.live:
            return (self._seen_live(name),)
        return (self.over[name],) if name in self.over else ()

    def _seen_live(self, name: str) -> OrderSeen:
        order = self.market.orders[self.live[name]]
        return self._seen_as(name, order, Standing.LIVE, 0)

    def _seen_as(self, name: str, order: VenueOrder, standing: Standing, reason: int) -> OrderSeen:
        price = order.limit_price if order.order_type == OrderType.LIMIT else order.trigger_price
        return OrderSeen(
            name, order.instrument_id, standing, price, order.quantity, order.filled_quantity,
            self.market.time_ns, reason, order.position_side, order.reduce_only,
        )  # fmt: skip

    def positions(self) -> list[Held]:
        """Both sides of every instrument on which something is held."""
        found = []
        for i in range(1, INSTRUMENTS):
            book = self.market.books[i]
            if book.contract.instrument_id == 0:
                break
            for k, side in enumerate((1, -1)):
                position: Position = book.positions[k]
                if position.quantity > 0:
                    average = position.entry_value // position.quantity
                    stopped = min(position.quantity, self.stopped(i, side))
                    found.append(Held(i, side, position.quantity, average, stopped))
        return found

    def stopped(self, instrument_id: int, side: int, ours: bool = False) -> int:
        """Steps of a position that stops at work would close; `ours`: not counting those of the venue itself."""
        total = 0
        for row, told in self.rows.items():
            order = self.market.orders[row]
            if ours and not told.name:
                continue
            if order.active and order.instrument_id == instrument_id and order.position_side == side:
                if order.reduce_only and order.order_type == OrderType.STOP:
                    total += order.quantity - order.filled_quantity
        return total

    def _translate(self) -> int:
        """Reports of the matching model as messages; returns why the last one was refused, 0 for nothing."""
        refused = 0
        market = self.market
        for i in range(market.report_count):
            report = market.reports[i]
            row = self.rows.get(report.order_row)
            if row is None:
                continue
            order = market.orders[report.order_row]
            if report.step in (Step.FILL, Step.COMPLETE):
                self._fill(report.order_row, row, order, i)
            elif report.amended and row.name:
                self._seen.append(Amended(row.name, report.price, report.quantity, market.time_ns))
            elif report.step in STANDINGS:
                seen = self._seen_as(row.name, order, STANDINGS[report.step], report.reason)
                refused = report.reason if report.step == Step.REJECT else refused
                if row.name:
                    self._seen.append(seen)
                if report.step != Step.ACCEPT:
                    self._end(report.order_row, row, seen)
        market.report_count = 0
        self._forced()
        return refused

    def _fill(self, number: int, row: Row, order: VenueOrder, index: int) -> None:
        report = self.market.reports[index]
        complete = report.step == Step.COMPLETE
        made = Execution(
            report.fill_id, row.name, order.instrument_id, order.position_side, order.side, report.quantity,
            report.price, report.fee, report.maker, order.filled_quantity, self.market.time_ns, complete,
            forced=not row.name,
        )  # fmt: skip
        self.executions.append(made)
        self._seen.append(made)
        if complete:
            self._end(number, row, self._seen_as(row.name, order, Standing.FILLED, 0))
        if row.entry_stop:
            self.entry_stops[order.instrument_id, order.position_side] = row.entry_stop
        for side in (1, -1):
            self._follow_position(order.instrument_id, side)

    def _follow_position(self, instrument_id: int, side: int) -> None:
        """What is held is stopped; what is no longer held needs no stop of the venue's."""
        if self.market.books[instrument_id].positions[0 if side > 0 else 1].quantity:
            self._hold_stop(instrument_id, side)
        elif self.entry_stops.pop((instrument_id, side), 0):
            self._drop_own_stop(instrument_id, side)

    def _hold_stop(self, instrument_id: int, side: int) -> None:
        """The stop that travelled with an entry stands for as much of the position as no other stop closes."""
        held = self.market.books[instrument_id].positions[0 if side > 0 else 1].quantity
        missing = held - self.stopped(instrument_id, side)
        stop_price = self.entry_stops.get((instrument_id, side), 0)
        if missing <= 0 or stop_price == 0:
            return
        own = Request(
            0, Ask.PLACE, "", instrument_id, side, -side, OrderType.STOP,
            trigger_price=stop_price, quantity=missing, reduce_only=True,
        )  # fmt: skip
        number = self._free.pop()
        self.rows[number] = Row("")
        self.numbers += 1
        count = self.market.report_count
        execute(self.market, self._command(CommandKind.PLACE, number, self.numbers, own))
        self.market.report_count = count  # nobody ordered it

    def _drop_own_stop(self, instrument_id: int, side: int) -> None:
        """The stop that travelled with an entry gives way to stops that close all that is held, and to no fewer."""
        held = self.market.books[instrument_id].positions[0 if side > 0 else 1].quantity
        if held > self.stopped(instrument_id, side, ours=True):
            return
        count = self.market.report_count
        for number, row in list(self.rows.items()):
            order = self.market.orders[number]
            if row.name == "" and order.instrument_id == instrument_id and order.position_side == side:
                own = Request(0, Ask.CANCEL)
                execute(self.market, self._command(CommandKind.CANCEL, number, order.order_id, own))
                self.market.report_count = count  # nobody ordered it
                self._give_back(number)

    def _forced(self) -> None:
        """Positions that the venue has closed by force."""
        for i in range(self.market.closure_count):
            closure = self.market.closures[i]
            made = Execution(
                closure.fill_id, "", closure.instrument_id, closure.side, -closure.side, closure.quantity,
                closure.price, closure.fee, False, 0, closure.time_ns, True, forced=True,
            )  # fmt: skip
            self.executions.append(made)
            self._seen.append(made)
            self._follow_position(closure.instrument_id, closure.side)
        self.market.closure_count = 0

    def _end(self, number: int, row: Row, seen: OrderSeen) -> None:
        if row.name:
            self.over[row.name] = seen
            self.live.pop(row.name, None)
            if len(self.over) > KEPT:
                del self.over[next(iter(self.over))]
        self._give_back(number)

    def _give_back(self, number: int) -> None:
        if self.rows.pop(number, None) is not None:
            self._free.append(number)
