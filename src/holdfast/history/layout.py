"""The one folder layout of market data, and what a file's name says.

    <folder>/<source>/<SYMBOL>_<timeframe>[_<part>].parquet    bars: crypto/binance_perp/BTCUSDT_1m.parquet,
                                                               fx/oanda_mid/EURUSD_H1.parquet
    crypto/funding/<venue>_<SYMBOL>.parquet                    ts, rate: one row for each settlement
    crypto/mark/<venue>_<SYMBOL>_<timeframe>.parquet           bars of the mark price, no volume

Bars: ts (opening time, datetime[ns, UTC]), open, high, low, close, volume (float64) and, where the venue
gives it, spread (int32, in points, that is ticks). Missing bars are absent. Files of one source, symbol and
timeframe that differ in their part (`_2021-05`) are one series.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from holdfast.errors import SettingsError
from holdfast.history.names import Timeframe, asset_class_of, parse_pair, parse_timeframe

TS = pl.Datetime("ns", "UTC")
PRICES = ("open", "high", "low", "close")
BARS = {"ts": TS, **dict.fromkeys((*PRICES, "volume"), pl.Float64())}
MARKS = {"ts": TS, **dict.fromkeys(PRICES, pl.Float64())}
RATES = {"ts": TS, "rate": pl.Float64()}
BESIDE_BARS = frozenset({"funding", "mark", "ticks"})  # folders that hold no bars

_NAME = re.compile(r"(?P<symbol>[A-Z0-9.]+)_(?P<timeframe>\d+[mhdwM]|[MHDW]\d+|MN1)(?:_(?P<part>.+))?")


@dataclass(frozen=True)
class Series:
    """All files of one source, instrument and timeframe."""

    folder: str  # crypto, fx
    source: str  # binance_perp
    symbol: str  # BTCUSDT
    pair: str  # BTC/USDT:USDT
    asset_class: str  # perp | spot | fx | metal | index
    timeframe: Timeframe
    paths: tuple[Path, ...]


def find_series(data_dir: Path) -> list[Series]:
    """Every series of a data folder, by names alone, in a fixed order. Raises SettingsError without a
    folder."""
    if not data_dir.is_dir():
        raise SettingsError(
            f"There is no data folder {data_dir}.",
            "Name one with --data-dir or HOLDFAST_DATA_DIR, or fill it with download-data or import-data.",
        )
    groups: dict[tuple[str, str, str, Timeframe], list[Path]] = {}
    for path in sorted(data_dir.glob("*/*/*.parquet")):
        match = _NAME.fullmatch(path.stem)
        if match and path.parent.name not in BESIDE_BARS:
            key = (
                path.parent.parent.name,
                path.parent.name,
                match["symbol"],
                parse_timeframe(match["timeframe"]),
            )
            groups.setdefault(key, []).append(path)
    return [_series(*key, tuple(paths)) for key, paths in sorted(groups.items())]


def _series(folder: str, source: str, symbol: str, timeframe: Timeframe, paths: tuple[Path, ...]) -> Series:
    asset_class = asset_class_of(folder, source, symbol)
    return Series(
        folder, source, symbol, parse_pair(symbol).named(asset_class), asset_class, timeframe, paths
    )


def folder_of(source: str) -> str:
    """The class folder that a source's bars belong to: `crypto` for perpetuals and spot, else `fx`."""
    return "crypto" if source.endswith(("_perp", "_spot")) else "fx"


def bars_path(data_dir: Path, source: str, symbol: str, timeframe: Timeframe) -> Path:
    """Where the bars of an instrument are written."""
    folder = folder_of(source)
    return data_dir / folder / source / f"{symbol}_{timeframe.in_file(folder)}.parquet"


def venue_of(source: str) -> str:
    """The venue that funding and mark files are named by: binance of binance_perp."""
    return source.partition("_")[0]


def funding_path(data_dir: Path, source: str, symbol: str) -> Path:
    """Where the funding history of a perpetual is kept."""
    return data_dir / "crypto" / "funding" / f"{venue_of(source)}_{symbol}.parquet"


def mark_path(data_dir: Path, source: str, symbol: str, timeframe: Timeframe) -> Path:
    """Where mark prices of a timeframe are kept."""
    return data_dir / "crypto" / "mark" / f"{venue_of(source)}_{symbol}_{timeframe.name}.parquet"


def mark_paths(data_dir: Path, source: str, symbol: str) -> list[Path]:
    """Mark-price files of a perpetual, finest timeframe first."""
    found = {}
    for path in (data_dir / "crypto" / "mark").glob(f"{venue_of(source)}_{symbol}_*.parquet"):
        if match := _NAME.fullmatch(path.stem.removeprefix(f"{venue_of(source)}_")):
            found[path] = parse_timeframe(match["timeframe"])
    return sorted(found, key=lambda path: (found[path], path))
