"""Targets and stops of a setup: how the volume is split, and where the stop goes when a target is reached.

EURUSD without costs, entry 1.10000, stop 1.09000: one R is 100 pips and 1,000 USD a lot. With 1 % risk a balance of
100,000 USD times the lots gives exactly those lots.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import pytest
from kit import BTC, EURUSD, LADDER, USDJPY, Desk, Rung, setup, spec_of

from holdfast.model.enums import Exit
from holdfast.model.events import Funding, Rollover


def opened(lots: float, spec: object = EURUSD, side: str = "long", **management: object) -> Desk:
    """A desk that holds these lots from 1.10000."""
    desk = Desk(spec, balance=round(lots * 100_000, 2))
    desk.strategy(setup(**({"rungs": LADDER} | management)))
    desk.price(1.10)
    desk.plan(**{f"start_{side}": True}, entry_price=1.10, stop_price=1.09 if side == "long" else 1.11)
    desk.fill(desk.order("entry"), 1.10)
    assert desk.held(side=1 if side == "long" else -1) == lots
    desk.price(1.10, after=1 / 60)  # the interval in which the trade began is over
    return desk


def volumes(desk: Desk, legs: int) -> list[float]:
    """Lots of each target, 0 where there is no order."""
    resting = {order.index: order.lots for order in desk.orders("target")}
    return [resting.get(i, 0) for i in range(legs)]


@pytest.mark.parametrize(
    "lots, first, second, third",
    [
        (0.30, 0.10, 0.09, 0.11),  # 10.5 ties down 10; 19.5 ties down 19; 30
        (0.29, 0.10, 0.09, 0.10),  # 10.15; 18.85 rounds to 19; 29
        (0.10, 0.03, 0.03, 0.04),  # 3.5 ties down 3; 6.5 ties down 6; 10
        (0.07, 0.02, 0.03, 0.02),  # 2.45; 4.55 rounds to 5; 7
        (0.03, 0.01, 0.01, 0.01),  # 1.05; 1.95; 3
        (0.02, 0.01, 0.00, 0.01),  # 0.7; 1.3; 2
        (0.01, 0.00, 0.01, 0.00),  # 0.35; 0.65; 1
    ],
)
def test_volumes_of_35_30_35(lots: float, first: float, second: float, third: float) -> None:
    """risk.md 5.5: cumulative shares to the nearest step, ties down, then differences."""
    assert volumes(opened(lots), 3) == [first, second, third]


@pytest.mark.parametrize(
    "shares, lots, expected",
    [
        ((0.5, 0.5), 0.29, [0.14, 0.15]),  # 14.5 ties down
        ((0.2, 0.3, 0.2, 0.2, 0.1), 0.29, [0.06, 0.08, 0.06, 0.06, 0.03]),  # 5.8 14.5 20.3 26.1 29
        ((0.1, 0.1, 0.15, 0.2, 0.45), 0.07, [0.01, 0.00, 0.01, 0.02, 0.03]),  # 0.7 1.4 2.45 3.85 7
        ((0.125,) * 8, 0.08, [0.01] * 8),
        (
            (0.125,) * 8,
            0.03,
            [0.00, 0.01, 0.00, 0.00, 0.01, 0.00, 0.01, 0.00],
        ),  # .375 .75 1.125 1.5 1.875 2.25 2.625
        ((0.4, 0.0, 0.6), 0.10, [0.04, 0.00, 0.06]),
        ((1.0,), 0.07, [0.07]),
    ],
)
def test_volumes_of_other_ladders(shares: tuple[float, ...], lots: float, expected: list[float]) -> None:
    """Any number of rungs up to eight, any shares: the sum is the position, no leg drifts."""
    rungs = tuple(Rung(0.5 * (i + 1), share) for i, share in enumerate(shares))
    found = volumes(opened(lots, rungs=rungs), len(shares))
    assert found == expected
    assert round(sum(found), 2) == lots


@pytest.mark.parametrize(
    "lots, expected",
    [
        (0.30, [0.10, 0.09, 0.11]),
        (0.12, [0.00, 0.07, 0.05]),  # 4 < 5 joins the next: 8, but the rest of 4 is too small, so 7 and 5
        (
            0.08,
            [0.00, 0.08, 0.00],
        ),  # 3 joins; 5; the rest of 3 cannot be made 5 (5 - 2 = 3 < 5): everything there
        (0.05, [0.00, 0.00, 0.05]),
    ],
)
def test_no_leg_is_below_the_venues_minimum(lots: float, expected: list[float]) -> None:
    """Minimum 0.05 lots on a step of 0.01 (risk.md 5.5): a small leg joins the next one, a small rest shrinks the leg,
    and where that makes the leg too small everything is closed there."""
    spec = spec_of("mt5_ejtrader", "EURUSD", spread="0", spread_floor="0", slippage="0", quantity_min="0.05")
    assert volumes(opened(lots, spec), 3) == expected


def test_an_entry_that_fills_in_parts_ends_with_the_same_ladder() -> None:
    """0.02 lots in two parts: after 0.01 the ladder is 0 / 0.01 / 0, after 0.02 it is 0.01 / 0 / 0.01: the second
    target's order is withdrawn."""
    desk = Desk(EURUSD, balance=2_000)
    desk.strategy(setup(rungs=LADDER))
    desk.price(1.10)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09)
    entry = desk.order("entry")
    desk.fill(entry, 1.10, lots=0.01)
    assert volumes(desk, 3) == [0, 0.01, 0]
    desk.fill(entry, 1.10)
    assert volumes(desk, 3) == [0.01, 0, 0.01]


def test_targets_rest_as_reduce_only_limits_at_multiples_of_r() -> None:
    """0.6, 1.2, 2.0 R of 100 pips."""
    targets = opened(0.30).orders("target")
    assert [order.price for order in targets] == [1.106, 1.112, 1.12]
    assert all(order.type == "limit" and order.reduce_only and order.side == "sell" for order in targets)


def test_a_plan_may_name_target_prices_or_multiples() -> None:
    """A price goes before a multiple, a multiple before the rung's own."""
    desk = Desk(EURUSD, balance=30_000)
    desk.strategy(setup(rungs=LADDER))
    desk.price(1.10)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09, target_1=1.1055, target_r_2=1.5)
    desk.fill(desk.order("entry"), 1.10)
    assert [order.price for order in desk.orders("target")] == [1.1055, 1.115, 1.12]


def test_a_target_on_the_losing_side_counts_as_none() -> None:
    """A plan names 1.0950 for a long from 1.1000: it would be sold there at once; the rung's own 0.6 R holds."""
    desk = Desk(EURUSD, balance=30_000)
    desk.strategy(setup(rungs=LADDER))
    desk.price(1.10)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09, target_1=1.095)
    desk.fill(desk.order("entry"), 1.10)
    assert [order.price for order in desk.orders("target")] == [1.106, 1.112, 1.12]


def test_each_target_moves_the_stop_and_the_last_one_closes() -> None:
    """TP1: break-even (no costs: 1.10000). TP2: TP1 + 0.5 R = 1.106 + 0.005 = 1.111. TP3: flat. 10 lots x 60 pips + 9 x
    120 + 11 x 200, in hundredths of a lot: 60 + 108 + 220 = 388 USD."""
    desk = opened(0.30)
    desk.fill(desk.order("target", 0))
    assert (desk.stop(), desk.order("stop").lots) == (1.10, 0.20)
    desk.fill(desk.order("target", 1))
    assert (desk.stop(), desk.order("stop").lots) == (1.111, 0.11)
    desk.fill(desk.order("target", 2))
    assert desk.phase() == "IDLE"
    assert desk.balance == 30_000 + 388
    assert Exit(desk.closed[0].exit) == Exit.TAKE_PROFIT


@pytest.mark.parametrize("reached, outcome", [(1, 0.21), (2, 0.955), (3, 1.27)])
def test_outcomes_in_r(reached: int, outcome: float) -> None:
    """risk.md 5.5 with shares that divide: 1.00 lots. Full 0.35 x 0.6 + 0.30 x 1.2 + 0.35 x 2.0 = 1.27 R; stopped after
    TP2 0.21 + 0.36 + 0.35 x 1.1 = 0.955 R; after TP1 0.21 R."""
    desk = opened(1.00)
    for i in range(reached):
        desk.fill(desk.order("target", i))
    if reached < 3:
        desk.fill(desk.order("stop"))
    assert desk.balance == 100_000 + round(outcome * 1_000, 2)


def test_what_a_moved_stop_is_called() -> None:
    """Break-even and step stops are no stop losses."""
    for reached, name in ((0, Exit.STOP_LOSS), (1, Exit.BREAK_EVEN), (2, Exit.TRAILING_STOP)):
        desk = opened(0.30)
        for i in range(reached):
            desk.fill(desk.order("target", i))
        desk.fill(desk.order("stop"))
        assert Exit(desk.closed[0].exit) == name


def test_a_rung_of_share_0_still_moves_the_stop() -> None:
    """At 1.0 R to entry + 0.4 R: nothing is sold, but once the bid has been through 1.1100 the stop is 1.1040."""
    desk = opened(0.10, rungs=(Rung(1.0, 0.0, "entry_plus", 0.4), Rung(2.0, 1.0)))
    assert volumes(desk, 2) == [0, 0.10]
    desk.price(1.109, high=1.11, after=1)
    assert desk.stop() == 1.09
    desk.price(1.109, high=1.11001, after=1)
    assert (desk.stop(), desk.held()) == (1.104, 0.10)


def test_a_volume_of_0_still_moves_the_stop() -> None:
    """0.01 lots: the first target has no volume, its stop move happens when price trades through it."""
    desk = opened(0.01)
    desk.price(1.1055, high=1.10601, after=1)
    assert desk.stop() == 1.10


def test_a_last_rung_of_share_0_sells_nothing() -> None:
    """Half at 1 R, the rest runs behind a trailing stop from 2 R on: share 0 is no "whatever is left"."""
    desk = opened(0.10, rungs=(Rung(1.0, 0.5, "break_even"), Rung(2.0, 0.0, "trail", 0.5)))
    assert volumes(desk, 2) == [0.05, 0]
    desk.fill(desk.order("target", 0))
    desk.price(1.1195, high=1.1205, after=1)
    desk.price(1.12, high=1.121, after=1)
    assert (desk.held(), desk.stop()) == (0.05, 1.116)


def test_the_stop_never_moves_back() -> None:
    """A second rung that would put it lower leaves it."""
    desk = opened(
        0.10, rungs=(Rung(0.5, 0.5, "entry_plus", 0.3), Rung(1.0, 0.0, "break_even"), Rung(2.0, 0.5))
    )
    desk.fill(desk.order("target", 0))
    assert desk.stop() == 1.103
    desk.price(1.11, high=1.1105, after=1)
    assert desk.stop() == 1.103


def test_a_target_that_the_venue_refused_is_taken_at_market() -> None:
    """It is watched instead: through 1.1060, 0.10 lots go at market."""
    desk = Desk(EURUSD, balance=30_000, obedient=False)
    desk.strategy(setup(rungs=LADDER))
    desk.price(1.10)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09)
    desk.fill(desk.order("entry"), 1.10)
    desk.reject(desk.order("target", 0))
    desk.price(1.10, after=1)
    desk.price(1.1058, high=1.10601, after=1)
    taken = desk.order("target", 0)
    assert (taken.type, taken.lots) == ("market", 0.10)


def test_nothing_more_is_bought_once_a_target_is_reached() -> None:
    """0.20 of 0.30 lots filled, first target reached: the rest of the entry is cancelled."""
    desk = Desk(EURUSD, balance=30_000)
    desk.strategy(setup(rungs=LADDER))
    desk.price(1.102)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09)
    desk.fill(desk.order("entry"), lots=0.20)
    desk.fill(desk.order("target", 0))
    assert desk.orders("entry") == []


# Break-even with costs (risk.md 5.5)

AT_ONCE = (Rung(0.5, 0.0, "break_even"), Rung(3.0, 1.0))


def even_after(desk: Desk, side: str = "long") -> float:
    """The stop after price has been through 0.5 R."""
    if side == "long":
        desk.price(1.106, high=1.1065, after=1)
    else:
        desk.price(1.094, low=1.0935, after=1)
    return desk.stop(side=1 if side == "long" else -1)


COSTLY = spec_of("mt5_ejtrader", "EURUSD", spread="0", spread_floor="0", slippage="0", commission_per_lot="2")


def costly(side: str, rungs: tuple[Rung, ...] = AT_ONCE, swap: float = 0) -> Desk:
    """0.20 lots with 2 USD a lot and side of commission, and a night's swap in USD a lot."""
    desk = Desk(COSTLY, balance=20_400)
    desk.strategy(setup(rungs=rungs))
    desk.price(1.10)
    desk.plan(**{f"start_{side}": True}, entry_price=1.10, stop_price=1.09 if side == "long" else 1.11)
    desk.fill(desk.order("entry"), 1.10)
    if swap:
        points = -round(swap * 10**8)  # one tick on one lot is 1 USD
        desk._send(Rollover, instrument_id=1, long_points=points, short_points=points, days=1)
    return desk


@pytest.mark.parametrize(
    "side, swap, even", [("long", 0, 1.10004), ("long", 1.5, 1.10006), ("short", 0, 1.09996)]
)
def test_break_even_of_eurusd_covers_commission_and_swap(side: str, swap: float, even: float) -> None:
    """4 USD a lot round trip is 0.4 pips; 1.5 USD swap makes 1.100055, rounded away from loss to 1.10006."""
    assert even_after(costly(side, swap=swap), side) == even


def test_after_a_partial_close_the_rest_bears_only_its_own_costs() -> None:
    """TP1 closed a third and took its share of commission and swap with it: still 1.10006."""
    desk = costly("long", LADDER, swap=1.5)
    desk.fill(desk.order("target", 0))
    assert desk.stop() == 1.10006


def test_a_stop_at_break_even_loses_nothing() -> None:
    """Stopped there, the trade's result with all costs is not below zero, and less than one tick above."""
    desk = costly("long", swap=1.5)
    even_after(desk)
    desk.fill(desk.order("stop"))
    assert 0 <= desk.balance - 20_400 < 0.20


def test_break_even_of_usdjpy_converts_at_its_own_price() -> None:
    """4 USD a lot at 150.000: (p - 150) x 100,000 / p >= 4 needs p >= 150 / (1 - 0.00004) = 150.0060002: 150.007, since
    at 150.006 the yen are worth 3.99984 USD."""
    spec = spec_of(
        "mt5_ejtrader", "USDJPY", spread="0", spread_floor="0", slippage="0", commission_per_lot="2"
    )
    desk = Desk(spec, balance=20_000, through={"USDJPY": (USDJPY, 150.0)})
    desk.strategy(setup(rungs=AT_ONCE))
    desk.price(150.0)
    desk.plan(start_long=True, entry_price=150.0, stop_price=149.0)
    desk.fill(desk.order("entry"), 150.0)
    desk.price(150.6, high=150.7, after=1)
    assert desk.stop() == 150.007


@pytest.mark.parametrize("entry", [50_000.0, 50_123.4, 61_234.5, 49_999.9])
@pytest.mark.parametrize("side", ["long", "short"])
def test_break_even_of_a_perpetual_with_taker_fees_both_ways(entry: float, side: str) -> None:
    """E x (1 + t) / (1 - t) for a long, E x (1 - t) / (1 + t) for a short, t = 0.055 %, rounded away from loss."""
    desk = Desk(BTC, balance=10_000)
    desk.strategy(setup(rungs=AT_ONCE))
    desk.price(entry)
    way = 1 if side == "long" else -1
    desk.plan(**{f"start_{side}": True}, entry_price=entry, stop_price=entry - way * 1_000)
    desk.fill(desk.order("entry"), entry)
    at = entry + way * 600
    desk.price(round(at, 1), high=round(at + 10, 1), low=round(at - 10, 1), after=1)
    t, ticks = Fraction(55, 100_000), Fraction(str(entry)) * 10
    exact = ticks * (1 + t) / (1 - t) if way > 0 else ticks * (1 - t) / (1 + t)
    assert desk.stop(side=way) == (ceil(exact) if way > 0 else floor(exact)) / 10


def test_break_even_of_a_perpetual_covers_funding_paid() -> None:
    """50,000 with maker entry 0.02 %, taker exit 0.055 % and one funding of 0.01 % on 50,000:
    (50,000 + 10 + 5) / (1 - 0.00055) = 50,042.523, rounded up to 50,042.6."""
    desk = Desk(BTC, balance=10_000)
    desk.strategy(setup(rungs=AT_ONCE))
    desk.price(50_100.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    desk.fill(desk.order("entry"))
    desk._send(Funding, instrument_id=1, rate=10_000, mark_price=500_000)
    desk.price(50_600.0, high=50_700.0, after=1)
    assert desk.stop() == 50_042.6


def test_funding_received_does_not_bring_break_even_nearer_to_loss() -> None:
    """Money received is not spent in advance: (50,000 + 10) / (1 - 0.00055) = 50,037.52 -> 50,037.6."""
    desk = Desk(BTC, balance=10_000)
    desk.strategy(setup(rungs=AT_ONCE))
    desk.price(50_100.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    desk.fill(desk.order("entry"))
    desk._send(Funding, instrument_id=1, rate=-10_000, mark_price=500_000)
    desk.price(50_600.0, high=50_700.0, after=1)
    assert desk.stop() == 50_037.6


# Trailing


def test_a_trailing_rung_follows_the_best_price_from_then_on() -> None:
    """At 1 R the stop starts to trail half an R, 50 pips, behind the highest bid; it never goes back."""
    desk = opened(0.10, rungs=(Rung(1.0, 0.5, "trail", 0.5), Rung(5.0, 0.5)))
    desk.fill(desk.order("target", 0))
    assert desk.stop() == 1.09
    desk.price(1.112, high=1.113, after=1)
    assert desk.stop() == 1.108
    desk.price(1.109, after=1)
    assert desk.stop() == 1.108
    desk.price(1.12, after=1)
    assert (desk.stop(), desk.order("stop").price) == (1.115, 1.115)


def test_a_trailing_stop_is_called_so() -> None:
    """The exit's name follows the last move."""
    desk = opened(0.10, rungs=(Rung(1.0, 0.5, "trail", 0.5), Rung(5.0, 0.5)))
    desk.fill(desk.order("target", 0))
    desk.price(1.112, after=1)
    desk.fill(desk.order("stop"))
    assert Exit(desk.closed[0].exit) == Exit.TRAILING_STOP


def test_a_plans_trail_distance_starts_at_once() -> None:
    """80 pips behind the best bid: from 1.1000 that is 1.0920, better than the plan's stop of 1.0900."""
    desk = Desk(EURUSD, balance=20_000)
    desk.strategy(setup())
    desk.price(1.10)
    desk.plan(start_long=True, stop_price=1.09, trail_distance=0.008)
    desk.fill(desk.order("entry"), 1.10)
    desk.price(1.10, after=1)
    desk.price(1.101, after=1)
    assert desk.stop() == 1.093


def test_a_shorts_trail_counts_the_ask() -> None:
    """A short closes at the ask: bid 1.0900 with 2 pips of spread is 1.0902, so the stop is 1.0902 + 0.0080."""
    desk = Desk(EURUSD, balance=20_000)
    desk.strategy(setup())
    desk.price(1.10, 1.1002)
    desk.plan(start_short=True, stop_price=1.11, trail_distance=0.008)
    desk.fill(desk.order("entry"), 1.10)
    desk.price(1.10, 1.1002, after=1)
    desk.price(1.09, 1.0902, after=1)
    assert desk.stop(side=-1) == 1.0982


def test_prices_from_before_the_entry_move_no_stop() -> None:
    """Entered at 1.1000 within the interval whose bid had been at 1.1080: neither the rung at 0.5 R nor the trail may
    count that high, which was over before the trade began."""
    desk = Desk(EURUSD, balance=20_000)
    desk.strategy(setup(rungs=AT_ONCE))
    desk.price(1.102)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09, trail_distance=0.008)
    desk.now += 60 * 10**9
    desk.fill(desk.order("entry"))
    desk.price(1.10, high=1.108, after=1 / 60)
    assert desk.stop() == 1.092
    desk.price(1.10, high=1.108, after=1 / 60)
    assert desk.stop() == 1.10


# Time


@pytest.mark.parametrize("bid, closes", [(1.099, True), (1.101, True)])
def test_the_longest_holding_time_closes_at_market(bid: float, closes: bool) -> None:
    """Ten hours, gain or loss."""
    desk = opened(0.10, max_hold=10 * 3600)
    desk.price(bid, after=9.9)
    assert desk.orders("exit") == []
    desk.price(bid, after=0.1)
    assert desk.order("exit").lots == 0.10
    desk.fill(desk.order("exit"), bid)
    assert Exit(desk.closed[0].exit) == Exit.TIME_STOP


def test_the_time_stop_may_spare_what_wins() -> None:
    """Losing only: at 1.1010 it stays, at 1.0990 it goes."""
    desk = opened(0.10, max_hold=10 * 3600, max_hold_losing_only=True)
    desk.price(1.101, after=10)
    assert desk.orders("exit") == []
    desk.price(1.10, after=1)
    assert desk.orders("exit") == []
    desk.price(1.099, after=1)
    assert desk.order("exit").lots == 0.10


def test_a_plan_may_set_its_own_longest_holding_time() -> None:
    """Two hours instead of the strategy's ten."""
    desk = Desk(EURUSD, balance=20_000)
    desk.strategy(setup(max_hold=10 * 3600))
    desk.price(1.10)
    desk.plan(start_long=True, stop_price=1.09, max_hold=7200.0)
    desk.fill(desk.order("entry"), 1.10)
    desk.wait(2)
    assert desk.order("exit").lots == 0.20


def test_an_exit_flag_is_obeyed_after_the_shortest_holding_time() -> None:
    """Four hours: the flag after one hour is ignored, the one after four closes, with the plan's own reason."""
    desk = opened(0.10, min_hold=4 * 3600)
    desk.price(1.10, after=1)
    desk.plan(exit_long=True, exit_reason="turned")
    assert desk.orders("exit") == []
    desk.price(1.10, after=3)
    desk.plan(exit_long=True, exit_reason="turned")
    desk.fill(desk.order("exit"), 1.10)
    closed = desk.closed[0]
    assert (Exit(closed.exit), closed.exit_tag) == (Exit.EXIT_SIGNAL, 1)


def test_a_stop_does_not_wait_for_the_shortest_holding_time() -> None:
    """It is at the venue from the first fill on."""
    desk = opened(0.10, min_hold=4 * 3600)
    desk.fill(desk.order("stop"))
    assert desk.phase() == "IDLE"


def test_an_exit_flag_of_the_other_side_means_nothing() -> None:
    """exit_short does not close a long."""
    desk = opened(0.10)
    desk.plan(exit_short=True)
    assert desk.orders("exit") == []


def test_an_exit_flag_drops_what_waits() -> None:
    """Nothing is held, so nothing is sold; the resting entry goes."""
    desk = Desk(EURUSD, balance=20_000)
    desk.strategy(setup())
    desk.price(1.102)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09)
    desk.plan(exit_long=True)
    assert desk.orders() == []


def test_an_exit_keeps_the_stop_until_nothing_is_held() -> None:
    """Targets are cancelled, the stop stays at the venue, the exit is reduce-only."""
    desk = opened(0.30)
    desk.plan(exit_long=True)
    assert desk.orders("target") == []
    assert desk.order("stop").lots == 0.30
    assert desk.order("exit").reduce_only
    desk.fill(desk.order("exit"), 1.10)
    assert desk.orders() == []


def test_after_a_close_the_strategy_cools_down() -> None:
    """Three hours: a plan after 2.9 is denied, one after 3 is armed."""
    desk = opened(0.10, cooldown=3 * 3600)
    desk.fill(desk.order("stop"))
    assert desk.phase() == "COOLDOWN"
    desk.price(1.10, after=2.9)
    desk.plan(start_long=True, stop_price=1.09)
    assert desk.orders() == []
    desk.price(1.10, after=0.1)
    desk.plan(start_long=True, stop_price=1.09)
    assert desk.order("entry").type == "market"


def test_a_dropped_setup_needs_no_cool_down() -> None:
    """Nothing was traded."""
    desk = Desk(EURUSD, balance=20_000)
    desk.strategy(setup(cooldown=3 * 3600))
    desk.price(1.116)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09)
    desk.price(1.10, after=0.1)
    desk.plan(start_long=True, stop_price=1.09)
    assert desk.order("entry").type == "market"
