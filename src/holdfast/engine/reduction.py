"""A share of a position is closed at market, because the account's margin is short (RR-01)."""

from __future__ import annotations

from holdfast.engine.exits import begin_exit, place_part
from holdfast.engine.grids import part_closed
from holdfast.engine.ladder import hold_ladder
from holdfast.engine.stops import hold_stop
from holdfast.model.arithmetic import ceil_div
from holdfast.model.commands import Outbox
from holdfast.model.enums import Drop, Exit, Kind, NoticeKind, Phase, Rule
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import SECOND, TRADES
from holdfast.records import kernel
from holdfast.risk.margin import BLOCK, FLATTEN, margin_limit, margin_ratio, margin_rung
from holdfast.risk.notices import tell

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
def part_of(state: State, trade: Trade) -> int:
    """A quarter of a trade, rounded up to what the venue takes; all of it where too little would be left."""
    minimum = max(1, state.instruments[trade.instrument_id].contract.quantity_min)
    part = max(minimum, ceil_div(trade.quantity, PARTS))
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
    quantity = trade.quantity if worst else part_of(state, trade)
    account.reduced_at_ns = state.time_ns
    tell(state, outbox, NoticeKind.CUT, Rule.MARGIN_LADDER, row, ratio, margin_limit(state, BLOCK))
    reduce_trade(state, outbox, row, quantity)


@kernel
def after_reduction(state: State, outbox: Outbox, row: int) -> None:
    """What protects and what takes profit shrink with the position."""
    trade = state.trades[row]
    if trade.kind == Kind.GRID:
        part_closed(state, outbox, row)
    else:
        hold_stop(state, outbox, row)
        hold_ladder(state, outbox, row)
