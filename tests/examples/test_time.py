"""One account, one order of time: funding, price, plan, boundary; coarse plans over fine bars; ends of data."""

from __future__ import annotations

import polars as pl
from kit import BTC, ETH, HOUR, MINUTE, MONDAY, PLAYED, Market, Rung, compare_with_compiled, grid, setup

from holdfast.model.enums import Exit
from holdfast.wiring import schedule

FIRST = len(PLAYED)


def test_a_plan_of_the_hour_acts_in_the_next_minute() -> None:
    """Detail bars of one minute: a plan known at 1:00 buys at the open of the minute that begins at 1:00."""
    market = Market(BTC, step=MINUTE)
    market.strategy(setup())
    market.flat(50_000.0, 60)
    market.plan(1, start_long=True, stop_price=49_000.0)
    market.bar(50_010.0, 50_020.0, 50_000.0, 50_015.0)
    fills = market.run().fills
    assert [(fill.hour, fill.price) for fill in fills] == [(1, 50_010.0)]


def test_fine_bars_tell_what_a_coarse_one_cannot() -> None:
    """The hour's bar holds stop and target, so it is the stop; its minutes show the target first."""
    minutes = [(50_000.0, 51_100.0, 50_000.0, 51_050.0), (51_050.0, 51_060.0, 48_900.0, 48_950.0)]
    for step, exits in ((HOUR, Exit.STOP_LOSS), (MINUTE, Exit.TAKE_PROFIT)):
        market = Market(BTC, step=step)
        market.strategy(setup(rungs=(TARGET,)))
        market.flat(50_000.0)
        market.plan(step / HOUR, start_long=True, stop_price=49_000.0)
        market.flat(50_000.0)
        if step == HOUR:
            market.bar(50_000.0, 51_100.0, 48_900.0, 48_950.0)
        else:
            for bar in minutes:
                market.bar(*bar)
        assert market.run().trade.exit == exits


TARGET = Rung(1.0, 1.0)


def test_what_is_open_when_an_instruments_data_end_is_closed_at_its_last_open() -> None:
    """ETH ends at 3:00; its long is sold at the open of its last bar, with costs; BTC goes on."""
    market = Market(BTC, ETH)
    market.strategy(setup(), BTC)
    market.strategy(setup(), ETH)
    market.flat(50_000.0, 6, spec=BTC)
    market.flat(2_500.0, 2, spec=ETH)
    market.bar(2_510.0, 2_520.0, 2_500.0, 2_515.0, spec=ETH)
    market.plan(1, 1, start_long=True, stop_price=49_000.0)
    market.plan(1, 2, start_long=True, stop_price=2_450.0)
    market.schedule(schedule.end_items({2: MONDAY + 2 * HOUR}))
    played = market.run()
    assert [(t.pair, t.exit, t.closed) for t in played.trades] == [(ETH.pair, Exit.FORCE_EXIT, 2)]
    assert [(f.price, f.hour) for f in played.of("exit")] == [(2_510.0, 2)]


def test_at_one_instant_funding_comes_before_the_exit_that_was_planned_for_it() -> None:
    """Held until 8:00, funding at 8:00, the exit flag of the same instant acts at the open of 8:00: it still pays."""
    market = Market(BTC)
    market.strategy(grid(levels=1, allocation=0.5, stop_rate=0.5))
    market.flat(50_000.0, 10)
    market.plan(1, start_long=True, enter_now=True)
    market.plan(8, exit_long=True)
    instants = pl.col("ts").cast(pl.Datetime("ns", "UTC"))
    rates = pl.DataFrame({"ts": [MONDAY + 8 * HOUR], "rate": [0.0001]}).with_columns(instants)
    market.schedule(schedule.funding_items(1, rates, None, market.bars_of(BTC), 0.1))
    played = market.run()
    assert (played.funding, played.trade.closed) == (-0.5, 8)


def test_funding_between_two_coarse_bars_is_paid_by_what_is_held_then() -> None:
    """Daily bars, settlements every 8 hours: three a day on 5,000 USDT at 0.01 %, 0.5 each; the position is there from
    the open of day 1, so days 1 and 2 pay 6 x 0.5 (what falls on the opening instant itself came before the entry)."""
    market = Market(BTC, step=24 * HOUR)
    market.strategy(grid(levels=1, allocation=0.5, stop_rate=0.5))
    market.flat(50_000.0, 3)
    market.plan(24, start_long=True, enter_now=True)
    instants = pl.col("ts").cast(pl.Datetime("ns", "UTC"))
    hours = range(8, 73, 8)
    rates = pl.DataFrame({"ts": [MONDAY + h * HOUR for h in hours], "rate": [0.0001] * len(hours)})
    market.schedule(schedule.funding_items(1, rates.with_columns(instants), None, market.bars_of(BTC), 0.1))
    assert market.run().funding == -3.0


def test_a_new_day_within_a_coarse_bar_holds_nothing_back() -> None:
    """Bars of 12 hours from Monday 6:00 would hold midnights inside; here an exit request inside a bar must not delay
    the funding that is due at the bar's end beyond the price that follows it."""
    market = Market(BTC, step=12 * HOUR)
    market.strategy(grid(levels=1, allocation=0.5, stop_rate=0.5))
    market.flat(50_000.0, 4)
    market.plan(12, start_long=True, enter_now=True)
    days = schedule.rows_of(schedule.Item.DAY, 0, [MONDAY + 30 * HOUR])
    market.schedule(days)
    instants = pl.col("ts").cast(pl.Datetime("ns", "UTC"))
    rates = pl.DataFrame({"ts": [MONDAY + 32 * HOUR], "rate": [0.0001]}).with_columns(instants)
    market.schedule(schedule.funding_items(1, rates, None, market.bars_of(BTC), 0.1))
    assert market.run().funding == -0.5


def test_compiled_gives_the_same() -> None:
    """Every scenario of this module, compiled."""
    assert compare_with_compiled(FIRST) >= 7
