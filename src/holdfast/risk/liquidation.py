"""Would the venue close a trade before its stop does? Judged with everything of it that is at work filled."""

from __future__ import annotations

from holdfast.model.arithmetic import scale
from holdfast.model.enums import Denial
from holdfast.model.instrument import fee_of, maintenance_margin, notional_of, worth_up
from holdfast.model.limits import Ask
from holdfast.model.mandate import Mandate
from holdfast.model.order import quantity_held
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import RATE
from holdfast.records import kernel
from holdfast.risk.exposure import entry_price_of, refresh_exposure
from holdfast.risk.rules import deny


@kernel
def rest_of(state: State, trade: Trade, ask: Ask, index: int) -> int:
    """What the entry of one level may still fill; the one that the ask replaces does not count."""
    row = trade.levels[index].order_row
    if row == 0 or row == ask.replaces:
        return 0
    return quantity_held(state.orders[row]) - state.orders[row].filled_quantity


@kernel
def quantity_if_filled(state: State, trade: Trade, ask: Ask) -> int:
    """Held, resting and asked for."""
    total = trade.quantity + ask.quantity
    for i in range(trade.level_count):
        total += rest_of(state, trade, ask, i)
    return total


@kernel
def value_if_filled(state: State, trade: Trade, ask: Ask) -> int:
    """Ticks x steps paid for it."""
    total = trade.entry_value + ask.price * ask.quantity
    for i in range(trade.level_count):
        rest = rest_of(state, trade, ask, i)
        if rest > 0:
            total += entry_price_of(state.orders[trade.levels[i].order_row]) * rest
    return total


@kernel
def value_if_stopped(state: State, trade: Trade, ask: Ask) -> int:
    """Ticks x steps got for it, each part at its own stop: with one stop on the average the sum is the same."""
    held = trade.stop_price if trade.stop_price > 0 else ask.stop_price
    total = held * trade.quantity + ask.stop_price * ask.quantity
    for i in range(trade.level_count):
        rest = rest_of(state, trade, ask, i)
        if rest > 0:
            total += state.orders[trade.levels[i].order_row].stop_price * rest
    return total


@kernel
def check_liquidation(state: State, ask: Ask, mandate: Mandate) -> Denial:
    """The stop must be reached before the venue closes (risk.md 3.2): what is left at the stop > what must be kept."""
    refresh_exposure(state)
    account = state.account
    contract = state.instruments[ask.instrument_id].contract
    trade = state.trades[ask.trade_row]
    quantity = quantity_if_filled(state, trade, ask)
    value = value_if_filled(state, trade, ask)
    loss = worth_up(contract, ask.side * (value - value_if_stopped(state, trade, ask)), ask.stop_price)
    needed = maintenance_margin(contract, notional_of(contract, ask.stop_price, quantity))
    if account.isolated:
        leverage = mandate.leverage if mandate.leverage > 0 else RATE  # none chosen: all of it is put up
        margin = scale(notional_of(contract, value // quantity, quantity), RATE * RATE // leverage)
        left = margin - loss
    else:
        position = state.instruments[ask.instrument_id].positions[0 if ask.side > 0 else 1]
        fresh = quantity - trade.quantity
        left = account.equity - position.unrealized_pnl - loss - fee_of(contract, ask.price, fresh, False)
        needed += fee_of(contract, ask.stop_price, quantity, False)
        needed += account.margin - position.margin  # what the others tie up is not free
    if left <= needed:
        return deny(state, Denial.LIQUIDATION, left, needed)
    return Denial.NONE
