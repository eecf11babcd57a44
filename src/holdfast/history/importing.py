"""Files of other programs into the layout: what a file is, what it holds, and where it goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from holdfast.errors import DataError, SettingsError
from holdfast.history import layout
from holdfast.history.findings import QualityReport, refuse_if_broken
from holdfast.history.import_csv import read_csv
from holdfast.history.import_freqtrade import SUFFIXES, parse_name, read_freqtrade
from holdfast.history.merging import merge_into
from holdfast.history.names import TIMEFRAMES, Timeframe, asset_class_of, parse_pair, parse_timeframe
from holdfast.history.quality import check_bars, refuse_broken_order
from holdfast.history.sessions import usual_session

TEXTS = (".csv", ".txt", ".tsv")
_METATRADER_4 = {str(t.ns // 60_000_000_000): t for t in TIMEFRAMES.values()}  # EURUSD60.csv


@dataclass(frozen=True)
class Imported:
    """One file that is now part of the data folder."""

    path: Path
    target: Path
    kind: str  # bars | funding | mark
    pair: str
    timeframe: str
    rows: int  # read
    total: int  # in the target
    report: QualityReport


def find_files(path: Path) -> list[Path]:
    """The importable files at a path: itself, or all below a folder. Raises SettingsError for none."""
    found = (
        [path]
        if path.is_file()
        else sorted(p for p in path.rglob("*") if p.name.endswith((*TEXTS, *SUFFIXES)))
    )
    if not found:
        kinds = ", ".join((*TEXTS, *SUFFIXES))
        raise SettingsError(f"Nothing to import at {path}.", f"Name a file or folder of {kinds} files.")
    return found


def import_file(
    path: Path,
    data_dir: Path,
    source: str,
    *,
    pair: str | None = None,
    timeframe: str | None = None,
    zone: str | None = None,
    columns: Mapping[str, str] | None = None,
    replace: bool = False,
) -> Imported:
    """Read, sort, check and merge one file; nothing is written where it breaks a rule.

    Pair and timeframe are read from the name where it tells them (freqtrade, MetaTrader), the timeframe else from
    the bars. `zone`: wall clock of times without an offset (MetaTrader forms: America/New_York+7h, others: UTC).
    Raises DataError and SettingsError.
    """
    named = parse_name(path)
    kind = named.kind if named else "bars"
    instrument = _pair_of(path, pair or (named.pair if named else None), source)
    frame = read_freqtrade(path, kind) if named else _read_other(path, zone, columns or {})
    frame = _tidy(frame, path)
    length = _timeframe_of(path, frame, timeframe or (named.timeframe if named else None))
    report = QualityReport(str(path), frame.height)
    if kind == "bars":
        session, day_zone = usual_session(instrument)
        report = check_bars(frame, str(path), length, session=session, zone=day_zone)
        refuse_if_broken(report)
    else:
        refuse_broken_order(frame, str(path))
    target, schema = _target(data_dir, source, instrument, length, kind)
    total = merge_into(target, frame, schema, replace=replace)
    return Imported(path, target, kind, instrument, length.name, frame.height, total, report)


def _read_other(path: Path, zone: str | None, columns: Mapping[str, str]) -> pl.DataFrame:
    if path.suffix.lower() in TEXTS:
        return read_csv(path, zone, columns)
    raise DataError(
        f"{path} has neither freqtrade's name (BTC_USDT_USDT-1h-futures.feather) nor a text suffix.",
        "Rename it so, or export it as CSV.",
    )


def _pair_of(path: Path, told: str | None, source: str) -> str:
    """The pair in the spelling of the source's class."""
    stem = re.match(r"[A-Za-z0-9.]+?(?=(_|-|\.|$|(?:1|5|15|30|60|240|1440|10080|43200)\.))", path.name)
    text = told or (stem[0] if stem else "")
    pair = parse_pair(text)
    folder = layout.folder_of(source)
    asset_class = asset_class_of(folder, source, pair.symbol)
    if pair.settle and asset_class != "perp":
        raise SettingsError(
            f"{text} is a perpetual, and {source} is no source of them.", "Name one as <venue>_perp."
        )
    if folder == "fx" and pair.quote in ("USDT", "USDC"):
        raise SettingsError(
            f"{text} is crypto, and '{source}' does not say which kind.",
            "Name it <venue>_perp or <venue>_spot.",
        )
    return pair.named(asset_class)


def _timeframe_of(path: Path, frame: pl.DataFrame, told: str | None) -> Timeframe:
    """As told, as in the name (EURUSD_M15_…, EURUSD60), else the commonest step of the bars."""
    if told:
        return parse_timeframe(told)
    if match := re.search(r"_(M\d+|H\d+|D1|W1|MN1|\d+[mhdw])(?=_|\.|$)", path.name):
        return parse_timeframe(match[1])
    if (match := re.fullmatch(r"[A-Za-z.]+?(\d+)", path.stem)) and match[1] in _METATRADER_4:
        return _METATRADER_4[match[1]]
    steps, counts = np.unique(np.diff(frame["ts"].dt.epoch("ns").to_numpy()), return_counts=True)
    step = int(steps[np.argmax(counts)]) if len(steps) else 0
    for timeframe in TIMEFRAMES.values():
        if timeframe.ns == step:
            return timeframe
    raise SettingsError(f"The timeframe of {path} cannot be told from its bars.", "Name it with --timeframe.")


def _tidy(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Sorted by time, equal copies once, columns of the layout."""
    if frame.is_empty():
        raise DataError(f"{path} holds no rows.", "Export it again.")
    if "spread" in frame.columns:
        frame = frame.with_columns(pl.col("spread").round().cast(pl.Int32))
    return frame.unique(maintain_order=True).sort("ts", maintain_order=True)


def _target(
    data_dir: Path, source: str, pair: str, timeframe: Timeframe, kind: str
) -> tuple[Path, Mapping[str, pl.DataType]]:
    symbol = parse_pair(pair).symbol
    if kind == "funding":
        return layout.funding_path(data_dir, source, symbol), layout.RATES
    if kind == "mark":
        return layout.mark_path(data_dir, source, symbol, timeframe), layout.MARKS
    return layout.bars_path(data_dir, source, symbol, timeframe), layout.BARS
