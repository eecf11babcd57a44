"""Bars for a strategy from the data on disk: its own, the coarser ones, and the warm-up before both."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from holdfast.history.layout import Series
from holdfast.history.names import DAY, Timeframe, parse_timeframe
from holdfast.history.resample import resample
from holdfast.history.store import Store
from holdfast.strategies.strategy import BarSet, Timeframes

_HOLIDAYS = 10 * DAY  # the longest pause of a market that still counts as one history
_SPARSE = 1.6  # calendar time for the trading time wanted: weekends (7 / 5) and holidays


def assemble(
    store: Store,
    source: str,
    pair: str,
    timeframes: Timeframes,
    start_ns: int | None,
    end_ns: int | None,
    window: int,
    higher_windows: Mapping[str, int] | None = None,
    *,
    tick_size: float = 0.0,
    pip_size: float = 0.0,
) -> BarSet:
    """Bars of [start, end) with the warm-up before it: `window` base bars and `higher_windows` coarser ones.

    Less is given where the data begin later; rows without a full window start nothing. Coarser bars are made
    of closed finer ones, and where a coarser file reaches further back than that, of its bars before it.
    A higher timeframe without a stated window gets what the base warm-up spans.
    Raises SettingsError (unknown names) and DataError (broken, or nothing in the range).
    """
    base = _base(store, source, pair, timeframes, start_ns, end_ns, window)
    higher: dict[str, pl.DataFrame] = {}
    if timeframes.higher:
        first = start_ns if start_ns is not None else _epoch(base, 0)
        reach = first - _reach(timeframes, window, higher_windows or {})
        fine, step = _fine(store, source, pair, timeframes, (first, end_ns), reach)
        higher = {name: resample(fine, name, timeframes.day_zone, base=step) for name in timeframes.higher}
    return BarSet(pair, base, higher, tick_size, pip_size, store.funding(source, pair, None, end_ns))


def _base(
    store: Store,
    source: str,
    pair: str,
    timeframes: Timeframes,
    start: int | None,
    end: int | None,
    window: int,
) -> pl.DataFrame:
    """Bars of the range, and at most `window` before it, which another file may hold."""
    zone, step = timeframes.day_zone, parse_timeframe(timeframes.base)
    frame = store.bars(source, pair, step.name, start, end, zone)
    if start is None:
        return frame
    first = _epoch(frame, 0)  # read as well, so that the question always has an answer
    earlier = store.bars(source, pair, step.name, start - _span(step, window), first + 1, zone)
    earlier = earlier.filter(pl.col("ts").dt.epoch("ns") < first).tail(window)
    if earlier.is_empty() or first - _epoch(earlier, -1) > step.ns + _HOLIDAYS:
        return frame
    shared = [name for name in frame.columns if name in earlier.columns]
    return pl.concat([earlier.select(shared), frame.select(shared)])


def _fine(
    store: Store, source: str, pair: str, timeframes: Timeframes, span: tuple[int, int | None], reach: int
) -> tuple[pl.DataFrame, Timeframe]:
    """The bars that coarser ones are made of, back to `reach` where files reach, and their timeframe."""
    main = store.reading(source, pair, timeframes.base, *span, timeframes.day_zone).series
    frame = store.bars(source, pair, main.timeframe.name, reach, span[1])
    smallest = min(parse_timeframe(name) for name in timeframes.higher)
    for series in _coarser(store, source, pair, main, smallest):
        begin = _epoch(frame, 0)
        earlier = _before(store, source, pair, series, reach, begin)
        if not earlier.is_empty() and begin - _epoch(earlier, -1) <= series.timeframe.ns + _HOLIDAYS:
            frame = pl.concat([earlier.select(frame.columns), frame])
    return frame, main.timeframe


def _coarser(store: Store, source: str, pair: str, main: Series, smallest: Timeframe) -> list[Series]:
    """Files that can fill in before the main one: coarser than it, and no coarser than what is to be made."""
    known = store.series(source, pair)
    return sorted(
        (s for s in known if main.timeframe < s.timeframe <= smallest and smallest.ns % s.timeframe.ns == 0),
        key=lambda series: series.timeframe,
    )


def _before(store: Store, source: str, pair: str, series: Series, reach: int, begin: int) -> pl.DataFrame:
    """Bars of a file that are closed when the finer ones begin; empty where it has none so early."""
    first, _, rows = store.span(series)
    if not rows or first + series.timeframe.ns > begin or reach >= begin:
        return pl.DataFrame()
    frame = store.bars(source, pair, series.timeframe.name, reach, begin)
    return frame.filter(pl.col("ts").dt.epoch("ns") + series.timeframe.ns <= begin)


def _reach(timeframes: Timeframes, window: int, higher_windows: Mapping[str, int]) -> int:
    """How far before the start the coarser bars must begin, in ns."""
    base = _span(parse_timeframe(timeframes.base), window)
    stated = [_span(parse_timeframe(name), higher_windows.get(name, 0)) for name in timeframes.higher]
    return max([base, *stated])


def _span(timeframe: Timeframe, count: int) -> int:
    """Calendar time that surely holds `count` bars, in ns."""
    return int((count + 1) * timeframe.ns * _SPARSE) + _HOLIDAYS


def _epoch(frame: pl.DataFrame, row: int) -> int:
    return int(frame["ts"].dt.epoch("ns")[row])
