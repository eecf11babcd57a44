"""Saved runs: whole or not at all, found again, compared and exported."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sample import bars, empty, sample
from tiny import tiny

from holdfast.errors import DataError, HoldfastError, SettingsError
from holdfast.reports.charts import windows
from holdfast.reports.compare import compare, first_difference
from holdfast.reports.export import export_trades
from holdfast.reports.frames import FRAMES
from holdfast.reports.result import RunResult
from holdfast.reports.runs import find_run, list_runs, load_charts, load_run, results_folder, save_run


@pytest.mark.parametrize("run", [empty(), tiny(), sample(24 * 20)], ids=["empty", "tiny", "sample"])
def test_a_saved_run_comes_back_the_same(run: RunResult, tmp_path: Path) -> None:
    """Every field and every frame."""
    traced = replace(run, digests=((1000, "ab"), (2000, "cd")))
    back = load_run(save_run(traced, tmp_path))
    for field in fields(RunResult):
        if field.name in FRAMES:
            assert_frame_equal(getattr(back, field.name), getattr(traced, field.name))
        else:
            assert getattr(back, field.name) == getattr(traced, field.name)


def test_a_run_is_named_by_time_and_strategy(tmp_path: Path) -> None:
    """Two runs of one second do not overwrite each other."""
    names = [save_run(sample(24), tmp_path).name for _ in range(3)]
    stem = "2024-06-01_12-00-00_confluence+grid_atr"
    assert names == [stem, f"{stem}_2", f"{stem}_3"]


def test_a_strategy_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    """Slashes and dots are no path."""
    saved = save_run(replace(empty(), strategy="../../evil"), tmp_path)
    assert saved.parent == results_folder(tmp_path)


def test_the_folder_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HOLDFAST_HOME, else the home folder."""
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "own"))
    assert results_folder() == tmp_path / "own" / "backtest_results"
    monkeypatch.delenv("HOLDFAST_HOME")
    assert results_folder() == Path.home() / ".holdfast" / "backtest_results"


def test_runs_are_listed_newest_first_and_found_by_part_of_their_name(tmp_path: Path) -> None:
    """By name, by beginning, by path, or the newest."""
    old = save_run(tiny(), tmp_path)
    new = save_run(replace(tiny(), created="2024-07-01T00:00:00+00:00"), tmp_path)
    (results_folder(tmp_path) / "notes").mkdir()
    assert [run.name for run in list_runs(tmp_path)] == [new.name, old.name]
    assert find_run(None, tmp_path) == find_run("latest", tmp_path) == new
    assert find_run(old.name, tmp_path) == find_run("2024-06", tmp_path) == find_run(str(old)) == old


def test_an_unknown_or_ambiguous_name_is_refused_with_a_hint(tmp_path: Path) -> None:
    """One sentence that helps."""
    with pytest.raises(SettingsError, match="Run `holdfast backtest` first"):
        find_run(None, tmp_path)
    save_run(tiny(), tmp_path)
    save_run(tiny(), tmp_path)
    with pytest.raises(SettingsError, match="names 2 saved runs"):
        find_run("2024-06-01", tmp_path)
    with pytest.raises(SettingsError, match="Did you mean 2024-06-01_12-00-00_grid_atr"):
        find_run("2024-06-01_12-00-00_grid_art", tmp_path)


@pytest.mark.parametrize("damage", ["result.json", "trades.parquet"])
def test_a_damaged_run_is_refused_in_one_sentence(damage: str, tmp_path: Path) -> None:
    """Cut short, as a copy that broke off would be."""
    path = save_run(tiny(), tmp_path) / damage
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises((DataError, SettingsError)) as caught:
        load_run(path.parent)
    assert "\n" not in str(caught.value)


def test_a_run_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    """Rather than misread."""
    path = save_run(tiny(), tmp_path) / "result.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(DataError, match="newer holdfast"):
        load_run(path.parent)


def raising(error: Exception) -> Callable[..., Any]:
    """A function that fails as a disk does."""

    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    "error, says",
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (
            pl.exceptions.ComputeError("parquet: underlying IO error: No space left (os error 28)"),
            "the disk is full",
        ),
        (OSError(errno.EACCES, "Permission denied"), "permission is denied"),
        (OSError(errno.EROFS, "Read-only file system"), "the file system is read-only"),
    ],
)
@pytest.mark.parametrize("where", ["frame", "json", "sync", "rename"])
def test_a_disk_that_refuses_leaves_nothing_behind(
    error: Exception, says: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whatever step it happens: one sentence, no folder, no scratch."""
    target = {"frame": (pl.DataFrame, "write_parquet"), "json": (Path, "write_text"), "sync": (os, "fsync"),
              "rename": (Path, "rename")}[where]  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(*target, raising(error))
        with pytest.raises(HoldfastError, match=says):
            save_run(tiny(), tmp_path)
    assert list(results_folder(tmp_path).iterdir()) == []


def test_a_mistake_of_ours_is_not_dressed_up_as_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error without a system error behind it stays what it is, and still leaves nothing."""
    monkeypatch.setattr(pl.DataFrame, "write_parquet", raising(pl.exceptions.ComputeError("odd column")))
    with pytest.raises(pl.exceptions.ComputeError):
        save_run(tiny(), tmp_path)
    assert list(results_folder(tmp_path).iterdir()) == []


def test_the_bars_around_the_trades_are_kept_with_the_run(tmp_path: Path) -> None:
    """So that the page can be drawn where the data are not."""
    run, history = sample(24 * 20), bars(24 * 20)
    kept = load_charts(save_run(run, tmp_path, history))
    assert kept is not None
    assert_frame_equal(kept, windows(run, history))
    assert load_charts(save_run(run, tmp_path)) is None


def test_equal_runs_agree_in_everything() -> None:
    """No metric differs, no trade parts them."""
    found = compare(sample(24 * 20), sample(24 * 20))
    assert found.same_state
    assert found.first_difference is None
    assert found.settings == {}
    assert all(not change for _, _, change in found.metrics.values())


def test_a_comparison_names_the_first_trade_that_differs() -> None:
    """Number, fields and both sides; the metrics carry the difference."""
    run = tiny()
    later = pl.when(pl.col("trade_id") == 3).then(25.0).otherwise(pl.col("pnl")).alias("pnl")
    other = replace(run, trades=run.trades.with_columns(later), config={"fee": 0.001}, state_digest="x")
    found = compare(run, other)
    assert found.first_difference is not None
    assert (found.first_difference["number"], found.first_difference["fields"]) == (2, ["pnl"])
    assert found.metrics["expectancy"] == (12.0, 11.0, -1.0)
    assert found.settings == {"fee": (None, 0.001)}
    assert not found.same_state


def test_a_trade_that_only_one_run_has_is_the_difference() -> None:
    """The shorter list ends there."""
    run = tiny()
    where = first_difference(run, replace(run, trades=run.trades[:4]))
    assert where is not None
    assert (where["number"], where["fields"], where["b"]) == (4, ["missing"], None)


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
@pytest.mark.parametrize("table, rows", [("trades", 5), ("legs", 3), ("fills", 5)])
def test_tables_are_exported_by_the_ending_of_the_file(
    ending: str, table: str, rows: int, tmp_path: Path
) -> None:
    """And read back with as many rows."""
    target = tmp_path / "new" / f"out.{ending}"
    assert export_trades(tiny(), target, table) == rows
    read = {"csv": pl.read_csv, "json": pl.read_json, "parquet": pl.read_parquet}[ending]
    assert read(target).height == rows
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_exported_times_say_their_zone(tmp_path: Path) -> None:
    """UTC with a Z, so that nothing is guessed."""
    export_trades(tiny(), tmp_path / "out.csv")
    assert "2024-01-01T12:00:00Z" in (tmp_path / "out.csv").read_text()


def test_an_export_that_cannot_be_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown ending, unknown table, full disk: one sentence, and the old file stays."""
    with pytest.raises(SettingsError, match=r"Use \.csv, \.json or \.parquet"):
        export_trades(tiny(), tmp_path / "out.xls")
    with pytest.raises(SettingsError, match="Did you mean trades"):
        export_trades(tiny(), tmp_path / "out.csv", "trade")
    export_trades(tiny(), tmp_path / "out.csv")
    monkeypatch.setattr(pl.DataFrame, "write_csv", raising(OSError("No space left on device (os error 28)")))
    with pytest.raises(HoldfastError, match="the disk is full"):
        export_trades(empty(), tmp_path / "out.csv")
    assert pl.read_csv(tmp_path / "out.csv").height == 5
    assert len(list(tmp_path.iterdir())) == 1
