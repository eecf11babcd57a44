"""Notes in the units of people: what the gate denied, at which value and limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holdfast.model.commands import Note
from holdfast.model.enums import Denial, Drop, NoteKind
from holdfast.model.units import RATE, SECOND
from holdfast.simulator.lines import Lines
from holdfast.wiring.note_units import UNITS
from holdfast.wiring.results import notes_frame

TICK, STEP = 0.5, 0.01


class Names:
    """One instrument: a tick of 0.5, a step of 0.01."""

    tick, step = np.array([0.0, TICK]), np.array([0.0, STEP])

    def pair(self, ids: Any) -> list[str]:
        return ["BTC"] * len(ids)

    strategy = pair


def told(
    reason: int, value: int, limit: int, kind: NoteKind = NoteKind.DENIED, quantity: int = 70
) -> tuple[float, float]:
    """Value and limit of one note as the exported table has them."""
    row = np.zeros(1, Note.dtype)  # type: ignore[attr-defined]
    row["instrument_id"], row["kind"], row["reason"] = 1, kind, reason
    row["quantity"], row["value"], row["limit"] = quantity, value, limit
    lines = Lines(Note)
    lines.add(row)
    frame = notes_frame(lines, Names())  # type: ignore[arg-type]
    return float(frame["value"][0]), float(frame["limit"][0])


@pytest.mark.parametrize(
    "denial, value, limit, expected",
    [
        (Denial.MARGIN, 5_000 * RATE, 4_000 * RATE, (5_000, 4_000)),
        (Denial.TRADE_RISK, 150 * RATE, 100 * RATE, (150, 100)),
        (Denial.PRICE_COLLAR, 300, 200, (150, 100)),
        (Denial.STOP_MISSING, 0, 100_000, (0, 50_000)),
        (Denial.ABOVE_MAXIMUM, 70, 50, (0.7, 0.5)),
        (Denial.OPPOSITE, 30, 0, (0.3, 0)),
        (Denial.TRADE_COUNT, 6, 5, (6, 5)),
        (Denial.SEVERITY, 2, 2, (2, 2)),
        (Denial.UNKNOWN, 1_800 * SECOND, 900 * SECOND, (1_800, 900)),
        (Denial.COOLDOWN, 100 * SECOND, 160 * SECOND, (100, 160)),
    ],
)
def test_value_and_limit_are_in_the_units_of_people(
    denial: Denial, value: int, limit: int, expected: tuple[float, float]
) -> None:
    """Money, prices, quantities and seconds, not 1e-8, ticks, steps and nanoseconds."""
    assert told(denial, value, limit) == pytest.approx(expected)


def test_a_rule_that_judges_two_things_says_which() -> None:
    """Too small by quantity (70 steps were asked for), or by notional; a price that is old, or none."""
    assert told(Denial.BELOW_MINIMUM, 70, 100) == pytest.approx((0.7, 1.0))
    assert told(Denial.BELOW_MINIMUM, 3 * RATE, 5 * RATE) == pytest.approx((3, 5))
    assert told(Denial.UNKNOWN, 0, 1) == pytest.approx((0, TICK))


def test_a_plan_that_came_too_late_says_when() -> None:
    """Now and the end of its validity, in seconds."""
    assert told(Drop.LATE, 90 * SECOND, 60 * SECOND, NoteKind.DROPPED) == pytest.approx((90, 60))


def test_every_denial_has_a_unit() -> None:
    """A new rule has to say what its value is."""
    assert set(UNITS) == set(Denial)
