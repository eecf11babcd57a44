"""Small markets for the tests of strategies: exact bars from lists, and a seeded random walk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from holdfast.history.resample import resample
from holdfast.strategies.strategy import BarSet

HOUR = 3_600_000_000_000
MONDAY = 1_704_067_200_000_000_000  # 2024-01-01 00:00 UTC


def bars(
    close: Sequence[float],
    *,
    high: Sequence[float] | None = None,
    low: Sequence[float] | None = None,
    step: int = HOUR,
) -> pl.DataFrame:
    """Bars that open at the previous close; high and low are the body's unless given."""
    closes = np.asarray(close, dtype=float)
    opens = np.concatenate([closes[:1], closes[:-1]])
    tops = np.maximum(opens, closes) if high is None else np.asarray(high, dtype=float)
    bottoms = np.minimum(opens, closes) if low is None else np.asarray(low, dtype=float)
    ts = pl.Series("ts", MONDAY + step * np.arange(len(closes))).cast(pl.Datetime("ns", "UTC"))
    volume = np.ones(len(closes))
    return pl.DataFrame(
        {"ts": ts, "open": opens, "high": tops, "low": bottoms, "close": closes, "volume": volume}
    )


def walk(
    count: int, seed: int = 7, *, start: float = 100.0, volatility: float = 0.004, step: int = HOUR
) -> pl.DataFrame:
    """A seeded random walk with wicks, prices in cents."""
    random = np.random.default_rng(seed)
    close = start * np.exp(np.cumsum(random.normal(0, volatility, count)))
    body = bars(np.round(close, 2), step=step)
    up, down = (np.abs(random.normal(0, volatility / 2, count)) * close for _ in range(2))
    return body.with_columns(
        high=(pl.max_horizontal("open", "close") + pl.Series(up)).round(2),
        low=(pl.min_horizontal("open", "close") - pl.Series(down)).round(2),
    )


def bar_set(
    base: pl.DataFrame,
    pair: str = "ABC/USDT:USDT",
    *,
    higher: Sequence[str] = (),
    zone: str = "UTC",
    tick: float = 0.01,
) -> BarSet:
    """The bars with coarser ones resampled from them."""
    return BarSet(pair, base, {name: resample(base, name, zone) for name in higher}, tick_size=tick)
