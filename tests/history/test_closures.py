"""Closed markets as instants: weekends across clock changes, daily breaks, holidays; and the arithmetic of spans."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import instant
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.history.closures import closures, weekends_of
from holdfast.history.names import DAY, HOUR, MINUTE, format_instant
from holdfast.history.sessions import FX_WEEK, METAL_WEEK, Session, parse_session
from holdfast.history.spans import Spans, joined

FX, METAL, ALWAYS = parse_session(FX_WEEK), parse_session(METAL_WEEK), parse_session("24/7")


def shown(spans: Spans) -> list[tuple[str, str]]:
    """For people."""
    pairs = zip(spans.starts.tolist(), spans.ends.tolist(), strict=True)
    return [(format_instant(start), format_instant(end)) for start, end in pairs]


@pytest.mark.parametrize(
    "around, closes, opens",
    [
        ("2026-01-10", "2026-01-09 22:00", "2026-01-11 22:00"),
        ("2026-07-11", "2026-07-10 21:00", "2026-07-12 21:00"),
        ("2026-03-07", "2026-03-06 22:00", "2026-03-08 21:00"),  # 47 hours
        ("2026-10-31", "2026-10-30 21:00", "2026-11-01 22:00"),  # 49 hours
    ],
)
def test_the_weekend_follows_the_clocks_of_new_york(around: str, closes: str, opens: str) -> None:
    """Friday 17:00 to Sunday 17:00."""
    at = instant(around)
    assert shown(closures(FX, at, at + HOUR)) == [(closes, opens)]
    assert shown(weekends_of(FX, at, at + HOUR)) == [(closes, opens)]


def test_gold_has_a_daily_break_that_ends_in_the_weekend() -> None:
    """Monday to Thursday 17:00 to 18:00 New York; Friday's runs on until Sunday 18:00."""
    found = closures(METAL, instant("2026-01-07 23:00"), instant("2026-01-13"))
    assert shown(found) == [
        ("2026-01-08 22:00", "2026-01-08 23:00"),
        ("2026-01-09 22:00", "2026-01-11 23:00"),
        ("2026-01-12 22:00", "2026-01-12 23:00"),
    ]


def test_a_market_that_is_always_open_has_only_holidays() -> None:
    """24/7."""
    at = instant("2026-01-08")
    assert len(closures(ALWAYS, at, at + 30 * DAY)) == len(weekends_of(ALWAYS, at, at + 30 * DAY)) == 0
    assert shown(closures(ALWAYS, at, at + DAY, [(at, at + HOUR)])) == [
        ("2026-01-08 00:00", "2026-01-08 01:00")
    ]


def test_a_holiday_joins_the_weekend_that_it_touches() -> None:
    """Christmas Day 2026 is a Friday: closed from Thursday 17:00 New York to Sunday 17:00."""
    christmas = (instant("2026-12-24 22:00"), instant("2026-12-25 22:00"))
    found = closures(FX, instant("2026-12-24"), instant("2026-12-29"), [christmas])
    assert shown(found) == [("2026-12-24 22:00", "2026-12-27 22:00")]


def test_a_break_may_go_on_past_midnight() -> None:
    """A server that pauses from 23:57 to 00:03 of its own clock."""
    session = parse_session("Mon 00:03 - Fri 23:57 Etc/GMT-3 except 23:57 - 00:03")
    found = closures(session, instant("2026-01-13"), instant("2026-01-14"))
    assert shown(found) == [("2026-01-13 20:57", "2026-01-13 21:03")]
    times = np.array([instant(f"2026-01-13 {at}") for at in ("20:56", "20:57", "21:02", "21:03")])
    assert session.is_open(times).tolist() == [True, False, False, True]


WEEKS = st.builds(
    lambda zone, opens, closes, begins, lasts: Session(
        zone, opens * MINUTE, closes * MINUTE, begins * MINUTE, (begins + lasts) * MINUTE % DAY
    ),
    st.sampled_from(["America/New_York", "Europe/Prague", "America/Chicago", "Etc/GMT-3", "Asia/Kolkata"]),
    *(
        st.integers(0, 6).flatmap(lambda day: st.integers(day * 1440 + 240, day * 1440 + 1320))
        for _ in range(2)
    ),
    st.integers(240, 1400),  # clock changes happen before 04:00, where an hour is missing or comes twice
    st.one_of(st.just(0), st.integers(1, 40)),
)


@settings(deadline=None, max_examples=60)
@given(WEEKS, st.integers(0, 1000), st.integers(1, 10))
def test_closures_are_where_the_session_is_not_open(session: Session, day: int, days: int) -> None:
    """Every fifth minute of some days, in every zone and season."""
    start = instant("2024-01-01") + day * DAY
    times = np.arange(start, start + days * DAY, 5 * MINUTE)
    found = closures(session, start, start + days * DAY)
    closed = np.zeros(len(times), dtype=bool)
    for begins, ends in zip(found.starts.tolist(), found.ends.tolist(), strict=True):
        closed |= (times >= begins) & (times < ends)
    assert (closed == ~session.is_open(times)).all()


PAIRS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=12)


@given(PAIRS)
def test_joined_spans_cover_what_their_parts_cover(pairs: list[tuple[int, int]]) -> None:
    """Apart from each other, in order; empty and backward parts count for nothing."""
    parts = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    spans = joined(parts[:, 0], parts[:, 1])
    covered = {t for start, end in pairs for t in range(start, end)}
    starts, ends = spans.starts.tolist(), spans.ends.tolist()
    assert {t for start, end in zip(starts, ends, strict=True) for t in range(start, end)} == covered
    assert all(end < start for end, start in zip(ends[:-1], starts[1:], strict=True))
    assert all(start < end for start, end in zip(starts, ends, strict=True))
    assert len(spans.gaps()) == max(0, len(spans) - 1)
