"""The rules of sending, resolving, finding and protecting, one by one (reliability.md 5, risk.md S51 to S54)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from session_kit import SECOND, Stage

from holdfast.engine.engine import Engine
from holdfast.model.enums import Rule, Severity
from holdfast.model.events import SeverityChange
from holdfast.model.order import OrderStatus
from holdfast.ports.venue import Ask
from holdfast.runtime.adoption import Policy
from holdfast.runtime.names import name_of, parts_of
from holdfast.simulator.acceptance import remove

ENTRY = {"start_long": True, "entry_price": 49_900, "stop_price": 49_000}


def entered(**options: object) -> Stage:
    """A stage whose start is over, with a limit at 49,900 at the venue."""
    stage = Stage(**options)  # type: ignore[arg-type]
    stage.wait(1)
    assert stage.session.ready
    stage.price(1, 50_000)
    stage.plan(1, **ENTRY)
    return stage


def test_a_name_tells_epoch_order_and_attempt() -> None:
    parts = parts_of(name_of(7, 123_456, 3, -1, attempt=2))
    assert parts is not None
    assert (parts.epoch, parts.order_id, parts.attempt) == (7, 123_456, 2)
    assert parts_of("somebody else's") is None
    assert name_of(7, 1, 1, 1) != name_of(8, 1, 1, 1)


def test_nothing_leaves_before_the_start_is_over() -> None:
    stage = Stage()
    stage.drop = lambda request: request.ask == Ask.POSITIONS
    stage.price(1, 50_000)
    stage.plan(1, **ENTRY)
    stage.wait(0.5)
    assert stage.placed() == []
    stage.wait(2)
    assert stage.placed() == []
    assert stage.orders() == []  # too old to leave; asked again with the next price
    stage.drop = lambda request: False
    stage.wait(10)
    stage.price(1, 49_990)
    assert len(stage.placed()) == 1


def test_an_entry_whose_answer_is_lost_is_asked_for_and_never_sent_again() -> None:
    stage = Stage()
    stage.wait(1)
    stage.price(1, 50_000)
    stage.mute = lambda request: request.ask == Ask.PLACE
    stage.plan(1, **ENTRY)
    stage.wait(0.6)
    assert [o.status for o in stage.orders()] == [OrderStatus.SENT]
    stage.wait(1)
    assert [o.status for o in stage.orders()] == [OrderStatus.LIVE]
    assert len(stage.placed()) == 1
    assert any(request.ask == Ask.ORDER for request in stage.sent)


def test_an_entry_that_never_arrived_is_absent_after_its_horizon_and_decided_afresh() -> None:
    stage = Stage()
    stage.wait(1)
    stage.price(1, 50_000)
    stage.drop = lambda request: request.ask == Ask.PLACE
    stage.plan(1, **ENTRY)
    first = stage.placed()[0].name
    stage.wait(10)
    assert [o.status for o in stage.orders()] == [OrderStatus.IN_DOUBT]  # 12 s are not over
    assert stage.session.engine.state.account.resting_risk > 0
    stage.drop = lambda request: False
    stage.wait(40)
    assert len(stage.placed()) == 2
    assert stage.placed()[1].name != first
    assert [o.status for o in stage.orders()] == [OrderStatus.LIVE]
    assert len(stage.venue.live) == 1


def test_a_failed_question_is_no_miss() -> None:
    stage = Stage()
    stage.wait(1)
    stage.price(1, 50_000)
    stage.drop = lambda request: request.ask in (Ask.PLACE, Ask.ORDER)
    stage.plan(1, **ENTRY)
    stage.wait(60)
    assert [o.status for o in stage.orders()] == [OrderStatus.IN_DOUBT]


def test_a_stop_without_an_answer_is_tried_again_under_a_new_name_within_the_bound() -> None:
    stage = entered()
    lost: list[str] = []

    def first_stop(request: object) -> bool:
        wanted = request.ask == Ask.PLACE and request.trigger_price > 0 and not lost  # type: ignore[attr-defined]
        if wanted:
            lost.append(request.name)  # type: ignore[attr-defined]
        return wanted

    stage.drop = first_stop
    stage.price(1, 49_850)
    assert stage.venue.stopped(1, 1) == 105  # the stop that travelled with the entry stands meanwhile
    stage.wait(2)
    assert stage.session.watch.bare_trades() == set()
    names = [r.name for r in stage.placed(reduce_only=True) if r.trigger_price]
    assert len(names) == 2
    assert names[0] != names[1]
    assert stage.venue.stopped(1, 1) == 105


def test_a_halt_between_decision_and_write_keeps_the_entry_here() -> None:
    stage = Stage()
    stage.wait(1)
    stage.price(1, 50_000)
    release, stage.session.reached = stage.session.reached, lambda seq: None  # type: ignore[method-assign]
    stage.plan(1, **ENTRY)
    halt = SeverityChange(time_ns=stage.market.time_ns, severity=Severity.NO_NEW, latched=True)
    stage.session.take(halt)
    stage.session.reached = release  # type: ignore[method-assign]
    stage.settle()
    assert stage.placed() == []
    assert stage.orders() == []


def test_a_clock_that_is_not_sound_sends_no_entry() -> None:
    stage = Stage()
    stage.wait(1)
    stage.price(1, 50_000)
    stage.clock.sound = False
    stage.plan(1, **ENTRY)
    stage.wait(2)
    assert stage.placed() == []


def test_a_restart_finds_its_order_and_sends_nothing_that_was_planned_before() -> None:
    stage = entered()
    stage.begin(stage.session.engine, 2)
    sent = len(stage.placed())
    stage.wait(2)
    assert stage.session.ready
    assert len(stage.placed()) == sent
    assert [o.status for o in stage.orders()] == [OrderStatus.LIVE]


def test_a_fill_while_nobody_ran_is_booked_once_and_protected() -> None:
    stage = entered()
    engine = stage.session.engine
    stage.session.take = lambda event: 0  # type: ignore[method-assign] # nobody runs
    stage.session.told = lambda message: None  # type: ignore[method-assign]
    stage.price(1, 49_850)
    stage.begin(engine, 2)
    stage.wait(2)
    assert engine.state.fill_count == 1
    assert engine.state.trades[2].quantity == 105
    assert stage.session.watch.bare_trades() == set()
    stage.wait(120)
    assert engine.state.fill_count == 1


def test_a_start_counts_the_stop_that_travelled_with_the_entry_as_protection() -> None:
    """Filled while nobody ran, our own stop not sent yet: nothing was bare at the venue. Where the venue attaches no
    stop it was, and is no longer when entries are allowed."""
    for attached in (True, False):
        stage = Stage()
        stage.wait(1)
        stage.price(1, 50_000)
        if not attached:
            receive = stage.venue.receive
            stage.venue.receive = lambda request, receive=receive: receive(replace(request, stop_price=0))  # type: ignore[method-assign,misc]
        stage.plan(1, **ENTRY)
        engine = stage.session.engine
        stage.session.take = lambda event: 0  # type: ignore[method-assign] # nobody runs
        stage.session.told = lambda message: None  # type: ignore[method-assign]
        stage.price(1, 49_850)
        stage.begin(engine, 2)
        stage.wait(2)
        assert stage.session.boot is not None
        assert stage.session.boot.positions == 1
        assert (stage.session.boot.unprotected, stage.session.boot.still_unprotected) == (
            int(not attached),
            0,
        )


def test_s53_positions_that_nobody_knows_are_quarantined_and_protected_not_closed() -> None:
    """No journal; the venue holds a long and a short, price has run against the long."""
    stage = Stage()
    for number, at in ((1, 60_000), (2, 20_000)):
        stage.price(number, at)
    stage.manual(1, 1, 50)
    stage.manual(2, -1, 30)
    for number, at in ((1, 60_000), (2, 20_000), (1, 56_500)):
        stage.price(number, at)
    stage.wait(10)
    state = stage.session.engine.state
    assert stage.session.ready
    assert state.instruments[1].severity == state.instruments[2].severity == Severity.NO_NEW
    held = {(h.instrument_id, h.side): h for h in stage.venue.positions()}
    assert held[1, 1].quantity == held[1, 1].stopped == 50
    assert held[2, -1].quantity == held[2, -1].stopped == 30
    stops = {r.instrument_id: r.trigger_price for r in stage.placed(reduce_only=True) if r.trigger_price}
    assert stops[1] < 56_500
    assert stops[2] > 20_000
    named = [told["instrument"] for about, told in stage.journal.remarks if about == "difference"]
    assert sorted(named) == [1, 2]
    stage.plan(1, **ENTRY)
    assert stage.placed() == []


def test_s54_a_position_that_the_venue_lacks_is_booked_at_the_price_of_its_close() -> None:
    stage = entered()
    stage.price(1, 49_850)
    engine = stage.session.engine
    balance = engine.state.account.balance
    stage.manual(1, -1, 105)
    stage.session.told = lambda message: None  # type: ignore[method-assign]
    stage.price(1, 49_840)
    stage.begin(engine, 2)
    stage.wait(10)
    state = engine.state
    assert state.trades[2].quantity == 0
    assert state.closed_count == 1
    assert state.account.balance < balance
    assert state.account.balance == stage.market.wallet


@pytest.mark.parametrize("policy", [Policy.IGNORE, Policy.HALT])
def test_what_is_not_adopted_is_left_alone(policy: Policy) -> None:
    stage = Stage(policy=policy)
    stage.price(1, 60_000)
    stage.manual(1, 1, 50)
    stage.price(1, 60_000)
    stage.wait(10)
    state = stage.session.engine.state
    assert stage.placed(reduce_only=True) == []
    assert state.instruments[1].severity == Severity.NO_NEW
    assert (state.severity == Severity.NO_NEW) == (policy == Policy.HALT)


def test_adopting_gives_what_was_found_to_the_strategy_that_trades_there() -> None:
    stage = Stage(policy=Policy.ADOPT)
    stage.price(2, 20_000)
    stage.manual(2, 1, 30)
    stage.price(2, 20_000)
    stage.wait(10)
    trade = stage.session.engine.state.trades[4]
    assert trade.mandate_id == 2
    assert trade.quantity == 30
    assert stage.venue.stopped(2, 1) == 30
    assert stage.session.engine.state.instruments[2].severity == Severity.NORMAL


def test_an_order_of_a_later_start_shuts_the_door() -> None:
    """The journal's end is lost, or another instance trades: entries stay shut."""
    stage = Stage()
    stage.begin(Engine(), 5)
    stage.wait(1)
    stage.price(1, 50_000)
    stage.plan(1, **ENTRY)
    assert len(stage.venue.live) == 1
    stage.begin(Engine(), 1)
    stage.wait(5)
    assert not stage.session.ready
    assert any(about == "newer epoch" for about, _ in stage.journal.remarks)


def test_a_living_order_that_the_venue_lost_is_given_up_and_a_stop_replaced() -> None:
    stage = entered()
    stage.price(1, 49_850)
    stop = next(r for r in stage.placed(reduce_only=True) if r.trigger_price)
    row = stage.venue.live.pop(stop.name)
    remove(stage.market, row)
    stage.venue.rows.pop(row)
    stage.session.sweeper.due_ns = 0
    stage.wait(60)
    assert stage.venue.stopped(1, 1) == 105
    assert stage.session.engine.state.trades[2].quantity == 105


def test_terms_that_an_old_amend_has_moved_are_set_again() -> None:
    stage = entered()
    stage.price(1, 49_850)
    stop = next(r for r in stage.placed(reduce_only=True) if r.trigger_price)
    stage.market.orders[stage.venue.live[stop.name]].trigger_price = 48_000
    stage.session.sweeper.due_ns = 0
    stage.wait(5)
    assert stage.market.orders[stage.venue.live[stop.name]].trigger_price == 49_000


def test_a_refused_request_for_a_reset_names_the_rule() -> None:
    stage = entered()
    state = stage.session.engine.state
    halt = SeverityChange(time_ns=stage.market.time_ns + SECOND, severity=Severity.NO_NEW, latched=True)
    stage.session.take(halt)
    stage.settle()
    assert [trip.rule for trip in state.trips if trip.rule] == [Rule.OPERATOR]
    assert stage.venue.live == {}  # the entry is withdrawn
