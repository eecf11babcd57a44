"""Prices in: marks, queues, rungs, trails, clocks of trades."""

from __future__ import annotations

from holdfast.engine.exits import begin_exit, continue_exit, hold_on, overstayed
from holdfast.engine.grids import take_up_levels
from holdfast.engine.ladder import watch_legs
from holdfast.engine.obedience import observe
from holdfast.engine.orders import cancel_again
from holdfast.engine.reduction import trim
from holdfast.engine.setups import queue_setup, watch_entry, watch_rest
from holdfast.engine.stops import best_since, follow, protect
from holdfast.engine.trades import settle
from holdfast.model.commands import Outbox
from holdfast.model.enums import Drop, Exit, Kind, NoticeKind, Phase, Rule, Scope
from holdfast.model.events import Price
from holdfast.model.instrument import Instrument, pnl_of, worst_exit
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import TRADES
from holdfast.records import inlined, kernel
from holdfast.risk.marks import mark
from holdfast.risk.notices import tell
from holdfast.risk.volatility import watch_weather


@inlined
def look_if_due(state: State, outbox: Outbox, price: Price) -> None:
    """Equity is judged once at an instant, after the last of its prices."""
    if not price.more:
        observe(state, outbox)


@inlined
def is_possible(instrument: Instrument, price: Price) -> bool:
    """Bid not above ask, extremes around the bid, nothing beyond what the contract can have."""
    ordered = 0 < price.low <= price.bid <= price.high and price.bid <= price.ask
    return ordered and price.ask + price.high - price.bid <= instrument.contract.price_max


@kernel
def doubt_quote(state: State, outbox: Outbox, instrument: Instrument, price: Price) -> None:
    """An impossible quote moves and closes nothing; until a good one comes nothing is opened (RR-23)."""
    instrument.seen_bid = price.bid
    instrument.seen_ask = price.ask
    if not instrument.untrusted:
        instrument.untrusted = True
        made = tell(state, outbox, NoticeKind.UNTRUSTED, Rule.NONE, 0, price.bid, price.ask)
        made.scope = Scope.INSTRUMENT
        made.scope_id = price.instrument_id


@inlined
def on_price(state: State, outbox: Outbox, price: Price) -> None:
    """One kind of price event: bid, ask, and the extremes since the last one."""
    instrument = state.instruments[price.instrument_id]
    state.sequence += 1
    state.time_ns = max(state.time_ns, price.time_ns)
    if not is_possible(instrument, price):
        doubt_quote(state, outbox, instrument, price)
        look_if_due(state, outbox, price)
        return
    if state.guard.volatility_ns > 0:
        watch_weather(state, outbox, instrument, price)
    instrument.untrusted = False
    instrument.bid = price.bid
    instrument.ask = price.ask
    instrument.low = price.low
    instrument.high = price.high
    instrument.price_since_ns = instrument.price_time_ns
    instrument.price_time_ns = price.time_ns
    if instrument.first_trade == 0:
        look_if_due(state, outbox, price)
        return
    state.extremes = state.watched
    mark(state, instrument)
    state.extremes = False
    row = instrument.first_trade
    for _ in range(TRADES):
        if row == 0:
            break
        following = state.trades[row].next
        manage(state, outbox, row, instrument)
        row = following
    look_if_due(state, outbox, price)


@inlined
def manage(state: State, outbox: Outbox, row: int, instrument: Instrument) -> None:
    """What a new price, or time passing, means for one trade."""
    trade = state.trades[row]
    if trade.cancel_again:
        cancel_again(state, outbox, row)
    if 0 < trade.levels_at_ns <= state.time_ns:
        take_up_levels(state, outbox, row)
    if trade.phase == Phase.OPEN:
        manage_open(state, outbox, row, instrument)
    elif trade.phase == Phase.ARMED:
        queue_setup(state, outbox, row)
    elif trade.phase == Phase.ENTERING and trade.kind == Kind.SETUP:
        watch_entry(state, outbox, row)
    elif trade.phase == Phase.EXITING:
        hold_on(state, outbox, row)
        continue_exit(state, outbox, row)
    elif trade.phase == Phase.COOLDOWN:
        settle(state, row)


@inlined
def manage_open(state: State, outbox: Outbox, row: int, instrument: Instrument) -> None:
    """An open trade: time stop, empty rungs, trailing."""
    trade = state.trades[row]
    watch_extremes(trade, instrument)
    if overstayed(state, trade):
        begin_exit(state, outbox, row, Exit.TIME_STOP, Drop.NONE)
        return
    if trade.levels[0].order_row != 0 and trade.kind == Kind.SETUP:
        watch_rest(state, outbox, row)
    if trade.watch_legs:
        watch_legs(state, outbox, row)
    if state.guard.auto_trim:
        trim(state, outbox, row)
    if trade.trail_distance > 0 and trade.phase == Phase.OPEN:
        before = trade.stop_price
        follow(state, outbox, row, instrument)
        if trade.stop_price != before:
            protect(state, outbox, row)


@inlined
def watch_extremes(trade: Trade, instrument: Instrument) -> None:
    """The most adverse and the best unrealized profit that this trade has seen; only a new extreme is valued."""
    worst = worst_exit(instrument, trade.side)
    if trade.worst_price == 0 or trade.side * (worst - trade.worst_price) < 0:
        trade.worst_price = worst
        pnl = pnl_of(instrument.contract, trade.side, trade.quantity, trade.entry_value, worst)
        trade.worst_pnl = min(trade.worst_pnl, pnl)
    best = best_since(instrument, trade)
    if trade.finest_price == 0 or trade.side * (best - trade.finest_price) > 0:
        trade.finest_price = best
        pnl = pnl_of(instrument.contract, trade.side, trade.quantity, trade.entry_value, best)
        trade.best_pnl = max(trade.best_pnl, pnl)
