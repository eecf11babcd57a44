"""Coarser bars: the arithmetic, the edges, and the days on which the clocks change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from handmade import bars_at, instant, steps_up, times
from hypothesis import given
from hypothesis import strategies as st

from holdfast.errors import SettingsError
from holdfast.history.names import DAY, HOUR, MINUTE, parse_timeframe
from holdfast.history.resample import resample
from holdfast.history.store import Store
from holdfast.history.zones import METATRADER_DAY, boundaries, parse_day_zone


def test_a_bucket_takes_first_open_extremes_last_close_sum_and_widest_spread() -> None:
    """Two hours from five half-hour bars; the fifth is a forming bucket and gives nothing."""
    frame = bars_at(
        ["2025-01-01 00:00", "2025-01-01 00:30", "2025-01-01 01:00", "2025-01-01 01:30", "2025-01-01 02:00"],
        [(10, 14, 9, 12, 1), (12, 13, 5, 6, 2), (6, 8, 6, 7, 4), (7, 20, 7, 19, 8), (19, 19, 19, 19, 16)],
    ).with_columns(spread=pl.Series([3, 9, 1, 2, 99], dtype=pl.Int32))
    hourly = resample(frame, "1h")
    assert times(hourly) == ["2025-01-01 00:00", "2025-01-01 01:00"]
    assert times(hourly, "closes") == ["2025-01-01 01:00", "2025-01-01 02:00"]
    assert hourly.select("open", "high", "low", "close", "volume", "spread").rows() == [
        (10, 14, 5, 6, 3, 9),
        (6, 20, 6, 19, 12, 2),
    ]


def test_a_bucket_that_lacks_inner_bars_is_kept_and_an_empty_one_is_absent() -> None:
    """00:00 has its first bar only, 01:00 none, 02:00 all."""
    frame = bars_at(
        ["2025-01-01 00:00", "2025-01-01 02:00", "2025-01-01 02:30"],
        [(1, 1, 1, 1, 1), (2, 2, 2, 2, 1), (3, 3, 3, 3, 1)],
    )
    assert times(resample(frame, "1h", base="30m")) == ["2025-01-01 00:00", "2025-01-01 02:00"]


def test_partial_buckets_at_both_edges_of_the_data_are_dropped() -> None:
    """Data from 15:33 to 17:59: the 15:00 hour is not whole, 16:00 and 17:00 are; without 17:59 only 16:00 is."""
    frame = steps_up("2025-05-04 15:33", "1m", 147)
    assert times(resample(frame, "1h")) == ["2025-05-04 16:00", "2025-05-04 17:00"]
    assert times(resample(frame.head(146), "1h")) == ["2025-05-04 16:00"]


def test_data_inside_one_bucket_give_no_bar() -> None:
    """Neither its beginning nor its end is known."""
    assert resample(steps_up("2025-05-04 15:10", "1m", 30), "1h").is_empty()
    assert resample(steps_up("2025-05-04 15:10", "1m", 30).clear(), "1h").columns[-1] == "closes"


def test_the_metatrader_day_starts_at_17_new_york_on_both_sides_of_both_clock_changes() -> None:
    """22:00 UTC in winter, 21:00 in summer; the days around the change have 23 and 25 hours."""
    for start, end, lengths in (
        ("2025-03-08", "2025-03-11", {23, 24}),
        ("2025-11-01", "2025-11-04", {24, 25}),
    ):
        edges = boundaries(instant(start), instant(end), parse_timeframe("1d"), METATRADER_DAY)
        assert set(np.diff(edges) // HOUR) == lengths
    spring = resample(steps_up("2025-03-07 22:00", "1h", 24 * 4 - 1), "1d", METATRADER_DAY)
    assert times(spring) == ["2025-03-07 22:00", "2025-03-08 22:00", "2025-03-09 21:00", "2025-03-10 21:00"]
    assert spring["volume"].to_list() == [24, 23, 24, 24]
    autumn = resample(steps_up("2025-10-31 21:00", "1h", 24 * 3 + 1), "1d", METATRADER_DAY)
    assert times(autumn) == ["2025-10-31 21:00", "2025-11-01 21:00", "2025-11-02 22:00"]
    assert autumn["volume"].to_list() == [24, 25, 24]


def test_four_hour_buckets_follow_the_day_of_their_zone() -> None:
    """MetaTrader's 4h bars open at 17, 21, 1, 5, 9 and 13 New York; the one with the skipped hour is three long."""
    bars = resample(steps_up("2025-03-08 22:00", "1h", 27), "4h", METATRADER_DAY)
    assert times(bars)[:4] == ["2025-03-08 22:00", "2025-03-09 02:00", "2025-03-09 06:00", "2025-03-09 09:00"]
    assert bars["volume"].to_list()[:4] == [4, 4, 3, 4]
    assert times(resample(steps_up("2025-03-08 20:00", "1h", 9), "4h"))[0] == "2025-03-08 20:00"


def test_an_iana_zone_draws_the_days_of_its_wall_clock() -> None:
    """Prague: midnight is 23:00 UTC in winter and 22:00 in summer."""
    spring = resample(steps_up("2025-03-28 23:00", "1h", 24 * 3 - 1), "1d", "Europe/Prague")
    assert times(spring) == ["2025-03-28 23:00", "2025-03-29 23:00", "2025-03-30 22:00"]
    assert spring["volume"].to_list() == [24, 23, 24]


def test_a_midnight_that_the_clocks_skip_is_the_end_of_the_skip() -> None:
    """Cairo, 26 April 2024: 00:00 became 01:00, so that day opened at 22:00 UTC."""
    edges = boundaries(instant("2024-04-25"), instant("2024-04-27"), parse_timeframe("1d"), "Africa/Cairo")
    hours = [(edge - instant("2024-04-24")) / HOUR for edge in edges.tolist()]
    assert hours == [22, 46, 69, 93]


def test_weeks_start_on_monday_and_months_on_the_first() -> None:
    """UTC, as ccxt venues count; the MetaTrader week starts with the market on Sunday 17:00 New York."""
    days = steps_up("2025-01-01 00:00", "1d", 90)
    assert times(resample(days, "1w"))[:2] == ["2025-01-06 00:00", "2025-01-13 00:00"]
    assert times(resample(days, "1M")) == ["2025-01-01 00:00", "2025-02-01 00:00", "2025-03-01 00:00"]
    assert resample(days, "1M")["volume"].to_list() == [31, 28, 31]
    week = resample(steps_up("2025-06-01 21:00", "1h", 24 * 7), "1w", METATRADER_DAY)
    assert times(week) == ["2025-06-01 21:00"]


@pytest.mark.parametrize("fine, coarse", [("1h", "30m"), ("2h", "3h"), ("15m", "20m")])
def test_bars_that_do_not_divide_the_target_are_refused(fine: str, coarse: str) -> None:
    """Half a bar cannot be told apart."""
    with pytest.raises(SettingsError, match="cannot be made into"):
        resample(steps_up("2025-01-01", fine, 10), coarse, base=fine)


@pytest.mark.parametrize("zone", ["Europe/Pragu", "New York+7h", "+2h", ""])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    """The sentence shows the form."""
    with pytest.raises(SettingsError, match="is not a time zone"):
        parse_day_zone(zone)


@given(
    st.integers(0, 400 * 24 * 60),
    st.sampled_from(["1h", "4h", "1d", "1w"]),
    st.sampled_from(["UTC", METATRADER_DAY, "Europe/London", "Australia/Lord_Howe"]),
)
def test_buckets_tile_time_whatever_the_zone(minute: int, name: str, zone: str) -> None:
    """Every instant lies in exactly one bucket, no bucket is longer than its length and an hour."""
    first = instant("2024-01-01") + minute * MINUTE
    timeframe = parse_timeframe(name)
    edges = boundaries(first, first + 3 * DAY, timeframe, zone)
    assert edges[0] <= first < edges[1]
    assert edges[-2] <= first + 3 * DAY < edges[-1]
    assert np.abs(np.diff(edges) - timeframe.ns).max() <= HOUR


@given(st.integers(1, 300), st.integers(0, 59))
def test_no_bar_changes_when_later_bars_arrive(extra: int, offset: int) -> None:
    """What was emitted as closed stays as it was."""
    frame = steps_up(f"2025-01-01 00:{offset:02d}", "1m", 600)
    before, after = resample(frame.head(300), "1h"), resample(frame.head(300 + extra), "1h")
    assert after.head(before.height).equals(before)


@pytest.mark.data
def test_our_4h_bars_of_real_1h_bars_are_the_brokers_own(real_data: Path) -> None:
    """The Dow's 1h and 4h exports of one broker: same times, same prices, both seasons."""
    store = Store(real_data)
    ours = resample(store.bars("index_cfd", "US30", "1h"), "4h", METATRADER_DAY)
    theirs = store.bars("index_cfd", "US30", "4h")
    both = ours.join(theirs, on="ts", suffix="_theirs")
    assert both.height > 1000
    for name in ("open", "high", "low", "close"):
        assert (both[name] == both[f"{name}_theirs"]).all()
