"""Which series answers a question for bars, and how its files are read, checked and joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import polars as pl

from holdfast.errors import DataError, SettingsError, did_you_mean
from holdfast.history import layout
from holdfast.history.layout import Series
from holdfast.history.names import DAY, Timeframe, TimeRange, parse_pair
from holdfast.history.parquet import read_range
from holdfast.history.quality import refuse_broken_bars, refuse_broken_order


class NoBarsError(DataError):
    """The data are fine and have nothing in the range that was asked for."""


@dataclass(frozen=True)
class Reading:
    """Which files answer a question for bars, and whether they are resampled on the way."""

    series: Series
    timeframe: Timeframe  # the one that was asked for
    zone: str  # day boundary of the buckets where resampled

    @property
    def resampled(self) -> bool:
        return self.series.timeframe != self.timeframe


def divides(fine: Timeframe, coarse: Timeframe) -> bool:
    """Whether bars of one timeframe can be made into another's: those of a day or less fit weeks and
    months."""
    if fine == coarse:
        return True
    if coarse.name[-1] in "wM":
        return fine.ns <= DAY and DAY % fine.ns == 0
    return fine.ns < coarse.ns and coarse.ns % fine.ns == 0


def pair_named(text: str, known: list[str], source: str) -> str:
    """The store's spelling of what was typed: BTC/USDT:USDT, BTCUSDT, BTC-USDT, or BTC where it is the only one."""
    by_symbol = {parse_pair(pair).symbol: pair for pair in known}
    of_base = [pair for pair in known if parse_pair(pair).base == text.upper()]
    if len(of_base) == 1:
        return of_base[0]
    symbol = parse_pair(text).symbol
    if symbol not in by_symbol:
        spelled = {parse_pair(pair).base if len(text) < 5 else parse_pair(pair).symbol for pair in known}
        raise SettingsError(f"{source} has no {text}.", did_you_mean(text.upper(), spelled))
    return by_symbol[symbol]


def of_pair(known: list[Series], text: str) -> list[Series]:
    """The series of one pair, however it is spelled; SettingsError names the nearest where there is none."""
    pair = parse_pair(text)
    found = [s for s in known if s.symbol == pair.symbol]
    pairs = {s.pair for s in known}
    if not found:
        raise SettingsError(
            f"{known[0].source} has no {text}.", did_you_mean(pair.named(known[0].asset_class), pairs)
        )
    if pair.settle and found[0].asset_class != "perp":
        raise SettingsError(
            f"{text} is a perpetual, and {known[0].source} holds {found[0].pair}.",
            f"Ask for {found[0].pair}, or name a source of perpetuals.",
        )
    return found


def read_bars(path: Path, series: Series, span: TimeRange) -> pl.DataFrame:
    """Bars of one file within a span (UTC, ns). Raises DataError where they are broken."""
    frame = read_range(path, layout.BARS, span, extra=("spread",))
    refuse_broken_bars(frame, str(path), series.timeframe)
    return frame


def read_table(path: Path, schema: Mapping[str, pl.DataType], span: TimeRange) -> pl.DataFrame:
    """Rows of one file within a span (UTC, ns). Raises DataError where their order is broken."""
    frame = read_range(path, schema, span)
    refuse_broken_order(frame, str(path))
    return frame


def join_parts(parts: list[pl.DataFrame], series: Series) -> pl.DataFrame:
    """Parts of one series in time order. Bars that two parts share must agree; raises DataError where not."""
    if len(parts) == 1:
        return parts[0]
    shared = [name for name in parts[0].columns if all(name in part.columns for part in parts)]
    ordered = sorted((part.select(shared) for part in parts), key=lambda part: part["ts"][0])
    joined = pl.concat(ordered)
    if all(earlier["ts"][-1] < later["ts"][0] for earlier, later in pairwise(ordered)):
        return joined
    joined = joined.unique(maintain_order=True).sort("ts", maintain_order=True)
    twice = joined.filter(joined["ts"].is_duplicated())
    if not twice.is_empty():
        names = ", ".join(path.name for path in series.paths)
        raise DataError(
            f"The files {names} of {series.source} disagree at {twice['ts'][0]:%Y-%m-%d %H:%M} UTC.",
            "Keep one of them.",
        )
    return joined
