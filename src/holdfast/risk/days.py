"""Risk days, days that count, shares of profit, and the phase that they belong to (risk.md 1.3, 2.2, RR-12)."""

from __future__ import annotations

from holdfast.model.arithmetic import scale
from holdfast.model.challenge import Challenge, Counter, Day
from holdfast.model.commands import Outbox
from holdfast.model.enums import Attribution, NoticeKind, Quantity, Rule, Scope, Severity
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import COUNTERS, DAYS
from holdfast.records import clear_record, kernel
from holdfast.risk.notices import tell
from holdfast.risk.trips import lift, raise_trip


@kernel
def day_now(state: State) -> Day:
    """The row of the day that runs."""
    return state.challenge.days[state.account.day % DAYS]


@kernel
def begin_day(state: State) -> None:
    """A fresh row for the day that begins."""
    day = day_now(state)
    clear_record(day)
    day.number = state.account.day
    day.began_at_ns = state.time_ns
    day.start_equity = state.account.equity
    day.best_equity = state.account.equity


@kernel
def profit_of(day: Day, counter: Counter, equity: int) -> int:
    """What a day has brought, as a counter sees it."""
    if counter.attribution == Attribution.OPEN_DAY:
        return day.realized_opened
    if counter.attribution == Attribution.EQUITY_DELTA:
        return equity - day.start_equity
    return day.realized_gross if counter.gross else day.realized


@kernel
def qualifies(day: Day, counter: Counter, equity: int) -> bool:
    """Whether a day counts, as it stands."""
    if counter.opening:
        return day.opened > 0
    profit = profit_of(day, counter, equity)
    return profit >= counter.least and profit > 0


@kernel
def credit_day(state: State, day: Day, equity: int) -> None:
    """Count a day, or no longer, for each counter: a result may still come to the day its trade was opened on."""
    bit = 1
    for i in range(1, COUNTERS):
        bit += bit
        counter = state.challenge.counters[i]
        if not counter.counts:
            continue
        counted = day.credited & bit != 0
        if qualifies(day, counter, equity) != counted:
            counter.count += -1 if counted else 1
            day.credited = day.credited ^ bit


@kernel
def close_day(state: State, outbox: Outbox) -> None:
    """The day is over: it is counted, and its best result remembered."""
    challenge = state.challenge
    day = day_now(state)
    credit_day(state, day, state.account.equity)
    challenge.best_day = max(challenge.best_day, day.realized)
    made = tell(state, outbox, NoticeKind.DAY_CLOSED, Rule.NONE, 0, day.realized, days_counted(challenge))
    made.index = day.number


@kernel
def days_counted(challenge: Challenge) -> int:
    """Days so far of the counter that the phase asks for."""
    return challenge.counters[challenge.counter].count if challenge.counter > 0 else 0


@kernel
def count_opening(state: State, trade: Trade) -> None:
    """A trade got its first fill: a day with an opened trade counts at once."""
    day = day_now(state)
    trade.opened_day = state.account.day
    day.opened += 1
    for i in range(1, COUNTERS):
        if state.challenge.counters[i].opening and state.challenge.counters[i].counts:
            credit_day(state, day, state.account.equity)
            return


@kernel
def count_result(state: State, trade: Trade) -> None:
    """A trade has closed: its net result belongs to today, and to the day it was opened on."""
    challenge = state.challenge
    net = trade.realized_pnl - trade.fees + trade.funding + trade.rollover
    day = day_now(state)
    day.realized += net
    day.realized_gross += trade.realized_pnl
    challenge.profit += net
    challenge.best_trade = max(challenge.best_trade, net)
    opened = challenge.days[trade.opened_day % DAYS]
    if opened.number == trade.opened_day:
        opened.realized_opened += net
        if opened.number != day.number:
            credit_day(state, opened, state.account.equity)


@kernel
def shares_hold(challenge: Challenge, today: int) -> bool:
    """Whether the best day and the best trade are small enough a part of the profit."""
    whole = challenge.target - challenge.initial if challenge.of_target else challenge.profit
    best_day = max(challenge.best_day, today)
    if challenge.best_day_share > 0 and best_day > scale(max(0, whole), challenge.best_day_share):
        return False
    return challenge.best_trade_share == 0 or challenge.best_trade <= scale(
        max(0, whole), challenge.best_trade_share
    )


@kernel
def is_reached(state: State) -> bool:
    """Whether the target is there to be had, on what the programme observes."""
    challenge = state.challenge
    if challenge.target == 0 or challenge.passed_at_ns > 0 or challenge.failed_at_ns > 0:
        return False
    account = state.account
    seen = account.equity if challenge.observed == Quantity.EQUITY else account.balance
    return seen >= challenge.target


@kernel
def is_complete(state: State) -> bool:
    """Days, shares and flatness, beside the target."""
    challenge = state.challenge
    if challenge.require_flat and state.account.open_trades > 0:
        return False
    return days_counted(challenge) >= challenge.days_needed and shares_hold(
        challenge, day_now(state).realized
    )


@kernel
def is_waiting(state: State) -> bool:
    """Whether only the closing is missing."""
    challenge = state.challenge
    enough = days_counted(challenge) >= challenge.days_needed
    return enough and state.account.open_trades > 0 and shares_hold(challenge, day_now(state).realized)


@kernel
def judge_phase(state: State, outbox: Outbox) -> None:
    """Passed: nothing new is opened. Reached with days or shares missing: smaller from here on (RR-12)."""
    challenge = state.challenge
    if not is_reached(state):
        if challenge.reached_at_ns > 0 and challenge.passed_at_ns == 0:
            lift(state, outbox, Rule.TARGET, challenge.phase, Scope.ACCOUNT, 0)  # lost again on the way out
        return
    balance = state.account.balance
    if challenge.reached_at_ns == 0:
        challenge.reached_at_ns = max(1, state.time_ns)
        tell(
            state, outbox, NoticeKind.TARGET_REACHED, Rule.TARGET, challenge.phase, balance, challenge.target
        )
    if is_complete(state):
        challenge.passed_at_ns = max(1, state.time_ns)
        tell(state, outbox, NoticeKind.PHASE_PASSED, Rule.TARGET, challenge.phase, balance, challenge.target)
        hold_account(state, outbox, Severity.NO_NEW)
    elif is_waiting(state):
        hold_account(state, outbox, Severity.NO_NEW)  # only the closing is missing
    else:
        if state.account.severity > Severity.REDUCED:
            lift(
                state, outbox, Rule.TARGET, challenge.phase, Scope.ACCOUNT, 0
            )  # shares went missing on the way out
        if challenge.missing_multiplier > 0:
            hold_account(state, outbox, Severity.REDUCED)


@kernel
def hold_account(state: State, outbox: Outbox, severity: Severity) -> None:
    """The target restrains the account until the next phase begins."""
    challenge = state.challenge
    trip = raise_trip(
        state,
        outbox,
        Rule.TARGET,
        challenge.phase,
        Scope.ACCOUNT,
        0,
        severity,
        state.account.balance,
        challenge.target,
    )
    trip.multiplier = challenge.missing_multiplier


@kernel
def judge_day(state: State, outbox: Outbox) -> None:
    """A day that gives back too much of its best profit is over (RR-12)."""
    challenge = state.challenge
    if challenge.give_back == 0:
        return
    day = day_now(state)
    equity = state.account.equity
    day.best_equity = max(day.best_equity, equity)
    gain = day.best_equity - day.start_equity
    least = day.best_equity - scale(max(0, gain), challenge.give_back)
    if gain > 0 and equity <= least:
        trip = raise_trip(state, outbox, Rule.GIVE_BACK, 0, Scope.ACCOUNT, 0, Severity.NO_NEW, equity, least)
        trip.until_day = True
