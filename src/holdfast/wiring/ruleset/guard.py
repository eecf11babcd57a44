"""Our own margins of a ruleset, and the firm's caps over the account, as the core's guard and class limits."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from holdfast.model.guard import Guard
from holdfast.model.units import MINUTE, RATE, SECOND
from holdfast.settings.ruleset.base import ByClass
from holdfast.settings.ruleset.floors import IdeaLoss
from holdfast.settings.ruleset.guard import Guard as GuardSettings
from holdfast.settings.ruleset.ruleset import Ruleset
from holdfast.wiring.units import rate

HUNDRED = Decimal(100)
FORECAST_ROOM = Decimal("0.3")  # of the allowance, which the next floor must leave (RR-09)
FORECAST_EXITS = Decimal(3)  # or this many times what leaving costs
SHRINK = Decimal("0.5")  # an entry may be made smaller to fit, down to this share of what was asked (RR-03)
MILLISECOND = SECOND // 1000


def guard_of(ruleset: Ruleset, initial: int, guarded: bool) -> Guard:
    """The rules over the whole account. Without our guard only what the firm itself demands is left."""
    made = Guard()
    set_conduct(made, ruleset)
    set_ideas(made, ruleset, initial)
    set_lots(made, ruleset)
    if guarded:
        set_room(made, ruleset.guard)
        set_book(made, ruleset.guard)
        set_behaviour(made, ruleset.guard)
        set_quota(made, ruleset)
    return made


def set_conduct(made: Guard, ruleset: Ruleset) -> None:
    """Manners that the firm asks for."""
    conduct = ruleset.conduct
    made.hedge_banned = is_banned(conduct.hedge_same_symbol)
    made.news_bracket = is_banned(conduct.bracket_news)
    made.requests_per_day = conduct.requests_per_day or 0
    made.request_block = RATE if made.requests_per_day else 0
    spacing = conduct.simultaneous_entries
    if spacing is not None:
        least = SECOND // spacing.max_per_second if spacing.max_per_second else 0
        made.gap_ns = max(spacing.min_gap_ms * MILLISECOND, least)


def is_banned(habit: Any) -> bool:
    """Whether a habit is forbidden; an unknown counts as its assumption."""
    return habit is not None and habit.in_force == "banned"


def set_ideas(made: Guard, ruleset: Ruleset, initial: int) -> None:
    """What one trade idea may lose; of several limits the strictest amount and the widest idea."""
    for limit in ruleset.limits:
        if not isinstance(limit, IdeaLoss):
            continue
        share = rate((limit.amount.pct or 0) / HUNDRED)
        if limit.amount.abs is not None:
            share = int(limit.amount.abs * RATE * RATE) // max(1, initial)
        made.idea_loss_max = min(made.idea_loss_max or share, share)
        made.idea_of_balance = limit.amount.of in ("balance", "anchor")
        made.idea_both_sides = made.idea_both_sides or not limit.merge.same_side
        made.idea_within_ns = max(made.idea_within_ns, limit.merge.reentry_within_s * SECOND)


def set_lots(made: Guard, ruleset: Ruleset) -> None:
    """Sizes in lots that hold for every instrument alike; those of one asset class go into its contracts."""
    lots = ruleset.exposure.max_lots
    if lots is None:
        return
    made.lots_instrument_max = rate((lots.per_symbol or {}).get("all", 0))
    made.lots_total_max = rate((lots.total or {}).get("all", 0))


def set_room(made: Guard, guard: GuardSettings) -> None:
    """Headroom with every stop hit at once, and the floor of the next day."""
    made.headroom = guard.headroom_reserve is not None
    if guard.headroom_reserve is not None:
        made.window_reserve = rate(guard.headroom_reserve.window)
    made.exit_cost_multiple = rate(guard.exit_cost_multiple)
    made.shrink = rate(SHRINK)
    made.auto_trim = guard.auto_trim
    made.forecast_room = rate(FORECAST_ROOM) if guard.boundary_lookahead_min else 0
    made.forecast_exits = rate(FORECAST_EXITS) if guard.boundary_lookahead_min else 0
    made.liquidation_ratio = rate(guard.min_liquidation_ratio)
    if guard.margin_ladder is not None:
        for name, pct in guard.margin_ladder:
            setattr(made, f"margin_{name}", rate(pct / HUNDRED))


def set_book(made: Guard, guard: GuardSettings) -> None:
    """One risk under several names."""
    book = guard.correlation
    if book is None:
        return
    made.group_risk = rate(book.group_risk_multiple)
    made.group_side_max = book.max_same_direction
    made.currency_risk = rate(book.currency_leg_pct / HUNDRED)
    made.correlated_risk = rate((book.quadrature_pct or 0) / HUNDRED)


def set_behaviour(made: Guard, guard: GuardSettings) -> None:
    """Pauses after losses, re-entries, executions, wild prices, dear funding."""
    made.reentry_ns = guard.reentry_lock_min * MINUTE
    streaks = guard.streaks
    if streaks is not None:
        made.losses_instrument, made.losses_strategy = streaks.losses_instrument, streaks.losses_strategy
        made.pause_ns, made.pause_trades = streaks.pause_min * MINUTE, streaks.reduced_trades
        made.pause_multiplier = rate(guard.reduce_multiplier)
        if streaks.stop_outs is not None:
            made.stop_outs, made.stop_out_ns = streaks.stop_outs.n, streaks.stop_outs.in_min * MINUTE
    if guard.executions is not None:
        made.executions, made.executions_ns = guard.executions.n, guard.executions.in_min * MINUTE
    wild = guard.volatility_halt
    if wild is not None:
        made.volatility_sigma, made.volatility_spread = rate(wild.sigma), rate(wild.spread_multiple)
        made.volatility_ns = wild.pause_min * MINUTE
    dear = guard.funding_guard
    if dear is not None:
        made.funding_hold, made.funding_payment = rate(dear.hold_r), rate(dear.payment_r)
        made.funding_before_ns = dear.before_min * MINUTE


def set_quota(made: Guard, ruleset: Ruleset) -> None:
    """Our share of the messages of a day: the smaller number, and where only closes are left."""
    ours = ruleset.guard.messages
    numbers = [each for each in (ours.per_day, ruleset.conduct.requests_per_day) if each]
    made.requests_per_day = min(numbers, default=0)
    if made.requests_per_day:
        made.request_warn = rate(ours.warn_pct / HUNDRED)
        made.request_block = rate(ours.closes_only_pct / HUNDRED)


def tightened(values: Mapping[str, float], ruleset: Ruleset, name: str, guarded: bool) -> dict[str, float]:
    """The limits of one class with what the ruleset asks for: the tighter one counts, and its own words where the
    settings give only the default of the class."""
    made = dict(values)
    guard, orders = ruleset.guard, ruleset.conduct.open_orders_max
    if orders:
        made["order_count_max"] = least(made["order_count_max"], orders)
    if not guarded:
        return made
    made["open_risk_max"] = of_class(guard.max_open_risk_pct, name) or made["open_risk_max"]
    made["trade_risk_max"] = of_class(guard.risk_per_trade_pct, name) or made["trade_risk_max"]
    caps = (
        ("margin_max", guard.max_margin_pct, HUNDRED),
        ("leverage_max", guard.max_gross_leverage, Decimal(1)),
        ("position_notional_max", guard.max_position_pct, HUNDRED),
    )
    for field, value, unit in caps:
        if value is not None:
            made[field] = float(value / unit)
    positions = guard.max_positions
    if positions is not None:
        counts = [each for each in (positions.account, getattr(positions, name)) if each]
        made["trade_count_max"] = least(made["trade_count_max"], *counts)
    return made


def of_class(values: ByClass | None, name: str) -> float:
    """A percentage for a class as a share; 0 where there is none."""
    value = getattr(values, name) if values is not None else None
    return float(value / HUNDRED) if value is not None else 0


def least(*counts: float) -> float:
    """The smallest of several counts of which 0 means no limit."""
    return min((each for each in counts if each), default=0)


def risk_cap(ruleset: Ruleset, name: str, guarded: bool) -> int:
    """The rate of one trade's risk that a class may plan with; 0 = its own."""
    return rate(of_class(ruleset.guard.risk_per_trade_pct, name)) if guarded else 0
