"""What can be lost and what is tied up: kept incrementally, re-proved from scratch by `survey_*`."""

from __future__ import annotations

from holdfast.model.arithmetic import scale
from holdfast.model.enums import Role
from holdfast.model.instrument import (
    Instrument,
    Position,
    fee_of,
    initial_margin,
    notional_of,
    pnl_of,
)
from holdfast.model.order import Order, quantity_held
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import INSTRUMENTS, ORDERS, RATE, TRADES
from holdfast.records import inlined, kernel
from holdfast.risk.sizing import loss_at_stop

GAP_FLOOR = RATE // 10  # a trade at break-even still risks this share of its initial risk (risk.md 5.6)


@inlined
def mark_position(state: State, position: Position, instrument: Instrument, side: int) -> None:
    """Equity follows one position in constant time."""
    pnl = 0
    if position.quantity > 0:
        price = instrument.bid if side > 0 else instrument.ask
        pnl = pnl_of(instrument.contract, side, position.quantity, position.entry_value, price)
    state.account.unrealized_pnl += pnl - position.unrealized_pnl
    position.unrealized_pnl = pnl


@inlined
def mark(state: State, instrument: Instrument) -> None:
    """Revalue both sides of an instrument at its bid and ask; exposure is taken anew when it is asked for."""
    account = state.account
    long = instrument.positions[0]
    short = instrument.positions[1]
    if long.quantity > 0 or long.unrealized_pnl != 0:
        mark_position(state, long, instrument, 1)
    if short.quantity > 0 or short.unrealized_pnl != 0:
        mark_position(state, short, instrument, -1)
    account.exposure_stale = True
    account.equity = account.balance + account.unrealized_pnl
    if account.equity > account.equity_high:
        account.equity_high = account.equity


@kernel
def refresh_exposure(state: State) -> None:
    """Notional and margin of all positions, once for all questions of an instant."""
    account = state.account
    if not account.exposure_stale:
        return
    account.gross_notional = 0
    account.margin = 0
    for i in range(1, INSTRUMENTS):
        if i > state.instrument_watermark:
            break
        instrument = state.instruments[i]
        for k in range(2):
            position = instrument.positions[k]
            position.notional = 0
            position.margin = 0
            if position.quantity > 0:
                price = instrument.bid if k == 0 else instrument.ask
                position.notional = notional_of(instrument.contract, price, position.quantity)
                position.margin = initial_margin(instrument.contract, position.notional)
                account.gross_notional += position.notional
                account.margin += position.margin
    account.exposure_stale = False


@kernel
def stop_in_force(state: State, trade: Trade) -> int:
    """The stop that counts for risk: what the venue has confirmed, where that protects less than what we want."""
    if trade.stop_order != 0:
        order = state.orders[trade.stop_order]
        held = order.confirmed_price if order.amends_pending > 0 else order.trigger_price
        if trade.side * (held - trade.stop_price) < 0:
            return held
    return trade.stop_price


@kernel
def open_risk_of(state: State, trade: Trade) -> int:
    """Money that an open trade loses from its entry to its stop, exit fee included, with a gap floor."""
    if trade.quantity == 0:
        return 0
    contract = state.instruments[trade.instrument_id].contract
    stop = stop_in_force(state, trade)
    floor = scale(trade.initial_risk, GAP_FLOOR)
    if stop <= 0:
        return max(floor, trade.initial_risk)
    gain = pnl_of(contract, trade.side, trade.quantity, trade.entry_value, stop)
    return max(floor, fee_of(contract, stop, trade.quantity, False) - gain)


@kernel
def update_open_risk(state: State, trade: Trade) -> None:
    """After a fill, a stop move, a new tick value."""
    fresh = open_risk_of(state, trade)
    state.account.open_risk += fresh - trade.open_risk
    trade.open_risk = fresh


@kernel
def release(state: State, order: Order) -> None:
    """The order is over: nothing stays reserved."""
    account = state.account
    account.resting_risk -= order.reserved_risk
    account.resting_margin -= order.reserved_margin
    account.resting_notional -= order.reserved_notional
    order.reserved_risk = 0
    order.reserved_margin = 0
    order.reserved_notional = 0


@kernel
def reserve(state: State, order: Order) -> None:
    """What the rest of a resting entry ties up, booked in place of what it tied up before."""
    account = state.account
    release(state, order)
    left = quantity_held(order) - order.filled_quantity
    if order.role == Role.ENTRY and left > 0:
        instrument = state.instruments[order.instrument_id]
        price = entry_price_of(order)
        order.reserved_notional = notional_of(instrument.contract, price, left)
        order.reserved_margin = initial_margin(instrument.contract, order.reserved_notional)
        if order.stop_price > 0:
            order.reserved_risk = max(
                0, loss_at_stop(instrument.contract, order.side, left, price, order.stop_price)
            )
        else:
            order.reserved_risk = order.reserved_notional
    account.resting_risk += order.reserved_risk
    account.resting_margin += order.reserved_margin
    account.resting_notional += order.reserved_notional


@kernel
def entry_price_of(order: Order) -> int:
    """The price an entry is judged by: its limit, or what it was sized at."""
    return order.limit_price if order.limit_price > 0 else order.confirmed_price


@kernel
def survey_unrealized(state: State) -> int:
    """Unrealized profit from scratch."""
    total = 0
    for i in range(1, INSTRUMENTS):
        instrument = state.instruments[i]
        for k in range(2):
            position = instrument.positions[k]
            if position.quantity > 0:
                side = 1 - 2 * k
                price = instrument.bid if side > 0 else instrument.ask
                total += pnl_of(instrument.contract, side, position.quantity, position.entry_value, price)
    return total


@kernel
def survey_notional(state: State) -> int:
    """Gross notional of what is held, from scratch."""
    total = 0
    for i in range(1, INSTRUMENTS):
        instrument = state.instruments[i]
        for k in range(2):
            quantity = instrument.positions[k].quantity
            if quantity > 0:
                total += notional_of(
                    instrument.contract, instrument.bid if k == 0 else instrument.ask, quantity
                )
    return total


@kernel
def survey_open_risk(state: State) -> int:
    """Open risk of all trades from scratch."""
    total = 0
    for row in range(1, TRADES):
        total += open_risk_of(state, state.trades[row])
    return total


@kernel
def survey_resting_notional(state: State) -> int:
    """Notional of all resting entries from scratch."""
    total = 0
    for row in range(1, ORDERS):
        order = state.orders[row]
        left = quantity_held(order) - order.filled_quantity
        if order.status != 0 and order.role == Role.ENTRY and left > 0:
            instrument = state.instruments[order.instrument_id]
            total += notional_of(instrument.contract, entry_price_of(order), left)
    return total
