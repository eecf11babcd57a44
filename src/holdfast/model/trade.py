"""The life of one managed position of one strategy in one instrument, from armed to closed."""

from __future__ import annotations

from holdfast.model.enums import Drop, Exit, Kind, Phase, StopMove
from holdfast.model.units import LEVELS, RUNGS
from holdfast.records import Rows, kernel, record, rows


@record
class Level:
    """One entry: a setup has one, a grid up to eight. Remembered by its own index."""

    wanted_price: int  # the plan's own price; 0 = from anchor and spacing
    weight: int  # rate: share of the cycle's capital
    price: int
    quantity: int
    filled_quantity: int
    filled_value: int  # ticks x steps
    filled_at_ns: int
    open_quantity: int  # filled and not yet closed by its own exit or stop
    exit_price: int
    order_row: int
    exit_row: int  # its own take-profit
    stop_row: int  # its own stop
    done: bool


@record
class Leg:
    """One target of a setup, or (leg 0) the common take-profit of a grid."""

    price: int
    multiple: int
    share: int
    stop_move: StopMove
    move_value: int
    quantity: int
    filled_quantity: int
    filled_value: int
    filled_at_ns: int
    realized_pnl: int
    order_row: int
    done: bool


@record
class Trade:
    """One slot: mandate and side decide the row. Prices in ticks, money in 1e-8."""

    trade_id: int
    mandate_id: int
    instrument_id: int
    kind: Kind
    side: int
    phase: Phase
    drop: Drop
    exit: Exit
    tag: int
    exit_tag: int  # the plan's own reason for an exit flag
    entry_price: int
    stop_price: int
    initial_stop_price: int
    risk_distance: int  # one R in ticks
    score: int  # rate
    capital: int  # grid: money that the whole cycle may use, fixed at the first fill
    anchor_price: int
    anchored: bool  # False: levels hang from the first fill
    offset: int
    spacing: int
    take_profit_price: int
    plan_stop_price: int
    stop_rate: int  # grid: kept from the settings it was opened with
    stop_per_level: bool
    enter_now: bool
    rested: bool  # setup: its limit has been at the venue, so it stays a limit
    trail_distance: int
    best_price: int
    moved: StopMove  # the last stop move, for the name of the exit
    stage: int  # rungs reached
    quantity: int
    entry_quantity: int
    reduced_quantity: int  # closed by the margin ladder, so no target's any more
    entry_value: int  # of what is open, ticks x steps
    entry_total: int  # of all entries
    exit_total: int  # of all exits
    quantity_high: int
    entry_count: int
    realized_pnl: int
    fees: int
    entry_fees: int
    funding: int
    rollover: int
    carry: int  # funding and rollover of what is still open
    slippage: int  # money lost to spread and slippage against the price that was asked for
    initial_risk: int
    open_risk: int
    stop_pnl: int  # what it would bring at its stop, exit fee paid
    resting_quantity: int  # of its entries at work: what they may still fill,
    resting_value: int  # what that would pay and get at their stops, ticks x steps,
    resting_stop_value: int
    resting_risk: int  # and what it may lose
    worst_price: int  # extremes since the quantity last changed
    finest_price: int
    worst_pnl: int  # most adverse and best unrealized profit, at the extremes
    best_pnl: int
    armed_at_ns: int
    spread_since_ns: int
    retry_at_ns: int
    levels_at_ns: int  # grid: when levels that had to wait are asked for again; 0 = with the next plan
    exit_due: Exit  # what waits for the end of a window in which nothing may be closed
    exit_since_ns: int
    exit_refusals: int  # in a row
    opened_at_ns: int
    opened_day: int
    min_hold_ns: int
    max_hold_ns: int
    min_profit: int
    holds: bool  # counts as open
    busy: bool  # counts against the limits on trades
    order_count: int  # orders at work
    stop_refusals: int
    cancel_again: bool  # the venue would not end one of its orders
    watch_legs: bool  # a target is to come that rests nowhere
    stop_order: int
    exit_order: int
    level_count: int
    leg_count: int
    previous: int
    next: int
    levels: Rows[Level] = rows(LEVELS)
    legs: Rows[Leg] = rows(RUNGS)


@kernel
def trade_slot(mandate_id: int, side: int) -> int:
    """The row of a mandate's long or short trade."""
    return 2 * mandate_id + (0 if side > 0 else 1)


@kernel
def average_of(value: int, quantity: int, up: bool) -> int:
    """Mean price in ticks, rounded up or down."""
    return -(-value // quantity) if up else value // quantity
