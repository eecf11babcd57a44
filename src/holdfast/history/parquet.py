"""Reading and writing the Parquet files of the layout: whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from holdfast.errors import DataError, HoldfastError
from holdfast.history.names import TimeRange

_UNREADABLE = (pl.exceptions.PolarsError, OSError)
MEND_FILE = "Fetch or export that file again."


def read_range(
    path: Path, schema: Mapping[str, pl.DataType], span: TimeRange, extra: Iterable[str] = ()
) -> pl.DataFrame:
    """Rows of `path` with span[0] <= ts < span[1], columns of `schema` and those of `extra` that it has.

    Only these columns and row groups are read. Raises DataError for an unreadable file and for wrong columns.
    """
    try:
        lazy = pl.scan_parquet(path, glob=False)
        columns = check_columns(lazy.collect_schema(), schema, path)
        columns += [name for name in extra if name in lazy.collect_schema()]
        return lazy.select(columns).filter(_within(span)).collect()
    except _UNREADABLE as error:
        raise DataError(f"{path} cannot be read as Parquet ({_first_line(error)}).", MEND_FILE) from None


def check_columns(found: pl.Schema, schema: Mapping[str, pl.DataType], where: object) -> list[str]:
    """The wanted column names. Raises DataError where one is missing or of another type."""
    for name, kind in schema.items():
        if name not in found:
            raise DataError(
                f"{where} has no column '{name}' (it has {', '.join(found) or 'none'}).",
                "Bring it into the layout with import-data, naming its columns with --columns.",
            )
        if found[name] != kind:
            raise DataError(
                f"{where} holds column '{name}' as {found[name]} where {kind} is needed.",
                "Bring it into the layout with import-data.",
            )
    return list(schema)


def _within(span: TimeRange) -> pl.Expr:
    start, end = span
    kept = pl.lit(value=True)
    if start is not None:
        kept = kept & (pl.col("ts") >= pl.lit(start, pl.Int64).cast(pl.Datetime("ns", "UTC")))
    if end is not None:
        kept = kept & (pl.col("ts") < pl.lit(end, pl.Int64).cast(pl.Datetime("ns", "UTC")))
    return kept


def edges(path: Path) -> tuple[int, int, int]:
    """First and last ts (ns) and number of rows, from the file's statistics where it has them."""
    try:
        lazy = pl.scan_parquet(path, glob=False)
        check_columns(lazy.collect_schema(), {"ts": pl.Datetime("ns", "UTC")}, path)
        row = lazy.select(
            pl.col("ts").first().dt.epoch("ns").alias("first"),
            pl.col("ts").last().dt.epoch("ns").alias("last"),
            pl.len(),
        )
        first, last, rows = row.collect().row(0)
    except _UNREADABLE as error:
        raise DataError(f"{path} cannot be read as Parquet ({_first_line(error)}).", MEND_FILE) from None
    return first or 0, last or -1, rows


def write_whole(frame: pl.DataFrame, path: Path) -> None:
    """Write beside the target, flush to the disk, rename: a crash or a full disk leaves the old file as it
    was. A name that ends in .csv is written as text."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            frame.write_csv(file) if path.suffix == ".csv" else frame.write_parquet(file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except _UNREADABLE as error:
        raise HoldfastError(
            f"{path} could not be written ({_first_line(error)}).", "Nothing was changed."
        ) from None
    finally:
        temporary.unlink(missing_ok=True)


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__)[:160]
