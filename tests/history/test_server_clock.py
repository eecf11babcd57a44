"""The server's clock against New York and Prague, and the check of its offset by ticks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from handmade import instant
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors import SettingsError
from holdfast.history.names import DAY, HOUR, MINUTE, SECOND
from holdfast.history.server_clock import ServerClock, expected_offset, offset_mismatch, server_times
from holdfast.history.wall_times import WallTime, daily_instants

SERVER = ServerClock("America/New_York", 7)
NEW_YORK, PRAGUE = WallTime("America/New_York", "17:00"), WallTime("Europe/Prague", "00:00")


def clock_at(text: str) -> str:
    """What the server shows at an instant."""
    shown = int(server_times(SERVER, np.array([instant(text)]))[0])
    return f"{datetime.fromtimestamp(shown // SECOND, UTC):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    "day, new_york, prague, server_at_prague",
    [
        ("2026-01-14", "2026-01-14 22:00", "2026-01-13 23:00", "2026-01-14 01:00"),
        (
            "2026-03-10",
            "2026-03-10 21:00",
            "2026-03-09 23:00",
            "2026-03-10 02:00",
        ),  # US on summer time, EU not
        ("2026-03-30", "2026-03-30 21:00", "2026-03-29 22:00", "2026-03-30 01:00"),
        ("2026-10-28", "2026-10-28 21:00", "2026-10-27 23:00", "2026-10-28 02:00"),  # EU off, US still on
        ("2026-11-03", "2026-11-03 22:00", "2026-11-02 23:00", "2026-11-03 01:00"),
    ],
)
def test_clock_traps(day: str, new_york: str, prague: str, server_at_prague: str) -> None:
    """17:00 New York is server midnight on every day; Prague midnight is server 01:00, in the gaps 02:00."""
    start = instant(day)
    assert daily_instants(NEW_YORK, start, start + DAY).tolist() == [instant(new_york)]
    assert clock_at(new_york).endswith("00:00")
    midnight = daily_instants(PRAGUE, start - 12 * HOUR, start + 12 * HOUR).tolist()
    assert midnight == [instant(prague)]
    assert clock_at(prague) == server_at_prague


@pytest.mark.parametrize("at, shown", [("2026-03-15 22:00", "01:00"), ("2026-03-15 23:00", "02:00")])
def test_the_server_hour_of_a_prague_day_in_the_gap(at: str, shown: str) -> None:
    """16 March 2026."""
    assert clock_at(at) == f"2026-03-16 {shown}"


def sundays(year: int, month: int) -> list[date]:
    """All Sundays of a month."""
    first = date(year, month, 1)
    days = [first + timedelta(days=i) for i in range(31)]
    return [day for day in days if day.month == month and day.weekday() == 6]


@settings(deadline=None)
@given(st.integers(2024, 2028))
def test_each_year_has_as_many_odd_midnights_as_its_gaps_have_days(year: int) -> None:
    """US: second Sunday of March to first of November; EU: last of March to last of October."""
    gaps = (sundays(year, 3)[-1] - sundays(year, 3)[1]) + (sundays(year, 11)[0] - sundays(year, 10)[-1])
    midnights = daily_instants(PRAGUE, instant(f"{year}-01-01"), instant(f"{year + 1}-01-01"))
    hours = server_times(SERVER, midnights) % DAY // HOUR
    assert (hours == 2).sum() == gaps.days
    assert set(hours.tolist()) == {1, 2}


@settings(deadline=None)
@given(st.dates(date(2024, 1, 1), date(2028, 12, 31)))
def test_17_new_york_is_server_midnight_on_every_day(day: date) -> None:
    """So no rule needs to know which season it is."""
    start = instant(day.isoformat())
    found = daily_instants(NEW_YORK, start, start + DAY)
    assert (server_times(SERVER, found) % DAY == 0).all()
    assert len(found) == 1


def test_the_offset_is_three_hours_in_summer_and_two_in_winter() -> None:
    """As brokers write: GMT+3 and GMT+2; New York changes at 07:00 UTC on 8 March 2026."""
    assert expected_offset(SERVER, instant("2026-03-08 06:59")) == 2 * HOUR
    assert expected_offset(SERVER, instant("2026-03-08 07:00")) == 3 * HOUR


@pytest.mark.parametrize(
    "offset, age, mismatch",
    [
        (3 * HOUR, 0, 0),
        (3 * HOUR, 2 * SECOND, 0),
        (3 * HOUR, -2 * SECOND, 0),  # our clock is a little slow
        (2 * HOUR, SECOND, -HOUR),  # the broker follows Europe's clocks
        (4 * HOUR, SECOND, HOUR),
        (3 * HOUR, 5 * MINUTE, None),  # an old tick says nothing
        (2 * HOUR, 7 * MINUTE + 30 * SECOND, None),
        (3 * HOUR, 40 * HOUR + 7 * MINUTE, None),  # the last one of Friday, read on Sunday
    ],
)
def test_a_tick_tells_the_offset(offset: int, age: int, mismatch: int | None) -> None:
    """20 March 2026, in the gap: 3 hours are expected of a server that follows New York."""
    now = instant("2026-03-20 12:00")
    assert offset_mismatch(SERVER, now - age + offset, now) == mismatch


def test_an_unknown_zone_of_a_server_is_refused() -> None:
    """With the nearest name."""
    with pytest.raises(SettingsError, match="America/New_York"):
        ServerClock("America/New_Yrok")
