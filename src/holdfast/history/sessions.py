"""When a market is open: `24/7`, or a trading week in a zone with an optional daily break."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from holdfast.errors import SettingsError
from holdfast.history.names import DAY, HOUR, MINUTE, Timeframe, parse_pair
from holdfast.history.zones import METATRADER_DAY, Instants, boundaries, parse_day_zone, wall_clock

FX_WEEK = "Sun 17:00 - Fri 17:00 America/New_York"
METAL_WEEK = "Sun 18:00 - Fri 17:00 America/New_York except 17:00 - 18:00"

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CLOCK = r"(\d{2}):(\d{2})"
_WEEK = re.compile(rf"(\w{{3}}) {_CLOCK} - (\w{{3}}) {_CLOCK} (\S+)(?: except {_CLOCK} - {_CLOCK})?")


def usual_session(pair: str) -> tuple[str, str]:
    """The trading week and the day boundary that a pair's class commonly has: `24/7` and UTC for crypto."""
    if "/" in pair:
        return "24/7", "UTC"
    return (FX_WEEK if parse_pair(pair).currency_class == "fx" else METAL_WEEK), METATRADER_DAY


@dataclass(frozen=True)
class Session:
    """A trading week: opens and closes in ns after Monday midnight of the zone; opens == closes means
    always."""

    zone: str
    opens: int
    closes: int
    break_start: int = 0  # ns after midnight; equal to its end = no break
    break_end: int = 0

    def is_open(self, ts: Instants) -> npt.NDArray[np.bool_]:
        """Whether the market is open at each instant (ns UTC)."""
        if self.opens == self.closes:
            return np.ones(len(ts), dtype=np.bool_)
        wall = wall_clock(ts, self.zone)
        of_week = (wall - 4 * DAY) % (7 * DAY)  # the epoch was a Thursday
        since_open = (of_week - self.opens) % (7 * DAY)
        in_week = since_open < (self.closes - self.opens) % (7 * DAY)
        of_day = wall % DAY
        in_break = (of_day - self.break_start) % DAY < (self.break_end - self.break_start) % DAY
        return in_week & ~in_break  # a break may go on past midnight


@cache
def parse_session(text: str) -> Session:
    """Read `24/7`, `Sun 17:00 - Fri 17:00 America/New_York`, the same with ` except 17:00 - 18:00` (each
    day)."""
    if text == "24/7":
        return Session("UTC", 0, 0)
    match = _WEEK.fullmatch(text)
    if not match or match[1] not in _DAYS or match[4] not in _DAYS:
        raise SettingsError(f"'{text}' is not a trading session.", f"Write 24/7 or {FX_WEEK}.")
    zone = parse_day_zone(match[7]).zone
    opens = _DAYS.index(match[1]) * DAY + _clock(match[2], match[3])
    closes = _DAYS.index(match[4]) * DAY + _clock(match[5], match[6])
    pause = (_clock(match[8], match[9]), _clock(match[10], match[11])) if match[8] else (0, 0)
    return Session(zone, opens, closes, *pause)


def _clock(hours: str, minutes: str) -> int:
    return int(hours) * HOUR + int(minutes) * MINUTE


def expected_bars(first: int, last: int, timeframe: Timeframe, session: Session, zone: str) -> Instants:
    """Opening times from `first` to `last` of the bars that an open market would give."""
    edges = boundaries(first, last, timeframe, zone)
    grid, widths = edges[:-1], np.diff(edges)
    step = min(timeframe.ns, HOUR)
    opened = np.zeros(len(grid), dtype=np.bool_)
    for late in range(
        0, int(widths.max()), step
    ):  # a bucket counts when the market is open in any hour of it
        opened |= (late < widths) & session.is_open(grid + late)
    return grid[opened]
