"""The one object that `--json` prints."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import polars as pl
import pytest
from sample import empty, sample
from tiny import tiny

from holdfast.reports.result import RunResult
from holdfast.reports.summary import summary_json, to_json

NEEDED = (
    "strategy", "mode", "instruments", "bars", "events", "seconds", "bars_per_second", "peak_memory_mb",
    "state_digest", "trades", "orders", "denials", "ledger", "profit_total", "profit_total_abs", "profit_factor",
    "max_drawdown_account", "max_drawdown_abs", "sharpe", "sortino", "calmar", "sqn", "cagr", "expectancy",
    "winrate", "holding_avg", "market_change", "trades_per_day", "results_per_pair", "assumptions",
)  # fmt: skip


def refuse(word: str) -> float:
    """What strict JSON does not have."""
    raise AssertionError(f"{word} in JSON")


@pytest.mark.parametrize("run", [empty(), tiny(), sample(24 * 40)], ids=["empty", "tiny", "sample"])
def test_the_object_is_complete_and_strict_json(run: RunResult) -> None:
    """Every promised name, and neither NaN nor infinity."""
    told = json.loads(to_json(summary_json(run)), parse_constant=refuse)
    assert set(NEEDED) <= set(told)


def test_the_ledger_is_integers() -> None:
    """Money to the last 1e-8, never a float."""
    ledger = summary_json(tiny())["ledger"]
    assert ledger["start"] == 100_000_000_000
    assert all(type(value) is int for value in ledger.values())
    inflow = sum(
        ledger[name] for name in ("start", "realized", "funding", "rollover", "cash_flows", "adjustments")
    )
    assert inflow - ledger["fees"] == ledger["balance"]


def test_digests_are_there_only_when_they_were_traced() -> None:
    """Their absence is not an empty list."""
    assert "digests" not in summary_json(tiny())
    assert summary_json(replace(tiny(), digests=((1000, "ab"),)))["digests"] == [[1000, "ab"]]


def test_a_nan_in_the_frames_becomes_null() -> None:
    """The reader of the JSON sees nothing of it."""
    run = tiny()
    broken = replace(
        run,
        trades=run.trades.with_columns(pl.lit(math.nan).alias("r"), pl.lit(math.inf).alias("pnl_on_margin")),
        market_change={"BTC/USDT:USDT": math.nan},
        seconds={"loop": math.inf},
    )
    told = json.loads(to_json(summary_json(broken)), parse_constant=refuse)
    assert (told["r_mean"], told["profit_mean"], told["market_change"]) == (None, None, None)
