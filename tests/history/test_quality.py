"""What the quality report finds in bars, and that it finds nothing in good ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from handmade import steps_up

from holdfast.errors import DataError
from holdfast.history.findings import QualityReport, refuse_if_broken
from holdfast.history.instruments import load_instruments
from holdfast.history.names import parse_timeframe
from holdfast.history.quality import check_bars
from holdfast.history.sessions import FX_WEEK
from holdfast.history.store import Store
from holdfast.history.synthetic import FX, PERP, synthetic_market
from holdfast.history.zones import METATRADER_DAY

HOURLY = parse_timeframe("1h")
MINUTE = parse_timeframe("1m")


def rules(report: QualityReport) -> list[str]:
    """The rules that are broken."""
    return [finding.rule for finding in report.findings]


@pytest.fixture(scope="module")
def fx_hours() -> pl.DataFrame:
    """Half a year of a currency pair, winter and summer, in UTC."""
    return synthetic_market(3, 180, "1h", ["EURUSD"]).bars[FX, "EURUSD"]


def check_fx(frame: pl.DataFrame) -> QualityReport:
    """As `check-data` does for a currency pair."""
    return check_bars(frame, "EURUSD_H1", HOURLY, session=FX_WEEK, zone=METATRADER_DAY, tick_size=1e-5)


def test_good_bars_have_no_findings(fx_hours: pl.DataFrame) -> None:
    """Of either calendar; the weekend is no gap."""
    assert rules(check_fx(fx_hours)) == []
    market = synthetic_market(3, 5, "1m", ["BTCUSDT"]).bars[PERP, "BTC/USDT:USDT"]
    assert rules(check_bars(market, "BTC", MINUTE, tick_size=0.1)) == []


def test_gaps_are_counted_against_the_calendar(fx_hours: pl.DataFrame) -> None:
    """Five hours missing on a Wednesday: so many bars, so long, after that bar."""
    wednesday = fx_hours.with_row_index().filter(
        (pl.col("ts").dt.weekday() == 3) & (pl.col("ts").dt.hour() == 12) & (pl.col("ts").dt.month() == 2)
    )["index"][0]
    report = check_fx(pl.concat([fx_hours.head(wednesday), fx_hours.tail(fx_hours.height - wednesday - 5)]))
    assert rules(report) == ["gap"]
    assert (report.missing, report.longest_gap_hours) == (5, 5.0)
    assert report.findings[0].ts == fx_hours["ts"][wednesday - 1].strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    "shift, found",
    [
        ("2h", {"weekend", "week_opening"}),
        ("3h", {"weekend", "week_opening"}),
        ("-5h", {"weekend", "week_opening"}),
    ],
)
def test_server_time_taken_for_utc_is_suspected(fx_hours: pl.DataFrame, shift: str, found: set[str]) -> None:
    """Weeks that open at the wrong New York hour, and bars in the weekend."""
    moved = fx_hours.with_columns(pl.col("ts").dt.offset_by(shift))
    assert found <= set(rules(check_fx(moved)))


def test_times_off_the_grid_are_told() -> None:
    """Closing times, or a recorder's own."""
    frame = steps_up("2025-01-01 00:07", "1h", 50)
    assert "off_grid" in rules(check_bars(frame, "x", HOURLY))


def test_a_stuck_price_is_told() -> None:
    """An outage that somebody filled forward."""
    frame = synthetic_market(5, 3, "1m", ["BTCUSDT"]).bars[PERP, "BTC/USDT:USDT"]
    price = float(frame["close"][1000])
    inside = (pl.int_range(pl.len()) > 1000) & (pl.int_range(pl.len()) < 1400)
    names = ("open", "high", "low", "close")
    stuck = frame.with_columns([pl.when(inside).then(price).otherwise(pl.col(n)).alias(n) for n in names])
    finding = next(f for f in check_bars(stuck, "x", MINUTE).findings if f.rule == "stuck")
    assert (finding.row, finding.text) == (1001, "repeats one price for 399 bars")


def test_a_spike_for_one_bar_is_told_with_its_time() -> None:
    """A print ten times away that is gone with the next bar."""
    frame = synthetic_market(5, 3, "1m", ["BTCUSDT"]).bars[PERP, "BTC/USDT:USDT"]
    close = frame["close"].to_numpy().copy()
    close[2000] *= 0.7
    low = np.minimum(frame["low"].to_numpy(), close)
    report = check_bars(frame.with_columns(close=pl.Series(close), low=pl.Series(low)), "x", MINUTE)
    assert [(f.rule, f.row, f.count) for f in report.findings] == [("spike", 2000, 1)]
    assert report.findings[0].text.startswith("jumps by -30")


def test_prices_off_the_tick_are_told() -> None:
    """The instrument file or the source is wrong."""
    frame = steps_up("2025-01-01", "1h", 200, 100.05)
    assert "off_tick" in rules(check_bars(frame, "x", HOURLY, tick_size=0.1))
    assert "off_tick" not in rules(check_bars(frame, "x", HOURLY, tick_size=0.05))


def test_errors_refuse_and_warnings_do_not() -> None:
    """A report is a list for a person; only errors stop the work, with the first of them in one sentence."""
    frame = steps_up("2025-01-01 00:07", "1h", 50)
    refuse_if_broken(check_bars(frame, "x", HOURLY))
    broken = check_bars(frame.reverse(), "file.parquet", HOURLY)
    assert [f.severity for f in broken.findings] == ["error"]
    with pytest.raises(
        DataError, match=r"^file.parquet goes back in time at row 1 \(.* UTC\), and 48 more\. Sort it"
    ):
        refuse_if_broken(broken)


def test_an_empty_table_is_no_error() -> None:
    """It is told as a range without bars, where it is asked for."""
    assert check_bars(steps_up("2025-01-01", "1h", 5).clear(), "x", HOURLY).rows == 0


@pytest.mark.data
def test_every_file_of_the_real_data_passes_without_errors_and_lies_on_its_instruments_grid(
    real_data: Path,
) -> None:
    """Venues printed four bars off their grid in 6.7 million; nothing else is let through."""
    store = Store(real_data)
    off_grid = 0
    for series in store.series():
        spec = load_instruments()[series.source, series.pair]
        zone = "UTC" if series.folder == "crypto" else METATRADER_DAY
        for path in series.paths:
            report = check_bars(
                pl.read_parquet(path), path.name, series.timeframe,
                session=spec.session, zone=zone, tick_size=float(spec.tick_size),
            )  # fmt: skip
            assert not report.errors, report.errors
            found = {f.rule: f.count for f in report.warnings}
            assert not {"weekend", "week_opening"} & set(found), (path.name, found)
            off_grid += found.get("off_tick", 0)
    assert off_grid <= 4


@pytest.mark.data
def test_every_funding_and_mark_file_of_the_real_data_can_be_read(real_data: Path) -> None:
    """Rates of at most 3 % a settlement, marks within a tenth of the last price."""
    store = Store(real_data)
    seen = 0
    for source, pair in sorted({(s.source, s.pair) for s in store.series() if s.asset_class == "perp"}):
        funding, mark = store.funding(source, pair), store.mark(source, pair)
        if funding is not None:
            assert funding["rate"].abs().max() < 0.03  # type: ignore[operator]
            seen += 1
        if mark is not None:
            last = store.bars(source, pair, "1h").join(mark, on="ts", suffix="_mark")
            assert ((last["close"] / last["close_mark"] - 1).abs().median() or 1) < 0.1
            seen += 1
    assert seen > 20
