"""Where trading days begin, as instants: the one that a rule names and others that its text may also mean.

A rulebook that says "5 pm EST" and "00:00 UTC+3" names two instants. Both are boundaries: from the first candidate of
a day on, floors of the old and of the new day hold, from the last one the higher of those sampled at each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from holdfast.errors import SettingsError
from holdfast.history.names import DAY, MINUTE
from holdfast.history.wall_times import WallTime, daily_instants
from holdfast.history.zones import Instants

_AROUND = 3 * DAY  # so that the days at the edges of a range have all their candidates
LOOKAHEAD_MIN, CLOSE_LOSERS_MIN = 30, 10


@dataclass(frozen=True)
class DayClock:
    """When a day begins, and the other readings of it."""

    primary: WallTime
    alternates: tuple[WallTime, ...] = ()


@dataclass(frozen=True)
class DayBoundary:
    """One candidate instant (ns UTC)."""

    time_ns: int
    primary: bool
    opens: bool  # the first candidate of its day
    closes: bool  # the last one


def day_boundaries(clock: DayClock, start_ns: int, end_ns: int) -> pl.DataFrame:
    """Candidates in [start, end): `time_ns`, `primary`, `opens`, `closes` as in DayBoundary, ascending.

    A candidate belongs to the day whose primary instant is nearest, the earlier of two equally near. Equal
    instants are one row. Days without ticks (weekends, holidays) have their boundaries too.
    """
    low, high = start_ns - _AROUND, end_ns + _AROUND
    primary = daily_instants(clock.primary, low, high)
    others = [daily_instants(wall, low, high) for wall in clock.alternates]
    times = np.unique(np.concatenate([primary, *others]))
    day = _nearest(primary, times)
    first = np.diff(day, prepend=-1) != 0
    last = np.diff(day, append=-1) != 0
    columns = {"time_ns": times, "primary": np.isin(times, primary), "opens": first, "closes": last}
    return pl.DataFrame(columns).filter(pl.col("time_ns").is_between(start_ns, end_ns, closed="left"))


def _nearest(sorted_times: Instants, times: Instants) -> Instants:
    """Index of the nearest of `sorted_times`, the earlier of two equally near."""
    after = np.clip(np.searchsorted(sorted_times, times), 1, len(sorted_times) - 1)
    is_later = sorted_times[after] - times < times - sorted_times[after - 1]
    return np.where(is_later, after, after - 1)


def next_boundary(clock: DayClock, t_ns: int) -> DayBoundary:
    """The first candidate after `t_ns` (one at that very instant is not after it)."""
    row = day_boundaries(clock, t_ns + 1, t_ns + 3 * DAY).row(0, named=True)
    return DayBoundary(**row)


def forecast_instants(
    clock: DayClock,
    start_ns: int,
    end_ns: int,
    lookahead_min: int = LOOKAHEAD_MIN,
    close_losers_min: int = CLOSE_LOSERS_MIN,
) -> pl.DataFrame:
    """For each candidate, when its forecast starts and when losers are closed ahead of it (real minutes before).

    Columns `forecast_ns`, `close_losers_ns`, `boundary_ns`: every candidate whose forecast runs at some time of
    [start, end), so that who starts in the middle of one finds it. Raises SettingsError.
    """
    if not 0 <= close_losers_min <= lookahead_min:
        raise SettingsError(
            f"Losers would be closed {close_losers_min} minutes before a boundary that is forecast {lookahead_min}"
            " minutes before.",
            "Forecast first: the second number must be the greater one, and neither negative.",
        )
    ahead = lookahead_min * MINUTE
    boundary = day_boundaries(clock, start_ns + 1, end_ns + ahead)["time_ns"]
    columns = {"forecast_ns": boundary - ahead, "close_losers_ns": boundary - close_losers_min * MINUTE}
    return pl.DataFrame({**columns, "boundary_ns": boundary})
