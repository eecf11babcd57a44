"""A market of one-second quotes that never ends: one day of four perpetuals, again and again, each time a day later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from paper_kit import SETTINGS

from holdfast.history.store import Store
from holdfast.history.synthetic import write_synthetic
from holdfast.model.units import DAY, SECOND
from holdfast.simulator.paper_feed import PaperFeed
from holdfast.simulator.simulation import Scenario
from holdfast.simulator.world import Item
from holdfast.wiring.backtest import Backtest

PAIRS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT")


@dataclass
class Market:
    """The day, and by how much it lies behind the first one."""

    scenario: Scenario
    offset: int = 0

    def next_day(self, feed: PaperFeed) -> None:
        """The same day, a day later."""
        self.offset += DAY
        feed.place = replace(feed.place, bar=0, plan=0, item=0)
        feed._plans = None
        for times in (
            self.scenario.bars["time_ns"],
            self.scenario.plan_times,
            self.scenario.items["time_ns"],
        ):
            times += DAY
        self.scenario.items["c"][self.scenario.items["kind"] == Item.FUNDING] += (
            DAY  # when the next one is due
        )


def market_of_seconds(folder: Path) -> Market:
    """A synthetic day, each of its minutes cut into sixty quotes; plans of a grid as they were."""
    write_synthetic(folder, 5, 4, "1m", PAIRS)
    settings = SETTINGS.model_copy(update={"pairs": tuple(pair[:3] for pair in PAIRS)})
    made = Backtest(Store(folder), settings).prepare().scenario
    start = int(made.bars["time_ns"][0]) // DAY * DAY + 2 * DAY
    minutes, items = made.bars[of_day(made.bars["time_ns"], start)], made.items[0 : len(made.items)]
    first, *_, last = np.flatnonzero(of_day(made.plan_times, start))

    def plans(low: int, high: int) -> Any:
        found = made.plans(int(first) + low, int(first) + high)
        found["time_ns"] += market.offset
        return found

    market = Market(
        replace(
            made, bars=seconds_of(minutes), plan_times=made.plan_times[first : last + 1].copy(), plans=plans,
            items=items[of_day(items["time_ns"], start)].copy(), duration_ns=SECOND,
        )
    )  # fmt: skip
    return market


def of_day(times: Any, start: int) -> Any:
    """Which instants lie in the day that begins at one."""
    return (times >= start) & (times < start + DAY)


def seconds_of(minutes: Any) -> Any:
    """Each minute walks from its open over both extremes to its close, a quote a second."""
    made = np.repeat(minutes, 60)
    made["time_ns"] += np.tile(np.arange(60) * SECOND, len(minutes))
    spots = np.array([0, 15, 45, 60])
    path = np.stack([minutes["open"], minutes["low"], minutes["high"], minutes["close"]], axis=1)
    walked = np.stack([np.interp(np.arange(61), spots, each) for each in path]).round().astype(np.int64)
    made["open"], made["close"] = walked[:, :-1].ravel(), walked[:, 1:].ravel()
    made["low"] = np.minimum(made["open"], made["close"])
    made["high"] = np.maximum(made["open"], made["close"])
    return made[np.lexsort((made["instrument_id"], made["time_ns"]))]
