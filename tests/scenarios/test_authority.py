"""What a halt lets through, what trips and stays tripped, and who may lift it (S05, S21, S23-S26, S30, S32, RR-35)."""

from __future__ import annotations

import pytest
from kit import BTC, ETH, Rung, grid, setup
from scenario_behaviour_kit import RATE, Guarded, opened

from holdfast.model import events
from holdfast.model.enums import (
    AmountOf,
    CommandClass,
    CommandKind,
    Denial,
    NoticeKind,
    Quantity,
    Role,
    Rule,
    Sample,
    Scope,
    Severity,
)
from holdfast.model.units import HOUR, MINUTE

HALTS = (Severity.NO_NEW, Severity.REDUCE_ONLY)


@pytest.mark.parametrize("severity", HALTS)
def test_s05_a_halt_lets_take_profits_and_tighter_stops_pass(severity: Severity) -> None:
    """The first target fills, the stop goes to break-even, the second one stays."""
    desk = opened(rungs=(Rung(1.0, 0.5, "break_even"), Rung(2.0, 0.5)))
    desk.enter()
    desk.severity(severity)
    assert len(desk.orders("target")) == 2
    desk.fill(desk.order("target", 0))
    assert desk.stop() > 50_000.0
    assert desk.order("stop").price == desk.stop()
    assert desk.order("stop").lots == desk.held()


@pytest.mark.parametrize("severity", HALTS)
def test_s05_a_missing_stop_is_placed_under_a_halt(severity: Severity) -> None:
    """Refused once before the halt, asked for again after it."""
    desk = opened()
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    desk.obedient = False
    desk.fill(desk.order("entry"), 50_000.0)
    desk.severity(severity)
    refused = desk.order("stop")
    desk.reject(refused)
    assert desk.order("stop").id != refused.id
    assert desk.order("stop").price == 49_000.0


@pytest.mark.parametrize("severity", HALTS)
def test_s05_a_halt_lets_no_stop_loosen(severity: Severity) -> None:
    """A trail that has tightened stays where it is when price falls back."""
    desk = opened()
    desk.price(50_000.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0, trail_distance=800.0)
    desk.fill(desk.order("entry"), 50_000.0)
    desk.severity(severity)
    desk.price(50_500.0, after=1)
    assert desk.stop() == 49_700.0
    desk.price(50_100.0, after=1)
    assert desk.stop() == 49_700.0 == desk.order("stop").price


@pytest.mark.parametrize("severity", HALTS)
def test_s05_a_halt_refuses_entries_levels_and_larger_sizes_by_name(severity: Severity) -> None:
    """A setup, a grid's next level and a growing amend: each says which rule, on which scope."""
    desk = Guarded(BTC, ETH)
    desk.strategy(setup(), BTC)
    desk.strategy(grid(), ETH)
    desk.price(50_000.0)
    desk.price(2_500.0, spec=ETH)
    levels = {"anchor_price": 2_500.0, "offset": 25.0, "spacing": 25.0}
    desk.plan(2, start_long=True, **levels)
    desk.fill(desk.orders("entry")[0])
    desk.severity(severity)
    assert desk.orders("entry") == []
    begun = len(desk.commands)
    desk.plan(1, start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    assert desk.last_denial == (Denial.SEVERITY, Rule.OPERATOR, Scope.ACCOUNT)
    desk.plan(2, start_long=True, **levels)
    assert desk.last_denial == (Denial.SEVERITY, Rule.OPERATOR, Scope.ACCOUNT)
    assert [c for c in desk.commands[begun:] if c.command_class == CommandClass.INCREASE] == []


def test_s05_a_resting_entry_cannot_grow_under_a_halt() -> None:
    """Its cancel is on the way; equity has doubled; what is sent does not grow it."""
    desk = opened(resize_rate=0.05)
    desk.price(50_200.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    desk.obedient = False
    desk.severity(Severity.NO_NEW)
    begun = len(desk.commands)
    desk.deposit(10_000)
    desk.price(50_210.0, after=1)
    assert [c.kind for c in desk.commands[begun:]] == []


def test_a_pair_that_is_not_promoted_opens_nothing_and_closes_as_ever() -> None:
    """Judged outside, on one strategy and one instrument: a person's resume does not lift it, its own rule does."""
    desk = opened(rungs=(Rung(1.0, 0.5), Rung(2.0, 0.5)))
    desk.enter()
    verdict = {"scope": Scope.MANDATE, "scope_id": 1, "rule": Rule.PROMOTION}
    desk._send(events.SeverityChange, severity=Severity.NO_NEW, **verdict)
    desk.severity(Severity.NORMAL, Scope.MANDATE, 1)
    desk._send(events.Reset, scope=Scope.ENGINE)
    desk.fill(desk.order("target", 0))
    desk.fill(desk.order("target", 1))
    assert desk.held() == 0
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    assert desk.last_denial == (Denial.SEVERITY, Rule.PROMOTION, Scope.MANDATE)
    desk._send(events.SeverityChange, severity=Severity.NORMAL, **verdict)
    desk.price(50_000.0, after=60)
    assert desk.orders("entry")


# Session stops of two strategies on their own capital: T 4,000 at 5 %, G 1,000 at 25 %.


def session_floor(desk: Guarded, row: int, strategy: int, share: float, latched: bool = True) -> None:
    """RR-04: at the share of the capital at the start of the session the strategy is closed and latched."""
    given = events.FloorGiven(time_ns=desk.now, floor_row=row)
    floor = given.floor
    floor.scope, floor.scope_id = Scope.STRATEGY, strategy
    floor.quantity, floor.sample, floor.observed = Quantity.EQUITY, Sample.SESSION, Quantity.EQUITY
    floor.reading_count, floor.own = 1, True
    floor.readings[0].of, floor.readings[0].rate = AmountOf.ANCHOR, round(share * RATE)
    desk.apply(given)


def two_purses() -> Guarded:
    """T on BTC, G on ETH."""
    desk = Guarded(BTC, ETH)
    desk.strategy(setup(), BTC)
    desk.strategy(setup(), ETH)
    for number, capital in ((1, 4_000), (2, 1_000)):
        desk._send(events.StrategyGiven, strategy_id=number, class_id=0, capital=capital * RATE)
    session_floor(desk, 1, 1, 0.05)
    session_floor(desk, 2, 2, 0.25)
    desk.price(50_000.0)
    desk.price(2_500.0, spec=ETH)
    return desk


def lose_exactly(desk: Guarded, strategy: int, amount: float) -> None:
    """A trade of a strategy that loses just this much, by its fee."""
    spec = desk.mandates[strategy - 1]
    at, stop = (50_000.0, 49_000.0) if spec is BTC else (2_500.0, 2_450.0)
    desk.price(at, spec=spec)
    desk.plan(strategy, start_long=True, entry_price=at, stop_price=stop)
    desk.fill(desk.orders("entry", spec)[0], at, fee=0)
    desk.plan(strategy, exit_long=True)
    desk.fill(desk.orders("exit", spec)[0], at, fee=amount)


def test_s21_each_strategy_is_stopped_by_its_own_loss() -> None:
    """G loses 60 (6 % of 1,000): nothing. T loses 200 (5 %): T latches, G is untouched."""
    desk = two_purses()
    lose_exactly(desk, 2, 60)
    assert (desk.severity_of(1), desk.severity_of(2)) == (Severity.NORMAL, Severity.NORMAL)
    lose_exactly(desk, 1, 200)
    assert desk.severity_of(1) >= Severity.NO_NEW
    assert desk.severity_of(2) == Severity.NORMAL
    assert desk.state.trips[1].latched


def test_s23_a_restart_forgets_no_loss() -> None:
    """128, the process dies, 76 more in the same session: 204 of 200."""
    desk = two_purses()
    lose_exactly(desk, 1, 128)
    desk.restart()
    assert desk.severity_of(1) == Severity.NORMAL
    lose_exactly(desk, 1, 76)
    assert desk.severity_of(1) >= Severity.NO_NEW


def test_s24_a_latch_outlives_midnight_and_the_next_session() -> None:
    """Only a person leads out."""
    desk = two_purses()
    lose_exactly(desk, 1, 200)
    desk.new_day()
    desk._send(events.Boundary, kind=3)
    desk.wait(48)
    assert desk.severity_of(1) >= Severity.NO_NEW


def test_s25_each_session_counts_from_its_own_capital() -> None:
    """160 of 4,000 (4 %) in session A, 76.80 of 3,840 (2 %) in B: no trip."""
    desk = two_purses()
    lose_exactly(desk, 1, 160)
    desk._send(events.Boundary, kind=3)
    lose_exactly(desk, 1, 76.8)
    assert desk.severity_of(1) == Severity.NORMAL
    assert desk.state.floors[1].anchor == 3_840 * RATE
    assert desk.state.purses[1].realized_pnl == round(-236.8 * RATE)


def test_s26_a_reset_is_refused_while_the_condition_holds() -> None:
    """Refused and told; with the loss accepted the own floor hangs from here, and that survives a restart."""
    desk = two_purses()
    lose_exactly(desk, 1, 200)
    desk.reset(Scope.STRATEGY, 1)
    assert len(desk.said(NoticeKind.RESET_REFUSED, Rule.BREACH)) == 1
    assert desk.severity_of(1) >= Severity.NO_NEW
    desk.reset(Scope.STRATEGY, 1, acknowledge=True)
    assert len(desk.said(NoticeKind.RESET, Rule.BREACH)) == 1
    assert desk.state.floors[1].level == 3_610 * RATE  # 3,800 less 5 %
    desk.restart()
    assert desk.severity_of(1) == Severity.NORMAL
    lose_exactly(desk, 1, 189)
    assert desk.severity_of(1) == Severity.NORMAL
    lose_exactly(desk, 1, 1)
    assert desk.severity_of(1) >= Severity.NO_NEW


def test_s26_a_firms_floor_cannot_be_accepted_away() -> None:
    """Whatever is acknowledged."""
    desk = two_purses()
    desk.state.floors[1].own = False
    lose_exactly(desk, 1, 200)
    desk.reset(Scope.STRATEGY, 1, acknowledge=True)
    assert desk.severity_of(1) >= Severity.NO_NEW
    assert len(desk.said(NoticeKind.RESET_REFUSED)) == 1


def test_s30_the_rolling_window_sees_exactly_its_24_hours() -> None:
    """Equity 4,000: a peak of 5,000 at 23:59 ago trips at 20 %; at 24:01 ago it does not, 4,900 inside is 18.4 %."""
    for age, tripped in ((24 * 60 - 1, True), (24 * 60 + 1, False)):
        desk = Guarded(BTC, balance=5_000)
        desk.strategy(setup())
        given = events.FloorGiven(time_ns=desk.now, floor_row=1)
        floor = given.floor
        floor.quantity, floor.sample, floor.observed = Quantity.EQUITY, Sample.ROLLING, Quantity.EQUITY
        floor.window_ns, floor.bucket_ns, floor.own = 24 * HOUR, MINUTE, True
        floor.scope, floor.reading_count = Scope.ACCOUNT, 1
        floor.readings[0].of, floor.readings[0].rate = AmountOf.ANCHOR, RATE // 5
        desk.price(50_000.0)
        desk.apply(given)
        lose_exactly(desk, 1, 100)
        desk.now += age * MINUTE
        desk.price(50_000.0)
        lose_exactly(desk, 1, 900)
        assert (desk.severity_of() >= Severity.NO_NEW) == tripped, age


def test_s32_positions_found_at_a_start_count_before_the_first_entry() -> None:
    """Three are held, three are allowed: the first entry after a restart is refused, whatever has loaded."""
    desk = Guarded(BTC, ETH, hedging=True, limits={"trade_count_max": 3})
    for spec in (BTC, BTC, ETH, ETH):
        desk.strategy(setup(), spec)
    desk.price(50_000.0)
    desk.price(2_500.0, spec=ETH)
    at = {BTC: (50_000.0, 1_000.0), ETH: (2_500.0, 50.0)}
    for number, side in ((1, 1), (2, -1), (3, 1)):
        entry, gap = at[desk.mandates[number - 1]]
        start = {"start_long": True} if side > 0 else {"start_short": True}
        desk.plan(number, entry_price=entry, stop_price=entry - side * gap, **start)
        desk.fill(desk.orders("entry")[0], entry)
    desk.restart()
    desk.plan(4, start_short=True, entry_price=2_500.0, stop_price=2_550.0)
    assert desk.last_denial == (Denial.TRADE_COUNT, 3, 3)


def test_a_person_loosens_nothing_that_a_rule_holds() -> None:
    """NORMAL from an operator lifts the operator's own halt alone."""
    desk = opened({"losses_instrument": 1})
    desk.lose()
    desk.severity(Severity.NO_NEW)
    desk.severity(Severity.NORMAL)
    assert desk.severity_of() == Severity.NO_NEW
    assert [Rule(trip.rule) for trip in desk.state.trips if trip.rule] == [Rule.STREAK]


def test_no_stop_is_ever_cancelled_by_a_halt() -> None:
    """Under every severity the stop is at work while something is held."""
    for severity in Severity:
        desk = opened()
        desk.enter()
        begun = len(desk.commands)
        desk.severity(severity)
        gone = [c for c in desk.commands[begun:] if c.kind == CommandKind.CANCEL]
        assert [Role(desk.state.orders[c.order_row].role) for c in gone] == []
        assert desk.order("stop").lots == desk.held()
