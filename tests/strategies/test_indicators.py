"""Indicators agree with TA-Lib once warmed up, and do not know where history begins."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import talib
from small_market import walk

from holdfast.strategies import indicators
from holdfast.strategies.frames import ohlc
from holdfast.strategies.indicators import Floats

_, HIGH, LOW, CLOSE = ohlc(walk(3000))
Arrays = tuple[Floats, Floats, Floats]

WINDOWED: dict[str, tuple[int, Callable[[Floats, Floats, Floats], Floats]]] = {
    "sma": (37, lambda h, l, c: indicators.sma(c, 37)),  # noqa: E741
    "deviation": (21, lambda h, l, c: indicators.mean_and_deviation(c, 21)[1]),  # noqa: E741
    "upper band": (100, lambda h, l, c: indicators.bollinger(c, 100, 2.0)[2]),  # noqa: E741
    "zscore": (20, lambda h, l, c: indicators.zscore(c, 20)),  # noqa: E741
    "atr": (indicators.atr_bars(14), lambda h, l, c: indicators.atr(h, l, c, 14)),  # noqa: E741
    "adx": (indicators.adx_bars(7), lambda h, l, c: indicators.adx(h, l, 7)),  # noqa: E741
    "highest": (10, lambda h, l, c: indicators.highest(h, 10)),  # noqa: E741
    "lowest": (10, lambda h, l, c: indicators.lowest(l, 10)),  # noqa: E741
    "rate of change": (11, lambda h, l, c: indicators.rate_of_change(c, 10)),  # noqa: E741
    "percentile": (50, lambda h, l, c: indicators.percentile_rank(c, 50)),  # noqa: E741
}


@pytest.mark.parametrize("name", WINDOWED)
def test_a_value_over_exactly_its_window_equals_the_value_of_a_long_history_to_the_bit(name: str) -> None:
    """Live sees `window` bars, a backtest years of them: no digit may differ."""
    window, indicator = WINDOWED[name]
    full = indicator(HIGH, LOW, CLOSE)
    for row in (window - 1, 700, 1500, 2999):
        cut = slice(row - window + 1, row + 1)
        assert indicator(HIGH[cut], LOW[cut], CLOSE[cut])[-1] == full[row]


@pytest.mark.parametrize("name", WINDOWED)
def test_a_declared_window_is_not_longer_than_needed(name: str) -> None:
    """With one bar less there is no value: the declared window is the true one."""
    window, indicator = WINDOWED[name]
    assert np.isnan(indicator(HIGH[: window - 1], LOW[: window - 1], CLOSE[: window - 1])).all()


def test_warmed_up_values_agree_with_talib() -> None:
    """Same formulas as the library everybody knows; Wilder's tail of 1e-7 is all that is cut."""
    tail = slice(1000, None)
    np.testing.assert_allclose(indicators.sma(CLOSE, 50)[tail], talib.SMA(CLOSE, 50)[tail], rtol=1e-12)
    np.testing.assert_allclose(
        indicators.atr(HIGH, LOW, CLOSE, 14)[tail], talib.ATR(HIGH, LOW, CLOSE, 14)[tail], rtol=1e-5
    )
    np.testing.assert_allclose(
        indicators.adx(HIGH, LOW, 14)[tail], talib.ADX(HIGH, LOW, CLOSE, 14)[tail], rtol=1e-4
    )
    upper, _, lower = talib.BBANDS(CLOSE, 20, 2.0, 2.0)
    ours = indicators.bollinger(CLOSE, 20, 2.0)
    np.testing.assert_allclose(ours[2][tail], upper[tail], rtol=1e-9)
    np.testing.assert_allclose(ours[0][tail], lower[tail], rtol=1e-9)


def test_the_deviation_is_the_population_one_and_survives_large_prices() -> None:
    """Of 1, 2, 3, 4 it is sqrt(1.25); adding a hundred million does not wash it out."""
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert indicators.mean_and_deviation(values, 4)[1][-1] == pytest.approx(1.25**0.5, rel=1e-15)
    assert indicators.mean_and_deviation(values + 1e8, 4)[1][-1] == pytest.approx(1.25**0.5, rel=1e-9)


def test_wilders_average_weighs_each_bar_by_one_less_an_nth() -> None:
    """n = 2: weights 1, 1/2, 1/4 … over 32 values, normalised."""
    values = np.zeros(32)
    values[-1] = 1.0
    assert indicators.wilder_mean(values, 2)[-1] == pytest.approx(0.5, rel=1e-8)
    values = np.roll(values, -1)
    assert indicators.wilder_mean(values, 2)[-1] == pytest.approx(0.25, rel=1e-8)


def test_a_quiet_market_has_no_zscore_rather_than_an_infinite_one() -> None:
    """Ten equal closes: 0, not a division by zero."""
    assert indicators.zscore(np.full(10, 5.0), 10)[-1] == 0.0


def test_a_pivot_is_higher_than_what_precedes_and_not_lower_than_what_follows() -> None:
    """Of two equal tops the first counts, once; nothing counts until enough bars follow."""
    tops = np.array([1.0, 2.0, 5.0, 3.0, 5.0, 2.0, 1.0, 9.0])
    assert list(np.flatnonzero(indicators.pivots(tops, 2))) == [2]
    assert list(np.flatnonzero(indicators.pivots(tops[:4], 2))) == []


def test_the_percentile_counts_the_value_itself() -> None:
    """The greatest of four stands at 100 %, the least at 25 %."""
    assert indicators.percentile_rank(np.array([1.0, 2.0, 3.0, 4.0]), 4)[-1] == 100.0
    assert indicators.percentile_rank(np.array([4.0, 2.0, 3.0, 1.0]), 4)[-1] == 25.0
