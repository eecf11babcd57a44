"""`holdfast chaos`: its table, its data, its exit code, its tapes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from holdfast.cli.app import app
from holdfast.history.store import Store
from holdfast.history.synthetic import PERPS, write_synthetic
from holdfast.model.instrument import notional_of
from holdfast.model.units import RATE
from holdfast.settings.backtest import load_settings
from holdfast.wiring.backtest import Backtest
from holdfast.wiring.chaos import setting_of

RUNNER = CliRunner()


def test_a_day_as_data() -> None:
    told = RUNNER.invoke(app, ["chaos", "--days", "1", "--seed", "3", "--json"])
    assert told.exit_code == 0, told.output
    data = json.loads(told.stdout)
    assert data["violations"] == []
    assert data["days"] == 1
    assert data["situations"]


@pytest.mark.long
def test_a_day_as_tables() -> None:
    shown = RUNNER.invoke(app, ["chaos", "--days", "1", "--seed", "3"])
    assert "what must hold" in shown.output
    assert "1 days" in shown.output


@pytest.mark.long
def test_an_engine_with_a_mistake_ends_with_1_and_without_faults_with_0(tmp_path: Path) -> None:
    tape = tmp_path / "a.tape"
    options = ["--engine", "error-is-reject", "--venue-model", "strict", "--seed", "1", "--json"]
    told = RUNNER.invoke(app, ["chaos", "--days", "1", *options])
    assert told.exit_code == 1
    assert "S1c" in {violation["invariant"] for violation in json.loads(told.stdout)["violations"]}
    tape.write_text("% nothing\n")
    assert RUNNER.invoke(app, ["chaos", *options, "--play", str(tape)]).exit_code == 0


def test_what_is_not_known_is_a_sentence() -> None:
    for options in (["--engine", "perfect"], ["--venue-model", "kind"], ["--play", "/nowhere/a.tape"]):
        told = RUNNER.invoke(app, ["chaos", *options])
        assert told.exit_code == 1
        assert str(told.exception)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few days of synthetic perpetuals and currencies."""
    folder = tmp_path_factory.mktemp("market")
    write_synthetic(folder, 11, 20, "1h", (*PERPS[:2], "EURUSD", "USDJPY"))
    return folder


@pytest.mark.parametrize(
    ("days", "options"),
    [
        (1, ["-s", "grid_atr", "-s", "ma_cross", "--source", "synthetic_perp", "-p", "ETH", "-i", "1h"]),
        pytest.param(6, ["-s", "confluence", "--source", "synthetic_fx"], marks=pytest.mark.long),
    ],
)
def test_the_days_of_an_account_of_ones_own(market: Path, days: int, options: list[str]) -> None:
    told = RUNNER.invoke(app, ["chaos", *options, "-d", str(market), "--days", str(days), "--json"])
    assert told.exit_code == 0, told.output
    data = json.loads(told.stdout)
    assert data["violations"] == []
    assert data["fills"] > 0
    assert data["prices"] == days * (1 if days == 1 else 2) * (24 * 60 - 1)


def test_an_account_begins_at_its_last_prices_with_its_own_limits(market: Path) -> None:
    settings = load_settings(
        None, {"strategies": ("grid_atr",), "source": "synthetic_perp", "dry_run_wallet": 5_000}
    )
    setting = setting_of(Backtest(Store(market), settings))
    last = Store(market).bars("synthetic_perp", "BTC/USDT:USDT", "1h")["close"][-1]
    contract = setting.scenario.listings[0].contract
    assert setting.prices[0] == round(last * 10)
    assert setting.scenario.balance == 5_000 * RATE
    assert notional_of(contract, setting.prices[0], setting.capital(1)) <= 5_000 * RATE
    assert [mandate.instrument_id for mandate in setting.scenario.mandates] == [1, 2]


def test_a_ruleset_is_refused_and_the_sentence_says_why(market: Path) -> None:
    told = RUNNER.invoke(
        app, ["chaos", "-s", "ma_cross", "--source", "synthetic_fx", "--ruleset", "any", "-d", str(market)]
    )
    assert told.exit_code == 1
    assert "floors" in str(told.exception)
