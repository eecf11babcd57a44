"""The frames of a run in one known shape, so that every table and page may rely on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl

from holdfast.reports.result import RunResult

INSTANT = pl.Datetime("ns", "UTC")
NUMBER = pl.Float64
COUNT = pl.Int64
TEXT = pl.String

Schema = dict[str, pl.DataType | type[pl.DataType]]

FILLS: Schema = {
    "ts": INSTANT, "fill_id": COUNT, "order_id": COUNT, "trade_id": COUNT, "pair": TEXT, "strategy": TEXT,
    "role": TEXT, "index": COUNT, "side": TEXT, "quantity": NUMBER, "price": NUMBER, "value": NUMBER,
    "fee": NUMBER, "maker": pl.Boolean, "realized": NUMBER, "slippage_cost": NUMBER,
}  # fmt: skip
TRADES: Schema = {
    "trade_id": COUNT, "strategy": TEXT, "pair": TEXT, "kind": TEXT, "side": TEXT, "tag": TEXT,
    "armed": INSTANT, "opened": INSTANT, "closed": INSTANT, "quantity": NUMBER, "entries": COUNT,
    "entry_price": NUMBER, "exit_price": NUMBER, "stop_price": NUMBER, "initial_risk": NUMBER,
    "realized": NUMBER, "fees": NUMBER, "funding": NUMBER, "rollover": NUMBER, "slippage": NUMBER,
    "pnl": NUMBER, "pnl_on_margin": NUMBER, "pnl_on_notional": NUMBER, "r": NUMBER, "mae": NUMBER,
    "mfe": NUMBER, "exit_reason": TEXT, "bars_held_seconds": NUMBER,
}  # fmt: skip
NOTES: Schema = {
    "ts": INSTANT, "trade_id": COUNT, "pair": TEXT, "strategy": TEXT, "kind": TEXT, "reason": TEXT,
    "index": COUNT, "price": NUMBER, "quantity": NUMBER, "value": NUMBER, "limit": NUMBER,
}  # fmt: skip
EQUITY: Schema = {
    "ts": INSTANT, "balance": NUMBER, "equity": NUMBER, "equity_low": NUMBER, "margin": NUMBER,
    "open_risk": NUMBER, "positions": COUNT,
}  # fmt: skip
ORDERS: Schema = {
    "ts": INSTANT, "order_id": COUNT, "trade_id": COUNT, "pair": TEXT, "role": TEXT, "index": COUNT,
    "side": TEXT, "type": TEXT, "price": NUMBER, "quantity": NUMBER, "closed_ts": INSTANT, "status": TEXT,
}  # fmt: skip
FRAMES: dict[str, Schema] = {
    "fills": FILLS, "trades": TRADES, "notes": NOTES, "equity": EQUITY, "orders": ORDERS,
}  # fmt: skip


def tidy(result: RunResult, *names: str) -> RunResult:
    """The run with the named frames, or all, in their full schema: absent columns and NaN are null, time is UTC ns.

    Notes are many: who does not read them names what it reads."""
    wanted = {name: FRAMES[name] for name in names or FRAMES}
    frames: dict[str, Any] = {name: shaped(getattr(result, name), schema) for name, schema in wanted.items()}
    return replace(result, **frames)


def plain_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """Texts as texts for whoever reads a file; in memory a run keeps each of them once (Enum)."""
    return frame.cast({pl.Enum: TEXT})


def shaped(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """`frame` with exactly the columns and types of `schema`; columns beyond it are left out."""
    if frame.width == 0:
        return pl.DataFrame(schema=schema)
    return frame.select(_column(frame, name, kind) for name, kind in schema.items())


def _column(frame: pl.DataFrame, name: str, kind: pl.DataType | type[pl.DataType]) -> pl.Expr:
    if name not in frame.columns:
        return pl.lit(None).cast(kind).alias(name)
    column = pl.col(name)
    if kind == INSTANT:
        return _instant(column, frame.schema[name])
    if kind == NUMBER:
        number = column.cast(NUMBER)
        return pl.when(number.is_finite()).then(number).alias(name)
    return column.cast(kind)


def _instant(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    if isinstance(kind, pl.Datetime) and kind.time_zone is None:
        return column.dt.replace_time_zone("UTC").cast(INSTANT)
    if isinstance(kind, pl.Datetime):
        return column.dt.convert_time_zone("UTC").cast(INSTANT)
    return pl.from_epoch(column.cast(pl.Int64), time_unit="ns").dt.replace_time_zone("UTC")


def instant(text: str) -> datetime:
    """An ISO time as UTC; a time without zone is UTC already."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def closed_trades(result: RunResult) -> pl.DataFrame:
    """The trades whose outcome is known, in the order in which they closed."""
    return result.trades.filter(pl.col("closed").is_not_null()).sort("closed", "trade_id")


def money(units: int) -> float:
    """Integer money in 1e-8 as a number for people."""
    return units / 100_000_000
