"""The check finds what differs between a backtest and live, names it, and lets honest strategies pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest
from small_market import bar_set, bars, walk

from holdfast.errors import DataError
from holdfast.strategies.catalogue import find
from holdfast.strategies.checking import CheckResult, check_strategy
from holdfast.strategies.frames import closing, column, plan_frame
from holdfast.strategies.indicators import Floats
from holdfast.strategies.parameters import resolve_parameters
from holdfast.strategies.strategy import BarSet, Management, Strategy, Timeframes

MARKET = walk(3000)


class Level(Strategy):
    """One price that depends on the bars in a way that each subclass chooses."""

    name = "level"
    summary = "for tests"
    parameters = ()
    higher: tuple[str, ...] = ()

    def timeframes(self, p: Mapping[str, Any]) -> Timeframes:
        return Timeframes("1h", self.higher)

    def window(self, p: Mapping[str, Any]) -> int:
        return 10

    def management(self, p: Mapping[str, Any]) -> Management:
        return Management("grid")

    def level(self, bars: BarSet) -> Floats:
        return column(bars.base, "close")

    def plan(self, bars: BarSet, p: Mapping[str, Any]) -> pl.DataFrame:
        level = self.level(bars)
        columns = {"start_long": column(bars.base, "close") > level, "anchor_price": level}
        return plan_frame(closing(bars.base, "1h"), columns)


class Peeks(Level):
    """Uses the close of the next bar."""

    def level(self, bars: BarSet) -> Floats:
        return bars.base["close"].shift(-1).fill_null(strategy="forward").to_numpy()


class Remembers(Level):
    """An exponential average over all of history."""

    def level(self, bars: BarSet) -> Floats:
        return bars.base["close"].ewm_mean(span=200, adjust=False).to_numpy()


class ReadsTheFormingDay(Level):
    """Takes the daily bar that is under way, by its opening time."""

    higher = ("1d",)

    def higher_windows(self, p: Mapping[str, Any]) -> Mapping[str, int]:
        return {"1d": 2}

    def level(self, bars: BarSet) -> Floats:
        day = bars.higher["1d"].select("ts", day="close")
        joined = bars.base.select("ts").join_asof(day, on="ts")
        return joined["day"].fill_null(float("nan")).to_numpy()


class ReadsTheClosedDay(ReadsTheFormingDay):
    """The same, honestly: by closing instants."""

    def level(self, bars: BarSet) -> Floats:
        day = bars.higher["1d"].select(ts="closes", day="close")
        joined = pl.DataFrame({"ts": closing(bars.base, "1h")}).join_asof(day, on="ts")
        return joined["day"].fill_null(float("nan")).to_numpy()


class Normalizes(Level):
    """Divides by the last close of the whole sample."""

    def level(self, bars: BarSet) -> Floats:
        close = column(bars.base, "close")
        return close / close[-1]


class Drifts(Level):
    """A running sum: right up to the last digits, which depend on where history begins."""

    def level(self, bars: BarSet) -> Floats:
        total = np.cumsum(column(bars.base, "close"))
        total[10:] = total[10:] - np.cumsum(column(bars.base, "close"))[:-10]
        return np.where(np.arange(len(total)) < 9, np.nan, total / 10)

    def plan(self, bars: BarSet, p: Mapping[str, Any]) -> pl.DataFrame:
        level = self.level(bars)
        columns = {"start_long": level > 100.0, "anchor_price": level}
        return plan_frame(closing(bars.base, "1h"), columns)


def check(strategy: Strategy, market: pl.DataFrame = MARKET, rows: int = 60) -> CheckResult:
    p: Mapping[str, Any] = resolve_parameters(strategy, "ABC/USDT:USDT")
    higher = strategy.timeframes(p).higher
    return check_strategy(strategy, bar_set(market, higher=higher), p, rows=rows)


def found(result: CheckResult) -> set[tuple[str, str]]:
    return {(each.test, each.column) for each in result.differences}


def test_a_strategy_that_peeks_is_caught() -> None:
    """The column, the bar and both values are named."""
    result = check(Peeks())
    assert ("look-ahead", "anchor_price") in found(result)
    first = result.differences[0]
    assert first.pair == "ABC/USDT:USDT"
    assert first.time.startswith("2024-0")
    assert first.backtest != first.again
    assert not result.passed


def test_a_strategy_with_endless_memory_is_caught() -> None:
    """It looks at no later bar, but a history of 10 bars gives another average."""
    assert found(check(Remembers())) >= {("recursion", "anchor_price")}
    assert all(each.test == "recursion" for each in check(Remembers()).differences)


def test_a_strategy_that_reads_the_forming_day_is_caught() -> None:
    """In the backtest the whole day is there at its opening; live it is not."""
    assert ("look-ahead", "anchor_price") in found(check(ReadsTheFormingDay()))


def test_a_strategy_that_scales_by_the_whole_sample_is_caught() -> None:
    """Both tests see it."""
    assert found(check(Normalizes())) >= {("look-ahead", "anchor_price"), ("recursion", "anchor_price")}


def test_a_window_that_is_declared_too_short_is_caught() -> None:
    """Twenty bars are used, ten declared."""

    class Short(Level):
        def level(self, bars: BarSet) -> Floats:
            return bars.base["close"].rolling_mean(20).fill_null(float("nan")).to_numpy()

    assert found(check(Short())) >= {("recursion", "anchor_price")}


def test_the_honest_use_of_closed_days_passes() -> None:
    """Joined by closing instants."""
    result = check(ReadsTheClosedDay())
    assert result.passed
    assert result.recursion_rows >= 60
    assert not result.near_ties


@pytest.mark.parametrize("name", ["grid_atr", "grid_boltrend", "ma_cross"])
def test_the_shipped_strategies_pass(name: str) -> None:
    """Without a single near tie: their rows are equal to the bit."""
    result = check(find(name))
    assert result.passed
    assert result.starts > 10
    assert not result.near_ties


def test_a_value_on_the_edge_of_a_comparison_is_a_near_tie_and_no_failure() -> None:
    """In a market that stands at 100 the average is 100 but for the last digit, and the flag flips with it.

    Averages of ten closes in cents also end on half a cent: there the rounding to ticks flips.
    """
    rng = np.random.default_rng(1)
    quiet = bars(np.where(np.arange(3000) < 1500, np.round(rng.normal(100, 3, 3000), 2), 100.0))
    result = check(Drifts(), quiet, rows=200)
    assert result.passed
    assert ("recursion", "start_long") in {(each.test, each.column) for each in result.near_ties}
    assert {each.test for each in result.near_ties} == {"recursion"}


def test_prices_are_compared_in_ticks() -> None:
    """A running sum differs in the twelfth digit; that is the same tick."""
    assert not [each for each in check(Drifts()).differences if each.column == "anchor_price"]


def test_the_same_seed_checks_the_same_rows() -> None:
    """A failure can be looked at again."""
    assert check(Peeks()).differences == check(Peeks()).differences


def test_a_history_shorter_than_the_window_is_refused() -> None:
    """Nothing could be compared."""
    with pytest.raises(DataError, match=r"needs 225 bars of 1h \(has 100\)"):
        check(find("grid_atr"), walk(100))


def test_all_differences_are_counted_though_few_are_shown() -> None:
    """Five of each test and column are enough to read."""
    result = check(Peeks(), rows=200)
    assert result.difference_count > len(result.differences)
    shown = Counter((each.test, each.column) for each in result.differences)
    assert max(shown.values()) == 5
