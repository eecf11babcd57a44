"""Market data on disk: which series there are, and their bars, funding and mark prices for a range of
time."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import polars as pl

from holdfast.errors import SettingsError, did_you_mean
from holdfast.history import layout
from holdfast.history.layout import Series
from holdfast.history.names import Timeframe, TimeRange, format_instant, parse_timeframe
from holdfast.history.parquet import edges
from holdfast.history.reading import NoBarsError, Reading, divides, join_parts, of_pair, read_bars, read_table
from holdfast.history.resample import resample
from holdfast.history.zones import METATRADER_DAY, boundaries


class Store:
    """A data folder of the layout in `layout.py`, used in place."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    @cached_property
    def _all(self) -> list[Series]:
        return layout.find_series(self.data_dir)

    def series(self, source: str | None = None, pair: str | None = None) -> list[Series]:
        """All series, or those of a source, or of an instrument of it. Raises SettingsError for unknown
        names."""
        if source is None:
            return list(self._all)
        known = [s for s in self._all if s.source == source]
        if not known:
            raise SettingsError(
                f"{self.data_dir} has no source '{source}'.", did_you_mean(source, self.sources())
            )
        return known if pair is None else of_pair(known, pair)

    def sources(self) -> list[str]:
        """Names of the folders that hold bars: binance_perp, oanda_mid …"""
        return sorted({s.source for s in self._all})

    def pairs(self, source: str) -> list[str]:
        """Instruments of a source, as people type them."""
        return sorted({s.pair for s in self.series(source)})

    def timeframes(self, source: str, pair: str) -> list[Timeframe]:
        """Timeframes on disk, finest first."""
        return sorted(s.timeframe for s in self.series(source, pair))

    def finest(self, source: str, pair: str) -> Timeframe:
        """The finest timeframe on disk."""
        return self.timeframes(source, pair)[0]

    def span(self, series: Series) -> tuple[int, int, int]:
        """First and last ts (ns) and number of rows of a series, without reading its prices."""
        found = [edges(path) for path in series.paths]
        return min(f for f, _, _ in found), max(last for _, last, _ in found), sum(n for _, _, n in found)

    def reading(
        self,
        source: str,
        pair: str,
        timeframe: str,
        start: int | None = None,
        end: int | None = None,
        zone: str | None = None,
    ) -> Reading:
        """The series that is asked first for a timeframe: its own where that has bars in the range, else the
        finest finer one that has. Raises SettingsError (no such timeframe) or NoBarsError (nothing there)."""
        return self._readings(source, pair, timeframe, (start, end), zone)[0]

    def _readings(
        self, source: str, pair: str, timeframe: str, span: TimeRange, zone: str | None
    ) -> list[Reading]:
        """Every series with bars in the range from which the timeframe can be had, the best first."""
        wanted = parse_timeframe(timeframe)
        known = self.series(source, pair)
        usable = [s for s in known if divides(s.timeframe, wanted)]
        usable.sort(key=lambda s: (s.timeframe != wanted, s.timeframe))
        if not usable:
            have = ", ".join(s.timeframe.name for s in known)
            raise SettingsError(
                f"{source} has {known[0].pair} only as {have}, from which {wanted.name} bars cannot be made.",
                f"Ask for {known[0].timeframe.name} or a multiple of it.",
            )
        day_zone = zone or ("UTC" if known[0].folder == "crypto" else METATRADER_DAY)
        found = [Reading(series, wanted, day_zone) for series in usable if self._overlaps(series, span)]
        if not found:
            raise self._nothing(usable, wanted, span)
        return found

    def _overlaps(self, series: Series, span: TimeRange) -> bool:
        first, last, rows = self.span(series)
        start, end = span
        return rows > 0 and (start is None or last >= start) and (end is None or first < end)

    def bars(
        self,
        source: str,
        pair: str,
        timeframe: str,
        start: int | None = None,
        end: int | None = None,
        zone: str | None = None,
    ) -> pl.DataFrame:
        """Closed bars with start <= ts < end (ns UTC): ts, open, high, low, close, volume[, spread].

        Where no file of that timeframe has bars in the range, they are resampled from the finest finer one
        that holds a whole one, with the day boundary `zone` (default: UTC for crypto, the MetaTrader day
        else); partial buckets at the edges of the data are dropped. Raises SettingsError for unknown names,
        NoBarsError for a range without bars and DataError for broken ones.
        """
        readings = self._readings(source, pair, timeframe, (start, end), zone)
        for reading in readings:
            frame = (
                self._resampled(reading, start, end)
                if reading.resampled
                else self._read(reading.series, (start, end))
            )
            if not frame.is_empty():
                return frame
        raise self._nothing([reading.series for reading in readings], readings[0].timeframe, (start, end))

    def _resampled(self, reading: Reading, start: int | None, end: int | None) -> pl.DataFrame:
        """Whole buckets that open in the range: the finer bars are read from bucket edge to bucket edge."""
        low = None if start is None else int(boundaries(start, start, reading.timeframe, reading.zone)[0])
        high = None if end is None else int(boundaries(end - 1, end - 1, reading.timeframe, reading.zone)[-1])
        fine = self._read(reading.series, (low, high))
        if fine.is_empty():
            return fine
        coarse = resample(fine, reading.timeframe, reading.zone, base=reading.series.timeframe).drop("closes")
        return coarse if start is None else coarse.filter(pl.col("ts").dt.epoch("ns") >= start)

    def _read(self, series: Series, span: TimeRange) -> pl.DataFrame:
        parts = [read_bars(path, series, span) for path in series.paths]
        return join_parts([part for part in parts if not part.is_empty()] or parts[:1], series)

    def funding(
        self, source: str, pair: str, start: int | None = None, end: int | None = None
    ) -> pl.DataFrame | None:
        """Settlements with start <= ts < end: ts, rate (share of notional, longs pay when positive); None =
        no file."""
        series = self.series(source, pair)[0]
        path = layout.funding_path(self.data_dir, source, series.symbol)
        return (
            read_table(path, layout.RATES, (start, end))
            if series.asset_class == "perp" and path.exists()
            else None
        )

    def mark(
        self, source: str, pair: str, start: int | None = None, end: int | None = None
    ) -> pl.DataFrame | None:
        """Mark-price bars (ts, open, high, low, close) of the finest timeframe on disk; None = no file."""
        series = self.series(source, pair)[0]
        paths = layout.mark_paths(self.data_dir, source, series.symbol)
        return (
            read_table(paths[0], layout.MARKS, (start, end))
            if series.asset_class == "perp" and paths
            else None
        )

    def _nothing(self, known: list[Series], wanted: Timeframe, span: TimeRange) -> NoBarsError:
        """The refusal of a range without bars, saying what there is."""
        have = []
        for series in known:
            first, last, _ = self.span(series)
            have.append(f"{series.timeframe.name} from {format_instant(first)} to {format_instant(last)}")
        what = f"closed {wanted.name} bars of {known[0].pair}"
        return NoBarsError(
            f"{known[0].source} has no {what}{_in_words(span)}.",
            f"It has {'; '.join(have)}: choose a timerange inside.",
        )


def _in_words(span: TimeRange) -> str:
    """` from … to … UTC`, as far as the sides are given."""
    words = "".join(
        f" {word} {format_instant(side)}"
        for word, side in zip(("from", "to"), span, strict=True)
        if side is not None
    )
    return f"{words} UTC" if words else ""
