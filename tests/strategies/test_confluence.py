"""confluence as a whole: votes, score, gates, once a day, and the same live as in a backtest."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from small_market import HOUR, bar_set, bars

from holdfast.errors import SettingsError
from holdfast.strategies.checking import check_strategy
from holdfast.strategies.confluence import Confluence, explain, risk_multiplier
from holdfast.strategies.confluence_factors import FACTORS
from holdfast.strategies.confluence_setup import stop_limits_of, votes
from holdfast.strategies.parameters import resolve_parameters
from holdfast.strategies.planning import compute_plan
from holdfast.strategies.stop_limits import class_of
from holdfast.strategies.strategy import BarSet

STRATEGY = Confluence()


def market() -> pl.DataFrame:
    """Three and a half years of hours (the months alone need 21 of them), prices in tenths of a pip."""
    rng = np.random.default_rng(5)
    slow = 0.3 - np.abs(np.arange(30_000) - 20_000) / 60_000  # up, then down, so that both sides occur
    close = 1.1 * np.exp(slow + np.cumsum(rng.normal(0, 0.0008, 30_000)))
    open_ = np.concatenate([[1.1], close[:-1]])
    wick = np.abs(rng.normal(0, 0.0006, (2, 30_000))) * close
    frame = bars(close, high=np.maximum(open_, close) + wick[0], low=np.minimum(open_, close) - wick[1])
    return frame.with_columns(open=pl.Series(open_)).with_columns(
        pl.col("open", "high", "low", "close").round(5)
    )


MARKET = bar_set(market(), "EURUSD", higher=("4h", "1d", "1w", "1M"), zone="America/New_York+7h", tick=1e-5)
LOOSE = {"min_confluence": 5, "min_quality_factors": 1, "stop_pips_max": 1000}


def parameters(**overrides: Any) -> dict[str, Any]:
    return resolve_parameters(STRATEGY, "EURUSD", overrides)


def starts(plan: pl.DataFrame) -> pl.DataFrame:
    return plan.filter(pl.col("start_long") | pl.col("start_short"))


LOOSE_PLAN = compute_plan(STRATEGY, MARKET, parameters(**LOOSE))


def test_it_starts_long_and_short_setups_with_a_stop_on_the_right_side() -> None:
    """Every start has an entry, a stop behind it, a score and a tag; every other row has none of them."""
    rows = starts(LOOSE_PLAN)
    assert rows["start_long"].sum() > 5
    assert rows["start_short"].sum() > 5
    gap = (rows["entry_price"] - rows["stop_price"]).to_numpy()
    assert ((gap > 0) == rows["start_long"].to_numpy()).all()
    assert rows["tag"].null_count() == 0
    rest = LOOSE_PLAN.filter(~(pl.col("start_long") | pl.col("start_short")))
    assert rest.select(pl.col("entry_price", "stop_price", "score").is_nan().all()).row(0) == (
        True,
        True,
        True,
    )
    assert rest["tag"].null_count() == rest.height


def test_rows_are_the_same_without_later_bars_and_over_the_declared_windows() -> None:
    """The proof that `check-strategy` gives, on a random market."""
    result = check_strategy(STRATEGY, MARKET, parameters(**LOOSE), rows=40)
    assert result.passed
    assert result.recursion_rows >= 40
    assert not result.near_ties


@pytest.mark.parametrize(
    "overrides", [{"use_adx_regime_filter": True}, {"use_monthly_vote": False}, {"leg_bars": 90}]
)
def test_windows_follow_the_parameters(overrides: dict[str, Any]) -> None:
    """What is declared for other parameters is enough for them as well."""
    p = parameters(**{**LOOSE, **overrides})
    frames = {name: MARKET.higher[name] for name in STRATEGY.timeframes(p).higher}
    assert check_strategy(STRATEGY, BarSet("EURUSD", MARKET.base, frames, 1e-5), p, rows=10).passed


def test_it_starts_at_most_once_a_day_and_not_before_the_scan_hour() -> None:
    """The broker's day begins at 17:00 New York; from one o'clock on, the first bar is judged."""
    server = pl.col("ts").dt.convert_time_zone("America/New_York").dt.replace_time_zone(None) + pl.duration(
        hours=7
    )
    days = starts(LOOSE_PLAN).select(day=server.dt.date(), hour=server.dt.hour())
    assert days["day"].is_unique().all()
    assert set(days["hour"]) == {1}


def test_nothing_starts_before_21_months_are_closed() -> None:
    """The market begins on 1 January 2024, in the middle of a broker's month: the first whole one is February."""
    first = starts(LOOSE_PLAN)["ts"].min()
    assert first is not None
    assert first >= MARKET.higher["1M"]["closes"][20]
    unvoted = compute_plan(STRATEGY, MARKET, parameters(**LOOSE, use_monthly_vote=False))
    assert starts(unvoted)["ts"].min() < MARKET.higher["1M"]["closes"][20]


def test_no_factor_is_constant() -> None:
    """On a random market each of the fifteen is sometimes true and sometimes false, on either side."""
    seen = explain(MARKET, parameters()).filter("ready")
    for name in FACTORS:
        for side in ("long", "short"):
            share = seen[f"{side}_{name}"].mean()
            assert 0.005 < share < 0.995, (name, side, share)


def test_a_factor_that_is_switched_off_is_absent_from_score_and_maximum() -> None:
    """Lesson L22: the score falls where it was true and stays where it was false; the tag says of 14."""
    seen = explain(MARKET, parameters()).filter("ready")
    less = explain(MARKET, parameters(use_momentum=False)).filter("ready")
    assert "long_momentum" not in less.columns
    score, without = (
        frame.select(
            pl.sum_horizontal(f"long_{name}" for name in FACTORS if f"long_{name}" in frame.columns)
        ).to_series()
        for frame in (seen, less)
    )
    assert (score - without == seen["long_momentum"].cast(pl.UInt32)).all()
    plan = compute_plan(STRATEGY, MARKET, parameters(**LOOSE, use_momentum=False))
    assert all(tag.endswith("/14") for tag in starts(plan)["tag"])


def test_a_higher_threshold_only_takes_setups_away() -> None:
    """Those with 7 are among those with 5, and each has at least 7."""
    few = starts(compute_plan(STRATEGY, MARKET, parameters(**{**LOOSE, "min_confluence": 7})))
    assert 0 < few.height < starts(LOOSE_PLAN).height
    assert set(few["ts"]) <= set(starts(LOOSE_PLAN)["ts"])
    assert all(int(tag.split("/")[0]) >= 7 for tag in few["tag"])


@pytest.mark.parametrize("name, least", [("min_confluence", 3), ("min_quality_factors", 3)])
def test_a_threshold_above_what_is_switched_on_is_refused(name: str, least: int) -> None:
    """Two factors can never give three."""
    off = {f"use_{factor}": False for factor in FACTORS if factor not in ("htf", "fib")}
    resolve_parameters(STRATEGY, "EURUSD", {**off, "min_confluence": 2, "min_quality_factors": 2})
    with pytest.raises(SettingsError, match=rf"{name} is {least}, but only 2 .* are switched on"):
        resolve_parameters(
            STRATEGY, "EURUSD", {**off, "min_confluence": 2, "min_quality_factors": 2, name: least}
        )


def test_the_score_scales_the_risk_around_the_neutral_one() -> None:
    """Neutral 5: 2, 4, 5, 7 and 9 give 0.6, 0.85, 1, 1.3 and 1.5; no score gives none."""
    scores = np.array([2.0, 4.0, 5.0, 7.0, 9.0])
    assert risk_multiplier(scores, 5.0) == pytest.approx([0.6, 0.85, 1.0, 1.3, 1.5])
    assert np.isnan(risk_multiplier(np.array([np.nan]), 5.0)[0])
    row = starts(compute_plan(STRATEGY, MARKET, parameters(**LOOSE, neutral_score=4))).row(0, named=True)
    count = int(row["tag"].split("/")[0])
    assert row["score"] == pytest.approx(min(1 + 0.15 * (count - 4), 1.5))


RISING, FALLING = list(np.arange(100.0, 140.0)), list(np.arange(140.0, 100.0, -1.0))
MIXED = [10.0] * 30 + [5.0] + [20.0] * 8 + [10.0]


@pytest.mark.parametrize(
    "months, weeks, days, direction, agreed",
    [
        (RISING, RISING, RISING, 1, 1),
        (FALLING, FALLING, FALLING, -1, -1),
        (FALLING, RISING, RISING, 1, 0),
        (FALLING, FALLING, RISING, -1, 0),
        (RISING, FALLING, MIXED, 0, 0),  # one against one, and the day cannot decide
        (MIXED, MIXED, RISING, 1, 0),  # nobody has two: the day decides
    ],
)  # fmt: skip
def test_the_direction_is_what_two_of_three_say_else_the_days(
    months: list[float], weeks: list[float], days: list[float], direction: int, agreed: int
) -> None:
    """Votes of months, weeks and days."""
    frames = {"1M": months, "1w": weeks, "1d": days}
    higher = {
        name: bars(closes, high=closes, low=closes).with_columns(closes=pl.col("ts"))
        for name, closes in frames.items()
    }
    base = bars([100.0, 100.0])
    instants = np.full(2, higher["1d"]["ts"].dt.epoch("ns")[-1] + HOUR)
    vote = votes(BarSet("EURUSD", base, higher), parameters(), instants, dict.fromkeys(frames, 21))
    assert (vote.direction[-1], vote.agreed[-1], vote.ready[-1]) == (direction, agreed, True)


def test_a_mixed_day_is_long_only_where_asked_for() -> None:
    """System B took it as bullish; here it is skipped by default."""
    frames = {"1M": RISING, "1w": FALLING, "1d": MIXED}
    higher = {name: bars(c, high=c, low=c).with_columns(closes=pl.col("ts")) for name, c in frames.items()}
    instants = np.full(2, higher["1d"]["ts"].dt.epoch("ns")[-1] + HOUR)
    p = parameters(mixed_direction="long")
    assert (
        votes(BarSet("EURUSD", bars([1.0, 1.0]), higher), p, instants, dict.fromkeys(frames, 21)).direction[
            -1
        ]
        == 1
    )


def test_a_setup_whose_stop_is_too_far_is_dropped() -> None:
    """With a limit of 20 pips nothing is left of a market whose daily range is a hundred."""
    assert starts(compute_plan(STRATEGY, MARKET, parameters(**{**LOOSE, "stop_pips_max": 20}))).is_empty()


@pytest.mark.parametrize(
    "pair, name, limits",
    [
        ("EURUSD", "other", (0.0015, 0.02)),
        ("GBPUSD", "GBP", (0.002, 0.025)),
        ("GBPJPY", "JPY", (0.2, 3.0)),
        ("USDTRY", "exotic", (0.003, 0.03)),
        ("XAUUSD", "XAU", (5.0, 250.0)),
        ("XAGUSD", "XAG", (0.2, 2.0)),
        ("NAS100", "index", (50.0, 3000.0)),
        ("BTC/USDT:USDT", "BTC", (500.0, 15_000.0)),
    ],
)  # fmt: skip
def test_stop_limits_by_class(pair: str, name: str, limits: tuple[float, float]) -> None:
    """As prices. Gold has its own limit in the shipped table, because its price has doubled."""
    assert class_of(pair) == name
    assert stop_limits_of(pair, resolve_parameters(STRATEGY, pair)) == pytest.approx(limits)


def test_management_is_the_three_step_exit() -> None:
    """0.6 / 1.2 / 2.0 R at 35 / 30 / 35 %: break-even, then the target before plus half an R, then all out."""
    management = STRATEGY.management(parameters())
    ladder = [(rung.multiple, rung.share, rung.stop_move, rung.move_value) for rung in management.rungs]
    assert ladder == [
        (0.6, 0.35, "break_even", 0.0),
        (1.2, 0.30, "previous_target_plus", 0.5),
        (2.0, 0.35, "none", 0.0),
    ]
    assert (management.risk_rate, management.market_r, management.limit_r, management.wait_r) == (
        0.006,
        0.05,
        0.3,
        1.5,
    )
    assert (management.queue_life, management.order_life) == (120 * 3600, 168 * 3600)


@pytest.mark.parametrize(
    "overrides, words",
    [
        ({"tp1_close_pct": 0.5}, "add up to 1.15"),
        ({"tp2_r_multiple": 0.5}, "must rise"),
        ({"fib_low": 0.8}, "fib_low is 0.8, above fib_high"),
        ({"min_sl_atr": 4}, "min_sl_atr is 4, above max_sl_atr"),
    ],
)  # fmt: skip
def test_values_that_contradict_each_other_are_refused(overrides: dict[str, Any], words: str) -> None:
    """Before a run starts, in one sentence."""
    with pytest.raises(SettingsError, match=words):
        parameters(**overrides)


def test_higher_frames_that_are_empty_start_nothing() -> None:
    """A history of a few hours has no closed day."""
    short = bar_set(market().head(5), "EURUSD", higher=("4h", "1d", "1w", "1M"), zone="America/New_York+7h")
    plan = compute_plan(STRATEGY, short, parameters())
    assert plan.height == 5
    assert not plan["start_long"].any()
