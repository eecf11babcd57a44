"""Strategies are found by name; a user's own file is told what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.errors import SettingsError
from holdfast.strategies.catalogue import SHIPPED, find, names
from holdfast.strategies.parameters import resolve_parameters

MINE = """
from holdfast.strategies.moving_average_cross import MovingAverageCross
from holdfast.strategies.strategy import Strategy

class Mine(MovingAverageCross):
    name = "mine"
    summary = "my own"
"""


def write(folder: Path, text: str, file: str = "mine.py") -> Path:
    (folder / file).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", SHIPPED)
def test_each_shipped_strategy_is_complete(name: str) -> None:
    """Its defaults resolve, and every question about it has an answer."""
    strategy = find(name)
    p = resolve_parameters(strategy, "EURUSD")
    assert strategy.name == name
    assert strategy.summary
    assert strategy.window(p) > 0
    assert set(strategy.higher_windows(p)) == set(strategy.timeframes(p).higher)
    assert strategy.management(p).kind in ("setup", "grid")
    assert all(each.doc for each in strategy.parameters)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    """One slip of a finger."""
    with pytest.raises(SettingsError, match=r"no strategy grid_atl. Did you mean grid_atr"):
        find("grid_atl")


def test_a_users_own_strategy_is_found_in_its_folder(tmp_path: Path) -> None:
    """By the name that its class declares, not by the name of the file."""
    write(tmp_path, MINE, "whatever.py")
    assert find("mine", tmp_path).summary == "my own"
    assert names(tmp_path) == (*SHIPPED, "mine")


def test_looking_for_one_strategy_runs_no_other_file(tmp_path: Path) -> None:
    """A file that raises when it runs does not stand in the way of another."""
    write(tmp_path, MINE)
    write(tmp_path, "raise RuntimeError('not now')\nclass Other:\n    name = 'other'\n", "other.py")
    assert find("mine", tmp_path).name == "mine"


@pytest.mark.parametrize(
    "text, words",
    [
        ("raise RuntimeError('no')\nclass M:\n    name = 'mine'\n", "line 1: RuntimeError: no"),
        ("class Mine:\n    name = 'mine'\n", "no class named 'mine' that derives from Strategy"),
        (MINE + "\n    def plan(self:\n", "line 9"),
        (MINE.replace("(MovingAverageCross)", "(Strategy)"), "lacks management, plan, timeframes, window, parameters"),
        (MINE + "    parameters = ('fast',)\n", "must be Parameter"),
    ],
)  # fmt: skip
def test_a_broken_file_is_told_with_file_and_line(tmp_path: Path, text: str, words: str) -> None:
    """One sentence instead of a traceback."""
    write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        find("mine", tmp_path)
    assert words in str(caught.value)
    assert "mine.py" in str(caught.value)


def test_two_files_with_one_name_are_refused(tmp_path: Path) -> None:
    """Which one would trade?"""
    write(tmp_path, MINE)
    write(tmp_path, MINE, "copy.py")
    with pytest.raises(SettingsError, match="both declare mine"):
        find("mine", tmp_path)


def test_a_file_cannot_take_the_place_of_a_shipped_strategy(tmp_path: Path) -> None:
    """A run named grid_atr means ours, everywhere."""
    write(tmp_path, MINE.replace('"mine"', '"grid_atr"'))
    with pytest.raises(SettingsError, match="ships with Holdfast"):
        find("grid_atr", tmp_path)


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    """A typo in --strategy-path."""
    with pytest.raises(SettingsError, match="is not a folder"):
        find("mine", tmp_path / "nowhere")
