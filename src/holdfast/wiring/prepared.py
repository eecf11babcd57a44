"""A run before its loop: what was chosen, who trades it, and the scenario made of both."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from holdfast.history.instruments import InstrumentSpec
from holdfast.settings.backtest import BacktestSettings
from holdfast.simulator.lines import Lines
from holdfast.simulator.simulation import Scenario
from holdfast.strategies.parameters import Resolved
from holdfast.strategies.strategy import Strategy
from holdfast.wiring.contracts import Conversion
from holdfast.wiring.plans import PlanSource
from holdfast.wiring.ruleset.floors import Row
from holdfast.wiring.ruleset.rulesets import Rules


@dataclass
class Chosen:
    """One instrument of a run: its facts, its price bars in ticks, and how it converts."""

    pair: str
    spec: InstrumentSpec
    bars: Lines  # of Bar; empty once the run's one array has taken over
    highest: float  # price in the data
    has_spread: bool
    conversion: Conversion | None = None
    converting: pl.DataFrame | None = None  # ts and close of the conversion pair

    @property
    def edges(self) -> tuple[int, int]:
        """Opening of the first and of the last price bar."""
        times = self.bars["time_ns"]
        return int(times[0]), int(times[-1])


@dataclass
class Assignment:
    """One strategy on one instrument, with the parameters that really apply."""

    strategy: Strategy
    pair: str
    parameters: Resolved


@dataclass
class Prepared:
    """Everything before the loop."""

    settings: BacktestSettings
    currency: str
    chosen: list[Chosen]
    assignments: list[Assignment]
    scenario: Scenario
    plans: PlanSource
    assumptions: list[str]
    interval: str
    detail: str
    seconds: dict[str, float] = field(default_factory=dict)
    rules: Rules | None = None
    floors: tuple[Row, ...] = ()  # of the ruleset, by the core's rows from 1
