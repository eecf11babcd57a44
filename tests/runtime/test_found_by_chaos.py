"""What simulated days have found in the runtime, each in its shortest form."""

from __future__ import annotations

from dataclasses import replace

from session_kit import SECOND, Stage

from holdfast.model.enums import OrderType, Role
from holdfast.model.order import OrderStatus
from holdfast.ports.venue import Answer, Ask, Execution, Facts, Request, Standing
from holdfast.runtime.names import parts_of
from holdfast.simulator.paper_venue import Dedupe
from holdfast.simulator.venue import VenueOrder

ENTRY = {"start_long": True, "entry_price": 49_900, "stop_price": 49_000}
GRID = {"start_long": True, "anchor_price": 50_000, "spacing": 200}


def attempt_of(name: str) -> int:
    """Which attempt a name is of."""
    parts = parts_of(name)
    assert parts is not None
    return parts.attempt


def open_setup(stage: Stage) -> None:
    """A long position with a stop of its own."""
    stage.wait(1)
    stage.price(1, 50_000)
    stage.plan(1, **ENTRY)
    stage.price(1, 49_800)


def stop_of(stage: Stage) -> object:
    """The core's stop."""
    return next(order for order in stage.orders() if order.role == Role.STOP)


def late_change(stage: Stage) -> tuple[VenueOrder, Request]:
    """The stop as the venue has it, and an old change of ours to half of it that is still on its way."""
    live = next(name for name, row in stage.venue.live.items() if stage.market.orders[row].trigger_price)
    order = stage.market.orders[stage.venue.live[live]]
    return order, Request(
        9_999, Ask.AMEND, live, 1, trigger_price=order.trigger_price, quantity=order.quantity // 2,
        stamp_ns=stage.market.time_ns,
    )  # fmt: skip


def test_a_start_knows_a_stop_under_whichever_attempt_it_lives() -> None:
    """It asked for the first name for ever, and never came to an end."""
    stage = Stage()
    stage.drop = lambda r: r.ask == Ask.PLACE and r.reduce_only and attempt_of(r.name) == 0
    open_setup(stage)
    stage.wait(3)
    second = next(name for name in stage.venue.live if attempt_of(name) == 1)
    stage.drop = lambda r: False
    stage.begin(stage.session.engine, 2)
    stage.wait(40)
    assert stage.session.ready
    assert second in {handling.name for handling in stage.session.desk.book}


def test_attempts_of_two_starts_have_different_names() -> None:
    stage = Stage()
    stage.mute = lambda r: r.ask == Ask.PLACE and r.reduce_only
    stage.drop = lambda r: r.ask == Ask.PLACE and r.reduce_only
    open_setup(stage)
    stage.wait(4)
    before = {request.name for request in stage.placed(reduce_only=True)}
    stage.begin(stage.session.engine, 2)
    stage.sent.clear()
    stage.wait(4)
    after = {request.name for request in stage.placed(reduce_only=True)}
    assert before
    assert after
    assert not before & after


def test_a_difference_counts_only_when_no_answer_can_have_been_an_old_one() -> None:
    """A copy that was six seconds behind had a position closed in our books."""
    stage = Stage()
    open_setup(stage)
    stage.wait(1)
    held = stage.session.engine.state.instruments[1].positions[0].quantity
    assert held > 0
    told, stage.venue.positions = stage.venue.positions, list  # type: ignore[method-assign]
    stage.session.connection(False)
    stage.session.connection(True)
    stage.wait(7)
    assert stage.session.engine.state.instruments[1].positions[0].quantity == held
    stage.venue.positions = told  # type: ignore[method-assign]
    stage.wait(20)
    assert stage.session.engine.state.instruments[1].positions[0].quantity == held
    stage.venue.positions = list  # type: ignore[method-assign]
    stage.session.connection(False)
    stage.session.connection(True)
    stage.wait(20)
    assert stage.session.engine.state.instruments[1].positions[0].quantity == 0


def opened_grid() -> Stage:
    """A grid of which the first level has filled."""
    stage = Stage()
    stage.wait(1)
    stage.price(2, 50_100)
    stage.plan(2, **GRID)
    stage.price(2, 49_950)
    stage.wait(1)
    return stage


def grown_grid() -> Stage:
    """A grid of which a level more has filled than its stop at the venue covers: the change was lost on the way."""
    stage = opened_grid()
    stage.drop = lambda r: r.ask == Ask.AMEND
    stage.price(2, 49_700)
    stop = stop_of(stage)
    assert stop.amends_pending > 0  # type: ignore[attr-defined]
    return stage


def test_a_start_sets_a_stop_again_before_anything_else() -> None:
    """It waited for the horizon, as for an entry, and closed the position for want of a stop."""
    stage = grown_grid()
    stage.drop = lambda r: False
    stage.begin(stage.session.engine, 2)
    stage.sent.clear()
    stage.wait(0.3)
    assert [r for r in stage.sent if r.ask == Ask.AMEND]
    stage.wait(1)
    stop = stop_of(stage)
    assert stop.amends_pending == 0  # type: ignore[attr-defined]
    assert stage.venue.stopped(2, 1) == stage.market.books[2].positions[0].quantity


def test_an_old_change_that_comes_after_a_newer_one_is_undone_at_once() -> None:
    """It left half of a position without a stop until the sweep after the next."""
    stage = Stage()
    open_setup(stage)
    stage.wait(1)
    order, late = late_change(stage)
    wanted = order.quantity
    stage.venue.send(late)
    assert order.quantity == wanted // 2
    stage.settle()
    assert order.quantity == wanted


def test_a_stop_that_an_old_change_has_moved_is_set_until_the_venue_says_so() -> None:
    """The word against the old change was lost, and half of a position had no stop until the sweep after the next."""
    stage = Stage()
    open_setup(stage)
    stage.wait(20)
    order, late = late_change(stage)
    wanted = order.quantity
    stage.drop = lambda r: r.ask == Ask.AMEND
    stage.venue.send(late)
    stage.settle()
    assert order.quantity == wanted // 2
    stage.drop = lambda r: False
    stage.wait(7)
    assert order.quantity == wanted


def test_a_known_name_is_no_refusal() -> None:
    """The answer to a second copy said that an order was dead which lived."""
    stage = Stage()
    stage.wait(1)
    stage.price(1, 50_000)
    send = stage.venue.send

    def twice(request: Request) -> None:
        send(request)
        if request.ask == Ask.PLACE:
            stage.venue.mail.pop()  # of the first copy the answer is lost
            stage.venue.mail.clear()
            send(request)

    stage.venue.dedupe = Dedupe.STRICT
    stage.venue.send = twice  # type: ignore[method-assign]
    stage.plan(1, **ENTRY)
    stage.wait(2)
    assert [order.status for order in stage.orders()] == [OrderStatus.LIVE]
    assert len(stage.venue.live) == 1


def test_the_stop_of_an_entry_stays_until_stops_of_ours_close_all_that_is_held() -> None:
    """Two levels filled at once; the stop for the first one took the venue's away that covered both."""
    stage = Stage()
    stage.wait(1)
    first = Request(
        1,
        Ask.PLACE,
        "one",
        1,
        1,
        1,
        limit_price=0,
        stop_price=49_000,
        quantity=10,
        stamp_ns=stage.market.time_ns,
    )
    stage.price(1, 50_000)
    for name in ("one", "two"):
        stage.venue.receive(Request(**{f: getattr(first, f) for f in Request.__slots__} | {"name": name}))
    stage.price(1, 50_001)
    assert stage.venue.stopped(1, 1) == 20
    ours = Request(
        2, Ask.PLACE, "stop", 1, 1, -1, OrderType.STOP, trigger_price=49_500, quantity=10, reduce_only=True,
        stamp_ns=stage.market.time_ns,
    )  # fmt: skip
    stage.venue.receive(ours)
    assert stage.venue.stopped(1, 1) >= 20
    stage.venue.receive(
        Request(3, Ask.AMEND, "stop", 1, trigger_price=49_500, quantity=20, stamp_ns=stage.market.time_ns)
    )
    assert stage.venue.stopped(1, 1) == 20
    stage.venue.receive(Request(4, Ask.CANCEL, "stop", stamp_ns=stage.market.time_ns))
    assert stage.venue.stopped(1, 1) == 20  # the position's own stop is back


def filled_unheard() -> Stage:
    """An entry that fills while nobody listens; sweeps are minutes apart."""
    stage = Stage(Facts("stage", reconcile_every_ns=300 * SECOND))
    stage.wait(1)
    stage.price(1, 50_000)
    stage.plan(1, **ENTRY)
    stage.wait(20)
    stage.settle = lambda: None  # type: ignore[method-assign]
    stage.price(1, 49_800)
    del stage.settle  # type: ignore[method-assign]
    assert stage.market.books[1].positions[0].quantity > 0
    return stage


def held(stage: Stage) -> int:
    """What the engine holds of the first instrument."""
    return int(stage.session.engine.state.instruments[1].positions[0].quantity)


def test_after_a_start_sweeps_go_on_until_no_answer_can_be_from_before_it() -> None:
    """The first sweep was answered from a copy that did not know of the fill, and the next came minutes later."""
    stage = filled_unheard()
    tell, until = stage.venue._tell, stage.market.time_ns + 5 * SECOND

    def old(request: Request) -> Answer:
        answer = tell(request)
        return answer if stage.market.time_ns > until else replace(answer, positions=(), executions=())

    order = stage.venue.over.popitem()[1]
    seen = replace(order, standing=Standing.LIVE, filled=0)
    stage.venue._tell = lambda request: (  # type: ignore[method-assign]
        replace(old(request), orders=(seen,))
        if request.ask in (Ask.OPEN_ORDERS, Ask.ORDER) and stage.market.time_ns <= until
        else old(request)
    )
    stage.begin(stage.session.engine, 2)
    stage.wait(4)
    assert held(stage) == 0
    stage.wait(8)
    assert held(stage) == stage.market.books[1].positions[0].quantity
    assert stop_of(stage)


def test_an_execution_that_is_missing_is_asked_for_until_it_comes() -> None:
    """The order was shown as filled; the one question about its executions was answered from an old copy."""
    stage = Stage(Facts("stage", reconcile_every_ns=300 * SECOND))
    stage.wait(1)
    stage.price(1, 50_000)
    stage.plan(1, **ENTRY)
    stage.wait(20)
    stage.settle = lambda: None  # type: ignore[method-assign]
    stage.price(1, 49_800)
    del stage.settle  # type: ignore[method-assign]
    stage.venue.mail.clear()
    name = stage.placed()[-1].name
    told, until = stage.venue._executed_since, stage.market.time_ns + 4 * SECOND
    stage.venue._executed_since = lambda since_ns: (  # type: ignore[method-assign]
        told(since_ns) if stage.market.time_ns > until else []
    )
    (shown,) = stage.venue.find(name)
    stage.session.told(replace(shown, standing=Standing.LIVE))
    stage.wait(3)
    assert held(stage) == 0
    stage.wait(3)
    assert held(stage) == stage.market.books[1].positions[0].quantity > 0


def test_an_execution_of_a_second_attempt_counts_once_whoever_starts() -> None:
    """What an earlier start had booked of it was more than the order had left, and was taken for a closure."""
    stage = Stage()
    stage.drop = lambda r: r.ask == Ask.PLACE and r.reduce_only and attempt_of(r.name) == 0
    open_setup(stage)
    stage.wait(3)
    second = next(name for name in stage.venue.live if attempt_of(name) == 1)
    whole = held(stage)
    part = Execution(
        9_000, second, 1, 1, -1, whole - 20, 49_000, 0, False, whole - 20, stage.market.time_ns, complete=False
    )  # fmt: skip
    stage.session.told(part)
    assert held(stage) == 20
    stage.begin(stage.session.engine, 2)
    stage.session.told(part)
    assert held(stage) == 20


def grid_of_two() -> tuple[Stage, str, str]:
    """A grid with one level filled, its second one resting; their stop's and that level's names."""
    stage = opened_grid()
    stop = next(name for name, row in stage.venue.live.items() if stage.market.orders[row].trigger_price)
    level = max(stage.placed(), key=lambda request: request.limit_price * (request.name in stage.venue.live))
    return stage, stop, level.name


def test_what_reduces_by_more_than_is_held_waits_for_the_entry_before_it() -> None:
    """After an outage the stop's execution was told first; the core could not book it, and it never came back."""
    stage, stop, level = grid_of_two()
    position = stage.session.engine.state.instruments[2].positions[0]
    first = position.quantity
    more = stage.market.orders[stage.venue.live[level]].quantity
    now, all_of_it = stage.market.time_ns, first + more
    out = Execution(9_001, stop, 2, 1, -1, all_of_it, 49_000, 0, False, all_of_it, now, complete=True)
    stage.session.told(out)
    assert position.quantity == first
    stage.session.told(Execution(9_000, level, 2, 1, 1, more, 49_700, 0, True, more, now, complete=True))
    assert position.quantity == 0


def test_an_order_that_has_filled_is_over_even_if_the_core_could_not_book_all_of_it() -> None:
    """It was asked about for ever, and the start never came to an end."""
    stage, stop, _ = grid_of_two()
    state = stage.session.engine.state
    number = next(o.order_id for o in stage.orders() if o.role == Role.STOP)
    (shown,) = stage.venue.find(stop)
    handling = stage.session.desk.book.handlings[number]
    handling.sums[stop] = shown.quantity
    stage.session.told(replace(shown, standing=Standing.FILLED, filled=shown.quantity))
    assert number not in {order.order_id for order in stage.orders()}
    assert state.unknown_reports == 0


def test_while_the_clock_is_unknown_a_refusal_says_nothing_against_a_stop() -> None:
    """Every stamp was refused; the core took it for the stop's fault, and closed with an order that rested."""
    stage = Stage()
    open_setup(stage)
    stage.wait(1)
    stage.clock.sound = False
    shift = stage.clock.venue_ns
    stage.clock.venue_ns = lambda: shift() + 4 * SECOND  # type: ignore[method-assign]
    number = stop_of(stage).order_id  # type: ignore[attr-defined]
    name = stage.session.desk.book.handlings[number].name
    stage.venue.receive(Request(1, Ask.CANCEL, name, stamp_ns=stage.market.time_ns))
    stage.venue.collect()
    stage.settle()
    stage.wait(30)
    assert OrderStatus.REJECTED not in {order.status for order in stage.orders()}
    stage.clock.sound, stage.clock.venue_ns = True, shift  # type: ignore[method-assign]
    stage.wait(2)
    assert stage.venue.stopped(1, 1, ours=True) == held(stage) > 0


def test_an_absence_that_only_lacks_a_sweep_does_not_wait_minutes_for_it() -> None:
    """An exit had lost all of its tries; until the next sweep, five minutes later, the position had neither it nor a
    stop."""
    stage = Stage(Facts("stage", reconcile_every_ns=300 * SECOND))
    stage.wait(20)
    stage.price(1, 50_000)
    stage.drop = lambda r: r.ask == Ask.PLACE
    stage.plan(1, **ENTRY)
    first = stage.orders()[0].order_id
    stage.wait(20)
    assert first not in {order.order_id for order in stage.orders()}


def test_a_change_that_makes_an_entry_larger_is_never_sent_again() -> None:
    """Without an answer it went out once more with every tick after its time was up, also after the journal had
    failed."""
    stage = Stage()
    stage.wait(1)
    stage.price(2, 50_100)
    stage.plan(2, **GRID)
    stage.wait(1)
    stage.sent.clear()
    stage.drop = lambda r: r.ask == Ask.AMEND
    stage.plan(2, **GRID | {"anchor_price": 47_000})
    stage.wait(9)
    amends = [(r.name, r.limit_price, r.quantity) for r in stage.sent if r.ask == Ask.AMEND]
    assert len(amends) == 3
    assert len(set(amends)) == 3


def test_a_closure_that_an_earlier_start_has_booked_is_not_waited_for() -> None:
    """An old stop had closed a later position while nobody ran; the second start after that kept its executions for
    entries that would never come, and was never over."""
    stage = Stage()
    open_setup(stage)
    stage.wait(3)
    stop, whole = stop_of(stage), held(stage)
    name = stage.session.desk.book.handlings[stop.order_id].name  # type: ignore[attr-defined]
    later = Execution(
        9_001, name, 1, 1, -1, whole + 50, 49_000, 0, False, whole + 50, stage.market.time_ns, complete=True
    )  # fmt: skip
    stage.begin(stage.session.engine, 2)
    stage.session.engine.state.instruments[1].last_closure_id = 9_001
    stage.session.told(later)
    assert held(stage) == whole
    assert stage.session.desk.book.handlings[stop.order_id].early == {}  # type: ignore[attr-defined]


def test_a_stop_is_tried_as_long_as_nobody_knows_and_stands_soon_after_the_venue_takes_it() -> None:
    """Its tries were used up in the first seconds of an outage, and the position was bare until the venue's horizon."""
    stage = Stage(Facts("slow", window_ns=60 * SECOND, read_lag_ns=20 * SECOND))
    stage.drop = lambda r: r.ask == Ask.PLACE and r.reduce_only
    stage.wait(25)
    open_setup(stage)
    stage.wait(40)
    stage.drop = lambda r: False
    stage.wait(6)
    assert any(order.role in (Role.STOP, Role.EXIT) for order in stage.orders(OrderStatus.LIVE))
    tries = [r.name for r in stage.placed(reduce_only=True)]
    assert len(tries) == len(set(tries)) > 8


def test_a_connection_that_comes_is_a_new_one_also_where_nobody_saw_the_old_one_go() -> None:
    """A cut of a second was over before it was noticed; its fills were found with the next sweep, minutes later."""
    stage = Stage(Facts("stage", reconcile_every_ns=300 * SECOND))
    stage.wait(20)
    stage.price(1, 50_000)
    stage.plan(1, **ENTRY)
    told, stage.session.told = stage.session.told, lambda message: None  # type: ignore[method-assign]
    stage.price(1, 49_800)
    stage.session.told = told  # type: ignore[method-assign]
    stage.wait(5)
    assert held(stage) == 0
    stage.session.connection(True)
    stage.wait(3)
    assert held(stage) == stage.market.books[1].positions[0].quantity > 0


def test_an_entry_that_came_late_is_not_gone_while_answers_lag_behind_its_acceptance() -> None:
    """It lay on the way for minutes, past every horizon. Taken at last, it was looked for in copies that did not know
    of it yet, counted as gone, and sent anew beside the living one."""
    stage = Stage(Facts("stage", window_ns=0))
    stage.wait(1)
    stage.price(1, 50_000)
    stage.drop = lambda r: True
    stage.plan(1, **ENTRY)
    (entry,) = stage.placed()
    stage.wait(170)
    tell, until = stage.venue._tell, stage.market.time_ns + stage.facts.read_lag_ns
    stage.venue._tell = lambda request: (  # type: ignore[method-assign]
        replace(tell(request), orders=())
        if request.ask in (Ask.OPEN_ORDERS, Ask.ORDER) and stage.market.time_ns < until
        else tell(request)
    )
    stage.venue.send(entry)
    stage.settle()
    stage.drop = lambda r: False
    for _ in range(20):
        stage.price(1, 50_000)
        stage.wait(1)
    assert stage.placed() == [entry]
    assert [order.status for order in stage.orders()] == [OrderStatus.LIVE]


def test_an_order_that_the_venue_lost_after_it_had_lived_is_given_up_once_answers_know_better() -> None:
    """The proof of life does not hold for ever."""
    stage = Stage()
    stage.wait(1)
    stage.price(1, 50_000)
    stage.plan(1, **ENTRY)
    stage.wait(20)
    (entry,) = stage.placed()
    row = stage.venue.live.pop(entry.name)
    stage.market.orders[row].active = False
    stage.wait(60)
    assert [r.name for r in stage.placed()] != [entry.name]
    assert stage.session.engine.state.account.working_orders == 1


def test_an_old_change_heard_before_the_answer_to_a_newer_one_is_undone() -> None:
    """The newer one's answer made it forgotten, and a part of the position stood without a stop."""
    stage = opened_grid()
    order, late = late_change(stage)
    held_back: list[Request] = []
    stage.drop = lambda r: r.ask == Ask.AMEND and r.name == late.name and not held_back.append(r)
    stage.price(2, 49_700)
    answer = stage.venue.receive(held_back[-1])
    wanted = order.quantity
    stage.market.time_ns += SECOND // 1000
    stage.venue.receive(late)
    assert order.quantity < wanted
    for message in stage.venue._seen:
        stage.session.told(message)
    stage.venue._seen = []
    stage.drop = lambda r: False
    stage.session.answered(answer)
    stage.settle()
    assert order.quantity == wanted
