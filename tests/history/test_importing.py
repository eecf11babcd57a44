"""Files of freqtrade, MetaTrader and of nobody in particular, into the layout."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pytest
from handmade import bars_at, steps_up, times

from holdfast.errors import DataError, HoldfastError, SettingsError
from holdfast.history.importing import find_files, import_file
from holdfast.history.store import Store

HOURS = steps_up("2025-01-01", "1h", 30)


def freqtrade_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """As freqtrade writes it: `date` in milliseconds."""
    return frame.select(pl.col("ts").dt.cast_time_unit("ms").alias("date"), pl.exclude("ts"))


def milliseconds(frame: pl.DataFrame) -> list[list[float]]:
    """Rows as freqtrade's json and ccxt have them."""
    return [[ts.timestamp() * 1000, *rest] for ts, *rest in frame.rows()]


def written(folder: Path, name: str, kind: str) -> Path:
    """The same 30 hours in one of freqtrade's formats."""
    path = folder / f"{name}.{kind}"
    rows = json.dumps([[int(ms), *rest] for ms, *rest in milliseconds(HOURS)]).encode()
    if kind == "feather":
        freqtrade_frame(HOURS).write_ipc(path, compression="lz4")
    elif kind == "parquet":
        freqtrade_frame(HOURS).write_parquet(path)
    else:
        path.write_bytes(gzip.compress(rows) if kind == "json.gz" else rows)
    return path


@pytest.mark.parametrize("kind", ["feather", "parquet", "json", "json.gz"])
def test_freqtrade_files_are_read_by_their_name(tmp_path: Path, kind: str) -> None:
    """Pair, timeframe and market come from BTC_USDT_USDT-1h-futures."""
    done = import_file(written(tmp_path, "BTC_USDT_USDT-1h-futures", kind), tmp_path / "data", "bybit_perp")
    assert (done.pair, done.timeframe, done.rows) == ("BTC/USDT:USDT", "1h", 30)
    assert done.target == tmp_path / "data/crypto/bybit_perp/BTCUSDT_1h.parquet"
    assert Store(tmp_path / "data").bars("bybit_perp", "BTCUSDT", "1h").equals(HOURS)


def test_freqtrade_funding_and_marks_go_to_their_folders(tmp_path: Path) -> None:
    """freqtrade keeps the rate as the bar's open."""
    rates = freqtrade_frame(steps_up("2025-01-01", "8h", 3)).with_columns(open=pl.Series([1e-4, -1e-4, 2e-4]))
    rates.write_ipc(tmp_path / "BTC_USDT_USDT-8h-funding_rate.feather")
    freqtrade_frame(HOURS).write_ipc(tmp_path / "BTC_USDT_USDT-1h-mark.feather")
    written(tmp_path, "BTC_USDT_USDT-1h-futures", "feather")
    for path in find_files(tmp_path):
        import_file(path, tmp_path / "data", "bybit_perp")
    store = Store(tmp_path / "data")
    assert store.funding("bybit_perp", "BTCUSDT")["rate"].to_list() == [1e-4, -1e-4, 2e-4]  # type: ignore[index]
    assert store.mark("bybit_perp", "BTCUSDT").height == 30  # type: ignore[union-attr]


METATRADER_5 = """<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>
2025.03.07\t23:00:00\t1.08300\t1.08400\t1.08250\t1.08350\t900\t0\t12
2025.03.10\t00:00:00\t1.08350\t1.08360\t1.08200\t1.08210\t800\t0\t61
2025.03.10\t01:00:00\t1.08210\t1.08220\t1.08100\t1.08150\t700\t0\t3
"""
HISTORY_CENTER = """2025.03.07,23:00,1.08300,1.08400,1.08250,1.08350,900
2025.03.10,00:00,1.08350,1.08360,1.08200,1.08210,800
2025.03.10,01:00,1.08210,1.08220,1.08100,1.08150,700
"""


@pytest.mark.parametrize(
    "name, text",
    [("EURUSD_H1_202503072300_202503100100.csv", METATRADER_5), ("EURUSD60.csv", HISTORY_CENTER)],
)
def test_metatrader_exports_are_server_time(tmp_path: Path, name: str, text: str) -> None:
    """Server midnight is 17:00 New York: Friday's last hour is 21:00 UTC in winter, Monday opens at 21:00 in summer."""
    path = tmp_path / name
    path.write_text(text)
    done = import_file(path, tmp_path / "data", "mybroker")
    bars = Store(tmp_path / "data").bars("mybroker", "EURUSD", "H1")
    assert done.target.name == "EURUSD_H1.parquet"
    assert times(bars) == ["2025-03-07 21:00", "2025-03-09 21:00", "2025-03-09 22:00"]
    assert bars["volume"].to_list() == [900, 800, 700]
    assert ("spread" in bars.columns) == ("<SPREAD>" in text)


def test_another_server_zone_and_utf_16_are_read(tmp_path: Path) -> None:
    """A broker on European server time, exported as UTF-16."""
    path = tmp_path / "EURUSD_H1_x.csv"
    path.write_bytes(METATRADER_5.encode("utf-16"))
    import_file(path, tmp_path / "data", "mybroker", zone="Europe/Athens")
    assert times(Store(tmp_path / "data").bars("mybroker", "EURUSD", "1h"))[0] == "2025-03-07 21:00"
    assert times(Store(tmp_path / "data").bars("mybroker", "EURUSD", "1h"))[1] == "2025-03-09 22:00"


def test_daily_metatrader_bars_have_no_time_column(tmp_path: Path) -> None:
    """The date alone is server midnight."""
    path = tmp_path / "EURUSD_Daily.csv"
    path.write_text(
        "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n2025.01.06\t1\t1\t1\t1\t5\t0\t3\n"
    )
    import_file(path, tmp_path / "data", "mybroker", timeframe="D1", pair="EURUSD")
    assert times(Store(tmp_path / "data").bars("mybroker", "EURUSD", "1d")) == ["2025-01-05 22:00"]


@pytest.mark.parametrize(
    "text",
    [
        "timestamp,open,high,low,close,volume\n1735689600000,1,3,1,2,10\n1735693200000,2,4,2,3,11\n",
        "Date,Open,High,Low,Close,Volume\n2025-01-01T00:00:00Z,1,3,1,2,10\n2025-01-01T01:00:00Z,2,4,2,3,11\n",
        "time;o;h;l;c;vol\n2025-01-01 02:00:00+02:00;1,0;3;1;2;10\n2025-01-01 03:00:00+02:00;2;4;2;3,0;11\n",
        "1735689600,1,3,1,2,10\n1735693200,2,4,2,3,11\n",
        "Volume;close;low;high;open;unix\n11;3;2;4;2;1735693200\n10;2;1;3;1;1735689600\n",
        "date,time,open,high,low,close,volume\n20250101,00:00:00,1,3,1,2,10\n20250101,01:00:00,2,4,2,3,11\n",
        "2025/01/01 00:00,1,3,1,2,10\n2025/01/01 01:00,2,4,2,3,11\n",
    ],
    ids=["ms", "iso", "semicolons, offset", "no header", "any order", "date and time", "slashes"],
)
def test_plain_csv_is_read_whatever_its_header(tmp_path: Path, text: str) -> None:
    """Columns by their usual names, times by their size or form, UTC where nothing else is said."""
    path = tmp_path / "BTCUSDT.csv"
    path.write_text(text)
    done = import_file(path, tmp_path / "data", "x_perp")
    expected = bars_at(["2025-01-01 00:00", "2025-01-01 01:00"], [(1, 3, 1, 2, 10), (2, 4, 2, 3, 11)])
    assert done.timeframe == "1h"
    assert Store(tmp_path / "data").bars("x_perp", "BTCUSDT", "1h").equals(expected)


def test_columns_can_be_named(tmp_path: Path) -> None:
    """--columns time=Zeit,close=Schluss."""
    path = tmp_path / "BTCUSDT_1h.csv"
    path.write_text("Zeit,open,high,low,Schluss\n2025-01-01 00:00,1,3,1,2\n2025-01-01 01:00,1,3,1,2\n")
    with pytest.raises(DataError, match=r"no column for 'time'.*--columns time=NAME"):
        import_file(path, tmp_path / "data", "x_perp")
    with pytest.raises(DataError, match=r"has no column 'Schlus'\. Did you mean Schluss"):
        import_file(path, tmp_path / "data", "x_perp", columns={"time": "Zeit", "close": "Schlus"})
    done = import_file(path, tmp_path / "data", "x_perp", columns={"time": "Zeit", "close": "Schluss"})
    assert done.total == 2


def test_unsorted_rows_are_sorted_and_equal_copies_dropped(tmp_path: Path) -> None:
    """What can be mended without a doubt is mended."""
    rows = HOURS.reverse()
    freqtrade_frame(pl.concat([rows, rows.head(3)])).write_ipc(tmp_path / "BTC_USDT-1h.feather")
    assert import_file(tmp_path / "BTC_USDT-1h.feather", tmp_path / "data", "x_spot").total == 30


def test_importing_twice_adds_nothing_and_later_files_extend(tmp_path: Path) -> None:
    """The target is merged, not replaced."""
    freqtrade_frame(HOURS.head(20)).write_ipc(tmp_path / "BTC_USDT-1h.feather")
    for _ in range(2):
        assert import_file(tmp_path / "BTC_USDT-1h.feather", tmp_path / "data", "x_spot").total == 20
    freqtrade_frame(HOURS.tail(15)).write_ipc(tmp_path / "BTC_USDT-1h.feather")
    assert import_file(tmp_path / "BTC_USDT-1h.feather", tmp_path / "data", "x_spot").total == 30
    assert Store(tmp_path / "data").bars("x_spot", "BTC/USDT", "1h").equals(HOURS)


def test_other_numbers_for_the_same_times_are_refused_unless_they_shall_win(tmp_path: Path) -> None:
    """Nothing on disk changes before a person says so."""
    freqtrade_frame(HOURS).write_ipc(tmp_path / "BTC_USDT-1h.feather")
    target = import_file(tmp_path / "BTC_USDT-1h.feather", tmp_path / "data", "x_spot").target
    before = target.read_bytes()
    freqtrade_frame(HOURS.with_columns(pl.col("volume") + 1)).write_ipc(tmp_path / "BTC_USDT-1h.feather")
    with pytest.raises(DataError, match="already holds 30 of these times with other numbers"):
        import_file(tmp_path / "BTC_USDT-1h.feather", tmp_path / "data", "x_spot")
    assert target.read_bytes() == before
    import_file(tmp_path / "BTC_USDT-1h.feather", tmp_path / "data", "x_spot", replace=True)
    assert Store(tmp_path / "data").bars("x_spot", "BTC/USDT", "1h")["volume"].to_list() == [2.0] * 30


@pytest.mark.parametrize(
    "name, text, source, says",
    [
        ("BTCUSDT_1h.csv", "", "x_perp", "is empty"),
        ("BTCUSDT_1h.csv", "time,open,high,low,close,volume\n", "x_perp", "a header and no bars"),
        ("BTCUSDT_1h.csv", "1735689600,1,2\n", "x_perp", "has 3 columns and no header"),
        ("BTCUSDT_1h.csv", "1735689600,1,2,0.5,x,1\n", "x_perp", "'x' as close in its bar 0"),
        ("BTCUSDT_1h.csv", "time,open,high,low,close\nsoon,1,1,1,1\n", "x_perp", "'soon' where a time should be"),
        ("BTCUSDT_1h.csv", "time,open,high,low,close\n5,1,1,1,1\n", "x_perp", "5 where a time should be"),
        ("BTCUSDT_1h.csv", "1735689600,1,2,3,1,1\n", "x_perp", "does not hold its open and close"),
        ("BTCUSDT_1h.csv", "1735689600,1,2,1,1,1\n1735689600,1,3,1,1,1\n", "x_perp", "holds the same time twice"),
        ("BTCUSDT_1h.csv", "1735689600,0,2,0,1,1\n", "x_perp", "zero or negative"),
        ("BTCUSDT_1h.csv", "1735689600,1,2,1,1,1\n", "broker", "does not say which kind"),
        ("BTC_USDT_USDT-1h.json", "[]", "x_spot", "no source of them"),
        ("BTC_USDT-1h.json", "[[1,2", "x_spot", "cannot be read"),
        ("BTC_USDT-1h.json", "[]", "x_spot", "holds no rows"),
        ("BTC_USDT-1h.feather", "no feather", "x_spot", "cannot be read"),
        ("BTCUSDT.csv", "1735689600,1,2,1,1,1\n", "x_perp", "Name it with --timeframe"),
        ("whatever.feather", "", "x_perp", "neither freqtrade's name"),
        ("EURUSD_H1.csv", "2025.03.09,09:30,1,1,1,1,1\n", "b", "a time that the clocks of America/New_York.7h skip"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, name: str, text: str, source: str, says: str
) -> None:
    """Refused before anything is written."""
    (tmp_path / name).write_text(text)
    with pytest.raises(HoldfastError, match=says):
        import_file(tmp_path / name, tmp_path / "data", source)
    assert not (tmp_path / "data").exists()


def test_an_hour_that_the_clocks_repeat_is_told_apart_by_the_step_back(tmp_path: Path) -> None:
    """A market that trades through the change: 01:00 New York comes twice, 5 and 6 o'clock UTC."""
    clock = ["00:00", "01:30", "01:00", "02:00"]
    rows = [f"2025-11-02 {time},1,1,1,1,1" for time in clock]
    (tmp_path / "BTCUSDT_30m.csv").write_text("\n".join(["time,open,high,low,close,volume", *rows]))
    import_file(tmp_path / "BTCUSDT_30m.csv", tmp_path / "data", "x_perp", zone="America/New_York")
    found = times(Store(tmp_path / "data").bars("x_perp", "BTCUSDT", "30m"))
    assert found == ["2025-11-02 04:00", "2025-11-02 05:30", "2025-11-02 06:00", "2025-11-02 07:00"]


def test_a_wrong_zone_shows_in_the_report(tmp_path: Path) -> None:
    """Server time taken for UTC: weeks open at odd hours."""
    server = pl.concat(steps_up(f"2025-02-{day:02d} 00:00", "1h", 120, 2.0) for day in (3, 10, 17, 24))
    text = server.with_columns(pl.col("ts").dt.strftime("%Y-%m-%d %H:%M")).rename({"ts": "time"}).write_csv()
    (tmp_path / "EURUSD_H1.csv").write_text(text)
    done = import_file(tmp_path / "EURUSD_H1.csv", tmp_path / "data", "b")
    assert {"weekend", "week_opening"} & {finding.rule for finding in done.report.warnings}


def test_a_folder_is_searched_for_importable_files(tmp_path: Path) -> None:
    """And one with none says which kinds there are."""
    with pytest.raises(SettingsError, match="Nothing to import"):
        find_files(tmp_path)
    (tmp_path / "futures").mkdir()
    written(tmp_path / "futures", "BTC_USDT_USDT-1h-futures", "feather")
    assert [path.name for path in find_files(tmp_path)] == ["BTC_USDT_USDT-1h-futures.feather"]
