"""All that the engine knows. It changes only by applying events."""

from __future__ import annotations

from holdfast.model.account import Account
from holdfast.model.challenge import Challenge
from holdfast.model.enums import Severity
from holdfast.model.floor import Bucket, Floor
from holdfast.model.guard import Guard
from holdfast.model.instrument import Instrument
from holdfast.model.limits import Ask, Limits, Refusal
from holdfast.model.mandate import Mandate
from holdfast.model.order import Ended, Order
from holdfast.model.purse import Purse
from holdfast.model.recent import Recent
from holdfast.model.trade import Trade
from holdfast.model.trip import Trip
from holdfast.model.units import (
    BUCKETS,
    CLASSES,
    CURRENCIES,
    ENDED,
    FLOORS,
    GROUPS,
    INSTRUMENTS,
    MANDATES,
    ORDERS,
    PURSES,
    STRATEGIES,
    TRADES,
    TRIPS,
    USUAL,
)
from holdfast.records import Rows, record, rows

DENIALS = 64


@record
class Count:
    """A counter in a table of counters."""

    count: int


@record
class Group:
    """A correlation group: what its members risk, by the direction that their sign gives. Row 0: no group at all."""

    severity: Severity
    long_risk: int
    short_risk: int
    long_resting: int
    short_resting: int
    long_trades: int
    short_trades: int


@record
class Currency:
    """What is risked for and against one currency."""

    long_risk: int
    short_risk: int
    long_resting: int
    short_resting: int


@record
class Usual:
    """One of a strategy's last entry orders."""

    notional: int


@record
class Strategy:
    """One strategy across its instruments: what it may do, and how it has fared."""

    class_id: int
    severity: Severity
    losses: int  # trades lost in a row
    reduced_trades: int  # still to come at a smaller size
    executions: Recent  # trades that got their first fill
    order_count: int  # entries placed so far
    usual: Rows[Usual] = rows(USUAL)  # the last of them, in a ring


@record
class StrategyClass:
    """A class of strategies."""

    severity: Severity


@record
class State:
    """One record. Tables have a watermark: rows above it were never used."""

    sequence: int
    time_ns: int
    fed: int  # events of the market and the schedule that were taken, where an engine runs outside of a backtest
    scheduled_ns: int  # the last event of the schedule that was taken, in the same place
    scheduled_rank: int  # where its kind comes at one instant
    scheduled_count: int  # how many of that kind were taken at that instant
    swept_ns: int  # until when the venue's executions are known to have been booked
    severity: Severity  # of the whole engine
    epoch: int  # number of this start
    next_order_id: int
    next_trade_id: int
    instrument_watermark: int
    mandate_watermark: int
    trade_watermark: int
    order_watermark: int
    class_watermark: int
    free_order: int
    placed_count: int
    amended_count: int
    canceled_count: int
    fill_count: int
    closed_count: int
    dropped_count: int
    ended_count: int  # entries that died without their last fill; the last ones are remembered
    ghosts: int  # of them, those that turned up after all
    unknown_reports: int  # reports about orders that are no longer ours to move
    strategy_watermark: int
    group_watermark: int
    floor_watermark: int
    trip_watermark: int
    bucket_watermark: int
    watched: bool  # floors or the margin ladder look at the extremes of prices
    extremes: bool  # a price is being taken: its extremes count
    judge_due: bool  # a purse has come to where something happens
    obey_due: bool  # some scope is held tighter than its trades know
    flattening: bool  # some scope is being closed and is not flat yet
    expires_ns: int  # when the next trip ends by itself; 0 = none does
    purses_watched: bool  # some floor is about a strategy or class
    ticks_watched: bool  # some floor follows the highest equity, open profit included
    buckets_watched: bool  # some floor follows a rolling window
    account: Account
    ask: Ask
    refusal: Refusal
    denials: Rows[Count] = rows(DENIALS)
    guard: Guard
    challenge: Challenge
    groups: Rows[Group] = rows(GROUPS)
    currencies: Rows[Currency] = rows(CURRENCIES)
    strategies: Rows[Strategy] = rows(STRATEGIES + 1, used="strategy_watermark")
    classes: Rows[StrategyClass] = rows(CLASSES)
    purses: Rows[Purse] = rows(PURSES)
    floors: Rows[Floor] = rows(FLOORS, used="floor_watermark")
    trips: Rows[Trip] = rows(TRIPS, used="trip_watermark")
    buckets: Rows[Bucket] = rows(BUCKETS, used="bucket_watermark")
    limits: Rows[Limits] = rows(CLASSES, used="class_watermark")
    instruments: Rows[Instrument] = rows(INSTRUMENTS, used="instrument_watermark")
    mandates: Rows[Mandate] = rows(MANDATES, used="mandate_watermark")
    trades: Rows[Trade] = rows(TRADES, used="trade_watermark")
    orders: Rows[Order] = rows(ORDERS, used="order_watermark")
    ended: Rows[Ended] = rows(ENDED)  # a ring
