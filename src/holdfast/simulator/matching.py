"""How price walks through a bar and what it meets: gaps at the open, then extreme by extreme, adverse first.

The path is open -> adverse extreme of what is held -> other extreme -> close; with nothing held, the nearer
extreme comes first. A limit fills when price trades through it by a tick, a stop at its trigger or worse, a
target that came or was amended within the bar waits for the next one.
"""

from __future__ import annotations

from holdfast.model.arithmetic import scale
from holdfast.model.enums import OrderType
from holdfast.model.instrument import fee_of, take_part, worth
from holdfast.model.order import Step
from holdfast.model.units import NEVER, ORDERS
from holdfast.records import inlined, kernel
from holdfast.simulator.acceptance import crosses, expire, remove, write_report
from holdfast.simulator.venue import Bar, Book, Market, VenueOrder


@kernel
def opposite_quantity(market: Market, book: Book, order: VenueOrder) -> int:
    """On a netting account an entry first closes the other side."""
    if market.hedging:
        return 0
    return book.positions[1 if order.side > 0 else 0].quantity


@kernel
def close_quantity(market: Market, book: Book, side: int, quantity: int, price: int) -> None:
    """Part of a position leaves; its profit goes to the wallet."""
    position = book.positions[0 if side > 0 else 1]
    released = take_part(position, quantity)
    market.wallet += worth(book.contract, side * (quantity * price - released), price)


@kernel
def settle_fill(market: Market, book: Book, order: VenueOrder, quantity: int, price: int) -> None:
    """Positions and wallet after a fill."""
    if order.reduce_only:
        close_quantity(market, book, order.position_side, quantity, price)
        return
    netted = min(quantity, opposite_quantity(market, book, order))
    if netted > 0:
        close_quantity(market, book, -order.side, netted, price)
    position = book.positions[0 if order.side > 0 else 1]
    position.quantity += quantity - netted
    position.entry_value += (quantity - netted) * price


@kernel
def fill(market: Market, row: int, price: int, maker: bool) -> None:
    """Fill what the bar's volume and the position allow; what reduces nothing is cancelled by the venue."""
    order = market.orders[row]
    book = market.books[order.instrument_id]
    quantity = min(order.quantity - order.filled_quantity, book.volume_left)
    if order.reduce_only:
        held = book.positions[0 if order.position_side > 0 else 1].quantity
        quantity = min(quantity, held)
        if held == 0:
            remove(market, row)
            write_report(market, row, Step.CANCEL)
            return
    at = max(1, price)
    fee = fee_of(book.contract, at, quantity, maker)
    settle_fill(market, book, order, quantity, at)
    market.wallet -= fee
    book.volume_left -= quantity
    order.filled_quantity += quantity
    complete = order.filled_quantity == order.quantity
    market.next_fill_id += 1
    made = write_report(market, row, Step.COMPLETE if complete else Step.FILL)
    made.fill_id = market.next_fill_id
    made.quantity = quantity
    made.price = at
    made.fee = fee
    made.maker = maker
    if complete:
        remove(market, row)


@kernel
def point_of(book: Book, order: VenueOrder) -> int:
    """The bar's price at which an order fills or wakes."""
    if order.order_type == OrderType.STOP:
        return order.trigger_price - (book.ask_offset if order.side > 0 else book.bid_offset)
    if order.side > 0:
        return order.limit_price - book.ask_offset - book.through
    return order.limit_price - book.bid_offset + book.through


@kernel
def waits_above(order: VenueOrder) -> bool:
    """Whether an order is met by a rising price: sell limits and buy stops."""
    return (order.order_type == OrderType.STOP) == (order.side > 0)


@kernel
def acts_now(book: Book, order: VenueOrder) -> bool:
    """Market orders, stops that are awake, and limits that cross take at the price of now, while there is volume."""
    if book.volume_left == 0:
        return False
    if order.order_type == OrderType.LIMIT:
        return not order.resting and not is_barred(book, order) and crosses(book, order)
    return order.order_type == OrderType.MARKET or order.triggered


@kernel
def is_barred(book: Book, order: VenueOrder) -> bool:
    """A take-profit that came or moved within this bar cannot fill in it."""
    return (
        book.inside_bar
        and order.reduce_only
        and not order.immediate
        and order.order_type == OrderType.LIMIT
        and (order.changed_at == book.bar_count)
    )


@kernel
def take(market: Market, row: int) -> None:
    """Fill at the price of now, on the far side of the spread, with slippage; a limit never beyond its price."""
    order = market.orders[row]
    book = market.books[order.instrument_id]
    if order.side > 0:
        price = book.path_price + book.ask_offset + book.contract.slippage
        if order.order_type == OrderType.LIMIT:
            price = min(price, order.limit_price)
    else:
        price = book.path_price + book.bid_offset - book.contract.slippage
        if order.order_type == OrderType.LIMIT:
            price = max(price, order.limit_price)
    fill(market, row, price, False)


@kernel
def meet(market: Market, row: int, gapped: bool) -> None:
    """Price has come to an order: a stop takes at its trigger or worse, a limit fills at its price or the gap."""
    order = market.orders[row]
    book = market.books[order.instrument_id]
    offset = book.ask_offset if order.side > 0 else book.bid_offset
    if order.order_type == OrderType.STOP:
        order.triggered = True
        book.stale = True
        if book.volume_left == 0:
            return
        slip = order.side * book.contract.slippage
        if order.side > 0:
            fill(market, row, max(order.trigger_price, book.path_price + offset) + slip, False)
        else:
            fill(market, row, min(order.trigger_price, book.path_price + offset) + slip, False)
    elif gapped:
        fill(market, row, book.path_price + offset, True)
    else:
        fill(market, row, order.limit_price, True)


@kernel
def can_be_met(book: Book, order: VenueOrder) -> bool:
    """Limits while there is volume and nothing bars them; stops always: without volume they wake all the same."""
    if order.order_type == OrderType.STOP:
        return not order.triggered
    return order.order_type == OrderType.LIMIT and book.volume_left > 0 and not is_barred(book, order)


@kernel
def act_at_open(market: Market, book: Book) -> bool:
    """One order that the open itself fills: first what takes, then stops, then limits. False when none is left."""
    for turn in range(3):
        row = book.first_order
        for _ in range(ORDERS):
            if row == 0:
                break
            order = market.orders[row]
            following = order.next
            if turn == 0 and acts_now(book, order):
                take(market, row)
                return True
            if turn == 1 + int(order.order_type == OrderType.LIMIT) and can_be_met(book, order):
                if is_crossed(book, order):
                    meet(market, row, True)
                    return True
            row = following
    return False


@kernel
def is_crossed(book: Book, order: VenueOrder) -> bool:
    """Whether the price of now is already at or beyond an order's point."""
    if waits_above(order):
        return book.path_price >= point_of(book, order)
    return book.path_price <= point_of(book, order)


@kernel
def nearest(market: Market, book: Book, to: int) -> int:
    """The first order that price meets on its way to `to`; 0 when none."""
    rising = to > book.path_price
    best = 0
    best_distance = NEVER
    row = book.first_order
    for _ in range(ORDERS):
        if row == 0:
            break
        order = market.orders[row]
        distance = distance_to(book, order, to, rising)
        if distance < best_distance:
            best = row
            best_distance = distance
        row = order.next
    return best


@kernel
def distance_to(book: Book, order: VenueOrder, to: int, rising: bool) -> int:
    """How far price walks until it meets an order; NEVER when it does not."""
    if acts_now(book, order):
        return 0
    if not can_be_met(book, order) or waits_above(order) != rising:
        return NEVER
    point = point_of(book, order)
    if rising:
        return max(0, point - book.path_price) if point <= to else NEVER
    return max(0, book.path_price - point) if point >= to else NEVER


@kernel
def walk(market: Market, book: Book, to: int) -> bool:
    """Price walks towards `to` until it meets one order. False when it has arrived."""
    row = nearest(market, book, to)
    if row == 0:
        book.path_price = to
        return False
    order = market.orders[row]
    if acts_now(book, order):
        take(market, row)
        return True
    point = point_of(book, order)
    if waits_above(order):
        book.path_price = max(book.path_price, point)
    else:
        book.path_price = min(book.path_price, point)
    meet(market, row, False)
    return True


@kernel
def low_first(book: Book, bar: Bar) -> bool:
    """Adverse extreme first for what is held; with nothing held, the nearer one."""
    net = book.positions[0].quantity - book.positions[1].quantity
    if net != 0:
        return net > 0
    return bar.open - bar.low <= bar.high - bar.open


@kernel
def refresh_watch(market: Market, book: Book) -> None:
    """Between these two prices nothing can happen to this book."""
    low = -NEVER
    high = NEVER
    waiting = 0
    row = book.first_order
    for _ in range(ORDERS):
        if row == 0:
            break
        order = market.orders[row]
        if (
            order.order_type == OrderType.MARKET
            or order.triggered
            or (order.order_type == OrderType.LIMIT and not order.resting)
        ):
            waiting += 1
        elif waits_above(order):
            high = min(high, point_of(book, order))
        else:
            low = max(low, point_of(book, order))
        row = order.next
    book.watch_low = low
    book.watch_high = high
    book.waiting = waiting
    book.stale = False


@kernel
def set_spread(book: Book, seen: int) -> None:
    """Offsets from the bar's price to bid and ask: the spread of the data, floored, or else the typical one."""
    contract = book.contract
    spread = max(seen, contract.spread_floor) if seen > 0 else contract.spread
    book.bar_spread = seen
    book.bid_offset = -(spread // 2) if contract.bars_are_mid else 0
    book.ask_offset = book.bid_offset + spread
    book.stale = True


@inlined
def open_bar(market: Market, book: Book, bar: Bar) -> bool:
    """Begin a bar; False when nothing in it can touch an order."""
    if bar.spread != book.bar_spread or book.bar_count == 0:
        set_spread(book, bar.spread)
    market.time_ns = bar.time_ns
    book.bar_count += 1
    if book.first_order == 0:
        return False
    if book.stale:
        refresh_watch(market, book)
    if book.waiting == 0 and bar.low > book.watch_low and bar.high < book.watch_high:
        return False
    book.volume_left = NEVER
    if book.contract.volume_is_real:
        book.volume_left = max(1, scale(bar.volume, market.volume_share)) if bar.volume > 0 else 0
    book.inside_bar = True
    book.path_price = bar.open
    market.matched_bars += 1
    return True


@inlined
def close_bar(book: Book, bar: Bar) -> None:
    """End a bar: the price of now is its close; limits that did not cross rest."""
    book.path_price = bar.close
    book.inside_bar = False


@kernel
def settle_resting(market: Market, book: Book) -> None:
    """A limit that came to take and did not, rests from now on, unless it was never to rest."""
    row = book.first_order
    for _ in range(ORDERS):
        if row == 0:
            break
        order = market.orders[row]
        following = order.next
        if order.immediate:
            expire(market, row)
        elif order.order_type == OrderType.LIMIT and not order.resting and not crosses(book, order):
            order.resting = True
            book.stale = True
        row = following
