"""What the metrics are computed from, prepared once."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from holdfast.reports.curve import curve
from holdfast.reports.frames import closed_trades, instant, tidy
from holdfast.reports.result import RunResult

Values = dict[str, Any]


@dataclass
class Work:
    """A tidy run, its closed trades, its equity curve, and the reasons for what cannot be said."""

    run: RunResult
    trades: pl.DataFrame
    rows: pl.DataFrame
    missing: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, result: RunResult) -> Work:
        """Prepare a run."""
        run = tidy(result, "trades", "fills", "equity")
        return cls(run, closed_trades(run), curve(run))

    @property
    def days(self) -> float:
        """Days from the first to the last simulated instant."""
        length = (instant(self.run.end) - instant(self.run.start)).total_seconds()
        return max(length, 0.0) / 86_400

    @property
    def results(self) -> list[float]:
        """Net money of each closed trade in the order in which they closed."""
        return self.trades["pnl"].fill_null(0.0).to_list()


def iso(moment: datetime | None) -> str | None:
    """A time as ISO text, UTC."""
    return None if moment is None else moment.isoformat()


def mean(numbers: list[float]) -> float | None:
    """The mean of what is finite, None of nothing."""
    kept = [number for number in numbers if math.isfinite(number)]
    return sum(kept) / len(kept) if kept else None
