"""Results of closed trades by pair, strategy, tag, exit reason and month; a grid cycle is one trade."""

from __future__ import annotations

import polars as pl

from holdfast.reports.curve import curve
from holdfast.reports.frames import closed_trades, money, tidy
from holdfast.reports.result import RunResult

GROUPS = ("pair", "strategy", "tag", "exit_reason", "kind", "side")
COSTS = ("fees", "funding", "rollover", "slippage")
DRAW = 5e-9  # half of the smallest unit of money: a result nearer to zero is a draw
NO_NAME = "(none)"


def grouped(result: RunResult, by: str) -> pl.DataFrame:
    """One row for each value of column `by`, best result first.

    key, trades, wins, draws, losses, winrate, profit_total_abs (money), profit_total (share of the starting
    balance), profit_mean (mean of the trades' profit on margin), profit_factor, r_mean, holding_avg_s, best,
    worst (money), fees, funding, rollover, slippage. What cannot be said is null.
    """
    trades = closed_trades(tidy(result, "trades")).with_columns(
        pl.col(by).fill_null(NO_NAME).replace("", NO_NAME).alias("key")
    )
    rows = trades.group_by("key").agg(*aggregates(money(result.ledger.start)))
    return rows.sort("profit_total_abs", "key", descending=[True, False])


def total(result: RunResult) -> pl.DataFrame:
    """The same columns over all closed trades, in one row with key TOTAL."""
    trades = closed_trades(tidy(result, "trades")).with_columns(pl.lit("TOTAL").alias("key"))
    return trades.select(pl.lit("TOTAL").alias("key"), *aggregates(money(result.ledger.start)))


def months(result: RunResult) -> pl.DataFrame:
    """One row for each calendar month of the run (UTC): what closed in it, and how equity moved through it.

    month (first day), trades, wins, draws, losses, winrate, profit_total_abs: of the trades closed in it;
    equity_start, equity_end, profit_equity_abs (the difference), profit_equity (as share of equity_start).
    """
    run = tidy(result, "trades", "equity")
    moved = _month_equity(curve(run))
    closed = closed_trades(run).with_columns(_month("closed")).group_by("month").agg(*_outcomes())
    counts = pl.col("trades", "wins", "draws", "losses").fill_null(0)
    return (
        moved.join(closed, on="month", how="full", coalesce=True)
        .sort("month")
        .with_columns(counts, pl.col("profit_total_abs").fill_null(0.0))
    )


def _month(column: str) -> pl.Expr:
    """A row at midnight of the first belongs to the month that ends there."""
    return (pl.col(column) - pl.duration(nanoseconds=1)).dt.date().dt.month_start().alias("month")


def _month_equity(rows: pl.DataFrame) -> pl.DataFrame:
    ends = rows[1:].with_columns(_month("ts")).group_by("month", maintain_order=True)
    moved = ends.agg(pl.col("equity").last().alias("equity_end"))
    before = pl.col("equity_end").shift(1, fill_value=rows["equity"][0])
    change = pl.col("equity_end") - before
    return moved.select(
        "month",
        before.alias("equity_start"),
        "equity_end",
        change.alias("profit_equity_abs"),
        pl.when(before > 0).then(change / before).alias("profit_equity"),
    )


def _outcomes() -> list[pl.Expr]:
    pnl = pl.col("pnl").fill_null(0.0)
    wins, losses = (pnl > DRAW).sum(), (pnl < -DRAW).sum()
    return [
        pl.len().cast(pl.Int64).alias("trades"),
        wins.cast(pl.Int64).alias("wins"),
        (pnl.abs() <= DRAW).sum().cast(pl.Int64).alias("draws"),
        losses.cast(pl.Int64).alias("losses"),
        pl.when(pl.len() > 0).then(wins / pl.len()).alias("winrate"),
        pnl.sum().alias("profit_total_abs"),
    ]


def aggregates(start: float) -> list[pl.Expr]:
    """Expressions for one row of a results table over trades; `start` is the starting balance."""
    pnl = pl.col("pnl").fill_null(0.0)
    lost = -pnl.filter(pnl < 0).sum()
    held = (pl.col("closed") - pl.col("opened")).dt.total_seconds(fractional=True)
    return [
        *_outcomes(),
        (pnl.sum() / start if start > 0 else pl.lit(None, dtype=pl.Float64)).alias("profit_total"),
        pl.col("pnl_on_margin").mean().alias("profit_mean"),
        pl.when(lost > 0).then(pnl.filter(pnl > 0).sum() / lost).alias("profit_factor"),
        pl.col("r").mean().alias("r_mean"),
        held.mean().alias("holding_avg_s"),
        pl.col("pnl").max().alias("best"),
        pl.col("pnl").min().alias("worst"),
        *(pl.col(cost).fill_null(0.0).sum() for cost in COSTS),
    ]
