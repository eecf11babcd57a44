"""One event of the calendar: what its cells say, and what they may not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from holdfast.errors import DataError, HoldfastError, did_you_mean
from holdfast.history.layout import TS
from holdfast.history.names import CURRENCIES, DAY, SECOND, parse_pair

IMPACTS = ("high", "medium", "low", "restricted", "holiday")  # restricted: on a firm's own list
SCHEMA = {
    "ts": TS,
    "until": TS,
    "currency": pl.String(),
    "instruments": pl.List(pl.String()),
    "impact": pl.String(),
    "title": pl.String(),
}
# Currencies that are in the news and in no pair that Holdfast knows by its name alone.
NEWS_CURRENCIES = CURRENCIES | {"CNY", "INR", "KRW", "BRL", "TWD", "IDR", "CLP", "COP", "RON", "RUB"}
_EARLIEST, _LATEST = 10**17, 5 * 10**18  # 1973 to 2128 in ns; seconds, ms and us since 1970 are far below

Row = Mapping[str, str]


@dataclass(frozen=True, order=True)
class Event:
    """A news event or a closure; times in ns UTC."""

    time_ns: int
    until_ns: int
    currency: str
    instruments: tuple[str, ...]
    impact: str
    title: str

    @property
    def key(self) -> tuple[object, ...]:
        """What two rows of one event share."""
        return self.time_ns, self.currency, self.instruments, self.title.lower()


def calendar_frame(events: Iterable[Event]) -> pl.DataFrame:
    """Events by time, as the columns of SCHEMA."""
    rows = [
        (e.time_ns, e.until_ns, e.currency, list(e.instruments), e.impact, e.title) for e in sorted(events)
    ]
    plain = {**SCHEMA, "ts": pl.Int64(), "until": pl.Int64()}
    return pl.DataFrame(rows, schema=plain, orient="row").with_columns(pl.col("ts", "until").cast(TS))


def parse_event(row: Row, where: str) -> Event:
    """An event from cells by column; one that is left out counts as empty. Raises DataError with the mend."""
    try:
        return _event(row)
    except HoldfastError as error:
        raise DataError(f"{where}: {error.problem}", error.mend) from None


def _event(row: Row) -> Event:
    impact = row["impact"].lower()
    if impact not in IMPACTS:
        raise DataError(f"'{row['impact']}' is no impact.", f"Write {', '.join(IMPACTS)}.")
    if not row["title"] or "\n" in row["title"]:
        raise DataError("The title is empty or longer than a line.", "Name the event, and close its quotes.")
    instruments = tuple(parse_pair(word).symbol for word in row.get("instruments", "").split(";") if word)
    currency = _currency(row.get("currency", ""))
    if not (currency or instruments):
        raise DataError(
            "It names neither a currency nor instruments.", "Write one, such as USD or EURUSD;XAUUSD."
        )
    time = parse_event_time(row["ts"])
    until = parse_event_time(row["until"]) if row.get("until") else time + (DAY if impact == "holiday" else 0)
    if until < time:
        raise DataError("It ends before it begins.", "Exchange ts and until.")
    return Event(time, until, currency, tuple(sorted(set(instruments))), impact, row["title"])


def _currency(text: str) -> str:
    """A misspelt currency would affect nothing, so it is refused."""
    word = text.upper()
    if word and word not in NEWS_CURRENCIES:
        hint = did_you_mean(word, NEWS_CURRENCIES)
        raise DataError(f"'{text}' is not a currency.", f"{hint} One for each row.")
    return word


def parse_event_time(text: str) -> int:
    """Nanoseconds UTC, in whole seconds, of an ISO time (UTC unless it has an offset) or of ns since 1970.

    Raises DataError.
    """
    if text.isdigit() and len(text) != 8:  # eight digits are a date
        if _EARLIEST < int(text) < _LATEST:
            return int(text) // SECOND * SECOND
        raise DataError(
            f"'{text}' is no time in nanoseconds.", "Write ns since 1970, or 2026-04-03T12:30:00Z."
        )
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise DataError(f"'{text}' is not a time.", "Write it in UTC, as 2026-04-03T12:30:00Z.") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return int(moment.timestamp()) * SECOND
