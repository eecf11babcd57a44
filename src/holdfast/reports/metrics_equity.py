"""Metrics that come from the equity curve: ratios, drawdowns and days."""

from __future__ import annotations

import polars as pl

from holdfast.reports import curve as curves
from holdfast.reports.frames import money
from holdfast.reports.tables import DRAW
from holdfast.reports.work import Values, Work, iso


def ratio_values(work: Work) -> Values:
    """Sharpe, Sortino, CAGR and Calmar (CAGR over the largest fall as a share, at closes)."""
    days, year = curves.daily(work.rows)
    values: Values = dict.fromkeys(("sharpe", "sortino", "cagr", "calmar")) | {"trading_days_per_year": year}
    shares = days["share"].drop_nulls().to_list()
    if days.height < curves.LEAST_DAYS or len(shares) < days.height:
        short = f"needs {curves.LEAST_DAYS} days of equity, has {days.height}"
        why = short if days.height < curves.LEAST_DAYS else "equity was lost entirely"
        work.missing |= dict.fromkeys(("sharpe", "sortino", "cagr", "calmar"), why)
        return values
    values["sharpe"] = curves.sharpe(shares, year)
    values["sortino"] = curves.sortino(shares, year)
    values["cagr"] = curves.cagr(work.rows["equity"][0], work.rows["equity"][-1], work.days)
    fall = curves.worst_share(work.rows)
    values["calmar"] = values["cagr"] / fall if fall > 0 and values["cagr"] is not None else None
    reasons = {"sharpe": "equity did not move", "sortino": "no day lost", "calmar": "equity never fell"}
    work.missing |= {name: why for name, why in reasons.items() if values[name] is None}
    return values


def drawdown_values(work: Work) -> Values:
    """The largest falls of equity at closes, inside bars, and of the booked balance."""
    closes, inside = curves.worst_drawdown(work.rows), curves.worst_drawdown(work.rows, "equity_low")
    if closes is None:
        work.missing |= dict.fromkeys(
            ("drawdown_start", "drawdown_end", "drawdown_recovered"), "equity never fell"
        )
    elif closes.recovered is None:
        work.missing["drawdown_recovered"] = "not recovered when the run ended"
    return {
        "max_drawdown_abs": closes.absolute if closes else 0.0,
        "max_drawdown_account": closes.share if closes else 0.0,
        "max_relative_drawdown": curves.worst_share(work.rows),
        "max_drawdown_high": closes.peak if closes else None,
        "max_drawdown_low": closes.trough if closes else None,
        "drawdown_start": iso(closes.start) if closes else None,
        "drawdown_end": iso(closes.end) if closes else None,
        "drawdown_recovered": iso(closes.recovered) if closes else None,
        "drawdown_duration_s": (closes.end - closes.start).total_seconds() if closes else 0.0,
        "under_water_max_s": curves.longest_under_water(work.rows).total_seconds(),
        "max_drawdown_intrabar_abs": inside.absolute if inside else 0.0,
        "max_drawdown_intrabar_account": curves.worst_share(work.rows, "equity_low"),
        "max_drawdown_balance_abs": _balance_fall(work.rows),
        "equity_min": float(work.rows["equity_low"].min() or 0.0),  # type: ignore[arg-type]
    }


def _balance_fall(rows: pl.DataFrame) -> float:
    """The fall of the booked balance alone, as tools that look at closed trades only would show it."""
    return float((rows["balance"].cum_max() - rows["balance"]).max() or 0.0)  # type: ignore[arg-type]


def day_values(work: Work) -> Values:
    """Days by the trades that closed in them (freqtrade's meaning), and by equity with open profit."""
    start = money(work.run.ledger.start)
    equity, year = curves.daily(work.rows)
    closed = work.trades.group_by(curves.day_of("closed", year).alias("day")).agg(pl.col("pnl").sum())
    booked = equity.select("day").join(closed, on="day", how="full", coalesce=True).sort("day")
    booked = booked.with_columns(pl.col("pnl").fill_null(0.0))
    values = _best_and_worst(
        booked.rename({"pnl": "change"}), "backtest_best_day", "backtest_worst_day", start
    )
    values |= _best_and_worst(equity, "best_day_equity", "worst_day_equity", start)
    change = booked["pnl"]
    return values | {
        "winning_days": int((change > DRAW).sum()),
        "draw_days": int((change.abs() <= DRAW).sum()),
        "losing_days": int((change < -DRAW).sum()),
    }


def _best_and_worst(days: pl.DataFrame, best: str, worst: str, start: float) -> Values:
    """Change in money, as a share of the starting balance, and the date, for the two extremes."""
    values: Values = {}
    ranked = days.sort("change", descending=True, maintain_order=True)
    for name, at in ((best, 0), (worst, -1)):
        row = ranked.row(at, named=True) if ranked.height else {"change": None, "day": None}
        values[f"{name}_abs"] = row["change"]
        values[name] = row["change"] / start if row["change"] is not None and start > 0 else None
        values[f"{name}_date"] = str(row["day"]) if row["day"] else None
    return values
