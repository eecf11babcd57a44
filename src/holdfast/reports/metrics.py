"""The summary metrics of a run, under the names that freqtrade users know where the meaning is the same.

Money is in account currency, shares are of 1 (0.05 = 5 %), durations in seconds, times in ISO UTC. A number
that cannot be said honestly is None, and `missing` says why: nothing is infinite and nothing is NaN.
Differences to freqtrade, on purpose: Sharpe, Sortino and Calmar come from daily equity with open profit
(`curve.py`), drawdowns from equity at the bars' closes (`max_drawdown_*`) and at the adverse extremes of all
open positions together (`max_drawdown_intrabar_*`) instead of from closed trades.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import polars as pl

from holdfast.reports.frames import instant, money
from holdfast.reports.metrics_equity import day_values, drawdown_values, ratio_values
from holdfast.reports.metrics_trades import extreme_values, holding_values, outcome_values, quality_values
from holdfast.reports.result import RunResult
from holdfast.reports.work import Values, Work, iso, mean


@dataclass(frozen=True)
class Metrics:
    """`values`: name -> number, text, mapping or None; `missing`: name -> why it is None."""

    values: Values
    missing: dict[str, str]


def measure(result: RunResult) -> Metrics:
    """All summary metrics of a run."""
    work = Work.of(result)
    values: Values = {}
    for part in _PARTS:
        values |= part(work)
    return Metrics({name: _finite(value) for name, value in values.items()}, work.missing)


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _span(work: Work) -> Values:
    days = work.days
    if not days:
        work.missing["trades_per_day"] = "the run has no length"
    return {
        "backtest_start": iso(instant(work.run.start)),
        "backtest_end": iso(instant(work.run.end)),
        "backtest_days": round(days, 4),
        "total_trades": work.trades.height,
        "trades_per_day": work.trades.height / days if days else None,
        "trades_left_open": work.run.trades.height - work.trades.height,
        "trade_count_long": int((work.trades["side"] == "long").sum()),
        "trade_count_short": int((work.trades["side"] == "short").sum()),
        "setup_count": int((work.trades["kind"] == "setup").sum()),
        "cycle_count": int((work.trades["kind"] == "grid").sum()),
        "leg_count": int((work.run.fills["role"] == "entry").sum()),
        "fill_count": work.run.fills.height,
        "liquidation_count": int(
            work.run.fills.filter(pl.col("role") == "liquidation")["trade_id"].n_unique()
        ),
    }


def _money(work: Work) -> Values:
    start, final = money(work.run.ledger.start), money(work.run.ledger.balance)
    gained = money(work.run.ledger.balance - work.run.ledger.start - work.run.ledger.cash_flows)
    equity = work.run.equity.sort("ts")["equity"].drop_nulls()
    sides = {side: work.trades.filter(pl.col("side") == side)["pnl"].sum() for side in ("long", "short")}
    return {
        "stake_currency": work.run.currency,
        "starting_balance": start,
        "final_balance": final,
        "final_equity": equity[-1] if len(equity) else final,
        "profit_total_abs": gained,
        "profit_total": gained / start if start > 0 else None,
        "profit_total_long_abs": sides["long"],
        "profit_total_short_abs": sides["short"],
        "profit_mean": work.trades["pnl_on_margin"].mean(),
        "profit_median": work.trades["pnl_on_margin"].median(),
        "profit_mean_on_notional": work.trades["pnl_on_notional"].mean(),
        "profit_mean_abs": work.trades["pnl"].mean(),
        "total_volume": float(work.run.fills["value"].abs().sum()),
        "market_change": mean(list(work.run.market_change.values())),
    }


def _costs(work: Work) -> Values:
    """Costs as positive money out. Slippage is already inside the fills' prices, so inside `realized`."""
    book = work.run.ledger
    slippage = float(work.run.fills["slippage_cost"].sum() or 0.0)
    fees, funding, rollover = money(book.fees), money(-book.funding), money(-book.rollover)
    return {
        "profit_gross_abs": money(book.realized),
        "fees_abs": fees,
        "funding_abs": funding,
        "rollover_abs": rollover,
        "slippage_abs": slippage,
        "costs_abs": fees + funding + rollover + slippage,
    }


_PARTS = (
    _span,
    _money,
    outcome_values,
    quality_values,
    ratio_values,
    drawdown_values,
    holding_values,
    extreme_values,
    day_values,
    _costs,
)
