"""Whose money it is: every result is attributed to a strategy and to its class, else to nobody (row 0)."""

from __future__ import annotations

from holdfast.model.purse import class_purse, is_calm
from holdfast.model.state import State
from holdfast.records import kernel


@kernel
def attribute(state: State, mandate_id: int, amount: int) -> None:
    """A booked result, a fee (negative), funding or rollover."""
    if mandate_id == 0:
        state.purses[0].realized_pnl += amount
        return
    mandate = state.mandates[mandate_id]
    state.purses[mandate.strategy_id].realized_pnl += amount
    state.purses[class_purse(mandate.class_id)].realized_pnl += amount
    state.judge_due = state.judge_due or state.purses_watched


@kernel
def move_unrealized(state: State, row: int, change: int, change_low: int) -> None:
    """A purse follows the marks of what its owner holds."""
    purse = state.purses[row]
    purse.unrealized_pnl += change
    purse.unrealized_low += change_low
    purse.low_since = min(purse.low_since, purse.capital + purse.realized_pnl + purse.unrealized_low)
    if state.purses_watched and not is_calm(purse):
        state.judge_due = True


@kernel
def attribute_mark(state: State, owner: int, change: int, change_low: int) -> None:
    """What a new price changes for the strategy that holds a position, and for its class."""
    if owner == 0:
        move_unrealized(state, 0, change, change_low)
        return
    mandate = state.mandates[owner]
    move_unrealized(state, mandate.strategy_id, change, change_low)
    move_unrealized(state, class_purse(mandate.class_id), change, change_low)
