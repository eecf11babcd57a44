"""Plan rows against plan rows: which values differ, as prices in ticks, flags, texts and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from holdfast.strategies.plan import FLAGS, PRICES
from holdfast.strategies.strategy import BarSet

RELATIVE = 1e-9  # of a number: less is the same, and the nudge that finds near ties


@dataclass(frozen=True)
class Difference:
    """One value that is not what it should be."""

    test: str  # look-ahead | recursion
    pair: str
    column: str
    time: str  # close of the row's bar, UTC
    backtest: str  # value of the full history
    again: str  # value with later bars removed, or over exactly the window


def differing(
    expected: pl.DataFrame, found: pl.DataFrame, bars: BarSet, test: str
) -> Iterator[tuple[Difference, int]]:
    """Values that differ, with their row in the two frames."""
    for name in sorted({*expected.columns, *found.columns} - {"ts"}):
        left, right = (values_of(frame, name) for frame in (expected, found))
        for row in np.flatnonzero(~same(left, right, name, bars.tick_size)):
            when = f"{expected['ts'][int(row)]:%Y-%m-%d %H:%M}"
            yield Difference(test, bars.pair, name, when, word(left[row]), word(right[row])), int(row)


def values_of(frame: pl.DataFrame, name: str) -> np.ndarray[Any, Any]:
    """A column as an array; an absent one means none in every row."""
    if name not in frame.columns:
        return np.full(frame.height, False if name in FLAGS else np.nan)
    values = frame[name]
    if values.dtype == pl.Float64:
        return values.to_numpy()
    if values.dtype == pl.Boolean:
        return values.fill_null(value=False).to_numpy()
    return np.array([str(value) if value is not None else "" for value in values], dtype=object)


def same(left: Any, right: Any, name: str, tick: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Row by row: prices equal after rounding to ticks, other numbers nearly, everything else exactly."""
    if left.dtype.kind != "f" or right.dtype.kind != "f":
        return np.asarray(left == right)
    both_none = np.isnan(left) & np.isnan(right)
    if name in PRICES and tick > 0:
        return np.asarray((np.round(left / tick) == np.round(right / tick)) | both_none)
    return np.asarray(np.isclose(left, right, rtol=RELATIVE, atol=0.0) | both_none)


def word(value: Any) -> str:
    """A value of a plan table as people read it; none where it says nothing."""
    if isinstance(value, float | np.floating):
        return "none" if np.isnan(value) else f"{value:.10g}"
    return str(value) if str(value) else "none"
