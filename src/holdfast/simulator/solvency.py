"""Margin at the venue: equity at the adverse extremes of all positions together, and closing by force.

Equity is judged when every position stands at its worst price of the current bars at once: an upper bound on
the loss. Where the data have a mark price, solvency is judged by the mark's extremes instead. Perpetuals close
when that equity falls to the maintenance margin, FX accounts at the broker's stop-out share of the initial
margin; the position with the largest loss goes first, until the rest is covered.
"""

from __future__ import annotations

from holdfast.model.arithmetic import scale_up
from holdfast.model.instrument import fee_of, maintenance_margin, notional_of, pnl_of
from holdfast.model.order import Step
from holdfast.model.units import INSTRUMENTS, ORDERS
from holdfast.records import inlined, kernel
from holdfast.simulator.acceptance import remove, write_report
from holdfast.simulator.matching import close_quantity
from holdfast.simulator.venue import CLOSURES, Bar, Book, Market


@inlined
def holds(book: Book) -> bool:
    """Whether there is a position on either side."""
    return book.positions[0].quantity > 0 or book.positions[1].quantity > 0


@inlined
def adverse_price(book: Book, side: int, low: int, high: int) -> int:
    """The worst price at which a side could close within low..high."""
    return max(1, low + book.bid_offset) if side > 0 else high + book.ask_offset


@kernel
def pnl_at_mark(book: Book) -> int:
    """Unrealized profit at the adverse extreme of the mark since the last price."""
    total = 0
    for k in range(2):
        position = book.positions[k]
        if position.quantity > 0:
            price = book.mark_low if k == 0 else book.mark_high
            total += pnl_of(book.contract, 1 - 2 * k, position.quantity, position.entry_value, price)
    return total


@inlined
def judge_book(book: Book) -> None:
    """As the venue judges solvency: at the mark's extremes when its bar has just closed, between its bars at the
    close; without a mark at the traded extremes. What is closed by force is closed no better than it was judged."""
    book.forced_low = book.worst_low
    book.forced_high = book.worst_high
    book.judged_pnl = book.pnl if book.has_mark else book.worst_pnl
    if book.mark_is_fresh:
        at_mark = pnl_at_mark(book)
        book.judged_pnl = at_mark if book.has_mark else min(at_mark, book.worst_pnl)
        most = book.contract.price_max - book.ask_offset - book.contract.slippage
        book.forced_low = min(book.worst_low, book.mark_low)
        book.forced_high = max(book.worst_high, min(book.mark_high, most))


@inlined
def value_book(market: Market, book: Book, low: int, high: int, close: int) -> None:
    """Unrealized profit at the close, at the worst of a bar, and as the venue judges solvency."""
    contract = book.contract
    pnl = 0
    worst = 0
    for k in range(2):
        position = book.positions[k]
        if position.quantity > 0:
            side = 1 - 2 * k
            at = adverse_price(book, side, close, close)
            bad = adverse_price(book, side, low, high)
            pnl += pnl_of(contract, side, position.quantity, position.entry_value, at)
            worst += pnl_of(contract, side, position.quantity, position.entry_value, bad)
    market.pnl += pnl - book.pnl
    market.worst_extra += worst - pnl
    book.pnl = pnl
    book.worst_pnl = worst
    book.worst_low = low
    book.worst_high = high
    judge_book(book)
    market.solvency_extra += book.judged_pnl - pnl
    if high > book.bound_price:
        bound_book(market, book)


@kernel
def bound_book(market: Market, book: Book) -> None:
    """An upper bound of the margin to be kept, good until price has doubled or the position changes."""
    contract = book.contract
    book.bound_price = 2 * max(book.path_price, book.worst_high)
    price = min(contract.price_max, book.bound_price + book.ask_offset)
    quantity = book.positions[0].quantity + book.positions[1].quantity
    bound = maintenance_margin(contract, notional_of(contract, price, quantity)) if quantity > 0 else 0
    market.bound += bound - book.bound
    book.bound = bound
    book.bound_quantity = quantity


@inlined
def value_bar(market: Market, bar: Bar) -> None:
    """Revalue the book of one bar, if it holds or has just held something."""
    book = market.books[bar.instrument_id]
    quantity = book.positions[0].quantity + book.positions[1].quantity
    if quantity > 0 or book.pnl != 0 or book.bound_quantity != 0:
        if quantity != book.bound_quantity:
            bound_book(market, book)
        value_book(market, book, bar.low, bar.high, bar.close)
    book.mark_is_fresh = False  # used or not: what is opened later is not judged by it


@kernel
def maintenance_of(market: Market) -> int:
    """Margin that must be kept, exactly: every position at its worst price."""
    total = 0
    for i in range(1, INSTRUMENTS):
        book = market.books[i]
        for k in range(2):
            quantity = book.positions[k].quantity
            if quantity > 0:
                bad = adverse_price(book, 1 - 2 * k, book.worst_low, book.worst_high)
                if book.has_mark:
                    bad = book.mark_low if k == 0 else book.mark_high
                total += maintenance_margin(book.contract, notional_of(book.contract, bad, quantity))
    return total


@inlined
def is_insolvent(market: Market) -> bool:
    """Whether equity at the extremes no longer covers the margin that must be kept; far from it, a bound decides."""
    market.equity_low = market.wallet + market.pnl + market.worst_extra
    solvency = market.wallet + market.pnl + market.solvency_extra
    if market.bound == 0 or solvency > market.bound:
        return False
    return solvency <= maintenance_of(market)


@kernel
def cancel_everything(market: Market) -> None:
    """Before it closes positions, the venue cancels every order."""
    for row in range(1, ORDERS):
        if market.orders[row].active:
            remove(market, row)
            write_report(market, row, Step.CANCEL)


@kernel
def worst_book(market: Market) -> int:
    """The instrument whose position loses most at its extreme; 0 when nothing is held."""
    found = 0
    for i in range(1, INSTRUMENTS):
        if holds(market.books[i]) and (
            found == 0 or market.books[i].worst_pnl < market.books[found].worst_pnl
        ):
            found = i
    return found


@kernel
def close_by_force(market: Market, book: Book, side: int, low: int, high: int) -> None:
    """Close one side at its adverse extreme, with slippage, taker fee and the venue's liquidation fee."""
    assert market.closure_count < CLOSURES
    contract = book.contract
    quantity = book.positions[0 if side > 0 else 1].quantity
    price = max(1, adverse_price(book, side, low, high) - side * contract.slippage)
    fee = fee_of(contract, price, quantity, False)
    fee += scale_up(notional_of(contract, price, quantity), contract.liquidation_rate)
    close_quantity(market, book, side, quantity, price)
    market.wallet -= fee
    market.next_fill_id += 1
    made = market.closures[market.closure_count]
    market.closure_count += 1
    made.time_ns = market.time_ns
    made.instrument_id = contract.instrument_id
    made.side = side
    made.quantity = quantity
    made.price = price
    made.fee = fee
    made.fill_id = market.next_fill_id


@kernel
def liquidate(market: Market) -> None:
    """Close the worst positions until what is left is covered; from the first on, the stricter price counts."""
    for _ in range(INSTRUMENTS):
        found = worst_book(market)
        if found == 0 or not is_insolvent(market):
            return
        book = market.books[found]
        for k in range(2):
            if book.positions[k].quantity > 0:
                close_by_force(market, book, 1 - 2 * k, book.forced_low, book.forced_high)
        market.worst_extra -= book.worst_pnl - book.pnl
        market.solvency_extra -= book.judged_pnl - book.pnl
        market.solvency_extra = min(market.solvency_extra, market.worst_extra)
        value_book(market, book, book.path_price, book.path_price, book.path_price)
