"""`holdfast chaos`: its table, its data, its exit code, its tapes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from holdfast.cli.app import app

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
