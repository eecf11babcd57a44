"""The core and the venue face to face: commands go out, reports come back, and what happened is written down."""

from __future__ import annotations

import enum

from holdfast.engine.reports import on_order_report
from holdfast.model.commands import Outbox
from holdfast.model.enums import CommandClass, CommandKind
from holdfast.model.events import (
    Boundary,
    ExitRequest,
    Funding,
    OrderReport,
    Price,
    Rollover,
    TickValue,
    WindowEdge,
)
from holdfast.model.order import Step
from holdfast.model.state import State
from holdfast.model.units import REPORTS
from holdfast.records import kernel, record
from holdfast.simulator.acceptance import execute
from holdfast.simulator.phases import watch_breaches, watch_increase
from holdfast.simulator.tape import Cursor, FillLine, Tape, copy_told
from holdfast.simulator.terms import Programme
from holdfast.simulator.venue import Market

ROUNDS = 64  # of commands and reports that one instant may need


class Item(enum.IntEnum):
    """What a scheduled item is; the order is the order at one instant. From PLAN on, after the price."""

    NONE = 0
    FUNDING = 1
    ROLLOVER = 2
    TICK_VALUE = 3
    MARK = 4
    PLAN = 8
    WINDOW = 9
    DAY = 10
    SESSION = 11
    FORECAST = 12
    EXIT = 13


@record
class Scheduled:
    """Something that happens at an instant known beforehand. a, b, c by kind: see `happenings.happen`."""

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
    window: WindowEdge
    exit_request: ExitRequest
    report: OrderReport


@record
class World:
    """All that one run needs beside its bars, plans and items."""

    state: State
    outbox: Outbox
    market: Market
    cursor: Cursor
    scratch: Scratch
    programme: Programme
    tape: Tape


@kernel
def new_line(tape: Tape) -> FillLine:
    """The next free line for an execution."""
    line = tape.fills[tape.fills_count]
    tape.fills_count += 1
    return line


@kernel
def write_fill(world: World, report: OrderReport) -> None:
    """One line for each execution, from the order as it was before it was booked."""
    order = world.state.orders[report.order_row]
    trade = world.state.trades[order.trade_row]
    contract = world.state.instruments[order.instrument_id].contract
    line = new_line(world.tape)
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
def hand_over(world: World, report: OrderReport) -> None:
    """A report goes to the core; a fill is written down with what it realized and lost to slippage."""
    if report.fill_id == 0:
        on_order_report(world.state, world.outbox, report)
        return
    at = world.tape.fills_count
    slot = world.state.orders[report.order_row].trade_row
    write_fill(world, report)
    before = world.state.fill_count
    on_order_report(world.state, world.outbox, report)
    if world.state.fill_count == before:
        world.tape.fills_count = at  # refused: not ours
        return
    line = world.tape.fills[at]
    line.realized = world.state.account.realized_pnl - line.realized
    line.slippage = world.state.trades[slot].slippage - line.slippage


@kernel
def take_told(world: World) -> None:
    """Keep what the core told people."""
    if world.programme.phase_count > 0:
        watch_breaches(world.state, world.outbox, world.programme)
    copy_told(world.tape, world.outbox)


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
            if world.programme.phase_count > 0 and command.command_class == CommandClass.INCREASE:
                watch_increase(world.state, world.programme)
        execute(world.market, command)
    outbox.command_count = 0


@kernel
def pump(world: World) -> None:
    """Commands out, reports back, until both are empty."""
    market = world.market
    outbox = world.outbox
    for _ in range(ROUNDS):
        if outbox.note_count + outbox.closed_count + outbox.notice_count > 0:
            take_told(world)
        if outbox.command_count == 0 and market.report_count == 0:
            return
        dispatch(world)
        for i in range(REPORTS):
            if i >= market.report_count:
                break
            hand_over(world, market.reports[i])
            if outbox.note_count + outbox.closed_count + outbox.notice_count > 0:
                take_told(world)
        market.report_count = 0
    assert outbox.command_count == 0
    assert market.report_count == 0
