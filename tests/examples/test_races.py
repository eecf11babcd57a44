"""What the venue may answer late, twice, or not at all: nothing is lost, nothing counts twice, nothing is unprotected.

BTCUSDT, 10,000 USDT, 1 % risk, entry 50,000, stop 49,000: 100 / (1000 + 55 bp fees) = about 0.094 BTC.
"""

from __future__ import annotations

import pytest
from kit import BTC, EURUSD, LADDER, Desk, Order, grid, setup

from holdfast.model.commands import Command
from holdfast.model.enums import CommandKind, Drop, Exit, Severity
from holdfast.model.events import Closure, OrderReport
from holdfast.model.order import Step


def desk_of(bid: float = 50_200.0, **management: object) -> Desk:
    """A slow venue: every answer is typed in. A limit entry at 50,000 is on its way."""
    desk = Desk(BTC, obedient=False)
    desk.strategy(setup(**management))
    desk.price(bid)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    return desk


def opened(**management: object) -> tuple[Desk, Order]:
    """A filled entry at 50,000 with its stop on the way."""
    desk = desk_of(**management)
    entry = desk.order("entry")
    desk.accept(entry)
    desk.fill(entry)
    return desk, desk.order("stop")


def test_a_fill_may_overtake_the_acknowledgement() -> None:
    """Sent, filled, then acknowledged: booked once, protected at once."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.fill(entry, lots=0.05)
    desk.accept(entry)
    assert desk.held() == 0.05
    assert desk.order("stop").lots == 0.05
    desk.fill(entry)
    assert desk.held() == entry.lots
    assert desk.order("stop").lots == entry.lots


def test_a_fill_that_is_told_twice_counts_once() -> None:
    """By the venue's execution id: over two channels, and again after a reconnect."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.fill(entry, lots=0.05, fill_id=7)
    balance = desk.balance
    desk.fill(entry, lots=0.05, fill_id=7)
    assert (desk.held(), desk.balance) == (0.05, balance)
    desk.fill(entry, fill_id=8)
    assert desk.held() == entry.lots


def test_a_report_about_a_forgotten_order_moves_nothing() -> None:
    """The order is over; its last fill comes again."""
    desk, _ = opened()
    before = desk.held()
    finished = desk.commands[0]
    desk._send(
        OrderReport, order_row=finished.order_row, order_id=finished.order_id, step=Step.COMPLETE,
        fill_id=1, quantity=finished.quantity, price=500_000,
    )  # fmt: skip
    assert desk.held() == before


def test_an_entry_filled_after_its_setup_was_dropped_is_protected_and_closed() -> None:
    """Too far away: cancel sent, and the fill crosses it. Nobody wants the position any more: stop first, then out."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.accept(entry)
    desk.price(51_600.0)
    assert desk.drops() == [Drop.TOO_FAR]
    sent = desk.fill(entry)
    assert [command.kind.name for command in sent] == ["PLACE", "PLACE"]
    assert (desk.order("stop").price, desk.order("exit").type) == (49_000.0, "market")
    desk.fill(desk.order("exit"), 50_000.0)
    desk.cancel_confirmed(desk.order("stop"))
    assert desk.phase() == "IDLE"
    assert desk.orders() == []


def test_part_of_an_entry_filled_before_its_cancel_is_confirmed_counts() -> None:
    """0.03 filled, then the cancel of the rest is confirmed: the trade lives with 0.03."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.accept(entry)
    desk.severity(Severity.NO_NEW)
    assert desk.order("entry").cancel_pending
    desk.fill(entry, lots=0.03)
    desk.cancel_confirmed(entry)
    assert (desk.held(), desk.phase()) == (0.03, "OPEN")
    assert desk.orders("entry") == []
    assert desk.order("stop").lots == 0.03


def test_what_an_entry_fills_beyond_a_stop_that_is_closing_is_closed_as_well() -> None:
    """0.03 of the entry are stopped out, 0.01 of it told; then the entry's other 0.02: at market."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.accept(entry)
    desk.fill(entry, lots=0.03)
    stop = desk.order("stop")
    desk.accept(stop)
    desk.fill(stop, 49_000.0, lots=0.01)
    assert desk.phase() == "EXITING"
    assert desk.orders("exit") == []
    desk.fill(entry, lots=0.02)
    assert desk.order("exit").lots == 0.02
    desk.fill(desk.order("exit"), 49_000.0)
    desk.fill(stop, 49_000.0, lots=0.02)
    desk.cancel_confirmed(entry)
    assert (desk.held(), desk.phase(), desk.orders()) == (0, "IDLE", [])


def test_while_a_trade_leaves_a_stop_that_covers_too_little_is_asked_to_grow_again() -> None:
    """The venue has refused twice and holds 0.03 of 0.05; the exit is out, and the stop is asked at each price."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.accept(entry)
    desk.fill(entry, lots=0.03)
    desk.accept(desk.order("stop"))
    desk.fill(entry, lots=0.02)
    desk.amend_refused(desk.order("stop"))
    desk.amend_refused(desk.order("stop"))
    assert desk.phase() == "EXITING"
    assert desk.order("stop").lots == 0.03
    desk.price(50_100.0)
    assert (desk.order("stop").lots, desk.order("stop").amend_pending) == (0.05, True)


def test_a_fill_of_the_old_size_that_crosses_a_smaller_amend_is_booked_whole() -> None:
    """0.094 rest, an amend to 0.047 is on its way, the venue has filled 0.094: that is what we hold."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.accept(entry)
    desk.deposit(-5_000)
    desk.price(50_200.0)
    assert desk.order("entry").amend_pending
    assert desk.order("entry").lots < entry.lots
    desk.fill(entry, lots=entry.lots, step=Step.COMPLETE)
    assert desk.held() == entry.lots
    assert desk.order("stop").lots == entry.lots
    assert desk.orders("entry") == []


def test_a_part_of_the_old_size_leaves_the_rest_at_work_while_the_amend_is_pending() -> None:
    """0.094 rest, an amend to 0.047 is on its way, 0.050 fill: more than the new size, less than the old one. The
    order is not over before the venue says so."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.accept(entry)
    desk.deposit(-5_000)
    desk.price(50_200.0)
    desk.fill(entry, lots=0.05, step=Step.FILL)
    assert desk.held() == 0.05
    assert len(desk.orders("entry")) == 1
    desk.cancel_confirmed(entry)
    assert desk.orders("entry") == []
    assert desk.order("stop").lots == 0.05


def test_an_order_that_completes_at_its_old_size_is_over() -> None:
    """An amend upwards is on its way when the old size fills: the venue says complete, so nothing stays at work."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.accept(entry)
    desk.deposit(5_000)
    desk.price(50_200.0)
    assert desk.order("entry").lots > entry.lots
    desk.fill(entry, lots=entry.lots, step=Step.COMPLETE)
    assert desk.held() == entry.lots
    assert desk.orders("entry") == []


def test_a_refused_amend_brings_back_the_old_terms() -> None:
    """What the venue holds is what counts: size and reserved risk are the old ones."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.accept(entry)
    reserved = desk.state.account.resting_notional
    desk.deposit(-5_000)
    desk.price(50_200.0)
    assert desk.order("entry").lots < entry.lots
    assert desk.state.account.resting_notional == reserved  # until the venue has confirmed
    desk.amend_refused(entry)
    assert desk.order("entry").lots == entry.lots
    assert desk.state.account.resting_notional == reserved


def cancels(commands: list[Command]) -> list[int]:
    """Orders whose end a list of commands asks for."""
    return [command.order_id for command in commands if command.kind == CommandKind.CANCEL]


def test_a_refused_cancel_is_asked_again_with_the_next_price() -> None:
    """Not at once, and not twice while the second answer is out. The order counts until it has ended."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.accept(entry)
    assert cancels(desk.severity(Severity.NO_NEW)) == [entry.id]
    reserved = desk.state.account.resting_notional
    assert cancels(desk.cancel_refused(entry)) == []
    assert desk.order("entry").cancel_pending
    assert desk.state.account.resting_notional == reserved > 0
    assert cancels(desk.price(50_200.0)) == [entry.id]
    assert cancels(desk.price(50_200.0)) == []
    desk.cancel_confirmed(entry)
    assert desk.orders("entry") == []
    assert desk.state.account.resting_notional == 0


def test_a_trade_that_is_over_waits_for_an_order_that_the_venue_would_not_end() -> None:
    """Dropped, its entry still at work: the slot is free only when that has ended. A tick of the clock asks, too."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.accept(entry)
    desk.severity(Severity.FLATTENING)
    desk.cancel_refused(entry)
    assert desk.phase() == "COOLDOWN"
    assert cancels(desk.clock()) == [entry.id]
    desk.cancel_refused(entry)
    assert cancels(desk.clock()) == [entry.id]
    desk.cancel_confirmed(entry)
    desk.clock()
    assert desk.phase() == "IDLE"


def test_an_entry_that_fills_after_its_cancel_was_refused_is_protected() -> None:
    """The venue's no came because it was about to fill."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.accept(entry)
    desk.severity(Severity.NO_NEW)
    desk.cancel_refused(entry)
    desk.fill(entry)
    assert desk.order("stop").lots == desk.held() == entry.lots
    assert cancels(desk.price(50_200.0)) == []


def test_a_refusal_of_a_cancel_that_nobody_asked_for_is_unknown() -> None:
    """It is counted, and changes nothing."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.accept(entry)
    before = desk.state.unknown_reports
    assert desk.cancel_refused(entry) == []
    assert desk.state.unknown_reports == before + 1
    assert cancels(desk.price(50_200.0)) == []


# Protection


def test_a_refused_stop_is_retried_once_then_the_trade_is_flattened() -> None:
    """First refusal: placed again. Second: out at market, with nothing left behind."""
    desk, stop = opened()
    desk.reject(stop)
    again = desk.order("stop")
    assert again.id != stop.id
    desk.reject(again)
    assert desk.orders("stop") == []
    exit_order = desk.order("exit")
    assert (exit_order.type, exit_order.lots, exit_order.reduce_only) == ("market", again.lots, True)
    desk.fill(exit_order, 49_900.0)
    assert desk.phase() == "IDLE"


def test_a_stop_that_was_accepted_starts_counting_refusals_anew() -> None:
    """Refused once, accepted, and months later cancelled by the venue and refused once more: retried, not flattened."""
    desk, stop = opened()
    desk.reject(stop)
    second = desk.order("stop")
    desk.accept(second)
    desk.cancel_confirmed(second)
    third = desk.order("stop")
    desk.reject(third)
    assert desk.order("stop").id != third.id
    assert desk.phase() == "OPEN"


def test_a_stop_that_the_venue_cancels_is_placed_again() -> None:
    """No exposure without a stop at the venue."""
    desk, stop = opened()
    desk.accept(stop)
    desk.cancel_confirmed(stop)
    assert desk.order("stop").price == 49_000.0


def moving_stop() -> tuple[Desk, Order]:
    """The first target is filled; the amend of the stop to break-even and the smaller size is on its way."""
    desk, stop = opened(rungs=LADDER)
    desk.accept(stop)
    for order in desk.orders("target"):
        desk.accept(order)
    desk.fill(desk.order("target", 0))
    moved = desk.order("stop")
    assert moved.amend_pending
    assert moved.price > 50_000.0
    return desk, moved


def test_a_refused_move_of_a_stop_is_retried_once_and_the_old_stop_stays() -> None:
    """Refused twice: the old stop at 49,000 still covers all that is held, so it stays, and its risk counts."""
    desk, moved = moving_stop()
    desk.amend_refused(moved)
    assert desk.order("stop").amend_pending
    desk.amend_refused(moved)
    assert (desk.phase(), desk.order("stop").price) == ("OPEN", 49_000.0)
    assert desk.state.account.open_risk > desk.trade().initial_risk // 2


def test_a_stop_that_may_not_grow_with_the_position_flattens_it() -> None:
    """More of the entry fills, the venue refuses twice to enlarge the stop: part would be without one."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.accept(entry)
    desk.fill(entry, lots=0.05)
    stop = desk.order("stop")
    desk.accept(stop)
    desk.fill(entry, lots=0.02)
    desk.amend_refused(stop)
    assert desk.order("stop").amend_pending
    desk.amend_refused(stop)
    assert (desk.phase(), desk.order("exit").lots) == ("EXITING", 0.07)
    assert desk.order("stop").lots == 0.05


def test_freed_risk_counts_only_when_the_venue_has_confirmed_the_stop() -> None:
    """risk.md 5.6: while the amend to break-even is on its way the old stop counts; confirmed, only the gap floor of
    10 % of the initial risk stays."""
    desk, stop = opened(rungs=LADDER)
    desk.accept(stop)
    full = desk.state.account.open_risk
    for order in desk.orders("target"):
        desk.accept(order)
    desk.fill(desk.order("target", 0))
    pending = desk.state.account.open_risk
    assert pending > full * 0.6
    desk.amend_confirmed(desk.order("stop"))
    assert desk.state.account.open_risk == desk.trade().initial_risk // 10


def test_an_exit_does_not_wait_for_the_retry_time_of_a_denied_entry() -> None:
    """A grid level is denied at noon and may ask again later; the exit flag of the same minute is obeyed now."""
    desk = Desk(EURUSD, balance=10_000)
    desk.strategy(grid(post_only=False))
    desk.price(1.10)
    desk.plan(start_long=True, anchor_price=1.10, offset=0.001, spacing=0.01)
    desk.fill(desk.order("entry", 0), 1.099)
    desk.severity(Severity.NO_NEW, scope=2, scope_id=1)
    desk.plan(start_long=True, anchor_price=1.10, offset=0.001, spacing=0.01)
    assert desk.denials() != []
    desk.plan(exit_long=True, exit_reason="enough")
    assert desk.order("exit").lots == desk.held()


def test_a_flatten_does_not_wait_for_the_retry_time_of_a_denied_resize() -> None:
    """The kill switch is obeyed at once."""
    desk = Desk(EURUSD, balance=10_000)
    desk.strategy(grid(post_only=False))
    desk.price(1.10)
    desk.plan(start_long=True, anchor_price=1.10, offset=0.001, spacing=0.01)
    desk.fill(desk.order("entry", 0), 1.099)
    desk.severity(Severity.NO_NEW)
    desk.plan(start_long=True, anchor_price=1.10, offset=0.001, spacing=0.01)
    desk.severity(Severity.FLATTENING)
    assert desk.order("exit").lots == desk.held()


def test_a_refused_exit_is_tried_again_after_a_second() -> None:
    """The stop stays meanwhile."""
    desk, stop = opened()
    desk.accept(stop)
    desk.severity(Severity.FLATTENING)
    desk.reject(desk.order("exit"))
    assert desk.orders("exit") == []
    assert desk.order("stop").lots == desk.held()
    desk.price(50_000.0, after=1 / 3600)
    assert desk.order("exit").lots == desk.held()


def test_an_entry_that_fills_while_the_trade_is_closing_is_protected_and_closed_too() -> None:
    """0.05 held, an exit for it at market on its way; 0.02 more fill before their cancel: the stop covers 0.07, and
    when the exit is done, another one closes the rest."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.accept(entry)
    desk.fill(entry, lots=0.05)
    desk.accept(desk.order("stop"))
    desk.plan(exit_long=True)
    leaving = desk.order("exit")
    assert leaving.lots == 0.05
    desk.fill(entry, lots=0.02)
    assert desk.order("stop").lots == 0.07
    desk.fill(leaving, 50_000.0)
    assert desk.order("exit").lots == 0.02


def test_a_level_that_fills_after_its_cycle_has_closed_is_a_trade_of_its_own() -> None:
    """A grid closed by its stop; a level's cancel crosses its fill. The late fill is protected and closed at once, and
    its story is told apart: nothing of the first trade is counted twice."""
    desk = Desk(BTC, obedient=False)
    desk.strategy(grid(levels=2))
    desk.price(50_000.0)
    desk.plan(start_long=True, anchor_price=50_000.0, offset=500.0, spacing=500.0)
    first, second = desk.orders("entry")
    desk.accept(first)
    desk.accept(second)
    desk.fill(first)
    stop = desk.order("stop")
    desk.accept(stop)
    desk.fill(stop, 39_600.0)
    assert len(desk.closed) == 1
    desk.fill(second)
    assert desk.order("stop").lots == second.lots
    leaving = desk.order("exit")
    assert leaving.lots == second.lots
    desk.fill(leaving, 49_000.0)
    assert len(desk.closed) == 2
    one, two = desk.closed
    assert one.trade_id != two.trade_id
    assert two.realized_pnl == 0
    assert (one.entry_count, two.entry_count) == (1, 1)
    assert one.realized_pnl + two.realized_pnl == desk.state.account.realized_pnl
    assert one.fees + two.fees == desk.state.account.fees


# Netting


def test_on_a_netting_account_an_entry_of_the_other_side_closes_first_what_is_held() -> None:
    """Both sides of a grid rest, 1,020 USDT each: 0.020 BTC at 49,500 and at 50,500. The long fills, and before the
    short's cancel arrives the short fills too: the venue nets them. The long trade is closed as netted, nothing is
    held, nothing stays at work."""
    desk = Desk(BTC, obedient=False)
    desk.strategy(grid(levels=1, capital_base="fixed", fixed_capital=1_020))
    desk.price(50_000.0)
    desk.plan(start_long=True, start_short=True, anchor_price=50_000.0, offset=500.0, spacing=500.0)
    long, short = desk.orders("entry")
    for order in (long, short):
        desk.accept(order)
    desk.fill(long)
    assert desk.drops() == [Drop.OTHER_SIDE]
    desk.accept(desk.order("stop"))
    desk.fill(short, lots=long.lots)
    assert (desk.held(), desk.held(side=-1)) == (0.0, 0.0)
    assert [Exit(row.exit) for row in desk.closed] == [Exit.NETTED]
    assert desk.state.account.realized_pnl == round((50_500 - 49_500) * long.lots * 10**8)
    assert all(order.cancel_pending for order in desk.orders())


def test_a_partly_netted_grid_keeps_stop_and_take_profit_for_what_is_left() -> None:
    """Long two levels of 0.1; the short of 0.05 fills in spite of its cancel: 0.15 are left, the deepest level gives
    way first, stop and take-profit shrink to 0.15."""
    desk = Desk(BTC, obedient=False)
    desk.strategy(grid(levels=2))
    desk.price(50_000.0)
    common = {"anchor_price": 50_000.0, "offset": 500.0, "spacing": 500.0, "take_profit_price": 50_000.0}
    desk.plan(start_long=True, start_short=True, **common)
    buys = [o for o in desk.orders("entry") if o.side == "buy"]
    sell = next(o for o in desk.orders("entry") if o.side == "sell" and o.index == 0)
    for order in desk.orders("entry"):
        desk.accept(order)
    for order in buys:
        desk.fill(order)
        for other in desk.orders():
            if other.amend_pending:
                desk.amend_confirmed(other)
    total = sum(order.lots for order in buys)
    desk.fill(sell, lots=0.05)
    left = round(total - 0.05, 3)
    assert desk.held() == left
    assert desk.order("stop").lots == left
    assert desk.order("target").lots == left
    levels = desk.trade().levels
    assert [levels[i].open_quantity for i in range(2)] == [
        round(buys[0].lots * 1000),
        round(buys[1].lots * 1000) - 50,
    ]


# What outlives what


def test_new_settings_do_not_lift_a_halt() -> None:
    """A strategy is halted; its settings are changed: it is still halted."""
    desk = Desk(BTC)
    desk.strategy(setup())
    desk.severity(Severity.NO_NEW, scope=3, scope_id=1)
    desk.mandates.clear()  # the next one is number 1 again
    desk.strategy(setup(risk_rate=0.02))
    desk.price(50_000.0)
    desk.plan(start_long=True, stop_price=49_000.0)
    assert desk.orders() == []


def test_a_forced_closure_that_is_told_twice_counts_once() -> None:
    """By its execution id, like any fill."""
    desk, stop = opened()
    desk.accept(stop)
    for _ in range(2):
        desk._send(Closure, instrument_id=1, side=1, quantity=10, price=495_000, fee=0, fill_id=99)
    assert desk.held() == round(stop.lots - 0.01, 3)


@pytest.mark.parametrize("step", [Step.CANCEL, Step.EXPIRE])
def test_a_limit_that_the_venue_ends_goes_back_to_the_queue(step: Step) -> None:
    """Not refused, only ended: the setup still holds, so it rests again."""
    desk = desk_of()
    entry = desk.order("entry")
    desk.accept(entry)
    desk.report(entry, step)
    assert desk.order("entry").type == "limit"
    assert desk.order("entry").id != entry.id
