"""What `holdfast backtest` prints, keeps and refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from holdfast.cli.app import app
from holdfast.errors import HoldfastError

GRID = ("-s", "grid_atr", "--source", "synthetic_perp", "-i", "1h", "--detail", "1m")
KEYS = {
    "strategy", "mode", "instruments", "bars", "events", "seconds", "bars_per_second", "peak_memory_mb",
    "state_digest", "trades", "orders", "denials", "ledger", "profit_total", "max_drawdown_account",
}  # fmt: skip


def test_the_json_object_has_everything_that_was_promised(backtest: Any, market: Path) -> None:
    """The keys that scripts rely on, the ledger in integers, and an identity that adds up."""
    found = backtest(*GRID, "--data-dir", str(market), "--no-save")
    assert set(found) >= KEYS
    assert set(found["seconds"]) >= {"load", "plan", "compile", "loop"}
    ledger = found["ledger"]
    assert all(isinstance(value, int) for value in ledger.values())
    moved = sum(ledger[name] for name in ("realized", "funding", "rollover", "cash_flows", "adjustments"))
    assert ledger["start"] + moved - ledger["fees"] == ledger["balance"]
    assert ledger["residual"] == 0
    assert found["bars"] == 3 * 12 * 24 * 60
    assert found["trades"] > 0


@pytest.mark.parametrize(
    "words",
    [
        (*GRID,),
        ("-s", "grid_boltrend", "--source", "synthetic_perp", "-i", "1h", "--detail", "5m",
         "--set", "long_ma_window=50", "--set", "bol_window=20"),
        ("-s", "grid_atr", "-s", "ma_cross", "--source", "synthetic_perp", "-i", "15m", "--detail", "1m"),
        ("-s", "ma_cross", "--source", "synthetic_fx", "-i", "1h"),
        ("-s", "ma_cross", "--source", "synthetic_fx", "-i", "4h", "--detail", "1h", "--currency", "EUR"),
    ],
)  # fmt: skip
def test_interpreted_gives_the_same_digests_as_compiled(
    backtest: Any, market: Path, words: tuple[str, ...]
) -> None:
    """At the end and at every thousandth event, with real trades and a residual of 0 in each."""
    both = [
        backtest(*words, "--data-dir", str(market), "--no-save", "--digest-trace", "1000", *more)
        for more in ((), ("--interpreted",))
    ]
    compiled, interpreted = both
    assert (compiled["mode"], interpreted["mode"]) == ("compiled", "interpreted")
    assert compiled["state_digest"] == interpreted["state_digest"]
    assert compiled["digests"] == interpreted["digests"]
    assert len(compiled["digests"]) > 5
    for name in ("events", "trades", "orders", "denials", "ledger"):
        assert compiled[name] == interpreted[name]
    assert compiled["trades"] > 0
    assert compiled["ledger"]["residual"] == 0


def test_two_runs_of_the_same_command_are_the_same(backtest: Any, market: Path) -> None:
    """Nothing hangs on the order of a hash table or on the time of day: tags keep their numbers."""
    words = ("-s", "ma_cross", "--source", "synthetic_fx", "-i", "1h", "--data-dir", str(market), "--no-save")
    assert len({backtest(*words)["state_digest"] for _ in range(3)}) == 1


def test_a_parameter_of_one_pair_reaches_the_run(backtest: Any, market: Path, home: Path) -> None:
    """Lesson L21: what is set for one instrument changes that one, and the saved run says where it came from."""
    plain = backtest(*GRID, "--data-dir", str(market), "--no-save")
    nearer = ("--set", "BTC.atr_multiplier_start=0.5", "--set", "BTC.min_grid_spacing_pct=0")
    changed = backtest(*GRID, "--data-dir", str(market), *nearer)
    assert plain["state_digest"] != changed["state_digest"]
    saved = json.loads(next((home / "backtest_results").glob("*/result.json")).read_text())
    used = saved["run"]["config"]["parameters_used"]["grid_atr"]
    assert used["BTC/USDT:USDT"]["atr_multiplier_start"] == {"value": 0.5, "origin": "user for BTC"}
    assert used["ETH/USDT:USDT"]["atr_multiplier_start"]["value"] != 0.5


def test_fees_cost_money_and_more_fees_more(backtest: Any, market: Path) -> None:
    """One rate for maker and taker replaces the venue's."""
    words = ("--data-dir", str(market), "--no-save", "--stake-amount", "1000")
    none, some = (backtest(*GRID, *words, "--fee", fee)["ledger"] for fee in ("0", "0.001"))
    assert none["fees"] == 0
    assert some["fees"] > 0


@pytest.mark.parametrize(
    "words, said",
    [
        (("-s", "grid_art"), "Did you mean grid_atr"),
        (("-s", "grid_atr", "--source", "synthetic_prep"), "Did you mean synthetic_perp"),
        ((*GRID, "-p", "BTD"), "Did you mean BTC"),
        ((*GRID, "--set", "ma_perod=7"), "Did you mean ma_period"),
        ((*GRID, "--set", "ma_period=-7"), "it must be a value from"),
        ((*GRID, "--timerange", "20300101-20310101"), "choose a timerange inside"),
        ((*GRID, "--timerange", "yesterday"), "is not a timerange"),
        ((*GRID[:-1], "2h"), "cannot be replayed inside"),
        ((*GRID, "--set", "XRP.ma_period=7", "-p", "BTC"), "which is not traded"),
        ((*GRID, "--dry-run-wallet", "0"), "greater than 0"),
        (("-c", "demmo"), "Did you mean demo"),
    ],
)
def test_bad_input_is_one_sentence_with_a_mend(
    market: Path, home: Path, words: tuple[str, ...], said: str
) -> None:
    """And nothing is written."""
    done = CliRunner().invoke(app, ["backtest", *words, "--data-dir", str(market)])
    assert isinstance(done.exception, HoldfastError), done.output
    assert said in str(done.exception)
    assert "\n" not in str(done.exception)
    assert not (home / "backtest_results").exists()


def test_a_setting_that_nothing_reads_stops_the_start(market: Path, home: Path) -> None:
    """Configuration that nobody reads is a safety bug (lesson L13)."""
    settings = home / "mine.yaml"
    settings.write_text("strategies: [grid_atr]\nlimits:\n  grid:\n    open_risk_maximum: 0.5\n")
    done = CliRunner().invoke(app, ["backtest", "-c", str(settings), "--data-dir", str(market)])
    assert "nothing reads the setting 'limits.grid.open_risk_maximum'" in str(done.exception)
    assert "open_risk_max" in str(done.exception)


def test_a_limit_in_a_settings_file_reaches_the_gate(backtest: Any, market: Path, home: Path) -> None:
    """With room for one trade, the second instrument's levels are denied by that rule."""
    settings = home / "one.yaml"
    settings.write_text("limits:\n  grid:\n    trade_count_max: 1\n")
    found = backtest("-c", str(settings), *GRID, "--data-dir", str(market), "--no-save")
    assert found["denials"].get("trade_count", 0) > 0
