"""Windows of news, sessions and weekends, brackets, and entries that come too close together (S60, RR-34)."""

from __future__ import annotations

from kit import BTC, ETH, EURUSD, Rung, grid, setup
from scenario_behaviour_kit import Guarded, opened, seconds

from holdfast.model.enums import Denial, Exit
from holdfast.model.units import SECOND


def resting() -> Guarded:
    """A EURUSD setup at 20,000 USD that rests at 1.1000, its stop 40 pips below; it risks 0.6 %."""
    desk = Guarded(EURUSD, balance=20_000)
    desk.strategy(setup(risk_rate=0.006))
    desk.price(1.101)
    desk.plan(start_long=True, entry_price=1.1, stop_price=1.096)
    assert desk.order("entry").lots == 0.3
    return desk


def test_s60_a_resting_entry_is_away_over_the_news_and_comes_back_at_a_fresh_size() -> None:
    """NFP: cancelled when the window begins, none at work within it, re-armed after it: 2,000 were lost meanwhile,
    so 0.27 instead of 0.30."""
    desk = resting()
    desk.window(True, no_open=True, no_rest=True, near_news=True)
    assert desk.orders("entry") == []
    desk.deposit(-2_000)
    for _ in range(4):
        desk.price(1.1011, after=seconds(60))
        assert desk.orders("entry") == []
    assert set(desk.denials()) == {Denial.WINDOW}
    desk.now += 60 * SECOND
    desk.window(False, no_open=True, no_rest=True, near_news=True)
    assert desk.order("entry").lots == 0.27


def test_s60_the_stop_stays() -> None:
    """What is held keeps its stop through any window but one in which nothing may be held."""
    desk = resting()
    desk.fill(desk.order("entry"))
    desk.window(True, no_open=True, no_close=True, no_rest=True, no_fill=True, near_news=True)
    assert desk.order("stop").lots == desk.held()
    desk.price(1.0965)
    assert desk.order("stop").lots == desk.held()


def test_s60_two_opposite_entries_around_the_news_are_a_bracket() -> None:
    """One side at work: the other is refused. After the news both may stand, before the next ones one has to go."""
    desk = Guarded(EURUSD, guard={"news_bracket": True}, hedging=True)
    desk.strategy(setup(risk_rate=0.006))
    desk.strategy(setup(risk_rate=0.006))
    desk.price(1.1)
    desk.window(True, near_news=True)
    desk.plan(1, start_long=True, entry_price=1.099, stop_price=1.095)
    desk.plan(2, start_short=True, entry_price=1.101, stop_price=1.105)
    assert [order.side for order in desk.orders("entry")] == ["buy"]
    assert desk.last_denial == (Denial.BRACKET, 1, 0)
    desk.window(False, near_news=True)
    assert sorted(order.side for order in desk.orders("entry")) == ["buy", "sell"]
    desk.window(True, near_news=True)
    assert len(desk.orders("entry")) == 1


def test_s60_three_entries_within_one_second_are_spaced() -> None:
    """Two seconds apart: at 0, 2 and 4 s, sent by the clock or by a price, whichever comes."""
    desk = Guarded(BTC, ETH, EURUSD, guard={"gap_ns": 2 * SECOND})
    at = {BTC: (50_000.0, 49_000.0), ETH: (2_500.0, 2_450.0), EURUSD: (1.1, 1.09)}
    for spec in at:
        desk.strategy(setup(), spec)
        desk.price(at[spec][0], spec=spec)
    begun = desk.now
    for number, spec in enumerate(at, 1):
        desk.now = begun + (number - 1) * SECOND // 4
        desk.plan(number, start_long=True, entry_price=at[spec][0], stop_price=at[spec][1])
    assert [order.id for order in desk.orders("entry")] == [1]
    assert desk.told("DENIED")[0].reason == Denial.SPACING
    assert (desk.told("DENIED")[0].value, desk.told("DENIED")[0].limit) == (SECOND // 4, 2 * SECOND)
    desk.now = begun + 2 * SECOND - 1
    desk.wait(0)
    assert len(desk.orders("entry")) == 1
    desk.now = begun + 2 * SECOND
    desk.wait(0)
    assert len(desk.orders("entry")) == 2
    desk.now = begun + 4 * SECOND
    waiting = next(s for s in at if not desk.orders("entry", s))
    desk.price(at[waiting][0], spec=waiting)
    assert len(desk.orders("entry")) == 3
    created = sorted(desk.state.orders[order.row].created_at_ns - begun for order in desk.orders("entry"))
    assert created == [0, 2 * SECOND, 4 * SECOND]


def test_the_levels_of_a_grid_are_spaced_too() -> None:
    """All three stand after four seconds, without another plan."""
    desk = Guarded(BTC, guard={"gap_ns": 2 * SECOND})
    desk.strategy(grid())
    desk.price(50_000.0)
    desk.plan(start_long=True, anchor_price=50_000.0, offset=500.0, spacing=500.0)
    assert len(desk.orders("entry")) == 1
    for wanted in (2, 3):
        desk.price(50_000.0, after=seconds(2))
        assert len(desk.orders("entry")) == wanted


def test_an_exit_flag_waits_until_closing_is_allowed() -> None:
    """Then it is obeyed, although the plan does not say it again."""
    desk = opened()
    desk.enter()
    desk.window(True, no_close=True)
    desk.plan(exit_long=True, exit_tag="late")
    desk.price(50_100.0, after=seconds(60))
    assert desk.orders("exit") == []
    desk.window(False, no_close=True)
    assert desk.order("exit").lots == desk.held()
    assert desk.trade().exit == Exit.EXIT_SIGNAL


def test_a_time_stop_waits_too_and_a_stop_does_not() -> None:
    """Held longer than its time: closed with the first price after the window. The stop works at any time."""
    desk = opened(max_hold=3600)
    desk.enter()
    desk.window(True, no_close=True)
    desk.price(50_000.0, after=2)
    assert desk.orders("exit") == []
    assert desk.order("stop").lots == desk.held()
    desk.window(False, no_close=True)
    desk.price(50_000.0)
    assert desk.trade().exit == Exit.TIME_STOP


def test_a_flatten_does_not_wait() -> None:
    """No rule of manners holds a forced exit back."""
    desk = opened()
    desk.enter()
    desk.window(True, no_close=True, no_fill=True)
    desk.severity(4)
    assert desk.order("exit").lots == desk.held()


def test_targets_leave_the_venue_and_are_re_armed_after() -> None:
    """Price trades through the first target within the window: nothing is sold, not at market either."""
    desk = opened(rungs=(Rung(1.0, 0.5), Rung(2.0, 0.5)))
    desk.enter()
    assert len(desk.orders("target")) == 2
    desk.window(True, no_fill=True)
    assert desk.orders("target") == []
    desk.price(51_200.0, after=seconds(60))
    assert desk.orders("target") == [] == desk.orders("exit")
    desk.price(50_500.0, after=seconds(60))
    desk.window(False, no_fill=True)
    assert [order.price for order in desk.orders("target")] == [51_000.0, 52_000.0]


def test_targets_come_back_even_where_their_cancel_is_confirmed_late() -> None:
    """The window ends before the venue has answered: re-armed with the answer."""
    desk = opened(rungs=(Rung(1.0, 1.0),))
    desk.enter()
    desk.obedient = False
    target = desk.order("target")
    desk.window(True, no_fill=True)
    desk.window(False, no_fill=True)
    assert desk.order("target").id == target.id
    desk.cancel_confirmed(target)
    assert desk.order("target").id != target.id
    assert desk.order("target").price == 51_000.0


def test_a_grid_takes_no_profit_within_a_window() -> None:
    """Common and own exits go, a plan does not bring them back, the end of the window does."""
    desk = Guarded(BTC)
    desk.strategy(grid(levels=2))
    desk.price(50_000.0)
    columns = {"anchor_price": 50_000.0, "offset": 500.0, "spacing": 500.0, "take_profit_price": 51_000.0}
    desk.plan(start_long=True, level_1_exit_price=50_400.0, **columns)
    first, second = desk.orders("entry")
    desk.fill(first)
    desk.fill(second)
    before = [(order.price, order.lots) for order in desk.orders("target")]
    assert len(before) >= 1
    desk.window(True, no_fill=True)
    desk.plan(start_long=True, level_1_exit_price=50_400.0, **columns)
    assert desk.orders("target") == []
    desk.window(False, no_fill=True)
    assert [(order.price, order.lots) for order in desk.orders("target")] == before


def test_the_levels_of_a_grid_come_back_at_once() -> None:
    """Away with the window, back with its end, without another plan."""
    desk = Guarded(BTC)
    desk.strategy(grid())
    desk.price(50_000.0)
    desk.plan(start_long=True, anchor_price=50_000.0, offset=500.0, spacing=500.0)
    before = [(order.price, order.lots) for order in desk.orders("entry")]
    desk.window(True, no_rest=True)
    assert desk.orders("entry") == []
    desk.window(False, no_rest=True)
    assert [(order.price, order.lots) for order in desk.orders("entry")] == before


def test_a_window_that_forbids_resting_lets_a_market_entry_pass() -> None:
    """Only what would wait in the book is refused."""
    desk = opened()
    desk.window(True, no_rest=True)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    assert desk.order("entry").type == "market"


def test_where_nothing_may_be_held_nothing_is_opened_and_all_is_closed() -> None:
    """The weekend: closed when it begins, refused within it."""
    desk = opened()
    desk.enter()
    desk.window(True, no_hold=True)
    assert desk.trade().exit == Exit.WINDOW
    desk.fill(desk.order("exit"), 50_000.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    assert desk.last_denial == (Denial.WINDOW, 1, 0)
