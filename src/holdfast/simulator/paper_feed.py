"""The walk of a market through its bars, for a venue with an engine outside: the same steps as a backtest's loop.

Where the backtest hands commands and reports over at once, this walk calls `pump`, and the market stands still until it
returns. What the engine is to see, prices, plans and the schedule, goes to `deliver`, each with its number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from holdfast.model.enums import BoundaryKind
from holdfast.model.events import (
    Boundary,
    ExitRequest,
    Funding,
    Plan,
    Price,
    Rollover,
    TickValue,
    WindowEdge,
)
from holdfast.records import copy_record
from holdfast.simulator.happenings import pay_venue, see_mark
from holdfast.simulator.matching import act_at_open, close_bar, low_first, open_bar, settle_resting, walk
from holdfast.simulator.paper_venue import PaperVenue
from holdfast.simulator.simulation import Scenario
from holdfast.simulator.solvency import cancel_everything, is_insolvent, liquidate, value_bar
from holdfast.simulator.venue import Bar
from holdfast.simulator.views import ArrayRows
from holdfast.simulator.world import Item, Scheduled

PLANS_AT_ONCE = 512


@dataclass
class Place:
    """How far the market has come."""

    bar: int = 0
    plan: int = 0
    item: int = 0
    delivered: int = 0  # events that the engine was to see
    pumps: int = 0  # times that the market has stood still


class PaperFeed:
    """`instants` market instants in all; `step` does one."""

    def __init__(
        self,
        scenario: Scenario,
        venue: PaperVenue,
        pump: Callable[[], None],
        deliver: Callable[[Any], None],
    ) -> None:
        self.scenario, self.venue, self.market = scenario, venue, venue.market
        self._pump, self.deliver = pump, deliver
        self.bars = ArrayRows(Bar, scenario.bars)
        self.items = ArrayRows(Scheduled, scenario.items[0 : len(scenario.items)])
        self.times = scenario.plan_times
        self.place = Place()
        self.bids: dict[int, int] = {}  # as the engine saw them last
        self._plans: Any = None
        self._plans_from = 0

    @property
    def over(self) -> bool:
        """Whether all bars have been walked."""
        return self.place.bar >= len(self.bars)

    def next_ns(self) -> int:
        """When the next bars open."""
        return int(self.scenario.bars["time_ns"][self.place.bar])

    def pump(self) -> None:
        """The market stands still until everything has been said and done."""
        self.place.pumps += 1
        self._pump()

    def step(self) -> None:
        """One instant: what is due, the bars that open together, money, and their closes to the engine."""
        place, market = self.place, self.market
        start, opening = place.bar, self.next_ns()
        closing = opening + self.scenario.duration_ns
        market.time_ns = opening
        self._advance(opening)
        end = start
        while end < len(self.bars) and self.bars[end].time_ns == opening:
            self._match(self.bars[end])
            end += 1
        market.time_ns = closing
        self._before_price(closing)
        self._close(start, end, closing)
        place.bar = end

    def _match(self, bar: Bar) -> None:
        """One bar at the venue, as `simulator.loop.match` walks it."""
        market = self.market
        book = market.books[bar.instrument_id]
        if open_bar(market, book, bar):
            while act_at_open(market, book):
                self._stand_still()
            settle_resting(market, book)
            if market.report_count > 0:
                self._stand_still()
            first = bar.low if low_first(book, bar) else bar.high
            for to in (first, bar.high + bar.low - first, bar.close):
                while walk(market, book, to):
                    self._stand_still()
        close_bar(book, bar)

    def _stand_still(self) -> None:
        self.venue.collect()
        self.pump()

    def _advance(self, until_ns: int) -> None:
        """Plans and scheduled items up to an instant, in time order; at one instant the kinds decide."""
        place = self.place
        while True:
            plan_due = place.plan < len(self.times) and self.times[place.plan] <= until_ns
            item_due = place.item < len(self.items) and self.items[place.item].time_ns <= until_ns
            if not plan_due and not item_due:
                return
            if plan_due and item_due:
                item, at = self.items[place.item], int(self.times[place.plan])
                plan_due = at < item.time_ns or (at == item.time_ns and item.kind > Item.PLAN)
            if plan_due:
                self._say(self._plan(place.plan))
                place.plan += 1
            else:
                place.item += 1
                self._happen(self.items[place.item - 1])
            self.pump()

    def _before_price(self, until_ns: int) -> None:
        """Funding, rollover and tick values that are due when the current bars close."""
        place = self.place
        while place.item < len(self.items) and self.items[place.item].time_ns <= until_ns:
            if self.items[place.item].kind >= Item.PLAN:
                return
            place.item += 1
            self._happen(self.items[place.item - 1])
            self.pump()

    def _close(self, start: int, end: int, closing: int) -> None:
        market = self.market
        market.worst_extra = market.solvency_extra = 0
        for i in range(start, end):
            value_bar(market, self.bars[i])
        if is_insolvent(market):
            cancel_everything(market)
            self._stand_still()
            liquidate(market)
            self._stand_still()
        for i in range(start, end):
            self._say(self._price(self.bars[i], closing, i + 1 < end))
            self.pump()

    def _say(self, event: Any) -> None:
        self.place.delivered += (
            type(event) is not ExitRequest
        )  # which a person may send too: it may come twice
        self.deliver(event)

    def _plan(self, number: int) -> Plan:
        if self._plans is None or not 0 <= number - self._plans_from < len(self._plans):
            until = min(len(self.times), number + PLANS_AT_ONCE)
            self._plans, self._plans_from = ArrayRows(Plan, self.scenario.plans(number, until)), number
        made = Plan()
        copy_record(made, self._plans[number - self._plans_from])
        return made

    def _price(self, bar: Bar, time_ns: int, more: bool) -> Price:
        book, made = self.market.books[bar.instrument_id], Price()
        made.time_ns, made.instrument_id, made.more = time_ns, bar.instrument_id, more
        made.bid, made.ask = max(1, bar.close + book.bid_offset), bar.close + book.ask_offset
        self.bids[bar.instrument_id] = made.bid
        made.low, made.high = max(1, bar.low + book.bid_offset), max(1, bar.high + book.bid_offset)
        return made

    def _happen(self, item: Scheduled) -> None:
        """One scheduled item: at the venue, and as the event that the engine sees."""
        if item.kind in (Item.FUNDING, Item.ROLLOVER):
            self._settle(item)
        elif item.kind == Item.TICK_VALUE:
            contract = self.market.books[item.instrument_id].contract
            contract.tick_value_numerator, contract.tick_value_denominator = item.a, item.b
            value = TickValue()
            value.time_ns, value.instrument_id = item.time_ns, item.instrument_id
            value.numerator, value.denominator = item.a, item.b
            self._say(value)
        elif item.kind == Item.MARK:
            see_mark(self.market, item)
        elif item.kind == Item.WINDOW:
            if self._concerns(item):
                self._say(edge_of(item))
        elif item.kind == Item.EXIT:
            request = ExitRequest()
            request.time_ns, request.instrument_id = item.time_ns, item.instrument_id
            self._say(request)
        else:
            self._say(boundary_of(item))

    def _concerns(self, item: Scheduled) -> bool:
        """Whether a window is one of the account's phase (c: bits of phases, the first is ours) and began within it."""
        began = int(self.scenario.bars["time_ns"][0])
        return item.c == 0 or (item.c & 1 != 0 and abs(item.a) >= began)

    def _settle(self, item: Scheduled) -> None:
        """Funding and rollover: at the mark where the data have one, else at the last bid."""
        price = self.bids.get(item.instrument_id, 0)
        if item.kind == Item.FUNDING and item.b > 0:
            price = item.b
        pay_venue(self.market, item, price)
        if item.kind == Item.FUNDING:
            funding = Funding()
            funding.time_ns, funding.instrument_id = item.time_ns, item.instrument_id
            funding.rate, funding.mark_price, funding.next_ns = item.a, price, item.c
            self._say(funding)
        else:
            rollover = Rollover()
            rollover.time_ns, rollover.instrument_id = item.time_ns, item.instrument_id
            rollover.long_points, rollover.short_points, rollover.days = item.a, item.b, item.c
            self._say(rollover)


def boundary_of(item: Scheduled) -> Boundary:
    """A day (a: bits primary 1, opens 2, closes 4), a session (a: strategy), a forecast (a: 1 = losers are closed)."""
    made = Boundary()
    made.time_ns, made.strategy_id = item.time_ns, item.a
    made.kind = BoundaryKind.DAY
    if item.kind == Item.SESSION:
        made.kind = BoundaryKind.SESSION
    elif item.kind == Item.FORECAST:
        made.kind = BoundaryKind.FORECAST if item.a == 0 else BoundaryKind.FORECAST_CLOSE
    made.primary, made.opens, made.closes = item.a & 1 != 0, item.a & 2 != 0, item.a & 4 != 0
    return made


def edge_of(item: Scheduled) -> WindowEdge:
    """A window's edge: see `simulator.happenings.pass_edge`."""
    made = WindowEdge()
    made.time_ns, made.instrument_id, made.begins = item.time_ns, item.instrument_id, item.a > 0
    made.no_open, made.no_close = item.b & 1 != 0, item.b & 2 != 0
    made.no_rest, made.no_fill = item.b & 4 != 0, item.b & 8 != 0
    made.no_hold, made.near_news = item.b & 16 != 0, item.b & 32 != 0
    return made
