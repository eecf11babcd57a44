"""On real bars: the shipped strategies do something, and the same live as in a backtest."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from holdfast.history.store import Store
from holdfast.strategies.bars import assemble
from holdfast.strategies.catalogue import find
from holdfast.strategies.checking import check_strategy
from holdfast.strategies.parameters import resolve_parameters
from holdfast.strategies.planning import compute_plan
from holdfast.strategies.strategy import BarSet, Strategy

FOLDER = os.environ.get("HOLDFAST_DATA_DIR", "")
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not FOLDER, reason="HOLDFAST_DATA_DIR does not name a folder of market data"),
]


def bars_of(strategy: Strategy, source: str, pair: str, tick: float) -> tuple[BarSet, dict[str, object]]:
    p = resolve_parameters(strategy, pair)
    windows = strategy.higher_windows(p)
    store = Store(Path(FOLDER))
    bars = assemble(
        store, source, pair, strategy.timeframes(p), None, None, strategy.window(p), windows, tick_size=tick
    )
    return bars, p


@pytest.mark.parametrize(
    "name, source, pair, tick",
    [
        ("grid_atr", "binance_perp", "BTC/USDT:USDT", 0.1),  # 1h bars made of 1m bars
        ("grid_atr", "binance_perp", "NEAR/USDT:USDT", 0.001),
        ("grid_boltrend", "binance_perp", "BCH/USDT:USDT", 0.01),
        ("confluence", "oanda_mid", "EURUSD", 0.00001),
        ("confluence", "oanda_mid", "XAUUSD", 0.01),
        ("ma_cross", "oanda_mid", "USDJPY", 0.001),
    ],
)  # fmt: skip
def test_plans_are_the_same_live_as_in_a_backtest(name: str, source: str, pair: str, tick: float) -> None:
    """No difference, and not even a near tie."""
    strategy = find(name)
    bars, p = bars_of(strategy, source, pair, tick)
    result = check_strategy(strategy, bars, p, rows=24)
    assert result.passed, result.differences
    assert not result.near_ties
    assert result.starts > 20
    assert result.recursion_rows >= 24


def test_confluence_finds_setups_in_every_pair_on_both_sides() -> None:
    """Twenty pairs and gold, 2022 to 2025: some hundreds to some thousands, none of them without a stop."""
    strategy, total = find("confluence"), 0
    for pair in Store(Path(FOLDER)).pairs("oanda_mid"):
        bars, p = bars_of(strategy, "oanda_mid", pair, 0.00001)
        plan = compute_plan(strategy, bars, p).filter(pl.col("start_long") | pl.col("start_short"))
        assert plan.height >= 10, pair
        assert not plan["stop_price"].is_nan().any()
        total += plan.height
    assert 500 < total < 5000


def test_the_shipped_parameters_of_an_asset_change_its_plan() -> None:
    """ATOM by its own row of the table, and by another asset's: other anchors, offsets and sides (L21)."""
    strategy = find("grid_atr")
    bars, p = bars_of(strategy, "binance_perp", "ATOM/USDT:USDT", 0.001)
    own = compute_plan(strategy, bars, p)
    other = compute_plan(strategy, bars, resolve_parameters(strategy, "ALGO/USDT:USDT"))
    assert "start_short" in own.columns
    assert "start_short" not in other.columns
    last_own, last_other = own.row(-1, named=True), other.row(-1, named=True)
    assert last_own["anchor_price"] != last_other["anchor_price"]
    assert last_own["offset"] != last_other["offset"]
