"""Facts of an instrument that nobody told us: read from its bars, else guessed against the trader.

| field | perp, spot | fx, metal, index |
|---|---|---|
| tick | the grid that the prices lie on | same |
| step, minimum | the decimals of the volumes, at most 4; minimum one step and 10 quote units | 0.01 lot |
| fees | 0.10 % taker, 0.06 % maker | commission 5 per lot and side |
| spread, slippage | 5 and 5 basis points, two ticks at least | 3 and 2 basis points |
| margin | 10 % to open, rising; spot 100 % | 10 % to open, stop-out at half |
| rollover | none (funding) | both sides pay 3 % a year |
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Any

import numpy as np
import polars as pl

from holdfast.history.names import Pair
from holdfast.history.sessions import FX_WEEK, METAL_WEEK

# Where the same instrument's facts are looked for first, class by class.
REFERENCES = {
    "perp": ("bybit_perp", "binance_perp", "okx_perp"),
    "spot": ("binance_spot",),
    "fx": ("mt5_ejtrader",),
    "metal": ("mt5_ejtrader",),
    "index": ("index_cfd",),
}
_TIERS = [
    (Decimal(100_000), Decimal("0.1"), Decimal("0.05"), Decimal(0)),
    (Decimal(1_000_000), Decimal("0.2"), Decimal("0.1"), Decimal(5_000)),
    (Decimal(10_000_000), Decimal("0.5"), Decimal("0.25"), Decimal(155_000)),
]
_CASH = [(Decimal(10_000_000), Decimal(1), Decimal(0), Decimal(0))]
_DECIMALS = 8
_OFF_GRID = 0.001  # share of prices that may lie off the grid: venues print a few


def tick_seen(sample: pl.DataFrame) -> Decimal:
    """The coarsest step 1, 2 or 5 x 10^-n on which (all but a few) prices of the bars lie."""
    prices = np.unique(sample.select("open", "high", "low", "close").to_numpy())
    for digits in range(_DECIMALS + 1):
        for step in (5, 2, 1):
            tick = Decimal(step).scaleb(-digits)
            if _on_grid(prices, float(tick)):
                return tick
    return Decimal(1).scaleb(-_DECIMALS)


def _on_grid(numbers: np.ndarray[Any, np.dtype[np.float64]], step: float) -> bool:
    counts = numbers / step
    # What a double leaves over is below a part in 10^11; a price one digit beyond the grid is off by far more.
    off = np.abs(counts - np.round(counts)) > 1e-7 + 1e-11 * counts
    return bool(off.mean() <= _OFF_GRID)


def _step_seen(sample: pl.DataFrame) -> Decimal:
    """The decimals of real volumes, at most four: summed volumes show a grid, never a finer one than it
    is."""
    volumes = np.unique(sample["volume"].to_numpy())
    return next((Decimal(1).scaleb(-n) for n in range(4) if _on_grid(volumes, 10.0**-n)), Decimal("0.0001"))


def inferred_fields(
    pair: Pair, asset_class: str, sample: pl.DataFrame
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Fields of InstrumentSpec without `pair`, tiers as tuples, and the names of those that are guesses."""
    tick = tick_seen(sample)
    price = Decimal(str(sample["close"][-1]))
    shares = _basis_points(5, 5) if asset_class in ("perp", "spot") else _basis_points(3, 2)
    spread, slippage = (_up(max(price * share, 2 * tick), tick) for share in shares)
    quote = pair.quote or "USD"
    common: dict[str, Any] = {
        "symbol": pair.symbol,
        "asset_class": asset_class,
        "base": pair.base,
        "quote": quote,
        "settle": quote,
        "tick_size": tick,
        "spread": spread,
        "spread_floor": spread,
        "slippage": slippage,
    }
    own = (
        _crypto(asset_class, price, sample)
        if asset_class in ("perp", "spot")
        else _broker(asset_class, price, tick, pair)
    )
    guessed = tuple(
        key for key in (*common, *own) if key not in ("symbol", "asset_class", "base", "quote", "settle")
    )
    return {**common, **own}, guessed


def _crypto(asset_class: str, price: Decimal, sample: pl.DataFrame) -> dict[str, Any]:
    step = _step_seen(sample)
    return {
        "step_size": step,
        "contract_size": Decimal(1),
        "price_side": "last",
        "quantity_min": step,
        "quantity_max": _up(100_000 / price, step),
        "notional_min": Decimal(10),
        "maker_rate": Decimal("0.0006"),
        "taker_rate": Decimal("0.0010"),
        "commission_per_lot": Decimal(0),
        "volume_is_real": True,
        "tiers": list(_TIERS if asset_class == "perp" else _CASH),
    }


def _broker(asset_class: str, price: Decimal, tick: Decimal, pair: Pair) -> dict[str, Any]:
    night = -(price * Decimal("0.03") / 360 / tick).quantize(Decimal("0.1"), ROUND_CEILING)
    return {
        "step_size": Decimal("0.01"),
        "contract_size": Decimal({"fx": 100_000, "metal": 100}.get(asset_class, 1)),
        "price_side": "bid",
        "quantity_min": Decimal("0.01"),
        "quantity_max": Decimal(50),
        "notional_min": Decimal(0),
        "maker_rate": Decimal(0),
        "taker_rate": Decimal(0),
        "commission_per_lot": Decimal(5),
        "volume_is_real": False,
        "tiers": [(Decimal(10) ** 9, Decimal("0.1"), Decimal("0.05"), Decimal(0))],
        "stop_out_level": Decimal("0.5"),
        "rollover_long": night,
        "rollover_short": night,
        "rollover_time": "17:00 America/New_York",
        "session": FX_WEEK if asset_class == "fx" else METAL_WEEK,
        "can_amend_quantity": False,
        "pip_size": Decimal("0.01" if pair.quote == "JPY" else "0.0001")
        if asset_class == "fx"
        else Decimal(0),
    }


def _basis_points(*counts: int) -> tuple[Decimal, ...]:
    return tuple(Decimal(count) / 10_000 for count in counts)


def _up(number: Decimal, step: Decimal) -> Decimal:
    return (number / step).to_integral_value(ROUND_CEILING) * step
