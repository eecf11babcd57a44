"""Indicators over a fixed window: the value of a row never depends on where history begins.

Live computes the newest row over exactly `window` bars, a backtest over years. A running sum (TA-Lib's SMA
and BBANDS) drifts in the last digits with the length of history, and Wilder's smoothing never forgets its
first bar; both would let a row differ between the two. Here every value is a fixed tree of operations on its
own last n bars, so the two are equal to the bit. Windows are summed by doubling: log2(n) passes.

All functions take and return float64 arrays of one length; rows without a full window are NaN.
"""

from __future__ import annotations

import numpy as np
import talib
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Wilder's average weighs the bar k steps back with (1 - 1/n)^k. Cut after 16 n bars, what is left out weighs
# e^-16 = 1e-7 of the whole: below a tick for every price with fewer than seven digits.
WILDER_SPAN = 16


def shift(x: Floats, count: int) -> Floats:
    """The value `count` rows earlier; NaN where there is none."""
    count = min(count, len(x))
    out = np.full_like(x, np.nan)
    out[count:] = x[: len(x) - count]
    return out


def decayed_sum(x: Floats, n: int, decay: float = 1.0) -> Floats:
    """Sum of decay^k * x[t-k] over k < n, from blocks whose length doubles."""
    total: Floats | None = None
    covered, size, block = 0, 1, x
    while True:
        if n & size:
            total = block if total is None else total + decay**covered * shift(block, covered)
            covered += size
        if covered == n and total is not None:
            return total
        block = block + decay**size * shift(block, size)
        size *= 2


def sma(x: Floats, n: int) -> Floats:
    """Mean of the last n values."""
    return decayed_sum(x, n) / n


def mean_and_deviation(x: Floats, n: int) -> tuple[Floats, Floats]:
    """Mean and population standard deviation of the last n values.

    Blocks are merged by their means and squared deviations (Chan, Golub, LeVeque 1979), because the
    difference of two large sums of squares loses the deviation of a quiet market.
    """
    mean: Floats | None = None
    squares: Floats = np.zeros_like(x)
    covered, size, block_mean, block_squares = 0, 1, x, np.zeros_like(x)
    while True:
        if n & size:
            older, older_squares = (shift(a, covered) for a in (block_mean, block_squares))
            if mean is None:
                mean, squares = block_mean, block_squares
            else:
                squares = squares + older_squares + (older - mean) ** 2 * (covered * size / (covered + size))
                mean = mean + (older - mean) * (size / (covered + size))
            covered += size
        if covered == n and mean is not None:
            return mean, np.sqrt(squares / n)
        older, older_squares = (shift(a, size) for a in (block_mean, block_squares))
        block_squares = block_squares + older_squares + (older - block_mean) ** 2 * (size / 2)
        block_mean = (block_mean + older) / 2
        size *= 2


def bollinger(x: Floats, n: int, width: float) -> tuple[Floats, Floats, Floats]:
    """Lower band, midline and upper band: mean -/+ width population deviations."""
    middle, deviation = mean_and_deviation(x, n)
    return middle - width * deviation, middle, middle + width * deviation


def zscore(x: Floats, n: int) -> Floats:
    """Distance from the mean of the last n values in population deviations; 0 where nothing moved."""
    mean, deviation = mean_and_deviation(x, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(deviation > 0, (x - mean) / deviation, np.where(np.isnan(mean), np.nan, 0.0))


def true_range(high: Floats, low: Floats, close: Floats) -> Floats:
    """Greatest of high - low and the distances of both to the previous close; NaN on the first row."""
    return np.asarray(talib.TRANGE(high, low, close)) if len(close) > 1 else np.full_like(close, np.nan)


def wilder_bars(n: int) -> int:
    """Values that one row of `wilder_mean` reads."""
    return WILDER_SPAN * n


def wilder_mean(x: Floats, n: int) -> Floats:
    """Wilder's average (weights (1 - 1/n)^k) over the last 16 n values, normalised."""
    decay, span = 1 - 1 / n, wilder_bars(n)
    return decayed_sum(x, span, decay) / ((1 - decay**span) / (1 - decay))


def atr_bars(n: int) -> int:
    """Bars that one row of `atr` reads: the span, and the close before it."""
    return wilder_bars(n) + 1


def atr(high: Floats, low: Floats, close: Floats, n: int) -> Floats:
    """Wilder's average true range. Agrees with TA-Lib's, warmed up, to about 1e-7."""
    return wilder_mean(true_range(high, low, close), n)


def adx_bars(n: int) -> int:
    """Bars that one row of `adx` reads: two spans on top of each other."""
    return 2 * wilder_bars(n)


def adx(high: Floats, low: Floats, n: int) -> Floats:
    """Wilder's average directional index, 0 to 100. The true range cancels out of its ratio."""
    up, down = np.diff(high, prepend=np.nan), -np.diff(low, prepend=np.nan)
    plus = wilder_mean(np.where(np.isnan(up), np.nan, np.where((up > down) & (up > 0), up, 0.0)), n)
    minus = wilder_mean(np.where(np.isnan(down), np.nan, np.where((down > up) & (down > 0), down, 0.0)), n)
    both = plus + minus
    with np.errstate(invalid="ignore", divide="ignore"):
        dx = np.where(both > 0, 100 * np.abs(plus - minus) / both, np.where(np.isnan(both), np.nan, 0.0))
    return wilder_mean(dx, n)


def highest(x: Floats, n: int) -> Floats:
    """Greatest of the last n values."""
    return np.asarray(talib.MAX(x, n)) if n > 1 and len(x) else x


def lowest(x: Floats, n: int) -> Floats:
    """Least of the last n values."""
    return np.asarray(talib.MIN(x, n)) if n > 1 and len(x) else x


def rate_of_change(x: Floats, n: int) -> Floats:
    """x over its value n rows earlier, minus 1."""
    return x / shift(x, n) - 1


def percentile_rank(x: Floats, n: int) -> Floats:
    """Share of the last n values (its own included) that are not greater than the current one, 0 to 100."""
    out = np.full_like(x, np.nan)
    if len(x) >= n:
        windows = np.lib.stride_tricks.sliding_window_view(x, n)
        out[n - 1 :] = 100.0 * (windows <= windows[:, -1:]).sum(axis=1) / n
        out[n - 1 :][np.isnan(windows).any(axis=1)] = np.nan
    return out


def pivots(x: Floats, side: int) -> Flags:
    """True where x is greater than the `side` values before it and not less than the `side` after it.

    A pivot is known only `side` rows after it stands: whoever uses row i at row t must ask t >= i + side.
    Pass -x for lows.
    """
    out = np.zeros(len(x), dtype=np.bool_)
    if len(x) >= 2 * side + 1:
        windows = np.lib.stride_tricks.sliding_window_view(x, 2 * side + 1)
        centre = windows[:, side]
        before, after = windows[:, :side].max(axis=1), windows[:, side + 1 :].max(axis=1)
        out[side : len(x) - side] = (centre > before) & (centre >= after)
    return out
