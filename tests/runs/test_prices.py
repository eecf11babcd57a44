"""Price bars where the data have holes: coarse bars stand in for finer ones, conversions are told that are old."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from holdfast.history.names import HOUR, MINUTE
from holdfast.history.store import Store
from holdfast.settings.backtest import load_settings
from holdfast.simulator.lines import Lines, narrowed, sorted_lines
from holdfast.simulator.tape import FillLine
from holdfast.simulator.world import Scheduled
from holdfast.wiring.backtest import Backtest
from holdfast.wiring.prices import PriceReader

MONDAY = 1_704_067_200_000_000_000  # 2024-01-01 00:00 UTC
DAYS = 4


def bars(opens: Any, price: float = 100.0, step: float = 0.01) -> pl.DataFrame:
    """Bars that open at these instants, each a little higher than the one before."""
    level = price + step * np.arange(len(opens))
    times = pl.Series("ts", np.asarray(opens, np.int64)).cast(pl.Datetime("ns", "UTC"))
    prices = {"open": level, "high": level + 2 * step, "low": level - step, "close": level + step}
    return pl.DataFrame({"ts": times, **prices, "volume": np.full(len(level), 1000.0)})


def put(folder: Path, name: str, frame: pl.DataFrame) -> None:
    """Write a frame at its path of the layout."""
    path = folder / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path)


def minutes_but(*hours: int, count: int = 24 * DAYS) -> Any:
    """Openings of minutes, without those of some hours."""
    every = MONDAY + MINUTE * np.arange(60 * count)
    return every[~np.isin((every - MONDAY) // HOUR, hours)]


@pytest.fixture
def holed(tmp_path: Path) -> Path:
    """Hours are complete, minutes are missing for the hours 30 and 31 and half of 40."""
    minutes = minutes_but(30, 31)
    put(tmp_path, "crypto/x_perp/ABCUSDT_1h", bars(MONDAY + HOUR * np.arange(24 * DAYS), step=0.6))
    put(
        tmp_path,
        "crypto/x_perp/ABCUSDT_1m",
        bars(minutes[~((minutes >= MONDAY + 40 * HOUR) & (minutes < MONDAY + 40.5 * HOUR))]),
    )
    return tmp_path


def read(folder: Path, planning: str = "1h") -> Any:
    return PriceReader(Store(folder), "x_perp", "1m", planning, (None, None)).read("ABC/USDT:USDT")


def test_an_hour_without_minutes_is_replayed_whole_in_its_last_minute(holed: Path) -> None:
    """Nobody knows its close before its end; an hour with some minutes is made of those."""
    got = read(holed)
    assert (got.coarse, got.undetailed) == (24 * DAYS, 2)
    hour = pl.read_parquet(holed / "crypto/x_perp/ABCUSDT_1h.parquet").row(30, named=True)
    times = got.frame["ts"].dt.epoch("ns")
    inside = got.frame.filter(times.is_between(MONDAY + 30 * HOUR, MONDAY + 31 * HOUR - 1))
    assert inside["ts"].dt.epoch("ns").to_list() == [MONDAY + 31 * HOUR - MINUTE]
    for name in ("open", "high", "low", "close", "volume"):
        assert inside[name][0] == hour[name]
    assert times.is_sorted()
    assert times.n_unique() == len(times)


def test_hours_made_of_the_minutes_say_nothing_new(holed: Path) -> None:
    """Without a file of hours there is nothing to stand in."""
    (holed / "crypto/x_perp/ABCUSDT_1h.parquet").unlink()
    got = read(holed)
    assert got.undetailed == 0
    assert got.frame.height == len(minutes_but(30, 31)) - 30


def test_a_run_says_how_many_bars_had_no_detail(holed: Path) -> None:
    """And runs over all of them."""
    case = {"strategies": ("ma_cross",), "source": "x_perp", "timeframe": "1h", "detail": "1m"}
    machine = Backtest(Store(holed), load_settings(None, case))
    prepared = machine.prepare()
    said = [text for text in prepared.assumptions if "without 1m bars inside" in text]
    assert said == [
        "bars of 1h without 1m bars inside are replayed as one bar each, in their last 1m: ABC/USDT:USDT 2 of 96"
    ]
    assert len(prepared.scenario.bars) == read(holed).frame.height


def test_a_run_says_until_when_a_strategy_warms_up(tmp_path: Path) -> None:
    """The data begin with the range of one pair and long before that of the other; without a range both warm up."""
    hours = MONDAY + HOUR * np.arange(24 * 30)
    put(tmp_path, "crypto/x_perp/ABCUSDT_1h", bars(hours, 100.0, 0.1))
    put(tmp_path, "crypto/x_perp/XYZUSDT_1h", bars(hours[24 * 15 :], 100.0, 0.1))
    case = {"strategies": ("ma_cross",), "source": "x_perp", "timeframe": "1h"}

    def said(**more: str) -> list[str]:
        prepared = Backtest(Store(tmp_path), load_settings(None, case | more)).prepare()
        return [text for text in prepared.assumptions if "can start nothing" in text]

    found = said(timerange="20240116-")
    assert len(found) == 1
    assert found[0].startswith("ma_cross on XYZ/USDT:USDT can start nothing before 2024-01-")
    assert len(said()) == 2
    assert said(timerange="20240116-20240117")[0].startswith(
        "ma_cross on XYZ/USDT:USDT can start nothing for want of "
    )


def test_a_conversion_pair_with_holes_and_a_late_start_is_told(tmp_path: Path) -> None:
    """GBPUSD begins five hours late and lacks two more: EURGBP is converted at its nearest known price there."""
    hours = MONDAY + HOUR * np.arange(24 * DAYS)
    put(tmp_path, "fx/x_mid/EURGBP_1h", bars(hours, 0.85, 0.0001))
    put(tmp_path, "fx/x_mid/GBPUSD_1h", bars(np.delete(hours, [0, 1, 2, 3, 4, 50, 51]), 1.25, 0.0001))
    case = {
        "strategies": ("ma_cross",),
        "source": "x_mid",
        "timeframe": "1h",
        "pairs": ("EURGBP",),
        "currency": "USD",
    }
    prepared = Backtest(Store(tmp_path), load_settings(None, case)).prepare()
    said = [text for text in prepared.assumptions if "converting pair" in text]
    assert len(said) == 1
    assert said[0].endswith("EURGBP by GBPUSD in 7 of 96 bars (5 before its first)")


# Lines


def lines_of(seed: int, count: int) -> tuple[Any, Lines]:
    """Random executions, as an array and as Lines in parts."""
    rng = np.random.default_rng(seed)
    array = np.zeros(count, FillLine.dtype)  # type: ignore[attr-defined]
    for name in array.dtype.names:
        widest = 1 << int(rng.choice([6, 14, 30, 61]))
        array[name] = (
            rng.integers(-widest, widest, count) if array.dtype[name] == np.int64 else rng.random(count) < 0.5
        )
    kept = Lines(FillLine)
    for start in range(0, count, 37):
        kept.add(array[start : start + 37])
    return array, kept


@pytest.mark.parametrize("seed", range(8))
def test_lines_give_back_what_they_were_given(seed: int) -> None:
    """As whole records, in slices, column by column, one by one; always in the record's own types."""
    array, kept = lines_of(seed, 100 * seed)
    assert len(kept) == len(array)
    assert np.array_equal(kept[:], array)
    assert np.array_equal(kept[3:50], array[3:50])
    assert [row.item() for row in kept] == [row.item() for row in array]
    for name in array.dtype.names:
        assert kept[name].dtype == array.dtype[name]
        assert np.array_equal(kept[name], array[name])
        assert np.array_equal(kept.take(name), array[name])


@pytest.mark.parametrize("edge", [127, 128, -128, -129, (1 << 31) - 1, 1 << 31, -(1 << 31) - 1])
def test_a_column_is_kept_in_what_holds_it(edge: int) -> None:
    """Not a bit is lost at the edges of the types."""
    values = np.array([0, edge], np.int64)
    assert narrowed(values).tolist() == values.tolist()
    assert narrowed(np.array([1, -1])).dtype == np.int8


def test_items_come_in_order_of_time_kind_and_instrument() -> None:
    """The order in which they happen at one instant."""
    rng = np.random.default_rng(3)
    parts = []
    for _ in range(5):
        part = np.zeros(40, Scheduled.dtype)  # type: ignore[attr-defined]
        part["time_ns"], part["kind"], part["instrument_id"] = rng.integers(0, 9, (3, 40))
        part["a"] = rng.integers(-(1 << 40), 1 << 40, 40)
        parts.append(part)
    every = np.concatenate(parts)
    wanted = every[np.lexsort((every["instrument_id"], every["kind"], every["time_ns"]))]
    assert np.array_equal(sorted_lines(Scheduled, parts, "time_ns", "kind", "instrument_id")[:], wanted)
    assert parts == []
