"""What happens at instants known beforehand: funding, rollover, tick values of crosses, days, ends of data."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from holdfast.history.instruments import InstrumentSpec
from holdfast.model.units import DAY, MINUTE, RATE, SECOND
from holdfast.records import blank_array
from holdfast.simulator.lines import Lines, sorted_lines
from holdfast.simulator.world import Item, Scheduled
from holdfast.wiring.contracts import Conversion, native_value
from holdfast.wiring.units import nearest


def rows_of(kind: Item, instrument_id: int, times: Any, a: Any = 0, b: Any = 0, c: Any = 0) -> Any:
    """Scheduled items of one kind."""
    made = blank_array(Scheduled, len(times))
    made["time_ns"], made["kind"], made["instrument_id"] = times, kind, instrument_id
    made["a"], made["b"], made["c"] = a, b, c
    return made


def funding_items(
    instrument_id: int, funding: pl.DataFrame, mark: pl.DataFrame | None, bars: Any, tick: float
) -> Any:
    """Settlements at their real times; the venue's jitter of milliseconds is taken out.

    The price is the mark's opening price of that instant where there is one, else the bar's, else (0) the last.
    """
    times = (funding["ts"].dt.epoch("ns").to_numpy() + MINUTE // 2) // MINUTE * MINUTE
    rates = np.rint(funding["rate"].to_numpy() * RATE).astype(np.int64)
    prices = lookup(bars["time_ns"], bars["open"], times)
    if mark is not None:
        opened = nearest(mark["open"].to_numpy(), tick)
        known = lookup(mark["ts"].dt.epoch("ns").to_numpy(), opened, times)
        prices = np.where(known > 0, known, prices)
    following = np.append(times[1:], 0)
    return rows_of(Item.FUNDING, instrument_id, times, rates, prices, following)


def mark_items(instrument_id: int, mark: pl.DataFrame, tick: float) -> Any:
    """The mark's low and high, known when its bar closes; where the next one is missing, an item of 0 just after
    says so, and the extremes of the traded price decide until the mark is back."""
    opened = mark["ts"].dt.epoch("ns").to_numpy()
    step = int(np.diff(opened).min()) if len(opened) > 1 else 60 * MINUTE
    low, high = (nearest(mark[name].to_numpy(), tick) for name in ("low", "high"))
    ends = opened + step
    last = ends[np.append(np.diff(opened) > step, True)] + 1
    return np.concatenate(
        [rows_of(Item.MARK, instrument_id, ends, low, high), rows_of(Item.MARK, instrument_id, last)]
    )


def lookup(times: Any, values: Any, wanted: Any) -> Any:
    """The value at exactly each wanted instant, 0 where there is none."""
    at = np.minimum(np.searchsorted(times, wanted), len(times) - 1)
    return np.where(times[at] == wanted, values[at], 0)


def rollover_items(instrument_id: int, spec: InstrumentSpec, start: int, end: int) -> Any:
    """Every trading night at the broker's hour; one weekday counts for three."""
    clock, zone = spec.rollover_time.split()
    hour, minute = (int(part) for part in clock.split(":"))
    place = ZoneInfo(zone)
    first = datetime.fromtimestamp(start / SECOND, UTC).astimezone(place).date()
    last = datetime.fromtimestamp(end / SECOND, UTC).astimezone(place).date()
    nights = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    nights = [night for night in nights if night.weekday() < 5]
    times = np.array([instant(night, hour, minute, place) for night in nights], np.int64)
    days = np.array(
        [3 if night.weekday() == spec.rollover_triple_weekday else 1 for night in nights], np.int64
    )
    points = [int(points * RATE) for points in (spec.rollover_long, spec.rollover_short)]
    kept = (times > start) & (times <= end)
    return rows_of(Item.ROLLOVER, instrument_id, times[kept], points[0], points[1], days[kept])


def instant(night: date, hour: int, minute: int, place: ZoneInfo) -> int:
    """A local time of day as an instant."""
    local = datetime(night.year, night.month, night.day, hour, minute, tzinfo=place)
    return int(local.timestamp()) * SECOND


def tick_value_items(
    instrument_id: int, spec: InstrumentSpec, by: Conversion, prices: pl.DataFrame, step: int
) -> Any:
    """The money of a tick whenever the conversion pair closes elsewhere than before. `step` is its bars' length."""
    ticks = nearest(prices["close"].to_numpy(), float(by.tick_size))
    changed = np.flatnonzero(np.diff(ticks, prepend=0))
    native = native_value(spec)
    known = {price: by.tick_value(native, price) for price in np.unique(ticks[changed]).tolist()}
    values = np.array([known[price] for price in ticks[changed].tolist()], np.int64).reshape(-1, 2)
    times = prices["ts"].dt.epoch("ns").to_numpy()[changed] + step
    return rows_of(Item.TICK_VALUE, instrument_id, times, values[:, 0], values[:, 1])


def day_items(start: int, end: int) -> Any:
    """Midnights UTC within a run."""
    midnights = np.arange((start // DAY + 1) * DAY, end + 1, DAY, dtype=np.int64)
    return rows_of(Item.DAY, 0, midnights, 7)  # the only candidate of its day: see pass_boundary


def end_items(ends: dict[int, int]) -> Any:
    """The opening of each instrument's last bar: what is still open is closed there, at its costs."""
    return np.concatenate([rows_of(Item.EXIT, i, np.array([at], np.int64)) for i, at in ends.items()])


def in_order(parts: list[Any]) -> Lines:
    """All items by time, at one instant by kind, then by instrument. The list is emptied on the way."""
    return sorted_lines(Scheduled, parts, "time_ns", "kind", "instrument_id")
