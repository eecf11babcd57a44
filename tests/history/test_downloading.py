"""Downloads against a venue that answers as real ones do: short pages, overlaps, a forming bar, trouble."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ccxt
import pytest
from handmade import instant, times

from holdfast.errors import DataError, HoldfastError, SettingsError
from holdfast.history.downloading import download_bars, download_funding, download_mark, open_exchange
from holdfast.history.names import MINUTE
from holdfast.history.store import Store

START = instant("2025-01-01")
PAIR = "BTC/USDT:USDT"


class FakeVenue:
    """A minute market that listed at `listed` and trades until `now`; a ccxt exchange by its methods."""

    def __init__(self, now: str, listed: str = "2025-01-01", page: int = 100, overlap: int = 0) -> None:
        self.has: dict[str, Any] = {"fetchFundingRateHistory": True, "fetchMarkOHLCV": True}
        self.rateLimit = 50
        self.now, self.listed = instant(now), instant(listed)
        self.page, self.overlap = page, overlap
        self.calls: list[int] = []
        self.before_answer: Callable[[int], None] = lambda call: None

    def milliseconds(self) -> int:
        return self.now // 1_000_000

    def parse_timeframe(self, timeframe: str) -> int:
        return 60

    def fetch_ohlcv(
        self,
        symbol: str,
        timeframe: str,
        since: int | None = None,
        limit: int | None = None,
        params: Any = None,
    ) -> list[list[float]]:
        assert since is not None
        self.calls.append(since)
        self.before_answer(len(self.calls))
        step = MINUTE if timeframe == "1m" else 60 * MINUTE
        first = max(self.listed, -(-since * 1_000_000 // step) * step - self.overlap * step)
        stop = min(self.now + 1, first + min(self.page, limit or self.page) * step)
        if since * 1_000_000 + (limit or self.page) * step < self.listed:
            return []
        return [self.bar(ts, step) for ts in range(first, stop, step)]

    def bar(self, ts: int, step: int) -> list[float]:
        """A bar told apart by its time; the forming one is not final."""
        level = 100.0 + (ts - START) / step % 1000
        forming = ts + step > self.now
        return [ts // 1_000_000, level, level + 2, level - 1, level + 1, 0.5 if forming else 1.0]

    def fetch_funding_rate_history(
        self, symbol: str, since: int | None = None, limit: int | None = None, params: Any = None
    ) -> list[dict[str, Any]]:
        hours8 = 8 * 60 * MINUTE
        first = max(self.listed, -(-(since or 0) * 1_000_000 // hours8) * hours8)
        found = range(first, self.now + 1, hours8)
        return [
            {"timestamp": ts // 1_000_000, "fundingRate": 1e-4} for ts in list(found)[: min(limit or 5, 5)]
        ]


def minutes(folder: Path, venue: FakeVenue, start: int | None = START, end: int | None = None) -> list[str]:
    """Download, and the times that are then on disk."""
    download_bars(venue, folder, "fake_perp", PAIR, "1m", start, end)
    return times(Store(folder).bars("fake_perp", PAIR, "1m"))


def every_minute(first: str, count: int) -> list[str]:
    """The times of `count` bars."""
    hour, minute = divmod(int(first[11:13]) * 60 + int(first[14:]), 60)
    return [f"{first[:11]}{(hour * 60 + minute + i) // 60:02d}:{(minute + i) % 60:02d}" for i in range(count)]


@pytest.mark.parametrize("overlap", [0, 1, 30])
def test_all_closed_bars_are_kept_once_and_the_forming_one_is_not(tmp_path: Path, overlap: int) -> None:
    """Pages of 100 that repeat their neighbours; at 08:20:30 the bar of 08:20 is still forming."""
    venue = FakeVenue("2025-01-01 08:20:30", overlap=overlap)
    assert minutes(tmp_path, venue) == every_minute("2025-01-01 00:00", 500)
    bars = Store(tmp_path).bars("fake_perp", PAIR, "1m")
    assert bars["volume"].unique().to_list() == [1.0]


def test_a_second_run_asks_only_for_what_is_new(tmp_path: Path) -> None:
    """It goes on after the last bar on disk."""
    minutes(tmp_path, FakeVenue("2025-01-01 05:00"))
    later = FakeVenue("2025-01-01 06:00")
    done = download_bars(later, tmp_path, "fake_perp", PAIR, "1m")
    assert (done.fetched, done.total, done.last) == (60, 360, "2025-01-01 05:59")
    assert later.calls[0] == instant("2025-01-01 05:00") // 1_000_000
    again = FakeVenue("2025-01-01 06:00")
    assert download_bars(again, tmp_path, "fake_perp", PAIR, "1m").fetched == 0
    assert again.calls == []


def test_an_earlier_start_fills_in_front(tmp_path: Path) -> None:
    """From 02:00 first, from 00:00 later."""
    venue = FakeVenue("2025-01-01 04:00")
    assert minutes(tmp_path, venue, instant("2025-01-01 02:00"))[0] == "2025-01-01 02:00"
    assert minutes(tmp_path, venue) == every_minute("2025-01-01 00:00", 240)


def test_the_asked_range_ends_before_its_end(tmp_path: Path) -> None:
    """[start, end)."""
    found = minutes(tmp_path, FakeVenue("2025-01-02"), START, instant("2025-01-01 01:40"))
    assert found == every_minute("2025-01-01 00:00", 100)


def test_a_time_before_the_listing_is_skipped(tmp_path: Path) -> None:
    """The venue answers with empty pages until the instrument exists."""
    venue = FakeVenue("2025-01-04 02:00", listed="2025-01-04 00:00")
    assert minutes(tmp_path, venue) == every_minute("2025-01-04 00:00", 120)
    assert len(venue.calls) < 20


def test_passing_trouble_is_asked_again(tmp_path: Path) -> None:
    """One time-out in the middle costs one more request and nothing else."""
    venue = FakeVenue("2025-01-01 08:20:30")

    def trouble(call: int) -> None:
        if call == 3:
            raise ccxt.RequestTimeout("took too long")

    venue.before_answer = trouble
    assert minutes(tmp_path, venue) == every_minute("2025-01-01 00:00", 500)


def test_a_venue_that_stops_answering_leaves_what_came_and_the_repeat_goes_on(tmp_path: Path) -> None:
    """One sentence with the time reached; nothing is asked for twice."""
    venue = FakeVenue("2025-01-01 08:20:30")

    def dead(call: int) -> None:
        if call >= 3:
            raise ccxt.ExchangeNotAvailable("maintenance")

    venue.before_answer = dead
    with pytest.raises(
        HoldfastError, match=r"stopped answering at 2025-01-01 03:20 UTC \(maintenance\)\. Repeat"
    ):
        minutes(tmp_path, venue)
    assert times(Store(tmp_path).bars("fake_perp", PAIR, "1m")) == every_minute("2025-01-01 00:00", 200)
    assert minutes(tmp_path, FakeVenue("2025-01-01 08:20:30")) == every_minute("2025-01-01 00:00", 500)


def test_an_unknown_pair_is_told_in_the_venues_words(tmp_path: Path) -> None:
    """Not asked again: it would not help."""
    venue = FakeVenue("2025-01-01 08:20:30")

    def unknown(call: int) -> None:
        raise ccxt.BadSymbol("fake does not have market symbol XYZ")

    venue.before_answer = unknown
    with pytest.raises(HoldfastError, match="does not have market symbol"):
        minutes(tmp_path, venue)
    assert len(venue.calls) == 1
    assert not list(tmp_path.rglob("*.parquet"))


def test_broken_answers_are_refused_and_the_file_stays(tmp_path: Path) -> None:
    """A zero price from the venue is not written over good bars."""
    minutes(tmp_path, FakeVenue("2025-01-01 05:00"))
    before = next(tmp_path.rglob("*.parquet")).read_bytes()
    venue = FakeVenue("2025-01-01 06:00")
    venue.bar = lambda ts, step: [ts // 1_000_000, 0.0, 1.0, 0.0, 1.0, 1.0]  # type: ignore[method-assign]
    with pytest.raises(DataError, match="zero or negative"):
        minutes(tmp_path, venue)
    assert next(tmp_path.rglob("*.parquet")).read_bytes() == before


def test_an_instrument_without_data_in_the_range_is_told(tmp_path: Path) -> None:
    """No empty file is left."""
    venue = FakeVenue("2025-01-01 05:00", listed="2025-02-01")
    with pytest.raises(HoldfastError, match="has no bars of BTC/USDT:USDT in that range"):
        download_bars(venue, tmp_path, "fake_perp", PAIR, "1m", START)
    assert not list(tmp_path.rglob("*.parquet"))


def test_funding_and_marks_are_downloaded_and_resumed(tmp_path: Path) -> None:
    """In pages of five settlements; a venue without them gives None."""
    minutes(tmp_path, FakeVenue("2025-01-01 05:00"))
    for now, count in (("2025-01-03 23:00", 9), ("2025-01-10 00:05", 28)):
        done = download_funding(FakeVenue(now), tmp_path, "fake_perp", PAIR, START)
        assert done is not None
        assert done.total == count
    assert Store(tmp_path).funding("fake_perp", PAIR).height == 28  # type: ignore[union-attr]
    mark = download_mark(FakeVenue("2025-01-10 00:30"), tmp_path, "fake_perp", PAIR, START)
    assert mark is not None
    assert mark.last == "2025-01-09 23:00"
    assert Store(tmp_path).mark("fake_perp", PAIR).columns == ["ts", "open", "high", "low", "close"]  # type: ignore[union-attr]
    poor = FakeVenue("2025-01-02")
    poor.has = {}
    assert download_funding(poor, tmp_path, "fake_perp", PAIR) is None
    assert download_mark(poor, tmp_path, "fake_perp", PAIR) is None


def test_long_downloads_are_written_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between two batches loses only the second."""
    monkeypatch.setattr("holdfast.history.paging.BATCH", 150)
    venue = FakeVenue("2025-01-01 08:20:30")

    def crash(call: int) -> None:
        if call == 3:
            raise KeyboardInterrupt

    venue.before_answer = crash
    with pytest.raises(KeyboardInterrupt):
        minutes(tmp_path, venue)
    assert len(times(Store(tmp_path).bars("fake_perp", PAIR, "1m"))) == 200


def test_progress_is_told_page_by_page(tmp_path: Path) -> None:
    """Rows so far and the time reached."""
    seen: list[tuple[int, int]] = []
    venue = FakeVenue("2025-01-01 05:00")
    download_bars(
        venue, tmp_path, "fake_perp", PAIR, "1m", START, None, lambda rows, at: seen.append((rows, at))
    )
    assert [rows for rows, _ in seen] == [100, 200, 300]
    assert seen[0][1] == instant("2025-01-01 01:39")


def test_ccxt_gives_the_exchange_with_its_throttle_on() -> None:
    """And an unknown venue is refused with a hint."""
    assert open_exchange("bybit").enableRateLimit
    with pytest.raises(SettingsError, match="Did you mean bybit"):
        open_exchange("bybt")
