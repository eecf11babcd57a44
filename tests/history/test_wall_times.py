"""Wall times become instants: clock changes, skipped and doubled times, half-hour zones, a day that fell out."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from handmade import instant
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors import SettingsError
from holdfast.history.names import DAY, HOUR, MINUTE, SECOND, format_instant
from holdfast.history.wall_times import (
    WallTime,
    daily_instants,
    parse_wall_time,
    parse_week_time,
    weekly_instants,
)
from holdfast.history.zones import from_wall_clock, wall_clock

ZONES = (
    *("America/New_York", "Europe/Prague", "America/Chicago", "Australia/Lord_Howe", "Asia/Kolkata"),
    *("America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Etc/GMT-3", "Etc/GMT+5", "UTC", "Africa/Cairo"),
)


def shown(wall: WallTime, start: str, end: str) -> list[str]:
    """Daily instants for people."""
    return [format_instant(ns) for ns in daily_instants(wall, instant(start), instant(end)).tolist()]


def test_17_new_york_is_22_utc_in_winter_and_21_in_summer() -> None:
    """The clocks change on 8 March and 1 November 2026; the days around are 23 and 25 hours long."""
    ny = WallTime("America/New_York", "17:00")
    spring = daily_instants(ny, instant("2026-03-06"), instant("2026-03-11"))
    assert shown(ny, "2026-03-07", "2026-03-09") == ["2026-03-07 22:00", "2026-03-08 21:00"]
    assert set(np.diff(spring) // HOUR) == {23, 24}
    autumn = daily_instants(ny, instant("2026-10-30"), instant("2026-11-04"))
    assert set(np.diff(autumn) // HOUR) == {25, 24}


@pytest.mark.parametrize(
    "wall, start, expected",
    [
        (WallTime("Europe/Prague", "00:00"), "2026-03-28", ["2026-03-28 23:00", "2026-03-29 22:00"]),
        (WallTime("Europe/Prague", "00:00"), "2026-10-24", ["2026-10-24 22:00", "2026-10-25 23:00"]),
        (WallTime("America/Chicago", "15:10"), "2026-03-07", ["2026-03-07 21:10", "2026-03-08 20:10"]),
        (WallTime("America/Chicago", "15:10"), "2026-10-31", ["2026-10-31 20:10", "2026-11-01 21:10"]),
        (WallTime("Asia/Kolkata", "09:15"), "2026-03-28", ["2026-03-28 03:45", "2026-03-29 03:45"]),
        (WallTime("Etc/GMT-3", "00:00"), "2026-03-28", ["2026-03-28 21:00", "2026-03-29 21:00"]),
        (WallTime("Etc/GMT+5", "17:00"), "2026-03-28", ["2026-03-28 22:00", "2026-03-29 22:00"]),
        (WallTime("UTC", "00:30"), "2026-03-28", ["2026-03-28 00:30", "2026-03-29 00:30"]),
        (WallTime("UTC", "23:59:30"), "2026-03-28", ["2026-03-28 23:59:30", "2026-03-29 23:59:30"]),
    ],
)
def test_days_around_clock_changes(wall: WallTime, start: str, expected: list[str]) -> None:
    """Two days each, worked out by hand; fixed zones do not move."""
    end = f"{datetime.fromisoformat(start) + timedelta(days=2):%Y-%m-%d}"
    assert shown(wall, start, end) == expected


@pytest.mark.parametrize(
    "zone, at, day, expected",
    [
        ("America/New_York", "02:30", "2026-03-08", "2026-03-08 07:00"),  # 02:00 became 03:00
        ("Europe/Prague", "02:15", "2026-03-29", "2026-03-29 01:00"),
        ("Australia/Lord_Howe", "02:10", "2026-10-03", "2026-10-03 15:30"),  # on the 4th; skips half an hour
        ("America/New_York", "01:30", "2026-11-01", "2026-11-01 05:30"),  # shown twice: the first
        ("Australia/Lord_Howe", "01:45", "2026-04-04", "2026-04-04 14:45"),  # on the 5th; half an hour twice
    ],
)
def test_a_skipped_time_is_the_end_of_the_skip_and_a_doubled_one_the_first(
    zone: str, at: str, day: str, expected: str
) -> None:
    """Worked out from the zone's published change."""
    end = f"{datetime.fromisoformat(day) + timedelta(days=1):%Y-%m-%d}"
    assert expected in shown(WallTime(zone, at), day, end)


def test_a_day_that_fell_out_gives_no_instant_of_its_own() -> None:
    """Samoa skipped 30 December 2011 by crossing the date line: 29th 10:00 UTC the clock went on by 24 hours."""
    apia = WallTime("Pacific/Apia", "00:00")
    assert shown(apia, "2011-12-29", "2012-01-01") == [
        *("2011-12-29 10:00", "2011-12-30 10:00", "2011-12-31 10:00"),
    ]
    skipped = instant("2011-12-30 00:00")  # read as wall time
    assert format_instant(from_wall_clock(np.array([skipped]), "Pacific/Apia")[0]) == "2011-12-30 10:00"


def test_weekdays_are_those_of_the_wall_clock() -> None:
    """Friday 17:00 New York; Monday 08:00 Sydney is still Sunday in UTC."""
    week = parse_week_time("Fri 17:00 America/New_York")
    found = weekly_instants(week, instant("2026-03-01"), instant("2026-03-15"))
    assert [format_instant(ns) for ns in found.tolist()] == ["2026-03-06 22:00", "2026-03-13 21:00"]
    sydney = parse_week_time("Mon 08:00 Australia/Sydney")
    found = weekly_instants(sydney, instant("2026-06-13"), instant("2026-06-16"))
    assert [format_instant(ns) for ns in found.tolist()] == ["2026-06-14 22:00"]
    assert str(week) == "Fri 17:00 America/New_York"
    assert len(daily_instants(week.wall, instant("2026-06-01"), instant("2026-06-15"), (0, 1, 2, 3, 4))) == 10


def test_the_start_belongs_to_the_range_and_the_end_does_not() -> None:
    """So that neighbouring ranges share none and miss none."""
    utc = WallTime("UTC", "00:00")
    assert shown(utc, "2026-01-01", "2026-01-03") == ["2026-01-01 00:00", "2026-01-02 00:00"]
    assert shown(utc, "2026-01-01", "2026-01-01") == []


@pytest.mark.parametrize("at", ["24:00", "7:00", "17:60", "17", "", "17:00:60", "17:00 "])
def test_what_is_no_time_of_day_is_refused(at: str) -> None:
    """With the form."""
    with pytest.raises(SettingsError, match="Write HH:MM"):
        WallTime("UTC", at)


@pytest.mark.parametrize(
    "zone, hint", [("America/NewYork", "America/New_York"), ("europe/prague", "Europe/Prague"), ("GMT-3", "")]
)
def test_an_unknown_zone_is_refused_with_the_nearest(zone: str, hint: str) -> None:
    """`GMT-3` looks like an offset and is none; POSIX spells it Etc/GMT+3."""
    with pytest.raises(SettingsError, match=f"not a time zone.*{hint}"):
        WallTime(zone, "00:00")


@pytest.mark.parametrize("text", ["17:00", "Fri 17:00", "Freitag 17:00 UTC", ""])
def test_texts_without_zone_or_weekday_are_refused(text: str) -> None:
    """Each says what to write."""
    with pytest.raises(SettingsError, match="Write"):
        parse_week_time(text)
    assert parse_wall_time("17:00 America/New_York") == WallTime("America/New_York", "17:00")


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.dates(date(2010, 1, 1), date(2036, 1, 1)), st.integers(0, 24 * 60 - 1))
def test_instants_agree_with_the_standard_library(zone: str, day: date, minute: int) -> None:
    """For every wall time that exists; one that does not lies between the second before the found one and that."""
    at = time(minute // 60, minute % 60)
    local = datetime.combine(day, at, ZoneInfo(zone))
    expected = int(local.timestamp()) * SECOND
    wall = int(datetime.combine(day, at, UTC).timestamp()) * SECOND
    found = int(from_wall_clock(np.array([wall]), zone)[0])
    if local.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(fold=0) == local:
        assert found == expected
    else:
        before, after = wall_clock(np.array([found - SECOND, found]), zone).tolist()
        assert before < wall < after


@settings(deadline=None)
@given(
    st.sampled_from(ZONES),
    st.integers(0, 24 * 60 - 1),
    st.integers(0, 24 * 365 * 24 * 60),
    st.integers(0, 40 * 24),
    st.integers(0, 40 * 24),
)
def test_ranges_add_up_and_give_one_instant_a_day(
    zone: str, minute: int, start: int, first: int, second: int
) -> None:
    """Two neighbouring ranges give what their union gives; days are about 24 hours apart."""
    wall = WallTime(zone, f"{minute // 60:02d}:{minute % 60:02d}")
    a = instant("2012-01-01") + start * MINUTE
    b, c = a + first * HOUR, a + (first + second) * HOUR
    whole = daily_instants(wall, a, c)
    assert np.concatenate([daily_instants(wall, a, b), daily_instants(wall, b, c)]).tolist() == whole.tolist()
    assert abs(len(whole) - (c - a) / DAY) <= 1.1
    if len(whole) > 1:
        assert np.abs(np.diff(whole) - DAY).max() <= HOUR


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 24 * 60 - 1), st.integers(0, 16 * 365))
def test_the_clock_shows_the_time_or_the_end_of_a_skip(zone: str, minute: int, day: int) -> None:
    """And never showed it earlier that day."""
    start = instant("2010-01-01") + day * DAY
    wall = WallTime(zone, f"{minute // 60:02d}:{minute % 60:02d}")
    for found in daily_instants(wall, start, start + DAY).tolist():
        now, just_before = wall_clock(np.array([found, found - SECOND]), zone).tolist()
        assert 0 <= (now - wall.of_day) % DAY < HOUR
        assert just_before < now - (now - wall.of_day) % DAY
