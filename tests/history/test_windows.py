"""Windows in which something is forbidden: around news, weekends, breaks and session ends, for each instrument."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import polars as pl
import pytest
from handmade import instant
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors import SettingsError
from holdfast.history.calendar_events import Event, calendar_frame
from holdfast.history.instruments import InstrumentSpec, load_instruments
from holdfast.history.names import DAY, HOUR, MINUTE, SECOND, format_instant
from holdfast.history.synthetic_calendar import synthetic_calendar
from holdfast.history.window_edges import open_at, window_edges
from holdfast.history.window_spans import SPANS, currencies_of, merge_spans, window_spans
from holdfast.history.windows import Kind, Maps, Window

_FX = ("EURUSD", "EURGBP", "XAUUSD")
CHOSEN: list[InstrumentSpec] = [
    *(load_instruments()["synthetic_fx", pair] for pair in _FX),
    load_instruments()["index_cfd", "NAS100"],
    load_instruments()["synthetic_perp", "BTC/USDT:USDT"],
]
NAMES = [spec.symbol for spec in CHOSEN]
NEWS = Window(Kind.NEWS, before_s=120, after_s=120, forbids=frozenset({"open", "close"}))


def event(at: str, currency: str = "USD", impact: str = "high", listed: Iterable[str] = ()) -> Event:
    """An event of one instant."""
    return Event(instant(at), instant(at), currency, tuple(listed), impact, "Payrolls")


def closed(start: str, end: str, currency: str = "", listed: Iterable[str] = ()) -> Event:
    """A holiday."""
    return Event(instant(start), instant(end), currency, tuple(listed), "holiday", "Holiday")


def spans(window: Window, start: str, end: str, *events: Event) -> dict[str, list[tuple[str, str]]]:
    """Spans by instrument, for people."""
    table = window_spans([window], CHOSEN, calendar_frame(events), instant(start), instant(end))
    found: dict[str, list[tuple[str, str]]] = {}
    for start_ns, end_ns, _, instrument, _ in table.rows():
        found.setdefault(NAMES[instrument], []).append((format_instant(start_ns), format_instant(end_ns)))
    return found


def test_payrolls_with_our_margin_close_the_gate_for_dollars() -> None:
    """NFP at 12:30:00: two minutes of the firm and 30 s of our own, from 12:27:30 until before 12:32:30."""
    found = spans(NEWS.widened(30), "2026-06-05", "2026-06-06", event("2026-06-05 12:30"))
    span = [("2026-06-05 12:27:30", "2026-06-05 12:32:30")]
    assert found == {"EURUSD": span, "XAUUSD": span, "NAS100": span, "BTCUSDT": span}


def test_each_currency_moves_its_own_instruments() -> None:
    """Sterling moves EURGBP alone, a medium event nothing."""
    events = (event("2026-06-05 06:00", "GBP"), event("2026-06-05 07:00", "EUR", impact="medium"))
    assert set(spans(NEWS, "2026-06-05", "2026-06-06", *events)) == {"EURGBP"}
    assert [sorted(currencies_of(spec)) for spec in CHOSEN] == [
        *(["EUR", "USD"], ["EUR", "GBP"], ["USD", "XAU"], ["NAS100", "USD"], ["BTC", "USD"]),
    ]


def test_listed_instruments_are_those_of_the_row_and_a_row_without_speaks_by_its_currency() -> None:
    """FTMO lists them for each event; where the list is missing, more is forbidden rather than less."""
    window = Window(Kind.NEWS, 120, 120, impact=frozenset({"restricted"}), maps=Maps.LISTED)
    listed = event("2026-06-05 12:30", impact="restricted", listed=("EURUSD", "XAUUSD"))
    assert set(spans(window, "2026-06-05", "2026-06-06", listed)) == {"EURUSD", "XAUUSD"}
    unlisted = event("2026-06-05 12:30", "GBP", impact="restricted")
    assert set(spans(window, "2026-06-05", "2026-06-06", unlisted)) == {"EURGBP"}
    only_listed = event("2026-06-05 12:30", "", listed=("BTCUSDT",))
    assert set(spans(NEWS, "2026-06-05", "2026-06-06", only_listed)) == {"BTCUSDT"}


def test_news_close_together_are_one_span_with_both_reasons() -> None:
    """12:30 and 12:33 touch at neither side alone: 12:28 to 12:35; the same moment twice is told once."""
    other = Event(instant("2026-06-05 12:33"), instant("2026-06-05 12:33"), "EUR", (), "high", "Speech")
    events = [event("2026-06-05 12:30"), other]
    table = window_spans(
        [NEWS], CHOSEN[:1], calendar_frame(events), instant("2026-06-05"), instant("2026-06-06")
    )
    assert table.rows() == [
        (
            instant("2026-06-05 12:28"),
            instant("2026-06-05 12:35"),
            0,
            0,
            "news: USD Payrolls; news: EUR Speech",
        )
    ]


def test_a_speech_holds_from_before_it_to_after_its_end() -> None:
    """An event may last."""
    speech = Event(instant("2026-06-05 12:30"), instant("2026-06-05 13:30"), "EUR", (), "high", "Speech")
    found = spans(NEWS, "2026-06-05", "2026-06-06", speech)
    assert found["EURUSD"] == [("2026-06-05 12:28", "2026-06-05 13:32")]


def test_the_weekend_begins_early_and_not_for_crypto() -> None:
    """15 minutes before the close; across the change of 8 March it is 47 hours long and gold opens an hour later."""
    found = spans(Window(Kind.WEEKEND, before_s=900), "2026-03-02", "2026-03-09")
    fx, gold = ("2026-03-06 21:45", "2026-03-08 21:00"), ("2026-03-06 21:45", "2026-03-08 22:00")
    assert found == {"EURUSD": [fx], "EURGBP": [fx], "XAUUSD": [gold], "NAS100": [gold]}
    autumn = spans(Window(Kind.WEEKEND, before_s=900), "2026-10-26", "2026-11-02")
    assert autumn["EURUSD"] == [("2026-10-30 20:45", "2026-11-01 22:00")]


def test_a_weekend_after_a_holiday_begins_with_the_holiday() -> None:
    """Good Friday: who must be flat for the weekend must be so on Thursday."""
    friday = closed("2026-04-02 21:00", "2026-04-03 21:00", "USD")
    found = spans(Window(Kind.WEEKEND), "2026-03-31", "2026-04-06", friday)
    assert found["EURUSD"] == [("2026-04-02 21:00", "2026-04-05 21:00")]
    assert found["EURGBP"] == [("2026-04-03 21:00", "2026-04-05 21:00")]


def test_market_breaks_are_closures_of_at_least_so_many_minutes() -> None:
    """Gold's daily hour counts at 60 and not at 61; a holiday counts, for crypto only where it is listed."""
    events = (closed("2026-06-10 15:00", "2026-06-10 17:00", "USD"),)
    week = ("2026-06-08 00:00", "2026-06-11 00:00")
    long = spans(Window(Kind.MARKET_BREAK, 900, min_break_min=120), *week, *events)
    assert set(long) == {"EURUSD", "XAUUSD", "NAS100"}
    assert long["EURUSD"] == long["NAS100"] == [("2026-06-10 14:45", "2026-06-10 17:00")]
    hour = spans(Window(Kind.MARKET_BREAK, min_break_min=60), *week)
    assert set(hour) == {"XAUUSD", "NAS100"}
    assert hour["XAUUSD"][0] == ("2026-06-08 21:00", "2026-06-08 22:00")
    assert len(hour["XAUUSD"]) == 3
    assert spans(Window(Kind.MARKET_BREAK, min_break_min=61), *week) == {}
    upkeep = closed("2026-06-10 08:00", "2026-06-10 11:00", listed=("BTCUSDT",))
    assert set(spans(Window(Kind.MARKET_BREAK, min_break_min=120), *week, upkeep)) == {"BTCUSDT"}
    weekend = spans(Window(Kind.MARKET_BREAK, 900, min_break_min=120), "2026-06-12", "2026-06-15")
    assert weekend["EURUSD"] == [("2026-06-12 20:45", "2026-06-14 21:00")]


@pytest.mark.parametrize(
    "day, begins, ends",
    [("2026-03-06", "21:05", "21:10"), ("2026-03-09", "20:05", "20:10"), ("2026-11-02", "21:05", "21:10")],
)
def test_a_session_ends_by_the_wall_clock(day: str, begins: str, ends: str) -> None:
    """Topstep: flat by 15:10 Chicago, begun five minutes before."""
    window = Window(Kind.SESSION_END, before_s=300, zone="America/Chicago", at="15:10")
    after = format_instant(instant(day) + DAY)
    assert spans(window, day, after)["EURUSD"] == [(f"{day} {begins}", f"{day} {ends}")]


def test_outside_the_trading_hours() -> None:
    """London 08:00 to 16:30 on weekdays, across the change of 29 March; half an hour less at the end."""
    window = Window(Kind.SESSION, before_s=1800, zone="Europe/London", at="Mon-Fri 08:00 - 16:30")
    assert spans(window, "2026-03-27 12:00", "2026-03-30 12:00")["BTCUSDT"] == [
        ("2026-03-27 16:00", "2026-03-30 07:00"),
    ]


def test_hours_over_midnight() -> None:
    """22:00 to 06:00 allowed: forbidden by day."""
    window = Window(Kind.SESSION, zone="UTC", at="22:00 - 06:00")
    assert spans(window, "2026-06-08 00:00", "2026-06-09 00:00")["EURUSD"] == [
        ("2026-06-08 06:00", "2026-06-08 22:00"),
    ]


def test_a_session_without_hours_is_the_markets_own() -> None:
    """Closed is forbidden; crypto is never."""
    found = spans(Window(Kind.SESSION), "2026-06-08", "2026-06-09")
    assert set(found) == {"XAUUSD", "NAS100"}


def test_a_news_window_without_a_calendar_is_refused() -> None:
    """No news known is not no news; the other kinds need none."""
    with pytest.raises(SettingsError, match="no calendar"):
        window_spans([NEWS], CHOSEN, None, 0, DAY)
    assert window_spans([Window(Kind.WEEKEND)], CHOSEN, None, 0, DAY).is_empty()


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"kind": "newz"}, "kind 'newz'. Did you mean news"),
        ({"kind": "news", "before_s": 1, "maps": "listed"}, "maps 'listed'.*listed_instruments"),
        ({"kind": "news", "before_s": 1, "forbids": frozenset({"opne"})}, "'opne'.*Did you mean open"),
        ({"kind": "news", "before_s": 1, "impact": frozenset({"red"})}, "impact 'red'"),
        ({"kind": "news", "before_s": -1}, "negative before_s"),
        ({"kind": "news"}, "no length"),
        ({"kind": "weekend", "before_s": 700_000}, "more than a week"),
        ({"kind": "weekend", "zone": "UTC", "at": "17:00"}, "has a time of day"),
        ({"kind": "session_end", "before_s": 300}, "not a time zone"),
        ({"kind": "session_end", "before_s": 300, "zone": "UTC", "at": "25:00"}, "not a time of day"),
        ({"kind": "session", "zone": "UTC"}, "no trading hours"),
        ({"kind": "session", "zone": "UTC", "at": "08:00 - 08:00"}, "are empty"),
        ({"kind": "session", "zone": "UTC", "at": "Mon-Fry 08:00 - 09:00"}, "'Fry' is not a weekday"),
    ],
)
def test_a_wrong_definition_is_refused(fields: dict[str, object], said: str) -> None:
    """Before anything is traded by it."""
    with pytest.raises(SettingsError, match=said):
        Window(**fields)  # type: ignore[arg-type]


def test_edges_close_before_they_open() -> None:
    """One window ends at 12:00 where another begins; what touches in one window is no edge at all."""
    rows = [(10, 12, 1, 0, "a"), (12, 13, 0, 0, "b"), (13, 14, 0, 0, "c"), (12, 14, 1, 1, "d")]
    table = pl.DataFrame(rows, schema=["start_ns", "end_ns", "window", "instrument", "reason"], orient="row")
    assert window_edges(table, 0, 99).rows() == [
        (10, 1, 0, True),
        (12, 1, 0, False),
        (12, 0, 0, True),
        (12, 1, 1, True),
        (14, 0, 0, False),
        (14, 1, 1, False),
    ]
    assert window_edges(table, 12, 14).rows() == window_edges(table, 0, 99).rows()[1:4]
    assert open_at(table, 12).rows() == [(0, 0, 14, "b; c"), (1, 1, 14, "d")]
    assert open_at(table, 11).rows() == [(1, 0, 12, "a")]


PARTS = st.lists(
    st.tuples(
        st.integers(0, 30), st.integers(0, 30), st.integers(0, 1), st.integers(0, 1), st.sampled_from("ab")
    ),
    max_size=12,
)


@settings(deadline=None)
@given(PARTS)
def test_merged_spans_cover_what_their_parts_cover(parts: list[tuple[int, int, int, int, str]]) -> None:
    """Also a short one inside a long one; those of another window or instrument stay apart."""
    table = pl.DataFrame(parts, schema=SPANS, orient="row")
    for owner in ((0, 0), (0, 1), (1, 0), (1, 1)):
        own = [row[:2] for row in merge_spans(table).rows() if row[2:4] == owner]
        covered = {t for row in parts if row[2:4] == owner for t in range(*row[:2])}
        assert {t for span in own for t in range(*span)} == covered
        assert all(end < start for (_, end), (start, _) in pairwise(own))


WINDOWS = (
    NEWS,
    Window(Kind.WEEKEND, 900, 60),
    Window(Kind.MARKET_BREAK, 300, 0, min_break_min=45),
    Window(Kind.SESSION_END, 300, 3600, zone="America/Chicago", at="15:10"),
    Window(Kind.SESSION, zone="Europe/London", at="Mon-Fri 08:00 - 16:30"),
)
CALENDAR = synthetic_calendar(11, instant("2025-11-01"), instant("2027-03-01"))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 400), st.integers(0, 12 * 24), st.integers(1, 12 * 24))
def test_windows_are_the_same_however_the_range_is_cut(day: int, first: int, second: int) -> None:
    """Live, ranges come one after another; a backtest asks once."""
    a = instant("2026-01-01") + day * DAY
    b, c = a + first * HOUR, a + (first + second) * HOUR
    whole = window_spans(WINDOWS, CHOSEN, CALENDAR, a, c)
    parts = [window_spans(WINDOWS, CHOSEN, CALENDAR, *span) for span in ((a, b), (b, c))]
    assert merge_spans(pl.concat(parts)).drop("reason").equals(whole.drop("reason"))
    cut = [window_edges(part, *span) for part, span in zip(parts, ((a, b), (b, c)), strict=True)]
    assert pl.concat(cut).equals(window_edges(whole, a, c))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 400), st.integers(1, 20))
def test_edges_keep_what_was_open_at_the_start_true(day: int, days: int) -> None:
    """Opening only what is closed, closing only what is open, from any instant to any other."""
    start = instant("2026-01-01") + day * DAY
    end = start + days * DAY
    table = window_spans(WINDOWS, CHOSEN, CALENDAR, start, end + 1)
    is_open = set(open_at(table, start).select("window", "instrument").rows())
    edges = window_edges(table, start + 1, end + 1)
    assert edges["time_ns"].is_sorted()
    for _, window, instrument, opens in edges.rows():
        assert ((window, instrument) in is_open) != opens
        is_open ^= {(window, instrument)}
    assert is_open == set(open_at(table, end).select("window", "instrument").rows())


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 600), st.sampled_from(["USD", "EUR", "GBP", "JPY"])), max_size=8, unique=True
    ),
    st.integers(0, 3600),
    st.integers(1, 3600),
    st.integers(0, 600),
)
def test_an_instant_is_inside_where_an_event_of_its_currencies_is_near(
    events: list[tuple[int, str]], before: int, after: int, minute: int
) -> None:
    """The slow way: ask every event; the begin belongs to the window and the end does not."""
    zero, day = instant("2026-06-08"), instant("2026-06-09")
    times = [(zero + at * MINUTE, currency) for at, currency in events]
    calendar = calendar_frame(Event(at, at, currency, (), "high", "News") for at, currency in times)
    table = window_spans([Window(Kind.NEWS, before, after)], CHOSEN, calendar, zero, day)
    now = zero + minute * MINUTE
    for i, currencies in enumerate(({"EUR", "USD"}, {"EUR", "GBP"}, {"USD"}, {"USD"}, {"USD"})):
        near = any(
            at - before * SECOND <= now < at + after * SECOND
            for at, currency in times
            if currency in currencies
        )
        own = table.filter(
            (pl.col("instrument") == i) & (pl.col("start_ns") <= now) & (pl.col("end_ns") > now)
        )
        assert (own.height > 0) == near
