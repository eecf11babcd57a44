"""The calendar of news and holidays: one file, one row for each event.

    <data>/calendar/<name>.csv (or .parquet)

    ts,until,currency,instruments,impact,title
    2026-04-03T12:30:00Z,,USD,,high,Non-Farm Payrolls
    2026-04-03T12:30:00Z,,,EURUSD;XAUUSD,restricted,Non-Farm Payrolls
    2026-12-24T22:00:00Z,2026-12-25T22:00:00Z,USD,,holiday,Christmas Day

`ts`, `impact`, `title` and one of `currency` and `instruments` are needed. A file with one row that cannot be used is
refused whole: a news event that was dropped in silence is an order in the middle of it.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from holdfast.errors import DataError, did_you_mean
from holdfast.history.calendar_events import SCHEMA, Event, Row, calendar_frame, parse_event
from holdfast.history.import_csv import read_text
from holdfast.history.names import DAY, SECOND
from holdfast.history.parquet import write_whole

_NEEDED = ("ts", "impact", "title")
_SUFFIXES = (".csv", ".parquet")


def calendar_path(data_dir: Path, name: str) -> Path:
    """Where a calendar is written."""
    return data_dir / "calendar" / f"{name}.csv"


def find_calendar(data_dir: Path, name: str) -> Path:
    """The file of a calendar of the data folder. Raises DataError where there is none, or two."""
    folder = calendar_path(data_dir, name).parent
    there = [path for path in sorted(folder.glob("*")) if path.suffix in _SUFFIXES]
    found = [path for path in there if path.stem == name]
    if len(found) > 1:
        raise DataError(
            f"The calendar {name} is there twice, as .csv and as .parquet.", "Remove one of them."
        )
    if not found:
        hint = did_you_mean(name, {path.stem for path in there})
        raise DataError(f"There is no calendar {name} in {folder}.", f"{hint} Write it as {name}.csv.")
    return found[0]


def read_calendar(path: Path) -> pl.DataFrame:
    """Events by time: `ts`, `until` (ns UTC), `currency` ("" = none), `instruments` (symbols), `impact`, `title`.

    `until` equals `ts` where the file tells no end; a holiday without one lasts 24 hours. Raises DataError that
    names file and line for what cannot be used and for what stands there twice.
    """
    rows = _parquet_rows(path) if path.suffix == ".parquet" else _csv_rows(path)
    seen: dict[tuple[object, ...], str] = {}
    events: list[Event] = []
    for place, row in rows:
        where = f"{path.name}, {place}"
        event = parse_event(row, where)
        if event.key in seen:
            raise DataError(
                f"{where}: '{event.title}' stands in {seen[event.key]} already.", "Remove one of them."
            )
        seen[event.key] = place
        events.append(event)
    return calendar_frame(events)


def _csv_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """("line 2", cells by column); lines without any cell are passed over."""
    # Strict, because a quote that is never closed would swallow all lines after it.
    reader = csv.DictReader(io.StringIO(read_text(path)), strict=True)
    columns = _checked_columns(list(reader.fieldnames or ()), path)
    for row in _rows_of(reader, path):
        place = f"line {reader.line_num}"
        if None in row or None in row.values():
            raise DataError(
                f"{path.name}, {place}: it has more or fewer cells than the header.",
                f"Write {len(columns)} cells, with quotes around one that holds a comma.",
            )
        yield place, {name.strip(): cell.strip() for name, cell in row.items()}


def _rows_of(reader: csv.DictReader[str], path: Path) -> Iterator[dict[str, str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise DataError(
            f"{path.name}, line {reader.line_num}: it cannot be read ({error}).",
            "Look for an unclosed quote.",
        ) from None


def _parquet_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """("row 1", cells as text); times may be timestamps (UTC where they name no zone), numbers or text."""
    try:
        table = pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0][:160]
        raise DataError(f"{path} cannot be read as Parquet ({reason}).", "Write it again.") from None
    _checked_columns(table.columns, path)
    texts = table.select(_as_text(name, table.schema[name]) for name in table.columns)
    for number, row in enumerate(texts.iter_rows(named=True), 1):
        yield f"row {number}", {name: (cell or "").strip() for name, cell in row.items()}


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    if isinstance(kind, pl.Datetime):
        return pl.col(name).dt.epoch("ns").cast(pl.String)
    if isinstance(kind, pl.List):
        return pl.col(name).list.join(";")
    return pl.col(name).cast(pl.String)


def _checked_columns(columns: list[str], path: Path) -> list[str]:
    """A column that is unknown may be a misspelt one that was meant to count."""
    names = [name.strip() for name in columns]
    for name in names:
        if name not in SCHEMA:
            raise DataError(f"{path.name} has an unknown column '{name}'.", did_you_mean(name, SCHEMA))
        if names.count(name) > 1:
            raise DataError(f"{path.name} has the column '{name}' twice.", "Remove one of them.")
    for name in _NEEDED:
        if name not in names:
            raise DataError(f"{path.name} has no column '{name}'.", f"The columns are {', '.join(SCHEMA)}.")
    if not {"currency", "instruments"} & set(names):
        raise DataError(f"{path.name} does not say whom its events affect.", "Add a column currency.")
    return names


def write_calendar(calendar: pl.DataFrame, path: Path) -> None:
    """Write a calendar as `read_calendar` gives it, whole or not at all; the suffix tells the form."""
    frame = calendar
    if path.suffix == ".csv":
        iso = [pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%SZ") for name in ("ts", "until")]
        frame = calendar.with_columns(*iso, pl.col("instruments").list.join(";"))
    write_whole(frame, path)


def calendar_age(path: Path, now_ns: int) -> int:
    """Nanoseconds since the file was last written: a live calendar that nobody renews is not to be trusted.

    Raises DataError where it is gone.
    """
    try:
        return now_ns - int(path.stat().st_mtime) * SECOND
    except OSError as error:
        raise DataError(
            f"The calendar {path} cannot be read ({error.strerror}).", "Restore or renew it."
        ) from None


def quiet_stretches(
    calendar: pl.DataFrame, start_ns: int, end_ns: int, longest_ns: int = 14 * DAY
) -> list[tuple[int, int]]:
    """Stretches of [start, end) longer than `longest_ns` without one event: there the calendar knows nothing.

    A real one has events every week; one that ends in the past, or begins after a backtest does, forbids nothing.
    """
    times = calendar["ts"].dt.epoch("ns").to_numpy()
    inside = times[(times >= start_ns) & (times < end_ns)].tolist()
    pairs = itertools.pairwise([start_ns, *inside, end_ns])
    return [(before, after) for before, after in pairs if after - before > longest_ns]
