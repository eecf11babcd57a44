"""Targets of a setup: split, rested at the venue, climbed one by one with the stop behind."""

from __future__ import annotations

from holdfast.engine.exits import exit_at_leisure
from holdfast.engine.notes import note
from holdfast.engine.orders import amend, cancel, has_room, place, send
from holdfast.engine.stops import best_since, break_even, hold_stop, tighten
from holdfast.engine.trades import cancel_entries
from holdfast.model.arithmetic import scale
from holdfast.model.commands import Outbox
from holdfast.model.enums import Exit, NoteKind, OrderType, Phase, Role, StopMove
from holdfast.model.instrument import exit_quote
from holdfast.model.state import State
from holdfast.model.trade import Leg, Trade
from holdfast.records import kernel
from holdfast.risk.sizing import share_of


@kernel
def last_to_come(trade: Trade) -> int:
    """The target that takes what is left: the last that still sells; -1 where the rest is to run, or all are over."""
    found = -1
    if trade.leg_count > 0 and trade.legs[trade.leg_count - 1].share > 0:
        for i in range(trade.leg_count):
            if trade.legs[i].share > 0 and not trade.legs[i].done:
                found = i
    return found


@kernel
def split_ladder(trade: Trade, minimum: int) -> None:
    """Cumulative targets rounded to the nearest step, ties down, then differences (risk.md 5.5).

    A part below the venue's minimum joins the next one; a rest below it shrinks the part before, or joins it. An entry
    may go on filling after the last target was reached (its share of the first part was nothing): what comes then
    belongs to the targets that are still to come.
    """
    takes = last_to_come(trade)
    entered = trade.entry_quantity - trade.reduced_quantity
    total = entered
    if takes >= 0:
        for i in range(takes + 1, trade.leg_count):
            total -= trade.legs[i].filled_quantity
    done = 0
    share = 0
    for i in range(trade.leg_count):
        leg = trade.legs[i]
        share += leg.share
        until = total if i == takes else min(total, share_of(entered, share))
        part = max(0, until - done)
        if part < minimum and until < total:
            part = 0
        rest = total - done - part
        if 0 < rest < minimum and part > 0:
            part = total - done - minimum if total - done - minimum >= minimum else total - done
        if leg.done or leg.filled_quantity > part:
            part = leg.filled_quantity
        leg.quantity = part
        done += part


@kernel
def find_unheld(trade: Trade) -> None:
    """Whether price has to be watched for a target, because no order of it rests at the venue."""
    trade.watch_legs = False
    for i in range(trade.leg_count):
        if not trade.legs[i].done and trade.legs[i].order_row == 0:
            trade.watch_legs = True


@kernel
def hold_ladder(state: State, outbox: Outbox, row: int) -> None:
    """Rest or re-size each target that is still to come."""
    trade = state.trades[row]
    instrument = state.instruments[trade.instrument_id]
    split_ladder(trade, max(1, instrument.contract.quantity_min))
    for i in range(trade.leg_count):
        leg = trade.legs[i]
        if leg.done:
            continue
        if leg.order_row != 0 and leg.quantity <= leg.filled_quantity:
            cancel(
                state, outbox, leg.order_row
            )  # more was filled, and the split gave this part to the others
        elif leg.order_row != 0:
            filled = state.orders[
                leg.order_row
            ].filled_quantity  # an order before this one may have sold some
            amend(state, outbox, leg.order_row, leg.price, leg.quantity - leg.filled_quantity + filled)
        elif leg.quantity > leg.filled_quantity and has_room(state) and instrument.no_fill == 0:
            left = leg.quantity - leg.filled_quantity
            leg.order_row = place(state, outbox, row, Role.TARGET, i, OrderType.LIMIT, leg.price, left)
            send(state, outbox, leg.order_row)
            note(state, outbox, trade, NoteKind.TARGET_MOVED, 0, leg.price, left).index = i
    find_unheld(trade)


@kernel
def watch_legs(state: State, outbox: Outbox, row: int) -> None:
    """Targets without an order at the venue: a share of 0 moves the stop, a refused one is taken at market."""
    trade = state.trades[row]
    instrument = state.instruments[trade.instrument_id]
    for i in range(trade.leg_count):
        leg = trade.legs[i]
        if leg.done or leg.order_row != 0 or trade.phase != Phase.OPEN:
            continue
        if trade.side * (best_since(instrument, trade) - leg.price) <= 0:
            continue  # as strict as a resting limit: price must trade through
        if leg.quantity > leg.filled_quantity:
            if instrument.no_close + instrument.no_fill == 0:
                take_leg(state, outbox, row, i)
        else:
            reach(state, outbox, row, i)
    find_unheld(trade)


@kernel
def take_leg(state: State, outbox: Outbox, row: int, index: int) -> None:
    """Take a target at market because the venue does not hold it."""
    trade = state.trades[row]
    leg = trade.legs[index]
    contract = state.instruments[trade.instrument_id].contract
    left = min(min(leg.quantity - leg.filled_quantity, trade.quantity), contract.quantity_max)
    leg.order_row = place(state, outbox, row, Role.TARGET, index, OrderType.MARKET, 0, left)
    state.orders[leg.order_row].confirmed_price = exit_quote(
        state.instruments[trade.instrument_id], trade.side
    )
    send(state, outbox, leg.order_row)


@kernel
def reach(state: State, outbox: Outbox, row: int, index: int) -> None:
    """A rung is reached: it and every empty one below count; the stop follows, and nothing more is bought."""
    trade = state.trades[row]
    cancel_entries(state, outbox, trade)
    leg = trade.legs[index]
    leg.done = True
    trade.stage = max(trade.stage, index + 1)
    note(state, outbox, trade, NoteKind.RUNG_REACHED, 0, leg.price, leg.filled_quantity).index = index
    for i in range(index):
        below = trade.legs[i]
        if not below.done and below.quantity == below.filled_quantity:
            below.done = True
            move_stop(state, outbox, row, below, i)
    move_stop(state, outbox, row, leg, index)
    if trade.quantity > 0:
        hold_stop(state, outbox, row)


@kernel
def move_stop(state: State, outbox: Outbox, row: int, leg: Leg, index: int) -> None:
    """What this rung does to the stop."""
    trade = state.trades[row]
    contract = state.instruments[trade.instrument_id].contract
    if trade.quantity == 0 or leg.stop_move == StopMove.NONE:
        return
    distance = scale(trade.risk_distance, leg.move_value)
    if leg.stop_move == StopMove.BREAK_EVEN:
        tighten(state, outbox, row, break_even(contract, trade), StopMove.BREAK_EVEN)
    elif leg.stop_move == StopMove.ENTRY_PLUS:
        tighten(state, outbox, row, trade.entry_price + trade.side * distance, StopMove.ENTRY_PLUS)
    elif leg.stop_move == StopMove.PREVIOUS_TARGET_PLUS:
        before = trade.legs[index - 1].price if index > 0 else trade.entry_price
        tighten(state, outbox, row, before + trade.side * distance, StopMove.PREVIOUS_TARGET_PLUS)
    else:
        trade.trail_distance = distance
        trade.best_price = 0


@kernel
def leg_filled(state: State, outbox: Outbox, row: int, index: int) -> None:
    """A target's order got a fill: complete, it counts as reached; the stop shrinks in any case."""
    trade = state.trades[row]
    leg = trade.legs[index]
    if leg.filled_quantity > leg.quantity:  # the venue had not heard of a smaller size yet
        hold_ladder(state, outbox, row)
    if leg.filled_quantity >= leg.quantity and not leg.done:
        reach(state, outbox, row, index)
    elif trade.quantity > 0:
        hold_stop(state, outbox, row)
    if trade.stage == trade.leg_count and trade.quantity > 0:
        exit_at_leisure(state, outbox, row, Exit.TAKE_PROFIT)
