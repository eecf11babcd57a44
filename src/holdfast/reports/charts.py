"""The bars around each trade: what a page needs to draw it, cut to size so that a run of any length fits a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from holdfast.reports.frames import INSTANT, Schema, instant, tidy
from holdfast.reports.result import RunResult

MOST_BARS = 300  # of one chart; more are joined into longer bars
BUDGET = 250_000  # bars of all charts together, about 5 MB of a page
BEFORE, AFTER = 40, 20  # least bars shown before and after a trade
JOINS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 240, 360, 720, 1440)

WINDOWS: Schema = {
    "trade_id": pl.Int64, "ts": INSTANT, "open": pl.Float64, "high": pl.Float64, "low": pl.Float64,
    "close": pl.Float64, "joined": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True)
class _Bars:
    ts: NDArray[np.int64]  # ns, opening times, ascending
    prices: dict[str, NDArray[np.float64]]


def windows(result: RunResult, bars: Mapping[str, pl.DataFrame], budget: int = BUDGET) -> pl.DataFrame:
    """The bars around the trades, the most relevant first until `budget` bars are spent. Columns: WINDOWS.

    bars: pair -> frame with ts (opening time), open, high, low, close. joined: how many bars of the source one
    row stands for. Relevance: liquidations, then the largest results in money, gains and losses alike.
    """
    series = {pair: _series(frame) for pair, frame in bars.items() if frame.height}
    parts: list[pl.DataFrame] = []
    spent = 0
    for trade in _by_relevance(tidy(result, "trades")):
        if trade["pair"] not in series:
            continue
        part = _window(series[trade["pair"]], trade, instant(result.end))
        if spent + part.height > budget:
            break
        spent += part.height
        parts.append(part)
    return pl.concat(parts) if parts else pl.DataFrame(schema=WINDOWS)


def _series(frame: pl.DataFrame) -> _Bars:
    rows = frame.sort("ts")
    times = rows["ts"].cast(pl.Datetime("ns")).cast(pl.Int64).to_numpy()
    return _Bars(
        times, {name: rows[name].cast(pl.Float64).to_numpy() for name in ("open", "high", "low", "close")}
    )


def _by_relevance(run: RunResult) -> Iterator[dict[str, Any]]:
    liquidated = pl.col("exit_reason").fill_null("").str.contains("liquidat")
    order = run.trades.drop_nulls("opened").with_columns(
        liquidated.alias("liquidated"), pl.col("pnl").abs().fill_null(0.0).alias("size")
    )
    ranked = order.sort("liquidated", "size", descending=True, maintain_order=True)
    return ranked.select("trade_id", "pair", "armed", "opened", "closed").iter_rows(named=True)


def _window(series: _Bars, trade: dict[str, Any], end: Any) -> pl.DataFrame:
    """The slice of bars around one trade, joined where it is too long for a chart."""
    first = _index(series, min(trade["armed"] or trade["opened"], trade["opened"]))
    last = _index(series, trade["closed"] or end)
    span = last - first + 1
    start = max(0, first - max(BEFORE, span // 4))
    stop = min(len(series.ts), last + 1 + max(AFTER, span // 8))
    return _joined(series, start, stop, trade["trade_id"])


def _index(series: _Bars, moment: Any) -> int:
    """The bar that an instant falls into."""
    ns = pl.Series([moment], dtype=INSTANT).cast(pl.Int64)[0]
    return max(0, int(np.searchsorted(series.ts, ns, side="right")) - 1)


def _joined(series: _Bars, start: int, stop: int, trade_id: int) -> pl.DataFrame:
    need = -(-(stop - start) // MOST_BARS)
    joined = next((join for join in JOINS if join >= need), need)
    at = np.arange(0, stop - start, joined)
    cut = {name: prices[start:stop] for name, prices in series.prices.items()}
    ends = np.append(at[1:], stop - start) - 1
    return (
        pl.DataFrame(
            {
                "trade_id": np.full(len(at), trade_id),
                "ts": series.ts[start:stop][at],
                "open": cut["open"][at],
                "high": np.maximum.reduceat(cut["high"], at),
                "low": np.minimum.reduceat(cut["low"], at),
                "close": cut["close"][ends],
                "joined": np.full(len(at), joined),
            }
        )
        .with_columns(pl.from_epoch("ts", time_unit="ns").dt.replace_time_zone("UTC"))
        .cast(pl.Schema(WINDOWS))
    )


def packed(rows: pl.DataFrame, digits: int) -> dict[str, Any]:
    """One window in few characters: times as steps of a common divisor, prices as differences of integers.

    t: first time (s), d: seconds of one step, s: steps from bar to bar (absent when all are 1), p: digits,
    c: close before the first bar, v: four numbers a bar: open - close before, high above and low below the
    body, close - open.
    """
    times = rows["ts"].dt.epoch("s").to_numpy()
    gaps = np.diff(times)
    step = int(np.gcd.reduce(gaps)) if len(gaps) else 1
    scale = 10.0**digits
    o, h, lo, c = (
        np.rint(rows[name].to_numpy() * scale).astype(np.int64) for name in ("open", "high", "low", "close")
    )
    before = np.concatenate([o[:1], c[:-1]])
    values = np.column_stack([o - before, h - np.maximum(o, c), np.minimum(o, c) - lo, c - o])
    pack = {"t": int(times[0]), "d": step, "p": digits, "c": int(o[0]), "v": values.ravel().tolist()}
    steps = gaps // step
    return pack if (steps == 1).all() else pack | {"s": steps.tolist()}


def price_digits(prices: pl.Series, most: int = 8) -> int:
    """The fewest decimals that hold every price of the series, at most `most`."""
    values = prices.drop_nulls().to_numpy()
    for digits in range(most):
        scaled = values * 10.0**digits
        if np.all(np.abs(scaled - np.rint(scaled)) <= 1e-6 * np.maximum(1.0, np.abs(scaled) * 1e-6)):
            return digits
    return most
