"""A data folder used in place: what is found, what is read, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from handmade import bars_at, instant, put, steps_up, times

from holdfast.errors import DataError, HoldfastError, SettingsError
from holdfast.history.layout import RATES
from holdfast.history.parquet import write_whole
from holdfast.history.reading import NoBarsError
from holdfast.history.store import Store

Spoil = Callable[[pl.DataFrame], pl.DataFrame]
SOURCE, PAIR = "test_perp", "BTC/USDT:USDT"
PATH = "crypto/test_perp/BTCUSDT_1h"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sources: perpetuals with two timeframes and funding, and FX."""
    put(tmp_path, PATH, steps_up("2025-01-01", "1h", 100))
    put(tmp_path, "crypto/test_perp/BTCUSDT_1m", steps_up("2025-01-02 00:30", "1m", 600))
    put(tmp_path, "crypto/test_perp/ETHUSDT_5m", steps_up("2025-01-01", "5m", 50))
    put(tmp_path, "fx/broker/EURUSD_H1", steps_up("2025-01-06", "1h", 48, 2.0))
    ts = pl.Series([instant("2025-01-01 08:00"), instant("2025-01-01 16:00")]).cast(pl.Datetime("ns"))
    rates = pl.DataFrame({"ts": ts.dt.replace_time_zone("UTC"), "rate": [1e-4, -2e-4]}, schema=RATES)
    put(tmp_path, "crypto/funding/test_BTCUSDT", rates)
    put(tmp_path, "crypto/mark/test_BTCUSDT_1h", steps_up("2025-01-01", "1h", 10).drop("volume"))
    put(tmp_path, "crypto/ticks/test_perp_BTCUSDT_20250101_trades", rates)
    return tmp_path


def test_names_of_files_say_what_there_is(folder: Path) -> None:
    """Class, source, pair and timeframe; funding, marks and ticks are no series."""
    store = Store(folder)
    assert store.sources() == ["broker", "test_perp"]
    assert store.pairs("test_perp") == ["BTC/USDT:USDT", "ETH/USDT:USDT"]
    assert [t.name for t in store.timeframes(SOURCE, PAIR)] == ["1m", "1h"]
    assert store.finest(SOURCE, PAIR).name == "1m"
    assert [(s.pair, s.asset_class, s.timeframe.name) for s in store.series("broker")] == [
        ("EURUSD", "fx", "1h")
    ]


def test_only_the_asked_range_is_read_and_its_end_is_outside(folder: Path) -> None:
    """start <= ts < end."""
    bars = Store(folder).bars(
        SOURCE, "BTCUSDT", "H1", instant("2025-01-01 05:00"), instant("2025-01-01 07:00")
    )
    assert times(bars) == ["2025-01-01 05:00", "2025-01-01 06:00"]
    assert bars.columns == ["ts", "open", "high", "low", "close", "volume"]


def test_a_timeframe_without_a_file_is_made_from_the_finest_finer_one_in_the_range(folder: Path) -> None:
    """4h of day 2 comes from the minutes, 4h of day 3, where there are none, from the hours."""
    store = Store(folder)
    day2 = store.reading(SOURCE, PAIR, "4h", instant("2025-01-02"), instant("2025-01-03"))
    day3 = store.reading(SOURCE, PAIR, "4h", instant("2025-01-03"), instant("2025-01-04"))
    assert (day2.series.timeframe.name, day3.series.timeframe.name) == ("1m", "1h")
    assert day3.resampled
    bars = store.bars(SOURCE, PAIR, "4h", instant("2025-01-03"), instant("2025-01-04"))
    assert times(bars) == [f"2025-01-03 {hour:02d}:00" for hour in range(0, 24, 4)]
    assert bars["volume"].to_list() == [4.0] * 6


def test_a_finer_file_too_short_for_one_bucket_gives_way_to_a_longer_one(folder: Path) -> None:
    """Ten hours of minutes make no day; a hundred hours make four."""
    bars = Store(folder).bars(SOURCE, PAIR, "1d")
    assert times(bars) == [f"2025-01-0{day} 00:00" for day in (1, 2, 3, 4)]


def test_resampled_buckets_are_whole_although_the_range_cuts_them(folder: Path) -> None:
    """A range from 05:30 to 12:30 holds the buckets that open in it, each with all of its bars."""
    bars = Store(folder).bars(SOURCE, PAIR, "4h", instant("2025-01-03 05:30"), instant("2025-01-03 12:30"))
    assert times(bars) == ["2025-01-03 08:00", "2025-01-03 12:00"]
    assert bars["volume"].to_list() == [4.0, 4.0]


def test_a_partial_hour_at_the_edge_of_the_data_is_dropped(folder: Path) -> None:
    """Minutes from 00:30 to 10:29 make the hours 01:00 to 09:00."""
    (folder / f"{PATH}.parquet").unlink()
    bars = Store(folder).bars(SOURCE, PAIR, "1h")
    assert (times(bars)[0], times(bars)[-1]) == ("2025-01-02 01:00", "2025-01-02 09:00")


def test_fx_days_are_metatrader_days_unless_said_otherwise(folder: Path) -> None:
    """Day boundary 17:00 New York, 22:00 UTC in January."""
    store = Store(folder)
    assert times(store.bars("broker", "EUR_USD", "1d")) == ["2025-01-06 22:00"]
    assert times(store.bars("broker", "EUR_USD", "D1", zone="UTC")) == [
        "2025-01-06 00:00",
        "2025-01-07 00:00",
    ]


def test_parts_of_a_series_are_joined_in_time_order(tmp_path: Path) -> None:
    """Bars that two parts share count once when they agree."""
    whole = steps_up("2025-01-01", "1h", 40)
    put(tmp_path, PATH, whole.tail(20))
    put(tmp_path, f"{PATH}_2024-12", whole.head(25))
    assert Store(tmp_path).bars(SOURCE, PAIR, "1h").equals(whole)


def test_parts_that_disagree_are_refused(tmp_path: Path) -> None:
    """Which one is right is for a person to say."""
    whole = steps_up("2025-01-01", "1h", 40)
    put(tmp_path, PATH, whole.tail(20))
    put(tmp_path, f"{PATH}_2024-12", whole.head(25).with_columns(pl.col("volume") * 2))
    with pytest.raises(
        DataError, match=r"BTCUSDT_1h.parquet, BTCUSDT_1h_2024-12.parquet .* disagree at 2025-01-01 20:00"
    ):
        Store(tmp_path).bars(SOURCE, PAIR, "1h")


def test_funding_and_marks_are_found_by_the_venue(folder: Path) -> None:
    """The venue is what the source's name begins with; where there is no file the answer is None."""
    store = Store(folder)
    funding = store.funding(SOURCE, PAIR, instant("2025-01-01 09:00"), None)
    assert funding is not None
    assert funding["rate"].to_list() == [-2e-4]
    mark = store.mark(SOURCE, PAIR)
    assert mark is not None
    assert mark.columns == ["ts", "open", "high", "low", "close"]
    assert store.funding(SOURCE, "ETHUSDT") is None
    assert store.mark("broker", "EURUSD") is None


@pytest.mark.parametrize(
    "source, pair, timeframe, says",
    [
        ("test_prep", PAIR, "1h", "Did you mean test_perp"),
        (SOURCE, "BTX/USDT:USDT", "1h", "Did you mean BTC/USDT:USDT"),
        (SOURCE, "SOLUSDT", "1h", "has no SOLUSDT"),
        (SOURCE, "ETHUSDT", "1m", "only as 5m"),
        (SOURCE, "ETHUSDT", "7m", "is not a timeframe"),
        ("broker", "EUR/USD:USD", "1h", "is a perpetual, and broker holds EURUSD"),
    ],
)
def test_unknown_names_are_refused_with_what_there_is(
    folder: Path, source: str, pair: str, timeframe: str, says: str
) -> None:
    """One sentence, and a hint."""
    with pytest.raises(SettingsError, match=says):
        Store(folder).bars(source, pair, timeframe)


def test_a_timerange_without_bars_says_what_range_there_is(folder: Path) -> None:
    """From and to, in UTC."""
    with pytest.raises(
        NoBarsError,
        match=r"no closed 1h bars of BTC/USDT:USDT from 2026-01-01 00:00 UTC\..*to 2025-01-05 03:00",
    ):
        Store(folder).bars(SOURCE, PAIR, "1h", instant("2026-01-01"))


def test_a_missing_folder_is_told_with_the_ways_to_get_one(tmp_path: Path) -> None:
    """Not an empty list."""
    with pytest.raises(SettingsError, match="HOLDFAST_DATA_DIR"):
        Store(tmp_path / "none").sources()


def _swap(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(high=pl.col("low"), low=pl.col("high"))


def _row(frame: pl.DataFrame, name: str, value: float | None) -> pl.DataFrame:
    return frame.with_columns(
        pl.when(pl.int_range(pl.len()) == 3).then(value).otherwise(pl.col(name)).alias(name)
    )


BAD: dict[str, tuple[Spoil, str]] = {
    "a missing column": (lambda f: f.drop("volume"), "no column 'volume'"),
    "another name": (lambda f: f.rename({"ts": "time"}), "no column 'ts'"),
    "text for numbers": (lambda f: f.with_columns(pl.col("close").cast(pl.String)), "'close' as String"),
    "times without a zone": (
        lambda f: f.with_columns(pl.col("ts").dt.replace_time_zone(None)),
        "'ts' as Datetime",
    ),
    "times in milliseconds": (
        lambda f: f.with_columns(pl.col("ts").dt.cast_time_unit("ms")),
        "'ts' as Datetime",
    ),
    "bars out of order": (
        lambda f: pl.concat([f.tail(10), f.head(10)]),
        r"goes back in time at row 10 \(2025-01-01 00:00",
    ),
    "a bar twice": (
        lambda f: pl.concat([f.head(5), f.tail(f.height - 4)]),
        r"same time twice at row 5 \(2025-01-01 04:00",
    ),
    "NaN": (
        lambda f: _row(f, "close", float("nan")),
        r"no number in column 'close' at row 3 \(2025-01-01 03:00",
    ),
    "a null": (lambda f: _row(f, "volume", None), "no number in column 'volume' at row 3"),
    "infinity": (lambda f: _row(f, "high", float("inf")), "no number in column 'high' at row 3"),
    "a zero price": (lambda f: _row(f, "low", 0.0), "zero or negative at row 3"),
    "a negative price": (lambda f: _row(f, "open", -1.0), "zero or negative at row 3"),
    "high and low exchanged": (
        _swap,
        "high or low does not hold its open and close at row 0 .*, and 19 more",
    ),
    "negative volume": (lambda f: _row(f, "volume", -1.0), "negative volume at row 3"),
    "bars finer than named": (lambda f: steps_up("2025-01-01", "15m", 20), "less than 1h apart at row 1"),
}


@pytest.mark.parametrize("case", BAD)
def test_broken_bars_are_refused_with_file_rule_row_and_mend(tmp_path: Path, case: str) -> None:
    """No strategy runs on data that are silently broken."""
    spoil, says = BAD[case]
    path = put(tmp_path, PATH, spoil(steps_up("2025-01-01", "1h", 20)))
    with pytest.raises(DataError, match=says) as caught:
        Store(tmp_path).bars(SOURCE, PAIR, "1h")
    assert str(path) in caught.value.problem
    assert caught.value.mend


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"no parquet at all", None], ids=["empty", "head", "text", "truncated"]
)
def test_an_unreadable_file_is_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    """Empty, cut off in the middle, or something else under that name."""
    path = put(tmp_path, PATH, steps_up("2025-01-01", "1h", 500))
    path.write_bytes(path.read_bytes()[:-100] if content is None else content)
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        Store(tmp_path).bars(SOURCE, PAIR, "1h")


def test_broken_funding_is_refused(tmp_path: Path) -> None:
    """Rates are money too."""
    put(tmp_path, PATH, steps_up("2025-01-01", "1h", 20))
    ts = steps_up("2025-01-01", "8h", 3)["ts"]
    put(tmp_path, "crypto/funding/test_BTCUSDT", pl.DataFrame({"ts": ts, "rate": [1e-4, float("nan"), 1e-4]}))
    with pytest.raises(DataError, match="no number in column 'rate' at row 1"):
        Store(tmp_path).funding(SOURCE, PAIR)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk while saving."""
    path = put(tmp_path, PATH, steps_up("2025-01-01", "1h", 20))
    before = path.read_bytes()

    def full(self: pl.DataFrame, file: object, **_: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(HoldfastError, match=r"No space left on device.*Nothing was changed"):
        write_whole(steps_up("2025-01-01", "1h", 30), path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_week_of_bars_needs_bars_that_fit_into_days(tmp_path: Path) -> None:
    """Weeks and months are made of whole days."""
    put(tmp_path, PATH, bars_at(["2025-01-01"], [(1, 1, 1, 1, 1)]))
    assert Store(tmp_path).reading(SOURCE, PAIR, "1w").resampled
    (tmp_path / f"{PATH}.parquet").rename(tmp_path / "crypto/test_perp/BTCUSDT_3d.parquet")
    with pytest.raises(SettingsError, match="only as 3d"):
        Store(tmp_path).reading(SOURCE, PAIR, "1w")
