"""A simulated venue that takes an account over in the middle of its journal: what is held and at work moves into it,
and from there on orders meet recorded prices instead of recorded reports.

Prices of a journal are bids with their extremes, so a bar opens where the one before has closed and goes over its
adverse extreme first, as in a backtest.
"""

from __future__ import annotations

from typing import Any

from holdfast.engine.engine import HANDLERS, Engine
from holdfast.engine.prices import is_possible
from holdfast.model.enums import FlowKind
from holdfast.model.events import (
    AccountReport,
    CashFlow,
    Closure,
    Funding,
    InstrumentListed,
    OrderReport,
    PositionAdopted,
    PositionReport,
    Price,
    TickValue,
)
from holdfast.operations.counterfactual.carry import carry_over, list_contract
from holdfast.operations.counterfactual.walked import MONEY, Walked
from holdfast.records import copy_record
from holdfast.simulator.happenings import force_closures, revalue, settle_cash
from holdfast.simulator.loop import match
from holdfast.simulator.matching import close_bar, set_spread
from holdfast.simulator.solvency import is_insolvent, value_bar
from holdfast.simulator.venue import Bar, Book
from holdfast.simulator.world import Item, Scheduled, World, pump

# What the recorded venue said about recorded orders and positions: of another history from the difference on.
OF_THE_VENUE = (OrderReport, Closure, PositionReport, PositionAdopted, AccountReport)
TAPES = ("fills", "notes", "closed", "cash", "notices", "samples")


class CounterfactualVenue:
    """`engine` has just taken the event with the first other decision, and its outbox still holds it."""

    def __init__(self, engine: Engine, walked: Walked) -> None:
        self.engine, self.state, self.walked = engine, engine.state, walked
        self.world = World()
        self.world.state, self.world.outbox = engine.state, engine.outbox
        self.market = self.world.market
        self.prices: list[Price] = []
        self.money: list[Any] = []
        carry_over(self.state, engine.outbox, self.market)
        self.market.next_fill_id = walked.last_fill_id
        self._pump()

    def take(self, event: Any) -> None:
        """The next recorded event. Prices of one instant wait for each other, and money that is due for them."""
        if isinstance(event, OF_THE_VENUE) or is_rounding(event):
            return
        if isinstance(event, Price):
            if self.prices and self.prices[0].time_ns != event.time_ns:
                self.settle()
            self.prices.append(event)
            if not event.more:
                self.settle()
        elif isinstance(event, MONEY):
            if self.prices:
                self.settle()
            self.money.append(event)
        else:
            self.settle()
            self._apply(event)

    def settle(self) -> None:
        """Everything that waits: bars are walked, then what was due at their close, then the core sees the prices."""
        prices, money = self.prices, self.money
        self.prices, self.money = [], []
        closing = prices[0].time_ns if prices else 0
        for event in money:
            if event.time_ns != closing:
                self._move_money(event)
        bars = [bar for price in prices if (bar := self._walk(price)) is not None]
        self.market.time_ns = max(self.market.time_ns, closing)
        for event in money:
            if event.time_ns == closing:
                self._move_money(event)
        self._judge(bars)
        for price in prices:
            self._apply(price)

    def _apply(self, event: Any) -> None:
        if isinstance(event, CashFlow):
            self.market.wallet += event.amount
        HANDLERS[type(event)](self.state, self.engine.outbox, event)
        if isinstance(event, InstrumentListed):
            list_contract(self.market.books[event.contract.instrument_id], event.contract)
        self._pump()

    def _pump(self) -> None:
        """Commands out, reports back; what the core told is counted in its state and not kept."""
        pump(self.world)
        for name in TAPES:
            setattr(self.world.tape, f"{name}_count", 0)

    def _move_money(self, event: Any) -> None:
        item = Scheduled()
        item.time_ns, item.instrument_id = event.time_ns, event.instrument_id
        if isinstance(event, TickValue):
            item.kind, item.a, item.b = Item.TICK_VALUE, event.numerator, event.denominator
            revalue(self.world, item)
        elif isinstance(event, Funding):
            item.kind, item.a, item.b, item.c = Item.FUNDING, event.rate, event.mark_price, event.next_ns
            settle_cash(self.world, item)
        else:
            item.kind = Item.ROLLOVER
            item.a, item.b, item.c = event.long_points, event.short_points, event.days
            settle_cash(self.world, item)
        self._pump()

    def _walk(self, price: Price) -> Bar | None:
        """The bar that a price tells about, at the venue; None for a quote that cannot be true."""
        instrument = self.state.instruments[price.instrument_id]
        if not is_possible(instrument, price):
            return None
        book, bar = self.market.books[price.instrument_id], Bar()
        bar.time_ns = max(instrument.price_time_ns, self.market.time_ns)
        bar.instrument_id, bar.close, bar.spread = price.instrument_id, price.bid, price.ask - price.bid
        bar.low, bar.high = price.low, price.high
        at = self.walked.inside.pop(price.instrument_id, 0)
        bar.open = min(max(at or book.path_price or bar.close, bar.low), bar.high)
        # Over already: its instant has begun, or another instrument's turn has come after its own.
        if price.time_ns <= self.walked.until_ns or (at and price.instrument_id != self.walked.reported):
            set_spread(book, bar.spread)
            close_bar(book, bar)
            return bar
        match(self.world, rest_of(book, bar) if at else bar)
        self._pump()
        return bar

    def _judge(self, bars: list[Bar]) -> None:
        """Whether the venue still lends for what is held, every position at its worst price."""
        market = self.market
        market.worst_extra = market.solvency_extra = 0
        for bar in bars:
            value_bar(market, bar)
        if bars and is_insolvent(market):
            force_closures(self.world)
            self._pump()


def is_rounding(event: Any) -> bool:
    """The recorded venue's own rounding of recorded fills."""
    return isinstance(event, CashFlow) and event.kind == FlowKind.ADJUSTMENT


def rest_of(book: Book, bar: Bar) -> Bar:
    """A bar from a fill inside it on. Nobody knows which extreme is over: the adverse one may come again, the other one
    may not."""
    made = Bar()
    copy_record(made, bar)
    net = book.positions[0].quantity - book.positions[1].quantity
    if net > 0:
        made.high = max(bar.open, bar.close)
    elif net < 0:
        made.low = min(bar.open, bar.close)
    return made
