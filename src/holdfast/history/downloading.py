"""Closed bars, funding and mark prices from a venue's public endpoints, through ccxt.

What is on disk is not asked for again: a download continues before the first and after the last row. Each batch is
merged and written whole, so that an interrupted download loses at most one batch and is resumed by repeating it.
The pace is ccxt's own rate budget. The forming bar is never kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from holdfast.errors import HoldfastError, SettingsError, did_you_mean
from holdfast.history import layout
from holdfast.history.merging import merge_into
from holdfast.history.names import DAY, format_instant, parse_pair, parse_timeframe
from holdfast.history.parquet import edges
from holdfast.history.quality import refuse_broken_bars, refuse_broken_order

MILLISECOND = 1_000_000
DEFAULT_DAYS = 30  # where neither the disk nor the user says where to begin
_PAGE = 1000  # rows asked for at once; venues answer with as many as they allow
_BATCH = 20_000  # rows between two writes
_TRIES = 4  # of one page, before the download stops with what it has

Rows = list[list[float]]
Progress = Callable[[int, int], None]  # (rows so far, time reached in ns)


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


@dataclass(frozen=True)
class _Job:
    """One file to bring up to date: how to ask for a page, and what a row covers."""

    target: Path
    schema: dict[str, pl.DataType]
    step: int  # ns that a row covers; 0 for settlements
    page: Callable[[int], Rows]  # rows from a time (ms), oldest first, first cell the time in ms
    stride: int  # ns to move on where a venue has nothing
    check: Callable[[pl.DataFrame], None]


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
    job = _Job(
        target,
        layout.BARS,
        length.ns,
        lambda since: exchange.fetch_ohlcv(pair, length.name, since, _PAGE),
        _PAGE * length.ns,
        lambda frame: refuse_broken_bars(frame, f"{source}'s answer for {pair} {length.name}", length),
    )
    return _summary(job, pair, "bars", length.name, _run(exchange, job, start, end, progress))


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
    job = _Job(
        target,
        layout.MARKS,
        length.ns,
        lambda since: [
            row[:5] for row in exchange.fetch_ohlcv(pair, length.name, since, _PAGE, {"price": "mark"})
        ],
        _PAGE * length.ns,
        lambda frame: refuse_broken_bars(frame, f"{source}'s mark prices for {pair}", length),
    )
    return _summary(job, pair, "mark", length.name, _run(exchange, job, start, end, progress))


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
    job = _Job(
        target,
        layout.RATES,
        0,
        page,
        60 * DAY,
        lambda frame: refuse_broken_order(frame, f"{source}'s funding for {pair}"),
    )
    return _summary(job, pair, "funding", "", _run(exchange, job, start, end, progress))


def _run(exchange: Exchange, job: _Job, start: int | None, end: int | None, progress: Progress | None) -> int:
    """Fetch what the file lacks; returns the number of new rows."""
    now = exchange.milliseconds() * MILLISECOND
    stop = min(end or now, now)
    fetched = 0
    for low, high in _missing(job, start, stop):
        batch: Rows = []
        try:
            for rows, reached in _pages(job, low, high, now):
                batch += rows
                if progress:
                    progress(fetched + len(batch), reached)
                if len(batch) >= _BATCH:
                    fetched += _write(job, batch)
                    batch = []
        finally:
            # Also when the venue has stopped answering: the rows at hand are good and need not be asked for again.
            fetched += _write(job, batch)
    return fetched


def _missing(job: _Job, start: int | None, stop: int) -> Iterator[tuple[int, int]]:
    """Ranges [from, to) that the file does not have: before its first row where asked for, and after its last."""
    if not job.target.exists():
        yield (start if start is not None else stop - DEFAULT_DAYS * DAY), stop
        return
    first, last, _ = edges(job.target)
    if start is not None and start < first:
        yield start, min(first, stop)
    if last + max(job.step, 1) < stop:
        yield last + max(job.step, 1), stop


def _pages(job: _Job, low: int, high: int, now: int) -> Iterator[tuple[Rows, int]]:
    """New closed rows page by page with the time reached; copes with overlaps and with times of no data."""
    cursor = low
    while cursor < high:
        answer = _patiently(job, cursor)
        fresh = [row for row in answer if cursor <= row[0] * MILLISECOND < high]
        closed = [row for row in fresh if row[0] * MILLISECOND + job.step <= now]
        reached = max((int(row[0]) * MILLISECOND for row in answer), default=0)
        if closed:
            yield _one_per_time(closed), reached
        # A page that brings nothing new is a time before the listing, or an outage: look further on.
        cursor = reached + max(job.step, 1) if reached >= cursor else cursor + job.stride


def _one_per_time(rows: Rows) -> Rows:
    """The last answer for each time, in order."""
    return [row for _, row in sorted({int(row[0]): row for row in rows}.items())]


def _patiently(job: _Job, cursor: int) -> Rows:
    """One page; passing network trouble is asked again, at the pace of ccxt's own throttle."""
    import ccxt

    for attempt in range(1, _TRIES + 1):
        try:
            return job.page(cursor // MILLISECOND)
        except ccxt.NetworkError as error:
            if attempt == _TRIES:
                raise _stopped(error, cursor, "Repeat the command: it goes on from there.") from None
        except ccxt.BaseError as error:
            raise _stopped(
                error, cursor, "Check the pair and the timeframe; what was fetched is kept."
            ) from None
    raise AssertionError("the last attempt returns or raises")


def _stopped(error: Exception, cursor: int, mend: str) -> HoldfastError:
    reason = (str(error) or type(error).__name__).splitlines()[0][:160]
    return HoldfastError(f"The venue stopped answering at {format_instant(cursor)} UTC ({reason}).", mend)


def _write(job: _Job, batch: Rows) -> int:
    """Merge a batch into the file; what the venue says now wins. Returns the number of rows."""
    if not batch:
        return 0
    rows = _one_per_time(batch)
    names = list(job.schema)
    table = pl.DataFrame(rows, schema=["ms", *names[1:]], orient="row", infer_schema_length=None)
    ts = (pl.col("ms").cast(pl.Int64) * MILLISECOND).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")
    frame = table.select(ts.alias("ts"), *(pl.col(name).cast(pl.Float64) for name in names[1:]))
    job.check(frame)
    merge_into(job.target, frame, job.schema, replace=True)
    return len(rows)


def _summary(job: _Job, pair: str, kind: str, timeframe: str, fetched: int) -> Downloaded:
    if not job.target.exists():
        raise HoldfastError(
            f"The venue has no {kind} of {pair} in that range.", "Choose another timerange or pair."
        )
    first, last, total = edges(job.target)
    return Downloaded(
        pair, kind, timeframe, job.target, fetched, total, format_instant(first), format_instant(last)
    )
