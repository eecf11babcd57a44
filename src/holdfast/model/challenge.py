"""Phases, days that count and shares of profit: what a programme asks for beside its floors."""

from __future__ import annotations

from holdfast.model.enums import Attribution, Quantity
from holdfast.model.units import COUNTERS, DAYS
from holdfast.records import Rows, record, rows


@record
class Counter:
    """Days that count: with an opened trade, or with enough profit."""

    counts: bool
    opening: bool  # a trade opened on the day is enough
    attribution: Attribution
    least: int  # money that the day must bring
    gross: bool  # before commission and swap
    count: int


@record
class Day:
    """One risk day of the account, from boundary to boundary."""

    number: int
    began_at_ns: int
    opened: int  # trades that got their first fill
    realized: int  # net results of trades closed on it
    realized_gross: int
    realized_opened: int  # net results of trades that were opened on it
    start_equity: int
    best_equity: int
    credited: int  # bit for each counter


@record
class Challenge:
    """The phase that the account is in. Zeros: no phase, no target."""

    phase: int
    initial: int
    target: int  # money; 0 = none
    observed: Quantity
    require_flat: bool
    counter: int  # row of the days that are asked for; 0 = none
    days_needed: int
    best_day_share: int  # rate: the best day may be at most this share of all profit; 0 = any
    best_trade_share: int
    of_target: bool  # the share is of the target instead of the profit so far
    missing_multiplier: int  # rate of sizes once the target is reached and days are missing
    give_back: int  # rate of a day's best profit that may be lost again; 0 = all
    began_at_ns: int
    began_day: int
    reached_at_ns: int  # the target, days or not
    passed_at_ns: int
    failed_at_ns: int
    profit: int  # net, in this phase
    best_day: int
    best_trade: int
    counters: Rows[Counter] = rows(COUNTERS)
    days: Rows[Day] = rows(DAYS)
