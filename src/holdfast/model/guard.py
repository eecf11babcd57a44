"""Our own rules over the whole account, beside floors and class limits. Rates in 1e-8, times in ns, 0 = off."""

from __future__ import annotations

from holdfast.records import record


@record
class Guard:
    """What the account as a whole is held to."""

    headroom: bool  # refuse what would cross a floor with every stop hit at once
    window_reserve: int  # rate of the loss at the stop kept for slippage within news and weekends
    exit_cost_multiple: int  # rate: flatten earlier when the room is less than this many exits
    forecast_room: int  # rate of the allowance that the next floor must leave
    forecast_exits: int  # rate: or this many exits
    auto_trim: bool  # cut what an entry has filled beyond its budget
    shrink: int  # rate of the asked size that must be left for an entry to be made smaller; 0 = never
    correlated_risk: int  # rate of the base
    group_risk: int  # rate of one trade's risk, in one direction of a group
    group_side_max: int  # members of a group in one direction
    currency_risk: int  # rate of the base, on one currency
    liquidation_ratio: int  # rate: distance to liquidation over distance to the stop
    cap_by_margin: bool  # a setup is sized to the margin that is free, instead of being refused
    margin_warn: int  # maintenance margin over equity
    margin_block: int
    margin_reduce: int
    margin_flatten: int
    lots_order_max: int  # rate of lots
    lots_instrument_max: int
    lots_total_max: int
    idea_loss_max: int  # rate
    idea_of_balance: bool  # else of the initial balance
    idea_both_sides: bool  # the idea is the instrument, not one side of it
    idea_within_ns: int  # a re-entry within this time is the same idea
    median_multiple: int  # rate: of the strategy's usual order
    keep_tier: bool  # refuse what enters the venue's next margin tier
    losses_instrument: int  # in a row, then a pause
    losses_strategy: int
    stop_outs: int  # within stop_out_ns
    stop_out_ns: int
    pause_ns: int
    pause_multiplier: int  # rate of sizes after the pause
    pause_trades: int  # how many trades it holds for
    reentry_ns: int
    executions: int  # of one strategy within executions_ns, then a person must acknowledge
    executions_ns: int
    gap_ns: int  # between two entries
    requests_per_day: int
    request_warn: int  # rates of it
    request_block: int
    volatility_sigma: int  # rate
    volatility_spread: int  # rate of the usual spread
    volatility_ns: int
    funding_payment: int  # rate of R
    funding_hold: int
    funding_before_ns: int
    news_bracket: bool  # refuse opposite entries near news
    hedge_banned: bool
