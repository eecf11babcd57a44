"""Tables of a run as files for other programs: CSV, JSON or Parquet by the ending of the name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from holdfast.errors import SettingsError, did_you_mean
from holdfast.reports.files import write_file
from holdfast.reports.frames import FRAMES, tidy
from holdfast.reports.legs import legs
from holdfast.reports.result import RunResult

TABLES = (*FRAMES, "legs")


def _csv(frame: pl.DataFrame, path: Path) -> None:
    frame.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.fZ")


def _json(frame: pl.DataFrame, path: Path) -> None:
    times = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    frame.with_columns(pl.col(times).dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")).write_json(path)


def _parquet(frame: pl.DataFrame, path: Path) -> None:
    frame.write_parquet(path, compression="zstd")


WRITERS: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    ".csv": _csv,
    ".json": _json,
    ".parquet": _parquet,
}


def export_trades(result: RunResult, target: Path, table: str = "trades") -> int:
    """Write one table of the run to `target` and return its number of rows.

    table: trades (a grid's cycle is one row), legs (entry by entry), fills, orders, notes or equity.
    Raises SettingsError for an unknown table or ending, HoldfastError where the file cannot be written.
    """
    if table not in TABLES:
        raise SettingsError(f"There is no table '{table}' to export.", did_you_mean(table, TABLES))
    write = WRITERS.get(target.suffix.lower())
    if write is None:
        raise SettingsError(
            f"'{target.name}' has no ending that says the format.", "Use .csv, .json or .parquet."
        )
    frame = legs(result) if table == "legs" else getattr(tidy(result, table), table)
    write_file(target, lambda scratch: write(frame, scratch), f"The table of {table}")
    return int(frame.height)
