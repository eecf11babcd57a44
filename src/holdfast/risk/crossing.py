"""Prices that make no sense, and orders that would meet our own (RR-22, RR-29)."""

from __future__ import annotations

from holdfast.model.arithmetic import scale
from holdfast.model.enums import Denial, OrderType
from holdfast.model.instrument import entry_quote
from holdfast.model.limits import Ask, Limits
from holdfast.model.state import State
from holdfast.model.units import ORDERS
from holdfast.records import kernel
from holdfast.risk.rules import deny


@kernel
def check_collar(state: State, ask: Ask, limits: Limits) -> Denial:
    """Narrow where the order could execute at once, wide where it rests away from the price (RR-22)."""
    market = entry_quote(state.instruments[ask.instrument_id], ask.side)
    beyond = ask.side * (ask.price - market)  # 0 or more: it could execute at once
    if beyond >= 0 and limits.price_collar > 0 and beyond > scale(market, limits.price_collar):
        return deny(state, Denial.PRICE_COLLAR, beyond, scale(market, limits.price_collar))
    if beyond < 0 and limits.passive_band > 0 and -beyond > scale(market, limits.passive_band):
        return deny(state, Denial.PRICE_COLLAR, -beyond, scale(market, limits.passive_band))
    return Denial.NONE


@kernel
def check_self_trade(state: State, ask: Ask) -> Denial:
    """No entry may meet a limit of ours that rests on the other side, whichever strategy's (RR-29)."""
    row = state.instruments[ask.instrument_id].first_order
    for _ in range(ORDERS):
        if row == 0:
            break
        order = state.orders[row]
        rests = order.order_type == OrderType.LIMIT and order.side == -ask.side and not order.immediate
        if rests and ask.side * (ask.price - order.limit_price) >= 0:
            return deny(state, Denial.SELF_TRADE, ask.price, order.limit_price)
        row = order.next
    return Denial.NONE


@kernel
def check_hedge(state: State, ask: Ask) -> Denial:
    """Where a rule book forbids to hold both sides of an instrument, what rests on the other side counts as held."""
    if not state.guard.hedge_banned:
        return Denial.NONE
    position = state.instruments[ask.instrument_id].positions[1 if ask.side > 0 else 0]
    other = position.quantity + position.resting_quantity
    if other > 0:
        return deny(state, Denial.HEDGE, other, 0)
    return Denial.NONE
