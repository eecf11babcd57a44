"""Closing a trade: entries away, the stop stays until nothing is held, the rest at market in slices (risk.md 3.1).

Where the venue refuses a market order, or takes it and fills nothing, the next try has another form: a limit at the
edge of the price band that never rests, then one that rests at the price of now, then a market order again. Every step
is in the trade, so a restart goes on where it was: an exit at work is never doubled.
"""

from __future__ import annotations

from holdfast.engine.notes import note
from holdfast.engine.orders import cancel, place, send
from holdfast.engine.stops import protect
from holdfast.engine.trades import cancel_entries, cancel_targets, drop_trade
from holdfast.model.arithmetic import scale
from holdfast.model.commands import Outbox
from holdfast.model.enums import Drop, Exit, NoteKind, OrderType, Phase, Role
from holdfast.model.instrument import Instrument, exit_quote
from holdfast.model.order import Order
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import LEVELS, RATE, SECOND
from holdfast.records import inlined, kernel

PATIENCE = 2 * SECOND  # that a flatten gives the cancels of entries, before it closes all the same
REST = 10 * SECOND  # that an exit may rest before the next form is tried
BAND = RATE // 20  # where the venue's band is not known: what it was where markets were widest (risk.md 3.2)
INSIDE = RATE * 9 // 10  # of the band, because its middle may have moved
FORMS = 3  # market, a limit at the band's edge, one that rests
BACKOFF_MAX = 4  # seconds: a flatten is tried at least every five, for ever (reliability.md 3.1)


@kernel
def leave(state: State, trade: Trade) -> None:
    """From here on a trade only closes. A denied entry may have had to wait; an exit does not."""
    trade.phase = Phase.EXITING
    trade.exit_since_ns = state.time_ns
    trade.exit_refusals = 0
    trade.retry_at_ns = 0


@kernel
def begin_exit(state: State, outbox: Outbox, row: int, reason: Exit, drop: Drop) -> None:
    """Close a trade for a reason; one that was never filled is dropped."""
    trade = state.trades[row]
    if trade.phase == Phase.IDLE or trade.phase == Phase.COOLDOWN or trade.phase == Phase.EXITING:
        return
    if trade.quantity == 0:
        drop_trade(state, outbox, row, drop)
        return
    if trade.exit == Exit.NONE:
        trade.exit = reason
    leave(state, trade)
    note(
        state,
        outbox,
        trade,
        NoteKind.EXITING,
        trade.exit,
        exit_quote(state.instruments[trade.instrument_id], trade.side),
        trade.quantity,
    )
    cancel_entries(state, outbox, trade)
    cancel_targets(state, outbox, trade)
    continue_exit(state, outbox, row)


@kernel
def exit_at_leisure(state: State, outbox: Outbox, row: int, reason: Exit) -> None:
    """Close an open trade for a reason that can wait for the end of a window in which nothing may be closed."""
    trade = state.trades[row]
    if trade.phase == Phase.OPEN and state.instruments[trade.instrument_id].no_close > 0:
        trade.exit_due = reason if trade.exit_due == Exit.NONE else trade.exit_due
        return
    begin_exit(state, outbox, row, reason, Drop.EXIT_FLAG)


@kernel
def exit_on_signal(state: State, outbox: Outbox, row: int, tag: int) -> None:
    """The strategy wants out."""
    state.trades[row].exit_tag = tag
    exit_at_leisure(state, outbox, row, Exit.EXIT_SIGNAL)


@kernel
def left_of_stop(state: State, row: int) -> int:
    """What a stop is closing by now: partly filled, it is awake at the venue. No larger than the venue has it."""
    order = state.orders[row]
    if row == 0 or order.filled_quantity == 0:
        return 0
    quantity = min(order.quantity, order.confirmed_quantity) if order.amends_pending > 0 else order.quantity
    return quantity - order.filled_quantity


@kernel
def stopping(state: State, trade: Trade) -> int:
    """How much of a position stops are closing already. An entry may have filled further than they know."""
    total = left_of_stop(state, trade.stop_order)
    for i in range(LEVELS):
        total += left_of_stop(state, trade.levels[i].stop_row)
    return total


@kernel
def hold_on(state: State, outbox: Outbox, row: int) -> None:
    """While a trade leaves, its stop covers all that is held: a refused change is asked for again."""
    trade = state.trades[row]
    if stopping(state, trade) > 0:
        return
    covered = state.orders[trade.stop_order].quantity if trade.stop_order != 0 else 0
    for i in range(LEVELS):
        if trade.levels[i].stop_row != 0:
            covered += state.orders[trade.levels[i].stop_row].quantity
    if 0 < covered < trade.quantity:
        protect(state, outbox, row)


@kernel
def awaits_cancels(state: State, trade: Trade) -> bool:
    """A flatten first sees its entries end, one way or the other; but not for ever."""
    ordered = trade.exit == Exit.FLATTENED or trade.exit == Exit.FORCE_EXIT or trade.exit == Exit.WINDOW
    if not ordered or state.time_ns - trade.exit_since_ns >= PATIENCE:
        return False
    for i in range(LEVELS):
        if trade.levels[i].order_row != 0:
            return True
    return False


@kernel
def continue_exit(state: State, outbox: Outbox, row: int) -> None:
    """While something is held and nothing is closing it, close it."""
    trade = state.trades[row]
    if trade.phase != Phase.EXITING or trade.quantity == 0:
        return
    if trade.exit_order != 0:
        renew_exit(state, outbox, state.orders[trade.exit_order], trade.exit_order)
        return
    if stopping(state, trade) >= trade.quantity or state.time_ns < trade.retry_at_ns:
        return
    if not awaits_cancels(state, trade):
        place_exit(state, outbox, row)


@kernel
def renew_exit(state: State, outbox: Outbox, order: Order, row: int) -> None:
    """An exit that has rested in vain is taken back, so that the next form can be tried."""
    rests = order.order_type == OrderType.LIMIT and not order.immediate
    if rests and state.time_ns - order.created_at_ns >= REST:
        cancel(state, outbox, row)


@kernel
def band_edge(instrument: Instrument, side: int, price: int) -> int:
    """The worst price at which the venue still takes an order that closes this side, a little inside."""
    band = instrument.contract.price_band if instrument.contract.price_band > 0 else BAND
    edge = price - side * scale(price, scale(band, INSIDE))
    return max(1, min(instrument.contract.price_max, edge))


@kernel
def place_part(state: State, outbox: Outbox, row: int, wanted: int) -> None:
    """A reduce-only order for some of what is held, or for as much of it as the venue takes at once."""
    trade = state.trades[row]
    instrument = state.instruments[trade.instrument_id]
    quote = exit_quote(instrument, trade.side)
    form = trade.exit_refusals % FORMS
    price = band_edge(instrument, trade.side, quote) if form == 1 else quote
    order_type = OrderType.MARKET if form == 0 else OrderType.LIMIT
    quantity = min(wanted, instrument.contract.quantity_max)
    made = place(state, outbox, row, Role.EXIT, 0, order_type, price if form > 0 else 0, quantity)
    order: Order = state.orders[made]
    order.confirmed_price = quote
    order.immediate = form == 1
    trade.exit_order = made
    send(state, outbox, made)


@kernel
def place_exit(state: State, outbox: Outbox, row: int) -> None:
    """An order for all that is held and that no stop is closing."""
    trade = state.trades[row]
    place_part(state, outbox, row, trade.quantity - stopping(state, trade))


@kernel
def exit_failed(state: State, trade: Trade) -> None:
    """An exit was refused, or ended without a fill: again later, in another form."""
    trade.exit_refusals += 1
    wait = 1
    for _ in range(min(trade.exit_refusals - 1, 2)):
        wait += wait
    trade.retry_at_ns = state.time_ns + min(wait, BACKOFF_MAX) * SECOND


@kernel
def may_exit(state: State, trade: Trade) -> bool:
    """Whether a strategy's exit is obeyed yet; stops always are."""
    return trade.phase == Phase.OPEN and state.time_ns - trade.opened_at_ns >= trade.min_hold_ns


@inlined
def overstayed(state: State, trade: Trade) -> bool:
    """Whether the longest holding time has passed, and nothing forbids to close."""
    if trade.max_hold_ns == 0 or trade.phase != Phase.OPEN:
        return False
    if state.time_ns - trade.opened_at_ns < trade.max_hold_ns:
        return False
    if state.instruments[trade.instrument_id].no_close > 0:
        return False
    if not state.mandates[trade.mandate_id].max_hold_losing_only:
        return True
    price = exit_quote(state.instruments[trade.instrument_id], trade.side)
    return trade.side * (price * trade.quantity - trade.entry_value) < 0
