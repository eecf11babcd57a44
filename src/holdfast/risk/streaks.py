"""Losses in a row, stop-outs in a short time, trades too many: pauses, and smaller sizes after them (RR-18 to RR-20).

Counted by the net result of whole trades: a partial target and a stop at break-even are one trade that won or lost.
All of it is state, so a restart changes nothing.
"""

from __future__ import annotations

from holdfast.model.commands import Outbox
from holdfast.model.enums import Exit, Rule, Scope, Severity
from holdfast.model.recent import forget, remember, within
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.trip import Trip
from holdfast.records import kernel
from holdfast.risk.trips import end_at, find_trip, lift, raise_trip

PAUSE = 1  # the numbers of a streak's two trips on one scope
SMALLER = 2


@kernel
def net_of(trade: Trade) -> int:
    """What a trade has brought, everything paid."""
    return trade.realized_pnl - trade.fees + trade.funding + trade.rollover


@kernel
def is_stop_out(trade: Trade) -> bool:
    """A losing trade that its stop, or the venue, has closed."""
    stopped = trade.exit == Exit.STOP_LOSS or trade.exit == Exit.TRAILING_STOP
    return net_of(trade) < 0 and (stopped or trade.exit == Exit.LIQUIDATION)


@kernel
def set_smaller(state: State, scope: Scope, scope_id: int, trades: int) -> None:
    """How many trades of a scope are still to come at a smaller size."""
    if scope == Scope.MANDATE:
        state.mandates[scope_id].reduced_trades = trades
    elif scope == Scope.STRATEGY:
        state.strategies[scope_id].reduced_trades = trades
    else:
        state.instruments[scope_id].reduced_trades = trades


@kernel
def smaller_left(state: State, scope: Scope, scope_id: int) -> int:
    """The same, read."""
    if scope == Scope.MANDATE:
        return state.mandates[scope_id].reduced_trades
    if scope == Scope.STRATEGY:
        return state.strategies[scope_id].reduced_trades
    return state.instruments[scope_id].reduced_trades


@kernel
def pause(state: State, outbox: Outbox, scope: Scope, scope_id: int, value: int, limit: int) -> None:
    """Nothing new for a while (without a time: until the next day), then smaller for some trades."""
    guard = state.guard
    trip = raise_trip(state, outbox, Rule.STREAK, PAUSE, scope, scope_id, Severity.NO_NEW, value, limit)
    trip.until_day = guard.pause_ns == 0
    if guard.pause_ns > 0:
        end_at(state, trip, state.time_ns + guard.pause_ns)
    if guard.pause_trades > 0 and guard.pause_multiplier > 0:
        after = raise_trip(
            state, outbox, Rule.STREAK, SMALLER, scope, scope_id, Severity.REDUCED, value, limit
        )
        after.multiplier = guard.pause_multiplier
        after.since_ns = state.time_ns
        set_smaller(state, scope, scope_id, guard.pause_trades)


@kernel
def count_smaller(state: State, outbox: Outbox, trade: Trade, scope: Scope, scope_id: int) -> None:
    """A trade that was opened after a pause is over: the first win, or the last of them, ends the smaller sizes."""
    row = find_trip(state, Rule.STREAK, SMALLER, scope, scope_id)
    if row == 0 or trade.opened_at_ns < state.trips[row].since_ns:
        return
    left = smaller_left(state, scope, scope_id) - 1
    set_smaller(state, scope, scope_id, left)
    if left <= 0 or net_of(trade) > 0:
        lift(state, outbox, Rule.STREAK, SMALLER, scope, scope_id)


@kernel
def count_losses(state: State, outbox: Outbox, trade: Trade) -> None:
    """One more in a row, or the row is broken; a pause answers it, and the count begins anew."""
    guard = state.guard
    mandate = state.mandates[trade.mandate_id]
    strategy = state.strategies[mandate.strategy_id]
    lost = net_of(trade) < 0
    mandate.losses = mandate.losses + 1 if lost else 0
    strategy.losses = strategy.losses + 1 if lost else 0
    if guard.losses_instrument > 0 and mandate.losses >= guard.losses_instrument:
        pause(state, outbox, Scope.MANDATE, trade.mandate_id, mandate.losses, guard.losses_instrument)
        mandate.losses = 0
    if guard.losses_strategy > 0 and strategy.losses >= guard.losses_strategy:
        pause(state, outbox, Scope.STRATEGY, mandate.strategy_id, strategy.losses, guard.losses_strategy)
        strategy.losses = 0


@kernel
def count_stop_out(state: State, outbox: Outbox, trade: Trade) -> None:
    """Stopped out: this side is closed for a while (RR-19), and too many of them close the instrument."""
    guard = state.guard
    instrument = state.instruments[trade.instrument_id]
    instrument.stopped_side = trade.side
    instrument.stopped_at_ns = state.time_ns
    remember(instrument.stop_outs, state.time_ns)
    if within(instrument.stop_outs, guard.stop_outs, state.time_ns, guard.stop_out_ns):
        pause(state, outbox, Scope.INSTRUMENT, trade.instrument_id, guard.stop_outs, guard.stop_outs)


@kernel
def count_end(state: State, outbox: Outbox, trade: Trade) -> None:
    """A trade has closed: what its net result means for the next ones."""
    mandate = state.mandates[trade.mandate_id]
    count_smaller(state, outbox, trade, Scope.MANDATE, trade.mandate_id)
    count_smaller(state, outbox, trade, Scope.STRATEGY, mandate.strategy_id)
    count_smaller(state, outbox, trade, Scope.INSTRUMENT, trade.instrument_id)
    count_losses(state, outbox, trade)
    if is_stop_out(trade):
        count_stop_out(state, outbox, trade)


@kernel
def count_execution(state: State, outbox: Outbox, trade: Trade) -> None:
    """A trade got its first fill; a grid's cycle is one. Too many disable the strategy until a person looks (RR-20)."""
    guard = state.guard
    number = state.mandates[trade.mandate_id].strategy_id
    recent = state.strategies[number].executions
    remember(recent, state.time_ns)
    if within(recent, guard.executions, state.time_ns, guard.executions_ns):
        trip = raise_trip(
            state,
            outbox,
            Rule.EXECUTIONS,
            0,
            Scope.STRATEGY,
            number,
            Severity.NO_NEW,
            guard.executions,
            guard.executions,
        )
        trip.latched = True


@kernel
def count_anew(state: State, trip: Trip) -> None:
    """A person has reset a streak or a throttle: it is counted anew from here."""
    if trip.rule == Rule.EXECUTIONS:
        forget(state.strategies[trip.scope_id].executions)
    elif trip.rule == Rule.STREAK and trip.scope == Scope.MANDATE:
        state.mandates[trip.scope_id].losses = 0
    elif trip.rule == Rule.STREAK and trip.scope == Scope.STRATEGY:
        state.strategies[trip.scope_id].losses = 0
    elif trip.rule == Rule.STREAK:
        forget(state.instruments[trip.scope_id].stop_outs)
