"""Would the venue close a trade before its stop does, or nearly? Judged with everything of it at work filled."""

from __future__ import annotations

from holdfast.model.arithmetic import scale, scale_up
from holdfast.model.enums import Denial
from holdfast.model.instrument import fee_of, maintenance_margin, notional_of, worth, worth_up
from holdfast.model.limits import Ask
from holdfast.model.mandate import Mandate
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import RATE
from holdfast.records import kernel
from holdfast.risk.exposure import refresh_exposure
from holdfast.risk.liquidation_price import liquidation_price
from holdfast.risk.rules import deny, replaced_quantity


@kernel
def quantity_if_filled(state: State, trade: Trade, ask: Ask) -> int:
    """Held, resting and asked for; the entry that the ask replaces does not count."""
    return trade.quantity + trade.resting_quantity - replaced_quantity(state, ask) + ask.quantity


@kernel
def value_if_filled(state: State, trade: Trade, ask: Ask) -> int:
    """Ticks x steps paid for it."""
    replaced = state.orders[ask.replaces].reserved_value if ask.replaces != 0 else 0
    return trade.entry_value + trade.resting_value - replaced + ask.price * ask.quantity


@kernel
def value_if_stopped(state: State, trade: Trade, ask: Ask) -> int:
    """Ticks x steps got for it, each part at its own stop: with one stop on the average the sum is the same."""
    held = trade.stop_price if trade.stop_price > 0 else ask.stop_price
    replaced = state.orders[ask.replaces].reserved_stop_value if ask.replaces != 0 else 0
    return held * trade.quantity + trade.resting_stop_value - replaced + ask.stop_price * ask.quantity


@kernel
def free_for(state: State, ask: Ask, mandate: Mandate, quantity: int, value: int) -> int:
    """What stands behind a position: its own margin, or the wallet that others leave free."""
    account = state.account
    instrument = state.instruments[ask.instrument_id]
    if account.isolated:
        notional = notional_of(instrument.contract, value // quantity, quantity)
        return scale(notional, RATE * RATE // mandate.leverage)
    position = instrument.positions[0 if ask.side > 0 else 1]
    return account.equity - position.unrealized_pnl - (account.margin - position.margin)


@kernel
def check_distance(state: State, ask: Ask, mandate: Mandate) -> Denial:
    """From the average entry to liquidation it must be a multiple of the way to the stop (RR-02); told in money."""
    ratio = state.guard.liquidation_ratio
    if ratio == 0:
        return Denial.NONE
    contract = state.instruments[ask.instrument_id].contract
    trade = state.trades[ask.trade_row]
    quantity = quantity_if_filled(state, trade, ask)
    value = value_if_filled(state, trade, ask)
    free = free_for(state, ask, mandate, quantity, value)
    fee_rate = 0 if state.account.isolated else contract.taker_rate
    price = liquidation_price(contract, ask.side, quantity, value, free, fee_rate)
    distance = abs(value - price * quantity)
    least = scale_up(abs(value - value_if_stopped(state, trade, ask)), ratio)
    if distance < least:
        lost = worth(contract, distance, ask.price)
        return deny(state, Denial.LIQUIDATION, lost, worth_up(contract, least, ask.price))
    return Denial.NONE


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
    return check_distance(state, ask, mandate)
