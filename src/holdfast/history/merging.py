"""Adding rows to a file of the layout without losing or doubling any."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from holdfast.errors import DataError
from holdfast.history.parquet import read_range, write_whole


def merge_into(
    path: Path, rows: pl.DataFrame, schema: Mapping[str, pl.DataType], *, replace: bool = False
) -> int:
    """Join `rows` with what the file holds, by time, and write it whole; returns the number of rows then in it.

    Rows that are in both and equal count once. Where they differ, the new ones win with `replace`, else DataError.
    """
    merged = rows
    if path.exists():
        old = read_range(path, schema, (None, None), extra=("spread",))
        columns = [name for name in old.columns if name in rows.columns]
        old, new = old.select(columns), rows.select(columns)
        if not replace:
            _refuse_conflicts(path, old, new)
        merged = pl.concat([old.join(new, on="ts", how="anti"), new]).sort("ts")
    write_whole(merged, path)
    return merged.height


def _refuse_conflicts(path: Path, old: pl.DataFrame, new: pl.DataFrame) -> None:
    both = old.join(new, on="ts", suffix="_new")
    names = [name for name in old.columns if name != "ts"]
    differs = both.filter(pl.any_horizontal(pl.col(name) != pl.col(f"{name}_new") for name in names))
    if not differs.is_empty():
        raise DataError(
            f"{path} already holds {differs.height} of these times with other numbers, the first of them "
            f"{differs['ts'][0]:%Y-%m-%d %H:%M} UTC.",
            "Import into another --source, or let the new ones win with --replace.",
        )
