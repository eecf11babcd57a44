"""Closed bars, funding and mark prices from a venue's public endpoints, through ccxt.

What is on disk is not asked for again: a download continues before the first and after the last row. Each batch is
merged and written whole, so that an interrupted download loses at most one batch and is resumed by repeating it.
The pace is ccxt's own rate budget. The forming bar is never kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from holdfast.errors import HoldfastError, SettingsError, did_you_mean
from holdfast.history import layout
from holdfast.history.names import DAY, TimeRange, format_instant, parse_pair, parse_timeframe
from holdfast.history.paging import MILLISECOND, Job, Progress, Rows, bring_up_to_date
from holdfast.history.parquet import edges
from holdfast.history.quality import refuse_broken_bars, refuse_broken_order

_PAGE = 1000  # rows asked for at once; venues answer with as many as they allow


class Exchange(Protocol):
    """The part of a ccxt exchange that is used; public endpoints only."""

    has: dict[str, Any]

    def milliseconds(self) -> int: ...
    def fetch_ohlcv(
        self,
        symbol: str,
        timeframe: str,
        since: int | None = None,
        limit: int | None = None,
        params: Any = ...,
    ) -> Rows: ...
    def fetch_funding_rate_history(
        self, symbol: str, since: int | None = None, limit: int | None = None, params: Any = ...
    ) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class Downloaded:
    """What one download left on disk."""

    pair: str
    kind: str  # bars | funding | mark
    timeframe: str
    target: Path
    fetched: int  # rows that are new
    total: int
    first: str
    last: str


def open_exchange(venue: str) -> Any:
    """A ccxt exchange for public data, with ccxt's rate limit on. Raises SettingsError for an unknown one."""
    try:
        import ccxt
    except ImportError:
        raise SettingsError(
            "Downloads need ccxt.", "Install it with: pip install 'holdfast[download]'."
        ) from None
    if venue not in ccxt.exchanges:
        raise SettingsError(f"ccxt knows no venue '{venue}'.", did_you_mean(venue, ccxt.exchanges))
    return getattr(ccxt, venue)({"enableRateLimit": True})


def download_bars(
    exchange: Exchange,
    data_dir: Path,
    source: str,
    pair: str,
    timeframe: str,
    start: int | None = None,
    end: int | None = None,
    progress: Progress | None = None,
) -> Downloaded:
    """Bring the closed bars of an instrument from `start` to `end` (ns UTC) up to date.

    Without `start` it goes on from the disk, or begins DEFAULT_DAYS ago. Raises HoldfastError when the venue stops
    answering (what was fetched is on disk) and DataError when it sends broken bars (nothing of that batch is).
    """
    length = parse_timeframe(timeframe)
    symbol = parse_pair(pair).symbol
    target = layout.bars_path(data_dir, source, symbol, length)
    job = Job(
        target,
        layout.BARS,
        length.ns,
        lambda since: exchange.fetch_ohlcv(pair, length.name, since, _PAGE),
        _PAGE * length.ns,
        lambda frame: refuse_broken_bars(frame, f"{source}'s answer for {pair} {length.name}", length),
    )
    return _bring(exchange, job, (pair, "bars", length.name), (start, end), progress)


def download_mark(
    exchange: Exchange,
    data_dir: Path,
    source: str,
    pair: str,
    start: int | None = None,
    end: int | None = None,
    progress: Progress | None = None,
) -> Downloaded | None:
    """Hourly mark prices of a perpetual; None where the venue does not offer them."""
    if not exchange.has.get("fetchMarkOHLCV"):
        return None
    length = parse_timeframe("1h")
    target = layout.mark_path(data_dir, source, parse_pair(pair).symbol, length)
    job = Job(
        target,
        layout.MARKS,
        length.ns,
        lambda since: [
            row[:5] for row in exchange.fetch_ohlcv(pair, length.name, since, _PAGE, {"price": "mark"})
        ],
        _PAGE * length.ns,
        lambda frame: refuse_broken_bars(frame, f"{source}'s mark prices for {pair}", length),
    )
    return _bring(exchange, job, (pair, "mark", length.name), (start, end), progress)


def download_funding(
    exchange: Exchange,
    data_dir: Path,
    source: str,
    pair: str,
    start: int | None = None,
    end: int | None = None,
    progress: Progress | None = None,
) -> Downloaded | None:
    """Settled funding rates of a perpetual; None where the venue does not offer them."""
    if not exchange.has.get("fetchFundingRateHistory"):
        return None

    def page(since: int) -> Rows:
        found = exchange.fetch_funding_rate_history(pair, since, 200)
        return [[row["timestamp"], row["fundingRate"]] for row in found if row["fundingRate"] is not None]

    target = layout.funding_path(data_dir, source, parse_pair(pair).symbol)
    job = Job(
        target,
        layout.RATES,
        0,
        page,
        60 * DAY,
        lambda frame: refuse_broken_order(frame, f"{source}'s funding for {pair}"),
    )
    return _bring(exchange, job, (pair, "funding", ""), (start, end), progress)


def _bring(
    exchange: Exchange, job: Job, what: tuple[str, str, str], span: TimeRange, progress: Progress | None
) -> Downloaded:
    """Do the job for (pair, kind, timeframe) and say what is on disk now; all three downloads end here."""
    fetched = bring_up_to_date(job, exchange.milliseconds() * MILLISECOND, *span, progress)
    if not job.target.exists():
        raise HoldfastError(
            f"The venue has no {what[1]} of {what[0]} in that range.", "Choose another timerange or pair."
        )
    first, last, total = edges(job.target)
    return Downloaded(*what, job.target, fetched, total, format_instant(first), format_instant(last))
