"""The bars that orders meet: read from the store, completed where the finer ones lack, put into ticks and steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from holdfast.errors import SettingsError
from holdfast.history.instruments import InstrumentSpec
from holdfast.history.names import TimeRange, parse_timeframe
from holdfast.history.reading import NoBarsError
from holdfast.history.store import Store
from holdfast.records import blank_array
from holdfast.simulator.lines import Lines
from holdfast.simulator.venue import Bar
from holdfast.strategies.frames import closing
from holdfast.wiring.units import NOISE, nearest

PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True)
class PriceBars:
    """One instrument's price bars in the decimals of people, and how many coarse ones stand in for finer ones."""

    frame: pl.DataFrame
    coarse: int = 0  # bars of the planning timeframe
    undetailed: int = 0  # of them without a finer bar inside, replayed as they are


@dataclass(frozen=True)
class PriceReader:
    """Reads price bars of `timeframe`; where a bar of `planning` has none of them inside, it stands in itself."""

    store: Store
    source: str
    timeframe: str
    planning: str
    span: TimeRange

    def read(self, pair: str) -> PriceBars:
        """Price bars of the range. Raises SettingsError, NoBarsError or DataError as the store does."""
        fine = self.store.bars(self.source, pair, self.timeframe, *self.span)
        coarse = self._coarse(pair)
        if coarse is None:
            return PriceBars(fine)
        closes = closing(coarse, self.planning).dt.epoch("ns").to_numpy()
        lone = without_detail(
            coarse["ts"].dt.epoch("ns").to_numpy(), closes, fine["ts"].dt.epoch("ns").to_numpy()
        )
        if not lone.any():
            return PriceBars(fine, len(coarse))
        standing_in = last_moment(coarse, closes, parse_timeframe(self.timeframe).ns).filter(pl.Series(lone))
        return PriceBars(together(fine, standing_in), len(coarse), int(lone.sum()))

    def _coarse(self, pair: str) -> pl.DataFrame | None:
        """The planning bars, where they have a file of their own: those made of the finer ones say nothing new."""
        if self.planning == self.timeframe:
            return None
        try:
            if self.store.reading(self.source, pair, self.planning, *self.span).resampled:
                return None
            return self.store.bars(self.source, pair, self.planning, *self.span)
        except (SettingsError, NoBarsError):
            return None


def without_detail(opens: Any, closes: Any, fine: Any) -> Any:
    """Which coarse bars have no finer one inside."""
    return np.searchsorted(fine, opens) == np.searchsorted(fine, closes)


def last_moment(coarse: pl.DataFrame, closes: Any, step: int) -> pl.DataFrame:
    """Coarse bars as if all of each happened in the last fine bar before its close: nobody knows it earlier."""
    times = pl.Series(closes - step).cast(pl.Datetime("ns", "UTC"))
    return coarse.with_columns(times.cast(coarse.schema["ts"]).alias("ts"))


def together(fine: pl.DataFrame, coarse: pl.DataFrame) -> pl.DataFrame:
    """Both in time order; a spread that one of them does not have is 0, which means not in the data."""
    joined = pl.concat([fine, coarse.select(n for n in fine.columns if n in coarse.columns)], how="diagonal")
    return joined.fill_null(0).sort("ts")


def bar_lines(instrument_id: int, spec: InstrumentSpec, frame: pl.DataFrame, spread_factor: float) -> Lines:
    """Bars in ticks and steps. Highs are rounded up and lows down only by float noise: data are on the tick grid.

    Recorded spreads are scaled as the instrument's own is, and rounded up."""
    tick, bars = float(spec.tick_size), blank_array(Bar, len(frame))
    bars["time_ns"] = frame["ts"].dt.epoch("ns").to_numpy()
    bars["instrument_id"] = instrument_id
    for name in PRICES:
        bars[name] = np.maximum(1, nearest(frame[name].to_numpy(), tick))
    bars["high"] = np.maximum(bars["high"], np.maximum(bars["open"], bars["close"]))
    bars["low"] = np.minimum(bars["low"], np.minimum(bars["open"], bars["close"]))
    per_step = float(spec.step_size * spec.contract_size)
    volume = np.rint(frame["volume"].to_numpy() / per_step)
    bars["volume"] = np.minimum(volume, float(1 << 52)).astype(np.int64)
    if "spread" in frame.columns:
        bars["spread"] = np.ceil(frame["spread"].to_numpy() * spread_factor - NOISE).astype(np.int64)
    lines = Lines(Bar)
    lines.add(bars)
    return lines
