"""Bars written by hand, and data folders made of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from holdfast.history.layout import BARS
from holdfast.history.names import SECOND, parse_timeframe

Row = tuple[float, float, float, float, float]


def instant(text: str) -> int:
    """Nanoseconds of an ISO time, UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


def bars_at(times: list[str], rows: list[Row]) -> pl.DataFrame:
    """Bars from ISO times (UTC) and (open, high, low, close, volume)."""
    columns = {name: [float(row[i]) for row in rows] for i, name in enumerate(list(BARS)[1:])}
    return _frame(np.array([instant(t) for t in times]), columns)


def steps_up(start: str, timeframe: str, count: int, price: float = 100.0) -> pl.DataFrame:
    """`count` bars, one higher each time, so that every row is told apart; volume 1 each."""
    ts = instant(start) + np.arange(count) * parse_timeframe(timeframe).ns
    level = price + np.arange(count, dtype=float)
    return _frame(
        ts, {"open": level, "high": level + 2, "low": level - 1, "close": level + 1, "volume": np.ones(count)}
    )


def _frame(ts: np.ndarray, columns: dict[str, object]) -> pl.DataFrame:
    times = pl.Series(ts.astype(np.int64)).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")
    return pl.DataFrame({"ts": times, **columns}, schema=BARS)


def put(data_dir: Path, name: str, frame: pl.DataFrame) -> Path:
    """Write a frame at a path of the layout, `crypto/test_perp/BTCUSDT_1h`."""
    path = data_dir / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path)
    return path


def times(frame: pl.DataFrame, column: str = "ts") -> list[str]:
    """The times of a frame, short."""
    return frame[column].dt.strftime("%Y-%m-%d %H:%M").to_list()
