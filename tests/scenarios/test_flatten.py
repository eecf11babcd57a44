"""The flatten protocol, step by step (risk.md 3.1; S22, S28, S31, S55)."""

from __future__ import annotations

from typing import Any

import pytest
from kit import BTC, ETH, EURUSD, grid, setup, spec_of
from scenario_behaviour_kit import RATE, Guarded, opened, seconds

from holdfast.model import events
from holdfast.model.enums import (
    AmountOf,
    CommandKind,
    Denial,
    Exit,
    NoticeKind,
    Quantity,
    Role,
    Rule,
    Sample,
    Scope,
    Severity,
)
from holdfast.model.order import Step
from holdfast.model.units import SECOND

SLICED = spec_of("synthetic_perp", "BTC/USDT:USDT", spread="0", slippage="0", quantity_max="0.04")


def kill(desk: Guarded, scope: Scope = Scope.ACCOUNT, scope_id: int = 0, latched: bool = True) -> list[Any]:
    """`kill ... --flatten`."""
    return desk._send(
        events.SeverityChange, scope=scope, scope_id=scope_id, severity=Severity.FLATTENING, latched=latched
    )


def kinds(desk: Guarded) -> list[str]:
    """What was told about the flatten, in order."""
    told = (NoticeKind.TRIPPED, NoticeKind.ENTRIES_GONE, NoticeKind.FLAT)
    return [NoticeKind(n.kind).name for n in desk.notices if n.kind in told]


def three() -> Guarded:
    """Three positions with stops; price has moved so that BTC can still lose most, then ETH, then EURUSD."""
    desk = Guarded(EURUSD, ETH, BTC)
    at = {EURUSD: (1.1, 1.099), ETH: (2_500.0, 2_450.0), BTC: (50_000.0, 49_000.0)}
    for number, (spec, (entry, stop)) in enumerate(at.items(), 1):
        desk.strategy(setup(), spec)
        desk.price(entry, spec=spec)
        desk.plan(number, start_long=True, entry_price=entry, stop_price=stop)
        desk.fill(desk.orders("entry", spec)[0], entry)
    desk.price(1.0995, spec=EURUSD)
    desk.price(2_520.0, spec=ETH)
    desk.price(51_000.0, spec=BTC)
    return desk


def test_what_can_still_lose_most_leaves_first() -> None:
    """BTC has 2,000 to its stop, ETH 70, EURUSD half a pip tenth: in that order, whatever the rows are."""
    desk = three()
    desk.obedient = False
    sent = kill(desk)
    assert [command.instrument_id for command in sent if command.kind == CommandKind.PLACE] == [3, 2, 1]


def test_s28_a_crash_after_one_close_leaves_exactly_two_to_close() -> None:
    """One exit has filled when the process dies. After it nothing is sent twice; the other two fill; LATCHED."""
    desk = three()
    kill(desk)
    exits = desk.orders("exit")
    assert len(exits) == 3
    desk.fill(exits[0], 1.0)
    sent = len(desk.commands)
    desk.restart()
    for spec, at in ((EURUSD, 1.0995), (ETH, 2_520.0), (BTC, 51_000.0)):
        desk.price(at, spec=spec, after=seconds(1))
    assert len(desk.commands) == sent
    for order in exits[1:]:
        desk.fill(order, 1.0)
    assert all(p.quantity == 0 for i in desk.state.instruments for p in i.positions)
    assert [order.id for order in desk.orders()] == []
    assert kinds(desk) == ["TRIPPED", "ENTRIES_GONE", "FLAT"]
    trip = desk.state.trips[1]
    assert (trip.latched, trip.flat, trip.severity) == (True, True, Severity.FLATTENING)
    closes = [c for c in desk.commands if c.kind == CommandKind.PLACE and desk.state.next_order_id]
    assert len([c for c in closes if c.reduce_only and c.trigger_price == 0]) == 3


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_crash_before_any_exit_was_sent_closes_what_is_left(closed: int) -> None:
    """The venue never had the exits: resolved as absent, they are sent anew, once each."""
    desk = three()
    desk.obedient = False
    kill(desk)
    exits = desk.orders("exit")
    for order in exits[:closed]:
        desk.fill(order, 1.0)
    desk.restart()
    for order in exits[closed:]:
        desk.report(order, 11)
        desk.report(order, 12)
    for spec, at in ((EURUSD, 1.0995), (ETH, 2_520.0), (BTC, 51_000.0)):
        desk.price(at, spec=spec, after=seconds(1))
    assert len(desk.orders("exit")) == 3 - closed
    assert {order.id for order in desk.orders("exit")} & {order.id for order in exits} == set()


def test_a_flatten_waits_for_its_entries_to_end() -> None:
    """0.05 held, 0.044 still resting: its cancel first, the exit with the answer, for what is held then."""
    desk = opened()
    desk.price(50_200.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    entry = desk.order("entry")
    desk.fill(entry, lots=0.05)
    desk.obedient = False
    kill(desk)
    assert desk.orders("exit") == []
    assert desk.order("stop").lots == 0.05
    assert kinds(desk) == ["TRIPPED"]
    desk.fill(entry, lots=0.02)
    assert desk.order("stop").lots == 0.07
    desk.cancel_confirmed(entry)
    assert desk.order("exit").lots == 0.07
    assert kinds(desk) == ["TRIPPED", "ENTRIES_GONE"]


def test_but_not_for_ever() -> None:
    """A venue that does not answer a cancel within two seconds does not keep a position open."""
    desk = opened()
    desk.price(50_200.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    entry = desk.order("entry")
    desk.fill(entry, lots=0.05)
    desk.obedient = False
    kill(desk)
    desk.price(50_100.0, after=seconds(1.9))
    assert desk.orders("exit") == []
    desk.price(50_100.0, after=seconds(0.1))
    assert desk.order("exit").lots == 0.05


def test_an_exit_leaves_in_slices_that_the_venue_takes() -> None:
    """0.08 by orders of at most 0.04; the stop covers the rest until nothing is left."""
    desk = Guarded(SLICED, limits={"trade_count_max": 9})
    desk.strategy(grid(levels=2, stop_rate=0.2))
    desk.price(50_000.0)
    desk.plan(start_long=True, anchor_price=50_000.0, offset=500.0, spacing=500.0)
    for order in desk.orders("entry"):
        desk.fill(order)
    assert desk.held() == 0.08
    kill(desk)
    for left in (0.08, 0.04):
        assert desk.held() == left
        slice_ = desk.order("exit")
        assert slice_.lots == 0.04
        assert desk.order("stop").lots >= left
        desk.fill(slice_, 50_000.0)
    assert desk.held() == 0
    assert desk.orders() == []
    assert kinds(desk)[-1] == "FLAT"


def test_what_an_exit_leaves_keeps_a_stop_when_the_venue_takes_the_stop_away() -> None:
    """Half the entry fills after the exit has left, and the venue cancels the stop because of the exit (D14)."""
    desk = opened()
    desk.price(50_200.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    entry = desk.order("entry")
    desk.fill(entry, lots=0.05)
    desk.obedient = False
    kill(desk)
    desk.price(50_100.0, after=seconds(2))
    assert desk.order("exit").lots == 0.05
    desk.fill(entry, lots=0.02)
    desk.report(desk.order("stop"), Step.CANCEL)
    assert desk.order("stop").lots == desk.held() == 0.07


def test_a_refused_exit_changes_its_form() -> None:
    """Market; after a second a limit inside the band that never rests; then one that rests at the bid; then market."""
    desk = opened()
    desk.enter()
    kill(desk)
    assert desk.order("exit").type == "market"
    desk.reject(desk.order("exit"))
    assert desk.orders("exit") == []
    desk.price(50_000.0, after=seconds(1))
    banded = desk.order("exit")
    row = desk.state.orders[banded.row]
    assert (banded.type, bool(row.immediate), banded.reduce_only) == ("limit", True, True)
    assert 0.95 * 50_000 < banded.price < 50_000.0
    desk.report(banded, 9)  # expired: nothing was there to take
    desk.price(50_000.0, after=seconds(2))
    rests = desk.order("exit")
    assert (rests.type, rests.price, bool(desk.state.orders[rests.row].immediate)) == (
        "limit",
        50_000.0,
        False,
    )
    assert desk.order("stop").lots == desk.held()
    desk.price(49_900.0, after=seconds(9))
    assert desk.order("exit").id == rests.id
    desk.price(49_900.0, after=seconds(1))
    assert desk.orders("exit") == []  # taken back, to be tried in the next form
    desk.price(49_900.0, after=seconds(4))
    assert desk.order("exit").type == "market"
    desk.fill(desk.order("exit"), 49_900.0)
    assert desk.closed[-1].exit == Exit.FLATTENED


def test_the_pauses_between_tries_grow_to_four_seconds() -> None:
    """1, 2, 4, 4, 4: at least every five, and it never gives up (reliability.md 3.1)."""
    desk = opened()
    desk.enter()
    kill(desk)
    for wait in (1, 2, 4, 4, 4, 4):
        desk.reject(desk.order("exit"))
        desk.price(50_000.0, after=seconds(wait - 0.1))
        assert desk.orders("exit") == []
        desk.price(50_000.0, after=seconds(0.1))
        assert len(desk.orders("exit")) == 1


def test_s22_a_grid_that_loses_its_quarter_is_cancelled_closed_and_muted() -> None:
    """1,000 for the grid, 25 %: two levels filled, one resting. At -250 the entries go first, then the position; a
    level after that is refused and names the rule."""
    desk = Guarded(BTC, balance=5_000)
    desk.strategy(grid(levels=3, stop_rate=0.5, capital_base="fixed", fixed_capital=1_000.0))
    desk._send(events.StrategyGiven, strategy_id=1, class_id=1, capital=1_000 * RATE)
    given = events.FloorGiven(time_ns=desk.now, floor_row=1)
    floor = given.floor
    floor.scope, floor.scope_id, floor.quantity, floor.sample = (
        Scope.STRATEGY,
        1,
        Quantity.EQUITY,
        Sample.SESSION,
    )
    floor.observed, floor.reading_count, floor.own = Quantity.EQUITY, 1, True
    floor.readings[0].of, floor.readings[0].rate = AmountOf.ANCHOR, RATE // 4
    desk.apply(given)
    desk.price(50_000.0)
    plan = {"start_long": True, "anchor_price": 50_000.0, "offset": 500.0, "spacing": 500.0}
    desk.plan(**plan)
    first, second, _ = desk.orders("entry")
    desk.fill(first)
    desk.fill(second)
    begun = len(desk.commands)
    desk.price(25_000.0)
    made = [(c.kind, c.reduce_only) for c in desk.commands[begun:]]
    assert made[:2] == [(CommandKind.CANCEL, False), (CommandKind.PLACE, True)]
    desk.fill(desk.order("exit"), 25_000.0)
    assert kinds(desk) == ["TRIPPED", "ENTRIES_GONE", "FLAT"]
    desk.price(50_000.0, after=1)
    desk.plan(**plan)
    assert desk.orders("entry") == []
    assert desk.last_denial == (Denial.SEVERITY, Rule.BREACH, Scope.STRATEGY)


def test_s31_kill_all_refuses_cancels_and_closes_within_its_own_event() -> None:
    """Nothing is left to a later event: entries refused, cancels and closes commanded at once."""
    desk = three()
    desk.plan(1, exit_long=True)
    desk.fill(desk.orders("exit", EURUSD)[0], 1.0995)
    desk.plan(1, start_long=True, entry_price=1.0994, stop_price=1.0984)
    assert len(desk.orders("entry")) == 1
    sent = kill(desk, Scope.ENGINE)
    assert [c.kind for c in sent].count(CommandKind.CANCEL) == 1
    assert len(desk.orders("exit")) == 2
    desk.plan(1, start_long=True, entry_price=1.0994, stop_price=1.0984)
    assert desk.last_denial[0] == Denial.SEVERITY


def test_what_is_not_latched_leaves_no_new_behind() -> None:
    """Flat: nothing is left to close, and nothing new is opened."""
    desk = opened()
    desk.enter()
    kill(desk, latched=False)
    assert desk.severity_of() == Severity.FLATTENING
    desk.fill(desk.order("exit"), 50_000.0)
    assert desk.severity_of() == Severity.NO_NEW
    assert kinds(desk)[-1] == "FLAT"
    assert not desk.state.flattening


def test_flat_is_told_when_the_orphan_stop_has_gone() -> None:
    """Nothing held, and the stop's cancel is not confirmed yet: not flat."""
    desk = opened()
    desk.enter()
    desk.obedient = False
    stop = desk.order("stop")
    kill(desk)
    desk.fill(desk.order("exit"), 50_000.0)
    assert desk.held() == 0
    assert kinds(desk)[-1] == "ENTRIES_GONE"
    desk.cancel_confirmed(stop)
    assert kinds(desk)[-1] == "FLAT"


def test_a_flatten_of_one_instrument_leaves_the_others_alone() -> None:
    """The scope's own trades, and its own notice."""
    desk = three()
    kill(desk, Scope.INSTRUMENT, 2)
    assert [order.role for order in desk.orders(spec=BTC)] == ["stop"]
    desk.fill(desk.orders("exit", ETH)[0], 2_520.0)
    flat = desk.said(NoticeKind.FLAT)
    assert [(n.scope, n.scope_id) for n in flat] == [(Scope.INSTRUMENT, 2)]


def test_s55_a_position_whose_stop_the_venue_refuses_is_closed() -> None:
    """Asked for again at once; refused again, the trade is closed within the same second."""
    desk = opened()
    desk.price(50_000.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    desk.obedient = False
    desk.fill(desk.order("entry"), 50_000.0)
    filled = desk.now
    for _ in range(3):
        for order in desk.orders("stop"):
            desk.reject(order)
    assert desk.order("exit").lots == desk.held()
    assert desk.state.orders[desk.order("exit").row].created_at_ns - filled < 10 * SECOND
    assert desk.trade().exit == Exit.STOP_LOSS


def test_exits_are_only_ever_reduce_only() -> None:
    """In every form."""
    desk = opened()
    desk.enter()
    kill(desk)
    for wait in (1, 2, 4):
        order = desk.order("exit")
        assert order.reduce_only
        assert Role(desk.state.orders[order.row].role) == Role.EXIT
        desk.reject(order)
        desk.price(50_000.0, after=seconds(wait))
