"""The commands about rulesets, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from small_ruleset import SOUND, broken
from typer.testing import CliRunner, Result

from holdfast.cli import rules
from holdfast.errors import SettingsError
from holdfast.settings.ruleset.file import shipped_ids

APP = typer.Typer()
rules.register(APP)


@APP.callback()
def main() -> None:
    """With a single group, its name would not be typed."""


def run(*words: str) -> Result:
    """What the command printed, with its exit code."""
    result = CliRunner().invoke(APP, ["rules", *words])
    if isinstance(result.exception, Exception):
        raise result.exception
    return result


def test_the_list_has_every_id() -> None:
    """With phases, version, confidence and hash."""
    rows = json.loads(run("list", "--json").stdout)
    assert [row["id"] for row in rows] == list(shipped_ids())
    five = next(row for row in rows if row["id"] == "the5ers.high_stakes.20k")
    assert five["phases"] == ["step1", "step2", "funded"]
    assert five["confidence"] == "A"
    assert len(five["hash"]) == 64
    assert "the5ers.high_stakes.20k" in run("list").stdout


def test_show_explains_levels_doubts_and_the_binding() -> None:
    """What a person has to know before money is at risk."""
    shown = run("show", "the5ers.high_stakes.20k").output
    for word in (
        "19,000.00",
        "19,200.00",
        "21,600.00",
        "America/New_York",
        "sha256",
        "Ask:",
        "checked against",
    ):
        assert word in shown


def test_show_as_data() -> None:
    """Levels are exact, boundaries are instants in UTC."""
    data = json.loads(run("show", "the5ers.high_stakes.20k", "--json").stdout)
    daily = next(each for each in data["rules"] if each["path"] == "limits.daily_loss")
    assert daily["levels"]["floor"] == "19000"
    assert daily["confidence"] == "A"
    assert [each["zone"] for each in data["boundaries"]] == ["America/New_York", "Etc/GMT-3", "Etc/GMT+5"]
    assert all(each["next"].endswith("Z") for each in data["boundaries"])


def test_show_in_a_phase() -> None:
    """The windows of funded Standard are not those of Swing."""
    standard = run("show", "ftmo.two_step.100k", "--phase", "funded_standard").stdout
    assert "windows.news_standard" in standard
    assert "windows.news_standard" not in run("show", "ftmo.two_step.100k", "--phase", "funded_swing").stdout


def test_an_own_account_is_shown_at_a_balance() -> None:
    """Without one, levels have no money to be in."""
    assert "8,000.00" in run("show", "own.system_a.grid", "--balance", "10000").stdout
    for wrong in ("-5", "much", "nan"):
        with pytest.raises(SettingsError, match="positive amount"):
            run("show", "own.system_a.grid", "--balance", wrong)


def test_lint_prints_one_line_for_each_finding(tmp_path: Path) -> None:
    """`file:line: what. mend`, and exit code 1 where the file is refused."""
    file = tmp_path / "mine.yaml"
    file.write_text(broken(("flatten: 80", "flatten: 100")), encoding="utf-8")
    result = run("lint", str(file))
    assert result.exit_code == 1
    assert f"{file}:32: the rung flatten at 100 % of the allowance is no tighter" in result.stdout
    data = json.loads(run("lint", str(file), "--json").stdout)
    assert data["findings"][0]["line"] == 32
    with pytest.raises(SettingsError, match="no tighter"):
        run("show", str(file))


def test_lint_of_a_sound_file(tmp_path: Path) -> None:
    """Warnings do not refuse; checks that could not be made say so."""
    file = tmp_path / "mine.yaml"
    file.write_text(SOUND, encoding="utf-8")
    result = run("lint", str(file))
    assert result.exit_code == 0
    assert "not checked: room to get out" in result.output
