"""What can be lost and what is tied up: kept incrementally, re-proved from scratch by `surveys`."""

from __future__ import annotations

from holdfast.model.account import Account
from holdfast.model.arithmetic import scale, scale_up
from holdfast.model.enums import Role
from holdfast.model.instrument import (
    Instrument,
    Position,
    exit_quote,
    fee_of,
    initial_margin,
    maintenance_margin,
    notional_of,
    pnl_of,
    worth_up,
)
from holdfast.model.order import Order, quantity_held
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import INSTRUMENTS, ORDERS, RATE, TRADES
from holdfast.records import inlined, kernel
from holdfast.risk.sizing import loss_at_stop

GAP_FLOOR = RATE // 10  # a trade at break-even still risks this share of its initial risk (risk.md 5.6)


@kernel
def reserve_rate(state: State, instrument: Instrument) -> int:
    """Share of a loss at the stop that is kept for slippage: more within news and weekends."""
    if instrument.near_news + instrument.no_hold + instrument.no_open > 0:
        return max(instrument.reserve, state.guard.window_reserve)
    return instrument.reserve


@inlined
def slippage_at_stop(state: State, instrument: Instrument, loss: int, quantity: int, price: int) -> int:
    """What an entry may lose beyond its stop: a share of the loss, at least one usual spread (risk.md 5.7)."""
    contract = instrument.contract
    spread = worth_up(contract, contract.spread * quantity, price)
    return max(scale_up(loss, reserve_rate(state, instrument)), spread)


@kernel
def stress_position(state: State, instrument: Instrument, position: Position, price: int) -> None:
    """What one position needs, costs to leave, and still loses if its stop is hit (risk.md 5.7)."""
    account = state.account
    contract = instrument.contract
    position.maintenance = maintenance_margin(contract, position.notional)
    fee = scale_up(position.notional, contract.taker_rate) + contract.commission * position.quantity
    slipped = worth_up(contract, contract.slippage * position.quantity, price) if contract.slippage > 0 else 0
    position.exit_cost = fee + slipped
    loss = max(0, position.unrealized_pnl - position.stop_pnl)
    spread = worth_up(contract, (instrument.ask - instrument.bid) * position.quantity, price)
    position.stressed_loss = loss + max(scale_up(loss, reserve_rate(state, instrument)), spread)
    account.maintenance += position.maintenance
    account.exit_cost += position.exit_cost
    account.stressed_loss += position.stressed_loss


@kernel
def outdate(state: State, instrument_id: int) -> None:
    """What an instrument holds is worth something else now; how much is told when it is asked for."""
    instrument = state.instruments[instrument_id]
    if not instrument.is_stale:
        instrument.is_stale = True
        instrument.next_stale = state.account.first_stale
        state.account.first_stale = instrument_id


@kernel
def outdate_all(state: State) -> None:
    """The same of every instrument."""
    for i in range(1, INSTRUMENTS):
        if i > state.instrument_watermark:
            break
        outdate(state, i)


@kernel
def forget_exposure(account: Account, position: Position) -> None:
    """Take what was told of a position out of the account's sums."""
    account.gross_notional -= position.notional
    account.margin -= position.margin
    account.maintenance -= position.maintenance
    account.exit_cost -= position.exit_cost
    account.stressed_loss -= position.stressed_loss
    position.notional = 0
    position.margin = 0
    position.maintenance = 0
    position.exit_cost = 0
    position.stressed_loss = 0


@kernel
def tell_exposure(state: State, instrument: Instrument, side: int) -> None:
    """Notional and margin of one position at the price at which it could be left."""
    account = state.account
    position = instrument.positions[0 if side > 0 else 1]
    forget_exposure(account, position)
    if position.quantity > 0:
        price = exit_quote(instrument, side)
        position.notional = notional_of(instrument.contract, price, position.quantity)
        position.margin = initial_margin(instrument.contract, position.notional)
        account.gross_notional += position.notional
        account.margin += position.margin
        if state.watched:
            stress_position(state, instrument, position, price)


@kernel
def refresh_exposure(state: State) -> None:
    """Notional and margin of what has moved since they were last asked for."""
    account = state.account
    for _ in range(INSTRUMENTS):
        row = account.first_stale
        if row == 0:
            break
        instrument = state.instruments[row]
        tell_exposure(state, instrument, 1)
        tell_exposure(state, instrument, -1)
        account.first_stale = instrument.next_stale
        instrument.is_stale = False
        instrument.next_stale = 0


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
def pnl_at_stop(state: State, trade: Trade) -> int:
    """What an open trade would bring at the stop in force, exit fee paid."""
    if trade.quantity == 0:
        return 0
    contract = state.instruments[trade.instrument_id].contract
    stop = stop_in_force(state, trade)
    if stop <= 0:
        return -trade.initial_risk
    gain = pnl_of(contract, trade.side, trade.quantity, trade.entry_value, stop)
    return gain - fee_of(contract, stop, trade.quantity, False)


@kernel
def open_risk_of(state: State, trade: Trade) -> int:
    """Money that an open trade loses from its entry to its stop, exit fee included, with a gap floor."""
    if trade.quantity == 0:
        return 0
    return max(scale(trade.initial_risk, GAP_FLOOR), -pnl_at_stop(state, trade))


@kernel
def move_currency(state: State, row: int, side: int, opened: int, resting: int) -> None:
    """Risk for (+1) or against (-1) one currency."""
    currency = state.currencies[row]
    if side > 0:
        currency.long_risk += opened
        currency.long_resting += resting
    else:
        currency.short_risk += opened
        currency.short_resting += resting


@kernel
def move_direction(state: State, instrument: Instrument, side: int, opened: int, resting: int) -> None:
    """Risk in a direction of the instrument's group, and for and against its currencies."""
    group = state.groups[instrument.group_id]
    if side * instrument.group_sign > 0:
        group.long_risk += opened
        group.long_resting += resting
    else:
        group.short_risk += opened
        group.short_resting += resting
    if instrument.base_currency > 0:
        move_currency(state, instrument.base_currency, side, opened, resting)
    if instrument.quote_currency > 0:
        move_currency(state, instrument.quote_currency, -side, opened, resting)


@kernel
def update_open_risk(state: State, trade: Trade) -> None:
    """After a fill, a stop move, a new tick value."""
    account = state.account
    instrument = state.instruments[trade.instrument_id]
    at_stop = pnl_at_stop(state, trade)
    floor = scale(trade.initial_risk, GAP_FLOOR) if trade.quantity > 0 else 0
    fresh = max(floor, -at_stop)
    account.open_risk += fresh - trade.open_risk
    account.stop_pnl += at_stop - trade.stop_pnl
    instrument.positions[0 if trade.side > 0 else 1].stop_pnl += at_stop - trade.stop_pnl
    move_direction(state, instrument, trade.side, fresh - trade.open_risk, 0)
    trade.open_risk = fresh
    trade.stop_pnl = at_stop
    outdate(state, trade.instrument_id)


@kernel
def entry_price_of(order: Order) -> int:
    """The price an entry is judged by: its limit, or what it was sized at."""
    return order.limit_price if order.limit_price > 0 else order.confirmed_price


@inlined
def book(state: State, order: Order, sign: int) -> None:
    """Put what an order has reserved into every sum that counts it (+1), or take it out (-1)."""
    account = state.account
    account.resting_risk += sign * order.reserved_risk
    account.resting_margin += sign * order.reserved_margin
    account.resting_notional += sign * order.reserved_notional
    account.resting_slippage += sign * order.reserved_slippage
    instrument = state.instruments[order.instrument_id]
    instrument.positions[0 if order.side > 0 else 1].resting_quantity += sign * order.reserved_quantity
    trade = state.trades[order.trade_row]
    trade.resting_quantity += sign * order.reserved_quantity
    trade.resting_value += sign * order.reserved_value
    trade.resting_stop_value += sign * order.reserved_stop_value
    trade.resting_risk += sign * order.reserved_risk
    if order.reserved_risk != 0:
        move_direction(state, instrument, order.side, 0, sign * order.reserved_risk)


@kernel
def release(state: State, order: Order) -> None:
    """The order is over: nothing stays reserved."""
    if order.reserved_quantity == 0:
        return
    book(state, order, -1)
    order.reserved_risk = 0
    order.reserved_margin = 0
    order.reserved_notional = 0
    order.reserved_slippage = 0
    order.reserved_quantity = 0
    order.reserved_value = 0
    order.reserved_stop_value = 0


@kernel
def reserve(state: State, order: Order) -> None:
    """What the rest of a resting entry ties up, booked in place of what it tied up before."""
    release(state, order)
    left = quantity_held(order) - order.filled_quantity
    if order.role != Role.ENTRY or left <= 0:
        return
    instrument = state.instruments[order.instrument_id]
    contract = instrument.contract
    price = entry_price_of(order)
    order.reserved_notional = notional_of(contract, price, left)
    order.reserved_margin = initial_margin(contract, order.reserved_notional)
    order.reserved_risk = order.reserved_notional
    if order.stop_price > 0:
        order.reserved_risk = max(0, loss_at_stop(contract, order.side, left, price, order.stop_price))
    order.reserved_slippage = slippage_at_stop(state, instrument, order.reserved_risk, left, price)
    order.reserved_quantity = left
    order.reserved_value = price * left
    order.reserved_stop_value = order.stop_price * left
    book(state, order, 1)


@kernel
def reserve_asked(state: State, order: Order) -> None:
    """The same for an order that the gate has just valued as it stands, and let pass."""
    ask = state.ask
    if quantity_held(order) - order.filled_quantity != ask.allowed:
        reserve(state, order)  # it may still fill more than was asked for
        return
    release(state, order)
    order.reserved_notional = ask.notional
    order.reserved_margin = ask.margin
    order.reserved_risk = ask.risk
    order.reserved_slippage = ask.slippage
    order.reserved_quantity = ask.allowed
    order.reserved_value = ask.price * ask.allowed
    order.reserved_stop_value = ask.stop_price * ask.allowed
    book(state, order, 1)


@kernel
def reserve_again(state: State, instrument: Instrument) -> None:
    """What resting entries tie up is told anew: in other money, or with another reserve for slippage."""
    row = instrument.first_order
    for _ in range(ORDERS):
        if row == 0:
            break
        reserve(state, state.orders[row])
        row = state.orders[row].next


@kernel
def count_member(state: State, instrument: Instrument, side: int, change: int) -> None:
    """A trade joins or leaves its direction of the group."""
    group = state.groups[instrument.group_id]
    if side * instrument.group_sign > 0:
        group.long_trades += change
    else:
        group.short_trades += change


@kernel
def count_directions(state: State, instrument: Instrument, sign: int) -> None:
    """Take an instrument's risk out of its group and currencies (-1) or put it in (+1), around a change of them."""
    row = instrument.first_order
    for _ in range(ORDERS):
        if row == 0:
            break
        order = state.orders[row]
        move_direction(state, instrument, order.side, 0, sign * order.reserved_risk)
        row = order.next
    row = instrument.first_trade
    for _ in range(TRADES):
        if row == 0:
            break
        trade = state.trades[row]
        move_direction(state, instrument, trade.side, sign * trade.open_risk, 0)
        if trade.busy:
            count_member(state, instrument, trade.side, sign)
        row = trade.next
