"""The news calendar: what a row may say, what is refused with its line, and the synthetic one."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from handmade import instant
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors import DataError
from holdfast.history.calendar_events import IMPACTS, NEWS_CURRENCIES, SCHEMA, Event, calendar_frame
from holdfast.history.calendar_file import (
    calendar_age,
    calendar_path,
    find_calendar,
    quiet_stretches,
    read_calendar,
    write_calendar,
)
from holdfast.history.names import DAY, HOUR, SECOND
from holdfast.history.synthetic_calendar import synthetic_calendar

HEAD = "ts,until,currency,instruments,impact,title\n"
PAYROLLS = "2026-04-03T12:30:00Z,,USD,,high,Non-Farm Payrolls\n"


def written(folder: Path, text: str) -> Path:
    """A calendar file with this text."""
    path = folder / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_become_events_in_order_of_time(tmp_path: Path) -> None:
    """Unsorted lines, an offset, nanoseconds, instruments in any spelling, holidays with and without an end."""
    text = (
        HEAD
        + "2026-12-25,,USD,,holiday,Christmas\n"
        + PAYROLLS
        + f"{instant('2026-04-03 12:30')},,,xauusd;EUR/USD,restricted,Payrolls\n"
        + "2026-01-01T00:00:00Z,2026-01-01T22:00:00Z,eur,,Holiday,New Year\n"
        + '2026-03-05T14:15:00+01:00,,EUR,,medium,"Rates, and more"\n'
    )
    found = read_calendar(written(tmp_path, text))
    assert dict(found.schema) == SCHEMA
    shown = found.with_columns(pl.col("ts", "until").dt.strftime("%m-%d %H:%M")).rows()
    assert shown == [
        ("01-01 00:00", "01-01 22:00", "EUR", [], "holiday", "New Year"),
        ("03-05 13:15", "03-05 13:15", "EUR", [], "medium", "Rates, and more"),
        ("04-03 12:30", "04-03 12:30", "", ["EURUSD", "XAUUSD"], "restricted", "Payrolls"),
        ("04-03 12:30", "04-03 12:30", "USD", [], "high", "Non-Farm Payrolls"),
        ("12-25 00:00", "12-26 00:00", "USD", [], "holiday", "Christmas"),
    ]


@pytest.mark.parametrize(
    "line, said",
    [
        ("2026-13-03T12:30:00Z,,USD,,high,Payrolls", "'2026-13-03T12:30:00Z' is not a time.*as 2026-04"),
        ("1775219400,,USD,,high,Payrolls", "no time in nanoseconds"),
        (",,USD,,high,Payrolls", "'' is not a time"),
        ("2026-04-03T12:30:00Z,,USD,,hihg,Payrolls", "'hihg' is no impact.*restricted"),
        ("2026-04-03T12:30:00Z,,US,,high,Payrolls", "'US' is not a currency.*USD"),
        ("2026-04-03T12:30:00Z,,All,,high,Payrolls", "'All' is not a currency.*One for each row"),
        ("2026-04-03T12:30:00Z,,,,high,Payrolls", "neither a currency nor instruments"),
        ("2026-04-03T12:30:00Z,,,EUR USD,high,Payrolls", "'EUR USD' is not a pair"),
        ("2026-04-03T12:30:00Z,,USD,,high,", "title is empty"),
        ("2026-04-03T12:30:00Z,2026-04-03T12:00:00Z,USD,,high,Payrolls", "ends before it begins"),
        ("2026-04-03T12:30:00Z,USD,high,Payrolls", "more or fewer cells than the header.*Write 6 cells"),
        ("2026-04-03T12:30:00Z,,USD,,high,Payrolls, revised", "more or fewer cells"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    """The whole file is: a dropped event is an order in the middle of it."""
    first = "2026-01-09T13:30:00Z,,USD,,high,Payrolls of January\n"
    path = written(tmp_path, HEAD + first + line + "\n")
    with pytest.raises(DataError, match=rf"mine\.csv, line 3: .*({said})"):
        read_calendar(path)


@pytest.mark.parametrize("rest", ["", PAYROLLS, '2026-04-04,,USD,,high,"Speech"\n'])
def test_a_quote_that_is_never_closed_is_refused(tmp_path: Path, rest: str) -> None:
    """It would swallow the events after it."""
    open_quote = '2026-04-03T12:30:00Z,,USD,,high,"Payrolls\n'
    with pytest.raises(DataError, match=r"close its quotes|unclosed quote"):
        read_calendar(written(tmp_path, HEAD + open_quote + rest))


def test_an_event_that_stands_there_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    """Whatever the spelling of its time and title; another currency is another event."""
    other = PAYROLLS.replace("USD", "CAD")
    again = f"{instant('2026-04-03 12:30')},,USD,,low,non-farm payrolls\n"
    with pytest.raises(DataError, match="line 4: 'non-farm payrolls' stands in line 2 already"):
        read_calendar(written(tmp_path, HEAD + PAYROLLS + other + again))


@pytest.mark.parametrize(
    "head, said",
    [
        ("ts,currencys,impact,title", "unknown column 'currencys'. Did you mean currency"),
        ("ts,currency,impact", "no column 'title'. The columns are ts, until"),
        ("ts,impact,title", "whom its events affect"),
        ("ts,currency,impact,title,title", "'title' twice"),
        ("", "no column 'ts'"),
    ],
)
def test_columns_are_checked(tmp_path: Path, head: str, said: str) -> None:
    """A misspelt column would be left out in silence."""
    with pytest.raises(DataError, match=said):
        read_calendar(written(tmp_path, head + "\n"))


def test_parquet_takes_timestamps_numbers_and_text(tmp_path: Path) -> None:
    """And names the row of an error."""
    at = datetime(2026, 4, 3, 12, 30, tzinfo=UTC)
    cells = {"currency": ["USD"], "impact": ["high"], "title": ["Payrolls"]}
    kinds = (
        [at],
        [at.astimezone(ZoneInfo("Asia/Tokyo"))],
        [instant("2026-04-03 12:30")],
        ["2026-04-03T12:30Z"],
    )
    path = tmp_path / "mine.parquet"
    for ts in kinds:
        pl.DataFrame({"ts": ts, **cells}).write_parquet(path)
        assert read_calendar(path)["ts"].dt.epoch("ns").to_list() == [instant("2026-04-03 12:30")]
    cells["impact"] = [""]
    pl.DataFrame({"ts": [at], **cells}).write_parquet(path)
    with pytest.raises(DataError, match=r"mine\.parquet, row 1: '' is no impact"):
        read_calendar(path)
    path.write_text("no parquet")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        read_calendar(path)


def test_a_calendar_is_found_by_name(tmp_path: Path) -> None:
    """In the folder `calendar` of the data folder; a name that is not there gets the nearest."""
    with pytest.raises(DataError, match="no calendar firms"):
        find_calendar(tmp_path, "firms")
    path = calendar_path(tmp_path, "firm")
    write_calendar(calendar_frame([]), path)
    assert find_calendar(tmp_path, "firm") == path
    with pytest.raises(DataError, match="Did you mean firm"):
        find_calendar(tmp_path, "firms")
    write_calendar(calendar_frame([]), path.with_suffix(".parquet"))
    with pytest.raises(DataError, match="twice"):
        find_calendar(tmp_path, "firm")


def test_the_age_of_a_calendar_is_that_of_its_file(tmp_path: Path) -> None:
    """A live account refuses to open with one that nobody has renewed for a day."""
    path = written(tmp_path, HEAD + PAYROLLS)
    os.utime(path, (1_000_000, 1_000_000))
    assert calendar_age(path, 1_000_000 * SECOND + 25 * HOUR) == 25 * HOUR
    path.unlink()
    with pytest.raises(DataError, match="Restore or renew"):
        calendar_age(path, 0)


def test_stretches_without_an_event_are_found() -> None:
    """At both ends and inside; a range with an event at least every two weeks has none."""
    times = [instant(f"2026-{day}") for day in ("02-01", "02-10", "03-10")]
    calendar = calendar_frame(Event(at, at, "USD", (), "high", "News") for at in times)
    start, end = instant("2026-01-01"), instant("2026-03-20")
    assert quiet_stretches(calendar, start, end) == [(start, times[0]), (times[1], times[2])]
    assert quiet_stretches(calendar, times[0], times[1] + DAY) == []
    assert quiet_stretches(calendar_frame([]), start, end) == [(start, end)]


TITLES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z")), min_size=1, max_size=12)
EVENTS = st.builds(
    lambda at, lasts, *rest: Event(at * SECOND, (at + lasts) * SECOND, *rest),
    *(st.integers(10**9, 2 * 10**9), st.integers(1, 10**5), st.sampled_from(sorted(NEWS_CURRENCIES))),
    *(st.sampled_from([(), ("EURUSD",), ("NAS100", "XAUUSD")]), st.sampled_from(IMPACTS), TITLES),
)


@settings(deadline=None, max_examples=40)
@given(st.lists(EVENTS, max_size=8, unique_by=lambda event: event.key), st.sampled_from(["csv", "parquet"]))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event], suffix: str
) -> None:
    """Both forms, whatever the title."""
    calendar = calendar_frame(events)
    path = tmp_path_factory.mktemp("calendar") / f"mine.{suffix}"
    write_calendar(calendar, path)
    assert read_calendar(path).equals(calendar)


def test_the_synthetic_calendar_has_the_hours_of_the_real_one() -> None:
    """Payrolls on the first Friday 08:30 New York: 13:30 UTC in winter, 12:30 in summer. Equal seeds, equal events."""
    start, end = instant("2026-01-01"), instant("2027-01-01")
    year = synthetic_calendar(7, start, end)
    named = dict(year.group_by("title").agg(pl.col("ts").dt.strftime("%m-%d %H:%M").sort()).iter_rows())
    assert named["Non-Farm Payrolls"][:4] == ["01-02 13:30", "02-06 13:30", "03-06 13:30", "04-03 12:30"]
    assert len(named["Non-Farm Payrolls"]) == len(named["CPI"]) == 12
    assert named["Federal Funds Rate"][:3] == ["01-21 19:00", "03-18 18:00", "05-20 18:00"]
    assert set(named["Main Refinancing Rate"]) >= {"01-08 13:15", "06-11 12:15"}
    assert set(named["Christmas Day"]) == {"12-24 22:00"}
    assert set(year["impact"]) == {"high", "medium", "low", "holiday"}
    assert year.equals(synthetic_calendar(7, start, end))
    assert not year.equals(synthetic_calendar(8, start, end))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 700), st.integers(0, 90), st.integers(0, 90))
def test_synthetic_ranges_add_up_and_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, day: int, first: int, second: int
) -> None:
    """A longer calendar begins with the shorter one; none has an event twice."""
    a = instant("2025-01-01") + day * DAY
    b, c = a + first * DAY, a + (first + second) * DAY
    whole = synthetic_calendar(3, a, c)
    assert pl.concat([synthetic_calendar(3, a, b), synthetic_calendar(3, b, c)]).equals(whole)
    path = tmp_path_factory.mktemp("calendar") / "mine.csv"
    write_calendar(whole, path)
    assert read_calendar(path).equals(whole)
