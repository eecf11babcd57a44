"""How a setup enters: by distance from its entry in R, through the queue, behind the spread gate, sized when it leaves.

EURUSD, entry 1.10000, stop 1.09000 (long) or 1.11000 (short): one R is 100 pips, 0.01000.
"""

from __future__ import annotations

import pytest
from kit import EURUSD, XAUUSD, Desk, setup

from holdfast.model.enums import Denial, Drop, Severity


def armed(bid: float, side: str = "long", ask: float | None = None, **management: object) -> Desk:
    """A desk that has been given the plan at a quote."""
    desk = Desk(EURUSD, balance=20_000)
    desk.strategy(setup(**management))
    desk.price(bid, ask)
    stop = 1.09 if side == "long" else 1.11
    desk.plan(**{f"start_{side}": True}, entry_price=1.10, stop_price=stop)
    return desk


@pytest.mark.parametrize("side, bid", [("long", 1.1004), ("short", 1.0996)])
def test_at_4_percent_of_r_the_entry_is_a_market_order(side: str, bid: float) -> None:
    """|1.1004 - 1.1000| / 0.0100 = 0.04 <= 0.05: at market, with the stop inside the request."""
    desk = armed(bid, side)
    entry = desk.order("entry")
    assert (entry.type, entry.side) == ("market", "buy" if side == "long" else "sell")
    assert entry.stop == (1.09 if side == "long" else 1.11)
    assert desk.phase(side=1 if side == "long" else -1) == "ENTERING"


@pytest.mark.parametrize("side, bid", [("long", 1.1020), ("short", 1.0980)])
def test_at_20_percent_of_r_the_entry_rests_as_a_limit(side: str, bid: float) -> None:
    """0.05 < 0.2 <= 0.3: a limit at the wanted entry, not post-only."""
    entry = armed(bid, side).order("entry")
    assert (entry.type, entry.price, entry.post_only) == ("limit", 1.10, False)


@pytest.mark.parametrize("side, bid", [("long", 1.1100), ("short", 1.0900)])
def test_at_one_r_the_setup_waits(side: str, bid: float) -> None:
    """0.3 < 1.0 <= 1.5: nothing is sent."""
    desk = armed(bid, side)
    assert desk.orders() == []
    assert desk.phase(side=1 if side == "long" else -1) == "ARMED"


@pytest.mark.parametrize("side, bid", [("long", 1.1160), ("short", 1.0840)])
def test_at_1_6_r_the_setup_is_dropped(side: str, bid: float) -> None:
    """1.6 > 1.5: too far, and it says so."""
    desk = armed(bid, side)
    assert desk.orders() == []
    assert desk.drops() == [Drop.TOO_FAR]
    assert desk.phase(side=1 if side == "long" else -1) == "IDLE"


@pytest.mark.parametrize(
    "bid, sent", [(1.1005, "market"), (1.1006, "limit"), (1.1030, "limit"), (1.1031, "")]
)
def test_each_band_includes_its_upper_end(bid: float, sent: str) -> None:
    """0.05 R = 5 pips is still market, 0.3 R = 30 pips still a limit."""
    assert [order.type for order in armed(bid).orders()] == ([sent] if sent else [])


def test_distance_is_measured_to_the_price_that_is_paid() -> None:
    """Bid 1.1004 would be 0.04 R, but a buy pays the ask 1.1010: 0.1 R, so a limit."""
    assert armed(1.1004, ask=1.1010).order("entry").type == "limit"


def test_a_plan_without_an_entry_price_enters_now() -> None:
    """No entry price: the ask of now is the entry, R is 1.1020 - 1.0900 = 120 pips, d = 0."""
    desk = Desk(EURUSD, balance=20_000)
    desk.strategy(setup())
    desk.price(1.1019, 1.1020)
    desk.plan(start_long=True, stop_price=1.09)
    assert desk.order("entry").type == "market"
    assert desk.trade().risk_distance == 1200


def test_a_waiting_setup_enters_when_price_comes_near() -> None:
    """1.0 R away, then 0.5 R (still waiting), then 0.25 R: a limit."""
    desk = armed(1.1100)
    desk.price(1.1050)
    assert desk.orders() == []
    desk.price(1.1025)
    assert desk.order("entry").type == "limit"


def test_a_waiting_setup_may_go_straight_to_market() -> None:
    """From 1.0 R to 0.03 R between two quotes."""
    desk = armed(1.1100)
    desk.price(1.1003)
    assert desk.order("entry").type == "market"


def test_a_resting_limit_is_not_converted() -> None:
    """Price comes to 0.02 R of it, then through: the same limit stays, nothing else is sent."""
    desk = armed(1.1020)
    resting = desk.order("entry")
    desk.price(1.1002)
    desk.price(1.0998)
    assert desk.order("entry") == resting
    assert len(desk.commands) == 1


def test_a_resized_limit_is_not_converted_either() -> None:
    """MetaTrader cannot amend sizes, so a re-size is cancel, confirmed, place again: again as a limit, although
    price is meanwhile within 0.02 R, where a fresh setup would go to market (a resting limit is not converted)."""
    desk = armed(1.1020)
    desk.deposit(-10_000)
    desk.price(1.1002)
    entry = desk.order("entry")
    assert (entry.type, entry.price, entry.lots) == ("limit", 1.10, 0.10)


def test_a_resting_limit_that_price_leaves_behind_is_dropped() -> None:
    """A limit placed at 0.2 R, then price at 1.6 R: cancelled and dropped."""
    desk = armed(1.1020)
    desk.price(1.1160)
    assert desk.orders() == []
    assert desk.drops() == [Drop.TOO_FAR]


def test_the_spread_gate_holds_back_a_market_entry_until_the_spread_is_small() -> None:
    """At most 3 pips: 4 pips wait in the spread queue, 3 enter."""
    desk = armed(1.0999, ask=1.1003, spread_max=0.0003)
    assert desk.orders() == []
    desk.price(1.0999, 1.1003)
    assert desk.orders() == []
    desk.price(1.0999, 1.1002)
    assert desk.order("entry").type == "market"


def test_a_limit_needs_no_spread_gate() -> None:
    """It names its price: 10 pips of spread do not matter at 0.2 R."""
    assert armed(1.1010, ask=1.1020, spread_max=0.0003).order("entry").type == "limit"


def test_the_spread_queue_lives_no_longer_than_the_queue() -> None:
    """The spread never narrows: after 120 h the setup is dropped."""
    desk = armed(1.0999, ask=1.1003, spread_max=0.0003)
    desk.wait(119.9)
    assert desk.drops() == []
    desk.wait(0.1)
    assert desk.drops() == [Drop.QUEUE_EXPIRED]


def test_the_queue_lives_120_hours() -> None:
    """Waiting at 1 R: alive after 119.9 h, dropped at 120 h."""
    desk = armed(1.11)
    desk.price(1.11, after=119.9)
    assert desk.phase() == "ARMED"
    desk.price(1.11, after=0.1)
    assert desk.drops() == [Drop.QUEUE_EXPIRED]


def test_an_order_lives_168_hours() -> None:
    """A resting limit outlives the queue's 120 h and ends at 168 h, counted from arming."""
    desk = armed(1.102)
    desk.price(1.102, after=167.9)
    assert desk.order("entry").type == "limit"
    desk.price(1.102, after=0.1)
    assert desk.orders() == []
    assert desk.drops() == [Drop.ORDER_EXPIRED]


def test_a_resize_after_the_queue_life_does_not_end_the_order() -> None:
    """An order lives 168 h. Re-sized at 130 h by cancel and place, it must not be taken for a queue item."""
    desk = armed(1.102)
    desk.price(1.102, after=130)
    desk.deposit(-10_000)
    desk.price(1.102)
    assert desk.order("entry").lots == 0.10
    desk.price(1.102, after=38)
    assert desk.drops() == [Drop.ORDER_EXPIRED]


def test_the_rest_of_a_partly_filled_entry_lives_no_longer_either() -> None:
    """0.05 of 0.20 lots filled; at 168 h the rest is cancelled, the position stays protected."""
    desk = armed(1.102)
    desk.fill(desk.order("entry"), lots=0.05)
    desk.price(1.102, after=167.9)
    assert desk.order("entry").filled == 0.05
    desk.price(1.102, after=0.1)
    assert desk.orders("entry") == []
    assert desk.order("stop").lots == 0.05
    assert desk.phase() == "OPEN"


@pytest.mark.parametrize("bid", [1.1020, 1.1100])
def test_a_stop_that_is_touched_before_the_entry_ends_the_setup(bid: float) -> None:
    """Resting or waiting: the low of 1.0900 is the stop."""
    desk = armed(bid)
    desk.price(bid, low=1.0901, after=1)
    assert desk.drops() == []
    desk.price(bid, low=1.0900, after=1)
    assert desk.drops() == [Drop.STOP_TOUCHED]
    assert desk.orders() == []


def test_a_shorts_stop_is_touched_by_the_ask() -> None:
    """Stop 1.1100 of a short; the bid's high is 1.1098, with 2 pips of spread the ask was there."""
    desk = armed(1.0980, "short", ask=1.0982)
    desk.price(1.0980, 1.0982, high=1.1097, after=1)
    assert desk.drops() == []
    desk.price(1.0980, 1.0982, high=1.1098, after=1)
    assert desk.drops() == [Drop.STOP_TOUCHED]


def test_extremes_of_the_bar_that_armed_it_do_not_count() -> None:
    """The bar's low of 1.0890 was over when the plan was made."""
    desk = Desk(EURUSD, balance=20_000)
    desk.strategy(setup())
    desk.price(1.1020, low=1.0890)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09)
    assert desk.drops() == []
    desk.wait(0)
    assert desk.drops() == []


def test_a_plan_for_the_other_side_drops_what_waits() -> None:
    """Direction change."""
    desk = armed(1.1020)
    desk.plan(start_short=True, entry_price=1.10, stop_price=1.11)
    assert desk.drops() == [Drop.DIRECTION]
    assert desk.orders("entry") == [] or desk.order("entry").side == "sell"


def test_a_plan_for_the_same_side_changes_nothing() -> None:
    """An armed setup keeps the parameters it was armed with."""
    desk = armed(1.1020)
    before = desk.order("entry")
    desk.plan(start_long=True, entry_price=1.0990, stop_price=1.0900)
    assert desk.order("entry") == before


def test_a_new_plan_does_not_add_to_an_open_trade() -> None:
    """One setup at a time on an instrument."""
    desk = armed(1.1004)
    desk.fill(desk.order("entry"), 1.1004)
    desk.plan(start_long=True, entry_price=1.1004, stop_price=1.09)
    assert desk.orders("entry") == []


@pytest.mark.parametrize("stop", [1.10, 1.12])
def test_a_stop_on_the_wrong_side_is_dropped(stop: float) -> None:
    """No stop distance, no setup."""
    desk = Desk(EURUSD)
    desk.strategy(setup())
    desk.price(1.10)
    desk.plan(start_long=True, entry_price=1.10, stop_price=stop)
    assert desk.drops() == [Drop.BAD_STOP]


def test_both_sides_at_once_is_no_decision() -> None:
    """A setup plan that wants long and short starts nothing."""
    desk = Desk(EURUSD)
    desk.strategy(setup())
    desk.price(1.10)
    desk.plan(start_long=True, start_short=True, stop_price=1.09)
    assert desk.notes == []


def test_a_plan_that_arrives_too_late_is_dropped() -> None:
    """Valid for one hour: at the hour it still counts, a minute later it does not."""
    desk = Desk(EURUSD)
    desk.strategy(setup())
    desk.price(1.10)
    until = desk.now + 3_600_000_000_000
    desk.wait(1.02)
    desk.plan(start_long=True, stop_price=1.09, valid_until=until)
    assert desk.drops() == [Drop.LATE]
    assert desk.orders() == []
    desk.plan(start_long=True, stop_price=1.09, valid_until=desk.now)
    assert desk.order("entry").type == "market"


def test_an_entry_that_the_venue_rejects_ends_the_setup() -> None:
    """No second try of an entry: it is dropped, and says so."""
    desk = Desk(EURUSD, obedient=False)
    desk.strategy(setup())
    desk.price(1.102)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09)
    desk.reject(desk.order("entry"))
    assert desk.drops() == [Drop.REJECTED]
    desk.price(1.102, after=2)
    assert desk.orders() == []


# Size


def test_size_is_computed_when_the_order_leaves() -> None:
    """Armed with 20,000, sent with 10,000: 1 % is 100 USD, 100 pips lose 1,000 USD a lot: 0.10 lots."""
    desk = armed(1.11)
    desk.deposit(-10_000)
    desk.price(1.102)
    assert desk.order("entry").lots == 0.10


def test_a_resting_order_shrinks_as_soon_as_equity_falls_by_a_step() -> None:
    """20,000 at 1 % over 1,000 USD a lot: 0.20. With 19,990 it is 0.1999, rounded down 0.19: at once, although
    one step is not 5 % more than it."""
    desk = armed(1.102)
    assert desk.order("entry").lots == 0.20
    desk.deposit(-10)
    desk.price(1.102)
    assert desk.order("entry").lots == 0.19


def test_a_resting_order_grows_only_by_a_step_and_five_percent() -> None:
    """From 20,000: 20,900 would give 0.20 (no step). On 200,000 it rests 2.00 lots: 209,000 gives 2.09 (4.5 %, stays),
    210,000 gives 2.10 (5 %, grows)."""
    desk = armed(1.102)
    desk.deposit(900)
    desk.price(1.102)
    assert desk.order("entry").lots == 0.20
    desk.deposit(179_100)
    desk.price(1.102)
    assert desk.order("entry").lots == 2.00
    desk.deposit(9_000)
    desk.price(1.102)
    assert desk.order("entry").lots == 2.00
    desk.deposit(1_000)
    desk.price(1.102)
    assert desk.order("entry").lots == 2.10


def test_metatrader_resizes_by_cancel_confirm_place() -> None:
    """Sizes cannot be amended there: the new order leaves only when the cancel is confirmed."""
    desk = Desk(EURUSD, balance=20_000, obedient=False)
    desk.strategy(setup())
    desk.price(1.102)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09)
    old = desk.order("entry")
    desk.accept(old)
    desk.deposit(-10_000)
    sent = desk.price(1.102)
    assert [command.kind.name for command in sent] == ["CANCEL"]
    assert desk.price(1.102) == []
    sent = desk.cancel_confirmed(old)
    assert [command.kind.name for command in sent] == ["PLACE"]
    assert desk.order("entry").lots == 0.10
    assert desk.order("entry").id != old.id


def test_a_cancel_that_answers_filled_adopts_the_fill_and_places_no_twin() -> None:
    """risk.md 5.4: the re-size lost the race; the position is protected, nothing else is bought."""
    desk = Desk(EURUSD, balance=20_000, obedient=False)
    desk.strategy(setup())
    desk.price(1.102)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09)
    old = desk.order("entry")
    desk.accept(old)
    desk.deposit(-10_000)
    desk.price(1.102)
    desk.fill(old, 1.10)
    assert desk.orders("entry") == []
    assert desk.order("stop").lots == 0.20
    desk.price(1.10, after=2)
    assert desk.orders("entry") == []


def test_where_the_venue_can_a_resize_is_one_amend() -> None:
    """The same on a venue that amends sizes."""
    amendable = type(EURUSD)(**{**EURUSD.__dict__, "can_amend_quantity": True})
    desk = Desk(amendable, balance=20_000)
    desk.strategy(setup())
    desk.price(1.102)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09)
    before = desk.order("entry")
    desk.deposit(-10_000)
    sent = desk.price(1.102)
    assert [command.kind.name for command in sent] == ["AMEND"]
    assert (desk.order("entry").id, desk.order("entry").lots) == (before.id, 0.10)


def test_reduced_halves_a_resting_order_at_once() -> None:
    """risk.md 5.4: re-size on a change of state; decreases are urgent. Nothing else has moved."""
    desk = armed(1.102)
    desk.severity(Severity.REDUCED)
    desk.price(1.102)
    assert desk.order("entry").lots == 0.10


def test_reduced_halves_a_new_entry() -> None:
    """0.20 lots become 0.10."""
    desk = Desk(EURUSD, balance=20_000)
    desk.strategy(setup())
    desk.severity(Severity.REDUCED)
    desk.price(1.102)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09)
    assert desk.order("entry").lots == 0.10


def test_below_the_minimum_a_trade_is_skipped_and_says_so() -> None:
    """900 USD at 1 %: 9 USD over 1,000 a lot is 0.009 lots, less than 0.01."""
    desk = Desk(EURUSD, balance=900)
    desk.strategy(setup())
    desk.price(1.102)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09)
    assert desk.orders() == []
    assert desk.denials() == [Denial.BELOW_MINIMUM]


def test_a_denied_entry_asks_again_only_after_its_retry_time() -> None:
    """Denied at 0:00; the kit's retry time is 5 minutes: quotes before that are not even looked at."""
    desk = Desk(EURUSD, balance=900)
    desk.strategy(setup())
    desk.price(1.102)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09)
    desk.deposit(10_000)
    desk.price(1.102, after=4.9 / 60)
    assert desk.orders() == []
    desk.price(1.102, after=0.1 / 60)
    assert desk.order("entry").lots == 0.10


@pytest.mark.parametrize("score, lots", [(0.6, 0.12), (1.0, 0.20), (1.5, 0.30), (None, 0.20)])
def test_the_score_scales_the_budget(score: float | None, lots: float) -> None:
    """1 % of 20,000 over 1,000 USD a lot, times the plan's score; none is neutral."""
    desk = Desk(EURUSD, balance=20_000)
    desk.strategy(setup())
    desk.price(1.102)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09, score=score)
    assert desk.order("entry").lots == lots


@pytest.mark.parametrize("bid, lots", [(1.15, 0.20), (1.05, 0.19)])
def test_size_uses_the_smaller_of_balance_and_equity(bid: float, lots: float) -> None:
    """0.02 lots long at 1.10. At 1.15 equity is 20,100: an open profit does not enlarge, 200 USD over 1,000 USD a lot
    of gold is 0.20. At 1.05 equity is 19,900: an open loss shrinks, 199 USD give 0.19."""
    desk = Desk(EURUSD, XAUUSD, balance=20_000)
    desk.strategy(setup(risk_rate=0.01))
    desk.strategy(setup(), XAUUSD)
    desk.price(1.10)
    desk.price(2000.0, spec=XAUUSD)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.00)
    desk.fill(desk.order("entry"), 1.10)
    assert desk.held() == 0.02
    desk.price(bid)
    desk.plan(2, start_long=True, entry_price=2000.0, stop_price=1990.0)
    assert desk.orders("entry", XAUUSD)[0].lots == lots
