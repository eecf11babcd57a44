"""Times on a wall clock (17:00 New York, Friday 17:00 New York) and the instants at which a clock shows them.

A boundary is kept as zone and wall time, never as an offset: an offset is wrong for half of the year. Where the
clocks skip a wall time, its instant is the end of the skip; where they show it twice, the first.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

import numpy as np

from holdfast.errors import SettingsError, did_you_mean
from holdfast.history.names import DAY, HOUR, MINUTE, SECOND
from holdfast.history.zones import Instants, from_wall_clock

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EVERY_DAY = frozenset(range(7))
_NO_PLACES = frozenset({"localtime", "Factory"})  # in the database, and of no use: they mean "this machine"
_SLACK = 2 * DAY  # covers every difference between a wall clock and UTC, and a day that was skipped
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0


@dataclass(frozen=True)
class WallTime:
    """A time of day (`HH:MM` or `HH:MM:SS`) on the clock of an IANA zone.

    `Etc/GMT-3` is three hours *ahead* of UTC: such names count as POSIX does. Raises SettingsError.
    """

    zone: str
    at: str

    def __post_init__(self) -> None:
        check_zone(self.zone)
        parse_clock(self.at)

    @property
    def of_day(self) -> int:
        """Nanoseconds after midnight."""
        return parse_clock(self.at)

    def __str__(self) -> str:
        return f"{self.at} {self.zone}"


@dataclass(frozen=True)
class WeekTime:
    """A wall time of one weekday (`Fri`). Raises SettingsError."""

    day: str
    wall: WallTime

    def __post_init__(self) -> None:
        weekday_of(self.day)

    def __str__(self) -> str:
        return f"{self.day} {self.wall}"


def parse_wall_time(text: str) -> WallTime:
    """Read `17:00 America/New_York`. Raises SettingsError."""
    at, _, zone = text.strip().partition(" ")
    if not zone:
        raise SettingsError(f"'{text}' is not a time of day in a zone.", "Write 17:00 America/New_York.")
    return WallTime(zone.strip(), at)


def parse_week_time(text: str) -> WeekTime:
    """Read `Fri 17:00 America/New_York`. Raises SettingsError."""
    day, _, rest = text.strip().partition(" ")
    weekday_of(day)
    return WeekTime(day, parse_wall_time(rest))


def parse_clock(text: str) -> int:
    """Nanoseconds after midnight of `HH:MM` or `HH:MM:SS`, 00:00 to 23:59:59. Raises SettingsError."""
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", text)
    if not match:
        raise SettingsError(f"'{text}' is not a time of day.", "Write HH:MM or HH:MM:SS, 00:00 to 23:59:59.")
    return int(match[1]) * HOUR + int(match[2]) * MINUTE + int(match[3] or 0) * SECOND


def weekday_of(day: str) -> int:
    """0 for `Mon` to 6 for `Sun`. Raises SettingsError."""
    if day not in WEEKDAYS:
        raise SettingsError(f"'{day}' is not a weekday.", f"Write one of {', '.join(WEEKDAYS)}.")
    return WEEKDAYS.index(day)


def check_zone(zone: str) -> str:
    """The name itself, if the IANA database has it. Raises SettingsError with the nearest names."""
    if zone not in _zones():
        raise SettingsError(f"'{zone}' is not a time zone.", did_you_mean(zone, _zones()))
    return zone


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_PLACES)


def daily_instants(
    wall: WallTime, start_ns: int, end_ns: int, weekdays: Collection[int] = EVERY_DAY
) -> Instants:
    """Instants (ns UTC, ascending) in [start, end) at which the clock shows the time, on weekdays of its own.

    0 is Monday. A wall time that a whole skipped day swallowed falls together with the next midnight; each
    instant is given once.
    """
    instants = np.unique(from_wall_clock(wall_days(start_ns, end_ns, weekdays) + wall.of_day, wall.zone))
    return instants[(instants >= start_ns) & (instants < end_ns)]


def wall_days(start_ns: int, end_ns: int, weekdays: Collection[int] = EVERY_DAY) -> Instants:
    """Midnights on a wall clock (ns as if UTC) of all days that any zone has in the range, and of some around."""
    days = np.arange((start_ns - _SLACK) // DAY, (end_ns + _SLACK) // DAY + 1, dtype=np.int64)
    return days[np.isin((days + _EPOCH_WEEKDAY) % 7, list(weekdays))] * DAY


def weekly_instants(when: WeekTime, start_ns: int, end_ns: int) -> Instants:
    """Instants in [start, end) of one weekday's wall time."""
    return daily_instants(when.wall, start_ns, end_ns, (weekday_of(when.day),))
