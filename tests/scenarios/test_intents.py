"""One wish, one order: scenarios S50 and S51, as far as the core decides them."""

from __future__ import annotations

from kit import BTC, Desk, Order, setup

from holdfast.model.enums import CommandKind, Drop, Severity
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


def test_s51_what_the_venue_never_had_is_decided_afresh_and_never_sent_again() -> None:
    """Absent, after its horizon and three misses: its risk is free, and the wish asks the gate again as a new order."""
    desk = Desk(BTC, obedient=False)
    desk.strategy(setup())
    desk.price(50_200.0)
    plan_entry(desk)
    order = desk.order("entry")
    reserved = desk.state.account.resting_risk
    miss(desk, order)
    again = desk.order("entry")
    assert again.id != order.id
    assert desk.state.account.resting_risk == reserved
    assert desk.drops() == []


def test_an_absent_entry_that_the_gate_no_longer_allows_is_not_asked_again() -> None:
    desk = Desk(BTC, obedient=False)
    desk.strategy(setup())
    desk.price(50_200.0)
    plan_entry(desk)
    order = desk.order("entry")
    desk.severity(Severity.NO_NEW)
    miss(desk, order)
    assert desk.orders("entry") == []
    assert desk.state.account.resting_risk == 0


def test_s52_a_fill_after_a_rejection_is_adopted_and_protected() -> None:
    """Rejected, four seconds later a fill for the same order: adopted, its stop asked for at once, nothing triggered
    again, and for an hour nothing new is opened."""
    desk = Desk(BTC, obedient=False)
    desk.strategy(setup())
    desk.price(50_200.0)
    plan_entry(desk)
    order = desk.order("entry")
    for step in (Step.RELEASE, Step.SEND, Step.REJECT):
        desk.report(order, step)
    assert desk.drops() == [Drop.REJECTED]
    desk.wait(4 / 3600)
    desk.fill(order, price=50_000.0)
    assert desk.held() == order.lots
    assert desk.order("stop").price == 49_000.0
    assert desk.orders("entry") == []
    assert desk.state.ghosts == 1
    assert desk.state.severity == Severity.NO_NEW
    desk.fill(order, price=50_000.0)  # told twice: counted once
    assert desk.held() == order.lots


def test_a_ghost_that_is_alive_is_cancelled() -> None:
    desk = Desk(BTC, obedient=False)
    desk.strategy(setup())
    desk.price(50_200.0)
    plan_entry(desk)
    order = desk.order("entry")
    desk.severity(Severity.NO_NEW)
    miss(desk, order)
    desk.report(order, Step.ACCEPT)
    cancels = [c for c in desk.commands if c.kind == CommandKind.CANCEL and c.order_row == 0]
    assert len(cancels) == 1
    assert desk.state.ghosts == 1
    # Of an earlier command's terms nothing is left: a fold could not repeat it.
    assert (cancels[0].limit_price, cancels[0].stop_price, cancels[0].post_only) == (0, 0, False)


def miss(desk: Desk, order: Order) -> None:
    """Sent, in doubt, and proved never to have been."""
    for step in (Step.RELEASE, Step.SEND, Step.DOUBT, Step.MISS):
        desk.report(order, step)
