"""Day boundaries, forecasts and windows of rulesets as scheduled items (S08, S09, S10)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from holdfast.history.calendar_events import Event, calendar_frame
from holdfast.history.instruments import instrument
from holdfast.settings.ruleset.file import load_ruleset
from holdfast.simulator.world import Item
from holdfast.wiring.ruleset.rulesets import stages_of
from holdfast.wiring.ruleset.schedule import Span, clock_items, window_items

HOUR = 3600 * 10**9


def ns(text: str) -> int:
    """An instant."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def days(name: str, start: str, end: str) -> list[tuple[str, int]]:
    """(instant, bits) of the candidates of day boundaries."""
    items = np.concatenate(clock_items(load_ruleset(name).ruleset, Span(ns(start), ns(end), HOUR, True)))
    items = items[items["kind"] == Item.DAY]
    return [
        (str(np.datetime64(int(t), "ns"))[:16], int(a))
        for t, a in zip(items["time_ns"], items["a"], strict=True)
    ]


def test_ftmo_rolls_at_midnight_in_prague() -> None:
    """S08, S09: whatever the server's clock shows."""
    assert days("ftmo.two_step.100k", "2026-03-15T12:00", "2026-03-16T12:00") == [("2026-03-15T23:00", 7)]
    assert days("ftmo.two_step.100k", "2026-07-13T12:00", "2026-07-14T12:00") == [("2026-07-13T22:00", 7)]


def test_the5ers_has_two_candidates() -> None:
    """S10: the first opens, the last closes, New York's is the primary one."""
    found = days("the5ers.high_stakes.20k", "2026-01-14T12:00", "2026-01-15T12:00")
    assert found == [("2026-01-14T21:00", 2), ("2026-01-14T22:00", 5)]


def test_a_forecast_begins_two_bars_before_at_least() -> None:
    """Half an hour is less than one bar of an hour: nobody could act in it."""
    span = Span(ns("2026-07-13T12:00"), ns("2026-07-14T12:00"), HOUR, True)
    items = np.concatenate(clock_items(load_ruleset("ftmo.two_step.100k").ruleset, span))
    found = items[items["kind"] == Item.FORECAST]
    assert [(int(t) - ns("2026-07-13T22:00"), int(a)) for t, a in zip(found["time_ns"], found["a"], strict=True)] == [
        (-2 * HOUR, 0), (-HOUR, 1),
    ]  # fmt: skip
    bare = Span(span.start, span.end, span.step, False)
    kinds = np.concatenate(clock_items(load_ruleset("ftmo.two_step.100k").ruleset, bare))["kind"]
    assert Item.FORECAST not in set(kinds.tolist())


def news(at: str) -> pl.DataFrame:
    """A calendar with one event."""
    return calendar_frame([Event(ns(at), ns(at), "USD", (), "high", "Non-Farm Payrolls")])


def edges(name: str, phase: str | None, calendar: pl.DataFrame | None, start: str, end: str) -> list[Any]:
    """(instant, instrument, begins, bits, phases) of the edges of windows."""
    stages = stages_of(load_ruleset(name).ruleset, phase)
    specs = [instrument("oanda_mid", "EURUSD"), instrument("oanda_mid", "AUDNZD")]
    made = window_items(stages, specs, calendar, Span(ns(start), ns(end), HOUR, True))
    return [
        (
            str(np.datetime64(int(i["time_ns"]), "ns"))[5:19],
            int(i["instrument_id"]),
            bool(i["a"] > 0),
            int(i["b"]),
            int(i["c"]),
        )
        for items in made
        for i in items
    ]


def test_news_with_our_own_margin() -> None:
    """S60: two minutes and half a minute of ours around; fills that the text leaves open are forbidden; EURUSD only."""
    found = edges(
        "the5ers.high_stakes.20k", None, news("2026-04-03T12:30"), "2026-04-03T00:00", "2026-04-04T00:00"
    )
    assert found == [
        ("04-03T12:27:30", 1, True, 1 + 2 + 4 + 8 + 32, 7),
        ("04-03T12:32:30", 1, False, 1 + 2 + 4 + 8 + 32, 7),
    ]


def test_windows_know_their_phases() -> None:
    """FTMO asks to be flat over the weekend only when funded; gap trading is forbidden in every phase."""
    found = edges("ftmo.two_step.100k", None, None, "2026-04-09T00:00", "2026-04-14T00:00")
    holds = {(at, begins, phases) for at, i, begins, bits, phases in found if bits == 16 and i == 1}
    assert holds == {("04-10T20:45:00", True, 4), ("04-12T21:00:00", False, 4)}
    opens = {(at, begins, phases) for at, i, begins, bits, phases in found if bits == 5 and i == 1}
    assert opens == {("04-10T19:00:00", True, 7), ("04-12T21:00:00", False, 7)}
