"""The test kit of the examples: a `Desk` is the engine alone, a `Market` is the engine inside the simulator."""

from __future__ import annotations

from typing import Any

from example_desk import Desk, Note, Order, instant
from example_market import PLAYED, Fill, Market, Played, Trade, compare_with_compiled
from example_units import (
    BTC,
    ETH,
    EURGBP,
    EURUSD,
    GBPUSD,
    MONDAY,
    USDJPY,
    XAUUSD,
    one_tier,
    spec_of,
)

from holdfast.model.units import DAY, HOUR, MINUTE, RATE
from holdfast.strategies.strategy import Management, Rung

__all__ = [
    "BTC", "DAY", "ETH", "EURGBP", "EURUSD", "GBPUSD", "HOUR", "MINUTE", "MONDAY", "PLAYED", "RATE", "USDJPY", "XAUUSD",
    "Desk", "Fill", "Market", "Note", "Order", "Played", "Management", "Rung", "Trade", "LADDER",
    "compare_with_compiled", "grid", "instant", "one_tier", "setup", "spec_of",
]  # fmt: skip

LADDER = (
    Rung(0.6, 0.35, "break_even"),
    Rung(1.2, 0.30, "previous_target_plus", 0.5),
    Rung(2.0, 0.35),
)


def setup(**changes: Any) -> Management:
    """A setup that risks 1 % and has no targets unless a test gives some."""
    return Management(**({"kind": "setup", "risk_rate": 0.01} | changes))


def grid(**changes: Any) -> Management:
    """A grid of three levels, 20 % stop on the average, 1x, the whole equity."""
    return Management(**({"kind": "grid", "levels": 3, "stop_rate": 0.2} | changes))
