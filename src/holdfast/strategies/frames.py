"""Small helpers between bars, arrays and plan frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from holdfast.history.names import parse_timeframe
from holdfast.strategies.indicators import Flags, Floats


def column(frame: pl.DataFrame, name: str) -> Floats:
    """One column as a float64 array, without a copy where it has a single chunk."""
    return frame[name].cast(pl.Float64).to_numpy()


def ohlc(frame: pl.DataFrame) -> tuple[Floats, Floats, Floats, Floats]:
    """Open, high, low and close."""
    return column(frame, "open"), column(frame, "high"), column(frame, "low"), column(frame, "close")


def closing(frame: pl.DataFrame, timeframe: str) -> pl.Series:
    """Instant at which each bar is known: `closes` where the frame has it, else opening time + length."""
    if "closes" in frame.columns:
        return frame["closes"].alias("ts")
    length = pl.duration(nanoseconds=parse_timeframe(timeframe).ns)
    return frame.select((pl.col("ts") + length).alias("ts"))["ts"]


def epoch(series: pl.Series) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Instants as integer nanoseconds UTC."""
    return series.dt.epoch("ns").to_numpy()


def constant(text: str, length: int) -> pl.Series:
    """A column that says the same on every row, one byte each."""
    return pl.Series([text], dtype=pl.Enum([text])).new_from_index(0, length)


def where_text(flags: Flags, text: str) -> pl.Series:
    """`text` where the flag is set, none elsewhere."""
    return pl.select(pl.when(pl.Series(flags)).then(pl.lit(text, pl.Enum([text])))).to_series()


def plan_frame(ts: pl.Series, columns: Mapping[str, Any]) -> pl.DataFrame:
    """A plan table; columns given as None are left out, since an absent column means "none"."""
    present = {name: values for name, values in columns.items() if values is not None}
    return pl.DataFrame({"ts": ts, **present})
