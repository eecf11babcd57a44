"""Numbers that cannot be true: quotes that cross or are old, an account that is worth nothing (S40, S56, RR-23)."""

from __future__ import annotations

import pytest
from kit import BTC, ETH, setup
from scenario_behaviour_kit import Guarded, opened, seconds

from holdfast.model import events
from holdfast.model.enums import Denial, FlowKind, NoticeKind, Rule, Severity
from holdfast.model.units import SECOND


def holding_two() -> Guarded:
    """Two positions, and a third setup that rests."""
    desk = Guarded(BTC, ETH, hedging=True)
    for spec, side in ((BTC, 1), (ETH, 1), (BTC, -1)):
        desk.strategy(setup(), spec)
        desk.price(50_000.0 if spec is BTC else 2_500.0, spec=spec)
        at, stop = (50_000.0, 1_000.0) if spec is BTC else (2_500.0, 50.0)
        start = {"start_long": True} if side > 0 else {"start_short": True}
        at += 0 if side > 0 else 200.0
        desk.plan(len(desk.mandates), entry_price=at, stop_price=at - side * stop, **start)
        if side > 0:
            desk.fill(desk.order("entry"), at)
    assert len(desk.orders("entry")) == 1
    return desk


def report(desk: Guarded, equity: float, valid: bool = True) -> None:
    """What the venue tells."""
    desk._send(
        events.AccountReport, valid=valid, balance=desk.state.account.balance, equity=round(equity * 10**8)
    )


@pytest.mark.parametrize("valid, equity", [(False, 0.0), (True, 0.0), (True, 5_000.0), (True, 20_000.0)])
def test_s40_an_equity_that_makes_no_sense_stops_entries_and_closes_nothing(
    valid: bool, equity: float
) -> None:
    """NaN, zero while two positions are open, half or twice of ours: UNKNOWN, told, no entry, no flatten."""
    desk = holding_two()
    stops = [(order.price, order.lots) for order in desk.orders("stop")]
    report(desk, equity, valid)
    assert desk.state.account.unknown
    assert len(desk.said(NoticeKind.TRIPPED, Rule.ACCOUNT_TRUTH)) == 1
    assert desk.orders("entry") == desk.orders("exit") == []
    assert [(order.price, order.lots) for order in desk.orders("stop")] == stops
    assert desk.state.account.balance > 9_000 * 10**8  # a report moves no balance
    desk.price(50_000.0, after=1)
    assert desk.orders("entry") == []


def test_a_good_report_gives_the_trust_back() -> None:
    """And takes away no doubt that another rule has."""
    desk = holding_two()
    report(desk, 0.0, valid=False)
    report(desk, 9_990.0)
    assert not desk.state.account.unknown
    assert len(desk.said(NoticeKind.LIFTED, Rule.ACCOUNT_TRUTH)) == 1
    desk._send(events.CashFlow, amount=95 * 10**8, kind=FlowKind.UNTYPED)
    report(desk, 10_085.0)
    assert desk.state.account.unknown


def test_zero_is_no_news_where_nothing_was_ever_held() -> None:
    """An empty account that says zero is far from ours all the same: doubted."""
    desk = opened()
    report(desk, 0.0)
    assert desk.state.account.unknown


def test_s56_a_quote_six_seconds_old_opens_nothing() -> None:
    """Five seconds are the limit; the next quote sends it. What is held is left to its stop."""
    desk = Guarded(BTC, stale=5)
    desk.strategy(setup())
    desk.price(50_000.0)
    desk.now += 6 * SECOND
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    assert desk.last_denial == (Denial.UNKNOWN, 6 * SECOND, 5 * SECOND)
    desk.price(50_000.0, after=1)
    desk.fill(desk.order("entry"), 50_000.0)
    desk.now += 600 * SECOND
    desk.wait(0)
    assert desk.orders("exit") == []
    assert desk.order("stop").lots == desk.held()


@pytest.mark.parametrize(
    "quote", [(50_000, 49_990, 50_000, 50_000), (50_000, 50_000, 50_010, 50_020), (0, 10, 0, 0)]
)
def test_a_quote_that_cannot_be_true_opens_nothing_and_moves_nothing(
    quote: tuple[int, int, int, int],
) -> None:
    """Bid above ask, a low above the bid, a bid of zero: named, told once, until a good one comes."""
    desk = opened()
    desk.enter()
    desk.plan(exit_long=True)
    desk.fill(desk.order("exit"), 50_000.0)
    bid, ask, low, high = (10 * price for price in quote)
    equity = desk.state.account.equity
    for _ in range(2):
        desk.now += SECOND
        desk._send(events.Price, instrument_id=1, bid=bid, ask=ask, low=low, high=high)
    assert len(desk.said(NoticeKind.UNTRUSTED)) == 1
    assert desk.state.instruments[1].bid == 500_000
    assert desk.state.account.equity == equity
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    assert desk.last_denial == (Denial.CROSSED, bid, ask)
    desk.price(50_000.0, after=1)
    assert len(desk.orders("entry")) == 1


def test_a_crossed_quote_closes_nothing() -> None:
    """Far through the stop, and impossible: the venue's stop is the one to decide."""
    desk = opened()
    desk.enter()
    desk._send(events.Price, instrument_id=1, bid=480_000, ask=10, low=480_000, high=480_000)
    assert desk.orders("exit") == []
    assert desk.severity_of() == Severity.NORMAL
    desk.price(50_000.0, after=seconds(1))
    assert desk.order("stop").lots == desk.held()
