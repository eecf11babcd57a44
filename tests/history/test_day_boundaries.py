"""Where a trading day begins, with all its readings, and when the forecast of a boundary runs."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import instant
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors import SettingsError
from holdfast.history.day_boundaries import (
    DayBoundary,
    DayClock,
    day_boundaries,
    forecast_instants,
    next_boundary,
)
from holdfast.history.names import DAY, HOUR, MINUTE, format_instant
from holdfast.history.wall_times import WallTime

NEW_YORK = WallTime("America/New_York", "17:00")
THE5ERS = DayClock(NEW_YORK, (WallTime("Etc/GMT-3", "00:00"), WallTime("Etc/GMT+5", "17:00")))
FTMO = DayClock(WallTime("Europe/Prague", "00:00"))
BREAKOUT = DayClock(WallTime("UTC", "00:30"))
TOPSTEP = DayClock(WallTime("America/Chicago", "17:00"))


def rows(clock: DayClock, start: str, end: str) -> list[tuple[str, bool, bool, bool]]:
    """Boundaries for people."""
    table = day_boundaries(clock, instant(start), instant(end))
    return [(format_instant(time), primary, opens, closes) for time, primary, opens, closes in table.rows()]


def test_the_two_instants_of_a_text_in_winter_and_summer() -> None:
    """The5ers: always 21:00 and 22:00 UTC; 17:00 New York is the later one in winter and the earlier in summer."""
    assert rows(THE5ERS, "2026-01-14", "2026-01-15") == [
        ("2026-01-14 21:00", False, True, False),
        ("2026-01-14 22:00", True, False, True),
    ]
    assert rows(THE5ERS, "2026-07-14", "2026-07-15") == [
        ("2026-07-14 21:00", True, True, False),
        ("2026-07-14 22:00", False, False, True),
    ]


def test_every_day_of_three_years_has_both_instants() -> None:
    """Also on the days on which the clocks of New York change."""
    table = day_boundaries(THE5ERS, instant("2024-01-01"), instant("2027-01-01"))
    times = table["time_ns"].to_numpy()
    assert table.height == 2 * 1096
    assert set(times % DAY // HOUR) == {21, 22}
    assert table["opens"].to_list() == [True, False] * 1096
    assert table["closes"].to_list() == [False, True] * 1096
    assert table["primary"].sum() == 1096


@pytest.mark.parametrize(
    "clock, day, expected",
    [
        (FTMO, "2026-03-15", "2026-03-15 23:00"),  # the 16th begins; the server shows 02:00
        (FTMO, "2026-07-13", "2026-07-13 22:00"),
        (BREAKOUT, "2026-03-15", "2026-03-15 00:30"),  # not midnight UTC
        (TOPSTEP, "2026-03-07", "2026-03-07 23:00"),
        (TOPSTEP, "2026-03-08", "2026-03-08 22:00"),
    ],
)
def test_a_day_with_one_reading_has_one_boundary(clock: DayClock, day: str, expected: str) -> None:
    """Primary, first and last at once."""
    following = format_instant(instant(day) + DAY)
    assert rows(clock, day, following) == [(expected, True, True, True)]


def test_an_instant_of_the_hour_before_does_not_roll_the_day() -> None:
    """Prague, 16 March 2026: at server 01:00 (22:00 UTC) the 15th goes on until 23:00 UTC."""
    assert next_boundary(FTMO, instant("2026-03-15 22:00")).time_ns == instant("2026-03-15 23:00")


def test_the_next_boundary_comes_after_the_instant() -> None:
    """At a boundary the next one is meant."""
    first, second = instant("2026-01-14 21:00"), instant("2026-01-14 22:00")
    assert next_boundary(THE5ERS, first - 1) == DayBoundary(first, False, True, False)
    assert next_boundary(THE5ERS, first) == DayBoundary(second, True, False, True)
    assert next_boundary(THE5ERS, second).time_ns == first + DAY


def test_weekends_and_holidays_have_boundaries() -> None:
    """Saturday, Sunday and 25 December, though no tick arrives."""
    table = day_boundaries(FTMO, instant("2026-12-24"), instant("2026-12-28"))
    assert table.height == 4


def test_the_forecast_of_prague_midnight() -> None:
    """Entries stop at 23:30 Prague, losers are closed from 23:50 (22:30 and 22:50 UTC in winter)."""
    found = forecast_instants(FTMO, instant("2026-01-14 12:00"), instant("2026-01-15 12:00"))
    assert [format_instant(ns) for ns in found.row(0)] == [
        *("2026-01-14 22:30", "2026-01-14 22:50", "2026-01-14 23:00"),
    ]
    assert found.height == 1


def test_a_range_that_begins_inside_a_forecast_has_it() -> None:
    """A restart at 22:55 must know that losers are being closed; at 23:00 it is over."""
    for start, count in (("22:55", 1), ("22:59:59", 1), ("23:00", 0)):
        at = instant(f"2026-01-14 {start}")
        assert forecast_instants(FTMO, at, at + HOUR).height == count


def test_a_range_that_ends_before_the_boundary_has_the_forecast() -> None:
    """Its first stage has begun at 22:30; at 22:30 exactly, as an open end, it has not."""
    start = instant("2026-01-14 20:00")
    assert forecast_instants(FTMO, start, instant("2026-01-14 22:31")).height == 1
    assert forecast_instants(FTMO, start, instant("2026-01-14 22:30")).height == 0


@pytest.mark.parametrize("lookahead, losers", [(10, 30), (30, -1)])
def test_stages_in_the_wrong_order_are_refused(lookahead: int, losers: int) -> None:
    """The forecast comes first."""
    with pytest.raises(SettingsError, match="Forecast first"):
        forecast_instants(FTMO, 0, DAY, lookahead, losers)


WALLS = st.builds(
    WallTime,
    st.sampled_from(["America/New_York", "Europe/Prague", "Australia/Lord_Howe", "Etc/GMT-3", "UTC"]),
    st.times().map(lambda at: f"{at:%H:%M}"),
)


@settings(deadline=None)
@given(
    st.builds(DayClock, WALLS, st.lists(WALLS, max_size=3).map(tuple)),
    st.integers(0, 900 * 24 * 60),
    st.integers(0, 20 * 24),
    st.integers(0, 20 * 24),
)
def test_days_open_and_close_in_turn_however_the_range_is_cut(
    clock: DayClock, start: int, first: int, second: int
) -> None:
    """Each day has one primary and one first and last candidate; neighbouring ranges give what their union gives."""
    a = instant("2024-01-01") + start * MINUTE
    b, c = a + first * HOUR, a + (first + second) * HOUR
    whole = day_boundaries(clock, a, c)
    parts = [*day_boundaries(clock, a, b).rows(), *day_boundaries(clock, b, c).rows()]
    assert parts == whole.rows()
    table = day_boundaries(clock, a - DAY, c + DAY)
    inside = np.cumsum(table["opens"].to_numpy()) - np.cumsum(table["closes"].to_numpy())
    assert inside.max() - inside.min() <= 1
    assert (table["time_ns"].diff().drop_nulls() > 0).all()


@settings(deadline=None)
@given(st.builds(DayClock, WALLS, st.lists(WALLS, max_size=3).map(tuple)), st.integers(0, 900 * 24 * 60))
def test_the_next_boundary_is_the_first_row_after(clock: DayClock, minute: int) -> None:
    """At most a day and an hour away."""
    now = instant("2024-01-01") + minute * MINUTE
    found = next_boundary(clock, now)
    table = day_boundaries(clock, now - DAY, now + 3 * DAY)
    assert found.time_ns == table.filter(table["time_ns"] > now)["time_ns"][0]
    assert now < found.time_ns <= now + 25 * HOUR
