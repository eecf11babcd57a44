"""The venue of a run: the paper venue's truth, walked through the market's prices, with a venue's own failings.

Nothing in here is seen by the engine but through the wire; checkers read all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import takewhile

from holdfast.model.enums import OrderType
from holdfast.model.order import Step
from holdfast.model.units import RATE
from holdfast.operations.chaos.heap import Heap
from holdfast.operations.chaos.mix import Kind, Mix
from holdfast.operations.chaos.setting import Setting
from holdfast.operations.chaos.tape import Tape
from holdfast.ports.venue import Answer, Ask, Execution, Held, Message, OrderSeen, Outcome, Request, Standing
from holdfast.simulator.acceptance import remove, write_report
from holdfast.simulator.matching import act_at_open, refresh_watch, set_spread, settle_resting, walk
from holdfast.simulator.paper_venue import PaperVenue
from holdfast.simulator.simulation import open_venue
from holdfast.simulator.solvency import cancel_everything, close_by_force, is_insolvent, liquidate, value_bar
from holdfast.simulator.venue import Bar, Book, Market

CHANGES = (Ask.PLACE, Ask.AMEND, Ask.CANCEL)
CLOSING = (OrderType.STOP, OrderType.MARKET)
OWN_REASON = 90  # of a refusal that only this simulation gives


class Exchange:
    """`tell` gets what the private stream says; `moved` is called after everything that may have changed something."""

    def __init__(self, heap: Heap, tape: Tape, mix: Mix, kind: Kind, setting: Setting) -> None:
        self.heap, self.tape, self.mix, self.kind = heap, tape, mix, kind
        self.market = Market()
        open_venue(self.market, setting.scenario)
        self.market.volume_share = RATE
        facts = kind.facts if kind.keeps_window else replace(kind.facts, window_ns=0)
        self.venue = PaperVenue(self.market, facts, kind.dedupe)
        self.count = len(setting.prices)
        self.tell: Callable[[Message], None] = lambda _: None
        self.moved: Callable[[], None] = lambda: None
        self.took: Callable[[Request, Answer], None] = lambda *_: None
        self.see: Callable[[str], None] = lambda _: None
        self.restarting_until_ns = 0
        self.refused: set[str] = set()
        self.born: dict[str, int] = {}
        self.executions: list[Execution] = []
        self.holdings: dict[tuple[int, int], list[tuple[int, Held]]] = {}
        self.filled_at = [0] * (self.count + 1)
        self._bar = Bar()

    # the market

    def book(self, instrument_id: int) -> Book:
        """One instrument's book."""
        return self.market.books[instrument_id]

    def begin_minute(self, instrument_id: int, price: int, volume: int) -> None:
        """A new minute opens, perhaps with a gap."""
        self.market.time_ns = self.heap.now_ns
        book = self.book(instrument_id)
        if book.bar_count == 0:
            set_spread(book, 0)
        book.bar_count += 1
        book.inside_bar = True
        book.volume_left = volume
        if self._is_quiet(book, price):
            book.path_price = price
            return
        book.path_price = price
        while act_at_open(self.market, book):
            self.collect()
        settle_resting(self.market, book)
        self.collect()

    def move(self, instrument_id: int, price: int) -> None:
        """Price walks on."""
        self.market.time_ns = self.heap.now_ns
        book = self.book(instrument_id)
        if self._is_quiet(book, price):
            book.path_price = price
            return
        while walk(self.market, book, price):
            self.collect()

    def _is_quiet(self, book: Book, price: int) -> bool:
        """Whether nothing can happen on the way to a price."""
        if book.first_order == 0:
            return True
        if book.stale:
            refresh_watch(self.market, book)
        return book.waiting == 0 and book.watch_low < price < book.watch_high

    def value(self, instrument_id: int, low: int, high: int, close: int) -> None:
        """A minute's close in the account's equity."""
        bar = self._bar
        bar.instrument_id, bar.low, bar.high, bar.close = instrument_id, low, high, close
        value_bar(self.market, bar)

    def judge(self) -> None:
        """Solvency, once a minute."""
        self.market.time_ns = self.heap.now_ns
        self.market.worst_extra = self.market.solvency_extra = 0
        if is_insolvent(self.market):
            cancel_everything(self.market)
            self.collect()
            liquidate(self.market)
            self.collect()

    # what the venue does by itself

    def force(self, choice: int) -> None:
        """Deleveraging: one position is closed, with or without its orders."""
        self.market.time_ns = self.heap.now_ns
        held = self.venue.positions()
        if not held:
            return
        chosen = held[choice % len(held)]
        book = self.book(chosen.instrument_id)
        if choice % 2:
            self._cancel(book, stops_only=False)
        close_by_force(self.market, book, chosen.side, book.path_price, book.path_price)
        self.collect()

    def _cancel(self, book: Book, stops_only: bool) -> None:
        row = book.first_order
        while row:
            order = self.market.orders[row]
            following = order.next
            if self.venue.rows[row].name and (order.order_type == OrderType.STOP or not stops_only):
                remove(self.market, row)
                write_report(self.market, row, Step.CANCEL)
                self.collect()
            row = following

    # requests

    def take(self, request: Request) -> Answer | None:
        """A request has arrived; None: no answer will ever come."""
        self.market.time_ns = self.heap.now_ns
        if self.heap.now_ns < self.restarting_until_ns:
            return self._restarting(request)
        changes = request.ask in CHANGES
        if changes and self.tape.hit("error before", self.mix.error_before) is not None:
            return Answer(request.number, Outcome.UNKNOWN, OWN_REASON, self.heap.now_ns)
        answer = self._change(request) if changes else self._tell(request)
        if changes and self.tape.hit("error after", self.mix.error_after) is not None:
            return Answer(request.number, Outcome.UNKNOWN, OWN_REASON, self.heap.now_ns)
        return answer

    def _restarting(self, request: Request) -> Answer:
        """A restart: the list of open orders is empty, and says so with confidence (reliability.md D7)."""
        outcome = Outcome.DONE if request.ask == Ask.OPEN_ORDERS else Outcome.UNKNOWN
        return Answer(request.number, outcome, 0, self.heap.now_ns)

    def _change(self, request: Request) -> Answer:
        if request.ask == Ask.PLACE and self._is_refused(request):
            return Answer(request.number, Outcome.REFUSED, OWN_REASON, self.heap.now_ns)
        if not self.kind.attaches and request.stop_price:
            request = replace(request, stop_price=0)
        answer = self.venue.receive(request)
        self._pass_on()
        self.took(request, answer)
        if request.ask == Ask.CANCEL:
            self._see_race(request, answer)
        if request.ask == Ask.PLACE and answer.outcome == Outcome.DONE:
            self.born.setdefault(request.name, self.heap.now_ns)
            if self.mix.drops_older and request.reduce_only and request.order_type != OrderType.STOP:
                self._cancel(self.book(request.instrument_id), stops_only=True)
        instrument_id = request.instrument_id
        if instrument_id:
            book = self.book(instrument_id)
            while walk(self.market, book, book.path_price):
                self.collect()
        self.moved()
        return answer

    def _see_race(self, request: Request, answer: Answer) -> None:
        """A cancel and a fill were on their way at once."""
        over = self.venue.over.get(request.name)
        if over is not None and answer.outcome == Outcome.REFUSED and over.standing == Standing.FILLED:
            self.see("cancel lost the race to a fill")
        elif over is not None and answer.outcome == Outcome.DONE and over.filled:
            self.see("cancel won the race")

    def _is_refused(self, request: Request) -> bool:
        if not request.reduce_only:
            if request.name in self.born:
                return False  # a second copy: that the name is known comes before any other reason
            if self.tape.hit("entry refused", self.mix.entry_refused) is not None:
                self.refused.add(request.name)
            return request.name in self.refused  # a second copy of it as well
        if request.order_type != OrderType.STOP:
            return False
        refused = self.tape.hit("stop refused", self.mix.stop_refused) is not None
        if refused:
            self.see("stop refused")
        return refused

    def collect(self) -> None:
        """What the matching has said becomes messages."""
        self.venue.collect()
        self._pass_on()
        self.moved()

    def _pass_on(self) -> None:
        self.venue.mail.extend(self.venue._seen)
        self.venue._seen = []
        while self.venue.mail:
            message = self.venue.mail.popleft()
            if isinstance(message, Answer):
                continue
            if isinstance(message, Execution):
                self._note(message)
            self.tell(message)

    def _note(self, execution: Execution) -> None:
        self.executions.append(execution)
        instrument_id = execution.instrument_id
        self.filled_at[instrument_id] = self.heap.now_ns
        for k, side in enumerate((1, -1)):
            position = self.book(instrument_id).positions[k]
            average = position.entry_value // position.quantity if position.quantity else 0
            held = Held(instrument_id, side, position.quantity, average)
            self.holdings.setdefault((instrument_id, side), []).append((self.heap.now_ns, held))

    # questions, answered from a copy that is a little old

    def _tell(self, request: Request) -> Answer:
        if request.ask == Ask.ORDER and self.tape.hit("not found", self.mix.not_found) is not None:
            return Answer(request.number, Outcome.DONE, 0, self.heap.now_ns)
        answer = self.venue.receive(request)
        if self.mix.lag_s == 0.0:
            return answer
        until = self.heap.now_ns - round(self.mix.lag_s * 1e9)
        return replace(
            answer,
            orders=tuple(self._as_of(o, until) for o in answer.orders if self._is_known(o, until)),
            executions=tuple(e for e in answer.executions if e.time_ns <= until),
            positions=self._held_at(until) if request.ask == Ask.POSITIONS else (),
        )

    def _is_known(self, order: OrderSeen, until_ns: int) -> bool:
        return self.born.get(order.name, 0) <= until_ns

    def _as_of(self, order: OrderSeen, until_ns: int) -> OrderSeen:
        """A living order without what it has filled since."""
        if order.standing != Standing.LIVE or self.filled_at[order.instrument_id] <= until_ns:
            return order
        since = takewhile(lambda e: e.time_ns > until_ns, reversed(self.executions))
        return replace(order, filled=order.filled - sum(e.quantity for e in since if e.name == order.name))

    def _held_at(self, until_ns: int) -> tuple[Held, ...]:
        found = []
        for told in self.holdings.values():
            seen = next((held for time, held in reversed(told) if time <= until_ns), None)
            if seen is not None and seen.quantity:
                found.append(seen)
        return tuple(found)

    def entries(self, instrument_id: int, side: int) -> int:
        """Steps that entries at work at the venue may still fill on one side."""
        total = 0
        row = self.book(instrument_id).first_order
        while row:
            order = self.market.orders[row]
            if not order.reduce_only and order.side == side:
                total += order.quantity - order.filled_quantity
            row = order.next
        return total

    def bare(self) -> Iterator[tuple[int, int]]:
        """Sides of instruments of which not all that is held has a stop, or an exit at work that never rests."""
        for instrument_id in range(1, self.count + 1):
            book = self.book(instrument_id)
            for k, side in enumerate((1, -1)):
                held = book.positions[k].quantity
                if held and held > self._closing(book, side):
                    yield instrument_id, side

    def _closing(self, book: Book, side: int) -> int:
        total, row = 0, book.first_order
        while row:
            order = self.market.orders[row]
            waits = (
                order.order_type == OrderType.MARKET or order.immediate
            )  # for volume: it would be gone else
            if order.reduce_only and order.position_side == side and (waits or order.order_type in CLOSING):
                total += order.quantity - order.filled_quantity
                if waits:
                    return book.positions[0 if side > 0 else 1].quantity  # the next exit comes after this one
            row = order.next
        return total
