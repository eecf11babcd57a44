"""Plans from bars, in a backtest and live, through the same two functions; and the look at what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from holdfast.errors import DataError, HoldfastError, SettingsError, did_you_mean
from holdfast.strategies.frames import closing, column, epoch
from holdfast.strategies.plan import COLUMNS, FLAGS, NUMBERS, PRICES
from holdfast.strategies.strategy import BarSet, Strategy

_TEXTS = ("tag", "exit_reason")


def compute_plan(strategy: Strategy, bars: BarSet, p: Mapping[str, Any]) -> pl.DataFrame:
    """One checked plan row for each base bar of `bars`.

    Raises SettingsError, naming the strategy, where it raises or returns what the contract does not know:
    an unknown column, a wrong type or length, instants that are not the bars' closes, a price below zero.
    """
    try:
        plan = strategy.plan(bars, p)
    except HoldfastError:
        raise
    except Exception as error:
        raise SettingsError(
            f"{strategy.name} raised {type(error).__name__} on {bars.pair}: {_first_line(error)}.",
            "Mend the strategy.",
        ) from error
    _check_shape(strategy, plan, bars, p)
    _check_columns(strategy, plan)
    return plan


def closes_of(strategy: Strategy, bars: BarSet, p: Mapping[str, Any]) -> pl.DataFrame:
    """The instants at which plans fall due: the closes of the base bars."""
    return closing(bars.base, strategy.timeframes(p).base).to_frame()


def live_row(strategy: Strategy, bars: BarSet, p: Mapping[str, Any], instant: int) -> pl.DataFrame:
    """The plan row of the newest bar closed at `instant` (ns UTC), as live computes it.

    Of each timeframe it sees the bars closed by then and no more than the declared window. Raises DataError
    where fewer are there: a plan from a short history would not be the backtest's (lesson L24).
    """
    seen = visible(strategy, bars, p, instant)
    short = missing(strategy, seen, p)
    if short:
        raise DataError(f"{strategy.name} on {bars.pair} needs {short}.", "Provide more history.")
    return compute_plan(strategy, seen, p).tail(1)


def visible(strategy: Strategy, bars: BarSet, p: Mapping[str, Any], instant: int) -> BarSet:
    """What live has at `instant`: closed bars, the last `window` (`higher_windows`) of them."""
    closed = closed_at(strategy, bars, p, instant)
    lengths = strategy.higher_windows(p)
    higher = {name: frame.tail(lengths.get(name, frame.height)) for name, frame in closed.higher.items()}
    return replace(closed, base=closed.base.tail(strategy.window(p)), higher=higher)


def closed_at(strategy: Strategy, bars: BarSet, p: Mapping[str, Any], instant: int) -> BarSet:
    """`bars` without what closes after `instant` (ns UTC)."""
    base = strategy.timeframes(p).base
    higher = {name: _closed(frame, name, instant) for name, frame in bars.higher.items()}
    return replace(
        bars, base=_closed(bars.base, base, instant), higher=higher, funding=_settled(bars, instant)
    )


def missing(strategy: Strategy, bars: BarSet, p: Mapping[str, Any]) -> str:
    """What a full window lacks, in words; empty where nothing."""
    needs = {strategy.timeframes(p).base: (strategy.window(p), bars.base.height)}
    for name, count in strategy.higher_windows(p).items():
        needs[name] = (count, bars.higher[name].height if name in bars.higher else 0)
    return ", ".join(
        f"{need} bars of {name} (has {has})" for name, (need, has) in needs.items() if has < need
    )


def ready_at(strategy: Strategy, bars: BarSet, p: Mapping[str, Any]) -> int | None:
    """The first instant (ns UTC) at which every window is full, so that something can start; None where never."""
    base = strategy.timeframes(p).base
    needs = [(bars.base, base, strategy.window(p))]
    for name, need in strategy.higher_windows(p).items():
        needs.append((bars.higher.get(name, bars.base.clear()), name, need))
    if any(frame.height < need for frame, _, need in needs):
        return None
    return max(int(epoch(closing(frame, name))[max(need, 1) - 1]) for frame, name, need in needs)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["no reason given"])[0].rstrip(".")


def _closed(frame: pl.DataFrame, timeframe: str, instant: int) -> pl.DataFrame:
    closes = closing(frame, timeframe).dt.epoch("ns").to_numpy()
    return frame.head(int(np.searchsorted(closes, instant, side="right")))


def _settled(bars: BarSet, instant: int) -> pl.DataFrame | None:
    if bars.funding is None:
        return None
    times = bars.funding["ts"].dt.epoch("ns").to_numpy()
    return bars.funding.head(int(np.searchsorted(times, instant, side="right")))


def _check_shape(strategy: Strategy, plan: Any, bars: BarSet, p: Mapping[str, Any]) -> None:
    if not isinstance(plan, pl.DataFrame) or "ts" not in plan.columns:
        raise SettingsError(f"{strategy.name}: plan() must return a polars DataFrame with a column ts.")
    if plan.height != bars.base.height:
        raise SettingsError(
            f"{strategy.name}: plan() returned {plan.height} rows for {bars.base.height} bars.",
            "Return one row for each bar; a row that wants nothing sets no flag.",
        )
    if not (plan["ts"] == closing(bars.base, strategy.timeframes(p).base)).all():
        raise SettingsError(
            f"{strategy.name}: the ts of plan() are not the closing instants of its bars.",
            "Take them from holdfast.strategies.frames.closing(bars.base, timeframe).",
        )


def _check_columns(strategy: Strategy, plan: pl.DataFrame) -> None:
    for name, kind in plan.schema.items():
        if name not in COLUMNS:
            raise SettingsError(f"{strategy.name}: a plan has no column {name}.", did_you_mean(name, COLUMNS))
        if name in FLAGS and kind != pl.Boolean:
            raise SettingsError(f"{strategy.name}: the flag {name} is {kind}; it must be Boolean.")
        if name in PRICES or name in NUMBERS:
            _check_numbers(strategy, plan, name, kind)
        if name in _TEXTS and kind not in (pl.String, pl.Categorical, pl.Enum):
            raise SettingsError(
                f"{strategy.name}: {name} is {kind}; it must be text (Enum, Categorical or String)."
            )


def _check_numbers(strategy: Strategy, plan: pl.DataFrame, name: str, kind: Any) -> None:
    if kind != pl.Float64:
        raise SettingsError(f"{strategy.name}: {name} is {kind}; it must be Float64, NaN for none.")
    if plan[name].null_count():
        raise SettingsError(
            f"{strategy.name}: {name} holds nulls.", "Write NaN for none: fill_null(float('nan'))."
        )
    values = column(plan, name)
    bad = np.flatnonzero((values < 0) | np.isinf(values))
    if len(bad):
        when = plan["ts"][int(bad[0])].strftime("%Y-%m-%d %H:%M")
        raise SettingsError(f"{strategy.name}: {name} is {values[bad[0]]:g} at {when}.",
                            "It must be finite and not negative; NaN means none.")  # fmt: skip
