"""A person's own account for days of faults: its instruments, mandates and limits, on a market that is made up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from holdfast.errors import SettingsError
from holdfast.model.units import MINUTE, RATE
from holdfast.operations.chaos.setting import Setting
from holdfast.records import blank_array
from holdfast.settings.backtest import BacktestSettings
from holdfast.simulator.world import Scheduled
from holdfast.wiring.backtest import Backtest

MANY = 12  # instruments: with more a day takes so long that it is said before
SECONDS = 0.5  # of one core, for a day of one instrument


def require_simulated(settings: BacktestSettings) -> None:
    """Refuse what these days cannot have, before any data is read."""
    if settings.ruleset:
        raise SettingsError(
            f"The rules of {settings.ruleset} cannot be kept in days of faults: the checkers know neither floors nor "
            "the days and news that they hang from, and would take what a rule forbids for a fault.",
            "Leave out --ruleset and --phase; the limits of the settings are checked.",
        )


def setting_of(machine: Backtest) -> Setting:
    """What trades, and from which prices: the last ones recorded. History, funding and rollover stay behind."""
    scenario = machine.prepare(plan=False).scenario
    prices = last_prices(scenario.bars, len(scenario.listings))
    bare = replace(
        scenario, bars=None, items=blank_array(Scheduled, 0), plan_times=(), plans=lambda *_: None,
        duration_ns=MINUTE, volume_share=RATE,
    )  # fmt: skip
    if len(prices) > MANY:
        machine.say(
            f"{len(prices)} instruments: a day takes about {SECONDS * len(prices):.0f} s of one core."
        )
    return Setting(bare, prices)


def last_prices(bars: Any, count: int) -> tuple[int, ...]:
    """The last close of each instrument, in ticks."""
    ids, closes = bars["instrument_id"], bars["close"]
    return tuple(int(closes[np.flatnonzero(ids == i)[-1]]) for i in range(1, count + 1))
