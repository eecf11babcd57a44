"""Where runs go wrong at their edges: marks that end or come too often, plans in gaps, yen, the last hour."""

from __future__ import annotations

import importlib
from decimal import Decimal
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from holdfast.errors import SettingsError
from holdfast.history.instruments import load_instruments
from holdfast.history.store import Store
from holdfast.model.units import HOUR, MINUTE, RATE
from holdfast.settings.backtest import load_settings
from holdfast.simulator import simulation
from holdfast.simulator.happenings import see_mark
from holdfast.simulator.simulation import cut
from holdfast.simulator.solvency import is_insolvent, liquidate, value_bar
from holdfast.simulator.venue import Bar, Market
from holdfast.simulator.world import Item, Scheduled, World
from holdfast.wiring.backtest import Backtest
from holdfast.wiring.contracts import Conversion, contract_of
from holdfast.wiring.schedule import mark_items
from holdfast.wiring.sweep import Sweep

CASE = {"strategies": ("grid_atr",), "source": "synthetic_perp", "timeframe": "1h", "detail": "5m"}
WALLET = 60_000


def venue(quantity: int = 100) -> World:
    """A wallet of 60,000 and a long bought at 1,000 ticks, one unit of money a tick and step."""
    world = World()
    market: Market = world.market
    market.wallet = WALLET * RATE
    book = market.books[1]
    contract = book.contract
    contract.instrument_id, contract.tick_value_numerator, contract.tick_value_denominator = 1, RATE, 1
    contract.price_max, contract.quantity_max, contract.tier_count = 1 << 20, 1 << 20, 1
    contract.tiers[0].notional_max, contract.tiers[0].maintenance_rate = 1 << 60, RATE // 200
    hold(world, quantity)
    book.path_price = 1000
    return world


def hold(world: World, quantity: int) -> None:
    """A long of this many steps from 1,000."""
    position = world.market.books[1].positions[0]
    position.quantity, position.entry_value = quantity, quantity * 1000


def mark(world: World, low: int, high: int = 1000) -> None:
    """The mark's bar, just closed; (0, 0): it is missing from here on."""
    item = Scheduled()
    item.kind, item.instrument_id, item.a, item.b = Item.MARK, 1, low, high
    see_mark(world.market, item)


def insolvent(world: World, low: int = 1000) -> bool:
    """Solvency after a bar that closes at 1,000 and has been at `low`."""
    bar = Bar()
    bar.instrument_id, bar.open, bar.high, bar.low, bar.close = 1, 1000, 1000, low, 1000
    world.market.worst_extra = world.market.solvency_extra = 0
    value_bar(world.market, bar)
    return is_insolvent(world.market)


def test_a_position_is_not_judged_by_a_mark_from_before_it() -> None:
    """The mark falls while nothing is held; what is bought a minute later stands at its own prices."""
    world = venue(quantity=0)
    mark(world, 300)
    assert not insolvent(world)
    hold(world, 100)
    assert not insolvent(world)


def test_of_several_marks_within_one_price_bar_the_worst_counts() -> None:
    """A price bar of four hours over marks of one: the first hour's low liquidates, whatever came after."""
    world = venue()
    for low in (300, 990, 995, 1000):
        mark(world, low)
    assert insolvent(world)


def test_who_is_liquidated_by_the_mark_is_not_closed_at_a_better_price() -> None:
    """The hour's mark was at 300; that price is back at 1,000 when the hour ends saves nobody."""
    world = venue()
    mark(world, 300)
    assert insolvent(world)
    liquidate(world.market)
    assert world.market.closures[0].price == 300
    assert world.market.wallet < (WALLET - 69_999) * RATE


def test_where_the_marks_end_the_traded_price_decides_again() -> None:
    """A mark file that ends before the bars must not switch liquidation off."""
    world = venue()
    mark(world, 990)
    assert not insolvent(world, low=300)
    mark(world, 0, 0)
    assert insolvent(world, low=300)


def test_a_mark_that_ended_within_the_bar_still_counts() -> None:
    """Its last extremes have not been judged yet; the stricter of the two decides."""
    world = venue()
    mark(world, 300)
    mark(world, 0, 0)
    assert insolvent(world)


def test_the_schedule_says_where_marks_are_missing() -> None:
    """Hours 0, 1 and 3: after the second and after the last one the mark is gone."""
    opened = pl.Series([0, HOUR, 3 * HOUR]).cast(pl.Datetime("ns", "UTC"))
    frame = pl.DataFrame({"ts": opened, "open": 10.0, "low": 9.0, "high": 11.0})
    items = mark_items(1, frame, 1.0)
    gone = items[items["b"] == 0]["time_ns"]
    assert gone.tolist() == [2 * HOUR + 1, 4 * HOUR + 1]
    assert items[items["b"] > 0]["time_ns"].tolist() == [HOUR, 2 * HOUR, 4 * HOUR]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("stretch", [1, 2, 3, 100])
def test_no_plan_is_lost_where_a_chunk_ends_in_a_gap(size: int, stretch: int) -> None:
    """Each plan is in the chunk that reaches the bar which it comes before, so no cursor jumps over it."""
    bars, plans = np.array([0, 10, 35, 40]), np.array([0, 10, 20, 30, 40, 50])
    due = np.searchsorted(bars, plans, side="left")
    ranges = list(cut(bars, due, size, stretch))
    assert [plan for start, end, _ in ranges for plan in range(start, end)] == list(range(len(plans)))
    for (_, end, until), (start, _, _) in pairwise(ranges):
        assert end == start
        assert due[end - 1] < until <= due[start]
    assert ranges[-1][2] == len(bars)


def test_the_bars_of_one_instant_stay_in_one_chunk() -> None:
    """All of them are matched before the core sees any of their closes."""
    bars, due = np.array([0, 0, 0, 10, 10, 20, 20]), np.zeros(0, np.int64)
    assert [until for _, _, until in cut(bars, due, bars=2)] == [3, 5, 7]


def test_how_a_run_is_cut_changes_nothing(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of 700 bars and 5 plans leave the same state, items at their edges included, as one of all."""
    whole, _ = run(market, CASE)
    monkeypatch.setattr(simulation, "cut", partial(cut, plans=5, bars=700))
    pieces, _ = run(market, CASE)
    assert pieces.state_digest == whole.state_digest
    assert pieces.equity.equals(whole.equity)
    assert pieces.notes.equals(whole.notes)


def test_a_margin_table_in_yen_is_not_one_in_dollars() -> None:
    """At 150 yen the first tier of USDJPY and EURJPY ends at 50 million dollars, not at 7.5 billion."""
    by = Conversion("USDJPY", inverted=True, tick_size=Decimal("0.001"))
    known = load_instruments()
    for pair in ("USDJPY", "EURJPY"):
        contract = contract_of(known["oanda_mid", pair], 200.0, by, 150_000)
        assert contract.tiers[0].notional_max == 50_000_000 * RATE


def test_fills_of_a_pair_that_converts_itself_are_worth_what_they_are(market: Path) -> None:
    """0.3 lots of USDJPY are 30,000 dollars at any price."""
    case = {"strategies": ("ma_cross",), "source": "synthetic_fx", "pairs": ("USDJPY",), "timeframe": "1h"}
    result, _ = run(market, case)
    assert result.fills.height > 0
    np.testing.assert_allclose(result.fills["value"], result.fills["quantity"] * 100_000, rtol=1e-9)


def test_the_equity_line_ends_where_the_run_ends(market: Path) -> None:
    """Also where that is no full hour: the last minutes are part of the result."""
    result, prepared = run(market, CASE | {"timerange": "-20250115T0025"})
    end = int(prepared.scenario.bars["time_ns"][-1]) + 5 * MINUTE
    assert end % HOUR
    assert int(result.equity["ts"].dt.epoch("ns")[-1]) == end
    assert result.equity["balance"][-1] * RATE == pytest.approx(result.ledger.balance)


def test_a_sweep_over_instruments_of_other_spans_is_the_backtest(market: Path, tmp_path: Path) -> None:
    """One instrument ends two days before the others: its last plan is none in either."""
    folder = tmp_path / "data"
    for path in market.rglob("*.parquet"):
        into = folder / path.relative_to(market)
        into.parent.mkdir(parents=True, exist_ok=True)
        frame = pl.read_parquet(path)
        short = "perp" in str(path.parent) and path.name.startswith("BTC")
        (frame.head(-2880) if short else frame).write_parquet(into)
    machine = Backtest(Store(folder), load_settings(None, CASE))
    row = Sweep(machine, machine.prepare()).run([{"ma_period": 7}], workers=1)[0]
    alone = Backtest(Store(folder), load_settings(None, CASE | {"parameters": {"ma_period": 7}}))
    assert row.state_digest == alone.run(alone.prepare()).state_digest


def test_recorded_spreads_are_scaled_like_all_others(tmp_path: Path, market: Path) -> None:
    """A run at ten times the spread meets ten times the spread of the data, too."""
    path = next(market.rglob("EURUSD*.parquet"))
    into = tmp_path / path.relative_to(market)
    into.parent.mkdir(parents=True)
    frame = pl.read_parquet(path)
    frame.with_columns(spread=pl.lit(3, pl.Int32)).write_parquet(into)
    case = {"strategies": ("ma_cross",), "source": "synthetic_fx", "timeframe": "1h", "spread_factor": 1.5}
    spreads = Backtest(Store(tmp_path), load_settings(None, case)).prepare().scenario.bars["spread"]
    assert set(spreads.tolist()) == {5}


@pytest.mark.parametrize("wrong", [{"dry_run_wallet": float("inf")}, {"dry_run_wallet": 1e11}])
def test_an_account_that_the_core_cannot_count_is_refused_in_words(wrong: dict[str, Any]) -> None:
    """It was an assertion deep in the core before."""
    with pytest.raises(SettingsError, match="dry_run_wallet"):
        load_settings(None, wrong)


def test_a_cache_that_cannot_be_written_is_not_replaced_by_one_beside_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There nothing would notice an edit of a called module, and an old core would trade."""
    module = importlib.import_module("holdfast.records.kernel")

    monkeypatch.setattr(module, "_options", dict(module._options))
    monkeypatch.setenv("HOLDFAST_CACHE_DIR", str(tmp_path))

    def full(**_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.tempfile, "TemporaryFile", full)
    import numba

    monkeypatch.setattr(numba.config, "CACHE_DIR", numba.config.CACHE_DIR)
    module._use_cache_of_this_source()
    assert module._options["cache"] is False


def run(folder: Path, case: dict[str, Any]) -> Any:
    """(result, prepared) of a compiled run."""
    machine = Backtest(Store(folder), load_settings(None, case))
    prepared = machine.prepare()
    return machine.run(prepared), prepared


def test_a_position_that_the_end_of_the_data_leaves_open_is_told(market: Path, tmp_path: Path) -> None:
    """The last day has no volume, so nothing can be closed; balance and trades alone would hide what is open."""
    folder = tmp_path / "data"
    for path in market.rglob("*.parquet"):
        into = folder / path.relative_to(market)
        into.parent.mkdir(parents=True, exist_ok=True)
        frame = pl.read_parquet(path)
        if path.parent.name == "synthetic_perp":
            silent = pl.int_range(frame.height) >= frame.height - 1440
            frame = frame.with_columns(volume=pl.when(silent).then(0.0).otherwise("volume"))
        frame.write_parquet(into)
    result, _ = run(folder, CASE)
    assert int(result.equity["positions"][-1]) > 0
    assert any("could not be closed in their last bar" in each for each in result.assumptions)
