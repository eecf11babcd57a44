"""The volatility halt, the funding guard, and the other leg of a hedge (RR-30, RR-31, RR-32)."""

from __future__ import annotations

from typing import Any

import pytest
from kit import BTC, ETH, setup
from scenario_behaviour_kit import RATE, Guarded, opened, seconds

from holdfast.model import events
from holdfast.model.enums import Denial, Exit, NoticeKind, Rule, Scope, Severity
from holdfast.model.units import HOUR, MINUTE
from holdfast.risk.volatility import root_of

WILD = {"volatility_sigma": 6 * RATE, "volatility_spread": 5 * RATE, "volatility_ns": 15 * MINUTE}


def calm(minutes: int, guard: dict[str, Any] | None = None) -> Guarded:
    """So many minutes of +/- 0.01 %: one sigma is 5 at 50,000, with a spread of 1."""
    desk = Guarded(BTC, ETH, guard=guard or WILD)
    desk.strategy(setup(), BTC)
    desk.strategy(setup(), ETH)
    desk.price(2_500.0, spec=ETH)
    for number in range(minutes + 1):
        desk.now += MINUTE
        at = 50_000.0 if number % 2 else 50_005.0
        desk.price(at, at + 1)
    return desk


@pytest.mark.parametrize("value", [0, 1, 2, 3, 4, 99, 10**14, 10**18 - 1, (1 << 62) - 1])
def test_the_integer_root(value: int) -> None:
    """The largest number whose square is not above the value."""
    root = root_of(value)
    assert root * root <= value < (root + 1) * (root + 1)


def test_a_minute_beyond_six_sigma_halts_the_group_and_leaves_the_stop() -> None:
    """29 is no event, 31 is: nothing new on BTC and ETH for 15 minutes, resting entries away, the stop stays."""
    desk = calm(1_500)
    desk.plan(1, start_long=True, entry_price=49_900.0, stop_price=49_000.0)
    desk.plan(2, start_long=True, entry_price=2_490.0, stop_price=2_450.0)
    desk.fill(desk.order("entry", None) if len(desk.orders("entry")) == 1 else desk.orders("entry")[0])
    assert len(desk.orders("entry", ETH)) == 1
    now = desk.state.instruments[1].bid / 10
    desk.price(now + 29, now + 30)
    assert desk.said(NoticeKind.TRIPPED) == []
    desk.price(now + 31, now + 32)
    tripped = desk.said(NoticeKind.TRIPPED, Rule.VOLATILITY)
    assert [(n.scope, n.severity) for n in tripped] == [(Scope.GROUP, Severity.NO_NEW)]
    assert tripped[0].value > tripped[0].limit
    assert desk.orders("entry") == desk.orders("exit") == []
    assert desk.order("stop").lots == desk.held()
    desk.price(now + 31, now + 32, after=14 / 60)
    assert desk.severity_of(2) == Severity.NO_NEW
    desk.price(now + 31, now + 32, after=1 / 60)
    assert desk.severity_of(2) == Severity.NORMAL


def test_the_extremes_of_a_minute_count() -> None:
    """Down and back within one conflated price."""
    desk = calm(1_500)
    now = desk.state.instruments[1].bid / 10
    desk.price(now, now + 1, low=now - 40)
    assert len(desk.said(NoticeKind.TRIPPED, Rule.VOLATILITY)) == 1


def test_a_spread_of_more_than_five_times_the_usual_halts_too() -> None:
    """5 is none, 5.1 is."""
    desk = calm(1_500)
    now = desk.state.instruments[1].bid / 10
    desk.price(now, now + 5)
    assert desk.said(NoticeKind.TRIPPED) == []
    desk.price(now, now + 5.1)
    tripped = desk.said(NoticeKind.TRIPPED, Rule.VOLATILITY)
    assert [(n.value, n.limit) for n in tripped] == [(51, 50)]


def test_nothing_is_judged_before_a_day_of_minutes_nor_on_coarser_bars() -> None:
    """What is usual has to be known first; an hour's return is no minute's."""
    desk = calm(1_000)
    desk.price(40_000.0)
    assert desk.said(NoticeKind.TRIPPED) == []
    slow = Guarded(BTC, guard=WILD)
    slow.strategy(setup())
    for number in range(1_600):
        slow.price(50_000.0 + number % 2, after=1)
    slow.price(40_000.0, after=1)
    assert slow.said(NoticeKind.TRIPPED) == []
    assert slow.state.instruments[1].weather.samples == 0


def test_after_a_gap_the_first_price_is_no_return_of_a_minute() -> None:
    """A weekend's gap is not judged, what follows it is."""
    desk = calm(1_500)
    desk.price(51_000.0, 51_001.0, after=48)
    assert desk.said(NoticeKind.TRIPPED) == []
    desk.price(51_040.0, 51_041.0)
    assert len(desk.said(NoticeKind.TRIPPED, Rule.VOLATILITY)) == 1


def funded(rate: float, minutes: float, guard: dict[str, Any], **management: Any) -> Guarded:
    """BTC at 50,000, R 1,000: with 1 % at risk about 99 USDT a trade on 4,700 of notional."""
    desk = opened(guard, **management)
    desk._send(
        events.FundingRate,
        instrument_id=1,
        rate=round(rate * RATE),
        next_ns=desk.now + round(minutes * MINUTE),
        interval_ns=8 * HOUR,
    )
    return desk


def ask(desk: Guarded, side: int = 1) -> list[Any]:
    """A setup at market; what stands of it."""
    start = {"start_long": True} if side > 0 else {"start_short": True}
    desk.plan(entry_price=50_000.0, stop_price=50_000.0 - side * 1_000.0, **start)
    return desk.orders("entry")


SOON = {"funding_payment": RATE // 10, "funding_before_ns": 10 * MINUTE}


def test_an_entry_just_before_a_dear_payment_is_refused() -> None:
    """0.3 % of 4,700 are 14.1, more than a tenth of 99: refused within ten minutes of it, for who pays."""
    desk = funded(0.003, 10, SOON)
    assert ask(desk) == []
    denial, value, limit = desk.last_denial
    assert denial == Denial.FUNDING
    assert 14 * RATE < value < 14.2 * RATE
    assert 9.8 * RATE < limit < 10 * RATE
    assert len(ask(funded(0.003, 11, SOON))) == 1
    assert len(ask(funded(0.002, 10, SOON))) == 1
    assert len(ask(funded(0.003, 10, SOON), -1)) == 1
    assert ask(funded(-0.003, 10, SOON), -1) == []


def test_after_the_settlement_it_passes() -> None:
    """The next one is eight hours away."""
    desk = funded(0.003, 10, SOON)
    ask(desk)
    desk.now += 10 * MINUTE
    desk._send(events.Funding, instrument_id=1, rate=300_000, next_ns=desk.now + 8 * HOUR)
    desk.price(50_000.0)
    assert len(desk.orders("entry")) == 1


def test_funding_over_the_longest_holding_time() -> None:
    """24 hours are three payments of 0.15 %: 21 of 99, more than a fifth; in 23 hours there are two."""
    guard = {"funding_hold": RATE // 5}
    assert ask(funded(0.0015, 480, guard, max_hold=24 * 3600)) == []
    assert len(ask(funded(0.0015, 480, guard, max_hold=23 * 3600))) == 1
    assert len(ask(funded(0.0015, 480, guard))) == 1  # no longest holding time: nothing to multiply with


def paired() -> Guarded:
    """Long BTC against short ETH, declared as a pair."""
    desk = Guarded(BTC, ETH)
    for spec, other in ((BTC, 2), (ETH, 1)):
        number = desk.strategy(setup(), spec)
        desk.state.mandates[number].pair_mandate = other
    desk.price(50_000.0)
    desk.price(2_500.0, spec=ETH)
    desk.plan(1, start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    desk.plan(2, start_short=True, entry_price=2_500.0, stop_price=2_550.0)
    desk.fill(desk.orders("entry", BTC)[0], 50_000.0)
    desk.fill(desk.orders("entry", ETH)[0], 2_500.0)
    return desk


def taken(desk: Guarded, share: float) -> None:
    """The venue takes a part of the long leg."""
    held = desk.trade(1).quantity
    desk._send(
        events.Closure, instrument_id=1, side=1, quantity=round(held * share), price=500_000, fill_id=999
    )


def test_a_leg_taken_by_the_venue_takes_the_other_one_with_it() -> None:
    """Deleveraged by half: nothing new on both, and the other leg leaves at once."""
    desk = paired()
    taken(desk, 0.5)
    assert desk.trade(2, -1).exit == Exit.HEDGE_LEG
    assert desk.orders("exit", ETH)[0].lots == desk.held(2, -1)
    assert (desk.severity_of(1), desk.severity_of(2)) == (Severity.NO_NEW, Severity.NO_NEW)
    assert [n.scope_id for n in desk.said(NoticeKind.TRIPPED, Rule.HEDGE_LEG)] == [1, 2]


def test_a_tenth_is_still_a_hedge() -> None:
    """Up to 10 % the pair stands."""
    desk = paired()
    taken(desk, 0.1)
    assert desk.orders("exit", ETH) == []
    assert desk.said(NoticeKind.TRIPPED) == []


def test_an_instrument_without_a_group_is_halted_alone() -> None:
    """No group: the halt is the instrument's."""
    desk = calm(1_500)
    desk.state.instruments[1].group_id = 0
    now = desk.state.instruments[1].bid / 10
    desk.price(now + 40, now + 41, after=seconds(1))
    assert [n.scope for n in desk.said(NoticeKind.TRIPPED, Rule.VOLATILITY)] == [Scope.INSTRUMENT]
    assert desk.severity_of(2) == Severity.NORMAL
