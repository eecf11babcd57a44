"""Two runs side by side: metrics with their differences, and the first trade in which they part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from holdfast.reports.frames import closed_trades, tidy
from holdfast.reports.metrics import measure
from holdfast.reports.result import RunResult
from holdfast.reports.work import Values

COMPARED = (
    "total_trades", "trades_per_day", "starting_balance", "final_balance", "profit_total_abs", "profit_total",
    "cagr", "sortino", "sharpe", "calmar", "sqn", "profit_factor", "expectancy", "expectancy_ratio", "r_mean",
    "winrate", "wins", "draws", "losses", "max_consecutive_wins", "max_consecutive_losses", "holding_avg_s",
    "winner_holding_avg_s", "loser_holding_avg_s", "exposure_time", "max_drawdown_abs", "max_drawdown_account",
    "max_drawdown_intrabar_abs", "max_drawdown_intrabar_account", "under_water_max_s", "liquidation_count",
    "total_volume", "fees_abs", "funding_abs", "rollover_abs", "slippage_abs", "costs_abs", "market_change",
)  # fmt: skip
MATCHED = (
    "strategy", "pair", "kind", "side", "tag", "opened", "closed", "entries", "quantity", "entry_price",
    "exit_price", "exit_reason", "pnl",
)  # fmt: skip
NEAR = 1e-9  # relative difference of two floats that is only their last digits


@dataclass(frozen=True)
class Comparison:
    """metrics: name -> (a, b, b - a or None); first_difference: the trade where they part, None if they do not."""

    same_state: bool  # equal state digests: the same end, down to the last field
    metrics: dict[str, tuple[Any, Any, float | None]]
    settings: dict[str, tuple[Any, Any]]  # what was configured differently
    first_difference: Values | None  # number (from 0), fields, a, b


def compare(a: RunResult, b: RunResult) -> Comparison:
    """Compare two runs; trades are matched by their order of closing."""
    one, other = measure(a).values, measure(b).values
    metrics = {name: (one[name], other[name], _difference(one[name], other[name])) for name in COMPARED}
    known = bool(a.state_digest) and bool(b.state_digest)
    return Comparison(
        known and a.state_digest == b.state_digest, metrics, _settings(a, b), first_difference(a, b)
    )


def _difference(one: Any, other: Any) -> float | None:
    return None if one is None or other is None else other - one


def _settings(a: RunResult, b: RunResult) -> dict[str, tuple[Any, Any]]:
    one = {"mode": a.mode, "strategy": a.strategy, "instruments": list(a.instruments)} | dict(a.config)
    other = {"mode": b.mode, "strategy": b.strategy, "instruments": list(b.instruments)} | dict(b.config)
    names = [*one, *(name for name in other if name not in one)]
    return {name: (one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)}


def first_difference(a: RunResult, b: RunResult) -> Values | None:
    """The first closed trade that the runs do not share, with the fields in which it differs."""
    rows = [closed_trades(tidy(run, "trades")).select(MATCHED).to_dicts() for run in (a, b)]
    for number in range(max(map(len, rows))):
        one, other = (own[number] if number < len(own) else None for own in rows)
        fields = _unlike(one, other)
        if fields:
            return {"number": number, "fields": fields, "a": one, "b": other}
    return None


def _unlike(one: Values | None, other: Values | None) -> list[str]:
    if one is None or other is None:
        return ["missing"]
    return [name for name in MATCHED if not _alike(one[name], other[name])]


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= NEAR * max(1.0, abs(one), abs(other))
    return bool(one == other)
