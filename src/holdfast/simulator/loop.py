"""Time moves: plans and boundaries, then the venue's bars, then money, then prices to the core.

At one instant: funding, price, plan, boundary, then instrument id. A plan made at a close acts from the next
bar's open; all instruments of one instant are matched before the core sees any of their closes.
"""

from __future__ import annotations

import enum

from holdfast.engine.control import on_boundary, on_exit_request
from holdfast.engine.money import (
    funding_payment,
    on_closure,
    on_funding,
    on_rollover,
    on_tick_value,
    rollover_payment,
)
from holdfast.engine.plans import on_plan
from holdfast.engine.prices import on_price
from holdfast.engine.reports import on_order_report
from holdfast.model.commands import ClosedTrade, Note, Outbox
from holdfast.model.enums import BoundaryKind, CommandKind
from holdfast.model.events import (
    Boundary,
    ExitRequest,
    Funding,
    OrderReport,
    Plan,
    Price,
    Rollover,
    TickValue,
)
from holdfast.model.order import Step
from holdfast.model.state import State
from holdfast.model.units import REPORTS
from holdfast.records import Rows, copy_record, kernel, record
from holdfast.simulator.acceptance import execute
from holdfast.simulator.matching import act_at_open, close_bar, low_first, open_bar, settle_resting, walk
from holdfast.simulator.solvency import cancel_everything, is_insolvent, liquidate, value_bar
from holdfast.simulator.tape import MARGIN, CashLine, Cursor, EquityLine, FillLine
from holdfast.simulator.venue import Bar, Market

ROUNDS = 64  # of commands and reports that one instant may need
FILLS_A_BAR = 4096


class Item(enum.IntEnum):
    """What a scheduled item is; the order is the order at one instant. From PLAN on, after the price."""

    NONE = 0
    FUNDING = 1
    ROLLOVER = 2
    TICK_VALUE = 3
    PLAN = 8
    DAY = 9
    EXIT = 10


class Stop(enum.IntEnum):
    """Why the loop came back."""

    DONE = 0
    FULL = 1  # a tape has to be emptied
    SEQUENCE = 2  # enough events have passed


@record
class Scheduled:
    """Something that happens at an instant known beforehand. a, b, c by kind: see `happen`."""

    time_ns: int
    kind: Item
    instrument_id: int
    a: int
    b: int
    c: int


@record
class Scratch:
    """Events on their way to the core; nothing stays here."""

    price: Price
    funding: Funding
    rollover: Rollover
    tick_value: TickValue
    boundary: Boundary
    exit_request: ExitRequest
    report: OrderReport


@record
class World:
    """All that one run needs beside its arrays."""

    state: State
    outbox: Outbox
    market: Market
    cursor: Cursor
    scratch: Scratch


@kernel
def write_fill(world: World, fills: Rows[FillLine], report: OrderReport) -> None:
    """One line for each execution, from the order as it was before it was booked."""
    order = world.state.orders[report.order_row]
    trade = world.state.trades[order.trade_row]
    contract = world.state.instruments[order.instrument_id].contract
    line = fills[world.cursor.fills]
    world.cursor.fills += 1
    line.time_ns = report.time_ns
    line.fill_id = report.fill_id
    line.order_id = report.order_id
    line.trade_id = trade.trade_id
    line.mandate_id = trade.mandate_id
    line.instrument_id = order.instrument_id
    line.role = order.role
    line.index = order.index
    line.side = order.side
    line.position_side = trade.side
    line.quantity = report.quantity
    line.price = report.price
    line.fee = report.fee
    line.maker = report.maker
    line.realized = world.state.account.realized_pnl
    line.slippage = trade.slippage
    line.tick_value_numerator = contract.tick_value_numerator
    line.tick_value_denominator = contract.tick_value_denominator


@kernel
def hand_over(world: World, fills: Rows[FillLine], report: OrderReport) -> None:
    """A report goes to the core; a fill is written down with what it realized."""
    if report.fill_id == 0:
        on_order_report(world.state, world.outbox, report)
        return
    at = world.cursor.fills
    slot = world.state.orders[report.order_row].trade_row
    write_fill(world, fills, report)
    before = world.state.fill_count
    on_order_report(world.state, world.outbox, report)
    if world.state.fill_count == before:
        world.cursor.fills = at  # refused: not ours
        return
    line = fills[at]
    line.realized = world.state.account.realized_pnl - line.realized
    line.slippage = world.state.trades[slot].slippage - line.slippage


@kernel
def copy_tapes(world: World, notes: Rows[Note], closed: Rows[ClosedTrade]) -> None:
    """Keep what the core told people."""
    outbox = world.outbox
    cursor = world.cursor
    for i in range(outbox.note_count):
        copy_record(notes[cursor.notes], outbox.notes[i])
        cursor.notes += 1
    for i in range(outbox.closed_count):
        copy_record(closed[cursor.closed], outbox.closed[i])
        cursor.closed += 1
    outbox.note_count = 0
    outbox.closed_count = 0


@kernel
def dispatch(world: World) -> None:
    """Durable, sent and with the venue at one instant: in a simulation nothing lies between."""
    outbox = world.outbox
    report = world.scratch.report
    for i in range(outbox.command_count):
        command = outbox.commands[i]
        if command.kind == CommandKind.PLACE:
            report.time_ns = world.state.time_ns
            report.order_row = command.order_row
            report.order_id = command.order_id
            report.step = Step.RELEASE
            on_order_report(world.state, outbox, report)
            report.step = Step.SEND
            on_order_report(world.state, outbox, report)
        execute(world.market, command)
    outbox.command_count = 0


@kernel
def pump(world: World, fills: Rows[FillLine], notes: Rows[Note], closed: Rows[ClosedTrade]) -> None:
    """Commands out, reports back, until both are empty."""
    market = world.market
    outbox = world.outbox
    for _ in range(ROUNDS):
        if outbox.note_count + outbox.closed_count > 0:
            copy_tapes(world, notes, closed)
        if outbox.command_count == 0 and market.report_count == 0:
            return
        dispatch(world)
        for i in range(REPORTS):
            if i >= market.report_count:
                break
            hand_over(world, fills, market.reports[i])
            if outbox.note_count > 0:
                copy_tapes(world, notes, closed)
        market.report_count = 0
    assert outbox.command_count == 0
    assert market.report_count == 0


@kernel
def match(
    world: World, bar: Bar, fills: Rows[FillLine], notes: Rows[Note], closed: Rows[ClosedTrade]
) -> None:
    """One bar at the venue: the open, then the path, with the core reacting to every fill."""
    market = world.market
    book = market.books[bar.instrument_id]
    if open_bar(market, book, bar):
        for _ in range(FILLS_A_BAR):
            if not act_at_open(market, book):
                break
            pump(world, fills, notes, closed)
        settle_resting(market, book)
        first = bar.low if low_first(book, bar) else bar.high
        second = bar.high + bar.low - first
        for leg in range(3):
            to = first if leg == 0 else second if leg == 1 else bar.close
            for _ in range(FILLS_A_BAR):
                if not walk(market, book, to):
                    break
                pump(world, fills, notes, closed)
    close_bar(book, bar)


@kernel
def pay_venue(world: World, item: Scheduled, price: int) -> None:
    """The venue moves funding or rollover on its own books."""
    market = world.market
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
def write_cash(world: World, cash: Rows[CashLine], item: Scheduled, funding: int, rollover: int) -> None:
    """What a settlement moved, if anything."""
    if funding == 0 and rollover == 0:
        return
    line = cash[world.cursor.cash]
    world.cursor.cash += 1
    line.time_ns = item.time_ns
    line.instrument_id = item.instrument_id
    line.funding = funding
    line.rollover = rollover


@kernel
def happen(world: World, item: Scheduled, cash: Rows[CashLine]) -> None:
    """Funding (a rate, b mark price), rollover (a long, b short points, c days), tick value (a / b), day, exit."""
    state = world.state
    outbox = world.outbox
    funded = state.account.funding
    rolled = state.account.rollover
    if item.kind == Item.FUNDING:
        price = item.b if item.b > 0 else state.instruments[item.instrument_id].bid
        pay_venue(world, item, price)
        event = world.scratch.funding
        event.time_ns = item.time_ns
        event.instrument_id = item.instrument_id
        event.rate = item.a
        event.mark_price = price
        on_funding(state, outbox, event)
    elif item.kind == Item.ROLLOVER:
        pay_venue(world, item, state.instruments[item.instrument_id].bid)
        rollover = world.scratch.rollover
        rollover.time_ns = item.time_ns
        rollover.instrument_id = item.instrument_id
        rollover.long_points = item.a
        rollover.short_points = item.b
        rollover.days = item.c
        on_rollover(state, outbox, rollover)
    elif item.kind == Item.TICK_VALUE:
        revalue(world, item)
    else:
        at_boundary(world, item)
    write_cash(world, cash, item, state.account.funding - funded, state.account.rollover - rolled)


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
def at_boundary(world: World, item: Scheduled) -> None:
    """A new day, or the end of an instrument's data or of the run."""
    if item.kind == Item.DAY:
        boundary = world.scratch.boundary
        boundary.time_ns = item.time_ns
        boundary.kind = BoundaryKind.DAY
        on_boundary(world.state, world.outbox, boundary)
    else:
        request = world.scratch.exit_request
        request.time_ns = item.time_ns
        request.instrument_id = item.instrument_id
        on_exit_request(world.state, world.outbox, request)


@kernel
def see_price(world: World, bar: Bar, time_ns: int) -> None:
    """The core sees the close, with the extremes that the bar has shown."""
    book = world.market.books[bar.instrument_id]
    price = world.scratch.price
    price.time_ns = time_ns
    price.instrument_id = bar.instrument_id
    price.bid = max(1, bar.close + book.bid_offset)
    price.ask = bar.close + book.ask_offset
    price.low = max(1, bar.low + book.bid_offset)
    price.high = max(1, bar.high + book.bid_offset)
    on_price(world.state, world.outbox, price)


@kernel
def before_price(
    world: World,
    items: Rows[Scheduled],
    until_ns: int,
    cash: Rows[CashLine],
    fills: Rows[FillLine],
    notes: Rows[Note],
    closed: Rows[ClosedTrade],
) -> None:
    """Funding, rollover and tick values that are due when the current bars close."""
    cursor = world.cursor
    while cursor.item < len(items) and items[cursor.item].time_ns <= until_ns:
        if items[cursor.item].kind >= Item.PLAN:
            return
        happen(world, items[cursor.item], cash)
        cursor.item += 1
        pump(world, fills, notes, closed)


@kernel
def advance(
    world: World,
    items: Rows[Scheduled],
    plans: Rows[Plan],
    until_ns: int,
    cash: Rows[CashLine],
    fills: Rows[FillLine],
    notes: Rows[Note],
    closed: Rows[ClosedTrade],
) -> None:
    """Everything that is due before the next bars open, in time order; at one instant the item kinds decide."""
    cursor = world.cursor
    while True:
        plan_due = cursor.plan < len(plans) and plans[cursor.plan].time_ns <= until_ns
        item_due = cursor.item < len(items) and items[cursor.item].time_ns <= until_ns
        if not plan_due and not item_due:
            return
        if plan_due and item_due:
            item = items[cursor.item]
            at = plans[cursor.plan].time_ns
            plan_due = at < item.time_ns or (at == item.time_ns and item.kind > Item.PLAN)
        if plan_due:
            on_plan(world.state, world.outbox, plans[cursor.plan])
            cursor.plan += 1
        else:
            happen(world, items[cursor.item], cash)
            cursor.item += 1
        pump(world, fills, notes, closed)


@kernel
def force_closures(world: World, fills: Rows[FillLine], notes: Rows[Note], closed: Rows[ClosedTrade]) -> None:
    """The venue closes what it no longer lends for; the core books it."""
    market = world.market
    cancel_everything(market)
    pump(world, fills, notes, closed)
    liquidate(market)
    for i in range(market.closure_count):
        closure = market.closures[i]
        instrument = world.state.instruments[closure.instrument_id]
        row = instrument.first_trade
        while row != 0 and world.state.trades[row].side != closure.side:
            row = world.state.trades[row].next
        line = fills[world.cursor.fills]
        world.cursor.fills += 1
        line.time_ns = closure.time_ns
        line.fill_id = closure.fill_id
        line.order_id = 0
        line.trade_id = world.state.trades[row].trade_id
        line.mandate_id = world.state.trades[row].mandate_id
        line.instrument_id = closure.instrument_id
        line.role = 4  # type: ignore[assignment] # a closure is nobody's order
        line.index = 0
        line.side = -closure.side
        line.position_side = closure.side
        line.quantity = closure.quantity
        line.price = closure.price
        line.fee = closure.fee
        line.maker = False
        line.slippage = 0
        line.tick_value_numerator = instrument.contract.tick_value_numerator
        line.tick_value_denominator = instrument.contract.tick_value_denominator
        before = world.state.account.realized_pnl
        on_closure(world.state, world.outbox, closure)
        line.realized = world.state.account.realized_pnl - before
        pump(world, fills, notes, closed)
    market.closure_count = 0


@kernel
def sample(world: World, samples: Rows[EquityLine], time_ns: int) -> None:
    """Keep the lowest equity of an interval; write the line when the interval is over."""
    cursor = world.cursor
    account = world.state.account
    cursor.equity_low = min(cursor.equity_low, world.market.equity_low)
    if time_ns < cursor.sample_until_ns:
        return
    line = samples[cursor.samples]
    cursor.samples += 1
    line.time_ns = time_ns
    line.balance = account.balance
    line.equity = account.equity
    line.equity_low = min(cursor.equity_low, account.equity)
    line.margin = account.margin
    line.open_risk = account.open_risk
    line.positions = account.busy_trades
    cursor.sample_until_ns = (time_ns // cursor.sample_ns + 1) * cursor.sample_ns
    cursor.equity_low = account.equity


@kernel
def group_end(bars: Rows[Bar], start: int, until: int) -> int:
    """One past the last bar that opens at the same instant."""
    end = start + 1
    while end < until and bars[end].time_ns == bars[start].time_ns:
        end += 1
    return end


@kernel
def is_full(
    cursor: Cursor,
    fills: Rows[FillLine],
    notes: Rows[Note],
    closed: Rows[ClosedTrade],
    cash: Rows[CashLine],
    samples: Rows[EquityLine],
) -> bool:
    """Whether a tape may not hold what the next instant can write."""
    return (
        cursor.fills + MARGIN > len(fills)
        or cursor.notes + 2 * MARGIN > len(notes)
        or cursor.closed + MARGIN > len(closed)
        or cursor.cash + MARGIN > len(cash)
        or cursor.samples + 1 > len(samples)
    )


@kernel
def run(
    worlds: Rows[World],
    bars: Rows[Bar],
    plans: Rows[Plan],
    items: Rows[Scheduled],
    fills: Rows[FillLine],
    notes: Rows[Note],
    closed: Rows[ClosedTrade],
    cash: Rows[CashLine],
    samples: Rows[EquityLine],
    until: int,
) -> int:
    """Bars up to `until` (the end of an instant), with everything due between them. Returns a Stop."""
    world = worlds[0]
    market = world.market
    cursor = world.cursor
    while cursor.bar < until:
        if is_full(cursor, fills, notes, closed, cash, samples):
            return Stop.FULL
        if cursor.stop_sequence > 0 and world.state.sequence >= cursor.stop_sequence:
            return Stop.SEQUENCE
        opening = bars[cursor.bar].time_ns
        closing = opening + cursor.duration_ns
        market.time_ns = opening
        advance(world, items, plans, opening, cash, fills, notes, closed)
        end = group_end(bars, cursor.bar, until)
        for i in range(cursor.bar, end):
            match(world, bars[i], fills, notes, closed)
        market.time_ns = closing
        before_price(world, items, closing, cash, fills, notes, closed)
        market.worst_extra = 0
        for i in range(cursor.bar, end):
            value_bar(market, bars[i])
        if is_insolvent(market):
            force_closures(world, fills, notes, closed)
        for i in range(cursor.bar, end):
            see_price(world, bars[i], closing)
            if world.outbox.command_count + world.outbox.note_count > 0:
                pump(world, fills, notes, closed)
        sample(world, samples, closing)
        cursor.bar = end
    return Stop.DONE
