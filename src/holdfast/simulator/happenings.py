"""Scheduled items, at the venue and in the core: funding, rollover, tick values, days, ends, forced closures."""

from __future__ import annotations

from holdfast.engine.authority import on_exit_request
from holdfast.engine.calendar import on_boundary, on_window_edge
from holdfast.engine.money import (
    funding_payment,
    on_closure,
    on_funding,
    on_rollover,
    on_tick_value,
    rollover_payment,
)
from holdfast.model.enums import BoundaryKind
from holdfast.model.events import Closure
from holdfast.model.state import State
from holdfast.model.units import TRADES
from holdfast.records import kernel
from holdfast.simulator.phases import may_turn, turn_phase
from holdfast.simulator.solvency import cancel_everything, liquidate
from holdfast.simulator.venue import Market
from holdfast.simulator.world import Item, Scheduled, World, new_line, pump


@kernel
def happen(world: World, item: Scheduled) -> None:
    """Funding (a rate, b mark price, c the next settlement), rollover (a long, b short points, c days), tick value
    (a / b), mark (a low, b high), day, exit."""
    if item.kind == Item.FUNDING or item.kind == Item.ROLLOVER:
        settle_cash(world, item)
    elif item.kind == Item.TICK_VALUE:
        revalue(world, item)
    elif item.kind == Item.MARK:
        see_mark(world.market, item)
    else:
        at_boundary(world, item)


@kernel
def settle_cash(world: World, item: Scheduled) -> None:
    """Funding or rollover: the venue moves it on its books, the core on its own, the tape keeps what moved."""
    state = world.state
    funded = state.account.funding
    rolled = state.account.rollover
    price = state.instruments[item.instrument_id].bid
    if item.kind == Item.FUNDING and item.b > 0:
        price = item.b
    pay_venue(world.market, item, price)
    if item.kind == Item.FUNDING:
        funding = world.scratch.funding
        funding.time_ns = item.time_ns
        funding.instrument_id = item.instrument_id
        funding.rate = item.a
        funding.mark_price = price
        funding.next_ns = item.c
        on_funding(state, world.outbox, funding)
    else:
        rollover = world.scratch.rollover
        rollover.time_ns = item.time_ns
        rollover.instrument_id = item.instrument_id
        rollover.long_points = item.a
        rollover.short_points = item.b
        rollover.days = item.c
        on_rollover(state, world.outbox, rollover)
    write_cash(world, item, state.account.funding - funded, state.account.rollover - rolled)


@kernel
def pay_venue(market: Market, item: Scheduled, price: int) -> None:
    """The venue moves funding or rollover on its own books."""
    book = market.books[item.instrument_id]
    for k in range(2):
        quantity = book.positions[k].quantity
        if quantity > 0:
            side = 1 - 2 * k
            if item.kind == Item.FUNDING:
                market.wallet += funding_payment(book.contract, side, quantity, item.a, price)
            else:
                points = item.a if side > 0 else item.b
                market.wallet += rollover_payment(book.contract, quantity, points, item.c, price)


@kernel
def write_cash(world: World, item: Scheduled, funding: int, rollover: int) -> None:
    """What a settlement moved, if anything."""
    if funding == 0 and rollover == 0:
        return
    line = world.tape.cash[world.tape.cash_count]
    world.tape.cash_count += 1
    line.time_ns = item.time_ns
    line.instrument_id = item.instrument_id
    line.funding = funding
    line.rollover = rollover
    line.flow = 0


@kernel
def revalue(world: World, item: Scheduled) -> None:
    """A cross is worth something else, for the venue and for the core."""
    contract = world.market.books[item.instrument_id].contract
    contract.tick_value_numerator = item.a
    contract.tick_value_denominator = item.b
    event = world.scratch.tick_value
    event.time_ns = item.time_ns
    event.instrument_id = item.instrument_id
    event.numerator = item.a
    event.denominator = item.b
    on_tick_value(world.state, world.outbox, event)


@kernel
def see_mark(market: Market, item: Scheduled) -> None:
    """The venue's mark price over its last bar: what liquidation is judged by. Several of them within one price
    bar count together; 0 says that the mark is missing from here on, and the traded price decides again."""
    book = market.books[item.instrument_id]
    if item.b == 0:
        book.has_mark = False  # what has come and not been judged yet still counts
        return
    low = max(1, item.a)
    high = item.b
    if book.mark_is_fresh:
        low = min(low, book.mark_low)
        high = max(high, book.mark_high)
    book.has_mark = True
    book.mark_is_fresh = True
    book.mark_low = low
    book.mark_high = high


@kernel
def pass_boundary(world: World, item: Scheduled) -> None:
    """A candidate of the risk day (a: bits primary 1, opens 2, closes 4), a session (a: strategy), a forecast
    (a: 1 = losers are closed)."""
    boundary = world.scratch.boundary
    boundary.time_ns = item.time_ns
    boundary.kind = BoundaryKind.DAY
    boundary.primary = item.a & 1 != 0
    boundary.opens = item.a & 2 != 0
    boundary.closes = item.a & 4 != 0
    boundary.strategy_id = item.a
    if item.kind == Item.SESSION:
        boundary.kind = BoundaryKind.SESSION
    elif item.kind == Item.FORECAST:
        boundary.kind = BoundaryKind.FORECAST if item.a == 0 else BoundaryKind.FORECAST_CLOSE
    on_boundary(world.state, world.outbox, boundary)
    if boundary.kind == BoundaryKind.DAY and boundary.primary and may_turn(world.state, world.programme):
        begin_next(world, item.time_ns)


@kernel
def begin_next(world: World, time_ns: int) -> None:
    """The next phase: the profit leaves the venue's wallet, and the tape keeps what left."""
    amount = turn_phase(world.state, world.outbox, world.programme, time_ns)
    world.market.wallet += amount
    world.market.equity_low = world.market.wallet
    world.cursor.equity_low = world.state.account.equity
    line = world.tape.cash[world.tape.cash_count]
    world.tape.cash_count += 1
    line.time_ns = time_ns
    line.instrument_id = 0
    line.funding = 0
    line.rollover = 0
    line.flow = amount


@kernel
def concerns(world: World, item: Scheduled) -> bool:
    """Whether an edge of a window is one of the phase that runs (c: bits of phases, 0 = all). Where a window began
    before its phase did, its end ends nothing."""
    programme = world.programme
    if item.c == 0:
        return True
    bit = 1
    for _ in range(programme.phase):
        bit += bit
    return item.c & bit != 0 and abs(item.a) >= programme.terms[programme.phase].begun_at_ns


@kernel
def pass_edge(world: World, item: Scheduled) -> None:
    """A window begins (a: the instant, or 1) or ends (a: minus the instant of its begin, or 0); b: bits open 1,
    close 2, rest 4, fill 8, hold 16, near news 32; c: see `concerns`."""
    if not concerns(world, item):
        return
    edge = world.scratch.window
    edge.time_ns = item.time_ns
    edge.instrument_id = item.instrument_id
    edge.begins = item.a > 0
    edge.no_open = item.b & 1 != 0
    edge.no_close = item.b & 2 != 0
    edge.no_rest = item.b & 4 != 0
    edge.no_fill = item.b & 8 != 0
    edge.no_hold = item.b & 16 != 0
    edge.near_news = item.b & 32 != 0
    on_window_edge(world.state, world.outbox, edge)


@kernel
def at_boundary(world: World, item: Scheduled) -> None:
    """Days, sessions, forecasts, windows, or the end of an instrument's data or of the run."""
    if item.kind == Item.WINDOW:
        pass_edge(world, item)
    elif item.kind != Item.EXIT:
        pass_boundary(world, item)
    else:
        request = world.scratch.exit_request
        request.time_ns = item.time_ns
        request.instrument_id = item.instrument_id
        on_exit_request(world.state, world.outbox, request)


@kernel
def force_closures(world: World) -> None:
    """The venue closes what it no longer lends for; the core books it."""
    market = world.market
    cancel_everything(market)
    pump(world)
    liquidate(market)
    for i in range(market.closure_count):
        closure = market.closures[i]
        at = world.tape.fills_count
        write_closure(world, closure)
        before = world.state.account.realized_pnl
        on_closure(world.state, world.outbox, closure)
        world.tape.fills[at].realized = world.state.account.realized_pnl - before
        pump(world)
    market.closure_count = 0


@kernel
def holder_of(state: State, closure: Closure) -> int:
    """The trade that holds the position which the venue closes."""
    row = state.instruments[closure.instrument_id].first_trade
    for _ in range(TRADES):
        if row == 0 or (state.trades[row].side == closure.side and state.trades[row].quantity > 0):
            break
        row = state.trades[row].next
    return row


@kernel
def write_closure(world: World, closure: Closure) -> None:
    """A line for an execution that nobody ordered."""
    trade = world.state.trades[holder_of(world.state, closure)]
    contract = world.state.instruments[closure.instrument_id].contract
    line = new_line(world.tape)
    line.time_ns = closure.time_ns
    line.fill_id = closure.fill_id
    line.order_id = 0
    line.trade_id = trade.trade_id
    line.mandate_id = trade.mandate_id
    line.instrument_id = closure.instrument_id
    line.role = 4  # type: ignore[assignment] # nobody's order
    line.index = 0
    line.side = -closure.side
    line.position_side = closure.side
    line.quantity = closure.quantity
    line.price = closure.price
    line.fee = closure.fee
    line.maker = False
    line.slippage = 0
    line.tick_value_numerator = contract.tick_value_numerator
    line.tick_value_denominator = contract.tick_value_denominator
