"""What makes bars suspicious without being wrong: gaps, odd times, stuck or wild prices, a foreign time
zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from holdfast.history.findings import Finding, QualityReport
from holdfast.history.names import DAY, HOUR, Timeframe, format_instant
from holdfast.history.sessions import Session, expected_bars, parse_session
from holdfast.history.zones import METATRADER_DAY, Instants, boundaries, wall_clock

STUCK_HOURS = 3  # one unchanged price for longer is reported
SPIKE_SCALES = 30  # a move and its return, each this many typical moves …
SPIKE_LEAST = 0.03  # … and 3 % at least
ODD_WEEKS = 0.05  # share of weeks that may open at an unusual hour (holidays)

Floats = npt.NDArray[np.float64]


def suspicions(
    frame: pl.DataFrame,
    report: QualityReport,
    timeframe: Timeframe,
    session: str,
    zone: str,
    tick_size: float | None,
) -> QualityReport:
    """The report with warnings added; the frame has passed the error rules and is not empty."""
    ts = frame["ts"].dt.epoch("ns").to_numpy()
    market = parse_session(session)
    missing, longest, gaps = _gaps(ts, timeframe, market, zone)
    findings = [
        *gaps,
        *_off_grid(ts, timeframe, zone),
        *_stuck(frame, ts, timeframe),
        *_spikes(frame["close"].to_numpy(), ts),
        *_foreign_zone(ts, timeframe, market),
        *(_off_tick(frame, tick_size) if tick_size else ()),
    ]
    return replace(
        report, findings=report.findings + tuple(findings), missing=missing, longest_gap_hours=longest / HOUR
    )


def _warning(ts: Instants, row: int, count: int, rule: str, text: str, mend: str) -> Finding:
    return Finding(rule, "warning", text, mend, count, row, format_instant(int(ts[row])))


def _gaps(ts: Instants, timeframe: Timeframe, market: Session, zone: str) -> tuple[int, int, list[Finding]]:
    """Missing bars, the longest closed stretch of them in ns, and the finding."""
    expected = expected_bars(int(ts[0]), int(ts[-1]), timeframe, market, zone)
    absent = expected[~np.isin(expected, ts)]
    if not len(absent):
        return 0, 0, []
    position = np.searchsorted(expected, absent)
    runs = np.split(absent, np.flatnonzero(np.diff(position) > 1) + 1)
    longest = max(runs, key=len)
    length = int(longest[-1] - longest[0]) + timeframe.ns
    row = max(int(np.searchsorted(ts, longest[0])) - 1, 0)
    text = (
        f"lacks {len(absent)} of {len(expected)} bars ({len(absent) / len(expected):.2%}) "
        f"in {len(runs)} gaps, the longest of {length / HOUR:.2f} h after"
    )
    mend = "Holidays and venue outages are normal; else download the range again."
    return len(absent), length, [_warning(ts, row, len(absent), "gap", text, mend)]


def _off_grid(ts: Instants, timeframe: Timeframe, zone: str) -> Iterator[Finding]:
    grids = [
        boundaries(int(ts[0]), int(ts[-1]), timeframe, z)
        for z in dict.fromkeys((zone, "UTC", METATRADER_DAY))
    ]
    off = min((~np.isin(ts, grid) for grid in grids), key=np.count_nonzero)
    if off.any():
        yield _warning(
            ts,
            int(np.argmax(off)),
            int(off.sum()),
            "off_grid",
            f"has times that are not on the {timeframe.name} grid",
            "The first bar of a short day is normal; else the times are closing times or of another zone.",
        )


def _stuck(frame: pl.DataFrame, ts: Instants, timeframe: Timeframe) -> Iterator[Finding]:
    """Runs of bars without any movement."""
    high, low = frame["high"].to_numpy(), frame["low"].to_numpy()
    same = np.append(False, (high[1:] == low[1:]) & (high[1:] == high[:-1]) & (low[1:] == low[:-1]))
    edges = np.flatnonzero(np.diff(same.astype(np.int8), prepend=0, append=0))
    starts, lengths = edges[::2], edges[1::2] - edges[::2]
    least = max(5, STUCK_HOURS * HOUR // timeframe.ns)
    long = lengths >= least
    if long.any():
        worst = int(starts[np.argmax(lengths)]) - 1
        yield _warning(
            ts,
            worst,
            int(lengths[long].sum()),
            "stuck",
            f"repeats one price for {int(lengths.max()) + 1} bars",
            "A venue outage filled forward looks so: drop these bars.",
        )


def _spikes(close: Floats, ts: Instants) -> Iterator[Finding]:
    """Closes far from both neighbours: a move and its return in the next bar."""
    if len(close) < 100:
        return
    moves = np.diff(np.log(close))
    scale = float(np.median(np.abs(moves[moves != 0]))) if (moves != 0).any() else 0.0
    limit = max(SPIKE_SCALES * scale, SPIKE_LEAST)
    back = (np.abs(moves[:-1]) > limit) & (np.abs(moves[1:]) > limit) & (moves[:-1] * moves[1:] < 0)
    if back.any():
        row = int(np.argmax(back)) + 1
        yield _warning(
            ts,
            row,
            int(back.sum()),
            "spike",
            f"jumps by {np.expm1(moves[row - 1]):+.1%} for a single bar",
            "Compare with another source of the same minutes.",
        )


def _foreign_zone(ts: Instants, timeframe: Timeframe, market: Session) -> Iterator[Finding]:
    """Signs that the times of an FX file are not UTC: bars in the closed weekend, weeks that open at odd
    hours."""
    if market.opens == market.closes or timeframe.ns > HOUR:
        return
    closed = ~replace(market, break_start=0, break_end=0).is_open(ts)
    if closed.mean() > 0.001:
        yield _warning(
            ts,
            int(np.argmax(closed)),
            int(closed.sum()),
            "weekend",
            "has bars while the market is closed for the weekend",
            "The times look like a server's: import it with --zone, for instance America/New_York+7h.",
        )
    opening = np.flatnonzero(np.diff(ts) > 40 * HOUR) + 1
    hours = wall_clock(ts[opening], market.zone) % DAY // HOUR
    usual = market.opens % DAY // HOUR
    odd = np.abs(hours - usual) > 1
    if len(opening) >= 4 and odd.mean() > ODD_WEEKS:
        yield _warning(
            ts,
            int(opening[np.argmax(odd)]),
            int(odd.sum()),
            "week_opening",
            f"opens {int(odd.sum())} of {len(opening)} weeks at another hour than {usual}:00 {market.zone}",
            "The times look shifted, or of another rule of summer time: import the source with its --zone.",
        )


def _off_tick(frame: pl.DataFrame, tick_size: float) -> Iterator[Finding]:
    ticks = frame.select("open", "high", "low", "close").to_numpy() / tick_size
    # A double holds 15 digits: what is left of a price after division by the tick is noise below 1e-4 ticks.
    off = (np.abs(ticks - np.round(ticks)) > 1e-4).any(axis=1)
    if off.any():
        row = int(np.argmax(off))
        yield _warning(
            frame["ts"].dt.epoch("ns").to_numpy(),
            row,
            int(off.sum()),
            "off_tick",
            f"has prices that are no multiple of the tick {tick_size:g}",
            "Correct the tick in the instrument file, or round the source.",
        )
