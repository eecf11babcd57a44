"""Bringing one file up to date page by page: what is missing, overlaps, outages, trouble, batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from holdfast.errors import HoldfastError
from holdfast.history.merging import merge_into
from holdfast.history.names import DAY, format_instant
from holdfast.history.parquet import edges

MILLISECOND = 1_000_000
DEFAULT_DAYS = 30  # where neither the disk nor the user says where to begin
BATCH = 20_000  # rows between two writes
TRIES = 4  # of one page, before the download stops with what it has

Rows = list[list[float]]
Progress = Callable[[int, int], None]  # (rows so far, time reached in ns)


@dataclass(frozen=True)
class Job:
    """One file to bring up to date: how to ask for a page, and what a row covers."""

    target: Path
    schema: dict[str, pl.DataType]
    step: int  # ns that a row covers; 0 for settlements
    page: Callable[[int], Rows]  # rows from a time (ms), oldest first, first cell the time in ms
    stride: int  # ns to move on where a venue has nothing
    check: Callable[[pl.DataFrame], None]


def bring_up_to_date(
    job: Job, now: int, start: int | None, end: int | None, progress: Progress | None
) -> int:
    """Fetch what the file lacks, up to `now` (ns UTC, the venue's clock); returns the number of new rows."""
    stop = min(end or now, now)
    fetched = 0
    for low, high in _missing(job, start, stop):
        batch: Rows = []
        try:
            for rows, reached in _pages(job, low, high, now):
                batch += rows
                if progress:
                    progress(fetched + len(batch), reached)
                if len(batch) >= BATCH:
                    fetched += _write(job, batch)
                    batch = []
        finally:
            # Also when the venue has stopped answering: the rows at hand are good and need not be asked for again.
            fetched += _write(job, batch)
    return fetched


def _missing(job: Job, start: int | None, stop: int) -> Iterator[tuple[int, int]]:
    """Ranges [from, to) that the file does not have: before its first row where asked for, and after its last."""
    first, last, held = edges(job.target) if job.target.exists() else (0, -1, 0)
    if not held:
        yield (start if start is not None else stop - DEFAULT_DAYS * DAY), stop
        return
    if start is not None and start < first:
        yield start, min(first, stop)
    if last + max(job.step, 1) < stop:
        yield last + max(job.step, 1), stop


def _pages(job: Job, low: int, high: int, now: int) -> Iterator[tuple[Rows, int]]:
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


def _patiently(job: Job, cursor: int) -> Rows:
    """One page; passing network trouble is asked again, at the pace of ccxt's own throttle."""
    import ccxt

    for attempt in range(1, TRIES + 1):
        try:
            return job.page(cursor // MILLISECOND)
        except ccxt.NetworkError as error:
            if attempt == TRIES:
                raise _stopped(error, cursor, "Repeat the command: it goes on from there.") from None
        except ccxt.BaseError as error:
            raise _stopped(
                error, cursor, "Check the pair and the timeframe; what was fetched is kept."
            ) from None
    raise AssertionError("the last attempt returns or raises")


def _stopped(error: Exception, cursor: int, mend: str) -> HoldfastError:
    reason = (str(error) or type(error).__name__).splitlines()[0][:160]
    return HoldfastError(f"The venue stopped answering at {format_instant(cursor)} UTC ({reason}).", mend)


def _write(job: Job, batch: Rows) -> int:
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
