"""Instruments, times and numbers of the examples, in the units of people."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from holdfast.history.instruments import InstrumentSpec, MarginTier, instrument
from holdfast.model.units import RATE

MONDAY = 1_704_067_200_000_000_000  # 2024-01-01 00:00 UTC


def spec_of(source: str, pair: str, **changes: Any) -> InstrumentSpec:
    """A shipped instrument with other facts where a test says so; numbers as texts, so that they are exact."""
    decimals = {name: Decimal(value) if isinstance(value, str) else value for name, value in changes.items()}
    return replace(instrument(source, pair), **decimals)


def one_tier(initial: str, maintenance: str) -> tuple[MarginTier, ...]:
    """A margin table of one step."""
    return (MarginTier(Decimal(10**9), Decimal(initial), Decimal(maintenance), Decimal(0)),)


FREE = {"spread": "0", "spread_floor": "0", "slippage": "0"}
# A perpetual whose costs are the fees alone: tick 0.1, step 0.001, 0.02 % maker, 0.055 % taker, amendable sizes.
BTC = spec_of(
    "synthetic_perp", "BTC/USDT:USDT", **FREE, volume_is_real=False, tiers=one_tier("0.01", "0.005")
)
ETH = spec_of(
    "synthetic_perp", "ETH/USDT:USDT", **FREE, volume_is_real=False, tiers=one_tier("0.01", "0.005")
)
# MetaTrader: bid bars, 0.01 lots, no fee but what a test adds, sizes that cannot be amended.
EURUSD = spec_of("mt5_ejtrader", "EURUSD", **FREE)
GBPUSD = spec_of("mt5_ejtrader", "GBPUSD", **FREE)
USDJPY = spec_of("mt5_ejtrader", "USDJPY", **FREE)
EURGBP = spec_of("mt5_ejtrader", "EURGBP", **FREE)
XAUUSD = spec_of("mt5_ejtrader", "XAUUSD", **FREE)


def ticks(spec: InstrumentSpec, price: float) -> int:
    """A price in ticks; it must lie on the grid."""
    exact = Decimal(str(price)) / spec.tick_size
    assert exact == int(exact), f"{price} is not on the tick grid of {spec.pair}"
    return int(exact)


def steps(spec: InstrumentSpec, quantity: float) -> int:
    """A quantity in steps; it must be a whole number of them."""
    exact = Decimal(str(quantity)) / spec.step_size
    assert exact == int(exact), f"{quantity} is not a whole number of steps of {spec.pair}"
    return int(exact)


def price_of(spec: InstrumentSpec, value: int) -> float:
    """Ticks as a price."""
    return float(spec.tick_size * int(value))


def lots_of(spec: InstrumentSpec, value: int) -> float:
    """Steps as base units or lots."""
    return float(spec.step_size * int(value))


def money(units: int) -> float:
    """1e-8 as a number for people."""
    return round(int(units) / RATE, 8)


def units_of(amount: float) -> int:
    """An amount in 1e-8."""
    return int(Decimal(str(amount)) * RATE)
