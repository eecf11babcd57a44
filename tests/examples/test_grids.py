"""Grids: levels, their memory, one stop on the average, a take-profit that follows the plan, exits, time stop.

BTCUSDT without spread and slippage, 10,000 USDT, three equal levels 500 apart below 50,500: 50,000 / 49,500 / 49,000,
1x: 3,333.33 USDT a level: 0.066, 0.067, 0.068 BTC. Stop 20 % below the average.
"""

from __future__ import annotations

from typing import Any

import pytest
from kit import BTC, EURUSD, PLAYED, Desk, Market, compare_with_compiled, grid

from holdfast.model.enums import Denial, Drop, Exit

FIRST = len(PLAYED)
LADDER = {"anchor_price": 50_500.0, "offset": 500.0, "spacing": 500.0}


def offered(plan: dict[str, Any] | None = None, **management: Any) -> Desk:
    """A desk whose long levels rest."""
    desk = Desk(BTC)
    desk.strategy(grid(**management))
    desk.price(50_600.0)
    desk.plan(**({"start_long": True} | LADDER | (plan or {})))
    return desk


def prices(desk: Desk) -> dict[int, float]:
    """Resting levels by index."""
    return {order.index: order.price for order in desk.orders("entry")}


def test_levels_rest_as_post_only_limits_with_their_stop_inside() -> None:
    """Anchor - (offset + i x spacing); each carries the stop that it would have alone, 20 % below."""
    orders = offered().orders("entry")
    assert [(o.price, o.lots, o.stop) for o in orders] == [
        (50_000.0, 0.066, 40_000.0),
        (49_500.0, 0.067, 39_600.0),
        (49_000.0, 0.068, 39_200.0),
    ]
    assert all(o.type == "limit" and o.post_only and o.side == "buy" for o in orders)


def test_levels_of_a_short_are_mirrored() -> None:
    """Above the anchor."""
    desk = Desk(BTC)
    desk.strategy(grid())
    desk.price(50_000.0)
    desk.plan(start_short=True, anchor_price=50_000.0, offset=500.0, spacing=250.0)
    assert prices(desk) == {0: 50_500.0, 1: 50_750.0, 2: 51_000.0}


def test_a_plan_may_name_every_level() -> None:
    """Explicit prices instead of anchor and spacing; a level without one hangs from the anchor."""
    desk = offered({"level_0": 50_050.0, "level_2": 48_000.0})
    assert prices(desk) == {0: 50_050.0, 1: 49_500.0, 2: 48_000.0}


def test_every_plan_moves_the_levels_that_are_not_filled() -> None:
    """The anchor falls by 200: so do all levels, amended where they rest."""
    desk = offered()
    before = [order.id for order in desk.orders("entry")]
    desk.plan(start_long=True, anchor_price=50_300.0, offset=500.0, spacing=500.0)
    assert prices(desk) == {0: 49_800.0, 1: 49_300.0, 2: 48_800.0}
    assert [order.id for order in desk.orders("entry")] == before


def test_a_filled_level_is_remembered_by_its_own_index() -> None:
    """Level 1 filled first (a gap), re-anchoring moves 0 and 2 and never offers 1 again."""
    desk = offered()
    desk.fill(desk.order("entry", 1))
    desk.plan(anchor_price=50_300.0, offset=500.0, spacing=500.0)
    assert prices(desk) == {0: 49_800.0, 2: 48_800.0}
    assert desk.trade().levels[1].filled_quantity == 67


def test_before_the_first_fill_a_plan_that_starts_nothing_withdraws_the_levels() -> None:
    """The gate of the strategy (for instance too little volatility) closes: nothing is offered any more."""
    desk = offered()
    desk.plan(**LADDER)
    assert desk.orders() == []
    assert desk.drops() == [Drop.WITHDRAWN]


def test_after_the_first_fill_levels_stay_offered_without_a_start() -> None:
    """The gate blocks only the start of a cycle."""
    desk = offered()
    desk.fill(desk.order("entry", 0))
    desk.plan(**LADDER)
    assert prices(desk) == {1: 49_500.0, 2: 49_000.0}


def test_a_partly_filled_level_is_not_moved() -> None:
    """Its rest stays where it is."""
    desk = offered()
    desk.fill(desk.order("entry", 0), lots=0.01)
    desk.plan(anchor_price=50_300.0, offset=500.0, spacing=500.0)
    assert prices(desk) == {0: 50_000.0, 1: 49_300.0, 2: 48_800.0}


def test_one_stop_on_the_average() -> None:
    """Level 0: 50,000 x 0.8 = 40,000. With level 1: (66 x 50,000 + 67 x 49,500) / 133 = 49,748.12, rounded up to the
    tick 49,748.2, x 0.8 = 39,798.56, nearer: 39,798.6. One order, amended, for all that is held."""
    desk = offered()
    desk.fill(desk.order("entry", 0))
    stop = desk.order("stop")
    assert (stop.price, stop.lots) == (40_000.0, 0.066)
    desk.fill(desk.order("entry", 1))
    moved = desk.order("stop")
    assert (moved.id, moved.price, moved.lots) == (stop.id, 39_798.6, 0.133)


def test_a_plans_stop_price_overrides_the_stop_on_the_average() -> None:
    """48,000 whatever fills."""
    desk = offered({"stop_price": 48_000.0})
    desk.fill(desk.order("entry", 0))
    desk.fill(desk.order("entry", 1))
    assert desk.order("stop").price == 48_000.0


def test_the_stop_closes_the_cycle_and_withdraws_what_rests() -> None:
    """Stopped at 39,798.6: stop loss; the third level and the take-profit are cancelled."""
    desk = offered({"take_profit_price": 50_500.0})
    desk.fill(desk.order("entry", 0))
    desk.fill(desk.order("entry", 1))
    desk.fill(desk.order("stop"))
    assert desk.orders() == []
    assert [Exit(row.exit) for row in desk.closed] == [Exit.STOP_LOSS]
    lost = 0.066 * (39_798.6 - 50_000) + 0.067 * (39_798.6 - 49_500)
    assert desk.closed[0].realized_pnl == round(lost * 10**8)


def test_the_take_profit_follows_the_plan() -> None:
    """A resting reduce-only limit, amended by each plan, as large as the position."""
    desk = offered({"take_profit_price": 50_500.0})
    desk.fill(desk.order("entry", 0))
    target = desk.order("target")
    assert (target.price, target.lots, target.reduce_only) == (50_500.0, 0.066, True)
    desk.fill(desk.order("entry", 1))
    desk.plan(take_profit_price=50_200.0, **LADDER)
    moved = desk.order("target")
    assert (moved.id, moved.price, moved.lots) == (target.id, 50_200.0, 0.133)
    desk.fill(moved)
    assert [Exit(row.exit) for row in desk.closed] == [Exit.TAKE_PROFIT]


def test_the_take_profit_is_never_nearer_than_the_least_profit() -> None:
    """0.4 % of 50,000 is 200: the plan's 50,100 becomes 50,200. After level 1 the average is 49,748.12 (up: 49,748.2);
    0.4 % of it, rounded up to a tick, is 199.0: 49,947.2."""
    desk = offered({"take_profit_price": 50_100.0, "min_profit": 0.004})
    desk.fill(desk.order("entry", 0))
    assert desk.order("target").price == 50_200.0
    desk.plan(take_profit_price=49_900.0, **LADDER)
    desk.fill(desk.order("entry", 1))
    assert desk.order("target").price == 49_947.2


def test_a_plan_without_a_take_profit_withdraws_it() -> None:
    """Exits by flag, stop or time then."""
    desk = offered({"take_profit_price": 50_500.0})
    desk.fill(desk.order("entry", 0))
    desk.plan(**LADDER)
    assert desk.orders("target") == []


def test_a_partly_filled_take_profit_shrinks_the_stop() -> None:
    """0.05 of 0.066 sold: the stop covers 0.016; the cycle goes on."""
    desk = offered({"take_profit_price": 50_500.0})
    desk.fill(desk.order("entry", 0))
    desk.fill(desk.order("target"), lots=0.05)
    assert desk.order("stop").lots == 0.016
    assert desk.phase() == "OPEN"


def test_the_time_stop_closes_a_loser() -> None:
    """24 hours, losing only: at 50,100 it may stay, at 49,900 it goes, with all that rests."""
    desk = offered(max_hold=24 * 3600, max_hold_losing_only=True)
    desk.fill(desk.order("entry", 0))
    desk.price(50_100.0, after=24)
    assert desk.orders("exit") == []
    desk.price(49_900.0, after=1)
    assert desk.order("exit").lots == 0.066
    assert desk.orders("entry") == []
    desk.fill(desk.order("exit"), 49_900.0)
    assert [Exit(row.exit) for row in desk.closed] == [Exit.TIME_STOP]


def test_the_time_stop_counts_from_the_first_fill() -> None:
    """The second level filled after 20 hours does not start it anew."""
    desk = offered(max_hold=24 * 3600)
    desk.fill(desk.order("entry", 0))
    desk.price(49_600.0, after=20)
    desk.fill(desk.order("entry", 1))
    desk.price(49_600.0, after=4)
    assert desk.order("exit").lots == 0.133


def test_an_exit_flag_closes_the_cycle_with_its_reason() -> None:
    """signal_exit of grid_boltrend."""
    desk = offered()
    desk.fill(desk.order("entry", 0))
    desk.plan(exit_long=True, exit_reason="signal_exit", **LADDER)
    assert desk.orders("entry") == []
    desk.fill(desk.order("exit"), 49_900.0)
    assert (Exit(desk.closed[0].exit), desk.closed[0].exit_tag) == (Exit.EXIT_SIGNAL, 1)


def test_a_cycle_cools_down() -> None:
    """Three hours after a close nothing starts, on either side; then it does."""
    desk = offered(cooldown=3 * 3600)
    desk.fill(desk.order("entry", 0))
    desk.fill(desk.order("stop"))
    desk.price(50_600.0, after=2)
    desk.plan(start_long=True, start_short=True, **LADDER)
    assert desk.orders() == []
    assert desk.denials() == [Denial.COOLDOWN] * 2
    desk.price(50_600.0, after=1)
    desk.plan(start_long=True, **LADDER)
    assert len(desk.orders("entry")) == 3


def test_one_cycle_is_one_trade() -> None:
    """Two levels and a take-profit: one row, two entries."""
    desk = offered({"take_profit_price": 50_500.0})
    desk.fill(desk.order("entry", 0))
    desk.fill(desk.order("entry", 1))
    desk.fill(desk.order("target"))
    assert [(row.entry_count, row.quantity_high) for row in desk.closed] == [(2, 133)]


# Hung from the first fill (boltrend)


def hung(**management: Any) -> Desk:
    """The first level is bought at 50,000, the others hang 500 apart from it."""
    desk = Desk(BTC)
    desk.strategy(grid(**management))
    desk.price(50_000.0)
    desk.plan(start_long=True, enter_now=True, spacing=500.0)
    return desk


def test_a_breakout_buys_its_first_level_at_once() -> None:
    """At market; nothing else rests until it is filled."""
    desk = hung()
    assert [(o.type, o.index) for o in desk.orders("entry")] == [("market", 0)]


def test_levels_hang_from_the_first_fill() -> None:
    """Filled at 50,020: 49,520 and 49,020; the next plan's wider spacing moves them, the anchor stays."""
    desk = hung()
    desk.fill(desk.order("entry", 0), 50_020.0)
    assert prices(desk) == {1: 49_520.0, 2: 49_020.0}
    desk.price(50_900.0, after=1)
    desk.plan(spacing=600.0)
    assert prices(desk) == {1: 49_420.0, 2: 48_820.0}


def test_a_breakout_that_is_denied_is_over() -> None:
    """Its moment was now."""
    desk = Desk(BTC, limits={"leverage_max": 0.1})
    desk.strategy(grid())
    desk.price(50_000.0)
    desk.plan(start_long=True, enter_now=True, spacing=500.0)
    assert desk.drops() == [Drop.WITHDRAWN]
    assert desk.phase() == "IDLE"


# Exits and stops of single levels


def test_a_level_may_have_an_exit_of_its_own() -> None:
    """Level 0 leaves at 50,400 alone; level 1 has none and leaves with the common take-profit of 50,900."""
    desk = offered({"take_profit_price": 50_900.0, "level_exit_0": 50_400.0})
    desk.fill(desk.order("entry", 0))
    desk.fill(desk.order("entry", 1))
    assert sorted((o.price, o.lots) for o in desk.orders("target")) == [(50_400.0, 0.066), (50_900.0, 0.067)]
    alone = next(o for o in desk.orders("target") if o.price == 50_400.0)
    desk.fill(alone)
    assert desk.held() == 0.067
    assert desk.order("target").lots == 0.067
    assert desk.order("stop").lots == 0.067


def test_an_average_after_a_level_has_left_is_of_what_is_left() -> None:
    """The position's average stays the average of both entries (the venue knows one position): the stop stays."""
    desk = offered({"level_exit_0": 50_400.0})
    desk.fill(desk.order("entry", 0))
    desk.fill(desk.order("entry", 1))
    before = desk.order("stop").price
    desk.fill(desk.order("target", 0))
    assert desk.order("stop").price == before


def test_stops_of_single_levels() -> None:
    """2 % below each fill: 49,000 and 48,510. The nearer one closes its level only; when the last one is filled the
    cycle is over, and it is a stop loss."""
    desk = offered(stop_rate=0.02, stop_per_level=True)
    desk.fill(desk.order("entry", 0))
    desk.fill(desk.order("entry", 1))
    assert [(o.price, o.lots) for o in desk.orders("stop")] == [(49_000.0, 0.066), (48_510.0, 0.067)]
    desk.fill(desk.order("stop", 0))
    assert (desk.held(), desk.phase()) == (0.067, "OPEN")
    assert len(desk.orders("stop")) == 1
    desk.fill(desk.order("stop", 1))
    assert [Exit(row.exit) for row in desk.closed] == [Exit.STOP_LOSS]


def test_a_common_exit_withdraws_the_stops_of_its_levels() -> None:
    """The take-profit closes everything: no level's stop stays behind."""
    desk = offered({"take_profit_price": 50_500.0}, stop_rate=0.02, stop_per_level=True)
    desk.fill(desk.order("entry", 0))
    desk.fill(desk.order("target"))
    assert desk.orders() == []


def test_a_plans_trail_tightens_the_stop_of_a_grid() -> None:
    """1,000 behind the best bid, from the next price on; a lower average does not loosen it again."""
    desk = offered({"trail_distance": 1_000.0})
    desk.fill(desk.order("entry", 0))
    desk.price(50_000.0, after=1)
    desk.price(50_300.0, after=1)
    assert desk.order("stop").price == 49_300.0
    desk.fill(desk.order("entry", 1))
    assert (desk.order("stop").price, desk.order("stop").lots) == (49_300.0, 0.133)


# Both sides, gate, venue


def test_when_one_side_fills_the_other_is_withdrawn() -> None:
    """Only one direction may be open for each instrument."""
    desk = Desk(BTC)
    desk.strategy(grid())
    desk.price(50_000.0)
    both = {"anchor_price": 50_000.0, "offset": 500.0, "spacing": 500.0}
    desk.plan(start_long=True, start_short=True, **both)
    assert len(desk.orders("entry")) == 6
    desk.fill(next(o for o in desk.orders("entry") if o.price == 50_500.0))
    assert desk.drops() == [Drop.OTHER_SIDE]
    assert all(o.side == "sell" for o in desk.orders("entry"))
    desk.plan(start_long=True, start_short=True, **both)
    assert desk.phase(side=1) == "IDLE"


def test_every_level_passes_the_gate_and_so_does_every_move() -> None:
    """Room for two levels of 1/3 each: the third is denied. A level whose move is denied is withdrawn."""
    desk = Desk(BTC, limits={"leverage_max": 0.7})
    desk.strategy(grid())
    desk.price(50_600.0)
    desk.plan(start_long=True, **LADDER)
    assert prices(desk) == {0: 50_000.0, 1: 49_500.0}
    assert desk.denials() == [Denial.LEVERAGE]
    desk.limit(1, leverage_max=0.1)
    desk.plan(start_long=True, anchor_price=50_400.0, offset=500.0, spacing=500.0)
    assert desk.orders("entry") == []


def test_a_rejected_level_is_offered_again_with_the_next_plan() -> None:
    """Post-only would have crossed; an hour later it may rest."""
    desk = Desk(BTC, obedient=False)
    desk.strategy(grid(levels=1))
    desk.price(50_600.0)
    desk.plan(start_long=True, **LADDER)
    desk.reject(desk.order("entry"))
    assert desk.orders() == []
    desk.price(50_600.0, after=1)
    desk.plan(start_long=True, **LADDER)
    assert prices(desk) == {0: 50_000.0}


def test_where_sizes_cannot_be_amended_a_level_moves_with_its_old_size() -> None:
    """MetaTrader: the price is amended, the size stays what it was."""
    desk = Desk(EURUSD, balance=100_000)
    desk.strategy(grid(levels=1))
    desk.price(1.11)
    desk.plan(start_long=True, anchor_price=1.11, offset=0.01, spacing=0.01)
    assert desk.order("entry").lots == 0.90
    desk.plan(start_long=True, anchor_price=1.06, offset=0.01, spacing=0.01)
    assert (desk.order("entry").price, desk.order("entry").lots) == (1.05, 0.90)


def test_an_open_trade_keeps_the_stop_it_was_opened_with() -> None:
    """The settings now say 40 % instead of 20 %: the open cycle's stop stays 20 % below its average of 49,748.2."""
    desk = offered()
    desk.fill(desk.order("entry", 0))
    desk.mandates.clear()  # the next one is number 1 again
    desk.strategy(grid(stop_rate=0.4))
    desk.fill(desk.order("entry", 1))
    assert desk.order("stop").price == 39_798.6


# In the simulator


def walked(
    *bars: tuple[float, float, float, float], plans: dict[int, dict[str, Any]], **management: Any
) -> Market:
    """A market with one plan an hour where given, else the first one again without a start."""
    market = Market(BTC)
    market.strategy(grid(**management))
    market.flat(50_600.0)
    for hour in range(1, len(bars) + 1):
        market.plan(hour, **plans.get(hour, LADDER))
    for bar in bars:
        market.bar(*bar)
    return market


def test_three_levels_and_the_stop() -> None:
    """All three fill on the way down, 5 % stop on the average: (66 x 50,000 + 67 x 49,500 + 68 x 49,000) / 201 =
    49,495.03, up: 49,495.1, x 0.95 = 47,020.345, nearer: 47,020.4."""
    market = walked(
        (50_600.0, 50_650.0, 49_900.0, 49_950.0),
        (49_950.0, 50_000.0, 48_900.0, 48_950.0),
        (48_950.0, 49_000.0, 47_000.0, 47_100.0),
        plans={1: {"start_long": True, **LADDER}},
        stop_rate=0.05,
    )
    played = market.run()
    assert [(f.hour, f.role, f.price, f.lots) for f in played.fills] == [
        (1, "entry", 50_000.0, 0.066),
        (2, "entry", 49_500.0, 0.067),
        (2, "entry", 49_000.0, 0.068),
        (3, "stop", 47_020.4, 0.201),
    ]
    assert played.trade.exit == Exit.STOP_LOSS
    assert played.trade.entries == 3


def test_three_levels_and_the_take_profit() -> None:
    """Two levels fill, then price returns to the plan's take-profit, which has moved to 50,100."""
    market = walked(
        (50_600.0, 50_650.0, 49_400.0, 49_450.0),
        (49_450.0, 49_800.0, 49_400.0, 49_800.0),
        (49_800.0, 50_200.0, 49_750.0, 50_150.0),
        plans={
            1: {"start_long": True, "take_profit_price": 50_500.0, **LADDER},
            2: {"take_profit_price": 50_300.0, **LADDER},
            3: {"take_profit_price": 50_100.0, **LADDER},
        },
    )
    played = market.run()
    assert [(f.hour, f.role, f.price, f.lots) for f in played.fills] == [
        (1, "entry", 50_000.0, 0.066),
        (1, "entry", 49_500.0, 0.067),
        (3, "target", 50_100.0, 0.133),
    ]
    assert played.trade.exit == Exit.TAKE_PROFIT
    assert played.trade.realized == round(0.066 * 100 + 0.067 * 600, 8)


def test_three_levels_and_the_time_stop() -> None:
    """Two hours, losing only: judged at the close of the bar in which they have passed, sold at the next open."""
    market = walked(
        (50_600.0, 50_650.0, 49_900.0, 49_950.0),
        (49_950.0, 50_000.0, 49_800.0, 49_900.0),
        (49_880.0, 49_900.0, 49_850.0, 49_860.0),
        plans={1: {"start_long": True, **LADDER}},
        max_hold=2 * 3600,
        max_hold_losing_only=True,
    )
    played = market.run()
    assert [(f.hour, f.role, f.price) for f in played.fills] == [
        (1, "entry", 50_000.0),
        (3, "exit", 49_880.0),
    ]
    assert played.trade.exit == Exit.TIME_STOP


def test_a_level_filled_in_a_bar_cannot_take_profit_in_it() -> None:
    """Down through 50,000 and up to 50,900 in one bar: bought, but not sold at 50,500 before the next bar."""
    plan = {"start_long": True, "take_profit_price": 50_500.0, **LADDER}
    market = walked(
        (50_600.0, 50_900.0, 49_900.0, 50_400.0),
        (50_400.0, 50_600.0, 50_300.0, 50_550.0),
        plans={1: plan, 2: plan},
    )
    assert [(f.hour, f.role) for f in market.run().fills] == [(1, "entry"), (2, "target")]


def test_a_gap_fills_levels_at_the_open() -> None:
    """The bar opens at 49,200: levels of 50,000 and 49,500 are bought there, as makers, better than asked."""
    market = walked((49_200.0, 49_300.0, 49_100.0, 49_250.0), plans={1: {"start_long": True, **LADDER}})
    fills = market.run().fills
    assert [(f.price, f.index, f.maker) for f in fills] == [(49_200.0, 0, True), (49_200.0, 1, True)]


def test_a_breakout_in_the_simulator() -> None:
    """Bought at the next open of 50,640; the others hang from there: 50,140 fills in the same bar."""
    market = walked(
        (50_640.0, 50_700.0, 50_100.0, 50_600.0),
        plans={1: {"start_long": True, "enter_now": True, "spacing": 500.0}},
    )
    assert [(f.price, f.index, f.maker) for f in market.run().fills] == [
        (50_640.0, 0, False),
        (50_140.0, 1, True),
    ]


@pytest.mark.parametrize("side", ["long", "short"])
def test_an_exit_flag_sells_at_the_next_open(side: str) -> None:
    """Known at the close of hour 2."""
    start = {f"start_{side}": True, **({"level_0": 50_000.0} if side == "long" else {"level_0": 51_000.0})}
    market = walked(
        (50_600.0, 51_100.0, 49_900.0, 50_500.0),
        (50_450.0, 50_460.0, 50_440.0, 50_450.0),
        plans={1: start, 2: {f"exit_{side}": True, "exit_reason": "signal_exit"}},
        levels=1,
    )
    played = market.run()
    assert [(f.hour, f.role, f.price) for f in played.fills][1:] == [(2, "exit", 50_450.0)]
    assert (played.trade.exit, played.trade.exit_reason) == (Exit.EXIT_SIGNAL, "signal_exit")


def test_compiled_gives_the_same() -> None:
    """Every scenario of this module, compiled."""
    assert compare_with_compiled(FIRST) >= 8
