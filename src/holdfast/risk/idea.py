"""One idea may not lose more: entries that were split, and re-entries soon after a loss, are one (risk.md 1.1)."""

from __future__ import annotations

from holdfast.model.arithmetic import scale
from holdfast.model.enums import Denial
from holdfast.model.instrument import Position
from holdfast.model.limits import Ask
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import TRADES
from holdfast.records import kernel
from holdfast.risk.rules import deny, replaced_risk


@kernel
def side_of(state: State, trade: Trade) -> Position:
    """The side of the instrument that a trade is on."""
    return state.instruments[trade.instrument_id].positions[0 if trade.side > 0 else 1]


@kernel
def is_same_idea(state: State, position: Position, began_ns: int) -> bool:
    """Whether what began then goes on with the idea that lost last on this side."""
    return position.lost > 0 and began_ns - position.lost_at_ns <= state.guard.idea_within_ns


@kernel
def remember_loss(state: State, trade: Trade) -> None:
    """A trade has closed: its loss joins that of its idea, or begins a new one; a profit takes nothing off."""
    net = trade.realized_pnl - trade.fees + trade.funding + trade.rollover
    if net >= 0:
        return
    position = side_of(state, trade)
    if not is_same_idea(state, position, trade.opened_at_ns):
        position.lost = 0
    position.lost -= net
    position.lost_at_ns = max(1, state.time_ns)


@kernel
def side_at_risk(state: State, ask: Ask, side: int) -> int:
    """What an idea may still lose and has lost on one side of the asked instrument."""
    instrument = state.instruments[ask.instrument_id]
    position = instrument.positions[0 if side > 0 else 1]
    began_ns = state.time_ns
    total = 0
    row = instrument.first_trade
    for _ in range(TRADES):
        if row == 0:
            break
        trade = state.trades[row]
        if trade.side == side:
            total += trade.open_risk + trade.resting_risk
            if trade.quantity > 0:
                total += max(0, trade.fees - trade.realized_pnl - trade.funding - trade.rollover)
                began_ns = min(began_ns, trade.opened_at_ns)
        row = trade.next
    if is_same_idea(state, position, began_ns):
        total += position.lost
    return total


@kernel
def check_idea(state: State, ask: Ask) -> Denial:
    """Open, resting, lost already, and asked for."""
    guard = state.guard
    if guard.idea_loss_max == 0:
        return Denial.NONE
    risk = side_at_risk(state, ask, ask.side) + ask.risk - replaced_risk(state, ask)
    if guard.idea_both_sides:
        risk += side_at_risk(state, ask, -ask.side)
    start = state.challenge.initial if state.challenge.initial > 0 else state.account.start_balance
    limit = scale(max(0, state.account.balance) if guard.idea_of_balance else start, guard.idea_loss_max)
    if risk > limit:
        return deny(state, Denial.IDEA, risk, limit)
    return Denial.NONE
