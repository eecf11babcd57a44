"""The equity curve: days, drawdowns and the ratios that are made of them.

A row of the equity frame belongs to the day that ends with it: a row at midnight closes the day before.
Ratios use daily equity, open profit included, in UTC days. A market that also trades on Saturdays has 365
days in its year; one that does not has 252, and the hours of its Sunday evening count to Monday.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from holdfast.reports.frames import INSTANT, instant, money
from holdfast.reports.result import RunResult

LEAST_DAYS = 30  # daily returns below which a yearly figure would be an accident in fine clothes
ALWAYS_OPEN, WEEKDAYS = 365, 252  # days in a year of trading


@dataclass(frozen=True)
class Drawdown:
    """One fall of a curve below its highest value so far. Money in account currency; shares of 1."""

    absolute: float
    share: float  # of the peak it fell from
    peak: float
    trough: float
    start: datetime  # last instant at the peak
    end: datetime  # instant of the trough
    recovered: datetime | None  # first instant back at the peak


def curve(result: RunResult) -> pl.DataFrame:
    """ts, balance, equity, equity_low; the starting balance leads, missing lows are the equity itself."""
    rows = result.equity.sort("ts").select("ts", "balance", "equity", "equity_low").drop_nulls("equity")
    start = money(result.ledger.start)
    first = pl.DataFrame(
        {"ts": [instant(result.start)], "balance": [start], "equity": [start], "equity_low": [start]},
        schema={"ts": INSTANT, "balance": pl.Float64, "equity": pl.Float64, "equity_low": pl.Float64},
    )
    low = pl.min_horizontal(pl.col("equity_low").fill_null(pl.col("equity")), "equity")
    return pl.concat([first, rows]).with_columns(
        low.alias("equity_low"), pl.col("balance").fill_null(strategy="forward")
    )


def daily(rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """(day, equity at its end, change in money, change as share) and the number of days in a year.

    The starting balance is the base of the first day, not a day of its own.
    """
    year = days_in_year(rows)
    dated = rows[1:].with_columns(day_of("ts", year).alias("day"))
    ends = dated.group_by("day", maintain_order=True).agg(pl.col("equity").last())
    if year == ALWAYS_OPEN and ends.height:
        ends = ends.sort("day").upsample("day", every="1d").with_columns(pl.col("equity").forward_fill())
    before = pl.col("equity").shift(1, fill_value=rows["equity"][0])
    change = pl.col("equity") - before
    share = pl.when(before > 0).then(change / before)
    return ends.with_columns(change.alias("change"), share.alias("share")), year


def days_in_year(rows: pl.DataFrame) -> int:
    """365 where at least half of the Saturdays in the run have rows, else 252."""
    days = rows[1:].select((pl.col("ts") - pl.duration(nanoseconds=1)).dt.date().unique().alias("day"))["day"]
    saturdays = int((days.dt.weekday() == 6).sum())
    weeks = int(days.dt.truncate("1w").n_unique())
    return ALWAYS_OPEN if 2 * saturdays >= weeks > 0 else WEEKDAYS


def day_of(column: str, year: int) -> pl.Expr:
    """The trading day of an instant: midnight ends a day, and Sunday is Monday where Saturday is closed."""
    day = (pl.col(column) - pl.duration(nanoseconds=1)).dt.date()
    if year == ALWAYS_OPEN:
        return day
    return pl.when(day.dt.weekday() == 7).then(day.dt.offset_by("1d")).otherwise(day)


def worst_drawdown(rows: pl.DataFrame, low: str = "equity") -> Drawdown | None:
    """The largest fall in money of column `low` below the highest equity so far; None where it never fell."""
    frame = rows.select("ts", pl.col("equity").cum_max().alias("peak"), "equity", pl.col(low).alias("low"))
    falls = frame["peak"] - frame["low"]
    at = falls.arg_max()
    if at is None or falls[at] <= 0:
        return None
    peak, trough = float(frame["peak"][at]), float(frame["low"][at])
    top = frame[: at + 1].filter(pl.col("equity") == peak)["ts"][-1]
    back = frame[at:].filter(pl.col("equity") >= peak)["ts"]
    recovered = back[0] if len(back) else None
    share = (peak - trough) / peak if peak > 0 else math.nan
    return Drawdown(peak - trough, share, peak, trough, top, frame["ts"][at], recovered)


def worst_share(rows: pl.DataFrame, low: str = "equity") -> float:
    """The largest fall as a share of its peak (it need not be the largest in money)."""
    peak = pl.col("equity").cum_max()
    return float(rows.select(pl.when(peak > 0).then((peak - pl.col(low)) / peak).max().fill_null(0.0)).item())


def longest_under_water(rows: pl.DataFrame) -> timedelta:
    """The longest time from a highest value until equity was back there, or until the end of the run."""
    tops = rows.filter(pl.col("equity") >= pl.col("equity").cum_max())["ts"]
    marks = pl.concat([tops, rows["ts"][-1:]])
    longest = marks.diff().max()
    return longest if isinstance(longest, timedelta) else timedelta(0)


def sharpe(shares: list[float], year: int) -> float | None:
    """Mean daily return over its standard deviation (n - 1), times the root of the days in a year."""
    mean = sum(shares) / len(shares)
    spread = math.sqrt(sum((share - mean) ** 2 for share in shares) / (len(shares) - 1))
    return mean / spread * math.sqrt(year) if spread > 0 else None


def sortino(shares: list[float], year: int) -> float | None:
    """Mean daily return over the root mean square of the losing days (all days counted), yearly."""
    mean = sum(shares) / len(shares)
    losing = math.sqrt(sum(min(share, 0.0) ** 2 for share in shares) / len(shares))
    return mean / losing * math.sqrt(year) if losing > 0 else None


def cagr(start: float, end: float, days: float) -> float | None:
    """Compound growth in a year of 365 calendar days, as a share; None where nothing is left to compound."""
    if start <= 0 or end <= 0 or days <= 0:
        return None
    growth = math.log(end / start) * 365 / days
    return math.expm1(growth) if growth < 300 else None
