"""The contract of a strategy: bars in, a table of plans out. It has no memory: nothing to recover."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import polars as pl

StopMove = Literal["none", "break_even", "entry_plus", "previous_target_plus", "trail"]


@dataclass(frozen=True)
class Parameter:
    """One tunable number, switch or choice, with its unit and the range that makes sense."""

    name: str
    default: Any
    unit: str  # "bars", "x ATR", "%", "R", "x", "" for switches and choices
    doc: str
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Rung:
    """One target of a setup: where, how much, and what happens to the stop once it is reached."""

    multiple: float  # in R; a plan's target price or target_r overrides it
    share: float  # of the filled quantity, 0 allowed (the stop move still happens)
    stop_move: StopMove = "none"
    move_value: float = 0.0  # entry_plus, previous_target_plus: R; trail: R behind the best price


@dataclass(frozen=True)
class Management:
    """How the core manages the trades of a strategy. Shares and rates are of 1, times in seconds, 0 = off."""

    kind: Literal["setup", "grid"]
    # sizing
    risk_rate: float = 0.0  # setup: share of min(balance, equity) lost at the stop
    allocation: float = 1.0  # grid: share of the capital base, before division among the instruments
    capital_base: Literal["balance", "equity", "fixed"] = "equity"
    fixed_capital: float = 0.0  # account currency, for capital_base "fixed"
    leverage: float = 1.0  # notional = margin x leverage
    # setup: entry queue, distances in R
    market_r: float = 0.05
    limit_r: float = 0.3
    wait_r: float = 1.5
    queue_life: float = 120 * 3600
    order_life: float = 168 * 3600
    spread_max: float = 0.0  # price units; 0 = no gate
    resize_rate: float = 0.05
    rungs: tuple[Rung, ...] = ()
    # grid
    levels: int = 0
    weights: tuple[float, ...] = ()  # per level, shares of the allocation; empty = equal
    stop_rate: float = 0.0  # stop at average x (1 -/+ stop_rate)
    stop_per_level: bool = False
    post_only: bool = True
    # life
    min_profit: float = 0.0
    min_hold: float = 0.0
    max_hold: float = 0.0
    max_hold_losing_only: bool = False
    cooldown: float = 0.0


@dataclass(frozen=True)
class Timeframes:
    """What a strategy reads: its own bars, and coarser ones resampled from closed bars only."""

    base: str  # "1h": one plan row each closed bar
    higher: tuple[str, ...] = ()  # ("4h", "1d", "1w", "1M")
    day_zone: str = "UTC"  # zone of the day boundary, e.g. "America/New_York+7h" for MetaTrader days


@dataclass(frozen=True)
class BarSet:
    """What `plan` is given: complete bars of one instrument, oldest first. `ts` is the opening time.

    Columns: ts (datetime[ns, UTC]), open, high, low, close, volume (float64), spread optional. Frames of
    `higher` also carry `closes`, the instant from which the bar may be used (days and months have no fixed
    length); they may reach further back than `base`.
    """

    pair: str
    base: pl.DataFrame
    higher: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    tick_size: float = 0.0
    pip_size: float = 0.0
    funding: pl.DataFrame | None = None  # ts, rate; only settlements already made at a row may be used


class Strategy(ABC):
    """Subclass it, name it, declare parameters, return plans."""

    name: ClassVar[str]
    summary: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]
    per_pair: ClassVar[Mapping[str, Mapping[str, Any]]] = {}  # base asset or pair -> overrides that ship

    @abstractmethod
    def timeframes(self, p: Mapping[str, Any]) -> Timeframes:
        """Base and higher timeframes for these parameters."""

    @abstractmethod
    def window(self, p: Mapping[str, Any]) -> int:
        """Base bars that one row may depend on; live computes the newest row over exactly this many."""

    def higher_windows(self, p: Mapping[str, Any]) -> Mapping[str, int]:  # noqa: ARG002
        """Closed bars of each higher timeframe that one row may depend on; live fetches exactly this many."""
        return {}

    def check(self, p: Mapping[str, Any]) -> None:  # noqa: B027 (most strategies have nothing to add)
        """Raise SettingsError where values that are fine alone contradict each other."""

    @abstractmethod
    def plan(self, bars: BarSet, p: Mapping[str, Any]) -> pl.DataFrame:
        """One row for each base bar, columns of `plan.COLUMNS`; rows before the warm-up start nothing.

        A row may use what closed at or before its instant, within `window` and `higher_windows`; it must not
        matter whether history starts earlier. `check-strategy` proves both on real bars.
        """

    @abstractmethod
    def management(self, p: Mapping[str, Any]) -> Management:
        """How the core manages the trades that start from these plans."""
