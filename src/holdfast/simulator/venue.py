"""The venue's own truth: orders, positions and wallet, apart from what the core believes."""

from __future__ import annotations

from holdfast.model.enums import OrderType
from holdfast.model.events import Closure, OrderReport
from holdfast.model.instrument import Contract, Position
from holdfast.model.units import INSTRUMENTS, ORDERS, REPORTS
from holdfast.records import Rows, record, rows

CLOSURES = 2 * INSTRUMENTS


@record
class Bar:
    """One price bar. `time_ns` is its opening time; volume in steps; spread in ticks, 0 = not in the data."""

    time_ns: int
    instrument_id: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    spread: int


@record
class VenueOrder:
    """An order as the venue holds it; it has the row number of the core's order."""

    order_id: int
    active: bool
    instrument_id: int
    position_side: int
    side: int
    order_type: OrderType
    limit_price: int
    trigger_price: int
    quantity: int
    filled_quantity: int
    post_only: bool
    reduce_only: bool
    immediate: bool
    resting: bool  # it did not cross when it came: it will be the maker
    triggered: bool  # a stop that has woken up: a market order now
    changed_at: int  # number of the bar in which it came or was last amended
    previous: int
    next: int


@record
class Book:
    """One instrument at the venue."""

    contract: Contract
    positions: Rows[Position] = rows(2)
    first_order: int
    last_order: int
    bar_count: int
    through: int  # ticks that price must trade through a resting limit; 1 is the strict default, 0 a touch
    path_price: int  # where price is on its way through the current bar
    inside_bar: bool
    bar_spread: int  # as the data had it
    bid_offset: int  # from the bar's price to the bid and to the ask
    ask_offset: int
    volume_left: int  # steps that may still fill in this bar
    watch_low: int  # between these two prices nothing can happen
    watch_high: int
    waiting: int  # orders that act at the next price, wherever it is
    stale: bool
    pnl: int  # at the last close
    worst_pnl: int  # at the adverse extreme of the current bar
    worst_low: int
    worst_high: int
    judged_pnl: int  # as solvency was judged
    forced_low: int  # the adverse extremes at which a forced closure takes place
    forced_high: int
    has_mark: bool  # the data have a mark price: solvency is judged by it
    mark_is_fresh: bool  # a bar of it has closed since the last price
    mark_low: int
    mark_high: int
    bound: int  # at least the margin to be kept, while price is below bound_price
    bound_price: int
    bound_quantity: int


@record
class Market:
    """The venue. Reports wait here until the loop hands them to the core."""

    time_ns: int
    next_fill_id: int
    hedging: bool
    volume_share: int  # rate
    wallet: int
    pnl: int
    worst_extra: int  # sum over the current bars of worst minus close
    solvency_extra: int  # the same at the mark's extremes, where there is a mark
    bound: int  # sum of the books' bounds
    equity_low: int
    matched_bars: int
    report_count: int
    closure_count: int
    reports: Rows[OrderReport] = rows(REPORTS)
    closures: Rows[Closure] = rows(CLOSURES)
    books: Rows[Book] = rows(INSTRUMENTS)
    orders: Rows[VenueOrder] = rows(ORDERS)
