"""A session face to face with a paper venue, time by hand, a journal that is durable at once, and a wire to cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sweep_account import contract_of, events, price_of

from holdfast.engine.engine import Engine
from holdfast.model.commands import Command
from holdfast.model.enums import OrderType
from holdfast.model.events import Plan
from holdfast.model.order import OrderStatus
from holdfast.model.state import State
from holdfast.ports.venue import Answer, Ask, Facts, Outcome, Request
from holdfast.records import copy_record
from holdfast.runtime.adoption import Policy
from holdfast.runtime.session import Options, Session
from holdfast.simulator.matching import act_at_open, close_bar, low_first, open_bar, settle_resting, walk
from holdfast.simulator.paper_venue import Dedupe, PaperVenue
from holdfast.simulator.venue import Bar, Market

SECOND = 10**9
START = 1_700_000_000 * SECOND


class KeptJournal:
    """Durable at once, in memory."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, list[Command]]] = []
        self.remarks: list[tuple[str, dict[str, Any]]] = []
        self.seq = 0

    def record(self, event: Any, commands: list[Command], digest: str = "") -> int:
        kept = type(event)()
        copy_record(kept, event)
        self.rows.append((kept, commands))
        self.seq += 1
        return self.seq

    def poison(self, event: Any, error: str) -> int:
        raise AssertionError(error)

    def remark(self, about: str, told: dict[str, Any]) -> int:
        self.remarks.append((about, told))
        self.seq += 1
        return self.seq

    def snapshot(self, state: State) -> int:
        return self.seq


class HandClock:
    """Time that a test moves."""

    def __init__(self, market: Market) -> None:
        self.market, self.sound = market, True

    def mono_ns(self) -> int:
        return self.market.time_ns

    def venue_ns(self) -> int:
        return self.market.time_ns

    def is_sound(self) -> bool:
        return self.sound


class Stage:
    """Two perpetuals; `drop` decides which requests and answers are lost, `sent` keeps all that left."""

    def __init__(
        self, facts: Facts | None = None, policy: Policy = Policy.QUARANTINE, dedupe: Dedupe = Dedupe.NONE
    ) -> None:
        self.market = Market()
        self.market.wallet, self.market.volume_share, self.market.time_ns = 10_000 * 10**8, 10**8, START
        for number in (1, 2):
            copy_record(self.market.books[number].contract, contract_of(number))
            self.market.books[number].through = 1
        self.facts = facts or Facts("stage")
        self.venue = PaperVenue(self.market, self.facts, dedupe)
        self.clock, self.policy = HandClock(self.market), policy
        self.sent: list[Request] = []
        self.drop: Callable[[Request], bool] = lambda request: False
        self.mute: Callable[[Request], bool] = lambda request: False
        self.last: dict[int, int] = {}
        self.begin(Engine(), 1)

    def begin(self, engine: Engine, epoch: int) -> None:
        """A process takes over; what was on the wire is lost."""
        self.venue.mail.clear()
        self.journal = KeptJournal()
        options = Options(policy=self.policy, clock_every_ns=0)
        self.session = Session(engine, self.journal, self, self.clock, epoch, options)
        if not engine.state.mandate_watermark:
            for event in events():
                self.session.take(event)
        self.session.start()

    def send(self, request: Request) -> None:
        self.sent.append(request)
        if self.drop(request):
            return
        if not self.mute(request):
            self.venue.send(request)
            return
        self.venue.receive(request)
        self.venue._seen = []

    def settle(self) -> None:
        """Everything durable, sent and told."""
        for _ in range(100):
            self.session.reached(self.journal.seq)
            mail = list(self.venue.mail)
            self.venue.mail.clear()
            for message in mail:
                if isinstance(message, Answer):
                    self.session.answered(message)
                else:
                    self.session.told(message)
            if not mail and not self.session.driver.waits:
                return

    def wait(self, seconds: float) -> None:
        """Time passes in tenths."""
        for _ in range(round(10 * seconds)):
            self.market.time_ns += SECOND // 10
            self.session.tick()
            self.settle()

    def price(self, number: int, at: int) -> None:
        """The market walks to a price, and the engine sees it."""
        before = self.last.get(number, at)
        self.last[number] = at
        bar = Bar(
            time_ns=self.market.time_ns, instrument_id=number, open=before, high=max(before, at), low=min(before, at),
            close=at, volume=10**9,
        )  # fmt: skip
        book = self.market.books[number]
        if open_bar(self.market, book, bar):
            while act_at_open(self.market, book):
                self.collect()
            settle_resting(self.market, book)
            first = bar.low if low_first(book, bar) else bar.high
            for to in (first, bar.high + bar.low - first, at):
                while walk(self.market, book, to):
                    self.collect()
        close_bar(book, bar)
        self.collect()
        self.session.take(price_of({"instrument_id": number, "price": at}, self.market.time_ns))
        self.settle()

    def collect(self) -> None:
        self.venue.collect()
        self.settle()

    def plan(self, mandate_id: int, **columns: Any) -> None:
        """What a strategy wants."""
        self.session.take(Plan(time_ns=self.market.time_ns, mandate_id=mandate_id, **columns))
        self.settle()

    def manual(self, number: int, side: int, quantity: int) -> None:
        """A person trades at the venue, past us; the fill comes with the next price."""
        reduces = self.market.books[number].positions[0 if side < 0 else 1].quantity > 0
        request = Request(
            0, Ask.PLACE, f"hand-{len(self.sent)}-{self.market.time_ns}", number, -side if reduces else side, side,
            OrderType.MARKET, quantity=quantity, reduce_only=reduces, stamp_ns=self.market.time_ns,
        )  # fmt: skip
        assert self.venue.receive(request).outcome == Outcome.DONE
        self.venue._seen = []

    def orders(self, status: OrderStatus | None = None) -> list[Any]:
        """The core's orders at work."""
        state = self.session.engine.state
        rows = [state.orders[row] for row in range(1, state.order_watermark + 1)]
        return [order for order in rows if order.status and status in (None, order.status)]

    def placed(self, reduce_only: bool = False) -> list[Request]:
        """Requests to place that left."""
        return [r for r in self.sent if r.ask == Ask.PLACE and r.reduce_only == reduce_only]
