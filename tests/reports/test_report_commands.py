"""The commands that read saved backtests, as a person types them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import typer
from sample import bars, sample
from tiny import tiny
from typer.testing import CliRunner

from holdfast.cli.results import register
from holdfast.errors import SettingsError
from holdfast.reports.runs import save_run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty HOLDFAST_HOME."""
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def call(*words: str) -> tuple[str, str]:
    """What a command prints on stdout and stderr."""
    app = typer.Typer()
    register(app)
    done = CliRunner().invoke(app, list(words), catch_exceptions=False, terminal_width=100)
    assert done.exit_code == 0
    return done.stdout, done.stderr


def test_show_backtest_prints_the_newest_run(home: Path) -> None:
    """Without a name, and as data alone with --json."""
    save_run(tiny(), home)
    assert "SUMMARY METRICS" in call("show-backtest")[0]
    told = json.loads(call("show-backtest", "--json")[0])
    assert (told["strategy"], told["total_trades"]) == ("grid_atr", 5)


def test_show_backtest_writes_the_page_with_the_charts_that_were_saved(home: Path, tmp_path: Path) -> None:
    """Where the file is goes to stderr; stdout stays free for --json."""
    run, history = sample(24 * 10), bars(24 * 10)
    save_run(run, home, history)
    out, said = call("show-backtest", "--html", str(tmp_path / "page.html"), "--json")
    assert json.loads(out)["trades"] == run.trade_count
    assert "Page:" in said
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "The bars were not at hand" not in page


def test_list_backtests_shows_each_run(home: Path) -> None:
    """None, then two."""
    assert "No run is saved" in call("list-backtests")[0]
    assert json.loads(call("list-backtests", "--json")[0]) == []
    names = {save_run(tiny(), home).name, save_run(tiny(), home).name}
    assert {row["name"] for row in json.loads(call("list-backtests", "--json")[0])} == names
    assert "2024-06-01_12-00-00_grid_atr" in call("list-backtests")[0]


def test_compare_backtests_tells_where_two_runs_part(home: Path) -> None:
    """As text and as data."""
    a = save_run(tiny(), home)
    changed = tiny().trades.with_columns((pl.col("pnl") * 2).alias("pnl"))
    b = save_run(replace(tiny(), trades=changed, config={"fee": 0.001}), home)
    text = call("compare-backtests", a.name, b.name)[0]
    assert "FIRST DIFFERENT TRADE" in text
    assert "fee" in text
    told = json.loads(call("compare-backtests", a.name, b.name, "--json")[0])
    assert told["first_difference"]["number"] == 0
    assert told["metrics"]["expectancy"] == [12.0, 24.0, 12.0]


def test_export_trades_writes_the_named_table(home: Path, tmp_path: Path) -> None:
    """The count goes to stderr."""
    save_run(tiny(), home)
    _, said = call("export-trades", str(tmp_path / "legs.csv"), "--table", "legs")
    assert "3 rows of legs" in said
    assert pl.read_csv(tmp_path / "legs.csv").height == 3


def test_an_unknown_run_is_refused_in_one_sentence(home: Path) -> None:
    """With the near ones."""
    save_run(tiny(), home)
    with pytest.raises(SettingsError, match="Did you mean"):
        call("show-backtest", "2024-06-01_12-00-00_grid_atrr")
