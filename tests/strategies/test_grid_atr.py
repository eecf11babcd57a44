"""grid_atr against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from small_market import HOUR, MONDAY, bar_set, bars

from holdfast.strategies.grid_atr import GridAtr
from holdfast.strategies.parameters import resolve_parameters
from holdfast.strategies.planning import compute_plan

STRATEGY = GridAtr()
# Closes alternate 100, 102; every bar reaches from 98 to 104, so every true range is 6 and the ATR is 6.
CALM = bars([100.0, 102.0] * 30, high=[104.0] * 60, low=[98.0] * 60)
SHORT = {"ma_period": 4, "atr_period": 2}


def plan(overrides: dict[str, object], pair: str = "ABC/USDT:USDT"):
    return compute_plan(
        STRATEGY, bar_set(CALM, pair), resolve_parameters(STRATEGY, pair, {**SHORT, **overrides})
    )


def test_levels_hang_from_the_average_in_atr_steps() -> None:
    """SMA 101, ATR 6, start 2, step 1: 89, 83, 77 below and 113, 119, 125 above."""
    row = plan({"sides": "both"}).row(-1, named=True)
    assert row["anchor_price"] == 101.0
    assert row["offset"] == pytest.approx(12.0, rel=1e-12)
    assert row["spacing"] == pytest.approx(6.0, rel=1e-12)
    below = [row["anchor_price"] - (row["offset"] + i * row["spacing"]) for i in range(3)]
    above = [row["anchor_price"] + (row["offset"] + i * row["spacing"]) for i in range(3)]
    assert below == pytest.approx([89.0, 83.0, 77.0])
    assert above == pytest.approx([113.0, 119.0, 125.0])


def test_the_take_profit_is_the_average_of_the_newest_bar() -> None:
    """It moves with each plan: 101 while closes alternate."""
    assert plan({})["take_profit_price"][-1] == 101.0


def test_a_row_is_known_when_its_bar_closes() -> None:
    """ts is the opening time plus one hour."""
    assert plan({})["ts"].dt.epoch("ns")[0] == MONDAY + HOUR


def test_the_floor_replaces_a_small_atr() -> None:
    """10 % of the last close, 102, is 10.2 and more than the ATR of 6; 1 % is less and changes nothing."""
    assert plan({"min_grid_spacing_pct": 10})["spacing"][-1] == pytest.approx(10.2)
    assert plan({"min_grid_spacing_pct": 1})["spacing"][-1] == pytest.approx(6.0)


def test_the_atr_gate_holds_back_starts_and_nothing_else() -> None:
    """ATR is 5.88 % of the close: a gate of 5.8 lets starts through, one of 5.9 does not; levels remain."""
    assert plan({"min_atr_pct": 5.8})["start_long"][-1]
    blocked = plan({"min_atr_pct": 5.9}).row(-1, named=True)
    assert not blocked["start_long"]
    assert blocked["anchor_price"] == 101.0
    assert blocked["take_profit_price"] == 101.0


def test_the_gate_looks_at_the_atr_itself_and_not_at_its_floor() -> None:
    """A floor of 10 % does not open a gate of 5.9 %."""
    assert not plan({"min_atr_pct": 5.9, "min_grid_spacing_pct": 10})["start_long"][-1]


@pytest.mark.parametrize(
    "sides, columns",
    [("long", {"start_long"}), ("short", {"start_short"}), ("both", {"start_long", "start_short"})],
)
def test_only_the_sides_asked_for_are_offered(sides: str, columns: set[str]) -> None:
    """An absent column means none."""
    assert {name for name in plan({"sides": sides}).columns if name.startswith("start_")} == columns


def test_a_long_cycle_does_not_start_where_its_first_level_would_be_below_zero() -> None:
    """101 - 20 x 6 is negative: nothing to buy there; the short side is offered all the same."""
    row = plan({"sides": "both", "atr_multiplier_start": 20}).row(-1, named=True)
    assert not row["start_long"]
    assert row["start_short"]


def test_rows_before_the_warm_up_start_nothing() -> None:
    """Wilder over 2 bars reads 32 true ranges and one close before them: the first start is on bar 33."""
    starts = plan({})["start_long"].to_numpy()
    assert STRATEGY.window(resolve_parameters(STRATEGY, "ABC/USDT:USDT", SHORT)) == 33
    assert np.flatnonzero(starts)[0] == 32


def test_management_follows_the_parameters() -> None:
    """Percent become shares, bars become seconds of the strategy's own timeframe."""
    wanted = {"num_levels": 4, "sl_percent": 15, "min_profit_pct": 0.4, "max_hold_candles": 24, "leverage": 5}
    p = resolve_parameters(STRATEGY, "ABC/USDT:USDT", {**wanted, "timeframe": "15m", "cooldown_candles": 3})
    management = STRATEGY.management(p)
    assert (management.kind, management.levels, management.weights) == ("grid", 4, ())
    assert management.stop_rate == pytest.approx(0.15)
    assert management.min_profit == pytest.approx(0.004)
    assert (management.max_hold, management.max_hold_losing_only) == (24 * 900, True)
    assert (management.cooldown, management.leverage) == (2700, 5)


def test_the_shipped_table_really_changes_plan_and_management() -> None:
    """ATOM ships start 3, floor 1.8 %, least profit 0.4 %, both sides; an unlisted asset has the defaults."""
    unlisted = resolve_parameters(STRATEGY, "ABC/USDT:USDT")
    atom = resolve_parameters(STRATEGY, "ATOM/USDT:USDT")
    assert STRATEGY.management(atom).min_profit == pytest.approx(0.004)
    assert STRATEGY.management(unlisted).min_profit == 0.0
    assert STRATEGY.management(atom).levels == 4
    long = bars([100.0, 102.0] * 150, high=[104.0] * 300, low=[98.0] * 300)
    ours = compute_plan(STRATEGY, bar_set(long, "ATOM/USDT:USDT"), atom)
    theirs = compute_plan(STRATEGY, bar_set(long), unlisted)
    assert "start_short" in ours.columns
    assert "start_short" not in theirs.columns
    assert ours["offset"][-1] == pytest.approx(18.0)
    assert theirs["offset"][-1] == pytest.approx(12.0)
