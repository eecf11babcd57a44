"""Where days begin, and the instants at which the bars of a timeframe open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import numpy.typing as npt
import polars as pl

from holdfast.errors import SettingsError, did_you_mean
from holdfast.history.names import DAY, HOUR, SECOND, Timeframe

METATRADER_DAY = "America/New_York+7h"  # server midnight is 17:00 New York on every day of the year
_MONDAY = 4 * DAY  # 1970-01-05 was the first Monday after the epoch
_FURTHEST = 26 * 3600  # s; no clock has ever been further from UTC, and one has skipped a whole day

Instants = npt.NDArray[np.int64]


@dataclass(frozen=True)
class DayZone:
    """A wall clock whose midnight starts a day: an IANA zone and hours added to it."""

    zone: str
    offset: int  # ns


@cache
def parse_day_zone(text: str) -> DayZone:
    """Read `UTC`, an IANA zone, or one with hours added, as `America/New_York+7h` (the MetaTrader day).

    Raises SettingsError for a zone that is not in the IANA database.
    """
    match = re.fullmatch(r"(.+?)(?:([+-]\d{1,2})h)?", text.strip())
    zone, hours = (match[1], int(match[2] or 0)) if match else (text, 0)
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        raise SettingsError(
            f"'{text}' is not a time zone.",
            f"{did_you_mean(zone, available_timezones())} Hours may be added, as in {METATRADER_DAY}.",
        ) from None
    return DayZone(zone, hours * HOUR)


def boundaries(first: int, last: int, timeframe: Timeframe, day_zone: str) -> Instants:
    """Opening instants (ns UTC, ascending) of buckets, from the one of `first` to the one after `last`.

    Buckets up to an hour follow UTC. Longer ones follow the wall clock of the zone, so that a day is 23 or 25
    hours long where the clocks change and its 4h bars still start at midnight. Weeks start on Monday; an FX
    week therefore starts with the market, Sunday 17:00 New York, in the MetaTrader zone.
    """
    if timeframe.ns <= HOUR:
        return np.arange(first // timeframe.ns, last // timeframe.ns + 2, dtype=np.int64) * timeframe.ns
    zone = parse_day_zone(day_zone)
    # A day of slack on either side covers every difference between a wall clock and UTC.
    grid = _wall_grid(first + zone.offset - DAY, last + zone.offset + DAY, timeframe)
    instants = from_wall_clock(grid - zone.offset, zone.zone)
    begin = int(np.searchsorted(instants, first, side="right")) - 1
    end = int(np.searchsorted(instants, last, side="right")) + 1
    return instants[begin:end]


def _wall_grid(low: int, high: int, timeframe: Timeframe) -> Instants:
    """Bucket openings on a wall clock, in ns as if it were UTC, one before `low` to one after `high`."""
    if timeframe.name == "1M":
        months = np.array([low, high], dtype="datetime64[ns]").astype("datetime64[M]").astype(np.int64)
        months_range = np.arange(months[0], months[1] + 3).astype("datetime64[M]")
        return months_range.astype("datetime64[ns]").astype(np.int64)
    anchor = _MONDAY if timeframe.name == "1w" else 0
    step = timeframe.ns
    return np.arange((low - anchor) // step, (high - anchor) // step + 2, dtype=np.int64) * step + anchor


def wall_clock(ts: Instants, zone: str) -> Instants:
    """Wall-clock times of instants, in ns as if they were UTC."""
    local = pl.Series(ts).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return local.dt.replace_time_zone(None).dt.epoch("ns").to_numpy()


def from_wall_clock(wall: Instants, zone: str) -> Instants:
    """The first instant at which the clock of the zone shows each wall time (ns as if UTC) or a later one.

    So the first of two equal times counts, and a time that the clocks skip is the end of the skip.
    """
    if zone == "UTC":
        return wall
    naive = pl.Series(wall, dtype=pl.Int64).cast(pl.Datetime("ns"))
    local = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    found = local.dt.epoch("ns").fill_null(0).to_numpy().copy()
    skipped = local.is_null().to_numpy()
    if skipped.any():
        found[skipped] = _ends_of_skips(wall[skipped], zone)
    return found


def _ends_of_skips(wall: Instants, zone: str) -> Instants:
    """Halve the stretch of instants that surely holds the change of the clocks, down to its second."""
    before, after = wall // SECOND - _FURTHEST, wall // SECOND + _FURTHEST
    while (after - before > 1).any():
        middle = (before + after) // 2
        reached = wall_clock(middle * SECOND, zone) >= wall
        before, after = np.where(reached, before, middle), np.where(reached, middle, after)
    return after * SECOND
