"""Bars, funding and marks as freqtrade keeps them: feather, parquet, json and json.gz."""

from __future__ import annotations

import gzip
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from holdfast.errors import DataError
from holdfast.history.import_times import to_utc

_COLUMNS = ("date", "open", "high", "low", "close", "volume")
_NAME = re.compile(
    r"(?P<pair>[A-Z0-9]+_[A-Z0-9]+(?:_[A-Z0-9]+)?)-(?P<timeframe>\d+[mhdwM])(?:-(?P<kind>\w+))?"
)
SUFFIXES = (".feather", ".json", ".json.gz", ".parquet")


@dataclass(frozen=True)
class FreqtradeName:
    """What a freqtrade file name tells: `BTC_USDT_USDT-1h-futures.feather`."""

    pair: str
    timeframe: str
    kind: str  # bars | funding | mark


def parse_name(path: Path) -> FreqtradeName | None:
    """Pair, timeframe and kind, or None where the name is not freqtrade's."""
    match = _NAME.fullmatch(path.name.split(".")[0])
    if not match or not path.name.endswith(SUFFIXES):
        return None
    base, quote, *settle = match["pair"].split("_")
    kind = {"funding_rate": "funding", "mark": "mark"}.get(match["kind"] or "", "bars")
    return FreqtradeName(f"{base}/{quote}" + (f":{settle[0]}" if settle else ""), match["timeframe"], kind)


def read_freqtrade(path: Path, kind: str) -> pl.DataFrame:
    """ts and the columns of the kind. freqtrade keeps a funding rate as the `open` of its bar. Raises DataError."""
    try:
        table = _read(path)
    except (OSError, EOFError, ValueError, TypeError, pl.exceptions.PolarsError) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise DataError(f"{path} cannot be read ({reason}).", "Download it again with freqtrade.") from None
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise DataError(
            f"{path} lacks the columns {', '.join(missing)}.", "freqtrade files hold date and OHLCV."
        )
    numbers = {name: table[name].cast(pl.Float64) for name in _COLUMNS[1:]}
    frame = pl.DataFrame({"ts": to_utc(table["date"], "UTC", path), **numbers})
    if kind == "funding":
        return frame.select("ts", rate="open")
    return frame.drop("volume") if kind == "mark" else frame


def _read(path: Path) -> pl.DataFrame:
    if path.suffix == ".feather":
        return pl.read_ipc(io.BytesIO(path.read_bytes()))
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = [row[:6] for row in json.loads(raw)]
    return pl.DataFrame(rows, schema=list(_COLUMNS), orient="row")
