"""Metrics that come from the closed trades one by one."""

from __future__ import annotations

import math
from collections.abc import Callable

import polars as pl

from holdfast.reports.frames import instant
from holdfast.reports.result import RunResult
from holdfast.reports.tables import DRAW, grouped
from holdfast.reports.wording import duration
from holdfast.reports.work import Values, Work, iso

LEAST_TRADES = 10  # below it, a system quality number says nothing


def outcome_values(work: Work) -> Values:
    """Wins, draws, losses and their longest streaks."""
    results = work.results
    wins = sum(result > DRAW for result in results)
    losses = sum(result < -DRAW for result in results)
    if not results:
        work.missing["winrate"] = "no trade was closed"
    return {
        "wins": wins,
        "draws": len(results) - wins - losses,
        "losses": losses,
        "winrate": wins / len(results) if results else None,
        "max_consecutive_wins": _streak(results, lambda result: result > DRAW),
        "max_consecutive_losses": _streak(results, lambda result: result < -DRAW),
    }


def _streak(results: list[float], counts: Callable[[float], bool]) -> int:
    longest = run = 0
    for result in results:
        run = run + 1 if counts(result) else 0
        longest = max(longest, run)
    return longest


def quality_values(work: Work) -> Values:
    """Profit factor, expectancy (money a trade), its ratio (to the average loss) and SQN.

    The ratio is freqtrade's (1 + average win / average loss) x winrate - 1 wherever no trade is a draw.
    """
    results = work.results
    won = [result for result in results if result > DRAW]
    lost = [-result for result in results if result < -DRAW]
    names = ("profit_factor", "expectancy", "expectancy_ratio", "sqn")
    values: Values = dict.fromkeys(names)
    if not results:
        work.missing |= dict.fromkeys(names, "no trade was closed")
        return values | _r_values(work)
    values["expectancy"] = sum(results) / len(results)
    if lost:
        values["profit_factor"] = sum(won) / sum(lost)
        values["expectancy_ratio"] = values["expectancy"] / (sum(lost) / len(lost))
    else:
        work.missing |= dict.fromkeys(("profit_factor", "expectancy_ratio"), "no trade lost")
    values["sqn"] = _sqn(results, work.missing)
    return values | _r_values(work)


def _r_values(work: Work) -> Values:
    r = work.trades["r"].drop_nulls()
    if not len(r):
        work.missing["r_mean"] = "no trade has an initial risk"
    return {"r_mean": r.mean(), "r_total": r.sum() if len(r) else None}


def _sqn(results: list[float], missing: dict[str, str]) -> float | None:
    """Van Tharp's system quality number: root of n times mean over standard deviation (n - 1)."""
    count = len(results)
    if count < LEAST_TRADES:
        missing["sqn"] = f"needs {LEAST_TRADES} trades, has {count}"
        return None
    mean = sum(results) / count
    spread = math.sqrt(sum((result - mean) ** 2 for result in results) / (count - 1))
    if spread == 0:
        missing["sqn"] = "all trades ended alike"
        return None
    return math.sqrt(count) * mean / spread


def holding_values(work: Work) -> Values:
    """How long trades were held, and how much of the time something was."""
    held = (pl.col("closed") - pl.col("opened")).dt.total_seconds(fractional=True)
    timed = work.trades.select(held.alias("held"), pl.col("pnl").fill_null(0.0))
    won, lost = timed.filter(pl.col("pnl") > DRAW)["held"], timed.filter(pl.col("pnl") < -DRAW)["held"]
    return {
        "holding_avg_s": timed["held"].mean(),
        "winner_holding_avg_s": won.mean(),
        "loser_holding_avg_s": lost.mean(),
        "holding_max_s": timed["held"].max(),
        "holding_avg": _words(timed["held"]),
        "winner_holding_avg": _words(won),
        "loser_holding_avg": _words(lost),
        "exposure_time": _exposure(work.run),
        "max_positions": int(work.run.equity["positions"].max() or 0),  # type: ignore[arg-type]
    }


def _words(held: pl.Series) -> str | None:
    """The mean of durations as people say it."""
    spans = held.drop_nulls().to_list()
    return duration(sum(spans) / len(spans)) if spans else None


def _exposure(run: RunResult) -> float | None:
    """Share of the run in which at least one trade was open."""
    length = (instant(run.end) - instant(run.start)).total_seconds()
    if length <= 0:
        return None
    spans = run.trades.drop_nulls("opened").sort("opened")
    ends = spans["closed"].fill_null(instant(run.end)).to_list()
    covered, until = 0.0, instant(run.start)
    for opened, closed in zip(spans["opened"].to_list(), ends, strict=True):
        if closed > until:
            covered += (closed - max(opened, until)).total_seconds()
            until = closed
    return min(covered / length, 1.0)


def extreme_values(work: Work) -> Values:
    """Best and worst pair and trade."""
    pairs = grouped(work.run, "pair").select("key", "trades", "profit_total_abs", "profit_total").to_dicts()
    names = ("trade_id", "pair", "strategy", "pnl", "pnl_on_margin", "r", "exit_reason", "opened", "closed")
    ranked = work.trades.drop_nulls("pnl").sort("pnl", descending=True, maintain_order=True).select(names)
    rows = [ranked.row(at, named=True) for at in ((0, -1) if ranked.height else ())]
    told = [row | {"opened": iso(row["opened"]), "closed": iso(row["closed"])} for row in rows]
    best, worst = told or (None, None)
    return {
        "best_pair": pairs[0] if pairs else None,
        "worst_pair": pairs[-1] if pairs else None,
        "best_trade": best,
        "worst_trade": worst,
    }
