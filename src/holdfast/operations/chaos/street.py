"""The market of a run: a walk for each instrument with calm, storm and gaps, and what a strategy makes of it.

Each minute has four prices (open, two extremes, close); plans come at its close. All of it hangs from the seed alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.model.enums import Kind
from holdfast.model.events import Plan
from holdfast.model.mandate import Mandate
from holdfast.model.units import MINUTE
from holdfast.operations.chaos.making import filled
from holdfast.operations.chaos.setting import Setting
from holdfast.operations.chaos.streams import Streams

POINTS = 4


class Street:
    """`points[i][minute]` are the four prices of instrument i + 1, in ticks; `volumes` in steps."""

    def __init__(self, streams: Streams, setting: Setting, minutes: int, thin: bool) -> None:
        self.streams, self.setting, self.minutes = streams, setting, minutes
        self.points: list[Any] = []
        self.volumes: list[Any] = []
        for i, price in enumerate(setting.prices, 1):
            key = streams.of("market", str(i)).bits()
            rng = np.random.Generator(np.random.Philox(key))
            self.points.append(
                walk(rng, price, setting.volatility, minutes, setting.scenario.listings[i - 1])
            )
            most = (0.3 if thin else 30) * setting.capital(i)
            volumes = np.exp(rng.uniform(np.log(most / 100), np.log(most), minutes)).astype(int)
            self.volumes.append(np.maximum(1, volumes).tolist())

    def plans(self, minute: int, time_ns: int) -> Iterator[Plan]:
        """What the strategies want at the close of a minute: grids every quarter of an hour, setups more often."""
        for mandate_id, mandate in enumerate(self.setting.scenario.mandates, 1):
            if mandate.instrument_id > len(self.points):
                continue
            every = 15 if mandate.kind == Kind.GRID else 7
            if (minute + mandate_id) % every == 0:
                close = self.points[mandate.instrument_id - 1][minute][-1]
                yield self._plan(mandate_id, mandate, close, time_ns)

    def _plan(self, mandate_id: int, mandate: Mandate, close: int, time_ns: int) -> Plan:
        stream = self.streams.of("plan", str(mandate_id))
        side = 1 if stream.chance(0.5) else -1
        made = filled(Plan, time_ns=time_ns, mandate_id=mandate_id, valid_until_ns=time_ns + MINUTE)
        made.start_long, made.start_short = side > 0, side < 0
        made.exit_long, made.exit_short = stream.chance(0.02), stream.chance(0.02)
        unit = close * self.setting.volatility * stream.between(2.0, 6.0)
        if mandate.kind == Kind.GRID:
            made.anchor_price, made.spacing = close, max(1, round(unit * 0.6))
            made.take_profit_price = max(1, round(close + side * unit))
        else:
            made.entry_price = max(1, round(close - side * unit * stream.between(-0.02, 0.4)))
            made.stop_price = max(1, round(made.entry_price - side * unit * stream.between(0.8, 2.0)))
        return made


def walk(rng: Any, price: int, volatility: float, minutes: int, listing: Any) -> Any:
    """Four prices a minute, within what the contract can have."""
    wild = volatility * np.exp(rng.standard_normal(minutes // 60 + 1).repeat(60)[:minutes] * 0.5)
    moves = rng.standard_normal(minutes) * wild
    moves += (rng.random(minutes) < 0.002) * rng.choice([-12, -6, 6, 12], minutes) * volatility
    path = np.cumsum(moves)
    closes = price * np.exp(np.clip(path, -1.0, 1.0))
    opens = np.concatenate([[float(price)], closes[:-1]]) * (1 + (rng.random(minutes) < 0.02) * moves)
    reach = np.abs(rng.standard_normal((2, minutes))) * wild * 0.5
    high, low = np.maximum(opens, closes) * (1 + reach[0]), np.minimum(opens, closes) * (1 - reach[1])
    first = rng.random(minutes) < 0.5
    points = np.stack([opens, np.where(first, low, high), np.where(first, high, low), closes], axis=1)
    most = listing.contract.price_max // 2
    return np.clip(np.rint(points), 1, most).astype(int).tolist()
