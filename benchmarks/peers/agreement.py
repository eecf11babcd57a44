"""Compares the trades of an engine with the reference, and says what it found in one phrase."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from reference import DECLARED, WORKLOAD, fees, reference_trades
from workload import Bars, Levels

FEE_TOLERANCE = 1e-3  # of the quote currency, over all trades; engines keep fees as floats or rounded money


@dataclass(frozen=True)
class Agreement:
    """Counts of trades that are the same in entry time, entry price, exit time and exit price."""

    of: int  # trades of the reference
    found: int  # trades of the engine
    same: int  # equal under the workload's rules
    same_declared: int  # equal under the rules that the engine is declared to have
    of_declared: int
    fees_agree: bool

    @property
    def holds(self) -> bool:
        """Every trade is explained: equal under the engine's declared rules, none missing, fees right."""
        return self.found == self.same_declared == self.of_declared and self.fees_agree

    @property
    def phrase(self) -> str:
        """For the table."""
        if self.same == self.of == self.found and self.fees_agree:
            return f"all {self.of}"
        if self.holds:
            return f"{self.same} of {self.of}; all {self.of_declared} under its declared rules"
        wrong = "" if self.fees_agree else ", fees differ"
        return f"**{self.same} of {self.of}, {self.found} found{wrong}**"

    def as_dict(self) -> dict[str, object]:
        """For the saved result."""
        return {**asdict(self), "holds": self.holds, "phrase": self.phrase}


def compare(engine: str, trades_file: Path, bars: Bars, levels: Levels) -> Agreement:
    """Read what `engine` wrote to `trades_file` and compare it with the reference on the same bars."""
    written = json.loads(trades_file.read_text())
    found = [tuple(trade) for trade in written["trades"]]
    expected = reference_trades(bars, levels)
    declared = reference_trades(bars, levels, DECLARED.get(engine, WORKLOAD))
    return Agreement(
        of=len(expected),
        found=len(found),
        same=len(set(found) & {trade.row for trade in expected}),
        same_declared=len(set(found) & {trade.row for trade in declared}),
        of_declared=len(declared),
        fees_agree=_fees_agree(written["fees"], fees(declared), found, [trade.row for trade in declared]),
    )


def _fees_agree(
    charged: float, expected: float, found: list[tuple[int, ...]], rows: list[tuple[int, ...]]
) -> bool:
    """Fees are compared where the trades are the same; where they are not, the trades say so already."""
    return found != rows or abs(charged - expected) <= FEE_TOLERANCE
