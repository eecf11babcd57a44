"""Equity follows prices: every position is revalued at bid and ask, and at the extremes where floors ask for it."""

from __future__ import annotations

from holdfast.model.instrument import Instrument, Position, best_exit, pnl_of, worst_exit
from holdfast.model.state import State
from holdfast.model.units import INSTRUMENTS
from holdfast.records import inlined, kernel
from holdfast.risk.exposure import outdate
from holdfast.risk.purses import attribute_mark


@kernel
def pnl_at(position: Position, instrument: Instrument, side: int, price: int) -> int:
    """What a position has won at a price."""
    if position.quantity == 0:
        return 0
    return pnl_of(instrument.contract, side, position.quantity, position.entry_value, price)


@kernel
def mark_extremes(state: State, position: Position, instrument: Instrument, side: int, change: int) -> None:
    """What floors are held against: the worst and best of the interval that a price tells about."""
    account = state.account
    low = position.unrealized_pnl
    high = low
    if state.extremes:
        low = pnl_at(position, instrument, side, worst_exit(instrument, side))
        if state.ticks_watched:
            high = pnl_at(position, instrument, side, best_exit(instrument, side))
    change_low = low - position.unrealized_low
    account.unrealized_low += change_low
    account.unrealized_high += high - position.unrealized_high
    position.unrealized_low = low
    position.unrealized_high = high
    if state.purses_watched:
        attribute_mark(state, position.owner, change, change_low)


@inlined
def mark_position(state: State, position: Position, instrument: Instrument, side: int) -> None:
    """Equity follows one position in constant time."""
    pnl = 0
    if position.quantity > 0:
        price = instrument.bid if side > 0 else instrument.ask
        pnl = pnl_of(instrument.contract, side, position.quantity, position.entry_value, price)
    change = pnl - position.unrealized_pnl
    state.account.unrealized_pnl += change
    position.unrealized_pnl = pnl
    if state.watched:
        mark_extremes(state, position, instrument, side, change)


@kernel
def best_unrealized(state: State) -> int:
    """Unrealized profit with every position at the best price of its last interval: an upper bound."""
    total = 0
    for i in range(1, INSTRUMENTS):
        if i > state.instrument_watermark:
            break
        instrument = state.instruments[i]
        for k in range(2):
            side = 1 - 2 * k
            total += pnl_at(instrument.positions[k], instrument, side, best_exit(instrument, side))
    return total


@inlined
def mark(state: State, instrument: Instrument) -> None:
    """Revalue both sides of an instrument at its bid and ask; exposure is taken anew when it is asked for."""
    account = state.account
    long = instrument.positions[0]
    short = instrument.positions[1]
    if long.quantity > 0 or long.unrealized_pnl != 0 or long.unrealized_low != 0:
        mark_position(state, long, instrument, 1)
        outdate(state, instrument.contract.instrument_id)
    if short.quantity > 0 or short.unrealized_pnl != 0 or short.unrealized_low != 0:
        mark_position(state, short, instrument, -1)
        outdate(state, instrument.contract.instrument_id)
    account.equity = account.balance + account.unrealized_pnl
    if account.equity > account.equity_high:
        account.equity_high = account.equity
