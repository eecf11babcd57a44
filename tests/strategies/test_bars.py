"""Bars for a strategy come with their warm-up, from whatever files hold it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from small_market import HOUR, MONDAY, walk

from holdfast.errors import DataError
from holdfast.history.layout import bars_path
from holdfast.history.names import DAY, parse_timeframe
from holdfast.history.parquet import write_whole
from holdfast.history.resample import resample
from holdfast.history.store import Store
from holdfast.strategies.bars import assemble
from holdfast.strategies.strategy import Timeframes

ZONE = "America/New_York+7h"
FRAMES = Timeframes("1h", ("4h", "1d", "1w"), ZONE)
HOURS = walk(24 * 120)  # 1 January to 29 April 2024, without weekends' pause
SPLIT = MONDAY + 60 * DAY + 22 * HOUR  # a New York 17:00, where the 1h file begins


def folder(tmp_path: Path, **files: pl.DataFrame) -> Store:
    """A data folder with files of EURUSD by timeframe, the source `oanda_mid`."""
    for name, frame in files.items():
        path = bars_path(tmp_path, "oanda_mid", "EURUSD", parse_timeframe(name.removeprefix("of_")))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(frame.select("ts", "open", "high", "low", "close", "volume"), path)
    return Store(tmp_path)


def before(frame: pl.DataFrame, instant: int) -> pl.DataFrame:
    return frame.filter(pl.col("ts").dt.epoch("ns") < instant)


def since(frame: pl.DataFrame, instant: int) -> pl.DataFrame:
    return frame.filter(pl.col("ts").dt.epoch("ns") >= instant)


def fours(frame: pl.DataFrame) -> pl.DataFrame:
    return resample(frame, "4h", ZONE)


def test_the_warm_up_is_taken_from_before_the_start(tmp_path: Path) -> None:
    """50 base bars before, 10 daily ones at least, and nothing from the end on."""
    store = folder(tmp_path, of_1h=HOURS)
    start, end = MONDAY + 80 * DAY, MONDAY + 90 * DAY
    bars = assemble(store, "oanda_mid", "EURUSD", FRAMES, start, end, 50, {"4h": 5, "1d": 10, "1w": 2})
    assert bars.base.height == 10 * 24 + 50
    assert bars.base.equals(since(before(HOURS, end), start - 50 * HOUR))
    assert (bars.higher["1d"]["closes"].dt.epoch("ns") <= start).sum() >= 10
    assert bars.higher["1d"]["closes"].dt.epoch("ns").max() <= end


def test_a_coarser_file_reaches_further_back(tmp_path: Path) -> None:
    """4h bars of the first 60 days and 1h bars since give the same days and weeks as 1h bars of all of it."""
    windows = {"4h": 300, "1d": 50, "1w": 8}
    whole = assemble(
        folder(tmp_path / "a", of_1h=HOURS), "oanda_mid", "EURUSD", FRAMES, SPLIT, None, 2, windows
    )
    store = folder(tmp_path / "b", of_1h=since(HOURS, SPLIT), of_4h=fours(before(HOURS, SPLIT)))
    parts = assemble(store, "oanda_mid", "EURUSD", FRAMES, SPLIT, None, 2, windows)
    assert parts.base.height == since(HOURS, SPLIT).height
    for name, frame in parts.higher.items():
        expected = whole.higher[name].filter(pl.col("ts") >= frame["ts"][0])
        assert frame.drop("volume").equals(expected.drop("volume"))
        assert (frame["closes"].dt.epoch("ns") <= SPLIT).sum() > 5


def test_files_with_a_hole_between_them_are_not_joined(tmp_path: Path) -> None:
    """A coarser file that ends a month before the finer one begins is another history."""
    store = folder(tmp_path, of_1h=since(HOURS, SPLIT), of_4h=fours(before(HOURS, SPLIT - 30 * DAY)))
    bars = assemble(store, "oanda_mid", "EURUSD", FRAMES, SPLIT, None, 2, {"1d": 50})
    assert bars.higher["1d"]["ts"].dt.epoch("ns")[0] >= SPLIT


def test_base_bars_before_the_start_may_lie_in_another_file(tmp_path: Path) -> None:
    """1h bars until the split, 1m-like 15m bars since: the warm-up of a 1h strategy comes from the first."""
    quarters = walk(4 * 24 * 20, step=HOUR // 4).with_columns(
        pl.Series("ts", SPLIT + (HOUR // 4) * pl.Series(range(4 * 24 * 20))).cast(pl.Datetime("ns", "UTC"))
    )
    store = folder(tmp_path, of_1h=before(HOURS, SPLIT), of_15m=quarters)
    bars = assemble(store, "oanda_mid", "EURUSD", Timeframes("1h"), SPLIT, None, 30)
    assert bars.base.height == 30 + 20 * 24
    assert bars.base.head(30).equals(before(HOURS, SPLIT).tail(30))


def test_less_warm_up_is_given_where_the_data_begin_later(tmp_path: Path) -> None:
    """Five bars before the start exist; five are given."""
    store = folder(tmp_path, of_1h=HOURS)
    assert (
        assemble(store, "oanda_mid", "EURUSD", Timeframes("1h"), MONDAY + 5 * HOUR, None, 50).base.height
        == HOURS.height
    )


def test_a_range_without_data_is_refused(tmp_path: Path) -> None:
    """The store says what it has."""
    store = folder(tmp_path, of_1h=HOURS)
    with pytest.raises(DataError, match="no closed 1h bars"):
        assemble(store, "oanda_mid", "EURUSD", FRAMES, MONDAY + 900 * DAY, None, 2)
