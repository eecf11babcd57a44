"""A simulated venue that takes an account over in the middle of its journal: what is held and at work moves into it,
and from there on orders meet recorded prices instead of recorded reports.

Prices of a journal are bids with their extremes, so a bar opens where the one before has closed and goes over its
adverse extreme first, as in a backtest.
"""

from __future__ import annotations

from typing import Any

from holdfast.engine.engine import HANDLERS, Engine
from holdfast.engine.orders import price_of
from holdfast.engine.prices import is_possible
from holdfast.engine.reports import on_order_report
from holdfast.model.commands import Command
from holdfast.model.enums import CommandKind, FlowKind, OrderType, Side
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
    Rollover,
    TickValue,
)
from holdfast.model.instrument import Contract, Instrument
from holdfast.model.order import WORKING, Order, OrderStatus, Step
from holdfast.model.state import State
from holdfast.model.units import RATE
from holdfast.records import copy_record
from holdfast.simulator.acceptance import crosses, execute, link
from holdfast.simulator.happenings import force_closures, revalue, settle_cash
from holdfast.simulator.loop import match
from holdfast.simulator.matching import close_bar, set_spread
from holdfast.simulator.solvency import is_insolvent, value_bar
from holdfast.simulator.venue import Bar, Book
from holdfast.simulator.world import Item, Scheduled, World, pump

# What the recorded venue said about recorded orders and positions: of another history from the difference on.
OF_THE_VENUE = (OrderReport, Closure, PositionReport, PositionAdopted, AccountReport)
MONEY = (Funding, Rollover, TickValue)
STEPS_TO_SEND = {OrderStatus.PLANNED: (Step.RELEASE, Step.SEND), OrderStatus.RELEASED: (Step.SEND,)}
AT_VENUE = (OrderStatus.LIVE, OrderStatus.PARTIAL)
TAPES = ("fills", "notes", "closed", "cash", "notices", "samples")


class Walked:
    """How far the recorded venue is on its way through the bars, by what it tells; `see` comes before the core."""

    def __init__(self, state: State) -> None:
        booked = [order.last_fill_id for order in state.orders[: state.order_watermark + 1]]
        listed = state.instruments[: state.instrument_watermark + 1]
        self.last_fill_id = max(state.fill_count, *booked, *(each.last_closure_id for each in listed))
        self.until_ns = 0  # bars that close here or before are over
        self.inside: dict[int, int] = {}  # the bid of the last fill in a bar that is not over, by instrument
        self.reported = 0  # the instrument that the last event was a report about; 0 = it was none

    def see(self, event: Any, state: State) -> None:
        """One more event, and the state before it."""
        self.reported = 0
        if isinstance(event, Price):
            self.until_ns = event.time_ns if event.more else self.until_ns
            self.inside.pop(event.instrument_id, None)
        elif isinstance(event, MONEY):
            self.until_ns = event.time_ns  # the prices of this instant are still to come
        elif isinstance(event, Closure):
            self.last_fill_id = max(self.last_fill_id, event.fill_id)
        elif isinstance(event, OrderReport):
            order = state.orders[event.order_row]
            self.reported = order.instrument_id
            if event.fill_id:
                instrument = state.instruments[order.instrument_id]
                spread = instrument.ask - instrument.bid if order.side == Side.BUY else 0
                self.last_fill_id = max(self.last_fill_id, event.fill_id)
                self.inside[order.instrument_id] = max(1, event.price - spread)


class CounterfactualVenue:
    """`engine` has just taken the event with the first other decision, and its outbox still holds it."""

    def __init__(self, engine: Engine, walked: Walked) -> None:
        self.engine, self.state, self.walked = engine, engine.state, walked
        self.world = World()
        self.world.state, self.world.outbox = engine.state, engine.outbox
        self.market = self.world.market
        self.prices: list[Price] = []
        self.money: list[Any] = []
        self._open_account(walked.last_fill_id)
        for i in range(1, self.state.instrument_watermark + 1):
            self._open_book(self.state.instruments[i])
        self._carry_orders()
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

    def _open_account(self, last_fill_id: int) -> None:
        market, account = self.market, self.state.account
        market.time_ns, market.hedging = self.state.time_ns, account.hedging
        market.wallet = market.equity_low = account.balance
        market.volume_share, market.next_fill_id = RATE, last_fill_id
        self.world.cursor.equity_low = account.equity

    def _open_book(self, instrument: Instrument) -> None:
        """Contract, last price and positions of one instrument."""
        book = self.market.books[instrument.contract.instrument_id]
        list_contract(book, instrument.contract)
        for k in range(2):
            copy_record(book.positions[k], instrument.positions[k])
        set_spread(book, max(0, instrument.ask - instrument.bid))
        book.path_price, book.bar_count = instrument.bid, 1

    def _carry_orders(self) -> None:
        """What is at work rests here as it did; what was on its way, or in doubt, arrives now."""
        outbox = self.engine.outbox
        decided = {(c.order_id, int(c.kind)) for c in outbox.commands[: outbox.command_count]}
        for row in range(1, self.state.order_watermark + 1):
            order = self.state.orders[row]
            if not WORKING[order.status] or (order.order_id, int(CommandKind.PLACE)) in decided:
                continue
            if order.status in AT_VENUE:
                self._rest(row, order)
            else:
                self._arrive(row, order)
            amends = order.amends_pending - ((order.order_id, int(CommandKind.AMEND)) in decided)
            for _ in range(amends):
                execute(self.market, self._command(CommandKind.AMEND, row, order))
            asked = order.cancel_pending and not order.cancel_refused
            if asked and (order.order_id, int(CommandKind.CANCEL)) not in decided:
                execute(self.market, self._command(CommandKind.CANCEL, row, order))

    def _rest(self, row: int, order: Order) -> None:
        """An order that the venue has, on the terms that it has confirmed."""
        made, book = self.market.orders[row], self.market.books[order.instrument_id]
        copy_terms(made, self._command(CommandKind.PLACE, row, order))
        made.filled_quantity, made.active = order.filled_quantity, True
        if order.amends_pending > 0:
            made.quantity = order.confirmed_quantity
            if order.order_type == OrderType.LIMIT:
                made.limit_price = order.confirmed_price
            else:
                made.trigger_price = order.confirmed_price
        # One that has seen a price and did not take rests, also where price has just come to touch it.
        seen = order.created_at_ns < self.state.instruments[order.instrument_id].price_time_ns
        made.resting = order.order_type == OrderType.LIMIT and (seen or not crosses(book, made))
        link(self.market, row)

    def _arrive(self, row: int, order: Order) -> None:
        report = OrderReport()
        report.time_ns, report.order_row, report.order_id = self.state.time_ns, row, order.order_id
        for step in STEPS_TO_SEND.get(order.status, ()):
            report.step = step
            on_order_report(self.state, self.engine.outbox, report)
        execute(self.market, self._command(CommandKind.PLACE, row, order))

    def _command(self, kind: CommandKind, row: int, order: Order) -> Command:
        """An order as it is wanted, asked for once more."""
        made, price = Command(), price_of(order)
        made.kind, made.order_row, made.order_id = kind, row, order.order_id
        made.instrument_id, made.side = order.instrument_id, order.side
        made.position_side = self.state.trades[order.trade_row].side
        made.order_type, made.quantity = order.order_type, order.quantity
        made.limit_price = price if order.order_type == OrderType.LIMIT else 0
        made.trigger_price = price if order.order_type == OrderType.STOP else 0
        made.post_only, made.reduce_only = order.post_only, order.reduce_only
        made.immediate = order.immediate
        return made

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
        if price.time_ns <= self.walked.until_ns or (at and price.instrument_id != self.walked.reported):
            set_spread(book, bar.spread)
            close_bar(book, bar)
            return bar
        match(self.world, self._rest_of(book, bar) if at else bar)
        self._pump()
        return bar

    def _rest_of(self, book: Book, bar: Bar) -> Bar:
        """A bar from a fill inside it on. Nobody knows which extreme is over: the adverse one may come again, the other
        one may not."""
        made = Bar()
        copy_record(made, bar)
        net = book.positions[0].quantity - book.positions[1].quantity
        if net > 0:
            made.high = max(bar.open, bar.close)
        elif net < 0:
            made.low = min(bar.open, bar.close)
        return made

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


def list_contract(book: Book, contract: Contract) -> None:
    """A contract whose prices are bids with the spread that they were told with; volumes are in no journal."""
    copy_record(book.contract, contract)
    book.contract.bars_are_mid = book.contract.volume_is_real = False
    book.contract.spread = book.contract.spread_floor = 0
    book.through = 1


def copy_terms(order: Any, command: Command) -> None:
    """The terms of a new order."""
    for name in (
        "order_id", "instrument_id", "position_side", "side", "order_type", "limit_price", "trigger_price",
        "quantity", "post_only", "reduce_only", "immediate",
    ):  # fmt: skip
        setattr(order, name, getattr(command, name))
