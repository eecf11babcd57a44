"""A share of a position is closed at market: the account's margin is short (RR-01), or an entry has filled that was to
become smaller (S42)."""

from __future__ import annotations

from holdfast.engine.exits import begin_exit, place_part
from holdfast.engine.grids import part_closed
from holdfast.engine.ladder import hold_ladder
from holdfast.engine.notes import note
from holdfast.engine.stops import hold_stop
from holdfast.model.arithmetic import ceil_div
from holdfast.model.commands import Outbox
from holdfast.model.enums import Denial, Drop, Exit, Kind, NoteKind, NoticeKind, Phase, Rule
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import SECOND, TRADES
from holdfast.records import kernel
from holdfast.risk.margin import BLOCK, FLATTEN, margin_limit, margin_ratio, margin_rung
from holdfast.risk.notices import tell
from holdfast.risk.sizing import loss_at_stop, setup_quantity

PARTS = 4  # a quarter at a time
PAUSE = 1 * SECOND  # between two steps


@kernel
def maintenance_of(state: State, trade: Trade) -> int:
    """What the side of the instrument that a trade is on needs."""
    return state.instruments[trade.instrument_id].positions[0 if trade.side > 0 else 1].maintenance


@kernel
def is_leaving(trade: Trade) -> bool:
    """Whether an exit of a trade is at work already."""
    return trade.quantity > 0 and (trade.phase == Phase.EXITING or trade.exit_order != 0)


@kernel
def largest_margin(state: State) -> int:
    """The open trade whose position needs most; 0 where one is on its way out, or none is open."""
    found = 0
    for row in range(2, TRADES):
        if row > state.trade_watermark:
            break
        trade = state.trades[row]
        if is_leaving(trade):
            return 0
        if trade.phase == Phase.OPEN and trade.quantity > 0:
            if found == 0 or maintenance_of(state, trade) > maintenance_of(state, state.trades[found]):
                found = row
    return found


@kernel
def part_of(state: State, trade: Trade, quantity: int) -> int:
    """So much of a trade, rounded up to what the venue takes; all of it where too little would be left."""
    minimum = max(1, state.instruments[trade.instrument_id].contract.quantity_min)
    part = max(minimum, quantity)
    return part if trade.quantity - part >= minimum else trade.quantity


@kernel
def reduce_trade(state: State, outbox: Outbox, row: int, quantity: int) -> None:
    """Close so much of a trade; its stop stays in place, and shrinks with the fill."""
    trade = state.trades[row]
    if quantity >= trade.quantity:
        begin_exit(state, outbox, row, Exit.FLATTENED, Drop.FLATTENED)
    else:
        place_part(state, outbox, row, quantity)


@kernel
def reduce_margin(state: State, outbox: Outbox) -> None:
    """One step: a quarter of the largest position; all of it from the last rung on. The fill leads to the next step."""
    account = state.account
    row = largest_margin(state)
    if row == 0 or state.time_ns < account.reduced_at_ns + PAUSE:
        return
    ratio = margin_ratio(state)
    trade = state.trades[row]
    worst = margin_rung(state, ratio, 0) == FLATTEN
    quantity = trade.quantity if worst else part_of(state, trade, ceil_div(trade.quantity, PARTS))
    account.reduced_at_ns = state.time_ns
    tell(state, outbox, NoticeKind.CUT, Rule.MARGIN_LADDER, row, ratio, margin_limit(state, BLOCK))
    reduce_trade(state, outbox, row, quantity)


@kernel
def hold_budget(state: State, outbox: Outbox, row: int, budget: int) -> None:
    """A setup's entry has filled while it was to become smaller. What it may lose at the stop, fees included, is held
    against the budget that it filled under; beyond that it is told, and cut where the guard says so."""
    trade = state.trades[row]
    if trade.kind != Kind.SETUP or trade.phase != Phase.OPEN or trade.quantity == 0:
        return
    contract = state.instruments[trade.instrument_id].contract
    level = trade.levels[0]
    price = level.filled_value // level.filled_quantity
    wanted = setup_quantity(contract, budget, trade.side, price, trade.initial_stop_price)
    if level.filled_quantity <= wanted:
        return
    made = note(
        state, outbox, trade, NoteKind.OVERFILLED, Denial.TRADE_RISK, price, level.filled_quantity - wanted
    )
    made.value = loss_at_stop(contract, trade.side, level.filled_quantity, price, trade.initial_stop_price)
    made.limit = budget
    level.quantity = wanted
    if state.guard.auto_trim:
        trim(state, outbox, row)


@kernel
def trim(state: State, outbox: Outbox, row: int) -> None:
    """Cut a setup to what its entry was to be, one order at a time; one that is refused is tried again."""
    trade = state.trades[row]
    excess = trade.quantity - trade.levels[0].quantity
    if trade.kind != Kind.SETUP or trade.phase != Phase.OPEN:
        return
    if state.instruments[trade.instrument_id].no_close > 0:
        return
    if excess <= 0 or trade.exit_order != 0 or state.time_ns < state.account.reduced_at_ns + PAUSE:
        return
    state.account.reduced_at_ns = state.time_ns
    reduce_trade(state, outbox, row, part_of(state, trade, excess))


@kernel
def after_reduction(state: State, outbox: Outbox, row: int) -> None:
    """What protects and what takes profit shrink with the position."""
    trade = state.trades[row]
    if trade.kind == Kind.GRID:
        part_closed(state, outbox, row)
    else:
        hold_stop(state, outbox, row)
        hold_ladder(state, outbox, row)
