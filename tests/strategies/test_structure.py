"""Pivots, breaks, legs and votes on bars that can be read at a glance."""

from __future__ import annotations

import numpy as np
import pytest
from small_market import bars, walk

from holdfast.strategies import structure

# Up to 10 and back (the pivot high, bar 3), a low of 4 (bar 7), then a close of 11 through 10 (bar 11), up to 14.
STORY = [6.0, 7.0, 8.0, 10.0, 8.0, 7.0, 6.0, 4.0, 6.0, 8.0, 9.0, 11.0, 13.0, 14.0, 12.0, 11.0]


def up(closes: list[float], side: int = 1) -> structure.View:
    return structure.view(bars(closes, high=closes, low=closes), side)


def test_the_first_close_above_the_newest_pivot_is_the_break() -> None:
    """Bar 11 breaks the pivot of bar 3; the bars after it break nothing new."""
    assert list(np.flatnonzero(structure.breaks(up(STORY)) >= 0)) == [11]
    assert structure.breaks(up(STORY))[11] == 3


def test_falling_markets_are_the_same_upside_down() -> None:
    """The mirrored story breaks downwards on the same bar."""
    mirrored = [20 - close for close in STORY]
    assert list(structure.breaks(up(mirrored, side=-1))) == list(structure.breaks(up(STORY)))


def test_a_leg_runs_from_the_low_before_the_break_to_the_high_since() -> None:
    """From 4 to 11 on the break, to 14 two bars later; its level is 10."""
    bars_up = up(STORY)
    legs = structure.legs(bars_up, structure.breaks(bars_up), reach=40)
    assert np.isnan(legs.start[10])
    assert (legs.start[11], legs.end[11], legs.level[11], legs.age[11]) == (4.0, 11.0, 10.0, 0.0)
    assert (legs.start[15], legs.end[15], legs.age[15]) == (4.0, 14.0, 4.0)


def test_a_leg_fails_with_a_close_below_its_start_and_does_not_come_back() -> None:
    """After a close at 3 there is no leg, also when price returns above 4."""
    bars_up = up([*STORY, 3.0, 5.0])
    legs = structure.legs(bars_up, structure.breaks(bars_up), reach=40)
    assert not np.isnan(legs.start[15])
    assert np.isnan(legs.start[16:]).all()


def test_a_leg_is_forgotten_after_its_reach() -> None:
    """With a reach of 3 bars it is there on bars 11, 12 and 13."""
    bars_up = up(STORY)
    legs = structure.legs(bars_up, structure.breaks(bars_up), reach=3)
    assert list(np.flatnonzero(~np.isnan(legs.start))) == [11, 12, 13]


def test_a_pivot_counts_only_once_three_bars_have_followed() -> None:
    """The high of bar 3 is known from bar 6 on."""
    tops = structure.recent_pivots(np.array(STORY), 2, 30)
    assert np.isnan(tops[5]).all()
    assert tops[6, 0] == 10.0
    assert np.isnan(tops[6, 1])


@pytest.mark.parametrize(
    "closes, expected",
    [
        (list(range(1, 31)), 1.0),
        (list(range(31, 1, -1)), -1.0),
        ([50.0] * 30, 0.0),
        ([*range(1, 30), 1], -1.0),  # means up, close below, under the range
        ([10.0] * 20 + [5.0] + [20.0] * 8 + [10.0], 0.0),  # means up, close below, inside the range
    ],
)  # fmt: skip
def test_the_trend_is_the_majority_of_three_votes(closes: list[float], expected: float) -> None:
    """Means of 8 against 21, close against the mean of 21, close beyond the 10 bars before."""
    assert structure.trend(up([float(close) for close in closes]))[-1] == expected


def test_no_value_depends_on_bars_before_its_window() -> None:
    """Legs over a reach of 30 read 73 bars; with exactly those the newest value is the same."""
    whole = structure.view(walk(1500), 1)
    full = structure.legs(whole, structure.breaks(whole), 30)
    window = structure.legs_bars(30)
    for row in range(window - 1, 1500, 7):
        cut = structure.view(walk(1500)[row - window + 1 : row + 1], 1)
        legs = structure.legs(cut, structure.breaks(cut), 30)
        np.testing.assert_array_equal(
            [legs.start[-1], legs.end[-1], legs.level[-1], legs.age[-1]],
            [full.start[row], full.end[row], full.level[row], full.age[row]],
        )
