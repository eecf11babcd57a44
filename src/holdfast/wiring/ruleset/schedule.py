"""What a ruleset puts on the schedule: candidates of day boundaries, forecasts, sessions, and edges of windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from holdfast.history.day_boundaries import DayClock, day_boundaries, forecast_instants
from holdfast.history.instruments import InstrumentSpec
from holdfast.history.wall_times import WallTime, daily_instants
from holdfast.history.window_edges import open_at, window_edges
from holdfast.history.window_spans import window_spans
from holdfast.history.windows import Kind, Maps, Window
from holdfast.model.units import MINUTE
from holdfast.settings.ruleset.clock import Boundary
from holdfast.settings.ruleset.ruleset import Ruleset
from holdfast.settings.ruleset.windows import Window as WindowSettings
from holdfast.simulator.world import Item
from holdfast.wiring.schedule import rows_of

BITS = {"open": 1, "close": 2, "rest_entry": 4, "fill_protective": 8, "hold": 16}
NEAR_NEWS = 32
OPENS, PRIMARY, CLOSES = 2, 1, 4
LEAST_BARS = 2  # of foresight to a boundary: one to see, one to act
MAJOR_NEWS_S = 120  # "right before major news", where a firm gives no number


@dataclass(frozen=True)
class Span:
    """The run's first and last instant, the length of its price bars, and whether our own margins hold."""

    start: int
    end: int
    step: int
    guarded: bool


def wall(boundary: Boundary) -> WallTime:
    """A boundary of the file as a wall time."""
    return WallTime(boundary.zone, boundary.at)


def clock_items(ruleset: Ruleset, span: Span) -> list[Any]:
    """Days with all their candidates, sessions where a limit asks for them, forecasts of the next floor."""
    clock = DayClock(wall(ruleset.clock.day_boundary), tuple(wall(b) for b in ruleset.clock.alternates))
    days = day_boundaries(clock, span.start + 1, span.end + 1)
    bits = (
        days["primary"].cast(pl.Int64) * PRIMARY
        + days["opens"].cast(pl.Int64) * OPENS
        + days["closes"].cast(pl.Int64) * CLOSES
    )
    made = [rows_of(Item.DAY, 0, days["time_ns"].to_numpy(), bits.to_numpy())]
    session = wall(ruleset.clock.session or ruleset.clock.day_boundary)
    made.append(rows_of(Item.SESSION, 0, daily_instants(session, span.start + 1, span.end + 1)))
    if span.guarded and ruleset.guard.boundary_lookahead_min:
        made += forecasts(ruleset, clock, span)
    return made


def forecasts(ruleset: Ruleset, clock: DayClock, span: Span) -> list[Any]:
    """When the next floor is looked at, and when losers are closed for it: whole price bars before at least."""
    bar = -(-span.step // MINUTE)
    ahead = max(ruleset.guard.boundary_lookahead_min, LEAST_BARS * bar)
    close = max(ruleset.guard.boundary_close_losers_min, bar)
    found = forecast_instants(clock, span.start, span.end, ahead, min(close, ahead))
    looks = np.maximum(found["forecast_ns"].to_numpy(), span.start)
    closes = np.maximum(found["close_losers_ns"].to_numpy(), span.start)
    return [rows_of(Item.FORECAST, 0, looks, 0), rows_of(Item.FORECAST, 0, closes, 1)]


def windows_of(ruleset: Ruleset, guarded: bool, with_news: bool) -> list[tuple[Window, int]]:
    """Windows that forbid something, with the bits of what they forbid; those of payouts are a person's."""
    made = [
        (window_of(each, ruleset.guard.news_extra_s if guarded else 0), bits_of(each))
        for each in ruleset.windows
        if each.forbids and each.kind != "payout" and (with_news or each.kind != "news")
    ]
    gaps = ruleset.conduct.gap_trading
    if gaps is not None and gaps.no_open_before_break_min:
        window = Window(
            kind=Kind.MARKET_BREAK,
            before_s=gaps.no_open_before_break_min * 60,
            min_break_min=gaps.break_min,
            name="gap_trading",
        )
        made.append((window, BITS["open"] | BITS["rest_entry"]))
    if gaps is not None and gaps.no_open_right_before_major_news and with_news:
        impact = frozenset(word for each in ruleset.windows for word in each.impact) or frozenset({"high"})
        made.append(
            (Window(kind=Kind.NEWS, before_s=MAJOR_NEWS_S, impact=impact, name="gap_trading"), BITS["open"])
        )
    return made


def window_of(window: WindowSettings, extra_s: int) -> Window:
    """A window of the file as one of the calendar, with our own margin around news."""
    made = Window(
        kind=Kind(window.kind),
        before_s=window.before_s,
        after_s=window.after_s,
        zone=window.zone or "",
        at=window.at or "",
        min_break_min=window.min_break_min or 0,
        forbids=frozenset(window.forbids),
        impact=frozenset(window.impact) or frozenset({"high"}),
        maps=Maps(window.map or Maps.CURRENCIES),
        name=window.id,
    )
    return made.widened(extra_s) if made.kind is Kind.NEWS else made


def bits_of(window: WindowSettings) -> int:
    """What a window forbids. Fills that a firm's text leaves open are taken as forbidden; a stop always stays."""
    bits = sum(BITS[word] for word in set(window.forbids) & set(BITS))
    fill = window.fill_protective
    word = fill.allowed if fill is not None else "true"
    if word == "false" or (word == "unknown" and fill is not None and fill.assume != "allowed"):
        bits |= BITS["fill_protective"]
    return bits | (NEAR_NEWS if window.kind == "news" else 0)


def window_items(
    stages: Sequence[Ruleset], specs: Sequence[InstrumentSpec], calendar: pl.DataFrame | None, span: Span
) -> list[Any]:
    """Edges of all windows of all phases. c has a bit for each phase that a window belongs to."""
    phases: dict[tuple[Window, int], int] = {}
    for number, stage in enumerate(stages):
        for each in windows_of(stage, span.guarded, calendar is not None):
            phases[each] = phases.get(each, 0) | 1 << number
    if not phases:
        return []
    windows = [replace(window) for window, _ in phases]
    spans = window_spans(windows, specs, calendar, span.start, span.end)
    bits = np.array([bits for _, bits in phases], np.int64)
    masks = np.array(list(phases.values()), np.int64)
    return [edge_rows(spans, bits, masks, span)]


def edge_rows(spans: pl.DataFrame, bits: Any, masks: Any, span: Span) -> Any:
    """Items: a is the instant of the begin, negative for an end. What is open as the run starts opens there."""
    running = open_at(spans, span.start)
    edges = window_edges(spans, span.start + 1, span.end)
    begins = running.select(
        pl.lit(span.start, pl.Int64).alias("time_ns"),
        "window",
        "instrument",
        pl.lit(value=True).alias("opens"),
    )
    rows = pl.concat([begins, edges.select(begins.columns)])
    starts = spans.select("window", "instrument", "end_ns", "start_ns").unique(
        ("window", "instrument", "end_ns")
    )
    known = rows.join(
        starts,
        left_on=("window", "instrument", "time_ns"),
        right_on=("window", "instrument", "end_ns"),
        how="left",
    )
    first = np.maximum(known["start_ns"].fill_null(0).to_numpy(), span.start)
    at = np.where(known["opens"].to_numpy(), known["time_ns"].to_numpy(), -first)
    which = known["window"].to_numpy()
    made = rows_of(Item.WINDOW, 0, known["time_ns"].to_numpy(), at, bits[which], masks[which])
    made["instrument_id"] = known["instrument"].to_numpy() + 1
    return made
