"""What a strategy returns is looked at before anything trades on it; live sees exactly its window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
import pytest
from small_market import bar_set, walk

from holdfast.errors import DataError, SettingsError
from holdfast.strategies.catalogue import find
from holdfast.strategies.frames import closing, plan_frame
from holdfast.strategies.parameters import resolve_parameters
from holdfast.strategies.planning import compute_plan, live_row, missing, ready_at, visible
from holdfast.strategies.strategy import BarSet, Management, Strategy, Timeframes

MARKET = bar_set(walk(600))
Spoil = Callable[[pl.DataFrame], Any]


class Spoiled(Strategy):
    """A right plan, changed by a function."""

    name = "spoiled"
    summary = "for tests"
    parameters = ()

    def __init__(self, spoil: Spoil) -> None:
        self.spoil = spoil

    def timeframes(self, p: Mapping[str, Any]) -> Timeframes:
        return Timeframes("1h")

    def window(self, p: Mapping[str, Any]) -> int:
        return 1

    def management(self, p: Mapping[str, Any]) -> Management:
        return Management("grid")

    def plan(self, bars: BarSet, p: Mapping[str, Any]) -> pl.DataFrame:
        close = bars.base["close"]
        right = plan_frame(closing(bars.base, "1h"), {"start_long": close > 0, "anchor_price": close})
        return self.spoil(right)


def divide(frame: pl.DataFrame) -> pl.DataFrame:
    raise ZeroDivisionError("division by zero")


@pytest.mark.parametrize(
    "spoil, words",
    [
        (lambda f: f.rename({"anchor_price": "ancor_price"}), "no column ancor_price. Did you mean anchor_price"),
        (lambda f: f.with_columns(pl.col("start_long").cast(pl.Int8)), "start_long is Int8; it must be Boolean"),
        (lambda f: f.with_columns(pl.col("anchor_price").cast(pl.Float32)), "it must be Float64"),
        (lambda f: f.with_columns(anchor_price=-pl.col("anchor_price")), "It must be finite and not negative"),
        (lambda f: f.with_columns(anchor_price=pl.col("anchor_price").shift(1)), "anchor_price holds nulls. Write NaN"),
        (lambda f: f.with_columns(tag=pl.lit(1)), "tag is Int32; it must be text"),
        (lambda f: f.head(10), "plan() returned 10 rows for 600 bars"),
        (lambda f: f.with_columns(pl.col("ts") - pl.duration(hours=1)), "are not the closing instants of its bars"),
        (lambda f: f.drop("ts"), "must return a polars DataFrame with a column ts"),
        (lambda f: None, "must return a polars DataFrame"),
        (divide, "spoiled raised ZeroDivisionError on ABC/USDT:USDT: division by zero. Mend the strategy."),
    ],
)  # fmt: skip
def test_a_plan_that_breaks_the_contract_is_refused(spoil: Spoil, words: str) -> None:
    """In one sentence that names strategy and column."""
    with pytest.raises(SettingsError) as caught:
        compute_plan(Spoiled(spoil), MARKET, {})
    assert words in str(caught.value)


def test_a_right_plan_passes_as_it_is() -> None:
    """Nothing is added, nothing copied away."""
    assert compute_plan(Spoiled(lambda f: f), MARKET, {}).columns == ["ts", "start_long", "anchor_price"]


def test_live_computes_the_row_of_the_backtest() -> None:
    """The newest row over exactly the window, as of any instant; between two closes it is the last one."""
    strategy = find("grid_atr")
    p = resolve_parameters(strategy, "ABC/USDT:USDT", {"sides": "both"})
    plan = compute_plan(strategy, MARKET, p)
    instants = plan["ts"].dt.epoch("ns")
    for row in (300, 451, 599):
        assert live_row(strategy, MARKET, p, instants[row]).equals(plan.slice(row, 1))
        assert live_row(strategy, MARKET, p, instants[row] + 1_000).equals(plan.slice(row, 1))
    assert live_row(strategy, MARKET, p, instants[451] - 1).equals(plan.slice(450, 1))


def test_live_refuses_a_history_that_is_shorter_than_the_window() -> None:
    """A plan from a short warm-up would not be the one that was tested (lesson L24)."""
    strategy = find("grid_atr")
    p = resolve_parameters(strategy, "ABC/USDT:USDT")
    instant = closing(MARKET.base, "1h").dt.epoch("ns")[100]
    with pytest.raises(DataError, match=r"grid_atr on ABC/USDT:USDT needs 225 bars of 1h \(has 101\)"):
        live_row(strategy, MARKET, p, instant)


def test_live_sees_only_higher_bars_that_are_closed_and_in_the_window() -> None:
    """At six on the tenth day nine days are closed; of them confluence asks for 324, its 4h bars stop at 04:00."""
    strategy = find("confluence")
    p = resolve_parameters(strategy, "ABC/USDT:USDT", {"day_zone": "UTC"})
    market = bar_set(walk(24 * 20), higher=("4h", "1d", "1w", "1M"))
    instant = market.base["ts"].dt.epoch("ns")[9 * 24 + 6]
    seen = visible(strategy, market, p, instant)
    assert seen.base.height == 2
    assert seen.higher["1d"].height == 9
    assert seen.higher["4h"].height == 55
    assert seen.higher["4h"]["closes"].dt.epoch("ns")[-1] <= instant
    assert seen.higher["1M"].is_empty()


@pytest.mark.parametrize("name, hours", [("grid_atr", 600), ("ma_cross", 600), ("confluence", 24 * 400)])
def test_a_strategy_is_ready_at_the_first_close_with_full_windows(name: str, hours: int) -> None:
    """Neither a nanosecond earlier nor a bar later, whichever of its timeframes fills last."""
    strategy = find(name)
    p = resolve_parameters(strategy, "ABC/USDT:USDT")
    market = bar_set(walk(hours), higher=("4h", "1d", "1w", "1M"))
    strategy.higher_windows = lambda p: {"1d": 30, "4h": 50} if name == "confluence" else {}  # type: ignore[method-assign]
    ready = ready_at(strategy, market, p)
    assert ready is not None
    assert missing(strategy, visible(strategy, market, p, ready), p) == ""
    assert missing(strategy, visible(strategy, market, p, ready - 1), p) != ""


def test_a_history_that_fills_no_window_is_never_ready() -> None:
    """Whichever timeframe lacks bars."""
    strategy = find("confluence")
    p = resolve_parameters(strategy, "ABC/USDT:USDT")
    assert ready_at(strategy, bar_set(walk(24 * 20), higher=("4h", "1d", "1w", "1M")), p) is None
    assert ready_at(strategy, bar_set(walk(24 * 20)), p) is None
