"""The account: its ledger, and sums over what it holds and has at work."""

from __future__ import annotations

from holdfast.model.enums import Severity
from holdfast.records import kernel, record


@record
class Account:
    """start + realized + funding + rollover - fees + cash_flows + adjustments = balance, exactly."""

    hedging: bool  # long and short side by side; else one position for each instrument
    isolated: bool  # margin mode
    unknown: bool  # its truth is not established
    severity: Severity
    start_balance: int
    balance: int
    realized_pnl: int  # gross
    fees: int
    funding: int
    rollover: int
    cash_flows: int
    adjustments: int
    unrealized_pnl: int
    equity: int
    equity_high: int
    first_stale: int  # the first of the instruments whose notional and margin are older than their prices
    gross_notional: int
    margin: int
    open_risk: int
    resting_risk: int
    resting_margin: int
    resting_notional: int
    resting_slippage: int
    working_orders: int
    busy_trades: int  # trades that hold or may soon hold a position
    open_trades: int  # trades that hold one
    entries_today: int
    day: int  # number of day boundaries seen
    unrealized_low: int  # at the adverse extremes of the last prices
    unrealized_high: int  # at the best, where some floor follows equity tick by tick
    stop_pnl: int  # what all open trades would bring at their stops, exit fees paid
    stressed_loss: int  # what they still lose on the way there, with the reserve for slippage
    exit_cost: int  # spread, slippage and fees of leaving everything now
    maintenance: int  # margin that must be kept
    watch_low: int  # equity at or under which something happens; 0 = nothing does
    watch_high: int  # at or above which; 0 = nothing does
    judged_balance: int  # the balance that the floors were last judged at
    low_since: int  # lowest equity since the floors were last sampled
    low_since_ns: int
    look_at_ns: int  # when rolling windows need a look, if nothing happens before
    observations: int  # how often equity was held against the floors
    forecast_close: bool  # near a day boundary: losers are closed where the next floor asks for it
    forecasting: bool
    requests_today: int
    last_entry_ns: int
    headroom_told_ns: int
    margin_rung: int  # 1 warn, 2 block, 3 reduce, 4 flatten
    margin_below_ns: int  # since when the ratio is clearly below its rung
    margin_reducing: bool  # shares of the largest position are closed until the ratio is low enough
    reduced_at_ns: int


@kernel
def ledger_residual(account: Account) -> int:
    """What the ledger identity leaves over; always 0."""
    total = account.start_balance + account.realized_pnl + account.funding + account.rollover
    return total - account.fees + account.cash_flows + account.adjustments - account.balance


@kernel
def sizing_base(account: Account) -> int:
    """The smaller of balance and equity, never negative."""
    return max(0, min(account.balance, account.equity))
