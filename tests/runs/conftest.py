"""A small synthetic data folder, and the command line run in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from holdfast.history.synthetic import FX_PAIRS, PERPS, write_synthetic

Run = Callable[..., Any]


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve days of perpetuals at 1m; a year of FX at 1h."""
    folder = tmp_path_factory.mktemp("market")
    write_synthetic(folder, 11, 12, "1m", PERPS[:3])
    write_synthetic(folder, 12, 400, "1h", FX_PAIRS)
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for saved runs."""
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def backtest(home: Path) -> Run:
    """`holdfast backtest …` as its JSON object."""
    from holdfast.cli.app import app

    def run(*words: str) -> Any:
        done = CliRunner().invoke(app, ["backtest", *words, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return run
