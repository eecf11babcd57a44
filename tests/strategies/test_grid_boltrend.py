"""grid_boltrend against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from small_market import bar_set, bars

from holdfast.strategies.grid_boltrend import GridBoltrend
from holdfast.strategies.parameters import resolve_parameters
from holdfast.strategies.planning import compute_plan

STRATEGY = GridBoltrend()
SMALL = {"bol_window": 4, "bol_std": 1.0, "long_ma_window": 6, "atr_period": 2}
# Forty closes around 100, then a jump to 110. Before it the last four closes are 99, 101, 99, 101 (mean 100,
# deviation 1, bands 99 and 101); with it 101, 99, 101, 110: mean 102.75, deviation 4.264, upper band 107.01.
UP = [99.0, 101.0] * 20 + [110.0]
DOWN = [101.0, 99.0] * 20 + [90.0]


def plan(closes: list[float], **overrides: object):
    p = resolve_parameters(STRATEGY, "ABC/USDT:USDT", {**SMALL, **overrides})
    return compute_plan(STRATEGY, bar_set(bars(closes)), p)


def test_a_close_above_the_upper_band_starts_a_long_cycle_at_once() -> None:
    """110 is above 107.01 and above the long average, the close before is not above its band."""
    row = plan([*UP[:-2], 100.0, 110.0]).row(-1, named=True)
    assert (row["start_long"], row["start_short"], row["enter_now"]) == (True, False, True)


def test_a_close_below_the_lower_band_starts_a_short_cycle() -> None:
    """Mirrored."""
    row = plan([*DOWN[:-2], 100.0, 90.0]).row(-1, named=True)
    assert (row["start_long"], row["start_short"], row["enter_now"]) == (False, True, True)


def test_the_close_before_must_have_been_inside_its_band() -> None:
    """101 lies on its upper band of 101 and not below it: no crossing, no start."""
    assert not plan(UP)["start_long"][-1]


def test_the_bands_before_the_breakout_must_be_wide_enough() -> None:
    """Closes 101, 99, 101, 100: mean 100.25, deviation 0.829, so the spread is 1.66 / 99.42 = 1.67 %."""
    closes = [*UP[:-2], 100.0, 110.0]
    assert plan(closes, min_bol_spread=0.016)["start_long"][-1]
    assert not plan(closes, min_bol_spread=0.017)["start_long"][-1]


def test_the_long_average_must_agree() -> None:
    """After a fall from 200 the average of 30 bars is above 110: a breakout upwards is not bought."""
    closes = [200.0] * 34 + [99.0, 101.0, 99.0, 101.0, 99.0, 101.0, 99.0, 100.0, 110.0]
    assert plan(closes)["start_long"][-1]
    assert not plan(closes, long_ma_window=30)["start_long"][-1]


def test_levels_hang_from_the_first_fill_in_steps_of_the_current_atr() -> None:
    """No anchor column; level 0 at the fill itself, each further one a step of the current ATR away."""
    row = plan([*UP[:-2], 100.0, 110.0], atr_spacing_mult=1.5)
    assert "anchor_price" not in row.columns
    assert "take_profit_price" not in row.columns
    assert row["offset"][-1] == 0.0
    # true ranges 2, …, 2, 1, 10: 10 x 1/2 + 1 x 1/4 + 2 x 1/4 = 5.75
    assert row["spacing"][-1] == pytest.approx(1.5 * 5.75, rel=1e-6)


def test_the_exit_is_a_flag_at_the_midline() -> None:
    """Below the mean of the last four closes what is long leaves, above it what is short."""
    frame = plan(UP[:-1])  # …99, 101, 99, 101: mean 100
    assert (frame["exit_long"][-1], frame["exit_short"][-1]) == (False, True)
    assert (frame["exit_long"][-2], frame["exit_short"][-2]) == (True, False)
    assert set(frame["exit_reason"][-2:]) == {"signal_exit"}


def test_a_breakout_never_exits_the_cycle_that_it_starts() -> None:
    """The trap of an exit price: at the start the close is always on the far side of the midline."""
    random = np.random.default_rng(3)
    frame = plan(list(100 + np.cumsum(random.normal(0, 1, 3000)) % 50))
    starts_long, starts_short = frame["start_long"].to_numpy(), frame["start_short"].to_numpy()
    assert starts_long.any()
    assert starts_short.any()
    assert not (starts_long & frame["exit_long"].to_numpy()).any()
    assert not (starts_short & frame["exit_short"].to_numpy()).any()


def test_one_side_alone_offers_and_exits_that_side_alone() -> None:
    """sides long: no short columns at all."""
    columns = plan(UP, sides="long").columns
    assert {"start_long", "exit_long"} <= set(columns)
    assert not {"start_short", "exit_short"} & set(columns)


def test_the_shipped_table_reaches_window_and_management() -> None:
    """ETH asks for an average of 400 bars and a stop of 10 %, DYDX for two levels."""
    eth = resolve_parameters(STRATEGY, "ETH/USDT:USDT")
    dydx = resolve_parameters(STRATEGY, "DYDX/USDT:USDT")
    assert STRATEGY.window(eth) == 400
    assert STRATEGY.management(eth).stop_rate == pytest.approx(0.10)
    assert STRATEGY.management(dydx).levels == 2
