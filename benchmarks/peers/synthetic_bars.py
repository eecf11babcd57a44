"""A seeded random walk in the shape of the real bars, so that anyone can run the benchmark.

Volatility comes in clusters, returns have fat tails, the open misses the close before it by a tick now and then,
and once in a few thousand bars it gaps by up to 1.5 %. Prices are on the tick grid; the seed decides everything.
"""

import argparse
from pathlib import Path

import numpy as np
import polars as pl
from workload import TICKS_PER_UNIT

START_PRICE, FLOOR_PRICE = 1500.0, 100.0
BAR_VOLATILITY = 0.0016  # standard deviation of a bar's return, on average
STEPS = 12  # steps of the walk inside each bar
GAP_EVERY, GAP_LIMIT = 3000, 0.015
START_TIME_NS = 1_672_531_200_000_000_000  # 2023-01-01 00:00 UTC


def synthetic_bars(count: int, minutes: int, seed: int) -> pl.DataFrame:
    """`count` bars of `minutes` with `ts, open, high, low, close, volume`, the same for the same arguments."""
    random = np.random.default_rng(seed)
    mood = np.exp(_smooth(random.standard_normal(count), 288) * 4)
    volatility = BAR_VOLATILITY * mood / mood.mean()
    steps = random.standard_t(4, (count, STEPS)) / np.sqrt(2) * (volatility / np.sqrt(STEPS))[:, None]
    gaps = np.where(random.random(count) < 1 / GAP_EVERY, random.uniform(-GAP_LIMIT, GAP_LIMIT, count), 0.0)
    gaps[0] = 0.0
    log_moves = np.column_stack([gaps, steps])
    log_moves -= log_moves.mean()  # no drift, so that the walk stays in range
    path = START_PRICE * np.exp(np.cumsum(log_moves.ravel())).reshape(count, STEPS + 1)
    ticks = np.rint(np.maximum(path, FLOOR_PRICE) * TICKS_PER_UNIT).astype(np.int64)
    open_ = ticks[:, 0] + random.integers(-1, 2, count) * (random.random(count) < 0.5)
    inside = np.column_stack([open_, ticks[:, 1:]])
    prices = {"open": open_, "high": inside.max(axis=1), "low": inside.min(axis=1), "close": ticks[:, -1]}
    time = START_TIME_NS + np.arange(count, dtype=np.int64) * minutes * 60_000_000_000
    volume = np.round(1000 * np.exp(random.standard_normal(count)) + 100, 3)
    return pl.DataFrame(
        {"ts": pl.Series(time).cast(pl.Datetime("ns", "UTC"))}
        | {name: values / TICKS_PER_UNIT for name, values in prices.items()}
        | {"volume": volume}
    )


def _smooth(noise: np.ndarray, window: int) -> np.ndarray:
    """Noise with a memory of `window` bars and unit-free scale of about one over the root of the window."""
    kernel = np.exp(-np.arange(window * 4) / window)
    return np.convolve(noise, kernel / kernel.sum())[: len(noise)]


def main() -> None:
    """Write one file of synthetic bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--bars", type=int, default=143_900)
    parser.add_argument("--minutes", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    temporary = arguments.out.with_suffix(".partial")
    synthetic_bars(arguments.bars, arguments.minutes, arguments.seed).write_parquet(temporary)
    temporary.replace(arguments.out)


if __name__ == "__main__":
    main()
