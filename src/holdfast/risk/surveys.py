"""What `exposure` keeps incrementally, computed from scratch: slow, and what tests compare it with."""

from __future__ import annotations

from holdfast.model.enums import Role
from holdfast.model.instrument import notional_of, pnl_of
from holdfast.model.order import quantity_held
from holdfast.model.state import State
from holdfast.model.units import INSTRUMENTS, ORDERS, TRADES
from holdfast.records import kernel
from holdfast.risk.exposure import entry_price_of, open_risk_of


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
