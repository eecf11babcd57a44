"""The published columns of a plan table: what a strategy may ask for, row by row.

A plan table is a polars frame with one row for each closed bar of the strategy's timeframe. `ts` is the
instant at which the row is known: the bar's **closing** time (opening time + timeframe). Prices are in the
instrument's quote units (floats; rounded to ticks on entering the core). NaN, or an absent column, means
"none". Adding a column raises PLAN_VERSION; a published column never changes its meaning.
"""

from __future__ import annotations

PLAN_VERSION = 1
LEVELS = 8  # most grid levels of one side
TARGETS = 5  # most targets a plan can name; a strategy's management may hold up to eight rungs

FLAGS = {
    "start_long": "a long trade (setup) or long cycle (grid) may start now",
    "start_short": "the same for short",
    "enter_now": "grid: the first level is taken at market at once, not rested as a limit",
    "exit_long": "close what is long now; exit_reason says why",
    "exit_short": "close what is short now",
}
PRICES = {
    "entry_price": "setup: wanted entry; none = at market now",
    "stop_price": "setup: protective stop; grid: overrides the stop on the average where given",
    **{
        f"target_{i}": f"setup: price of target {i}; none = the R multiple of the rung"
        for i in range(1, TARGETS + 1)
    },
    "anchor_price": "grid: levels hang from here; none = from the first fill of the cycle",
    "offset": "grid: distance of level 0 from the anchor (price units, not negative)",
    "spacing": "grid: distance between levels; level i = anchor -/+ (offset + i * spacing)",
    **{
        f"level_{i}": f"grid, one side only: explicit price of level {i}, instead of anchor and spacing"
        for i in range(LEVELS)
    },
    **{f"level_exit_{i}": f"grid: take-profit of level {i} alone; none = common exit" for i in range(LEVELS)},
    "take_profit_price": "grid: common take-profit, follows each plan; none = exits by flag, stop or time",
    "trail_distance": "price distance of a trailing stop; none = no trailing",
}
NUMBERS = {
    "score": "multiplier of the risk budget, 1 = neutral (setup)",
    **{
        f"target_r_{i}": f"setup: R multiple of target {i}; none = the rung's own"
        for i in range(1, TARGETS + 1)
    },
    **{
        f"weight_{i}": f"grid: share of the allocation for level {i}; none = the management's weight"
        for i in range(LEVELS)
    },
    "min_profit": "grid: least profit against the average, as a share (0.004 = 0.4 %)",
    "min_hold": "seconds before a strategy exit is obeyed (stops always are)",
    "max_hold": "seconds after which the trade is closed; none = the management's",
}
OTHERS = {
    "ts": "instant at which the row is known: close of its bar (UTC, ns)",
    "valid_until": "the plan is dropped when it arrives later than this",
    "tag": "entry tag, short text, shown on every trade",
    "exit_reason": "short text for exit_long / exit_short, e.g. signal_exit",
}
COLUMNS = {**OTHERS, **FLAGS, **PRICES, **NUMBERS}
