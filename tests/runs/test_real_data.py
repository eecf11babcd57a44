"""The shipped strategies over real bars: trades in each, a residual of 0, and both speeds the same."""

from __future__ import annotations

import os
from typing import Any

import pytest

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not os.environ.get("HOLDFAST_DATA_DIR"), reason="HOLDFAST_DATA_DIR names no market data"
    ),
]
PERPS = ("--source", "binance_perp", "-i", "1h", "--detail", "1m", "--timerange", "20250504-20250624")
YEARS = ("--source", "binance_perp", "-i", "1h", "--timerange", "20200101-20250701",
         "-p", "LTC", "-p", "BCH", "-p", "NEAR", "-p", "ATOM", "-p", "ALGO")  # fmt: skip
FX = ("-s", "confluence", "--source", "oanda_mid", "-i", "1h")
RUNS = {
    "grid_atr, 12 perpetuals": ("-s", "grid_atr", *PERPS),
    "grid_boltrend, 12 perpetuals": ("-s", "grid_boltrend", *PERPS),
    "grid_atr, 2020-2025": ("-s", "grid_atr", *YEARS),
    "grid_boltrend, 2020-2025": ("-s", "grid_boltrend", *YEARS),
    "confluence, 20 FX pairs and gold": FX,
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_over_real_bars_trades_and_adds_up(backtest: Any, name: str) -> None:
    """Compiled; the ledger agrees with the recomputation from its fills to the last unit."""
    found = backtest(*RUNS[name], "--no-save")
    assert found["trades"] > 50
    assert found["ledger"]["residual"] == 0


@pytest.mark.parametrize("name", ["grid_boltrend, 12 perpetuals", "confluence, 20 FX pairs and gold"])
def test_real_runs_are_the_same_interpreted(backtest: Any, name: str) -> None:
    """Two of them in the quick tier: the same digest at the end and at every thousandth event."""
    same(backtest, RUNS[name])


@pytest.mark.long
@pytest.mark.parametrize("name", RUNS)
def test_all_real_runs_are_the_same_interpreted(backtest: Any, name: str) -> None:
    """Every run of this page."""
    same(backtest, RUNS[name])


def same(backtest: Any, words: tuple[str, ...]) -> None:
    """Both modes, with a digest every thousand events."""
    both = [
        backtest(*words, "--no-save", "--digest-trace", "1000", *more) for more in ((), ("--interpreted",))
    ]
    assert both[0]["digests"] == both[1]["digests"]
    assert both[0]["state_digest"] == both[1]["state_digest"]
    assert both[0]["trades"] == both[1]["trades"] > 50
