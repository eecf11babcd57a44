"""Time moves: plans and boundaries, then the venue's bars, then money, then prices to the core.

At one instant: funding, price, plan, boundary, then instrument id. A plan made at a close acts from the next
bar's open; all instruments of one instant are matched before the core sees any of their closes.
"""

from __future__ import annotations

import enum

from holdfast.engine.plans import on_plan
from holdfast.engine.prices import on_price
from holdfast.model.events import Plan
from holdfast.records import Rows, inlined, kernel
from holdfast.risk.exposure import refresh_exposure
from holdfast.simulator.happenings import force_closures, happen
from holdfast.simulator.matching import act_at_open, close_bar, low_first, open_bar, settle_resting, walk
from holdfast.simulator.solvency import is_insolvent, value_bar
from holdfast.simulator.tape import is_full
from holdfast.simulator.venue import Bar
from holdfast.simulator.world import Item, Scheduled, World, pump

FILLS_A_BAR = 4096


class Stop(enum.IntEnum):
    """Why the loop came back."""

    DONE = 0
    FULL = 1  # a tape has to be emptied
    SEQUENCE = 2  # enough events have passed


@inlined
def match(world: World, bar: Bar) -> None:
    """One bar at the venue: the open, then the path, with the core reacting to every fill."""
    market = world.market
    book = market.books[bar.instrument_id]
    if open_bar(market, book, bar):
        for _ in range(FILLS_A_BAR):
            if not act_at_open(market, book):
                break
            pump(world)
        settle_resting(market, book)
        if market.report_count > 0:
            pump(world)
        first = bar.low if low_first(book, bar) else bar.high
        second = bar.high + bar.low - first
        for leg in range(3):
            to = first if leg == 0 else second if leg == 1 else bar.close
            for _ in range(FILLS_A_BAR):
                if not walk(market, book, to):
                    break
                pump(world)
    close_bar(book, bar)


@inlined
def see_price(world: World, bar: Bar, time_ns: int, more: bool) -> None:
    """The core sees the close, with the extremes that the bar has shown."""
    book = world.market.books[bar.instrument_id]
    price = world.scratch.price
    price.time_ns = time_ns
    price.instrument_id = bar.instrument_id
    offset = book.bid_offset
    price.bid = max(1, bar.close + offset)
    price.ask = bar.close + book.ask_offset
    price.low = max(1, bar.low + offset)
    price.high = max(1, bar.high + offset)
    price.more = more
    on_price(world.state, world.outbox, price)


@kernel
def before_price(world: World, items: Rows[Scheduled], until_ns: int) -> None:
    """Funding, rollover and tick values that are due when the current bars close."""
    cursor = world.cursor
    while cursor.item < len(items) and items[cursor.item].time_ns <= until_ns:
        if items[cursor.item].kind >= Item.PLAN:
            return
        happen(world, items[cursor.item])
        cursor.item += 1
        pump(world)


@kernel
def advance(world: World, items: Rows[Scheduled], plans: Rows[Plan], until_ns: int) -> None:
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
            happen(world, items[cursor.item])
            cursor.item += 1
        pump(world)


@kernel
def next_due(world: World, items: Rows[Scheduled], plans: Rows[Plan], never: int) -> int:
    """When the next plan or item is due."""
    cursor = world.cursor
    due = never
    if cursor.plan < len(plans):
        due = plans[cursor.plan].time_ns
    if cursor.item < len(items):
        due = min(due, items[cursor.item].time_ns)
    return due


@kernel
def sample(world: World, time_ns: int) -> None:
    """Write the equity line of an interval that is over."""
    refresh_exposure(world.state)
    cursor = world.cursor
    account = world.state.account
    line = world.tape.samples[world.tape.samples_count]
    world.tape.samples_count += 1
    line.time_ns = time_ns
    line.balance = account.balance
    line.equity = account.equity
    line.equity_low = min(cursor.equity_low, account.equity)
    line.margin = account.margin
    line.open_risk = account.open_risk
    line.positions = account.open_trades
    cursor.sample_until_ns = (time_ns // cursor.sample_ns + 1) * cursor.sample_ns
    cursor.equity_low = account.equity


@inlined
def close_instant(world: World, bars: Rows[Bar], start: int, end: int, closing: int) -> None:
    """All bars of one instant have been matched: solvency at their extremes together, then the core sees them."""
    market = world.market
    outbox = world.outbox
    market.worst_extra = 0
    market.solvency_extra = 0
    for i in range(start, end):
        value_bar(market, bars[i])
    if is_insolvent(market):
        force_closures(world)
    world.cursor.equity_low = min(world.cursor.equity_low, market.equity_low)
    for i in range(start, end):
        see_price(world, bars[i], closing, i + 1 < end)
        if outbox.command_count + outbox.note_count + outbox.notice_count > 0:
            pump(world)
    if closing >= world.cursor.sample_until_ns or end == len(bars):
        sample(world, closing)


@kernel
def run(worlds: Rows[World], bars: Rows[Bar], plans: Rows[Plan], items: Rows[Scheduled], until: int) -> int:
    """Bars up to `until` (the end of an instant), with everything due between them. Returns a Stop."""
    world = worlds[0]
    market = world.market
    cursor = world.cursor
    never = 1 << 62
    due = next_due(world, items, plans, never)
    while cursor.bar < until:
        if is_full(world.tape):
            return Stop.FULL
        if cursor.stop_sequence > 0 and world.state.sequence >= cursor.stop_sequence:
            return Stop.SEQUENCE
        start = cursor.bar
        opening = bars[start].time_ns
        closing = opening + cursor.duration_ns
        market.time_ns = opening
        if due <= opening:
            advance(world, items, plans, opening)
            due = next_due(world, items, plans, never)
        end = start
        while end < until:
            bar = bars[end]
            if bar.time_ns != opening:
                break
            match(world, bar)
            end += 1
        market.time_ns = closing
        if due <= closing:
            before_price(world, items, closing)
            due = next_due(world, items, plans, never)
        close_instant(world, bars, start, end, closing)
        cursor.bar = end
    return Stop.DONE
