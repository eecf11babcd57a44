"""The account's margin ladder: maintenance margin over equity, far below where the venue would act (RR-01)."""

from __future__ import annotations

from holdfast.model.arithmetic import mul_div_up
from holdfast.model.commands import Outbox
from holdfast.model.enums import NoticeKind, Rule, Scope, Severity
from holdfast.model.state import State
from holdfast.model.units import MINUTE, RATE
from holdfast.records import kernel
from holdfast.risk.exposure import refresh_exposure
from holdfast.risk.notices import tell
from holdfast.risk.trips import lift, raise_trip

MOST = 16 * RATE  # a larger ratio, or one of equity that is gone, is told as this
POINTS = RATE // 20  # below a rung ...
CALM = 5 * MINUTE  # ... for so long, before it is left
WARN = 1
BLOCK = 2
REDUCE = 3
FLATTEN = 4


@kernel
def margin_ratio(state: State) -> int:
    """Maintenance margin of everything held over equity, at the last prices; rounded up."""
    refresh_exposure(state)
    needed = state.account.maintenance
    equity = state.account.equity
    if needed == 0:
        return 0
    if equity <= needed // 16:
        return MOST
    return mul_div_up(needed, RATE, equity)


@kernel
def margin_limit(state: State, rung: int) -> int:
    """Where a rung stands; 0 = there is none."""
    guard = state.guard
    if rung == FLATTEN:
        return guard.margin_flatten
    if rung == REDUCE:
        return guard.margin_reduce
    return guard.margin_block if rung == BLOCK else guard.margin_warn


@kernel
def margin_rung(state: State, ratio: int, below: int) -> int:
    """The highest rung at or under a ratio, each taken so much lower."""
    for rung in range(FLATTEN, 0, -1):
        limit = margin_limit(state, rung)
        if limit > 0 and ratio >= limit - below:
            return rung
    return 0


@kernel
def hold_rung(state: State, outbox: Outbox, rung: int, ratio: int) -> None:
    """Restrain the account as a rung asks for; the last one stays until a person resets it."""
    limit = margin_limit(state, rung)
    if rung == WARN:
        tell(state, outbox, NoticeKind.WARNED, Rule.MARGIN_LADDER, 0, ratio, limit)
    if rung < BLOCK:
        return
    severity = Severity.NO_NEW if rung == BLOCK else Severity.REDUCE_ONLY
    trip = raise_trip(state, outbox, Rule.MARGIN_LADDER, 0, Scope.ACCOUNT, 0, severity, ratio, limit)
    if rung == FLATTEN:
        trip.latched = True


@kernel
def leave_rung(state: State, outbox: Outbox, ratio: int) -> None:
    """Down again, once the ratio has been clearly lower for a while."""
    account = state.account
    rung = margin_rung(state, ratio, POINTS)
    if rung >= account.margin_rung:
        account.margin_below_ns = 0
        return
    if account.margin_below_ns == 0:
        account.margin_below_ns = max(1, state.time_ns)
    if state.time_ns - account.margin_below_ns < CALM:
        return
    lift(state, outbox, Rule.MARGIN_LADDER, 0, Scope.ACCOUNT, 0)
    account.margin_below_ns = 0
    account.margin_rung = rung
    hold_rung(state, outbox, rung, ratio)


@kernel
def judge_margin(state: State, outbox: Outbox) -> None:
    """Hold the ratio against the ladder: up at once, down slowly."""
    if state.guard.margin_warn == 0:
        return
    account = state.account
    ratio = margin_ratio(state)
    rung = margin_rung(state, ratio, 0)
    if rung > account.margin_rung:
        account.margin_rung = rung
        account.margin_below_ns = 0
        hold_rung(state, outbox, rung, ratio)
    elif account.margin_rung > 0:
        leave_rung(state, outbox, ratio)
    if rung >= REDUCE:
        account.margin_reducing = True
    elif rung < BLOCK:
        account.margin_reducing = False


@kernel
def margin_watch(state: State) -> int:
    """Equity at which the next rung may be near: margin grows with prices, so a twentieth earlier; 0 = never."""
    account = state.account
    if state.guard.margin_warn == 0 or account.maintenance == 0:
        return 0
    for rung in range(account.margin_rung + 1, FLATTEN + 1):
        limit = margin_limit(state, rung)
        if limit > 0:
            return mul_div_up(account.maintenance + account.maintenance // 20, RATE, limit)
    return 0
