"""The commands about strategies, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from small_market import walk
from typer.testing import CliRunner, Result

from holdfast.cli import strategies
from holdfast.errors import SettingsError
from holdfast.history.layout import bars_path
from holdfast.history.names import parse_timeframe
from holdfast.history.parquet import write_whole
from holdfast.strategies.catalogue import SHIPPED, find
from holdfast.strategies.parameters import resolve_parameters

APP = typer.Typer()
strategies.register(APP)

PEEKS = """
from holdfast.strategies.frames import closing, plan_frame
from holdfast.strategies.strategy import Management, Strategy, Timeframes

class Peeks(Strategy):
    name = "peeks"
    summary = "knows the next close"
    parameters = ()

    def timeframes(self, p):
        return Timeframes("1h")

    def window(self, p):
        return 3

    def management(self, p):
        return Management("setup")

    def plan(self, bars, p):
        rises = bars.base["close"].shift(-1) > bars.base["close"]
        return plan_frame(closing(bars.base, "1h"), {"start_long": rises.fill_null(False)})
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(APP, [str(word) for word in words])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with 1,000 hours of one perpetual."""
    path = bars_path(tmp_path, "binance_perp", "BTCUSDT", parse_timeframe("1h"))
    path.parent.mkdir(parents=True)
    write_whole(walk(1000), path)
    return tmp_path


def test_list_names_every_strategy_and_its_bars() -> None:
    """Confluence reads five timeframes."""
    rows = {row["name"]: row for row in json.loads(run("list-strategies", "--json").stdout)}
    assert set(rows) == set(SHIPPED)
    assert rows["confluence"]["timeframes"] == ["1h", "4h", "1d", "1w", "1M"]
    assert rows["grid_atr"]["kind"] == "grid"
    assert "grid_boltrend" in run("list-strategies").stdout


def test_list_shows_a_broken_file_without_hiding_the_others(tmp_path: Path) -> None:
    """The reason stands in its row."""
    (tmp_path / "bad.py").write_text("import nothing_of_this_name\nclass Bad:\n    name = 'bad'\n")
    rows = json.loads(run("list-strategies", "--strategy-path", str(tmp_path), "--json").stdout)
    assert [row["kind"] for row in rows if row["name"] == "bad"] == ["broken"]
    assert "nothing_of_this_name" in rows[-1]["error"]
    assert len(rows) == len(SHIPPED) + 1


def test_show_tells_value_and_origin_for_a_pair() -> None:
    """BTC ships 7 bars; an unnamed pair has the default of 14; --set wins over both."""

    def shown(*words: str) -> tuple[object, str]:
        rows = json.loads(run("show-strategy", "grid_atr", "--json", *words).stdout)["parameters"]
        return next((row["value"], row["origin"]) for row in rows if row["name"] == "ma_period")

    assert shown() == (14, "default")
    assert shown("-p", "BTC/USDT:USDT") == (7, "shipped for BTC")
    assert shown("-p", "BTC/USDT:USDT", "--set", "ma_period=9") == (9, "user")
    assert shown("-p", "BTC/USDT:USDT", "--set", "BTC.ma_period=8", "--set", "ma_period=9") == (
        8,
        "user for BTC",
    )


def test_show_tells_ranges_and_window() -> None:
    """For a person: unit, range, and how much history a row needs."""
    text = run("show-strategy", "ma_cross").stdout
    assert "slow_period" in text
    assert "30 bars" in text
    assert "Reads 225 bars of 1h." in text


def test_new_strategy_writes_a_file_that_runs_and_passes_the_check(tmp_path: Path, data: Path) -> None:
    """The template is honest: no look-ahead, no memory, right window."""
    wrote = run("new-strategy", "my_idea", "--strategy-path", str(tmp_path))
    assert wrote.exit_code == 0
    assert resolve_parameters(find("my_idea", tmp_path), "BTC/USDT:USDT")["lookback"] == 72
    own = ("--strategy-path", str(tmp_path), "--data-dir", str(data), "--source", "binance_perp")
    checked = run("check-strategy", "-s", "my_idea", *own, "-p", "BTC", "--rows", "30", "--json")
    assert checked.exit_code == 0
    assert json.loads(checked.stdout)["passed"] is True
    assert json.loads(checked.stdout)["results"][0]["starts"] > 5


@pytest.mark.parametrize("name", ["My-Idea", "grid_atr", "9lives", ""])
def test_new_strategy_refuses_a_name_that_cannot_be_one(name: str, tmp_path: Path) -> None:
    """Nothing is written."""
    assert isinstance(run("new-strategy", name, "--strategy-path", str(tmp_path)).exception, SettingsError)
    assert not list(tmp_path.iterdir())


def test_new_strategy_never_overwrites(tmp_path: Path) -> None:
    """Somebody's work may be in that file."""
    run("new-strategy", "mine", "--strategy-path", str(tmp_path))
    (tmp_path / "mine.py").write_text("mine")
    assert "is there already" in str(run("new-strategy", "mine", "--strategy-path", str(tmp_path)).exception)
    assert (tmp_path / "mine.py").read_text() == "mine"


def test_check_fails_with_column_bar_and_both_values(tmp_path: Path, data: Path) -> None:
    """Exit code 1, in JSON and for people."""
    (tmp_path / "peeks.py").write_text(PEEKS)
    words = ("check-strategy", "-s", "peeks", "--strategy-path", str(tmp_path), "--data-dir", str(data))
    words = (*words, "--source", "binance_perp", "-p", "BTC/USDT:USDT", "-i", "1h", "--rows", "30")
    found = run(*words, "--json")
    assert found.exit_code == 1
    first = json.loads(found.stdout)["results"][0]["differences"][0]
    assert (first["test"], first["column"], first["backtest"], first["again"]) == (
        "look-ahead",
        "start_long",
        "True",
        "False",
    )
    assert first["time"].startswith("2024-")
    text = run(*words)
    assert text.exit_code == 1
    assert "failed" in text.stdout
    assert "start_long" in text.stdout


def test_check_refuses_another_timeframe_than_the_strategy_reads(tmp_path: Path, data: Path) -> None:
    """peeks reads 1h only."""
    (tmp_path / "peeks.py").write_text(PEEKS)
    words = (
        "--strategy-path",
        str(tmp_path),
        "--data-dir",
        str(data),
        "--source",
        "binance_perp",
        "-i",
        "4h",
    )
    assert "peeks reads 1h bars, not 4h" in str(run("check-strategy", "-s", "peeks", *words).exception)


def test_check_reads_resampled_bars_where_asked(data: Path) -> None:
    """ma_cross over 4h bars made of the 1h file."""
    words = (
        "--data-dir",
        str(data),
        "--source",
        "binance_perp",
        "-i",
        "4h",
        "--set",
        "atr_period=5",
        "--rows",
        "20",
    )
    result = json.loads(run("check-strategy", "-s", "ma_cross", *words, "--json").stdout)["results"][0]
    assert result["bars"] == 250
    assert result["passed"] is True
