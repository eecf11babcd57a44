"""From the decimals of people to the integers of the core, with the rounding stated where it happens."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from typing import Any

import numpy as np

from holdfast.model.units import RATE, SECOND

NOISE = 1e-6  # of a tick: what float arithmetic may be off by


def rate(value: float | Decimal) -> int:
    """A share of 1 as an integer of 1e-8, to the nearest."""
    return int((Decimal(str(value)) * RATE).to_integral_value(ROUND_HALF_EVEN))


def nanoseconds(seconds: float) -> int:
    """Seconds to nanoseconds."""
    return round(seconds * SECOND)


def ticks_up(value: Decimal, tick: Decimal) -> int:
    """Whole ticks, rounded up: for costs."""
    return int((value / tick).to_integral_value(ROUND_CEILING))


def nearest(prices: Any, tick: float) -> Any:
    """Prices in ticks, to the nearest; NaN and null become 0, which means none."""
    return np.rint(np.nan_to_num(prices, nan=0.0) / tick).astype(np.int64)


def upward(prices: Any, tick: float) -> Any:
    """Prices in ticks, rounded up, so that a long's stop never protects less than asked."""
    return np.ceil(np.nan_to_num(prices, nan=0.0) / tick - NOISE).astype(np.int64)


def downward(prices: Any, tick: float) -> Any:
    """Prices in ticks, rounded down: the same for a short's stop."""
    return np.floor(np.nan_to_num(prices, nan=0.0) / tick + NOISE).astype(np.int64)


def rates(values: Any) -> Any:
    """Shares of 1 in 1e-8, to the nearest; NaN becomes 0."""
    return np.rint(np.nan_to_num(values, nan=0.0) * RATE).astype(np.int64)
