"""What is held and at work moves from a recorded venue to a simulated one."""

from __future__ import annotations

from collections import Counter

from holdfast.engine.reports import on_order_report
from holdfast.model.commands import Command, Outbox
from holdfast.model.enums import CommandKind, OrderType
from holdfast.model.events import OrderReport
from holdfast.model.instrument import Contract, Instrument
from holdfast.model.order import WORKING, Order, OrderStatus, Step
from holdfast.model.state import State
from holdfast.model.units import RATE
from holdfast.records import copy_record
from holdfast.simulator.acceptance import crosses, execute, link
from holdfast.simulator.matching import set_spread
from holdfast.simulator.venue import Book, Market, VenueOrder

AT_VENUE = (OrderStatus.LIVE, OrderStatus.PARTIAL)
STEPS_TO_SEND = {OrderStatus.PLANNED: (Step.RELEASE, Step.SEND), OrderStatus.RELEASED: (Step.SEND,)}
TERMS = (
    "order_id", "instrument_id", "position_side", "side", "order_type", "limit_price", "trigger_price", "quantity",
    "post_only", "reduce_only", "immediate",
)  # fmt: skip


def carry_over(state: State, outbox: Outbox, market: Market) -> None:
    """Into an empty venue. What the outbox holds has just been decided, and comes to it as usual."""
    account = state.account
    market.time_ns, market.hedging, market.volume_share = state.time_ns, account.hedging, RATE
    market.wallet = market.equity_low = account.balance
    for i in range(1, state.instrument_watermark + 1):
        open_book(market.books[i], state.instruments[i])
    decided = Counter((c.order_id, int(c.kind)) for c in outbox.commands[: outbox.command_count])
    for row in range(1, state.order_watermark + 1):
        order = state.orders[row]
        if WORKING[order.status] and not decided[order.order_id, int(CommandKind.PLACE)]:
            carry_order(state, outbox, market, row, decided)


def open_book(book: Book, instrument: Instrument) -> None:
    """Contract, last price and positions of one instrument."""
    list_contract(book, instrument.contract)
    for k in range(2):
        copy_record(book.positions[k], instrument.positions[k])
    set_spread(book, max(0, instrument.ask - instrument.bid))
    book.path_price, book.bar_count = instrument.bid, 1


def list_contract(book: Book, contract: Contract) -> None:
    """A contract whose prices are bids with the spread that they were told with; volumes are in no journal."""
    copy_record(book.contract, contract)
    book.contract.bars_are_mid = book.contract.volume_is_real = False
    book.contract.spread = book.contract.spread_floor = 0
    book.through = 1


def carry_order(
    state: State, outbox: Outbox, market: Market, row: int, decided: Counter[tuple[int, int]]
) -> None:
    """What rests at the venue rests as it did; what was on its way, or in doubt, arrives now."""
    order = state.orders[row]
    if order.status in AT_VENUE:
        rest(state, market, row)
    else:
        arrive(state, outbox, market, row)
    for _ in range(order.amends_pending - decided[order.order_id, int(CommandKind.AMEND)]):
        execute(market, wanted(state, CommandKind.AMEND, row))
    asked = order.cancel_pending and not order.cancel_refused
    if asked and not decided[order.order_id, int(CommandKind.CANCEL)]:
        execute(market, wanted(state, CommandKind.CANCEL, row))


def rest(state: State, market: Market, row: int) -> None:
    """An order that the venue has, on the terms that it has confirmed."""
    order, made = state.orders[row], market.orders[row]
    book, command = market.books[order.instrument_id], wanted(state, CommandKind.PLACE, row)
    for name in TERMS:
        setattr(made, name, getattr(command, name))
    made.filled_quantity, made.active = order.filled_quantity, True
    if order.amends_pending > 0:
        confirm(made, order)
    made.triggered = order.order_type == OrderType.STOP and order.filled_quantity > 0
    # One that has seen a price and did not take rests, also where price has just come to touch it.
    seen = order.created_at_ns < state.instruments[order.instrument_id].price_time_ns
    made.resting = order.order_type == OrderType.LIMIT and (seen or not crosses(book, made))
    link(market, row)


def confirm(made: VenueOrder, order: Order) -> None:
    """Terms as they stand while changes of them are on their way."""
    made.quantity = order.confirmed_quantity
    if order.order_type == OrderType.LIMIT:
        made.limit_price = order.confirmed_price
    else:
        made.trigger_price = order.confirmed_price


def arrive(state: State, outbox: Outbox, market: Market, row: int) -> None:
    """An order that the venue was to get."""
    order, report = state.orders[row], OrderReport()
    report.time_ns, report.order_row, report.order_id = state.time_ns, row, order.order_id
    for step in STEPS_TO_SEND.get(order.status, ()):
        report.step = step
        on_order_report(state, outbox, report)
    execute(market, wanted(state, CommandKind.PLACE, row))


def wanted(state: State, kind: CommandKind, row: int) -> Command:
    """An order as it is wanted, asked for once more."""
    order, made = state.orders[row], Command()
    for name in TERMS:
        if name != "position_side":
            setattr(made, name, getattr(order, name))
    made.kind, made.order_row = kind, row
    made.position_side = state.trades[order.trade_row].side
    return made
