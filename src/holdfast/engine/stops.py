"""The protective stop: placed with the first fill, amended, never cancelled first, only ever tightened."""

from __future__ import annotations

from holdfast.engine.notes import note
from holdfast.engine.orders import amend, cancel, place, send
from holdfast.model.arithmetic import divide_toward, mul_div_up, scale
from holdfast.model.commands import Outbox
from holdfast.model.enums import Kind, NoteKind, OrderType, Role, StopMove
from holdfast.model.instrument import Contract, Instrument, best_exit, exit_quote, fee_of, pnl_of, ticks_of
from holdfast.model.state import State
from holdfast.model.trade import Trade, average_of
from holdfast.model.units import RATE
from holdfast.records import kernel
from holdfast.risk.exposure import update_open_risk


@kernel
def hold_stop(state: State, outbox: Outbox, row: int) -> None:
    """One stop for the whole position at the trade's stop price."""
    trade = state.trades[row]
    if trade.quantity == 0 or trade.stop_price <= 0:
        return
    if trade.stop_order == 0 or state.orders[trade.stop_order].cancel_pending:
        made = place(state, outbox, row, Role.STOP, 0, OrderType.STOP, trade.stop_price, trade.quantity)
        trade.stop_order = made
        send(state, outbox, made)
    else:
        filled = state.orders[trade.stop_order].filled_quantity
        amend(state, outbox, trade.stop_order, trade.stop_price, trade.quantity + filled)
    update_open_risk(state, trade)


@kernel
def hold_level_stops(state: State, outbox: Outbox, row: int) -> None:
    """A stop for each filled level by itself."""
    trade = state.trades[row]
    contract = state.instruments[trade.instrument_id].contract
    for i in range(trade.level_count):
        level = trade.levels[i]
        if level.open_quantity > 0:
            average = average_of(level.filled_value, level.filled_quantity, trade.side > 0)
            price = stop_from(contract, trade, average)
            if trade.best_price != 0 and trade.side * (trade.stop_price - price) > 0:
                price = trade.stop_price  # a trail has come nearer
            if level.stop_row == 0:
                level.stop_row = place(
                    state, outbox, row, Role.STOP, i, OrderType.STOP, price, level.open_quantity
                )
                send(state, outbox, level.stop_row)
            else:
                filled = state.orders[level.stop_row].filled_quantity
                amend(state, outbox, level.stop_row, price, level.open_quantity + filled)
        else:
            cancel(state, outbox, level.stop_row)  # closed by something else
    update_open_risk(state, trade)


@kernel
def protect(state: State, outbox: Outbox, row: int) -> None:
    """One stop for the position, or one for each level where a grid wants that."""
    trade = state.trades[row]
    if trade.kind == Kind.GRID and trade.stop_per_level:
        hold_level_stops(state, outbox, row)
    else:
        hold_stop(state, outbox, row)


@kernel
def stop_from(contract: Contract, trade: Trade, average: int) -> int:
    """Average -/+ the stop rate, rounded towards more protection; never above what the contract can have."""
    if trade.plan_stop_price > 0:
        return trade.plan_stop_price
    return min(contract.price_max, average - trade.side * scale(average, trade.stop_rate))


@kernel
def tighten(state: State, outbox: Outbox, row: int, price: int, move: StopMove) -> None:
    """Move the stop if that protects more; otherwise leave it."""
    trade = state.trades[row]
    if price <= 0 or (trade.stop_price > 0 and trade.side * (price - trade.stop_price) <= 0):
        return
    contract = state.instruments[trade.instrument_id].contract
    trade.stop_price = min(contract.price_max, price)
    trade.moved = move
    note(state, outbox, trade, NoteKind.STOP_MOVED, move, price, trade.quantity)


@kernel
def break_even(contract: Contract, trade: Trade) -> int:
    """Price at which what is left closes without loss: costs paid and to pay, rounded away from loss (risk.md 5.5)."""
    long = trade.side > 0
    average = average_of(trade.entry_value, trade.quantity, long)
    paid = mul_div_up(trade.entry_fees, trade.quantity, trade.entry_quantity) + max(0, -trade.carry)
    both = paid + contract.commission * trade.quantity
    before_fee = average + trade.side * ticks_of(contract, both, trade.quantity, average)
    price = divide_toward(before_fee * RATE, RATE - trade.side * contract.taker_rate, long)
    price = min(
        contract.price_max, max(1, price - 2 * trade.side)
    )  # each rounding may have gone one tick too far
    for _ in range(8):
        fee = fee_of(contract, price, trade.quantity, False)
        if pnl_of(contract, trade.side, trade.quantity, trade.entry_value, price) >= paid + fee:
            break
        price = min(contract.price_max, max(1, price + trade.side))
    return price


@kernel
def best_since(instrument: Instrument, trade: Trade) -> int:
    """The best price at which a trade could have closed: not what was before it began, in the same interval."""
    if trade.opened_at_ns >= instrument.price_since_ns:
        return exit_quote(instrument, trade.side)
    return best_exit(instrument, trade.side)


@kernel
def follow(state: State, outbox: Outbox, row: int, instrument: Instrument) -> None:
    """A trailing stop stays its distance behind the best price."""
    trade = state.trades[row]
    best = best_since(instrument, trade)
    if trade.best_price != 0 and trade.side * (best - trade.best_price) <= 0:
        return
    trade.best_price = best
    tighten(state, outbox, row, best - trade.side * trade.trail_distance, StopMove.TRAIL)
