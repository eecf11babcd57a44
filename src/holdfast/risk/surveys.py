"""What `exposure` keeps incrementally, computed from scratch: slow, and what tests compare it with."""

from __future__ import annotations

from holdfast.model.arithmetic import scale_up
from holdfast.model.enums import Role
from holdfast.model.instrument import maintenance_margin, notional_of, pnl_of, worth_up
from holdfast.model.order import quantity_held
from holdfast.model.state import Currency, Group, State
from holdfast.model.units import CURRENCIES, GROUPS, INSTRUMENTS, ORDERS, TRADES
from holdfast.records import Rows, kernel, record, rows
from holdfast.risk.exposure import entry_price_of, open_risk_of, pnl_at_stop, reserve_rate


@record
class Exposure:
    """Groups and currencies as a survey finds them."""

    groups: Rows[Group] = rows(GROUPS)
    currencies: Rows[Currency] = rows(CURRENCIES)


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


@kernel
def survey_stop_pnl(state: State) -> int:
    """What all open trades would bring at their stops, from scratch."""
    total = 0
    for row in range(1, TRADES):
        total += pnl_at_stop(state, state.trades[row])
    return total


@kernel
def side_at_stop(state: State, instrument_id: int, side: int) -> int:
    """The same of one side of an instrument."""
    total = 0
    for row in range(1, TRADES):
        trade = state.trades[row]
        if trade.instrument_id == instrument_id and trade.side == side:
            total += pnl_at_stop(state, trade)
    return total


@kernel
def survey_maintenance(state: State) -> int:
    """Margin that must be kept, from scratch."""
    total = 0
    for i in range(1, INSTRUMENTS):
        instrument = state.instruments[i]
        for k in range(2):
            quantity = instrument.positions[k].quantity
            if quantity > 0:
                price = instrument.bid if k == 0 else instrument.ask
                total += maintenance_margin(
                    instrument.contract, notional_of(instrument.contract, price, quantity)
                )
    return total


@kernel
def survey_stressed_loss(state: State) -> int:
    """What open positions still lose on the way to their stops, with the reserve for slippage, from scratch."""
    total = 0
    for i in range(1, INSTRUMENTS):
        instrument = state.instruments[i]
        for k in range(2):
            position = instrument.positions[k]
            if position.quantity > 0:
                side = 1 - 2 * k
                price = instrument.bid if side > 0 else instrument.ask
                pnl = pnl_of(instrument.contract, side, position.quantity, position.entry_value, price)
                loss = max(0, pnl - side_at_stop(state, i, side))
                gap = (instrument.ask - instrument.bid) * position.quantity
                spread = worth_up(instrument.contract, gap, price)
                total += loss + max(scale_up(loss, reserve_rate(state, instrument)), spread)
    return total


@kernel
def add_direction(
    state: State, found: Exposure, instrument_id: int, side: int, opened: int, resting: int
) -> None:
    """One trade's or order's risk, in its group and for and against its currencies."""
    instrument = state.instruments[instrument_id]
    group = found.groups[instrument.group_id]
    up = side * instrument.group_sign > 0
    group.long_risk += opened if up else 0
    group.long_resting += resting if up else 0
    group.short_risk += 0 if up else opened
    group.short_resting += 0 if up else resting
    for k in range(2):
        row = instrument.base_currency if k == 0 else instrument.quote_currency
        toward = side if k == 0 else -side
        if row > 0:
            currency = found.currencies[row]
            currency.long_risk += opened if toward > 0 else 0
            currency.long_resting += resting if toward > 0 else 0
            currency.short_risk += opened if toward < 0 else 0
            currency.short_resting += resting if toward < 0 else 0


@kernel
def survey_directions(state: State, found: Exposure) -> None:
    """What groups and currencies carry, from scratch; `found` must be empty."""
    for row in range(1, TRADES):
        trade = state.trades[row]
        add_direction(state, found, trade.instrument_id, trade.side, open_risk_of(state, trade), 0)
    for row in range(1, ORDERS):
        order = state.orders[row]
        if order.status != 0 and order.role == Role.ENTRY:
            add_direction(state, found, order.instrument_id, order.side, 0, order.reserved_risk)
