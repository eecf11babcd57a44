"""The clock of a MetaTrader server: what it should show, and whether a tick's stamp agrees.

MetaTrader stamps ticks with the server's wall clock and calls it Unix time. Most servers keep New York's clock plus
seven hours, so that their midnight is 17:00 New York all year; a broker that follows other rules, or changes them,
moves every boundary and window by an hour without a word. Therefore the offset is checked against ticks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdfast.history.names import HOUR, MINUTE, SECOND
from holdfast.history.wall_times import check_zone
from holdfast.history.zones import Instants, wall_clock

_OFFSET_STEP = 15 * MINUTE  # every zone of today is a multiple of it away from UTC
FRESH = 60 * SECOND


@dataclass(frozen=True)
class ServerClock:
    """A zone's wall clock and hours added to it. Raises SettingsError for an unknown zone."""

    zone: str = "America/New_York"
    shift_hours: int = 7

    def __post_init__(self) -> None:
        check_zone(self.zone)


def server_times(clock: ServerClock, instants: Instants) -> Instants:
    """What the server's clock shows at instants (ns UTC), in ns as if it were UTC."""
    return wall_clock(instants, clock.zone) + clock.shift_hours * HOUR


def expected_offset(clock: ServerClock, utc_ns: int) -> int:
    """By how much (ns) the server's clock is ahead of UTC at an instant."""
    return int(server_times(clock, np.array([utc_ns], dtype=np.int64))[0]) - utc_ns


def offset_mismatch(clock: ServerClock, tick_time_ns: int, utc_ns: int, fresh_ns: int = FRESH) -> int | None:
    """By how much (ns) the server's real offset exceeds the expected one; 0 where they agree.

    `tick_time_ns` is the stamp of a tick (server wall clock as if UTC) that was received at `utc_ns`. None: the
    tick cannot tell, because its distance from any possible offset (multiples of 15 minutes) is more than
    `fresh_ns`. It is an old one, of the last session for instance, or this machine's clock is wrong. Judge several
    ticks as they arrive: an old one may by chance lie a whole number of quarter hours back.
    """
    excess = tick_time_ns - utc_ns - expected_offset(clock, utc_ns)
    rounded = (excess + _OFFSET_STEP // 2) // _OFFSET_STEP * _OFFSET_STEP
    return rounded if abs(excess - rounded) <= fresh_ns else None
