"""Tables by group and month, and the legs of a cycle, against hand arithmetic."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import polars as pl
import pytest
from sample import empty, sample
from tiny import tiny

from holdfast.reports import tables
from holdfast.reports.legs import by_level, legs


def test_a_group_sums_its_trades_and_costs() -> None:
    """BTC: +100, -50 and -20; SOL: +30 and 0; both make 30, so the name decides their order."""
    rows = tables.grouped(tiny(), "pair").to_dicts()
    assert [row["key"] for row in rows] == ["BTC/USDT:USDT", "SOL/USDT:USDT"]
    names = ("trades", "wins", "draws", "losses", "profit_total_abs", "fees", "funding")
    assert [rows[0][name] for name in names] == [3, 1, 0, 2, 30.0, 3.0, -1.5]
    assert rows[0]["profit_factor"] == pytest.approx(100 / 70)
    assert rows[0]["profit_total"] == pytest.approx(0.03)
    assert rows[1]["profit_factor"] is None


def test_a_trade_without_a_tag_has_a_group_of_its_own() -> None:
    """Nothing is dropped: the tables of each kind add up to the total."""
    assert set(tables.grouped(tiny(), "tag")["key"]) == {"a", "(none)"}


@pytest.mark.parametrize("by", tables.GROUPS)
def test_each_grouping_adds_up_to_the_total(by: str) -> None:
    """Trades, money and costs of the groups are those of the whole."""
    run = sample(24 * 40)
    groups, whole = tables.grouped(run, by), tables.total(run).row(0, named=True)
    for name in ("trades", "wins", "losses", "profit_total_abs", "fees", "funding", "rollover", "slippage"):
        assert groups[name].sum() == pytest.approx(whole[name])


def test_the_trades_of_a_sound_run_add_up_to_its_ledger() -> None:
    """Net results of all trades are the change of the balance when nothing is left open."""
    run = sample(24 * 120)
    assert run.trades["closed"].null_count() == 0
    gained = (run.ledger.balance - run.ledger.start) / 1e8
    assert tables.total(run)["profit_total_abs"].item() == pytest.approx(gained)


def test_months_chain_equity_from_start_to_end() -> None:
    """Each month begins where the last one ended, and a midnight row closes the month before it."""
    run = sample(24 * 100)
    rows = tables.months(run).to_dicts()
    assert [f"{row['month']:%Y-%m}" for row in rows] == ["2024-01", "2024-02", "2024-03", "2024-04"]
    assert rows[0]["equity_start"] == run.ledger.start / 1e8
    assert all(before["equity_end"] == after["equity_start"] for before, after in pairwise(rows))
    assert rows[-1]["equity_end"] == run.equity["equity"][-1]
    assert sum(row["trades"] for row in rows) == run.trades["closed"].count()


def test_an_exit_of_one_level_closes_that_level_first() -> None:
    """Level 1 (98) leaves at 99; levels 0 (100) and 2 (96) leave together at 101."""
    rows = legs(tiny()).sort("level").to_dicts()
    told = [
        (row["level"], row["entry_price"], row["exit_price"], row["exit_role"], row["gross"]) for row in rows
    ]
    assert told == [
        (0, 100.0, 101.0, "exit", 1.0),
        (1, 98.0, 99.0, "target", 2.0),
        (2, 96.0, 101.0, "exit", 5.0),
    ]
    assert [row["fees"] for row in rows] == pytest.approx([0.1 + 0.2, 0.2 + 0.2, 0.1 + 0.2])
    assert [row["net"] for row in rows] == pytest.approx([0.7, 1.6, 4.7])


def test_without_levels_of_their_own_the_oldest_entry_leaves_first() -> None:
    """The same fills in a setup: the target of 2 takes the entry at 100 and half of the one at 98."""
    run = tiny()
    setup = replace(run, trades=run.trades.with_columns(pl.lit("setup").alias("kind")))
    rows = legs(setup).to_dicts()
    assert [(row["entry_price"], row["exit_price"], row["quantity"]) for row in rows] == [
        (100.0, 99.0, 1.0), (98.0, 99.0, 1.0), (98.0, 101.0, 1.0), (96.0, 101.0, 1.0),
    ]  # fmt: skip
    assert sum(row["gross"] for row in rows) == pytest.approx(8.0)


def test_a_leg_that_is_still_open_has_no_exit() -> None:
    """Without the last fill, levels 0 and 2 are open."""
    run = tiny()
    rows = legs(replace(run, fills=run.fills[:-1]))
    assert rows.filter(pl.col("exit_ts").is_null())["level"].to_list() == [0, 2]


def test_the_legs_of_a_run_add_up_to_what_was_realized() -> None:
    """Matching entry by entry divides the money of a cycle otherwise, but does not change it."""
    run = sample(24 * 120)
    rows = legs(run)
    assert rows["gross"].sum() == pytest.approx(run.fills["realized"].sum())
    assert rows["fees"].sum() == pytest.approx(run.fills["fee"].sum())


def test_levels_count_only_grids() -> None:
    """A setup has no levels."""
    rows = by_level(tiny()).to_dicts()
    assert [(row["level"], row["legs"], row["wins"]) for row in rows] == [(0, 1, 1), (1, 1, 1), (2, 1, 1)]
    assert by_level(sample(24 * 60))["level"].to_list() == [0, 1, 2, 3]


def test_an_empty_run_has_empty_tables() -> None:
    """Frames without columns are no trouble."""
    run = empty()
    assert [tables.grouped(run, by).height for by in tables.GROUPS] == [0] * len(tables.GROUPS)
    assert (tables.months(run).height, legs(run).height, by_level(run).height) == (0, 0, 0)
    assert tables.total(run)["trades"].item() == 0
