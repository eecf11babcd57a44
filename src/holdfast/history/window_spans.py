"""From windows, instruments and a calendar to the stretches in which each window is open for each instrument."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
import polars as pl

from holdfast.errors import SettingsError
from holdfast.history.closures import Stretch, closures, wall_spans, weekends_of
from holdfast.history.names import DAY, METALS, MINUTE, SECOND
from holdfast.history.sessions import parse_session
from holdfast.history.spans import Spans
from holdfast.history.wall_times import WallTime, daily_instants, wall_days
from holdfast.history.windows import Kind, Maps, Window, parse_hours

SPANS = {
    "start_ns": pl.Int64(),
    "end_ns": pl.Int64(),
    "window": pl.Int64(),
    "instrument": pl.Int64(),
    "reason": pl.String(),
}
_AROUND = 21 * DAY  # windows that join others of neighbouring weeks are whole
_DOLLARS = frozenset({"USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USDE"})
_EVENT = ("ts", "until", "currency", "instruments", "impact", "title")
_News = tuple[int, int, str, list[str], str, str]


class Traded(Protocol):
    """What windows need to know of an instrument; InstrumentSpec has it."""

    @property
    def symbol(self) -> str:
        """EURUSD."""

    @property
    def base(self) -> str:
        """EUR."""

    @property
    def quote(self) -> str:
        """USD."""

    @property
    def session(self) -> str:
        """The text that `parse_session` reads."""


def window_spans(
    windows: Sequence[Window],
    instruments: Sequence[Traded],
    calendar: pl.DataFrame | None,
    start_ns: int,
    end_ns: int,
) -> pl.DataFrame:
    """Columns of SPANS, [start_ns, end_ns) in ns UTC: those with a part in the range, uncut, in order of time.

    `window` and `instrument` are places in the sequences given. What overlaps or touches for one window and
    instrument is one span, its reasons joined. `calendar` as `read_calendar` gives it. Raises SettingsError where
    a news window has no calendar: no news known is not no news.
    """
    if calendar is None and any(window.kind is Kind.NEWS for window in windows):
        raise SettingsError("A news window has no calendar.", "Name the calendar that its events come from.")
    low, high = start_ns - _AROUND, end_ns + _AROUND
    events = [] if calendar is None else _events(calendar, low, high)
    parts = [pl.DataFrame(schema=SPANS)]
    for w, window in enumerate(windows):
        for i, instrument in enumerate(instruments):
            rows = _rows(window, instrument, events, low, high)
            parts.append(rows.with_columns(window=pl.lit(w, pl.Int64), instrument=pl.lit(i, pl.Int64)))
    spans = merge_spans(pl.concat([part.select(list(SPANS)) for part in parts]))
    # One that ends as the range begins is kept, because its closing is an event of the range.
    return spans.filter((pl.col("end_ns") >= start_ns) & (pl.col("start_ns") < end_ns))


def merge_spans(spans: pl.DataFrame) -> pl.DataFrame:
    """Spans of several parts as one, by time: what overlaps or touches for one window and instrument is joined."""
    owner = ("window", "instrument")
    reach = pl.col("end_ns").cum_max().shift(1).over(owner)
    ordered = spans.filter(pl.col("end_ns") > pl.col("start_ns")).sort(*owner, "start_ns", "end_ns")
    numbered = ordered.with_columns(part=(pl.col("start_ns") > reach).fill_null(value=True).cum_sum())
    whole = numbered.group_by("part", maintain_order=True).agg(
        pl.col("start_ns").min(),
        pl.col("end_ns").max(),
        pl.col(*owner).first(),
        pl.col("reason").unique(maintain_order=True).str.join("; "),
    )
    return whole.select(list(SPANS)).sort("start_ns", *owner)


def _events(calendar: pl.DataFrame, low: int, high: int) -> list[_News]:
    times = calendar.select(_EVENT).with_columns(pl.col("ts", "until").dt.epoch("ns"))
    return times.filter((pl.col("until") >= low) & (pl.col("ts") < high)).rows()


def _rows(window: Window, instrument: Traded, events: list[_News], low: int, high: int) -> pl.DataFrame:
    before, after = window.before_s * SECOND, window.after_s * SECOND
    if window.kind is Kind.NEWS:
        news = [
            (at - before, until + after, f"{window.title}: {currency or instrument.symbol} {title}")
            for at, until, currency, listed, impact, title in events
            if impact in window.impact and _concerns(window.maps, instrument, currency, listed)
        ]
        return pl.DataFrame(news, schema=["start_ns", "end_ns", "reason"], orient="row").cast(
            {name: SPANS[name] for name in ("start_ns", "end_ns", "reason")}
        )
    found = _clock_spans(window, instrument, events, low, high).widened(before, after)
    return pl.DataFrame({"start_ns": found.starts, "end_ns": found.ends}).with_columns(
        reason=pl.lit(f"{window.title} {window.at} {window.zone}".strip())
    )


def _clock_spans(window: Window, instrument: Traded, events: list[_News], low: int, high: int) -> Spans:
    """What a window lies around, where a clock tells it."""
    if window.kind is Kind.SESSION_END:
        ends = daily_instants(WallTime(window.zone, window.at), low, high)
        return Spans(ends, ends)
    if window.kind is Kind.SESSION and window.at:
        return _outside(window, low, high)
    session = parse_session(instrument.session)
    closed = closures(session, low, high, _holidays(instrument, events))
    if window.kind is Kind.WEEKEND:
        inside = weekends_of(session, low, high).starts
        holds = np.unique(np.searchsorted(closed.starts, inside, side="right") - 1)
        return Spans(closed.starts[holds], closed.ends[holds])
    if window.kind is Kind.MARKET_BREAK:
        long = closed.ends - closed.starts >= window.min_break_min * MINUTE
        return Spans(closed.starts[long], closed.ends[long])
    return closed


def _outside(window: Window, low: int, high: int) -> Spans:
    """The gaps between the allowed hours."""
    hours = parse_hours(window.at, window.zone)
    begins = wall_days(low, high, hours.weekdays) + hours.start.of_day
    length = (hours.end.of_day - hours.start.of_day) % DAY
    return wall_spans(begins, length, window.zone).gaps()


def _holidays(instrument: Traded, events: Iterable[_News]) -> Iterator[Stretch]:
    """Closures of the calendar. A currency's holiday does not close a market that never closes."""
    for at, until, currency, listed, impact, _ in events:
        known = currency if instrument.session != "24/7" else ""
        if impact == "holiday" and _concerns(Maps.CURRENCIES, instrument, known, listed):
            yield at, until


def _concerns(maps: Maps, instrument: Traded, currency: str, listed: Sequence[str]) -> bool:
    """Whether an event is one of the instrument's. A row that lists none speaks by its currency."""
    if instrument.symbol in listed:
        return True
    if not currency or (maps is Maps.LISTED and listed):
        return False
    return currency in currencies_of(instrument) or not instrument.quote  # an unknown quote may be any


def currencies_of(instrument: Traded) -> frozenset[str]:
    """The currencies whose news move an instrument: dollars also for dollar coins and metals, CNY for CNH."""
    words = {"USD" if word in _DOLLARS else word for word in (instrument.base, instrument.quote)}
    words |= {"USD"} if words & METALS else set()
    words |= {"CNY"} if "CNH" in words else set()
    return frozenset(words)
