"""The commands about market data, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ccxt
import polars as pl
import pytest
import typer
from handmade import put, steps_up
from test_downloading import FakeVenue
from typer.testing import CliRunner, Result

from holdfast.cli.data import register
from holdfast.errors import DataError, HoldfastError, SettingsError
from holdfast.history.synthetic import write_synthetic

app = typer.Typer()
register(app)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two synthetic sources."""
    path = tmp_path_factory.mktemp("data")
    write_synthetic(path, 1, 3, instruments=["BTCUSDT", "ETHUSDT", "EURUSD"])
    write_synthetic(path, 1, 3, "1h", instruments=["BTCUSDT"])
    return path


def run(*words: str, folder: Path | None = None) -> Result:
    """One command; an error for people is raised as the application would catch it."""
    result = CliRunner().invoke(app, [*words], env={"HOLDFAST_DATA_DIR": str(folder) if folder else ""})
    if isinstance(result.exception, HoldfastError):
        raise result.exception
    return result


def data_of(result: Result) -> Any:
    """What --json printed: data alone."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_list_data_tells_every_series_and_what_lies_beside_it(folder: Path) -> None:
    """As a table and as JSON; the folder by environment or option."""
    listed = data_of(run("list-data", "--json", folder=folder))
    told = [(d["source"], d["pair"], d["timeframe"], d["bars"], d["beside"]) for d in listed]
    assert ("synthetic_perp", "BTC/USDT:USDT", "1m", 4320, ["funding", "mark"]) in told
    assert ("synthetic_fx", "EURUSD", "1m", 4320, []) in told
    assert data_of(run("list-data", "--json", "-d", str(folder), "--source", "synthetic_fx")) == [
        d for d in listed if d["source"] == "synthetic_fx"
    ]
    text = run(
        "list-data", "-p", "BTC/USDT:USDT", "--source", "synthetic_perp", "-i", "H1", folder=folder
    ).stdout
    assert "2025-01-06 00:00" in text
    assert "4,320" not in text


def test_pairs_and_timeframes_are_listed(folder: Path) -> None:
    """By source; without one, the timeframes that can be written."""
    assert data_of(run("list-pairs", "--json", folder=folder))["synthetic_perp"] == [
        "BTC/USDT:USDT",
        "ETH/USDT:USDT",
    ]
    found = data_of(run("list-timeframes", "--source", "synthetic_perp", "--json", folder=folder))
    assert found == {"BTC/USDT:USDT": ["1m", "1h"], "ETH/USDT:USDT": ["1m"]}
    assert data_of(run("list-timeframes", "--json"))["1M"] == "MN1"
    assert "EURUSD" in run("list-pairs", "--source", "synthetic_fx", folder=folder).stdout


def test_check_data_passes_good_files_and_fails_on_broken_ones(folder: Path, tmp_path: Path) -> None:
    """Exit code 1, with file, rule and mend; an unreadable file does not hide the others."""
    good = run("check-data", folder=folder)
    assert good.exit_code == 0
    assert "4 files, 13,032 bars: 0 with errors, 0 with warnings" in good.stdout
    put(tmp_path, "crypto/x_perp/BTCUSDT_1h", steps_up("2025-01-01", "1h", 20).reverse())
    put(tmp_path, "crypto/x_perp/ETHUSDT_1h", steps_up("2025-01-01", "1h", 20)).write_bytes(b"PAR1")
    put(tmp_path, "crypto/funding/x_BTCUSDT", pl.DataFrame({"ts": [1], "rate": [0.1]}))
    bad = run("check-data", "--json", folder=tmp_path)
    assert bad.exit_code == 1
    rules = {
        report["where"].rpartition("/")[2]: report["findings"][0]["rule"] for report in json.loads(bad.stdout)
    }
    assert rules["BTCUSDT_1h.parquet"] == "unsorted"
    assert rules["ETHUSDT_1h.parquet"] == "unreadable"
    assert "beside" in rules.values()
    text = run("check-data", folder=tmp_path)
    assert "goes back in time 2025-01-01 18:00" in text.stdout


def test_show_instrument_tells_the_facts_and_what_was_guessed(folder: Path, tmp_path: Path) -> None:
    """From the file, or from bars on disk."""
    facts = data_of(run("show-instrument", "BTCUSDT", "--source", "binance_perp", "--json"))
    assert (facts["pair"], facts["tick_size"], facts["inferred"]) == ("BTC/USDT:USDT", "0.1", [])
    assert data_of(run("show-instrument", "BTC", "--source", "binance_perp", "--json")) == facts
    assert "notional up to" in run("show-instrument", "EURUSD", "--source", "oanda_mid").stdout
    put(tmp_path, "crypto/x_perp/NEWUSDT_1h", steps_up("2025-01-01", "1h", 20))
    guessed = data_of(run("show-instrument", "NEWUSDT", "--source", "x_perp", "--json", folder=tmp_path))
    assert "taker_rate" in guessed["inferred"]
    assert data_of(run("show-instrument", "new", "--source", "x_perp", "--json", folder=tmp_path)) == guessed
    with pytest.raises(SettingsError, match="Nothing is known of OLD/USDT:USDT"):
        run("show-instrument", "OLDUSDT", "--source", "x_perp", folder=tmp_path)


def test_import_data_takes_files_and_folders(tmp_path: Path) -> None:
    """Column names, pair and zone by option; warnings on stderr, data on stdout."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "some.csv").write_text(
        "When,open,high,low,close\n2025-01-06 02:00,2,3,1,2\n2025-01-06 03:00,2,3,1,2\n"
    )
    words = [
        "import-data",
        str(tmp_path / "in"),
        "--source",
        "broker",
        "-p",
        "EUR/USD",
        "--columns",
        "time=When",
    ]
    done = data_of(run(*words, "--zone", "Europe/Prague", "--json", folder=tmp_path / "data"))
    assert (done[0]["pair"], done[0]["timeframe"], done[0]["total"]) == ("EURUSD", "1h", 2)
    assert done[0]["report"]["first"] == "2025-01-06 01:00"
    assert "Imported" in run(*words, "--zone", "Europe/Prague", folder=tmp_path / "data").stdout
    with pytest.raises(SettingsError, match="--columns has 'When'"):
        run("import-data", str(tmp_path / "in"), "--source", "broker", "--columns", "When")
    with pytest.raises(DataError, match="no column for 'time'"):
        run(
            "import-data",
            str(tmp_path / "in"),
            "--source",
            "broker",
            "-p",
            "EURUSD",
            folder=tmp_path / "data",
        )


def test_download_data_brings_bars_funding_and_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The venue is what the source's name begins with."""
    monkeypatch.setattr(ccxt, "bybit", lambda options: FakeVenue("2025-01-02 00:00:30"))
    words = [
        "download-data",
        "--source",
        "bybit_perp",
        "-p",
        "BTCUSDT,ETH/USDT:USDT",
        "-i",
        "1m",
        "--days",
        "1",
    ]
    done = data_of(run(*words, "--json", folder=tmp_path))
    assert [(d["pair"], d["kind"]) for d in done][:3] == [
        ("BTC/USDT:USDT", "bars"), ("BTC/USDT:USDT", "funding"), ("BTC/USDT:USDT", "mark"),
    ]  # fmt: skip
    assert done[0]["fetched"] == 1439  # from 00:01 of the day before to 23:59
    assert "1,439" in run(*words, folder=tmp_path).stdout


@pytest.mark.parametrize(
    "words, says",
    [
        (["list-data", "--source", "nowhere"], "has no source 'nowhere'"),
        (["list-data", "-p", "BTCUSDT"], "Name its --source"),
        (["list-data", "--source", "synthetic_perp", "-i", "7m"], "is not a timeframe"),
        (["check-data", "--source", "synthetic_fx", "-p", "EURUSE"], "Did you mean EURUSD"),
        (["import-data", "no/such/folder", "--source", "x"], "Nothing to import"),
        (["download-data", "--source", "oanda_mid", "-p", "EURUSD"], "no source that can be downloaded"),
        (["download-data", "--source", "bybit_perp"], "No pair to download"),
        (
            ["download-data", "--source", "bybit_perp", "-p", "BTCUSDT", "--timerange", "x"],
            "is not a timerange",
        ),
        (["download-data", "--source", "bybt_perp", "-p", "BTCUSDT"], "ccxt knows no venue 'bybt'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(folder: Path, words: list[str], says: str) -> None:
    """The application prints it and exits with 1."""
    with pytest.raises(SettingsError, match=says):
        run(*words, folder=folder)


def test_without_a_folder_the_home_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HOLDFAST_HOME/data, default ~/.holdfast/data."""
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path))
    with pytest.raises(SettingsError, match=str(tmp_path / "data")):
        run("list-data")
