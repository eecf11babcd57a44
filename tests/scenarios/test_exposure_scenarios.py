"""What may be open at once: S05, S44 to S47, S58, S59, and the rules of exposure that risk.md 3.3 gives no scenario."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from kit import BTC, EURUSD, GBPUSD, XAUUSD, Rung, grid, one_tier, setup, spec_of
from scenario_kit import CURRENCIES, FX, HS_EURUSD, HS_GBPUSD, Book

from holdfast.model.enums import Denial, NoticeKind, Rule, Scope, Severity
from holdfast.model.instrument import Contract
from holdfast.model.units import MINUTE, RATE
from holdfast.risk.headroom import stressed_equity
from holdfast.risk.liquidation_price import liquidation_price

MONEY = RATE
AUDUSD, NZDUSD, USDCHF = (replace(EURUSD, pair=pair) for pair in ("AUDUSD", "NZDUSD", "USDCHF"))


def buy(desk: Book, mandate: int, entry: float, stop: float, fill: bool = True, spec: Any = None) -> None:
    """A market entry at a price, with its stop; filled there."""
    spec = spec or desk.mandates[mandate - 1]
    desk.price(entry, spec=spec)
    desk.plan(mandate, **{"start_long" if stop < entry else "start_short": True}, stop_price=stop)
    if fill:
        desk.fill(desk.orders("entry", spec)[-1], entry)


# S05, S44 - S47


def test_s05_with_no_new_only_what_protects_or_closes_passes() -> None:
    """A take-profit fills, a stop is tightened, a missing stop is placed; an entry, a grid level and a larger size are
    refused with the rule and its scope."""
    desk = Book(EURUSD, BTC)
    desk.strategy(setup(rungs=(Rung(0.5, 0.5, "break_even"), Rung(2.0, 0.5))), EURUSD)
    desk.strategy(grid(), BTC)
    buy(desk, 1, 1.10, 1.09)
    desk.severity(Severity.NO_NEW)
    desk.fill(desk.order("target", 0))
    assert desk.stop() == 1.10
    desk.reject(desk.order("stop"))
    assert desk.order("stop").price == 1.10
    desk.price(51_000.0, spec=BTC)
    desk.plan(2, start_long=True, anchor_price=50_500.0, offset=500.0, spacing=500.0)
    assert desk.orders("entry") == []
    assert {(note.reason, note.value, note.limit) for note in desk.told("DENIED")} == {
        (Denial.SEVERITY, Rule.OPERATOR, Scope.ACCOUNT)
    }


def at_4500_of_1000(open_risk_max: float, *specs: Any) -> Book:
    """HS with 900 at risk in GBPUSD: 1.00 lot, 90 pips."""
    desk = Book(GBPUSD, *specs, balance=20_000, limits={"open_risk_max": open_risk_max})
    desk.guard(shrink=0.5)
    desk.strategy(setup(risk_rate=0.045), GBPUSD)
    buy(desk, 1, 1.30, 1.291)
    assert desk.state.account.open_risk == 900 * MONEY
    return desk


def test_s44_an_entry_is_made_smaller_to_fit() -> None:
    """Room 100 of 1,000: 100 / 404 a lot = 0.247: 0.24 of the 0.29 asked for, and it says which limit."""
    desk = at_4500_of_1000(0.05, HS_EURUSD)
    desk.strategy(setup(risk_rate=0.006), HS_EURUSD)
    buy(desk, 2, 1.10, 1.096, fill=False)
    assert desk.order("entry").lots == 0.24
    said = desk.told("SHRUNK")
    assert [(note.reason, note.lots) for note in said] == [(Denial.OPEN_RISK, 0.24)]
    assert (said[0].value, said[0].limit) == (round(1_017.16 * MONEY), 1_000 * MONEY)
    assert desk.trade(2).initial_risk == round(24 * 4.04 * MONEY)


def test_s44_under_half_of_the_asked_size_it_is_refused() -> None:
    """Room 50: 0.12 of 0.29."""
    desk = at_4500_of_1000(0.0475, HS_EURUSD)
    desk.strategy(setup(risk_rate=0.006), HS_EURUSD)
    buy(desk, 2, 1.10, 1.096, fill=False)
    assert desk.orders("entry") == []
    assert [(note.reason, note.value, note.limit) for note in desk.told("DENIED")] == [
        (Denial.OPEN_RISK, round(1_017.16 * MONEY), 950 * MONEY)
    ]


@pytest.mark.parametrize("shrink, lots", [(0.0, []), (0.5, [0.24]), (0.82, [0.24]), (0.83, [])])
def test_how_small_is_a_setting(shrink: float, lots: list[float]) -> None:
    """0 never; 0.24 of 0.29 is 82.7 %."""
    desk = at_4500_of_1000(0.05, HS_EURUSD)
    desk.guard(shrink=shrink)
    desk.strategy(setup(risk_rate=0.006), HS_EURUSD)
    buy(desk, 2, 1.10, 1.096, fill=False)
    assert [order.lots for order in desk.orders("entry")] == lots


def test_s45_what_the_first_reserves_the_second_cannot_have() -> None:
    """200 of room: 0.29 (117.16), then 82.84 / 4.04 = 20 steps: 0.20."""
    desk = Book(HS_EURUSD, HS_GBPUSD, balance=20_000, limits={"open_risk_max": 0.01})
    desk.guard(shrink=0.5)
    for spec in (HS_EURUSD, HS_GBPUSD):
        desk.strategy(setup(risk_rate=0.006), spec)
        desk.price(1.10, spec=spec)
    for number in (1, 2):
        desk.plan(number, start_long=True, entry_price=1.0990, stop_price=1.0950)
    assert [order.lots for order in desk.orders("entry")] == [0.29, 0.20]


def test_s46_risk_is_freed_by_the_venues_confirmation() -> None:
    """Five positions of 180 (0.9 %); three stops go to break-even, two are confirmed: 3 x 180 + 2 x 18 = 576 (2.88 %),
    then 2 x 180 + 3 x 18 = 414 (2.07 %)."""
    specs = (EURUSD, GBPUSD, AUDUSD, NZDUSD, USDCHF)
    desk = Book(*specs, balance=20_000)
    for number, spec in enumerate(specs, 1):
        desk.strategy(setup(risk_rate=0.009, rungs=(Rung(0.6, 0.0, "break_even"),)), spec)
        buy(desk, number, 1.10, 1.096)
    assert desk.state.account.open_risk == 900 * MONEY
    desk.obedient = False
    for spec in specs[:3]:
        desk.price(1.1025, spec=spec, after=1)
    assert desk.state.account.open_risk == 900 * MONEY
    stops = [desk.orders("stop", spec)[0] for spec in specs]
    desk.amend_confirmed(stops[0])
    desk.amend_confirmed(stops[1])
    assert desk.state.account.open_risk == 576 * MONEY
    desk.amend_confirmed(stops[2])
    assert desk.state.account.open_risk == 414 * MONEY


def headroom_case() -> Book:
    """Balance 20,400, equity 20,300, give-back 480 to the stop, 120 resting, reserve 0.2, floor 19,650."""
    desk = Book(GBPUSD, EURUSD, XAUUSD, balance=20_400, reserve=0.2)
    desk.strategy(setup(risk_rate=0.0285), GBPUSD)
    desk.strategy(setup(risk_rate=0.006), EURUSD)
    desk.strategy(setup(risk_rate=0.001), XAUUSD)
    buy(desk, 1, 1.30, 1.2942)
    desk.price(1.11, spec=EURUSD)
    desk.price(2_000.0, spec=XAUUSD)
    desk.floor_at(19_650)
    assert desk.held(1) == 1.0
    desk.price(1.299, spec=GBPUSD)
    desk.price(1.1010, spec=EURUSD)
    desk.plan(2, start_long=True, entry_price=1.10, stop_price=1.096)
    assert desk.state.account.resting_risk == 120 * MONEY
    return desk


def test_s47_stressed_headroom() -> None:
    """20,300 - 480 - 120 - 0.2 x 600 = 19,580 < 19,650: a new entry is refused by the floor's name, the resting one is
    cancelled, and 20,300 - 480 - 96 = 19,724 are left."""
    desk = headroom_case()
    assert stressed_equity(desk.state) == 19_580 * MONEY
    desk.guard(headroom=True)
    desk.plan(3, start_long=True, stop_price=1_980.0)
    said = desk.told("DENIED")[0]
    assert (said.reason, said.limit) == (Denial.HEADROOM, 19_650 * MONEY)
    assert said.value == 19_580 * MONEY - round(20 * 1.2 * MONEY)
    named = desk.notices(NoticeKind.HEADROOM)[0]
    assert (named.rule, named.index, named.limit) == (Rule.FLOOR, 1, 19_650 * MONEY)
    assert desk.orders("entry") == []
    assert stressed_equity(desk.state) == 19_724 * MONEY


def test_s47_what_rests_goes_when_the_floors_are_looked_at() -> None:
    """Without anybody asking: the next look finds the same."""
    desk = headroom_case()
    desk.guard(headroom=True)
    desk.price(1.299, spec=GBPUSD)
    assert desk.orders("entry") == []
    assert desk.orders("stop") != []


def test_headroom_makes_smaller_where_that_helps() -> None:
    """19,724 - 19,650 = 74 of room, a fifth of each loss as reserve: 61.6 at the stop. 0.30 lots at 40 pips ask for
    120: 0.15 lots lose 60."""
    desk = headroom_case()
    desk.plan(2, exit_long=True)
    desk.guard(headroom=True, shrink=0.5)
    desk.price(1.1010, spec=EURUSD, after=1)
    desk.plan(2, start_long=True, entry_price=1.10, stop_price=1.096)
    assert desk.order("entry").lots == 0.15
    assert desk.told("SHRUNK")[-1].reason == Denial.HEADROOM


def test_near_the_boundary_the_next_floor_counts() -> None:
    """100 at risk, 100 more asked for: 9,800 with both stopped. Today's floor is 9,000, the next one would be 50 under
    the better of balance and equity: an entry is let pass by day, and not in the last half hour."""
    for forecasting, expected in ((False, []), (True, [Denial.HEADROOM])):
        desk = Book(EURUSD, GBPUSD, balance=10_000)
        desk.strategy(setup(), EURUSD)
        desk.strategy(setup(), GBPUSD)
        desk.floor(1_000)
        desk.guard(headroom=True)
        buy(desk, 1, 1.10, 1.09)
        desk.price(1.1010, spec=EURUSD, after=1)
        desk.state.account.forecasting = forecasting
        desk.state.floors[1].readings[0].absolute = 50 * MONEY
        buy(desk, 2, 1.30, 1.29, fill=False)
        assert desk.denials() == expected


# Groups, currencies, quadrature (RR-15)


def three(guard: dict[str, Any], sign: int = 1, group: int = -1) -> Book:
    """Long EURUSD, long GBPUSD, then a short of USDCHF: 0.6 % each, three times short of the dollar."""
    desk = Book(EURUSD, GBPUSD, USDCHF, balance=20_000)
    desk.guard(**guard)
    desk.list(USDCHF, sign=sign, group=group)
    assert desk.state.instruments[3].base_currency == CURRENCIES.index("USD")
    for spec in (EURUSD, GBPUSD, USDCHF):
        desk.strategy(setup(risk_rate=0.006), spec)
    buy(desk, 1, 1.10, 1.096)
    buy(desk, 2, 1.10, 1.096, fill=False)
    desk.price(1.10, spec=USDCHF)
    desk.plan(3, start_short=True, stop_price=1.104)
    return desk


@pytest.mark.parametrize(
    "guard, denial, value, limit",
    [
        ({"currency_risk": 0.0179}, Denial.CURRENCY_RISK, 360, 358),
        ({"group_risk": 2.0}, Denial.GROUP_RISK, 360, 240),
        ({"group_side_max": 2}, Denial.GROUP_SIDE, 2 / MONEY, 2 / MONEY),
    ],
)
def test_three_different_trades_are_one(guard: Any, denial: Denial, value: float, limit: float) -> None:
    """1.8 % on a short dollar: held, resting and asked for count alike."""
    desk = three(guard, sign=-1)
    assert [(n.reason, n.value, n.limit) for n in desk.told("DENIED")] == [
        (denial, round(value * MONEY), round(limit * MONEY))
    ]


@pytest.mark.parametrize("guard", [{"currency_risk": 0.018}, {"group_risk": 3.0}, {"group_side_max": 3}])
def test_what_equals_a_limit_passes(guard: Any) -> None:
    """360 of 360; three of three."""
    assert three(guard, sign=-1).denials() == []


def test_the_other_direction_of_a_group_is_free() -> None:
    """Without the sign, a short is against the two longs."""
    assert three({"group_risk": 2.0, "group_side_max": 2}, sign=1).denials() == []


@pytest.mark.parametrize("rate, admitted", [(0.015875, True), (0.0158, False)])
def test_risk_in_quadrature(rate: float, admitted: bool) -> None:
    """240 in one group, 120 in another, correlated by half: sqrt(240^2 + 120^2 + 240 x 120) = 317.49, 1.5875 %."""
    desk = Book(EURUSD, GBPUSD, XAUUSD, balance=20_000)
    desk.list(EURUSD, group=1)
    desk.list(GBPUSD, group=1)
    desk.list(XAUUSD, group=2)
    desk.guard(correlated_risk=rate)
    for spec in (EURUSD, GBPUSD, XAUUSD):
        desk.strategy(setup(risk_rate=0.006), spec)
    buy(desk, 1, 1.10, 1.096)
    buy(desk, 2, 1.10, 1.096, fill=False)
    buy(desk, 3, 2_000.0, 1_992.0, fill=False)
    assert desk.denials() == ([] if admitted else [Denial.CORRELATED_RISK])


def test_an_instrument_may_change_its_group_while_it_holds_something() -> None:
    """What it risks moves with it."""
    desk = Book(EURUSD, GBPUSD, balance=20_000)
    desk.strategy(setup(risk_rate=0.006), EURUSD)
    buy(desk, 1, 1.10, 1.096)
    before = desk.state.instruments[1].group_id
    desk.list(EURUSD, group=7, sign=-1)
    groups = desk.state.groups
    assert (groups[before].long_risk, groups[before].long_trades) == (0, 0)
    assert (groups[7].short_risk, groups[7].short_trades) == (120 * MONEY, 1)


# Caps (RR-16, RR-17)


@pytest.mark.parametrize(
    "guard, lots",
    [
        ({"lots_order_max": 0.30}, [0.30, 0.30]),
        ({"lots_order_max": 0.29}, []),
        ({"lots_instrument_max": 0.29}, []),
        ({"lots_total_max": 0.59}, [0.30]),
        ({"lots_total_max": 0.60}, [0.30, 0.30]),
    ],
)
def test_lots(guard: dict[str, float], lots: list[float]) -> None:
    """Two orders of 0.30 lots on two instruments."""
    desk = Book(EURUSD, GBPUSD, balance=20_000)
    desk.guard(**guard)
    for number, spec in enumerate((EURUSD, GBPUSD), 1):
        desk.strategy(setup(risk_rate=0.006), spec)
        buy(desk, number, 1.10, 1.096, fill=False)
    assert [order.lots for order in desk.orders("entry")] == lots
    assert set(desk.denials()) <= {Denial.LOTS}


def test_an_entry_stays_in_its_margin_tier() -> None:
    """The first tier ends at 4,000 USDT; 0.094 BTC are 4,718.8."""
    tiers = (replace(one_tier("0.01", "0.005")[0], notional_max=4_000), *one_tier("0.02", "0.01"))
    for keep, expected in ((False, []), (True, [Denial.RISK_TIER])):
        desk = Book(spec_of("synthetic_perp", "BTC/USDT:USDT", **FX, tiers=tiers))
        desk.guard(keep_tier=keep)
        desk.strategy(setup())
        buy(desk, 1, 50_200.0, 49_200.0, fill=False)
        assert desk.denials() == expected


def test_many_times_the_usual_order() -> None:
    """Five orders of 0.30 lots; then a stop five times as near asks for 1.50, over four times the median."""
    for multiple, expected in ((6.0, []), (4.0, [Denial.ORDER_MEDIAN])):
        desk = Book(EURUSD, balance=20_000)
        desk.guard(median_multiple=multiple)
        desk.strategy(setup(risk_rate=0.006))
        for _ in range(5):
            buy(desk, 1, 1.10, 1.096)
            desk.fill(desk.order("stop"), 1.10)
        buy(desk, 1, 1.10, 1.0992, fill=False)
        assert desk.denials() == expected


# Ideas, both sides, our own orders


@pytest.mark.parametrize("after_minutes, expected", [(4, [Denial.IDEA]), (6, [])])
def test_a_re_entry_soon_after_a_loss_is_the_same_idea(after_minutes: int, expected: list[Denial]) -> None:
    """FundingPips: 3 % of the initial balance, 5 minutes. 2 % are lost, 2 % more asked for."""
    desk = Book(EURUSD, balance=20_000)
    desk.guard(idea_loss_max=0.03, idea_within_ns=5 * MINUTE)
    desk.strategy(setup(risk_rate=0.02))
    buy(desk, 1, 1.10, 1.096)
    desk.fill(desk.order("stop"), 1.096)
    desk.wait(after_minutes / 60)
    buy(desk, 1, 1.096, 1.092, fill=False)
    assert desk.denials() == expected


def test_an_idea_of_both_sides() -> None:
    """The loss of a long counts for a short where the idea is the instrument."""
    for both, expected in ((False, []), (True, [Denial.IDEA])):
        desk = Book(EURUSD, balance=20_000)
        desk.guard(idea_loss_max=0.03, idea_within_ns=5 * MINUTE, idea_both_sides=both)
        desk.strategy(setup(risk_rate=0.02))
        buy(desk, 1, 1.10, 1.096)
        desk.fill(desk.order("stop"), 1.096)
        buy(desk, 1, 1.096, 1.10, fill=False)
        assert desk.denials() == expected


def test_both_sides_of_an_instrument_where_that_is_forbidden() -> None:
    """Two strategies on a hedging account: the second may not sell what the first has bought."""
    for banned, expected in ((False, []), (True, [Denial.HEDGE])):
        desk = Book(EURUSD, balance=20_000, hedging=True)
        desk.guard(hedge_banned=banned)
        desk.strategy(setup())
        desk.strategy(setup())
        buy(desk, 1, 1.10, 1.096)
        buy(desk, 2, 1.10, 1.104, fill=False, spec=EURUSD)
        assert desk.denials() == expected


def test_an_entry_never_meets_our_own_order() -> None:
    """A short rests at 1.1010; a long that would pay 1.1010 is refused, one at 1.1009 is not."""
    for ask, expected in ((1.1009, []), (1.1010, [Denial.SELF_TRADE])):
        desk = Book(EURUSD, balance=20_000, hedging=True)
        desk.strategy(setup())
        desk.strategy(setup())
        desk.price(1.10)
        desk.plan(1, start_short=True, entry_price=1.1010, stop_price=1.1050)
        desk.price(1.1, ask=ask)
        desk.plan(2, start_long=True, stop_price=1.0950)
        assert desk.denials() == expected


# Liquidation (S58)


def fine_btc(**changes: Any) -> Any:
    """BTCUSDT in cents, maintenance 0.5 %."""
    return spec_of(
        "synthetic_perp", "BTC/USDT:USDT", **FX, tick_size="0.01", tiers=one_tier("0.01", "0.005"), **changes
    )


@pytest.mark.parametrize(
    "side, extra, expected", [(1, 0, 45_226.13), (-1, 0, 54_726.37), (1, 500, 44_723.62)]
)
def test_s58_liquidation_prices_of_isolated_margin(side: int, extra: int, expected: float) -> None:
    """1 BTC at 50,000, 10x: initial margin 5,000."""
    contract: Contract = Book(fine_btc()).state.instruments[1].contract
    found = liquidation_price(contract, side, 1_000, 1_000 * 5_000_000, (5_000 + extra) * MONEY, 0)
    assert abs(found - round(expected * 100)) <= 1


def test_liquidation_price_of_cross_margin() -> None:
    """(50,000 - 10,000) / (1 - 0.005 - 0.00055) = 40,223.24; the short (50,000 + 10,000) / 1.00555 = 59,668.84."""
    contract = Book(fine_btc()).state.instruments[1].contract
    for side, expected in ((1, 40_223.24), (-1, 59_668.84)):
        found = liquidation_price(contract, side, 1_000, 1_000 * 5_000_000, 10_000 * MONEY, 55_000)
        assert abs(found - round(expected * 100)) <= 1


@pytest.mark.parametrize(
    "stop_rate, admitted", [(0.05, False), (0.0302, False), (0.0301, True), (0.03, True)]
)
def test_s58_the_stop_must_come_long_before_liquidation(stop_rate: float, admitted: bool) -> None:
    """At 20x liquidation is 4.52 % away; two thirds of it are 3.01 %."""
    desk = Book(fine_btc(), isolated=True)
    desk.guard(liquidation_ratio=1.5)
    desk.strategy(setup(leverage=20))
    buy(desk, 1, 50_000.0, round(50_000 * (1 - stop_rate), 2), fill=False)
    assert desk.denials() == ([] if admitted else [Denial.LIQUIDATION])


# The margin ladder (S59)


def ladder() -> Book:
    """0.4 BTC and 4.8 ETH, 20,000 and 12,000 USDT on 10,000 of equity: no fees, no profit. Stops 10 % away."""
    free = {"maker_rate": "0", "taker_rate": "0", "tiers": one_tier("0.1", "0.005")}
    specs = (
        spec_of("synthetic_perp", "BTC/USDT:USDT", **FX, **free),
        spec_of("synthetic_perp", "ETH/USDT:USDT", **FX, **free),
    )
    desk = Book(*specs)
    desk.guard(margin_warn=0.4, margin_block=0.5, margin_reduce=0.65, margin_flatten=0.8)
    desk.strategy(setup(risk_rate=0.2, rungs=(Rung(1.0, 0.5, "break_even"), Rung(2.0, 0.5))), specs[0])
    desk.strategy(grid(levels=1, leverage=1.2, stop_rate=0.1), specs[1])
    desk.price(50_000.0)
    desk.plan(1, start_long=True, stop_price=45_000.0)
    desk.fill(desk.order("entry"), 50_000.0)
    desk.price(2_500.0, spec=specs[1])
    desk.plan(2, start_long=True, enter_now=True, anchor_price=2_500.0, take_profit_price=2_700.0)
    desk.fill(desk.order("entry"), 2_500.0)
    assert (desk.held(1), desk.held(2)) == (0.4, 4.8)
    return desk


def need(desk: Book, rate: float, seconds: float = 2) -> None:
    """The venue asks for another maintenance margin of everything."""
    for spec in desk.specs:
        desk.list(spec, maintenance_rate=round(rate * RATE))
    desk.price(50_000.0, after=seconds / 3600)


def restraint(desk: Book) -> Any:
    """The trip of the margin ladder: severity, latched."""
    found = [trip for trip in desk.state.trips if trip.rule == Rule.MARGIN_LADDER]
    return [(trip.severity, bool(trip.latched)) for trip in found]


def test_s59_the_margin_ladder() -> None:
    """4,000 warns, 5,000 blocks, 6,500 cuts the larger position by quarters until under 50 %: 20,000 to 15,000 to
    11,250 USDT, then 23,250 x 20.3125 % = 4,723. 8,000 closes the larger one and latches."""
    desk = ladder()
    need(desk, 0.125)
    warned = desk.notices(NoticeKind.WARNED)
    assert [(notice.rule, notice.value) for notice in warned] == [(Rule.MARGIN_LADDER, round(0.4 * RATE))]
    assert restraint(desk) == []
    need(desk, 0.15625)
    assert restraint(desk) == [(Severity.NO_NEW, False)]
    need(desk, 0.203125)
    assert restraint(desk) == [(Severity.REDUCE_ONLY, False)]
    assert desk.order("exit").lots == 0.1
    desk.fill(desk.order("exit"), 50_000.0)
    assert (desk.held(1), desk.order("exit") if desk.orders("exit") else None) == (0.3, None)
    assert [order.lots for order in desk.orders("stop", desk.specs[0])] == [0.3]
    assert [order.lots for order in desk.orders("target", desk.specs[0])] == [0.15, 0.15]
    desk.price(50_000.0, after=2 / 3600)
    assert desk.order("exit").lots == 0.075
    desk.fill(desk.order("exit"), 50_000.0)
    desk.price(50_000.0, after=2 / 3600)
    assert desk.orders("exit") == []
    assert desk.held(1) == 0.225
    need(desk, 8_000 / 23_250)
    assert restraint(desk) == [(Severity.REDUCE_ONLY, True)]
    assert desk.phase(2) == "EXITING"
    assert desk.phase(1) == "OPEN"


def test_the_margin_ladder_is_left_slowly() -> None:
    """5 points under the rung, for 5 minutes."""
    desk = ladder()
    need(desk, 0.15625)
    need(desk, 0.146)  # 46.7 %: not 5 points lower
    need(desk, 0.146, seconds=400)
    assert restraint(desk) == [(Severity.NO_NEW, False)]
    need(desk, 0.1)
    need(desk, 0.1, seconds=200)
    assert restraint(desk) == [(Severity.NO_NEW, False)]
    need(desk, 0.1, seconds=101)
    assert restraint(desk) == []


def test_a_grid_that_is_cut_keeps_its_levels_stop_and_target() -> None:
    """The ETH grid is the larger one here: a quarter of 4.8 leaves 3.6, in its level, its stop and its take-profit."""
    desk = ladder()
    desk.plan(1, exit_long=True)
    desk.fill(desk.order("exit"), 50_000.0)
    need(desk, 0.55)
    assert desk.order("exit").lots == 1.2
    desk.fill(desk.order("exit"), 2_500.0)
    assert (desk.held(2), desk.order("stop").lots, desk.order("target").lots) == (3.6, 3.6, 3.6)
    assert desk.trade(2).levels[0].open_quantity == desk.trade(2).quantity
