"""Which rule of the core reads each key: a limit that no rule reads is a promise that nobody keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_LIMIT = (
    "kind consequence scope classes on_trip auto_reset applies_if.platform applies_if.platform_not ladder"
)
_ANCHOR = "anchor.quantity anchor.sample anchor.ratchet anchor.window.hours"
_AMOUNT = "amount.pct amount.of amount.abs"
_LOCK = "lock.level.of lock.level.plus lock.when lock.unknown lock.assume"
_CLOCK = "clock.zone clock.at"

# rule of the core: {path above: keys below it}. One line for each rule that exists; each key stands once.
READS: Mapping[str, Mapping[str, str]] = {
    "floors": {
        "limits.floor": f"{_LIMIT} {_ANCHOR} {_AMOUNT} {_LOCK} {_CLOCK} observed breach_when catastrophe",
        "limits.floor.strict_alternates": f"{_ANCHOR} {_AMOUNT} {_LOCK} {_CLOCK} observed",
    },
    "floating": {"limits.floating_loss": f"{_LIMIT} {_AMOUNT} per"},
    "idea": {
        "limits.idea_loss": f"{_LIMIT} {_AMOUNT} net_of",
        "limits.idea_loss.merge": "same_symbol same_side reentry_within_s",
    },
    "days": {
        "counters": "window days",
        "counters.qualifies": "event net_of attribution min_realised.pct min_realised.of min_realised.abs",
        "phases.min_days": "counter count",
    },
    "targets": {"phases": "next", "phases.target": "pct_of pct abs observed require_flat"},
    "consistency": {"consistency": "share_of max_pct denominator when consequence"},
    "windows": {
        "windows": "kind forbids before_s after_s calendar impact map min_break_min zone at consequence "
        "exempt.opened_before_min fill_protective.allowed fill_protective.assume",
    },
    "leverage": {"exposure": "leverage", "guard": "max_gross_leverage max_position_pct"},
    "lots": {
        "exposure.max_lots": "per_order per_symbol total per_day unknown assume",
        "exposure.contracts_ladder": "until_equity max",
    },
    "stop_required": {"conduct.require_broker_sl": "within_s take_profit"},
    "min_hold": {
        "conduct.min_hold": "median_s average_s share_under.s share_under.max_pct profit_share_over.s "
        "profit_share_over.min_pct",
    },
    "spacing": {"conduct.simultaneous_entries": "min_gap_ms max_per_second"},
    "bracket": {"conduct.bracket_news": "value assume"},
    "hedging": {"conduct.hedge_same_symbol": "value assume"},
    "martingale": {"conduct.martingale": "value assume", "conduct": "max_adds_to_loser"},
    "opposite_accounts": {
        "conduct.opposite_across_accounts": "value assume",
        "conduct.automation": "value assume",
        "": "attest",
    },
    "quota": {
        "conduct": "requests_per_day",
        "guard.messages": "per_day per_minute warn_pct closes_only_pct",
    },
    "order_count": {"conduct": "open_orders_max"},
    "gap_trading": {
        "conduct.gap_trading": "no_open_before_break_min break_min no_open_right_before_major_news"
    },
    "inactivity": {"inactivity": "days event alert_at"},
    "payout": {
        "payout": "first_after_days every_days min min_pct split_pct split_pct_max min_days.counter "
        "min_days.count close_before_cycle_end_min",
    },
    "ladder": {
        "guard.daily_ladder_pct_of_allowance": "warn reduce block flatten",
        "guard.total_ladder_pct_of_allowance": "warn reduce block flatten",
        "guard": "reduce_multiplier resume_next_day exit_cost_multiple",
        "guard.flatten_cost_model": "spread_pct slippage_pct commission_pct",
    },
    "trim": {"guard": "auto_trim"},
    "open_risk": {"guard.max_open_risk_pct": "setup grid"},
    "trade_risk": {"guard.risk_per_trade_pct": "setup grid"},
    "positions": {"guard.max_positions": "account per_symbol per_strategy setup grid"},
    "forecast": {"guard": "boundary_lookahead_min boundary_close_losers_min"},
    "news": {"guard": "news_extra_s"},
    "headroom": {"guard.headroom_reserve": "fx alts window"},
    "liquidation": {"guard": "min_liquidation_ratio"},
    "margin_ladder": {"guard.margin_ladder": "warn block reduce flatten", "guard": "max_margin_pct"},
    "correlation": {
        "guard.correlation": "max_same_direction group_risk_multiple currency_leg_pct quadrature_pct groups"
    },
    "streaks": {
        "guard.streaks": "losses_instrument losses_strategy stop_outs.n stop_outs.in_min pause_min "
        "reduced_trades",
    },
    "reentry": {"guard": "reentry_lock_min"},
    "executions": {"guard.executions": "n in_min"},
    "volatility": {"guard.volatility_halt": "sigma spread_multiple mark_gap_pct pause_min"},
    "funding": {"guard.funding_guard": "hold_r payment_r before_min"},
    "profit_protection": {"guard.profit_protection": "give_back_pct target_days_missing_multiplier"},
}

BINDINGS: Mapping[str, str] = {
    ".".join(part for part in (above, key) if part): rule
    for rule, places in READS.items()
    for above, keys in places.items()
    for key in keys.split()
}

# Keys that limit nothing, with who reads them.
NO_LIMITS: Mapping[str, str] = {
    "schema": "the reader of the file",
    "id": "the binding of the account",
    "version": "the binding of the account",
    "title": "people",
    "strategy_classes": "lint, against conduct",
    "account": "the binding of the account, and amounts that are shares of the initial balance",
    "clock": "the source of boundary events",
    "phases.rules": "resolve(), before any rule sees the ruleset",
    "sources": "people, and lint by their age",
    "unknown": "people, and lint by their assumptions",
    "signed": "lint",
}
# Remarks that any part may carry.
REMARKS = frozenset({"id", "source", "as_of", "confidence", "note", "why", "reason"})


def reader_of(path: str, bindings: Mapping[str, str] = BINDINGS) -> str | None:
    """Who reads a key of the schema; None where nobody does."""
    if path in bindings:
        return bindings[path]
    if path.split(".")[-1] in REMARKS:
        return "people"
    return next((who for start, who in NO_LIMITS.items() if f"{path}.".startswith(f"{start}.")), None)


def set_keys(values: object) -> Iterator[tuple[str, str]]:
    """(key of the schema, dotted path in the file) of everything that a dumped ruleset sets."""
    yield from _walk(values, "", "")


def _walk(values: object, schema: str, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(values, Mapping) and schema not in MAPPINGS:
        for key, value in values.items():
            yield from _walk(value, f"{schema}.{key}".lstrip("."), f"{place}.{key}".lstrip("."))
    elif isinstance(values, list | tuple) and any(isinstance(each, Mapping) for each in values):
        for number, each in enumerate(values):
            kind = f".{each.get('kind', 'floor')}" if schema == "limits" else ""
            yield from _walk(each, f"{schema}{kind}", f"{place}.{each.get('id', number)}")
    elif values is not None and values not in ((), [], {}):
        yield schema, place


# Keys whose value is a table with words of the user's own.
MAPPINGS = frozenset(
    {
        "exposure.leverage",
        "exposure.max_lots.per_order",
        "exposure.max_lots.per_symbol",
        "exposure.max_lots.total",
        "exposure.max_lots.per_day",
        "phases.rules.override",
        "guard.correlation.groups",
    }
)
