"""What the page's script draws from: the curve, the list of trades, and fills, notes and bars of the charts."""

from __future__ import annotations

from typing import Any

import polars as pl

from holdfast.reports.charts import packed, price_digits
from holdfast.reports.curve import curve
from holdfast.reports.page_risk import floor_lines
from holdfast.reports.result import RunResult
from holdfast.reports.tables import NO_NAME

CURVE_POINTS = 1_500  # buckets of the equity curve; each keeps its last row and its lowest
LISTED = 20_000  # trades in the list
LINES = {"stop_moved": "s", "target_moved": "t", "level_placed": "l"}


def page_data(run: RunResult, windows: pl.DataFrame) -> dict[str, Any]:
    """Plain data for the script; `run` is tidy, `windows` as `charts.windows` gives them."""
    charted = windows["trade_id"].unique(maintain_order=True)
    trades = listed(run, charted)
    return {
        "currency": run.currency,
        "start": run.ledger.start / 1e8,
        "limits": [{"name": name, "value": value} for name, value in run.limits.items()],
        "floors": floor_lines(run),
        "curve": _curve(run),
        "trades": _trades(trades),
        "charts": _charts(run, windows),
    }


def listed(run: RunResult, charted: pl.Series) -> pl.DataFrame:
    """The trades of the list in time order; beyond LISTED those with charts and the largest results."""
    trades = run.trades.drop_nulls("opened").sort("opened", "trade_id")
    if trades.height <= LISTED:
        return trades
    has_chart = pl.col("trade_id").is_in(charted.implode())
    ranked = trades.sort(has_chart, pl.col("pnl").abs(), descending=True, nulls_last=True)
    return ranked.head(LISTED).sort("opened", "trade_id")


def _curve(run: RunResult) -> dict[str, Any]:
    """Equity, balance, low and the drawdowns at closes and inside bars, thinned so that no low is lost."""
    peak = pl.col("equity").cum_max()
    rows = curve(run).with_columns(
        pl.when(peak > 0).then(pl.col("equity") / peak - 1).fill_null(0.0).alias("fall"),
        pl.when(peak > 0).then(pl.col("equity_low") / peak - 1).fill_null(0.0).alias("fall_low"),
    )
    if rows.height > 2 * CURVE_POINTS:
        rows = _thinned(rows)
    money = {name: rows[name].round(2).to_list() for name in ("balance", "equity", "equity_low")}
    falls = {name: (rows[name] * 100).round(3).to_list() for name in ("fall", "fall_low")}
    return {"t": rows["ts"].dt.epoch("s").to_list()} | money | falls


def _thinned(rows: pl.DataFrame) -> pl.DataFrame:
    bucket = (pl.int_range(pl.len()) * CURVE_POINTS // pl.len()).alias("bucket")
    numbered = rows.with_columns(bucket, pl.int_range(pl.len()).alias("row"))
    kept = numbered.group_by("bucket").agg(
        pl.col("row").last().alias("last"),
        pl.col("row").get(pl.col("fall_low").arg_min()).alias("lowest"),
        pl.col("row").get(pl.col("equity").arg_max()).alias("highest"),
    )
    chosen = pl.concat([kept["last"], kept["lowest"], kept["highest"], pl.Series([0])]).unique().sort()
    return rows[chosen.to_list()]


def _trades(trades: pl.DataFrame) -> dict[str, Any]:
    """Columns of the trade list; texts that repeat are numbers into `names`."""
    coded = ("pair", "strategy", "kind", "side", "tag", "exit_reason")
    names = {name: trades[name].fill_null(NO_NAME).replace("", NO_NAME) for name in coded}
    tables = {name: series.unique().sort().to_list() for name, series in names.items()}
    columns: dict[str, Any] = {
        name: [{text: number for number, text in enumerate(tables[name])}[text] for text in series]
        if len(tables[name]) > 1
        else [0] * len(series)
        for name, series in names.items()
    }
    columns["id"] = trades["trade_id"].to_list()
    columns["opened"] = trades["opened"].dt.epoch("s").to_list()
    columns["closed"] = trades["closed"].dt.epoch("s").to_list()
    columns["entries"] = trades["entries"].to_list()
    columns |= {
        name: _short(trades[name], 8) for name in ("entry_price", "exit_price", "quantity", "stop_price")
    }
    rounding = {
        "pnl": 6,
        "r": 3,
        "pnl_on_margin": 5,
        "fees": 2,
        "funding": 2,
        "rollover": 2,
        "slippage": 2,
        "mae": 2,
    }
    columns |= {name: trades[name].round(places).to_list() for name, places in rounding.items()}
    columns["mfe"] = trades["mfe"].round(2).to_list()
    return {"names": tables, "columns": columns}


def _short(series: pl.Series, digits: int) -> list[float | None]:
    return series.round_sig_figs(digits).to_list()


def _charts(run: RunResult, windows: pl.DataFrame) -> dict[str, Any]:
    """trade id -> bars (`charts.packed`), fills and notes of the trade."""
    keep = windows.select("trade_id").unique()
    pairs = dict(run.trades.select("trade_id", "pair").iter_rows())
    bars = {
        key[0]: part
        for key, part in windows.partition_by("trade_id", as_dict=True, maintain_order=True).items()
    }
    digits = _digits(bars, pairs)
    fills = _by_trade(_fill_rows(run.fills.join(keep, on="trade_id", how="semi")))
    notes = _by_trade(_note_rows(run.notes.join(keep, on="trade_id", how="semi"), windows))
    return {
        str(trade): packed(part, digits[pairs[trade]])
        | {"f": fills.get(trade, []), "n": notes.get(trade, []), "j": int(part["joined"][0])}
        for trade, part in bars.items()
    }


def _digits(bars: dict[Any, pl.DataFrame], pairs: dict[int, str]) -> dict[str, int]:
    """Decimals of each pair's prices, from its first windows."""
    found: dict[str, int] = {}
    for trade, part in bars.items():
        pair = pairs[trade]
        found[pair] = max(found.get(pair, 0), price_digits(part["close"]), price_digits(part["high"]))
    return found


def _fill_rows(fills: pl.DataFrame) -> pl.DataFrame:
    """[time, role, buy 1 or sell 0, price, quantity, index, fee, maker] of each fill."""
    return fills.sort("ts", "fill_id").select(
        "trade_id",
        pl.col("ts").dt.epoch("s"),
        pl.col("role").fill_null("exit"),
        (pl.col("side") == "buy").cast(pl.Int8),
        pl.col("price").round_sig_figs(9),
        pl.col("quantity").round_sig_figs(7),
        "index",
        pl.col("fee").round(4),
        pl.col("maker").cast(pl.Int8),
    )


def _note_rows(notes: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """[time, line, price, index or reason] of each change of a line; of many within one bar the last."""
    width = windows.group_by("trade_id").agg(pl.col("ts").diff().min().dt.total_seconds().alias("width"))
    lines = notes.filter(pl.col("kind").is_in(list(LINES)) & pl.col("price").is_not_null()).join(
        width, on="trade_id", how="left"
    )
    name = pl.coalesce(pl.col("index").cast(pl.String), pl.col("reason"), pl.lit(""))
    seconds = pl.col("ts").dt.epoch("s")
    return (
        lines.sort("ts")
        .with_columns(name.alias("name"), (seconds // pl.col("width").fill_null(1).clip(1)).alias("bar"))
        .group_by("trade_id", "kind", "name", "bar", maintain_order=True)
        .last()
        .sort("ts", maintain_order=True)
        .select(
            "trade_id",
            seconds,
            pl.col("kind").replace_strict(LINES),
            pl.col("price").round_sig_figs(9),
            "name",
        )
    )


def _by_trade(rows: pl.DataFrame) -> dict[int, list[list[Any]]]:
    grouped: dict[int, list[list[Any]]] = {}
    for trade, *values in rows.iter_rows():
        grouped.setdefault(trade, []).append(values)
    return grouped
