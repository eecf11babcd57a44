"""One wish, one order: scenarios S50 and S51, as far as the core decides them."""

from __future__ import annotations

from kit import BTC, Desk, setup

from holdfast.model.enums import Drop
from holdfast.model.order import Step


def plan_entry(desk: Desk) -> None:
    """A setup that rests a limit below the market."""
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)


def test_s50_the_same_setup_twice_within_a_millisecond_is_one_order() -> None:
    desk = Desk(BTC)
    desk.strategy(setup())
    desk.price(50_200.0)
    plan_entry(desk)
    desk.now += 1_000_000
    plan_entry(desk)
    assert len(desk.orders("entry")) == 1
    assert len([c for c in desk.commands if c.command_class == 1]) == 1


def test_s51_a_send_that_times_out_is_not_repeated_and_its_risk_stays_reserved() -> None:
    """The venue had filled it: the query resolves to one position, protected, and nothing was sent again."""
    desk = Desk(BTC, obedient=False)
    desk.strategy(setup())
    desk.price(50_200.0)
    plan_entry(desk)
    order = desk.order("entry")
    desk.report(order, Step.RELEASE)
    desk.report(order, Step.SEND)
    desk.report(order, Step.DOUBT)
    reserved = desk.state.account.resting_risk
    assert reserved > 0
    for hour in range(3):
        desk.price(50_150.0 + hour, after=0.1)
        plan_entry(desk)
    assert len([c for c in desk.commands if c.command_class == 1]) == 1
    assert desk.state.account.resting_risk == reserved
    desk.fill(order, price=50_000.0)
    assert desk.held() == order.lots
    assert desk.order("stop").price == 49_000.0
    assert desk.state.account.resting_risk == 0


def test_s51_what_the_venue_never_had_frees_its_risk_and_is_over() -> None:
    """Absent, after its horizon and three misses: nothing of the old wish is sent again; a new plan is a new wish."""
    desk = Desk(BTC, obedient=False)
    desk.strategy(setup())
    desk.price(50_200.0)
    plan_entry(desk)
    order = desk.order("entry")
    for step in (Step.RELEASE, Step.SEND, Step.DOUBT, Step.MISS):
        desk.report(order, step)
    assert desk.state.account.resting_risk == 0
    assert desk.drops() == [Drop.REJECTED]
    desk.wait(1)
    assert desk.orders("entry") == []
    desk.price(50_200.0)
    plan_entry(desk)
    assert desk.order("entry").id != order.id
