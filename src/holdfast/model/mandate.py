"""A strategy's assignment to one instrument: how its trades are sized, entered, managed and ended."""

from __future__ import annotations

from holdfast.model.enums import Base, Kind, Severity, StopMove
from holdfast.model.units import LEVELS, RUNGS
from holdfast.records import Rows, record, rows


@record
class Rung:
    """One target: a multiple of R (or the plan's price), a share of the volume, and a stop move."""

    multiple: int  # rate
    share: int  # rate; 0 still moves the stop
    stop_move: StopMove
    move_value: int  # rate of R


@record
class Weight:
    """A grid level's share of the allocation."""

    share: int


@record
class Mandate:
    """Settings of one strategy on one instrument. Rates in 1e-8, times in ns, 0 = off."""

    strategy_id: int
    instrument_id: int
    class_id: int  # which row of limits applies
    kind: Kind
    severity: Severity
    risk_rate: int  # setup: of min(balance, equity) at the stop
    allocation: int  # grid: of the capital base, already divided among the strategy's instruments
    base: Base
    fixed_capital: int
    leverage: int  # rate: 1e8 is 1x
    market_r: int  # entry bands, rates of R
    limit_r: int
    wait_r: int
    queue_life_ns: int
    order_life_ns: int
    spread_max: int  # ticks
    resize_rate: int
    retry_ns: int  # a denied entry asks again after this
    post_only: bool
    stop_rate: int  # grid: stop at the average x (1 -/+ rate)
    stop_per_level: bool
    min_profit: int  # rate, against the average
    min_hold_ns: int
    max_hold_ns: int
    max_hold_losing_only: bool
    cooldown_ns: int
    cooldown_until_ns: int
    losses: int  # trades lost in a row
    reduced_trades: int  # still to come at a smaller size after a pause
    pair_mandate: int  # the other leg of a hedge; 0 = none
    level_count: int
    rung_count: int
    weights: Rows[Weight] = rows(LEVELS)
    rungs: Rows[Rung] = rows(RUNGS)
