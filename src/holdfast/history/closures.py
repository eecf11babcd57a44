"""When a market is closed, as instants: weekends, daily breaks and holidays, joined where they touch."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from holdfast.history.names import DAY
from holdfast.history.sessions import Session
from holdfast.history.spans import NONE, Spans, joined
from holdfast.history.wall_times import wall_days
from holdfast.history.zones import Instants, from_wall_clock

_WEEK = 7 * DAY
_AROUND = 3 * _WEEK  # closures that reach into a range begin and end within it

Stretch = tuple[int, int]


def closures(session: Session, start_ns: int, end_ns: int, holidays: Iterable[Stretch] = ()) -> Spans:
    """Closed stretches that have a part in [start, end), uncut. `holidays` are further ones, [start, end) ns UTC.

    A market that is always open has only its holidays.
    """
    low, high = start_ns - _AROUND, end_ns + _AROUND
    weekends, breaks = weekends_of(session, low, high), _breaks(session, low, high)
    others = np.array(list(holidays), dtype=np.int64).reshape(-1, 2)
    starts = np.concatenate([weekends.starts, breaks.starts, others[:, 0]])
    ends = np.concatenate([weekends.ends, breaks.ends, others[:, 1]])
    return joined(starts, ends).touching(start_ns, end_ns)


def weekends_of(session: Session, start_ns: int, end_ns: int) -> Spans:
    """From each close of the trading week to the next open; none where the market is always open."""
    if session.opens == session.closes:
        return NONE
    closes = wall_days(start_ns - 2 * _WEEK, end_ns, (0,)) + session.closes
    length = (session.opens - session.closes) % _WEEK
    return wall_spans(closes, length, session.zone).touching(start_ns, end_ns)


def _breaks(session: Session, start_ns: int, end_ns: int) -> Spans:
    """The daily break, of every day: those of the weekend lie inside it."""
    length = (session.break_end - session.break_start) % DAY
    if session.opens == session.closes or length == 0:
        return NONE
    return wall_spans(wall_days(start_ns, end_ns) + session.break_start, length, session.zone)


def wall_spans(begins: Instants, length: int, zone: str) -> Spans:
    """Stretches of a wall clock that are all equally long on it (ns), from wall times in ns as if UTC."""
    return joined(from_wall_clock(begins, zone), from_wall_clock(begins + length, zone))
