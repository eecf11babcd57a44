"""Instants that were computed outside: risk days and their candidates, sessions, forecasts, forbidden windows."""

from __future__ import annotations

from holdfast.engine.exits import begin_exit
from holdfast.engine.grids import hold_take_profit, take_up_levels
from holdfast.engine.ladder import hold_ladder
from holdfast.engine.obedience import observe
from holdfast.engine.prices import manage
from holdfast.engine.setups import queue_setup
from holdfast.engine.trades import cancel_entries, cancel_targets
from holdfast.model.commands import Outbox
from holdfast.model.enums import BoundaryKind, Consequence, Drop, Exit, Kind, NoticeKind, Phase, Sample, Scope
from holdfast.model.events import Boundary, WindowEdge
from holdfast.model.floor import Floor
from holdfast.model.instrument import Instrument
from holdfast.model.state import State
from holdfast.model.units import FLOORS, INSTRUMENTS, TRADES
from holdfast.records import kernel
from holdfast.risk.conduct import is_bracketed
from holdfast.risk.days import begin_day, close_day
from holdfast.risk.exposure import outdate, reserve_again
from holdfast.risk.floors import anchor_at, level_in_force, level_under
from holdfast.risk.judge import close_lows, tell_floor
from holdfast.risk.marks import best_unrealized
from holdfast.risk.trips import lift_expired


@kernel
def sample_floor(state: State, outbox: Outbox, row: int, boundary: Boundary, equity: int) -> None:
    """A new anchor. Of several candidates of one boundary the strictest counts; until the last of them the old
    floor applies as well."""
    floor = state.floors[row]
    anchor = anchor_at(state, floor, equity)
    level = level_under(floor, anchor)
    session = boundary.kind == BoundaryKind.SESSION  # has one instant, not several candidates
    floor.previous_level = 0 if boundary.closes or session else level_in_force(floor)
    if boundary.opens or session or level > floor.level:
        floor.anchor = anchor
        floor.level = level
        floor.reconstructed = boundary.reconstructed
        floor.sampled_at_ns = max(1, state.time_ns)
    floor.rung = 0
    if floor.consequence == Consequence.PAUSE and boundary.closes:
        floor.breached_at_ns = 0  # the pause ends here; the next day can pause again
    tell_floor(state, outbox, NoticeKind.FLOOR_SET, row, level_in_force(floor), floor.anchor)


@kernel
def follows(floor: Floor, boundary: Boundary) -> bool:
    """Whether a boundary samples a floor."""
    if boundary.kind == BoundaryKind.DAY:
        return floor.sample == Sample.DAY
    if floor.sample != Sample.SESSION:
        return False
    return (
        boundary.strategy_id == 0 or floor.scope != Scope.STRATEGY or floor.scope_id == boundary.strategy_id
    )


@kernel
def sample_floors(state: State, outbox: Outbox, boundary: Boundary) -> None:
    """Every floor that is measured from this boundary. Where we were away, equity is taken as its upper bound."""
    close_lows(state)
    equity = state.account.equity
    if boundary.reconstructed:
        equity = state.account.balance + best_unrealized(state)
    for row in range(1, FLOORS):
        if row > state.floor_watermark:
            break
        if follows(state.floors[row], boundary):
            sample_floor(state, outbox, row, boundary, equity)


@kernel
def turn_day(state: State, outbox: Outbox) -> None:
    """Counts of the day start anew."""
    account = state.account
    close_day(state, outbox)
    account.entries_today = 0
    account.requests_today = 0
    account.day += 1
    begin_day(state)


@kernel
def on_day(state: State, outbox: Outbox, boundary: Boundary) -> None:
    """A candidate of the day boundary: counts turn with the primary one, trips of the day end with the last."""
    if boundary.primary:
        turn_day(state, outbox)
    if boundary.closes:
        lift_expired(state, outbox, True)
        state.account.forecasting = False
        state.account.forecast_close = False
    sample_floors(state, outbox, boundary)


@kernel
def look_at_deadlines(state: State, outbox: Outbox) -> None:
    """Nothing but time has passed."""
    lift_expired(state, outbox, False)
    for row in range(2, TRADES):
        if row > state.trade_watermark:
            break
        trade = state.trades[row]
        if trade.phase != Phase.IDLE:
            manage(state, outbox, row, state.instruments[trade.instrument_id])


@kernel
def on_boundary(state: State, outbox: Outbox, boundary: Boundary) -> None:
    """A new day or session, a forecast, or a tick of the clock."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, boundary.time_ns)
    if boundary.kind == BoundaryKind.DAY:
        on_day(state, outbox, boundary)
    elif boundary.kind == BoundaryKind.SESSION:
        sample_floors(state, outbox, boundary)
        lift_expired(state, outbox, False)
    elif boundary.kind == BoundaryKind.FORECAST:
        state.account.forecasting = True
    elif boundary.kind == BoundaryKind.FORECAST_CLOSE:
        state.account.forecast_close = True
    else:
        look_at_deadlines(state, outbox)
    state.judge_due = True
    observe(state, outbox)


@kernel
def count_window(instrument: Instrument, edge: WindowEdge) -> None:
    """Windows may overlap, so each kind of prohibition is counted."""
    step = 1 if edge.begins else -1
    instrument.no_open = max(0, instrument.no_open + step * int(edge.no_open))
    instrument.no_close = max(0, instrument.no_close + step * int(edge.no_close))
    instrument.no_rest = max(0, instrument.no_rest + step * int(edge.no_rest))
    instrument.no_fill = max(0, instrument.no_fill + step * int(edge.no_fill))
    instrument.no_hold = max(0, instrument.no_hold + step * int(edge.no_hold))
    instrument.near_news = max(0, instrument.near_news + step * int(edge.near_news))


@kernel
def meet_window(state: State, outbox: Outbox, row: int, instrument: Instrument) -> None:
    """What a trade does where a window begins: a protective stop always stays."""
    trade = state.trades[row]
    if instrument.no_hold > 0:
        begin_exit(state, outbox, row, Exit.WINDOW, Drop.WINDOW)
        return
    bracket = state.guard.news_bracket and instrument.near_news > 0
    bracket = bracket and is_bracketed(state, instrument, 1) and is_bracketed(state, instrument, -1)
    if instrument.no_rest > 0 or instrument.no_open > 0 or bracket:
        cancel_entries(state, outbox, trade)
    if instrument.no_fill > 0 and trade.phase == Phase.OPEN:
        cancel_targets(state, outbox, trade)


@kernel
def come_back(state: State, outbox: Outbox, row: int) -> None:
    """Entries may rest again: a setup from the queue, a grid's levels at once, both at a fresh size."""
    trade = state.trades[row]
    trade.retry_at_ns = 0
    if trade.kind == Kind.GRID:
        take_up_levels(state, outbox, row)
    elif trade.phase == Phase.ARMED:
        queue_setup(state, outbox, row)


@kernel
def leave_window(state: State, outbox: Outbox, row: int, instrument: Instrument) -> None:
    """What the window has held back: exits first, then targets, then entries."""
    trade = state.trades[row]
    if instrument.no_close == 0 and trade.phase == Phase.OPEN and trade.exit_due != Exit.NONE:
        begin_exit(state, outbox, row, trade.exit_due, Drop.EXIT_FLAG)
        return
    if instrument.no_fill == 0 and trade.phase == Phase.OPEN and trade.quantity > 0:
        if trade.kind == Kind.GRID:
            hold_take_profit(state, outbox, row)
        else:
            hold_ladder(state, outbox, row)
    if instrument.no_open + instrument.no_rest + instrument.no_hold == 0:
        come_back(state, outbox, row)


@kernel
def apply_window(state: State, outbox: Outbox, instrument_id: int, edge: WindowEdge) -> None:
    """A window begins or ends for one instrument."""
    instrument = state.instruments[instrument_id]
    count_window(instrument, edge)
    outdate(state, instrument_id)
    reserve_again(state, instrument)
    row = instrument.first_trade
    for _ in range(TRADES):
        if row == 0:
            break
        following = state.trades[row].next
        if edge.begins:
            meet_window(state, outbox, row, instrument)
        else:
            leave_window(state, outbox, row, instrument)
        row = following


@kernel
def on_window_edge(state: State, outbox: Outbox, edge: WindowEdge) -> None:
    """News, a session's end, a weekend: what may not happen from here on, or may again."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, edge.time_ns)
    if edge.instrument_id > 0:
        apply_window(state, outbox, edge.instrument_id, edge)
    else:
        for i in range(1, INSTRUMENTS):
            if i > state.instrument_watermark:
                break
            apply_window(state, outbox, i, edge)
    observe(state, outbox)
