"""What reads each key of a ruleset: fields of the core with the kernels that read them, the schedule, the report.

A limit that nobody reads is a promise that nobody keeps (RR-33): `unread` finds it, and the start is refused. Which
kernel reads a field is looked up in the source of the rules, not said here: a rule that is taken out leaves its keys
without a reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import holdfast.engine
import holdfast.risk
import holdfast.simulator

# Keys, separated by blanks, and the fields of the core that they fill.
CORE: Mapping[str, str] = {
    # floors
    "limits.floor.scope limits.floor.classes": "Floor.scope Floor.scope_id",
    "limits.floating_loss.scope limits.floating_loss.classes": "Floor.scope Floor.scope_id",
    "limits.floor.consequence limits.floating_loss.consequence": "Floor.consequence",
    "limits.floor.auto_reset limits.floating_loss.auto_reset": "Floor.consequence",
    "limits.floor.on_trip limits.floating_loss.on_trip": "Ladder.holds",
    "limits.floor.ladder limits.floating_loss.ladder": "Floor.ladder",
    "limits.floor.anchor.quantity": "Floor.quantity",
    "limits.floor.anchor.sample": "Floor.sample",
    "limits.floor.anchor.ratchet": "Floor.ratchet",
    "limits.floor.anchor.window.hours": "Floor.window_ns Floor.bucket_ns",
    "limits.floor.amount.pct limits.floating_loss.amount.pct": "Reading.rate",
    "limits.floor.amount.of limits.floating_loss.amount.of": "Reading.of",
    "limits.floor.amount.abs limits.floating_loss.amount.abs": "Reading.absolute",
    "limits.floor.lock.level.of limits.floor.lock.level.plus limits.floor.lock.when": "Floor.lock_level",
    "limits.floor.lock.unknown limits.floor.lock.assume": "Floor.locks",
    "limits.floor.observed limits.floating_loss.per": "Floor.observed",
    "limits.floor.strict_alternates.anchor.quantity": "Floor.quantity",
    "limits.floor.strict_alternates.anchor.sample": "Floor.sample",
    "limits.floor.strict_alternates.anchor.ratchet": "Floor.ratchet",
    "limits.floor.strict_alternates.anchor.window.hours": "Floor.window_ns",
    "limits.floor.strict_alternates.amount.pct": "Reading.rate",
    "limits.floor.strict_alternates.amount.of": "Reading.of",
    "limits.floor.strict_alternates.amount.abs": "Reading.absolute",
    "limits.floor.strict_alternates.lock.level.of limits.floor.strict_alternates.lock.level.plus "
    "limits.floor.strict_alternates.lock.when limits.floor.strict_alternates.lock.unknown "
    "limits.floor.strict_alternates.lock.assume": "Floor.lock_level",
    "limits.floor.strict_alternates.observed": "Floor.observed",
    # one idea
    "limits.idea_loss.amount.pct limits.idea_loss.amount.abs": "Guard.idea_loss_max",
    "limits.idea_loss.amount.of": "Guard.idea_of_balance",
    "limits.idea_loss.merge.same_symbol limits.idea_loss.merge.same_side": "Guard.idea_both_sides",
    "limits.idea_loss.merge.reentry_within_s": "Guard.idea_within_ns",
    # phases
    "counters.qualifies.event": "Counter.opening",
    "counters.qualifies.net_of": "Counter.gross",
    "counters.qualifies.attribution": "Counter.attribution",
    "counters.qualifies.min_realised.pct counters.qualifies.min_realised.of": "Counter.least",
    "counters.qualifies.min_realised.abs": "Counter.least",
    "phases.min_days.counter": "Challenge.counter",
    "phases.min_days.count": "Challenge.days_needed",
    "phases.target.pct_of phases.target.pct phases.target.abs": "Challenge.target",
    "phases.target.observed": "Challenge.observed",
    "phases.target.require_flat": "Challenge.require_flat",
    "consistency.max_pct consistency.share_of": "Challenge.best_day_share Challenge.best_trade_share",
    "consistency.denominator": "Challenge.of_target",
    # caps
    "exposure.leverage": "Tier.initial_rate",
    "exposure.max_lots.per_order": "Contract.quantity_max",
    "exposure.max_lots.per_symbol": "Guard.lots_instrument_max",
    "exposure.max_lots.total": "Guard.lots_total_max",
    "guard.max_gross_leverage": "Limits.leverage_max",
    "guard.max_position_pct": "Limits.position_notional_max",
    "guard.max_margin_pct": "Limits.margin_max",
    "guard.max_open_risk_pct.setup guard.max_open_risk_pct.grid": "Limits.open_risk_max",
    "guard.risk_per_trade_pct.setup guard.risk_per_trade_pct.grid": "Limits.trade_risk_max Mandate.risk_rate",
    "guard.max_positions.account guard.max_positions.setup guard.max_positions.grid": "Limits.trade_count_max",
    "conduct.open_orders_max": "Limits.order_count_max",
    # manners
    "conduct.bracket_news.value conduct.bracket_news.assume": "Guard.news_bracket",
    "conduct.hedge_same_symbol.value conduct.hedge_same_symbol.assume": "Guard.hedge_banned",
    "conduct.requests_per_day guard.messages.per_day": "Guard.requests_per_day",
    "guard.messages.warn_pct": "Guard.request_warn",
    "guard.messages.closes_only_pct": "Guard.request_block",
    "conduct.simultaneous_entries.min_gap_ms conduct.simultaneous_entries.max_per_second": "Guard.gap_ns",
    # our margins
    "guard.daily_ladder_pct_of_allowance.warn guard.total_ladder_pct_of_allowance.warn": "Ladder.warn",
    "guard.daily_ladder_pct_of_allowance.reduce guard.total_ladder_pct_of_allowance.reduce": "Ladder.reduce",
    "guard.daily_ladder_pct_of_allowance.block guard.total_ladder_pct_of_allowance.block": "Ladder.block",
    "guard.daily_ladder_pct_of_allowance.flatten guard.total_ladder_pct_of_allowance.flatten": "Ladder.flatten",
    "guard.reduce_multiplier": "Ladder.multiplier",
    "guard.resume_next_day": "Ladder.resumes",
    "guard.exit_cost_multiple": "Guard.exit_cost_multiple",
    "guard.auto_trim": "Guard.auto_trim",
    "guard.headroom_reserve.fx guard.headroom_reserve.alts": "Instrument.reserve Guard.headroom",
    "guard.headroom_reserve.window": "Guard.window_reserve",
    "guard.min_liquidation_ratio": "Guard.liquidation_ratio",
    "guard.margin_ladder.warn": "Guard.margin_warn",
    "guard.margin_ladder.block": "Guard.margin_block",
    "guard.margin_ladder.reduce": "Guard.margin_reduce",
    "guard.margin_ladder.flatten": "Guard.margin_flatten",
    "guard.correlation.max_same_direction": "Guard.group_side_max",
    "guard.correlation.group_risk_multiple": "Guard.group_risk",
    "guard.correlation.currency_leg_pct": "Guard.currency_risk",
    "guard.correlation.quadrature_pct": "Guard.correlated_risk",
    "guard.correlation.groups": "Instrument.group_id Instrument.group_sign",
    "guard.streaks.losses_instrument": "Guard.losses_instrument",
    "guard.streaks.losses_strategy": "Guard.losses_strategy",
    "guard.streaks.stop_outs.n": "Guard.stop_outs",
    "guard.streaks.stop_outs.in_min": "Guard.stop_out_ns",
    "guard.streaks.pause_min": "Guard.pause_ns",
    "guard.streaks.reduced_trades": "Guard.pause_trades",
    "guard.reentry_lock_min": "Guard.reentry_ns",
    "guard.executions.n": "Guard.executions",
    "guard.executions.in_min": "Guard.executions_ns",
    "guard.volatility_halt.sigma": "Guard.volatility_sigma",
    "guard.volatility_halt.spread_multiple": "Guard.volatility_spread",
    "guard.volatility_halt.pause_min": "Guard.volatility_ns",
    "guard.funding_guard.hold_r": "Guard.funding_hold",
    "guard.funding_guard.payment_r": "Guard.funding_payment",
    "guard.funding_guard.before_min": "Guard.funding_before_ns",
    "guard.profit_protection.give_back_pct": "Challenge.give_back",
    "guard.profit_protection.target_days_missing_multiplier": "Challenge.missing_multiplier",
}  # fmt: skip

# Keys that become instants of the run's schedule.
SCHEDULE = (
    "windows.kind windows.forbids windows.before_s windows.after_s windows.calendar windows.impact windows.map "
    "windows.min_break_min windows.zone windows.at windows.fill_protective.allowed windows.fill_protective.assume "
    "guard.boundary_lookahead_min guard.boundary_close_losers_min guard.news_extra_s phases.next "
    "conduct.gap_trading.no_open_before_break_min conduct.gap_trading.break_min "
    "conduct.gap_trading.no_open_right_before_major_news"
)
# Keys that are held when the run starts, or that change how another key is read.
START = (
    "limits.floor.kind limits.floating_loss.kind limits.idea_loss.kind limits.floor.applies_if.platform "
    "limits.floor.applies_if.platform_not limits.floor.breach_when limits.floor.catastrophe "
    "limits.idea_loss.scope limits.idea_loss.classes limits.idea_loss.consequence limits.idea_loss.on_trip "
    "limits.idea_loss.auto_reset limits.idea_loss.ladder limits.idea_loss.net_of consistency.when "
    "consistency.consequence windows.consequence exposure.max_lots.unknown exposure.max_lots.assume "
    "conduct.martingale.value conduct.martingale.assume conduct.automation.value conduct.automation.assume "
    "conduct.require_broker_sl.within_s guard.flatten_cost_model.spread_pct guard.flatten_cost_model.slippage_pct "
    "guard.flatten_cost_model.commission_pct counters.window counters.days windows.exempt.opened_before_min "
    "limits.floating_loss.applies_if.platform limits.floating_loss.applies_if.platform_not "
    "limits.idea_loss.applies_if.platform limits.idea_loss.applies_if.platform_not "
    # refused in words of their own where they ask for something: see `ruleset_bound.beyond`
    "limits.floor.clock.zone limits.floor.clock.at limits.floor.strict_alternates.clock.zone "
    "limits.floor.strict_alternates.clock.at exposure.max_lots.per_day exposure.contracts_ladder.until_equity "
    "exposure.contracts_ladder.max conduct.require_broker_sl.take_profit guard.max_positions.per_symbol "
    "guard.max_positions.per_strategy"
)
REPORT = (
    "conduct.min_hold.median_s conduct.min_hold.average_s conduct.min_hold.share_under.s "
    "conduct.min_hold.share_under.max_pct conduct.min_hold.profit_share_over.s "
    "conduct.min_hold.profit_share_over.min_pct conduct.max_adds_to_loser"
)
# Keys that only a live account can keep, with what it takes.
LIVE: Mapping[str, str] = {
    "conduct.opposite_across_accounts.value conduct.opposite_across_accounts.assume": "an engine over several accounts",
    "attest": "a person's word",
    "inactivity.days inactivity.event inactivity.alert_at": "the calendar of a live account",
    "payout.first_after_days payout.every_days payout.min payout.min_pct payout.split_pct payout.split_pct_max "
    "payout.min_days.counter payout.min_days.count payout.close_before_cycle_end_min": "payouts to ask for",
    "guard.messages.per_minute": "the clock of the sender: a bar has no minutes inside",
    "guard.volatility_halt.mark_gap_pct": "a stream of mark and index prices",
}  # fmt: skip

# Fields whose rule is still being built: said aloud in every run until a kernel reads them, instead of refused.
AWAITED: frozenset[str] = frozenset()

FIELDS: Mapping[str, tuple[str, ...]] = {
    key: tuple(fields.split()) for keys, fields in CORE.items() for key in keys.split()
}
OTHERS: Mapping[str, str] = (
    dict.fromkeys(SCHEDULE.split(), "the schedule")
    | dict.fromkeys(START.split(), "the start")
    | dict.fromkeys(REPORT.split(), "the report")
)
NEEDS: Mapping[str, str] = {key: what for keys, what in LIVE.items() for key in keys.split()}

RULES = (holdfast.risk, holdfast.engine, holdfast.simulator)
# Names under which kernels hold a record.
ALIASES = {
    "guard": "Guard", "floor": "Floor", "ladder": "Ladder", "challenge": "Challenge", "counter": "Counter",
    "limits": "Limits", "mandate": "Mandate", "instrument": "Instrument", "contract": "Contract", "tier": "Tier",
    "reading": "Reading", "terms": "Terms",
}  # fmt: skip

NO_CODE = re.compile(r'""".*?"""|#[^\n]*', re.DOTALL)
FUNCTION = re.compile(r"^def ", re.MULTILINE)
# A field that is read: not one that is only written to or counted up. `contract.tiers[row].rate` is a tier's.
# Matches overlap: `floor.ladder.warn` reads a floor and a ladder.
READ = re.compile(rf"\b(?=({'|'.join(ALIASES)})(?:s\[.*?\])?\.(\w+)\b(?!\s*[-+|&]?=[^=]))")


@cache
def kernels_reading() -> Mapping[str, tuple[str, ...]]:
    """`Record.field` -> the kernels of the rules that read it, as `module.kernel`."""
    found: dict[str, list[str]] = {}
    files = [path for package in RULES for path in sorted(Path(str(package.__file__)).parent.glob("*.py"))]
    files.append(Path(str(holdfast.risk.__file__)).parent.parent / "model" / "instrument.py")
    for path in files:
        for part in FUNCTION.split(NO_CODE.sub("", path.read_text(encoding="utf-8")))[1:]:
            name = part.partition("(")[0]
            for owner, field in READ.findall(part):
                found.setdefault(f"{ALIASES[owner]}.{field}", []).append(f"{path.stem}.{name}")
    return {field: tuple(dict.fromkeys(names)) for field, names in found.items()}


def unread_fields(key: str) -> tuple[str, ...]:
    """Fields that a key fills and that no kernel reads."""
    return tuple(field for field in FIELDS.get(key, ()) if field not in kernels_reading())


def reader(key: str) -> str:
    """What reads a key, in a few words; empty where nothing does."""
    if key in FIELDS:
        names = [name for field in FIELDS[key] for name in kernels_reading().get(field, ())]
        return f"{', '.join(FIELDS[key])}: {', '.join(dict.fromkeys(names))}" if names else ""
    return OTHERS.get(key, "")
