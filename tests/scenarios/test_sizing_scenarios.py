"""How much: S33 to S35, S37 to S39, S41 to S43, S48, S49 of risk.md 7, in its figures.

HS: EURUSD pip 10 USD a lot, 4 USD a lot for both sides, step and minimum 0.01, risk 0.6 %.
"""

from __future__ import annotations

from typing import Any

import pytest
from kit import EURUSD, GBPUSD, USDJPY, one_tier, setup, spec_of
from scenario_kit import FX, HS_EURUSD, Book

from holdfast.engine.ladder import split_ladder
from holdfast.engine.stops import break_even
from holdfast.model.enums import Denial, Drop, NoticeKind, Rule, Scope, Severity
from holdfast.model.trade import Trade
from holdfast.model.units import RATE

MONEY = RATE


def book(*specs: Any, balance: float = 20_000, **world: Any) -> Book:
    """One strategy that risks 0.6 % on the first instrument."""
    desk = Book(*specs, balance=balance, **world)
    desk.strategy(setup(risk_rate=0.006))
    return desk


def resting(desk: Book, entry: float = 1.10, stop: float = 1.096, market: float = 1.101) -> None:
    """A limit of a setup."""
    desk.price(market)
    desk.plan(start_long=True, entry_price=entry, stop_price=stop)


@pytest.mark.parametrize(
    "spec, balance, lots, risk",
    [
        (HS_EURUSD, 20_000, 0.29, 117.16),
        (HS_EURUSD, 22_000, 0.32, 129.28),
        (EURUSD, 20_000, 0.30, 120.0),
        (EURUSD, 22_000, 0.33, 132.0),
    ],
)
def test_s33_forty_pips(spec: Any, balance: float, lots: float, risk: float) -> None:
    """0.29 lots, booked risk 117.16; at 22,000 0.32 (129.28). With commission 0: 0.30 and 0.33."""
    desk = book(spec, balance=balance)
    resting(desk)
    assert desk.order("entry").lots == lots
    assert desk.state.account.resting_risk == round(risk * MONEY)


def test_s34_usdjpy_is_converted_at_the_stop() -> None:
    """Long 150.00, stop 149.50, budget 120: 0.35, not 0.36."""
    desk = book(USDJPY, through={"USDJPY": (USDJPY, 150.0)})
    desk.price(150.0)
    desk.plan(start_long=True, stop_price=149.5)
    assert desk.order("entry").lots == 0.35


def test_s04_under_the_reduce_rung_a_size_is_half() -> None:
    """Balance 20,000, equity 19,400, multiplier 0.5: budget 58.20, 404 a lot: 0.14."""
    desk = book(HS_EURUSD, GBPUSD)
    desk.strategy(setup(risk_rate=0.05), GBPUSD)
    desk.price(1.30, spec=GBPUSD)
    desk.plan(2, start_long=True, stop_price=1.29)
    desk.fill(desk.order("entry"), 1.30, fee=0)
    lots = desk.held(2)
    desk.price(round(1.30 - 600 / lots / 100_000, 5), spec=GBPUSD)
    assert desk.state.account.equity == 19_400 * MONEY
    desk.severity(Severity.REDUCED)
    resting(desk)
    assert desk.order("entry").lots == 0.14


def test_s35_never_rounded_up() -> None:
    """Balance 500: the smallest lot would risk 4.04 against 3.00."""
    desk = book(HS_EURUSD, balance=500)
    resting(desk)
    assert desk.orders("entry") == []
    assert desk.denials() == [Denial.BELOW_MINIMUM]


def test_s37_the_smaller_of_balance_and_equity() -> None:
    """Balance 20,000, equity 19,500: budget 117.00, 0.28."""
    desk = book(HS_EURUSD, GBPUSD)
    desk.strategy(setup(risk_rate=0.05), GBPUSD)
    desk.price(1.30, spec=GBPUSD)
    desk.plan(2, start_long=True, stop_price=1.29)
    desk.fill(desk.order("entry"), 1.30)
    desk.price(1.295, spec=GBPUSD)
    assert desk.state.account.equity == 19_500 * MONEY
    resting(desk)
    assert desk.orders("entry", HS_EURUSD)[0].lots == 0.28


def jpy(claimed: int) -> Book:
    """USDJPY at 150.00 whose broker tells so much money (1e-8) for one tick on one step of 0.01 lots."""
    desk = book(USDJPY, through={"USDJPY": (USDJPY, 150.0)})
    desk.list(USDJPY, claimed_numerator=claimed, claimed_denominator=1)
    desk.price(150.0)
    desk.plan(start_long=True, stop_price=149.5)
    return desk


def test_s38_two_routes_to_the_tick_value() -> None:
    """The broker says 1.00 USD for a tick of 0.001, arithmetic 0.667: the instrument is blocked with both figures, and
    what rests there goes, until it is listed again with what is right."""
    desk = jpy(1_000_000)
    said = desk.told("DENIED")[0]
    assert (said.reason, said.value, said.limit) == (Denial.TICK_VALUE, 66_666_666, 1 * MONEY)
    trip = desk.notices(NoticeKind.TRIPPED)[0]
    assert (trip.rule, trip.scope, trip.scope_id, trip.severity) == (
        Rule.TICK_VALUE,
        Scope.INSTRUMENT,
        1,
        Severity.NO_NEW,
    )
    assert (trip.value, trip.limit) == (66_666_666, 1 * MONEY)
    desk.price(150.0, after=1)
    assert desk.denials() == [Denial.TICK_VALUE, Denial.SEVERITY]
    desk.list(USDJPY, claimed_numerator=666_667, claimed_denominator=1)
    desk.price(150.0, after=1)
    assert desk.order("entry").lots == 0.35


@pytest.mark.parametrize(
    "claimed, lots", [(699_000, [0.35]), (701_000, []), (636_000, [0.35]), (634_000, [])]
)
def test_s38_five_per_cent(claimed: int, lots: list[float]) -> None:
    """66.67 cents a lot and tick against 69.90, 70.10, 63.60 and 63.40."""
    assert [order.lots for order in jpy(claimed).orders("entry")] == lots


def bitcoin(**guard: Any) -> Book:
    """BTCUSD at 97,000, contract 1, leverage 1:1, equity 100,000, 90 % of it as margin; risk sizing says 11.35."""
    free = {"maker_rate": "0", "taker_rate": "0", "step_size": "0.01", "tiers": one_tier("1", "0.5")}
    desk = Book(
        spec_of("synthetic_perp", "BTC/USDT:USDT", **FX, **free),
        balance=100_000,
        limits={"margin_max": 0.9},
    )
    desk.guard(**guard)
    desk.strategy(setup(risk_rate=0.01))
    desk.price(97_000.0)
    desk.plan(start_long=True, stop_price=96_911.9)
    return desk


def test_s39_the_size_is_capped_by_margin() -> None:
    """1,000 / 88.1 = 11.35; 90,000 / 97,000 = 0.927: 0.92. Without the cap it is refused."""
    assert bitcoin(cap_by_margin=True).order("entry").lots == 0.92
    desk = bitcoin()
    said = desk.told("DENIED")[0]
    assert (said.reason, said.lots) == (Denial.MARGIN, 11.35)


def test_s41_a_resting_order_follows_equity_down() -> None:
    """0.32 at 22,000; at 20,000 it is cancelled, confirmed, and only then replaced by 0.29."""
    desk = book(HS_EURUSD, balance=22_000)
    resting(desk)
    first = desk.order("entry")
    assert first.lots == 0.32
    desk.obedient = False
    desk.deposit(-2_000)
    desk.price(1.101, after=1 / 60)
    assert [(order.lots, order.cancel_pending) for order in desk.orders("entry")] == [(0.32, True)]
    desk.price(1.101)
    assert len(desk.orders("entry")) == 1
    desk.cancel_confirmed(first)
    assert [(order.lots, order.cancel_pending) for order in desk.orders("entry")] == [(0.29, False)]


def outrun(auto_trim: bool) -> Book:
    """The cancel of 0.32, sized at 22,000, is on its way at 20,000."""
    desk = book(HS_EURUSD, balance=22_000)
    desk.guard(auto_trim=auto_trim)
    resting(desk)
    desk.obedient = False
    desk.deposit(-2_000)
    desk.price(1.101, after=1 / 60)
    assert desk.order("entry").cancel_pending
    return desk


@pytest.mark.parametrize("auto_trim", [False, True])
def test_s42_a_cancel_that_is_answered_by_a_fill(auto_trim: bool) -> None:
    """The fill is adopted at 0.32 and protected; no second order is sent; 129.28 against 120 are told, and 0.03 lots
    are cut only where the guard says so."""
    desk = outrun(auto_trim)
    desk.fill(desk.order("entry"))
    assert desk.orders("entry") == []
    assert (desk.held(), desk.order("stop").lots) == (0.32, 0.32)
    fee = round(0.32 * 2 * MONEY)
    assert desk.state.account.open_risk + fee == round(129.28 * MONEY)
    told = desk.told("OVERFILLED")[-1]
    assert (told.value, told.limit, told.lots) == (round(129.28 * MONEY), 120 * MONEY, 0.03)
    assert told.reason == Denial.TRADE_RISK
    assert [order.lots for order in desk.orders("exit")] == ([0.03] if auto_trim else [])
    if auto_trim:
        desk.fill(desk.order("exit"))
        assert (desk.held(), desk.order("stop").lots) == (0.29, 0.29)
    desk.price(1.1, after=1)
    assert desk.orders("exit") == []
    assert len(desk.told("OVERFILLED")) == 1


def test_s42_a_trim_that_is_refused_is_tried_again_a_second_later() -> None:
    """And never while one is at work."""
    desk = outrun(True)
    desk.fill(desk.order("entry"))
    first = desk.order("exit")
    desk.price(1.1, after=1 / 3600)
    assert desk.orders("exit") == [first]
    desk.reject(first)
    assert desk.orders("exit") == []
    desk.price(1.1, after=1 / 3600)
    assert [order.lots for order in desk.orders("exit")] == [0.03]


def test_s42_what_fills_in_parts_is_told_and_cut_by_what_is_too_much() -> None:
    """0.30 of 0.32: 0.01 goes. The last 0.02 fill while it is on its way: they go after it."""
    desk = outrun(True)
    entry = desk.order("entry")
    desk.fill(entry, lots=0.29)
    assert desk.told("OVERFILLED") == []
    desk.fill(entry, lots=0.01)
    assert [order.lots for order in desk.orders("exit")] == [0.01]
    desk.fill(entry, lots=0.02)
    assert [told.lots for told in desk.told("OVERFILLED")] == [0.01, 0.03]
    desk.fill(desk.order("exit"))
    desk.price(1.1, after=1 / 1800)
    assert [order.lots for order in desk.orders("exit")] == [0.02]
    desk.fill(desk.order("exit"))
    assert (desk.held(), desk.order("stop").lots) == (0.29, 0.29)


def test_s42_a_fill_within_the_budget_says_nothing() -> None:
    """An order whose cancel is on its way for another reason, or whose size still fits."""
    desk = book(HS_EURUSD)
    desk.guard(auto_trim=True)
    resting(desk)
    desk.obedient = False
    desk.severity(Severity.NO_NEW)
    assert desk.order("entry").cancel_pending
    desk.fill(desk.order("entry"))
    assert desk.told("OVERFILLED") == []
    assert desk.held() == 0.29


@pytest.mark.parametrize(
    "price, kind", [(1.1013, None), (1.1012, "limit"), (1.1002, "market"), (1.1061, "too far")]
)
def test_s43_near_enough_to_send(price: float, kind: str | None) -> None:
    """Entry 1.1000, 40 pips: 0.3 R is 1.1012, 0.05 R 1.1002, 1.5 R 1.1060. Sized now, at 22,000, not when it
    was armed: 132 are 0.32 lots, and 0.31 from 1.1002."""
    desk = book(HS_EURUSD)
    desk.price(1.1020)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.096)
    assert desk.orders("entry") == []
    desk.deposit(2_000)
    desk.price(price, after=1)
    found = [(order.type, order.lots) for order in desk.orders("entry")]
    if kind in ("limit", "market"):
        assert found == [(kind, 0.32 if kind == "limit" else 0.31)]
    else:
        assert found == []
        assert desk.drops() == ([Drop.TOO_FAR] if kind else [])


def test_s43_after_168_hours_it_expires() -> None:
    """A limit at the venue lives a week."""
    desk = book(HS_EURUSD)
    resting(desk)
    desk.wait(167)
    assert len(desk.orders("entry")) == 1
    desk.price(1.101, after=1)
    assert desk.drops() == [Drop.ORDER_EXPIRED]


@pytest.mark.parametrize(
    "volume, legs",
    [
        (30, [10, 9, 11]),
        (29, [10, 9, 10]),
        (10, [3, 3, 4]),
        (7, [2, 3, 2]),
        (3, [1, 1, 1]),
        (2, [1, 0, 1]),
        (1, [0, 1, 0]),
    ],
)
def test_s48_the_volumes_of_a_ladder(volume: int, legs: list[int]) -> None:
    """35, 30 and 35 % of 0.30 to 0.01 lots: the table of 5.5."""
    trade = Trade(leg_count=3, entry_quantity=volume)
    for leg, share in zip(trade.legs, (0.35, 0.30, 0.35), strict=False):
        leg.share = round(share * RATE)
    split_ladder(trade, 1)
    assert [leg.quantity for leg in trade.legs[:3]] == legs


@pytest.mark.parametrize(
    "filled, done, legs",
    [
        ((0, 0, 0), (False, False, False), [14, 24, 3]),
        (
            (0, 0, 0),
            (False, False, True),
            [14, 27, 0],
        ),  # the last one was nothing of the first 11: its rest goes on
        ((0, 0, 1), (False, False, True), [14, 26, 1]),
        ((0, 6, 1), (False, True, True), [34, 6, 1]),
    ],
)
def test_s48_what_fills_after_the_last_target_was_reached_belongs_to_those_to_come(
    filled: tuple[int, ...], done: tuple[bool, ...], legs: list[int]
) -> None:
    """34, 58 and 8 % of 41 steps, of which 11 had filled when price ran through the last target."""
    trade = Trade(leg_count=3, entry_quantity=41)
    for i, share in enumerate((0.34, 0.58, 0.08)):
        leg = trade.legs[i]
        leg.share, leg.filled_quantity, leg.done = round(share * RATE), filled[i], done[i]
    split_ladder(trade, 1)
    assert [leg.quantity for leg in trade.legs[:3]] == legs


@pytest.mark.parametrize("side, swap, expected", [(1, 1.5, 1.10006), (1, 0, 1.10004), (-1, 0, 1.09996)])
def test_s49_break_even_pays_the_costs(side: int, swap: float, expected: float) -> None:
    """1.10000, 4 USD a lot: 1.10004; with 1.5 USD of swap 1.100055, rounded to 1.10006; short 1.09996."""
    desk = book(HS_EURUSD)
    desk.price(1.10)
    desk.plan(**{"start_long" if side > 0 else "start_short": True}, stop_price=1.10 - side * 0.004)
    desk.fill(desk.order("entry"), 1.10)
    trade = desk.trade(side=side)
    trade.carry = -round(swap * desk.held(side=side) * MONEY)
    assert break_even(desk.state.instruments[1].contract, trade) / 100_000 == expected
