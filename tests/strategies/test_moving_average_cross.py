"""ma_cross against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from small_market import bar_set, bars

from holdfast.errors import SettingsError
from holdfast.strategies.moving_average_cross import MovingAverageCross
from holdfast.strategies.parameters import resolve_parameters
from holdfast.strategies.planning import compute_plan

STRATEGY = MovingAverageCross()
SMALL = {
    "fast_period": 2,
    "slow_period": 3,
    "distance_unit": "percent",
    "stop_distance": 1,
    "target_distance": 3,
}
# fast - slow on the last bars: (100+90)/2 - 96.67 < 0, (90+100)/2 - 96.67 < 0, (100+110)/2 - 100 > 0
CLOSES = [100.0, 100.0, 100.0, 90.0, 100.0, 110.0]


def plan(closes: list[float], **overrides: object):
    p = resolve_parameters(STRATEGY, "ABC/USDT:USDT", {**SMALL, **overrides})
    return compute_plan(STRATEGY, bar_set(bars(closes)), p)


def test_the_bar_on_which_the_fast_average_gets_above_starts_a_long_trade() -> None:
    """Only that bar; entry at market (no entry price), stop 1 % below its close of 110, target 3 % above."""
    frame = plan(CLOSES)
    assert list(np.flatnonzero(frame["start_long"])) == [5]
    assert list(np.flatnonzero(frame["start_short"])) == [3]
    assert "entry_price" not in frame.columns
    assert frame["stop_price"][5] == pytest.approx(110 * 0.99)
    assert frame["target_1"][5] == pytest.approx(110 * 1.03)


def test_a_short_trade_has_its_stop_above() -> None:
    """The close is 90: stop 90.9, target 87.3; rows that start nothing name no price."""
    frame = plan(CLOSES)
    assert frame["stop_price"][3] == pytest.approx(90.9)
    assert frame["target_1"][3] == pytest.approx(87.3)
    assert np.isnan(frame["stop_price"][4])


def test_long_only_has_no_short_columns() -> None:
    """And names no price on the row of the cross below."""
    frame = plan(CLOSES, sides="long", exit_on_cross=True)
    assert "start_short" not in frame.columns
    assert "exit_short" not in frame.columns
    assert np.isnan(frame["stop_price"][3])


def test_the_opposite_cross_closes_where_asked() -> None:
    """On bar 3 what is long leaves with a reason; without the switch there are no exit columns."""
    frame = plan(CLOSES, exit_on_cross=True)
    assert (frame["exit_long"][3], frame["exit_short"][3], frame["exit_reason"][3]) == (
        True,
        False,
        "signal_exit",
    )
    assert not {"exit_long", "exit_short", "exit_reason"} & set(plan(CLOSES).columns)


def test_distances_in_atr() -> None:
    """Bars from 98 to 104 around alternating closes have an ATR of 6: a stop of 2 ATR is 12 away."""
    closes = [100.0] * 40 + [104.0]
    frame = bars(closes, high=[104.0] * 41, low=[98.0] * 41)
    p = resolve_parameters(
        STRATEGY, "ABC/USDT:USDT", {**SMALL, "distance_unit": "ATR", "stop_distance": 2, "atr_period": 2}
    )
    row = compute_plan(STRATEGY, bar_set(frame), p).row(-1, named=True)
    assert row["start_long"]
    assert row["stop_price"] == pytest.approx(104 - 12)


def test_the_rung_says_the_same_as_the_target_price() -> None:
    """3 % over 1 % is a target of 3 R for the whole quantity."""
    management = STRATEGY.management(resolve_parameters(STRATEGY, "EURUSD", SMALL))
    assert [(rung.multiple, rung.share) for rung in management.rungs] == [(3.0, 1.0)]
    assert management.risk_rate == 0.01


def test_a_fast_average_that_is_not_the_shorter_is_refused() -> None:
    """Values that are fine alone contradict each other."""
    with pytest.raises(SettingsError, match="fast_period is 30 bars, slow_period 30"):
        resolve_parameters(STRATEGY, "EURUSD", {"fast_period": 30})
