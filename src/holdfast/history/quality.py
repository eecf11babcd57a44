"""Whether bars can be trusted. Errors refuse the data; warnings are for a person to judge.

The errors are found in one pass over the columns, cheap enough for every load; the warnings need a calendar
and are what `check-data` adds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from holdfast.history.findings import Finding, QualityReport, refuse_if_broken
from holdfast.history.names import HOUR, Timeframe, format_instant
from holdfast.history.suspicion import suspicions

PRICES = ("open", "high", "low", "close")
Flags = npt.NDArray[np.bool_]


def check_bars(
    frame: pl.DataFrame,
    where: str,
    timeframe: Timeframe,
    *,
    session: str = "24/7",
    zone: str = "UTC",
    tick_size: float | None = None,
) -> QualityReport:
    """All findings about bars (ts, open, high, low, close, volume) that are named `where` in messages.

    `session` is the market's week (`sessions.py`), `zone` the day boundary of bars longer than an hour,
    `tick_size` the grid that prices should lie on (None = not checked).
    """
    findings = list(errors_in(frame, timeframe))
    if frame.is_empty():
        return QualityReport(where, 0, findings=tuple(findings))
    ts = frame["ts"].dt.epoch("ns").fill_null(0).to_numpy()
    report = QualityReport(
        where, frame.height, format_instant(int(ts[0])), format_instant(int(ts[-1])), tuple(findings)
    )
    # Gaps and shapes of broken bars would only repeat what the errors say.
    return report if findings else suspicions(frame, report, timeframe, session, zone, tick_size)


def refuse_broken_bars(frame: pl.DataFrame, where: str, timeframe: Timeframe) -> None:
    """Raise DataError for bars that break a rule no strategy could survive; an empty frame passes."""
    refuse_if_broken(QualityReport(where, frame.height, findings=tuple(errors_in(frame, timeframe))))


def refuse_broken_order(frame: pl.DataFrame, where: str) -> None:
    """The same for tables of rates and marks: numbers in every row, times strictly ascending."""
    findings = (*_numbers(frame), *_order(frame))
    refuse_if_broken(QualityReport(where, frame.height, findings=findings))


def errors_in(frame: pl.DataFrame, timeframe: Timeframe) -> Iterator[Finding]:
    """Errors, in the order in which a person would mend them."""
    yield from _numbers(frame)
    yield from _order(frame)
    yield from _prices(frame)
    yield from _spacing(frame, timeframe)


def _numbers(frame: pl.DataFrame) -> Iterator[Finding]:
    for name in frame.columns:
        bad = frame[name].is_null()
        if frame[name].dtype.is_float():
            bad = bad | ~frame[name].is_finite().fill_null(value=False)
        if bad.any():
            yield _error(
                frame,
                bad.to_numpy(),
                f"not_a_number:{name}",
                f"has no number in column '{name}'",
                "Drop these rows or export the file again.",
            )


def _order(frame: pl.DataFrame) -> Iterator[Finding]:
    step = np.diff(frame["ts"].dt.epoch("ns").fill_null(0).to_numpy())
    if (step < 0).any():
        yield _error(
            frame,
            np.append(False, step < 0),
            "unsorted",
            "goes back in time",
            "Sort it by ts; import-data does so.",
        )
    elif (step == 0).any():
        yield _error(
            frame,
            np.append(False, step == 0),
            "duplicate",
            "holds the same time twice",
            "Keep one bar for each time; import-data drops equal copies.",
        )


def _prices(frame: pl.DataFrame) -> Iterator[Finding]:
    o, h, low, c = (frame[name].to_numpy() for name in PRICES)
    with np.errstate(invalid="ignore"):
        if (bad := np.minimum(np.minimum(o, c), np.minimum(h, low)) <= 0).any():
            yield _error(
                frame,
                bad,
                "not_positive",
                "has a price that is zero or negative",
                "Drop these bars; a missing bar is better than a wrong one.",
            )
        elif (bad := (h < np.maximum(o, c)) | (low > np.minimum(o, c))).any():
            yield _error(
                frame,
                bad,
                "impossible",
                "has a bar whose high or low does not hold its open and close",
                "Check that the columns are not swapped.",
            )
        if "volume" in frame.columns and (bad := frame["volume"].to_numpy() < 0).any():
            yield _error(
                frame,
                bad,
                "negative_volume",
                "has a negative volume",
                "Check that the columns are not swapped.",
            )
    if "spread" in frame.columns and (bad := (frame["spread"] < 0).fill_null(value=False).to_numpy()).any():
        yield _error(
            frame, bad, "negative_spread", "has a negative spread", "Check that the columns are not swapped."
        )


def _spacing(frame: pl.DataFrame, timeframe: Timeframe) -> Iterator[Finding]:
    """Bars closer together than their length overlap. Above an hour the clock change makes that possible."""
    step = np.diff(frame["ts"].dt.epoch("ns").fill_null(0).to_numpy())
    bad = (step > 0) & (step < timeframe.ns)
    if timeframe.ns <= HOUR and bad.any():
        yield _error(
            frame,
            np.append(False, bad),
            "overlap",
            f"holds bars less than {timeframe.name} apart",
            "Name the file after the timeframe of its bars.",
        )


def _error(frame: pl.DataFrame, bad: Flags, rule: str, text: str, mend: str) -> Finding:
    row = int(np.argmax(bad))
    moment = frame["ts"][row]
    return Finding(
        rule,
        "error",
        text,
        mend,
        int(bad.sum()),
        row,
        f"{moment:%Y-%m-%d %H:%M}" if moment is not None else "no time",
    )
