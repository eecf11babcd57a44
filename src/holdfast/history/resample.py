"""Coarser bars from finer ones, closed bars only."""

from __future__ import annotations

import numpy as np
import polars as pl

from holdfast.errors import DataError, SettingsError
from holdfast.history.names import Timeframe, parse_timeframe
from holdfast.history.zones import Instants, boundaries

TS = pl.Datetime("ns", "UTC")


def resample(
    frame: pl.DataFrame,
    timeframe: str | Timeframe,
    zone: str = "UTC",
    *,
    base: str | Timeframe | None = None,
) -> pl.DataFrame:
    """Bars of `timeframe` from finer bars, with the instant at which each is known in the column `closes`.

    `frame`: ts (opening time), open, high, low, close, volume[, spread], ascending. Result: the same columns
    and `closes` (datetime[ns, UTC]); at an instant t the last closed coarser bar is the last one with closes
    <= t.

    Open is the first, high the greatest, low the least, close the last, volume the sum, spread the greatest
    (so that costs are not flattered). Buckets above an hour follow the day boundary of `zone`
    (`zones.parse_day_zone`); the label is the bucket's opening time in UTC. A bucket that lacks inner bars is
    kept, as exchanges keep it; the first bucket is dropped where the data begin inside it, and the last one
    where the data end before it closes, so a forming bar is never taken for a closed one.

    `base` is the length of the finer bars (default: the smallest step found).
    Raises SettingsError where `timeframe` is finer than the bars or no multiple of them.
    """
    target = timeframe if isinstance(timeframe, Timeframe) else parse_timeframe(timeframe)
    if frame.is_empty():
        return frame.with_columns(pl.lit(None, TS).alias("closes")).clear()
    ts = frame["ts"].dt.epoch("ns").to_numpy()
    step = _step(ts, target, base)
    edges = boundaries(int(ts[0]), int(ts[-1]), target, zone)
    bucket = np.searchsorted(edges, ts, side="right") - 1
    rows = np.flatnonzero(np.diff(bucket, prepend=-1))  # first finer bar of each bucket
    opens, closes = edges[bucket[rows]], edges[bucket[rows] + 1]
    low = 0 if ts[0] == opens[0] else 1
    high = len(rows) if ts[-1] + step >= closes[-1] else len(rows) - 1
    return _aggregate(frame, rows, opens, closes).slice(low, max(high - low, 0))


def _step(ts: Instants, target: Timeframe, base: str | Timeframe | None) -> int:
    """Length of the finer bars in ns, checked against the wanted one."""
    if base is not None:
        step = (base if isinstance(base, Timeframe) else parse_timeframe(base)).ns
    else:
        step = int(np.diff(ts).min()) if len(ts) > 1 else target.ns
    if step <= 0:
        raise DataError("The bars to resample are not in ascending order of time.", "Sort them by ts.")
    if step > target.ns or (target.name[-1] not in "wM" and target.ns % step):
        raise SettingsError(
            f"Bars of {step // 1_000_000_000} s cannot be made into {target.name} bars.",
            "Ask for a timeframe that is a multiple of the data's.",
        )
    return step


def _aggregate(frame: pl.DataFrame, rows: Instants, opens: Instants, closes: Instants) -> pl.DataFrame:
    """One row for each bucket; `rows` are the positions of the buckets' first bars."""
    last = np.append(rows[1:], frame.height) - 1
    columns = {
        "ts": pl.Series(opens).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC"),
        "open": frame["open"].to_numpy()[rows],
        "high": np.maximum.reduceat(frame["high"].to_numpy(), rows),
        "low": np.minimum.reduceat(frame["low"].to_numpy(), rows),
        "close": frame["close"].to_numpy()[last],
    }
    if "volume" in frame.columns:
        columns["volume"] = np.add.reduceat(frame["volume"].to_numpy(), rows)
    if "spread" in frame.columns:
        columns["spread"] = np.maximum.reduceat(frame["spread"].to_numpy(), rows)
    columns["closes"] = pl.Series(closes).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")
    return pl.DataFrame(columns)
