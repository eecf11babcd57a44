"""What the venue does with a command: take it, refuse it, change it, end it."""

from __future__ import annotations

import enum

from holdfast.model.arithmetic import scale
from holdfast.model.commands import Command
from holdfast.model.enums import CommandKind, OrderType
from holdfast.model.events import OrderReport
from holdfast.model.instrument import notional_of
from holdfast.model.order import Step
from holdfast.model.units import REPORTS
from holdfast.records import clear_record, kernel
from holdfast.simulator.venue import Book, Market, VenueOrder


class Refused(enum.IntEnum):
    """Why the venue rejected an order."""

    NONE = 0
    POST_ONLY = 1  # it would have taken
    PRICE_BAND = 2
    MINIMUM = 3
    MAXIMUM = 4
    NO_PRICE = 5  # no bar of this instrument yet


@kernel
def write_report(market: Market, row: int, step: Step) -> OrderReport:
    """Put a report about an order into the queue; the caller may add details."""
    assert market.report_count < REPORTS
    order = market.orders[row]
    made = market.reports[market.report_count]
    market.report_count += 1
    clear_record(made)
    made.time_ns = market.time_ns
    made.order_row = row
    made.order_id = order.order_id
    made.step = step
    return made


@kernel
def link(market: Market, row: int) -> None:
    """Put an order at the end of its book."""
    order = market.orders[row]
    book = market.books[order.instrument_id]
    order.previous = book.last_order
    order.next = 0
    if book.last_order != 0:
        market.orders[book.last_order].next = row
    else:
        book.first_order = row
    book.last_order = row
    book.stale = True


@kernel
def remove(market: Market, row: int) -> None:
    """Take an order out of its book."""
    order = market.orders[row]
    book = market.books[order.instrument_id]
    if order.previous != 0:
        market.orders[order.previous].next = order.next
    else:
        book.first_order = order.next
    if order.next != 0:
        market.orders[order.next].previous = order.previous
    else:
        book.last_order = order.previous
    order.active = False
    book.stale = True


@kernel
def crosses(book: Book, order: VenueOrder) -> bool:
    """Whether a limit would take at the price of now."""
    if order.side > 0:
        return order.limit_price >= book.path_price + book.ask_offset
    return order.limit_price <= book.path_price + book.bid_offset


@kernel
def refuse(book: Book, command: Command) -> Refused:
    """The venue's own checks, in its order: sizes, price band. Reducing orders may be small."""
    contract = book.contract
    if book.path_price <= 0:
        return Refused.NO_PRICE
    price = command.limit_price if command.order_type == OrderType.LIMIT else book.path_price
    if command.order_type == OrderType.MARKET and command.quantity > contract.quantity_max:
        return Refused.MAXIMUM
    if not command.reduce_only:
        if command.quantity < contract.quantity_min:
            return Refused.MINIMUM
        if notional_of(contract, price, command.quantity) < contract.notional_min:
            return Refused.MINIMUM
        if command.quantity > contract.quantity_max:
            return Refused.MAXIMUM
    if command.order_type == OrderType.LIMIT and contract.price_band > 0:
        if command.side * (price - book.path_price) > scale(book.path_price, contract.price_band):
            return Refused.PRICE_BAND
    return Refused.NONE


@kernel
def expire(market: Market, row: int) -> None:
    """An order that never rests is over once it could have taken; between two bars that is the next open."""
    remove(market, row)
    write_report(market, row, Step.EXPIRE)


@kernel
def accept(market: Market, command: Command) -> None:
    """A new order: rejected, or in the book."""
    row = command.order_row
    order = market.orders[row]
    book = market.books[command.instrument_id]
    assert not order.active
    clear_record(order)
    order.order_id = command.order_id
    order.instrument_id = command.instrument_id
    order.position_side = command.position_side
    order.side = command.side
    order.order_type = command.order_type
    order.limit_price = command.limit_price
    order.trigger_price = command.trigger_price
    order.quantity = command.quantity
    order.post_only = command.post_only
    order.reduce_only = command.reduce_only
    order.immediate = command.immediate
    order.changed_at = book.bar_count if book.inside_bar else 0
    order.resting = order.order_type == OrderType.LIMIT and not crosses(book, order)
    order.resting = order.resting and not (order.immediate and not book.inside_bar)
    reason = refuse(book, command)
    if reason == Refused.NONE and order.post_only and not order.resting:
        reason = Refused.POST_ONLY
    if reason != Refused.NONE:
        write_report(market, row, Step.REJECT).reason = reason
        return
    order.active = True
    link(market, row)
    write_report(market, row, Step.ACCEPT)
    if order.immediate and order.resting and book.inside_bar:
        expire(market, row)


@kernel
def change(market: Market, command: Command) -> None:
    """Amend price and quantity; an amended order loses its place in the current bar."""
    order = market.orders[command.order_row]
    book = market.books[order.instrument_id]
    if command.quantity <= order.filled_quantity:  # less than has filled already: nothing is left of it
        remove(market, command.order_row)
        write_report(market, command.order_row, Step.CANCEL)
        return
    order.limit_price = command.limit_price
    order.trigger_price = command.trigger_price
    order.quantity = command.quantity
    if order.post_only and crosses(book, order):
        remove(market, command.order_row)
        write_report(market, command.order_row, Step.REJECT).reason = Refused.POST_ONLY
        return
    if book.inside_bar:
        order.changed_at = book.bar_count
    if order.order_type == OrderType.LIMIT:
        order.resting = not crosses(book, order)
    book.stale = True
    made = write_report(market, command.order_row, Step.NONE)
    made.amended = True
    made.quantity = order.quantity
    made.price = order.limit_price if order.order_type == OrderType.LIMIT else order.trigger_price


@kernel
def execute(market: Market, command: Command) -> None:
    """One command. A change of what is no longer there changes nothing: its own report is on the way."""
    row = command.order_row
    order = market.orders[row]
    if command.kind == CommandKind.PLACE:
        accept(market, command)
    elif order.active and order.order_id == command.order_id:
        if command.kind == CommandKind.AMEND:
            change(market, command)
        else:
            remove(market, row)
            write_report(market, row, Step.CANCEL)
