"""The view by leg: every entry fill of a trade matched with the exits that closed it.

Results are counted by trade, a whole cycle of a grid being one; a leg that "took profit" can belong to a
cycle that lost. The legs are shown beside the trades to see where a cycle earned and paid.

An exit first closes the entries of its own level (grids with an exit for each level), then the oldest ones.
The money of a leg is the price difference at the closing fill's rate, minus its parts of both fees. The core
books against the average entry, so a leg may differ from the core's booking while a trade's sum does not.
Funding and rollover belong to the trade and are not divided.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import polars as pl

from holdfast.reports.frames import INSTANT, Schema, tidy
from holdfast.reports.result import RunResult

TINY = 1e-12  # quantity that is rounding dust of the float frames, relative to the fill

LEGS: Schema = {
    "trade_id": pl.Int64, "pair": pl.String, "strategy": pl.String, "side": pl.String, "level": pl.Int64,
    "entry_ts": INSTANT, "exit_ts": INSTANT, "quantity": pl.Float64, "entry_price": pl.Float64,
    "exit_price": pl.Float64, "exit_role": pl.String, "gross": pl.Float64, "fees": pl.Float64,
    "net": pl.Float64,
}  # fmt: skip


@dataclass
class _Open:
    """An entry fill with what of it is still open."""

    fill: dict[str, Any]
    left: float


def legs(result: RunResult) -> pl.DataFrame:
    """One row for each matched piece of an entry; pieces that are still open have null exits. Columns: LEGS.

    level is the entry's level (grid) or 0; gross, fees and net are in account currency; net = gross - fees.
    """
    run = tidy(result, "trades", "fills")
    grids = set(run.trades.filter(pl.col("kind") == "grid")["trade_id"])
    fills: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for fill in run.fills.sort("ts", "fill_id").iter_rows(named=True):
        fills[fill["trade_id"]].append(fill)
    rows = [leg for trade, own in fills.items() for leg in _match(own, trade in grids)]
    return pl.DataFrame(rows, schema=LEGS, orient="row").sort("entry_ts", "trade_id", "level", "exit_ts")


def _match(fills: list[dict[str, Any]], by_level: bool) -> list[dict[str, Any]]:
    opened: list[_Open] = []
    rows = []
    for fill in fills:
        if fill["role"] == "entry":
            opened.append(_Open(fill, fill["quantity"]))
        else:
            rows += _close(opened, fill, by_level and fill["role"] == "target")
    rows += [
        _leg(piece.fill, None, piece.left) for piece in opened if piece.left > TINY * piece.fill["quantity"]
    ]
    return rows


def _close(opened: list[_Open], fill: dict[str, Any], by_level: bool) -> list[dict[str, Any]]:
    """Take an exit's quantity from the open pieces: own level first where levels exit alone, then oldest."""
    own = [piece for piece in opened if by_level and piece.fill["index"] == fill["index"]]
    left, rows = fill["quantity"], []
    for piece in own + [piece for piece in opened if piece not in own]:
        part = min(left, piece.left)
        if part > TINY * fill["quantity"]:
            rows.append(_leg(piece.fill, fill, part))
            piece.left -= part
            left -= part
    return rows


def _leg(entry: dict[str, Any], out: dict[str, Any] | None, quantity: float) -> dict[str, Any]:
    long = entry["side"] == "buy"
    row = {name: entry[name] for name in ("trade_id", "pair", "strategy")} | {
        "side": "long" if long else "short", "level": entry["index"], "entry_ts": entry["ts"],
        "quantity": quantity, "entry_price": entry["price"],
    }  # fmt: skip
    if out is None:
        return row | {"fees": _part(entry, quantity)}
    gross = _gross(entry, out, quantity, 1 if long else -1)
    fees = _part(entry, quantity) + _part(out, quantity)
    net = gross - fees if gross is not None else None
    return row | {
        "exit_ts": out["ts"], "exit_price": out["price"], "exit_role": out["role"],
        "gross": gross, "fees": fees, "net": net,
    }  # fmt: skip


def _gross(entry: dict[str, Any], out: dict[str, Any], quantity: float, sign: int) -> float | None:
    """Money of the price difference; value / (price x quantity) of the exit is the worth of one unit."""
    traded = (out["price"] or 0) * out["quantity"]
    if not traded or out["value"] is None:
        return None
    moved: float = sign * (out["price"] - entry["price"]) * quantity
    return moved * float(abs(out["value"]) / abs(traded))


def _part(fill: dict[str, Any], quantity: float) -> float:
    """The share of a fill's fee that falls on `quantity` of it."""
    fee: float = (fill["fee"] or 0.0) * quantity / fill["quantity"]
    return fee


def by_level(result: RunResult) -> pl.DataFrame:
    """Closed legs of grid cycles by level: level, legs, wins, winrate, gross, fees, net (money)."""
    cycles = tidy(result, "trades").trades.filter(pl.col("kind") == "grid").select("trade_id")
    closed = legs(result).filter(pl.col("exit_ts").is_not_null()).join(cycles, on="trade_id", how="semi")
    won = (pl.col("net") > 0).sum().cast(pl.Int64)
    sums = [pl.col(name).sum() for name in ("gross", "fees", "net")]
    return (
        closed.group_by("level")
        .agg(
            pl.len().cast(pl.Int64).alias("legs"), won.alias("wins"), (won / pl.len()).alias("winrate"), *sums
        )
        .sort("level")
    )
