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
    exposure_stale: bool  # gross_notional and margin are older than the last mark
    gross_notional: int
    margin: int
    open_risk: int
    resting_risk: int
    resting_margin: int
    resting_notional: int
    working_orders: int
    busy_trades: int  # trades that hold or may soon hold a position
    open_trades: int  # trades that hold one
    entries_today: int
    day: int  # number of day boundaries seen


@kernel
def ledger_residual(account: Account) -> int:
    """What the ledger identity leaves over; always 0."""
    total = account.start_balance + account.realized_pnl + account.funding + account.rollover
    return total - account.fees + account.cash_flows + account.adjustments - account.balance


@kernel
def sizing_base(account: Account) -> int:
    """The smaller of balance and equity, never negative."""
    return max(0, min(account.balance, account.equity))
