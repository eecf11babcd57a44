"""What the venue says the account is worth, held against what we know: a number that makes no sense is no truth.

A report never moves our balance: it can only take our trust away, or give it back. Nothing is closed for it.
"""

from __future__ import annotations

from holdfast.engine.obedience import observe
from holdfast.model.arithmetic import scale
from holdfast.model.commands import Outbox
from holdfast.model.enums import Rule, Scope, Severity
from holdfast.model.events import AccountReport, PositionReport
from holdfast.model.state import State
from holdfast.model.units import RATE
from holdfast.records import kernel
from holdfast.risk.trips import find_trip, lift, raise_trip

FAR = (
    RATE // 20
)  # of ours. Marks and last prices differ by less; what fills may miss is reconciliation's to find


@kernel
def settle_truth(state: State) -> None:
    """The account's truth is unknown while some rule doubts it."""
    untyped = find_trip(state, Rule.UNTYPED_CASH, 0, Scope.ACCOUNT, 0)
    doubted = find_trip(state, Rule.ACCOUNT_TRUTH, 0, Scope.ACCOUNT, 0)
    state.account.unknown = untyped + doubted > 0


@kernel
def is_far(told: int, ours: int) -> bool:
    """Whether two amounts that should be the same differ by more than marks can explain."""
    return abs(told - ours) > scale(max(abs(ours), abs(told)), FAR)


@kernel
def makes_sense(state: State, report: AccountReport) -> bool:
    """Numbers, not zero while something is held, and near to ours."""
    account = state.account
    if not report.valid or (report.equity <= 0 and account.open_trades > 0):
        return False
    return not is_far(report.balance, account.balance) and not is_far(report.equity, account.equity)


@kernel
def on_account_report(state: State, outbox: Outbox, report: AccountReport) -> None:
    """The venue tells balance and equity: doubted, or trusted again."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, report.time_ns)
    state.swept_ns = max(state.swept_ns, report.swept_ns)
    if makes_sense(state, report):
        lift(state, outbox, Rule.ACCOUNT_TRUTH, 0, Scope.ACCOUNT, 0)
    else:
        told = report.equity if report.valid else 0
        raise_trip(
            state,
            outbox,
            Rule.ACCOUNT_TRUTH,
            0,
            Scope.ACCOUNT,
            0,
            Severity.NO_NEW,
            told,
            state.account.equity,
        )
    settle_truth(state)
    observe(state, outbox)


@kernel
def on_position_report(state: State, outbox: Outbox, report: PositionReport) -> None:
    """What the venue holds must be what we hold, to the step; until it is, nothing new is opened there (RR-23)."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, report.time_ns)
    held = state.instruments[report.instrument_id].positions[0 if report.side > 0 else 1].quantity
    if held == report.quantity:
        lift(state, outbox, Rule.POSITION, report.side, Scope.INSTRUMENT, report.instrument_id)
    else:
        raise_trip(
            state,
            outbox,
            Rule.POSITION,
            report.side,
            Scope.INSTRUMENT,
            report.instrument_id,
            Severity.NO_NEW,
            report.quantity,
            held,
        )
    observe(state, outbox)
