"""Saved runs: one folder each under `backtest_results`, with `result.json` and a Parquet file for each frame.

`$HOLDFAST_HOME/backtest_results/2024-06-01_12-00-00_grid_atr/` has `result.json` (everything but the frames,
and the summary), `fills.parquet`, `trades.parquet`, `notes.parquet`, `equity.parquet`, `orders.parquet`, and
where the bars were at hand `charts.parquet`: the bars around the trades, to draw the page without the data.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from holdfast.errors import DataError, SettingsError, did_you_mean
from holdfast.reports.files import new_folder
from holdfast.reports.frames import FRAMES, plain_texts
from holdfast.reports.result import Ledger, RunResult
from holdfast.reports.summary import plain, summary_json, to_json

FORMAT = 1  # of result.json; a reader refuses what is newer than it knows
CHARTS = "charts.parquet"


@dataclass(frozen=True)
class SavedRun:
    """One line of the list of saved runs; `summary` is what `summary_json` said when it was saved."""

    name: str
    path: Path
    summary: Mapping[str, Any]


def results_folder(home: Path | None = None) -> Path:
    """`backtest_results` under `home`, else under $HOLDFAST_HOME, else under ~/.holdfast."""
    base = home or Path(os.environ.get("HOLDFAST_HOME") or Path.home() / ".holdfast")
    return base.expanduser() / "backtest_results"


def save_run(
    result: RunResult, home: Path | None = None, bars: Mapping[str, pl.DataFrame] | None = None
) -> Path:
    """Save the run as a folder of its own, whole or not at all, and return it. Raises HoldfastError.

    bars: pair -> frame (ts of opening, open, high, low, close), to keep the bars around the trades with it.
    """
    parent = results_folder(home)
    with new_folder(parent, name := _free_name(parent, result), "The run") as folder:
        _write_frames(folder, result, bars)
        (folder / "result.json").write_text(to_json(_described(result)), encoding="utf-8")
    return parent / name


def _free_name(parent: Path, result: RunResult) -> str:
    """`2024-06-01_12-00-00_strategy`, with a number behind it when two runs end in one second."""
    created = datetime.fromisoformat(result.created)
    stamp = (created.astimezone(UTC) if created.tzinfo else created).strftime("%Y-%m-%d_%H-%M-%S")
    name = f"{stamp}_{re.sub(r'[^A-Za-z0-9_+.-]+', '-', result.strategy)[:80]}"
    number = 2
    while (parent / (free := name if number == 2 else f"{name}_{number - 1}")).exists():
        number += 1
    return free


def _write_frames(folder: Path, result: RunResult, bars: Mapping[str, pl.DataFrame] | None) -> None:
    for name in FRAMES:
        plain_texts(getattr(result, name)).write_parquet(folder / f"{name}.parquet", compression="zstd")
    if bars:
        from holdfast.reports.charts import windows

        windows(result, bars).write_parquet(folder / CHARTS, compression="zstd")


def _described(result: RunResult) -> dict[str, Any]:
    """Every field but the frames, and the summary beside them for lists and scripts."""
    own = [field.name for field in fields(result) if field.name not in FRAMES and field.name != "ledger"]
    run = {name: plain(getattr(result, name)) for name in own}
    ledger = {field.name: getattr(result.ledger, field.name) for field in fields(Ledger)}
    return {"format": FORMAT, "run": run | {"ledger": ledger}, "summary": summary_json(result)}


def list_runs(home: Path | None = None) -> list[SavedRun]:
    """All saved runs, newest first; folders that are no runs are passed over."""
    parent = results_folder(home)
    folders = [path.parent for path in parent.glob("[!.]*/result.json")] if parent.is_dir() else []
    runs = [run for folder in folders if (run := _listed(folder))]
    return sorted(runs, key=lambda run: (str(run.summary.get("created", "")), run.name), reverse=True)


def _listed(folder: Path) -> SavedRun | None:
    try:
        return SavedRun(folder.name, folder, _read_json(folder)["summary"])
    except DataError:
        return None


def find_run(path_or_name: str | Path | None = None, home: Path | None = None) -> Path:
    """The folder of a saved run by path, by name, by the beginning of its name, or the newest for None."""
    if path_or_name is None or path_or_name == "latest":
        newest = list_runs(home)
        if not newest:
            raise SettingsError(
                f"No run is saved in {results_folder(home)}.", "Run `holdfast backtest` first."
            )
        return newest[0].path
    for folder in (Path(path_or_name).expanduser(), results_folder(home) / path_or_name):
        if (folder / "result.json").is_file():
            return folder
    return _by_beginning(str(path_or_name), home)


def _by_beginning(name: str, home: Path | None) -> Path:
    runs = list_runs(home)
    matching = [run.path for run in runs if run.name.startswith(name)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        listed = ", ".join(path.name for path in matching[:5])
        raise SettingsError(f"'{name}' names {len(matching)} saved runs: {listed}.", "Give more of the name.")
    raise SettingsError(f"No saved run is called '{name}'.", did_you_mean(name, [run.name for run in runs]))


def load_run(path_or_name: str | Path | None = None, home: Path | None = None) -> RunResult:
    """Read a saved run back. Raises SettingsError for an unknown one, DataError for a damaged one."""
    folder = find_run(path_or_name, home)
    described = _read_json(folder)
    try:
        frames: dict[str, Any] = {name: pl.read_parquet(folder / f"{name}.parquet") for name in FRAMES}
        return RunResult(**_revived(described["run"]), **frames)
    except (OSError, pl.exceptions.PolarsError, KeyError, TypeError, ValueError) as error:
        raise _damaged(folder, error) from error


def load_charts(path_or_name: str | Path | None = None, home: Path | None = None) -> pl.DataFrame | None:
    """The bars around the trades that were saved with a run; None where there are none."""
    path = find_run(path_or_name, home) / CHARTS
    try:
        return pl.read_parquet(path) if path.is_file() else None
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _damaged(path.parent, error) from error


def _revived(run: dict[str, Any]) -> dict[str, Any]:
    tuples = {name: tuple(run[name]) for name in ("assumptions", "instruments")}
    digests = tuple((number, digest) for number, digest in run["digests"])
    return run | tuples | {"digests": digests, "ledger": Ledger(**run["ledger"])}


def _read_json(folder: Path) -> dict[str, Any]:
    try:
        described: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        known = described["format"] <= FORMAT and isinstance(described["summary"], dict)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, error) from error
    if not known:
        raise DataError(f"{folder} was saved by a newer holdfast.", "Update holdfast to read it.")
    return described


def _damaged(folder: Path, error: Exception) -> DataError:
    first = (str(error).splitlines() or [""])[0]
    return DataError(
        f"The saved run {folder} cannot be read ({type(error).__name__}: {first}).", "Run it again."
    )
