"""Bars from text: MetaTrader's two exports and plain CSV with or without a header."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from holdfast.errors import DataError, did_you_mean
from holdfast.history.import_times import to_utc
from holdfast.history.layout import PRICES
from holdfast.history.zones import METATRADER_DAY

COLUMNS = ("time", *PRICES, "volume", "spread")
_ALIASES = {
    "time": ("ts", "timestamp", "datetime", "date_time", "open_time", "opentime", "unix", "time_open", "date"),
    "open": ("o", "open_price"), "high": ("h", "high_price", "max"), "low": ("l", "low_price", "min"),
    "close": ("c", "close_price", "last"),
    "volume": ("vol", "v", "tickvol", "tick_volume", "tickvolume", "base_volume", "volume_base", "amount"),
    "spread": (),
}  # fmt: skip
_TICK_VOLUME = ("tickvol", "tick_volume", "tickvolume")  # beside a real volume that brokers leave at zero


def read_text(path: Path) -> str:
    """The file's text: UTF-8, or UTF-16 as some terminals export. Raises DataError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}).", "Check the path.") from None
    encoding = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        raise DataError(f"{path} is not a text file.", "Export it as CSV.") from None


def read_csv(path: Path, zone: str | None, columns: Mapping[str, str]) -> pl.DataFrame:
    """ts, open, high, low, close, volume[, spread] as the file has them, unsorted and unchecked.

    `columns` maps our names (time open high low close volume spread) to the file's; for the rest the usual names
    are found by themselves. `zone` is the wall clock of times without an offset: by default the MetaTrader server
    for MetaTrader's forms, else UTC. Raises DataError.
    """
    text = read_text(path)
    head = text.split("\n", 1)[0].strip()
    if not head:
        raise DataError(f"{path} is empty.", "Export it again.")
    separator = max("\t;,", key=head.count)
    with_header = not re.match(r"^[\"']?\d", head)
    table = _table(path, text, separator, with_header)
    metatrader = head.startswith("<DATE>") or bool(re.match(r"\d{4}\.\d{2}\.\d{2},\d{2}:\d{2},", head))
    if not with_header:
        table = _named_by_place(path, table, metatrader)
    found = _find_columns(path, table.columns, columns)
    times = _times(table, found, path)
    ts = to_utc(times, zone or (METATRADER_DAY if metatrader else "UTC"), path)
    numbers = {name: _number(table[found[name]], path, name) for name in COLUMNS[1:] if name in found}
    frame = pl.DataFrame({"ts": ts, **numbers})
    return frame if "volume" in frame.columns else frame.with_columns(volume=pl.lit(0.0))


def _table(path: Path, text: str, separator: str, with_header: bool) -> pl.DataFrame:
    """All cells as text; a comma between digits is a decimal point where semicolons or tabs separate."""
    try:
        return pl.read_csv(io.StringIO(text), separator=separator, has_header=with_header, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{path} is not a readable table ({reason}).", "Lines need equally many cells."
        ) from None


def _named_by_place(path: Path, table: pl.DataFrame, metatrader: bool) -> pl.DataFrame:
    """Names for a table without a header: [date,] time, open, high, low, close, volume, …"""
    names = ["date", "time", *PRICES, "volume"] if metatrader else ["time", *PRICES, "volume"]
    if table.width < len(names) - 1:
        raise DataError(f"{path} has {table.width} columns and no header.", f"Bars need {', '.join(names)}.")
    kept = min(table.width, len(names))
    return table.select(table.columns[:kept]).rename(
        dict(zip(table.columns[:kept], names[:kept], strict=True))
    )


def _find_columns(path: Path, present: list[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Our name -> the file's, from the mapping and from the usual names."""
    plain = {name.strip().strip("<>").lower().replace(" ", "_"): name for name in present}
    found = {}
    for ours, theirs in wanted.items():
        if ours not in COLUMNS:
            raise DataError(f"--columns names '{ours}', which bars do not have.", did_you_mean(ours, COLUMNS))
        if theirs not in present:
            raise DataError(f"{path} has no column '{theirs}'.", did_you_mean(theirs, present))
        found[ours] = theirs
    for ours in COLUMNS:
        order = (*_TICK_VOLUME, ours, *_ALIASES[ours]) if ours == "volume" else (ours, *_ALIASES[ours])
        match = next((plain[name] for name in order if name in plain), None)
        if ours not in found and match:
            found[ours] = match
    for ours in COLUMNS[:5]:
        if ours not in found:
            raise DataError(
                f"{path} has no column for '{ours}' (it has {', '.join(present)}).",
                f"Name it with --columns {ours}=NAME.",
            )
    return found


def _times(table: pl.DataFrame, found: Mapping[str, str], path: Path) -> pl.Series:
    """The column of times; a date beside a time of day makes one."""
    plain = {name.strip("<>").lower(): name for name in table.columns}
    times = table[found["time"]]
    if (
        "date" in plain
        and found["time"] != plain["date"]
        and ":" in str(times[0])
        and len(str(times[0])) <= 8
    ):
        return table[plain["date"]] + " " + times
    if times.len() == 0:
        raise DataError(f"{path} has a header and no bars.", "Export it again.")
    return times


def _number(cells: pl.Series, path: Path, name: str) -> pl.Series:
    plain = cells.str.strip_chars().str.replace(r"^(-?\d+),(\d+)$", "$1.$2")
    numbers = plain.cast(pl.Float64, strict=False)
    if numbers.null_count():
        row = int(numbers.is_null().arg_max() or 0)
        raise DataError(
            f"{path} has '{cells[row]}' as {name} in its bar {row}.", "Drop that line or mend it."
        )
    return numbers
