"""A news calendar that never was, with the habits of the real one: for the demo and for tests.

The great releases come at their real hours (New York, Frankfurt), so that windows move with the clocks. Each month
draws from a generator of its own: a longer calendar begins with the shorter one of the same seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import polars as pl

from holdfast.history.calendar_events import Event, calendar_frame
from holdfast.history.names import DAY, MINUTE, SECOND
from holdfast.history.synthetic_paths import generator
from holdfast.history.wall_times import WallTime
from holdfast.history.zones import from_wall_clock

_RELEASE = WallTime("America/New_York", "08:30")
_FOMC = WallTime("America/New_York", "14:00")
_ECB = WallTime("Europe/Berlin", "14:15")
_CLOSE = WallTime("America/New_York", "17:00")
_FOMC_MONTHS, _ECB_MONTHS = (1, 3, 5, 6, 7, 9, 11, 12), (1, 3, 4, 6, 7, 9, 10, 12)
_MAJORS = ("USD", "EUR", "GBP", "JPY", "CHF", "AUD", "NZD", "CAD")
_LESSER = ("Retail Sales", "Flash PMI", "Unemployment Claims", "Trade Balance", "Industrial Production")
_LESSER_A_MONTH = 24
_EPOCH = date(1970, 1, 1)


def synthetic_calendar(seed: int, start_ns: int, end_ns: int) -> pl.DataFrame:
    """Events in [start, end) as `read_calendar` gives them: payrolls, inflation, rates, lesser ones and holidays."""
    events: dict[object, Event] = {}
    first, last = (_EPOCH + timedelta(seconds=ns // SECOND) for ns in (start_ns - DAY, end_ns + DAY))
    for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        events |= {event.key: event for event in _month(seed, month // 12, month % 12 + 1)}
    return calendar_frame(event for event in events.values() if start_ns <= event.time_ns < end_ns)


def _month(seed: int, year: int, month: int) -> Iterator[Event]:
    draws = generator(seed, f"calendar {year}-{month}")
    yield _event(_RELEASE, _nth(year, month, weekday=4, nth=1), "USD", "Non-Farm Payrolls")
    yield _event(_RELEASE, _weekday_from(date(year, month, int(draws.integers(10, 14)))), "USD", "CPI")
    if month in _FOMC_MONTHS:
        yield _event(_FOMC, _nth(year, month, weekday=2, nth=3), "USD", "Federal Funds Rate")
    if month in _ECB_MONTHS:
        yield _event(_ECB, _nth(year, month, weekday=3, nth=2), "EUR", "Main Refinancing Rate")
    yield from _lesser(draws, year, month)
    for day, title in ((date(year, 1, 1), "New Year's Day"), (date(year, 12, 25), "Christmas Day")):
        if day.month == month:
            yield from (_holiday(day, currency, title) for currency in _MAJORS)


def _lesser(draws: np.random.Generator, year: int, month: int) -> Iterator[Event]:
    """Medium and low ones on weekdays from 07:00 to 16:00 UTC."""
    for _ in range(_LESSER_A_MONTH):
        day = _weekday_from(date(year, month, int(draws.integers(1, 27))))
        at = (day - _EPOCH).days * DAY + (7 * 60 + 5 * int(draws.integers(0, 108))) * MINUTE
        currency, title = str(draws.choice(_MAJORS)), str(draws.choice(_LESSER))
        yield Event(at, at, currency, (), str(draws.choice(("medium", "low"))), title)


def _event(wall: WallTime, day: date, currency: str, title: str) -> Event:
    at = _instant(wall, day)
    return Event(at, at, currency, (), "high", title)


def _holiday(day: date, currency: str, title: str) -> Event:
    """The trading day that ends at 17:00 New York."""
    closes, opens = _instant(_CLOSE, day - timedelta(days=1)), _instant(_CLOSE, day)
    return Event(closes, opens, currency, (), "holiday", title)


def _instant(wall: WallTime, day: date) -> int:
    shown = np.array([(day - _EPOCH).days * DAY + wall.of_day], dtype=np.int64)
    return int(from_wall_clock(shown, wall.zone)[0])


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    """The n-th weekday (Monday is 0) of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _weekday_from(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
