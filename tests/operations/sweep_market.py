"""The venue's end of the kill sweep: a paper venue on a socket that de-duplicates no names and answers questions late.

It walks a scripted market: a setup is entered, filled, protected, takes a target and is stopped; a grid fills levels,
moves its stop and is flattened. The market goes on only when the engine has been quiet for a while, so that the story
is the same whenever the engine is killed.
"""

from __future__ import annotations

import selectors
import socket
import time
from dataclasses import dataclass, field
from typing import Any

import msgspec

from holdfast.model.instrument import Contract
from holdfast.ports.venue import Answer, Ask, Execution, Facts, Outcome, Request
from holdfast.runtime.names import parts_of
from holdfast.simulator.matching import act_at_open, close_bar, low_first, open_bar, settle_resting, walk
from holdfast.simulator.paper_venue import Dedupe, PaperVenue
from holdfast.simulator.venue import Bar, Market
from holdfast.venues.loopback import line_of, message_line

LATE = 0.15  # seconds for which a question does not see a new order
QUIET = 0.06  # seconds without a word from the engine before the market goes on
BOUND = 2.0  # seconds of connected time in which a stop must stand
FACTS = Facts(
    "sweep", send_within_ns=300_000_000, window_ns=300_000_000, clock_error_ns=50_000_000,
    read_lag_ns=200_000_000, answer_within_ns=100_000_000, miss_gap_ns=40_000_000, misses=3,
    reconcile_every_ns=500_000_000,
)  # fmt: skip

# (instrument, price) or a plan's columns or a person's word, one after the other.
SETUP, GRID = 1, 2
STORY: list[dict[str, Any]] = [
    {"price": (SETUP, 50_000)},
    {"price": (GRID, 20_000)},
    {"plan": {"mandate_id": 1, "start_long": True, "entry_price": 49_900, "stop_price": 49_000}},
    {
        "plan": {
            "mandate_id": 2,
            "start_long": True,
            "anchor_price": 19_900,
            "spacing": 200,
            "take_profit_price": 21_000,
        }
    },
    {"price": (SETUP, 49_850)},  # the entry fills
    {"price": (GRID, 19_850)},  # the first level
    {"price": (SETUP, 50_900)},  # the first target; the stop moves
    {"price": (GRID, 19_650)},  # the second level: the stop's average moves
    {
        "plan": {
            "mandate_id": 2,
            "start_long": True,
            "anchor_price": 19_880,
            "spacing": 220,
            "take_profit_price": 21_000,
        }
    },
    {"price": (SETUP, 48_000)},  # what is left is stopped
    {"price": (GRID, 19_700)},
    {"flatten": True},
    {"price": (GRID, 19_710)},
]


@dataclass
class Verdict:
    """What the venue saw."""

    doubled: list[str] = field(default_factory=list)  # intents with more than one order that adds exposure
    unprotected: float = 0.0  # longest connected time, seconds, in which a position lacked a stop
    executions: list[Execution] = field(default_factory=list)
    held: dict[tuple[int, int], int] = field(default_factory=dict)
    peak: dict[int, int] = field(
        default_factory=dict
    )  # by instrument: most steps held, with every entry filled


class SweepMarket:
    """Serves one engine after the other until the story is told."""

    def __init__(self, contracts: list[Contract]) -> None:
        self.market = Market()
        self.market.wallet = 10_000 * 10**8
        self.market.volume_share = 10**8
        for contract in contracts:
            self.market.books[contract.instrument_id].contract = contract
            self.market.books[contract.instrument_id].through = 1
        self.venue = PaperVenue(self.market, FACTS, Dedupe.NONE)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.wire: socket.socket | None = None
        self.left = b""
        self.step = 0
        self.last: dict[int, int] = {}
        self.prices: list[dict[str, Any]] = []
        self.heard = time.monotonic()
        self.born: dict[str, float] = {}
        self.orders: dict[tuple[int, int], list[str]] = {}
        self.bare_since: dict[tuple[int, int], float] = {}
        self.verdict = Verdict()
        self.waiting: set[int] = set()  # plans that no engine has made durable yet
        self.told = False  # the engine says that it has seen the whole story

    def turn(self) -> None:
        """Once round: a connection, requests, the market, the watch."""
        self.market.time_ns = time.time_ns()
        selector = selectors.DefaultSelector()
        selector.register(self.wire or self.listener, selectors.EVENT_READ)
        ready = selector.select(0.005)
        selector.close()
        if ready and self.wire is None:
            self._connect()
        elif ready:
            self._hear()
        if self.wire is not None and time.monotonic() - self.heard > QUIET:
            self._go_on()
        self._watch()

    def _connect(self) -> None:
        self.wire, _ = self.listener.accept()
        self.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.left, self.heard = b"", time.monotonic()
        self.venue.mail.clear()
        for told in self.prices:  # where the market stands, and what a strategy would say again
            self._say(line_of(told["kind"], told))

    def _say(self, line: bytes) -> None:
        if self.wire is None:
            return
        try:
            self.wire.sendall(line)
        except OSError:
            self._hang_up()

    def _hang_up(self) -> None:
        if self.wire is not None:
            self.wire.close()
        self.wire = None

    def _hear(self) -> None:
        assert self.wire is not None
        try:
            come = self.wire.recv(65_536)
        except OSError:
            come = b""
        if not come:
            self._hang_up()
            return
        *lines, self.left = (self.left + come).split(b"\n")
        for line in lines:
            told = msgspec.json.decode(line)
            if told["kind"] == "request":
                request = msgspec.convert(told["told"], Request)
                if request.ask in (Ask.PLACE, Ask.AMEND, Ask.CANCEL):
                    self.heard = time.monotonic()
                self._take(request)
            elif told["kind"] == "taken":
                self.waiting.discard(told["told"]["number"])
                self.prices = [p for p in self.prices if p.get("number") != told["told"]["number"]]
            else:
                self.told = self.told or told["kind"] == "done"

    def _take(self, request: Request) -> None:
        if request.ask == Ask.ORDER and time.monotonic() - self.born.get(request.name, 0.0) < LATE:
            self._say(message_line(Answer(request.number, Outcome.DONE, 0, self.market.time_ns)))
            return
        if request.ask == Ask.PLACE:
            self.born.setdefault(request.name, time.monotonic())
        before = set(self.venue.live) | set(self.venue.over)
        self.venue.send(request)
        for name in (set(self.venue.live) | set(self.venue.over)) - before:
            self._count(name, request)
        self._mail()

    def _count(self, name: str, request: Request) -> None:
        """An order that adds exposure: one for each intent."""
        parts = parts_of(name.rstrip("+"))
        if parts is None or request.reduce_only:
            return
        names = self.orders.setdefault((parts.epoch, parts.order_id), [])
        names.append(name)
        if len(names) > 1:
            self.verdict.doubled.append(name)

    def _mail(self) -> None:
        while self.venue.mail:
            message = self.venue.mail.popleft()
            if isinstance(message, Execution):
                self.verdict.executions.append(message)
            self._say(message_line(message))

    def _go_on(self) -> None:
        self.heard = time.monotonic()
        if self.waiting:
            return
        if self.step >= len(STORY):
            self._move(
                GRID, 19_710 + self.last[GRID] % 2
            )  # a market that trades on: what is late still fills
            self._move(SETUP, 48_000 + self.last[SETUP] % 2)
            self._say(line_of("done", {}))
            return
        told = STORY[self.step]
        self.step += 1
        if "price" in told:
            self._move(*told["price"])
        else:
            told = {"kind": "plan", "number": self.step} | told
            self.waiting.add(self.step)
            self.prices.append(told)
            self._say(line_of("plan", told))

    def _move(self, instrument_id: int, price: int) -> None:
        """Price walks from where it was; what it meets is told, and then the price."""
        before = self.last.get(instrument_id, price)
        self.last[instrument_id] = price
        bar = Bar(
            time_ns=self.market.time_ns, instrument_id=instrument_id, open=before, high=max(before, price),
            low=min(before, price), close=price, volume=10**9, spread=0,
        )  # fmt: skip
        book = self.market.books[instrument_id]
        if open_bar(self.market, book, bar):
            while act_at_open(self.market, book):
                self.venue.collect()
            settle_resting(self.market, book)
            first = bar.low if low_first(book, bar) else bar.high
            for to in (first, bar.high + bar.low - first, bar.close):
                while walk(self.market, book, to):
                    self.venue.collect()
        close_bar(book, bar)
        self.venue.collect()
        self._mail()
        told = {
            "kind": "price",
            "instrument_id": instrument_id,
            "price": price,
            "time_ns": self.market.time_ns,
        }
        self.prices = [p for p in self.prices if p["kind"] != "price" or p["instrument_id"] != instrument_id]
        self.prices.append(told)
        self._say(line_of("price", told))

    def _watch(self) -> None:
        """How long a position has lacked a stop, while an engine was connected."""
        now = time.monotonic()
        for number in (SETUP, GRID):
            self.verdict.peak[number] = max(self.verdict.peak.get(number, 0), self._worst(number))
        bare = {(h.instrument_id, h.side) for h in self.venue.positions() if h.stopped < h.quantity}
        for key in list(self.bare_since):
            if key not in bare or self.wire is None:
                del self.bare_since[key]
        for key in bare:
            if self.wire is not None:
                began = self.bare_since.setdefault(key, now)
                self.verdict.unprotected = max(self.verdict.unprotected, now - began)

    def _worst(self, number: int) -> int:
        """Steps held if every entry at work fills."""
        total: int = self.market.books[number].positions[0].quantity
        for row in self.venue.rows:
            order = self.market.orders[row]
            if order.active and order.instrument_id == number and not order.reduce_only:
                total += order.quantity - order.filled_quantity
        return total

    def close(self) -> Verdict:
        """The story is over."""
        self._hang_up()
        self.listener.close()
        self.verdict.held = {(h.instrument_id, h.side): h.quantity for h in self.venue.positions()}
        return self.verdict
