"""Losses in a row, stop-outs, the lock of a side, executions without anybody looking (S57, RR-18 to RR-21)."""

from __future__ import annotations

from kit import BTC, ETH, Rung, grid, setup
from scenario_behaviour_kit import RATE, Guarded, opened, seconds

from holdfast.model.enums import Denial, NoticeKind, Rule, Scope, Severity
from holdfast.model.units import HOUR, MINUTE, SECOND

PAUSED = {"pause_ns": HOUR, "pause_multiplier": RATE // 2, "pause_trades": 2}


def entry_lots(desk: Guarded, side: int = 1) -> float:
    """What a fresh setup would be sized; it is withdrawn again. 0 where the gate refuses."""
    desk.price(50_000.0)
    start = {"start_long": True} if side > 0 else {"start_short": True}
    desk.plan(1, entry_price=50_000.0, stop_price=50_000.0 - side * 1_000.0, **start)
    lots = sum(order.lots for order in desk.orders("entry"))
    desk.plan(1, exit_long=True, exit_short=True)
    return lots


def test_s57_the_third_stop_out_within_an_hour_closes_the_instrument_for_an_hour() -> None:
    """At 0, 20 and 40 minutes: no entry until 1 h 40 min, across a restart; ETH is free."""
    desk = Guarded(BTC, ETH, guard={"stop_outs": 3, "stop_out_ns": HOUR, **PAUSED})
    desk.strategy(setup(), BTC)
    desk.strategy(setup(), ETH)
    for _ in range(3):
        desk.lose()
        desk.wait(20 / 60)
    assert [n.scope for n in desk.said(NoticeKind.TRIPPED, Rule.STREAK)] == [Scope.INSTRUMENT] * 2
    assert entry_lots(desk) == 0
    assert desk.last_denial[0] == Denial.SEVERITY
    desk.restart()
    desk.wait(39 / 60)
    assert entry_lots(desk) == 0
    desk.price(2_500.0, spec=ETH)
    desk.plan(2, start_long=True, entry_price=2_500.0, stop_price=2_450.0)
    assert len(desk.orders("entry", ETH)) == 1
    desk.wait(1 / 60)
    assert entry_lots(desk) > 0


def test_three_stop_outs_in_more_than_an_hour_close_nothing() -> None:
    """At 0, 31 and 62 minutes: the first has left the window, exactly, not by whole hours."""
    desk = Guarded(BTC, guard={"stop_outs": 3, "stop_out_ns": HOUR, **PAUSED})
    desk.strategy(setup(), BTC)
    for _ in range(3):
        desk.lose()
        desk.wait(31 / 60)
    assert desk.said(NoticeKind.TRIPPED) == []


def test_a_pause_ends_with_a_price_too_and_smaller_sizes_follow() -> None:
    """Three losses in a row: an hour of nothing, then two trades of half the size, then whole ones."""
    desk = opened({"losses_instrument": 3, **PAUSED})
    whole = entry_lots(desk)
    for _ in range(3):
        desk.lose()
    assert desk.severity_of() == Severity.NO_NEW
    desk.price(50_000.0, after=1)
    assert desk.severity_of() == Severity.REDUCED
    half = entry_lots(desk)
    assert 0.45 * whole < half < 0.5 * whole
    desk.lose()
    assert desk.severity_of() == Severity.REDUCED
    desk.lose()
    assert desk.severity_of() == Severity.NORMAL
    assert entry_lots(desk) > 0.9 * whole


def test_the_first_win_ends_the_smaller_sizes() -> None:
    """Reset by a win under reduced size."""
    desk = opened({"losses_instrument": 3, **PAUSED}, rungs=(Rung(1.0, 1.0),))
    for _ in range(3):
        desk.lose()
    desk.price(50_000.0, after=1)
    desk.enter()
    desk.fill(desk.order("target"))
    assert desk.severity_of() == Severity.NORMAL


def test_a_win_breaks_the_row() -> None:
    """Two losses, a win, two losses: no pause."""
    desk = opened({"losses_instrument": 3, **PAUSED}, rungs=(Rung(1.0, 1.0),))
    for _ in range(2):
        desk.lose()
        desk.lose()
        desk.enter()
        desk.fill(desk.order("target"))
    assert desk.said(NoticeKind.TRIPPED) == []


def test_a_partial_target_and_break_even_count_by_the_net_of_the_trade() -> None:
    """Half at 1 R, the rest at break-even, costs paid: a win. The row of losses is broken."""
    desk = opened({"losses_instrument": 2, **PAUSED}, rungs=(Rung(1.0, 0.5, "break_even"), Rung(3.0, 0.5)))
    desk.lose()
    desk.enter()
    desk.fill(desk.order("target", 0))
    desk.fill(desk.order("stop"))
    assert desk.closed[-1].realized_pnl > desk.closed[-1].fees
    desk.lose()
    assert desk.said(NoticeKind.TRIPPED) == []


def test_a_strategy_pauses_on_all_its_instruments() -> None:
    """Two losses on BTC by mandate 1 do not touch mandate 2, which is another strategy."""
    desk = Guarded(BTC, ETH, guard={"losses_strategy": 2, **PAUSED})
    desk.strategy(setup(), BTC)
    desk.strategy(setup(), ETH)
    desk.lose()
    desk.lose()
    tripped = desk.said(NoticeKind.TRIPPED, Rule.STREAK)
    assert [(n.scope, n.scope_id, n.value, n.limit) for n in tripped] == [(Scope.STRATEGY, 1, 2, 2)] * 2
    assert (desk.severity_of(1), desk.severity_of(2)) == (Severity.NO_NEW, Severity.NORMAL)


def test_a_side_that_has_just_lost_is_locked() -> None:
    """Long again only after five minutes, and then at once; short may go before."""
    desk = opened({"reentry_ns": 5 * MINUTE})
    desk.lose()
    stopped = desk.now
    desk.price(50_000.0, after=seconds(60))
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    assert desk.last_denial == (Denial.REENTRY, MINUTE, 5 * MINUTE)
    desk.now = stopped + 5 * MINUTE - 1
    desk.wait(0)
    assert desk.orders("entry") == []
    desk.now += 1
    desk.wait(0)
    assert len(desk.orders("entry")) == 1
    other = opened({"reentry_ns": 5 * MINUTE})
    other.lose()
    assert entry_lots(other, -1) > 0


def test_a_win_locks_no_side() -> None:
    """Only a stop-out does."""
    desk = opened({"reentry_ns": 5 * MINUTE}, rungs=(Rung(1.0, 1.0),))
    desk.enter()
    desk.fill(desk.order("target"))
    assert entry_lots(desk) > 0


def test_s57_the_tenth_execution_within_an_hour_disables_the_strategy() -> None:
    """An 11th is refused until a person acknowledges, after which ten more may come."""
    desk = opened({"executions": 10, "executions_ns": HOUR}, rungs=(Rung(1.0, 1.0),))
    for _ in range(10):
        desk.enter()
        desk.fill(desk.order("target"))
        desk.wait(1 / 60)
    assert entry_lots(desk) == 0
    assert desk.last_denial == (Denial.SEVERITY, Rule.EXECUTIONS, Scope.STRATEGY)
    desk.restart()
    desk.new_day()
    desk.wait(5)
    assert entry_lots(desk) == 0
    desk.reset(Scope.STRATEGY, 1)
    for _ in range(9):
        desk.enter()
        desk.fill(desk.order("target"))
    assert entry_lots(desk) > 0


def test_a_grid_counts_cycles_and_not_fills() -> None:
    """Three levels filled are one execution."""
    desk = Guarded(BTC, guard={"executions": 2, "executions_ns": HOUR})
    desk.strategy(grid())
    desk.price(50_000.0)
    desk.plan(start_long=True, anchor_price=50_000.0, offset=500.0, spacing=500.0)
    for order in desk.orders("entry"):
        desk.fill(order)
    assert desk.said(NoticeKind.TRIPPED) == []


def test_messages_of_a_day_are_counted_and_only_what_increases_is_refused() -> None:
    """Of 8: warned at 6; from 7 on no entry; the stop, its cancel and the exit leave all the same; anew at midnight."""
    desk = opened({"requests_per_day": 8, "request_warn": RATE * 3 // 4, "request_block": RATE * 7 // 8})
    for _ in range(2):
        entry_lots(desk)  # placed, cancelled
    desk.enter()  # entry, stop
    assert desk.state.account.requests_today == 6
    warned = desk.said(NoticeKind.WARNED, Rule.QUOTA)
    assert [(n.value, n.limit) for n in warned] == [(6, 8)]
    desk.plan(exit_long=True)
    desk.fill(desk.order("exit"), 50_000.0)
    assert desk.state.account.requests_today == 8  # the exit, and the stop's cancel
    assert entry_lots(desk) == 0
    assert desk.last_denial == (Denial.QUOTA, 8, 7)
    desk.new_day()
    assert entry_lots(desk) > 0


def test_a_pause_without_a_time_lasts_until_the_next_day() -> None:
    """And no clock ends it before."""
    desk = opened({"losses_instrument": 1})
    desk.lose()
    desk.wait(10)
    assert desk.severity_of() == Severity.NO_NEW
    desk.new_day()
    assert desk.severity_of() == Severity.NORMAL


def test_the_clock_alone_ends_a_pause() -> None:
    """Not a nanosecond before."""
    desk = opened({"losses_instrument": 1, "pause_ns": MINUTE})
    desk.lose()
    begun = desk.now
    desk.now = begun + MINUTE - 1
    desk.wait(0)
    assert desk.severity_of() == Severity.NO_NEW
    desk.now = begun + 60 * SECOND
    desk.wait(0)
    assert desk.severity_of() == Severity.NORMAL
