"""Each metric against arithmetic done by hand on the run of `tiny.py`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from sample import empty, sample
from tiny import day, tiny, two_up_one_down

from holdfast.reports.frames import EQUITY
from holdfast.reports.metrics import measure
from holdfast.reports.result import RunResult

BY_HAND: dict[str, Any] = {
    "backtest_days": 10.0,
    "total_trades": 5,
    "trades_per_day": 0.5,
    "starting_balance": 1000.0,
    "final_balance": 1060.0,
    "profit_total_abs": 60.0,
    "profit_total": 0.06,
    "profit_mean": 0.12,  # mean of 1.0, -0.5, 0.3, 0, -0.2 on margin
    "profit_median": 0.0,
    "profit_mean_on_notional": 0.012,
    "wins": 2,
    "draws": 1,
    "losses": 2,
    "winrate": 0.4,
    "profit_factor": 130 / 70,
    "expectancy": 12.0,
    "expectancy_ratio": 12 / 35,  # average loss is 35
    "r_mean": 0.24,
    "r_total": 1.2,
    "max_consecutive_wins": 1,
    "max_consecutive_losses": 1,
    "setup_count": 4,
    "cycle_count": 1,
    "leg_count": 3,
    "max_drawdown_abs": 50.0,  # 1100 to 1050
    "max_drawdown_account": 50 / 1100,
    "max_drawdown_high": 1100.0,
    "max_drawdown_low": 1050.0,
    "drawdown_start": "2024-01-02T00:00:00+00:00",
    "drawdown_end": "2024-01-03T00:00:00+00:00",
    "drawdown_recovered": None,
    "drawdown_duration_s": 86_400.0,
    "under_water_max_s": 9 * 86_400.0,
    "max_drawdown_intrabar_abs": 110.0,  # 1100 to the low of 990
    "max_drawdown_intrabar_account": 0.1,
    "equity_min": 990.0,
    "market_change": 0.03,
    "winning_days": 2,  # days 1 and 3 (the trade of 2.5 days closes on the third)
    "losing_days": 2,  # days 2 and 6
    "draw_days": 6,
    "backtest_best_day_abs": 100.0,
    "backtest_best_day": 0.1,
    "backtest_best_day_date": "2024-01-01",
    "backtest_worst_day_abs": -50.0,
    "worst_day_equity_abs": -50.0,
    "holding_avg_s": 0.8 * 86_400,  # 0.5, 0.5, 1, 1 and 1 days
    "winner_holding_avg_s": 0.75 * 86_400,
    "loser_holding_avg_s": 0.75 * 86_400,
    "exposure_time": 0.35,  # 0.5-1, 1.5-2.5, 3-4 and 5-6 of ten days
    "fees_abs": 5.0,
    "funding_abs": 2.5,
    "rollover_abs": 0.0,
    "slippage_abs": 1.0,
    "costs_abs": 8.5,
}


@pytest.mark.parametrize("name, value", BY_HAND.items())
def test_a_metric_is_what_hand_arithmetic_says(name: str, value: Any) -> None:
    """The whole sheet, one figure at a time."""
    found = measure(tiny()).values[name]
    assert found == (pytest.approx(value, abs=1e-12) if isinstance(value, float) else value)


def test_best_and_worst_are_named() -> None:
    """Pairs by their sum, trades by their own result."""
    values = measure(tiny()).values
    assert (values["best_pair"]["key"], values["best_pair"]["profit_total_abs"]) == ("BTC/USDT:USDT", 30.0)
    assert (values["worst_pair"]["key"], values["worst_pair"]["profit_total_abs"]) == ("SOL/USDT:USDT", 30.0)
    assert (values["best_trade"]["trade_id"], values["worst_trade"]["trade_id"]) == (1, 2)


def test_sharpe_and_sortino_of_two_up_one_down() -> None:
    """Mean 0.5 %, deviation 1.5 % (n), losing days' root mean square 1 % / root 2; 365 days a year."""
    values = measure(two_up_one_down(30)).values
    assert values["sharpe"] == pytest.approx(math.sqrt(29 / 30) / 3 * math.sqrt(365))
    assert values["sortino"] == pytest.approx(0.5 * math.sqrt(2) * math.sqrt(365))
    assert values["trading_days_per_year"] == 365


def test_cagr_and_calmar_of_two_up_one_down() -> None:
    """Fifteen pairs of days of 1.02 x 0.99 in 30 days; the largest fall is one day's 1 %."""
    values = measure(two_up_one_down(30)).values
    growth = (1.02 * 0.99) ** (15 * 365 / 30) - 1
    assert values["cagr"] == pytest.approx(growth)
    assert values["calmar"] == pytest.approx(growth / 0.01)


def test_a_market_that_rests_at_weekends_has_252_days() -> None:
    """The same 30 daily returns, none of them on a Saturday or Sunday."""
    values = measure(two_up_one_down(30, weekdays=True)).values
    assert values["trading_days_per_year"] == 252
    assert values["sharpe"] == pytest.approx(math.sqrt(29 / 30) / 3 * math.sqrt(252))


def test_sunday_evening_belongs_to_monday_where_saturday_is_closed() -> None:
    """Rows on Sunday add no day of their own."""
    run = two_up_one_down(30, weekdays=True)
    sundays = run.equity.filter(pl.col("ts").dt.weekday() == 2).with_columns(
        pl.col("ts").dt.offset_by("-26h")
    )
    more = replace(run, equity=pl.concat([run.equity, sundays]).sort("ts"))
    assert measure(more).values["sharpe"] == pytest.approx(measure(run).values["sharpe"])


def test_a_day_without_rows_counts_where_the_market_never_closes() -> None:
    """A missing day of an always-open market is a day on which equity did not move."""
    run = two_up_one_down(31)
    gap = replace(run, equity=run.equity.filter(pl.col("ts") != day(9)))
    whole = [0.02, -0.01] * 15 + [0.02]
    whole[8:10] = [0.0, 1.02 * 0.99 - 1]
    mean = sum(whole) / 31
    spread = math.sqrt(sum((share - mean) ** 2 for share in whole) / 30)
    assert measure(gap).values["sharpe"] == pytest.approx(mean / spread * math.sqrt(365))


@pytest.mark.parametrize("name", ["sharpe", "sortino", "cagr", "calmar"])
def test_too_few_days_give_a_reason_and_no_number(name: str) -> None:
    """A yearly figure from 29 days would only look like one."""
    metrics = measure(two_up_one_down(29))
    assert metrics.values[name] is None
    assert metrics.missing[name] == "needs 30 days of equity, has 29"


def test_too_few_trades_give_no_system_quality_number() -> None:
    """Five trades say nothing about the system."""
    metrics = measure(tiny())
    assert metrics.values["sqn"] is None
    assert metrics.missing["sqn"] == "needs 10 trades, has 5"


def test_system_quality_number_of_ten_trades() -> None:
    """+2 and -1 five times each: mean 0.5, deviation (n - 1) root of 22.5 / 9."""
    trades = pl.concat([tiny().trades[:2]] * 5).with_columns(
        pl.Series("pnl", [2.0, -1.0] * 5), pl.Series("trade_id", range(10))
    )
    assert measure(replace(tiny(), trades=trades)).values["sqn"] == pytest.approx(
        math.sqrt(10) * 0.5 / math.sqrt(2.5)
    )


def test_without_a_loss_profit_factor_is_not_infinite() -> None:
    """It is null, and says why."""
    run = tiny()
    metrics = measure(replace(run, trades=run.trades.filter(pl.col("pnl") > 0)))
    assert metrics.values["profit_factor"] is None
    assert metrics.missing["profit_factor"] == "no trade lost"


def test_a_trade_that_is_still_open_is_not_counted_as_a_result() -> None:
    """It is reported as left open instead."""
    run = tiny()
    open_end = pl.when(pl.col("trade_id") == 5).then(None).otherwise(pl.col("closed")).alias("closed")
    values = measure(replace(run, trades=run.trades.with_columns(open_end))).values
    assert (values["total_trades"], values["trades_left_open"], values["losses"]) == (4, 1, 1)
    assert values["exposure_time"] == pytest.approx(0.75)  # open from day 5 to the end


def test_equity_that_was_lost_has_no_ratios() -> None:
    """Returns of nothing are not returns."""
    run = two_up_one_down(40)
    gone = pl.when(pl.col("ts") > day(20)).then(-5.0).otherwise(pl.col("equity")).alias("equity")
    metrics = measure(replace(run, equity=run.equity.with_columns(gone)))
    assert metrics.values["sharpe"] is None
    assert metrics.missing["sharpe"] == "equity was lost entirely"


def test_a_recovered_drawdown_says_when() -> None:
    """The peak is the last instant at the highest value, the end the trough, then the first instant back."""
    levels = [(1, 1000), (2, 1000), (3, 900), (4, 950), (5, 1000), (6, 1010)]
    rows = [
        {"ts": day(at), "balance": now, "equity": now, "equity_low": now, "positions": 0}
        for at, now in levels
    ]
    values = measure(replace(tiny(), equity=pl.DataFrame(rows, schema=EQUITY))).values
    dates = [values[name][:10] for name in ("drawdown_start", "drawdown_end", "drawdown_recovered")]
    assert dates == ["2024-01-03", "2024-01-04", "2024-01-06"]
    assert values["under_water_max_s"] == 3 * 86_400  # from the high of day 2 until day 5


@pytest.mark.parametrize("run", [empty(), tiny(), sample(24 * 40)], ids=["empty", "tiny", "sample"])
def test_no_metric_is_nan_or_infinite_and_each_null_has_a_reason_or_is_plainly_absent(run: RunResult) -> None:
    """Whatever the run."""
    metrics = measure(run)
    assert all(math.isfinite(value) for value in metrics.values.values() if isinstance(value, float))
    assert all(metrics.values[name] is None for name in metrics.missing)


def test_frames_with_other_time_units_zones_and_absent_columns_are_understood() -> None:
    """A zone-less or coarser time is UTC, and a column that is not there is not known."""
    run = tiny()
    coarse = run.trades.with_columns(
        pl.col("opened", "closed").dt.replace_time_zone(None).cast(pl.Datetime("ms"))
    )
    other = replace(
        run, trades=coarse.drop("mae", "mfe"), fills=run.fills.with_columns(pl.lit(math.nan).alias("fee"))
    )
    assert measure(other).values["holding_avg_s"] == measure(run).values["holding_avg_s"]
