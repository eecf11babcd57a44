"""Times as other programs write them, to UTC."""

from __future__ import annotations

import polars as pl

from holdfast.errors import DataError
from holdfast.history.zones import parse_day_zone

_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y%m%d %H%M%S", "%Y%m%d %H:%M:%S", "%Y%m%d")
_UNITS = ((1e17, "ns"), (1e14, "us"), (1e11, "ms"), (1e8, "s"))  # seconds since 1970 have nine digits or ten
_FACTORS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def to_utc(times: pl.Series, zone: str, where: object) -> pl.Series:
    """Times as datetime[ns, UTC]: text or numbers since 1970 (s, ms, us, ns, told by their size) or datetimes.

    What carries no offset of its own is wall-clock time of `zone` (numbers since 1970 are UTC by nature).
    Raises DataError that names the first value that is no time, or one that the zone's clocks skip.
    """
    if times.dtype.is_numeric():
        return _from_epoch(times, where)
    if times.dtype == pl.String:
        numbers = times.cast(pl.Int64, strict=False)
        if numbers.null_count() == 0 and (times.str.len_chars() != 8).all():  # 20250504 is a date
            return _from_epoch(numbers, where)
        times = _from_text(times, where)
    if isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone:
        return times.dt.convert_time_zone("UTC").dt.cast_time_unit("ns")
    return _from_wall_clock(times.cast(pl.Datetime("ns")), zone, where)


def _from_epoch(numbers: pl.Series, where: object) -> pl.Series:
    size = abs(numbers.to_numpy()).max(initial=0)
    unit = next((unit for least, unit in _UNITS if size >= least), None)
    if unit is None:
        raise DataError(
            f"{where} has {size:g} where a time should be.", "Name the column with --columns time=…"
        )
    if unit == "s" and numbers.dtype.is_float():
        numbers, unit = (numbers * 1000).round(), "ms"
    return (numbers.cast(pl.Int64) * _FACTORS[unit]).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")


def _from_text(times: pl.Series, where: object) -> pl.Series:
    """`2025.05.04 15:33`, `2025-05-04T15:33:00.000Z`, `2025/05/04`, with or without an offset."""
    plain = times.str.strip_chars().str.replace(r"^(\d{4})[./](\d{1,2})[./](\d{1,2})", "${1}-${2}-${3}")
    plain = plain.str.replace(r"(\d)T(\d)", "${1} ${2}").str.replace(r"(:\d{2})\.\d+", "${1}")
    plain = plain.str.replace(r" ?Z$", "+00:00")
    if plain.str.contains(r":\d{2}.*[+-]\d{2}:?\d{2}$").all():
        found = plain.str.to_datetime("%Y-%m-%d %H:%M:%S%z", strict=False)
        if found.null_count() == 0:
            return found
    for form in _FORMATS:
        found = plain.str.to_datetime(form, time_unit="ns", strict=False)
        if found.null_count() == 0:
            return found
    bad = times.filter(
        plain.str.contains(r"^\d{4}-\d{1,2}-\d{1,2}( \d{2}:\d{2}(:\d{2})?)?$").not_().fill_null(value=True)
    )
    raise DataError(
        f"{where} has '{bad[0] if bad.len() else times[0]}' where a time should be.",
        "Times are read as 2025-05-04 15:33[:00], 2025.05.04 15:33, with an offset, or since 1970.",
    )


def _from_wall_clock(naive: pl.Series, zone: str, where: object) -> pl.Series:
    """Server time to UTC. Of an hour that the clocks repeat, the second pass is told by the step back in the file."""
    day = parse_day_zone(zone)
    shifted = (naive.dt.epoch("ns") - day.offset).cast(pl.Datetime("ns"))
    first = shifted.dt.replace_time_zone(day.zone, ambiguous="earliest", non_existent="null")
    if first.null_count() > naive.null_count():
        skipped = naive.filter(first.is_null() & naive.is_not_null())[0]
        raise DataError(
            f"{where} has a bar at {skipped:%Y-%m-%d %H:%M}, a time that the clocks of {zone} skip.",
            "These are times of another --zone.",
        )
    second = shifted.dt.replace_time_zone(day.zone, ambiguous="latest", non_existent="null")
    twice = (first != second).fill_null(value=False)
    if twice.any():
        first = first.zip_with(~(twice & _in_second_pass(naive, twice)), second)
    return first.dt.convert_time_zone("UTC")


def _in_second_pass(naive: pl.Series, twice: pl.Series) -> pl.Series:
    """Whether the wall clock has stepped back since the stretch of doubtful times (`twice`) began."""
    back = (naive.dt.epoch("ns").diff() < 0).fill_null(value=False) & twice
    stretch = (twice & ~twice.shift(1, fill_value=False)).cast(pl.Int64).cum_sum()
    table = pl.DataFrame({"stretch": stretch, "back": back.cast(pl.Int64)})
    return table.select(pl.col("back").cum_sum().over("stretch") > 0).to_series()
