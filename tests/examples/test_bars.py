"""What the simulator does inside a bar: gaps, through-fills, adverse first, spread, volume. It errs against the trader.

BTCUSDT without spread and slippage unless a test adds them; setups risk 1 % of 10,000 USDT; bars of one hour.
"""

from __future__ import annotations

from typing import Any

import pytest
from kit import BTC, EURUSD, PLAYED, Fill, Market, Rung, compare_with_compiled, grid, setup, spec_of

from holdfast.model.commands import Command
from holdfast.model.enums import CommandKind, Exit
from holdfast.model.order import Step
from holdfast.simulator.acceptance import Refused, execute
from holdfast.simulator.venue import Market as VenueState

FIRST = len(PLAYED)
ONE_TARGET = (Rung(1.0, 1.0),)


def long_from(
    opening: float = 50_000.0, stop: float = 49_000.0, spec: Any = BTC, **management: Any
) -> Market:
    """A long that is entered at the open of bar 1."""
    market = Market(spec)
    market.strategy(setup(**({"rungs": ONE_TARGET} | management)))
    market.flat(opening, spec=spec)
    market.plan(1, start_long=True, stop_price=stop)
    return market


def short_from(
    opening: float = 50_000.0, stop: float = 51_000.0, spec: Any = BTC, **management: Any
) -> Market:
    """A short that is entered at the open of bar 1."""
    market = Market(spec)
    market.strategy(setup(**({"rungs": ONE_TARGET} | management)))
    market.flat(opening, spec=spec)
    market.plan(1, start_short=True, stop_price=stop)
    return market


def short(fills: list[Fill]) -> list[tuple[float, str, float]]:
    """Hour, role and price of each fill."""
    return [(fill.hour, fill.role, fill.price) for fill in fills]


def test_a_decision_on_a_close_acts_at_the_next_open() -> None:
    """Known at the close of 50,000; the next bar opens at 50,100: that is the price."""
    market = long_from()
    market.bar(50_100.0, 50_200.0, 50_050.0, 50_150.0)
    assert short(market.run().fills) == [(1, "entry", 50_100.0)]


def test_a_stop_fills_at_its_trigger() -> None:
    """Through 49,000 inside the bar: at 49,000."""
    market = long_from()
    market.flat(50_000.0)
    market.bar(49_900.0, 49_950.0, 48_500.0, 48_600.0)
    played = market.run()
    assert short(played.of("stop")) == [(2, "stop", 49_000.0)]
    assert played.trade.exit == Exit.STOP_LOSS


def test_a_stop_needs_only_a_touch() -> None:
    """The low is the trigger itself."""
    market = long_from()
    market.flat(50_000.0)
    market.bar(49_900.0, 49_950.0, 49_000.0, 49_500.0)
    assert short(market.run().of("stop")) == [(2, "stop", 49_000.0)]


def test_a_gap_through_the_stop_fills_at_the_open() -> None:
    """The bar opens at 48,000, a thousand beyond the stop: 0.094 x 2,000 = 188 USDT lost, not 94."""
    market = long_from()
    market.flat(50_000.0)
    market.bar(48_000.0, 48_800.0, 47_500.0, 48_500.0)
    played = market.run()
    assert short(played.of("stop")) == [(2, "stop", 48_000.0)]
    assert played.trade.realized == -188.0


def test_a_gap_through_a_shorts_stop_fills_at_the_open() -> None:
    """Mirrored."""
    market = short_from()
    market.flat(50_000.0)
    market.bar(52_000.0, 52_100.0, 51_500.0, 51_600.0)
    assert short(market.run().of("stop")) == [(2, "stop", 52_000.0)]


@pytest.mark.parametrize("slippage, price", [("5", 48_995.0), ("12.5", 48_987.5)])
def test_a_stop_slips(slippage: str, price: float) -> None:
    """On top of the trigger, or of the gap."""
    spec = spec_of("synthetic_perp", "BTC/USDT:USDT", spread="0", spread_floor="0", slippage=slippage)
    market = long_from(spec=spec)
    market.flat(50_000.0)
    market.bar(49_900.0, 49_950.0, 48_500.0, 48_600.0)
    assert short(market.run().of("stop")) == [(2, "stop", price)]


def test_stop_and_target_inside_one_bar_is_the_stop() -> None:
    """Low 48,900 and high 51,500: nobody knows which came first, so it was the stop."""
    market = long_from()
    market.flat(50_000.0)
    market.bar(50_000.0, 51_500.0, 48_900.0, 51_000.0)
    assert short(market.run().of("stop")) == [(2, "stop", 49_000.0)]


def test_stop_and_target_of_a_short_inside_one_bar_is_the_stop() -> None:
    """The high comes first for a short."""
    market = short_from()
    market.flat(50_000.0)
    market.bar(50_000.0, 51_500.0, 48_900.0, 49_000.0)
    assert short(market.run().of("stop")) == [(2, "stop", 51_000.0)]


def test_an_entry_at_the_open_may_be_stopped_in_its_own_bar_but_not_take_profit() -> None:
    """Entered at the open of bar 1: its high of 51,500 does not fill the target of 51,000 in that bar."""
    market = long_from()
    market.bar(50_000.0, 51_500.0, 49_500.0, 50_500.0)
    market.flat(50_500.0)
    played = market.run()
    assert short(played.fills) == [(1, "entry", 50_000.0)]


def test_a_target_that_became_marketable_in_its_own_bar_waits_for_the_next() -> None:
    """A grid level fills at 49,500 in a bar whose take-profit lies below that price, at 49,400: it could take at once,
    but not in the bar in which it came; the next open of 49,700 is where it takes."""
    market = Market(BTC)
    market.strategy(grid(levels=1))
    market.flat(50_000.0)
    market.plan(
        1, start_long=True, anchor_price=50_000.0, offset=500.0, spacing=500.0, take_profit_price=49_400.0
    )
    market.bar(50_000.0, 50_100.0, 49_450.0, 49_600.0)
    market.bar(49_700.0, 49_800.0, 49_650.0, 49_700.0)
    played = market.run()
    assert short(played.fills) == [(1, "entry", 49_500.0), (2, "target", 49_700.0)]
    assert not played.of("target")[0].maker


@pytest.mark.parametrize("high, fills", [(51_000.0, 0), (51_000.1, 1)])
def test_a_limit_fills_only_when_price_trades_through_it(high: float, fills: int) -> None:
    """The target of 51,000: touched is not filled, a tick more is, as a maker at its price."""
    market = long_from()
    market.flat(50_000.0)
    market.bar(50_000.0, high, 49_900.0, 50_500.0)
    found = market.run().of("target")
    assert len(found) == fills
    assert all(fill.price == 51_000.0 and fill.maker for fill in found)


def test_a_limit_beyond_a_gap_fills_at_the_open() -> None:
    """The target of 51,000 and an open of 51,400: sold at 51,400, as a maker."""
    market = long_from()
    market.flat(50_000.0)
    market.bar(51_400.0, 51_500.0, 51_300.0, 51_350.0)
    played = market.run()
    assert short(played.of("target")) == [(2, "target", 51_400.0)]
    assert played.of("target")[0].maker


def test_a_marketable_limit_takes() -> None:
    """Price is 0.2 R better than the wanted entry of 50,000: the limit takes the open of 49,800 as a taker."""
    market = Market(BTC)
    market.strategy(setup())
    market.flat(49_800.0)
    market.plan(1, start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    market.bar(49_800.0, 49_900.0, 49_700.0, 49_850.0)
    entry = market.run().of("entry")[0]
    assert (entry.price, entry.maker) == (49_800.0, False)
    assert entry.fee == round(49_800 * entry.lots * 0.00055, 8)


def test_a_resting_limit_is_a_maker() -> None:
    """0.2 R below the price: filled at 50,000 with the maker's 0.02 %."""
    market = Market(BTC)
    market.strategy(setup())
    market.flat(50_200.0)
    market.plan(1, start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    market.bar(50_200.0, 50_250.0, 49_999.9, 50_100.0)
    entry = market.run().of("entry")[0]
    assert (entry.price, entry.maker, entry.fee) == (50_000.0, True, round(50_000 * entry.lots * 0.0002, 8))


def test_post_only_that_would_cross_is_rejected() -> None:
    """A grid level at 50,100 above the price of 50,000: the venue refuses it, nothing is bought."""
    market = Market(BTC)
    market.strategy(grid(levels=1))
    market.flat(50_000.0)
    market.plan(1, start_long=True, anchor_price=50_600.0, offset=500.0, spacing=500.0)
    market.flat(50_000.0)
    played = market.run()
    assert played.fills == []
    assert played.reasons("REJECTED") == [Refused.POST_ONLY]


def test_post_only_that_is_amended_across_the_price_is_rejected() -> None:
    """A level rests at 50,000; the next plan moves it to 50,800 while price is 50,600: the venue ends it.
    With the plan after that it may rest again."""
    market = Market(BTC)
    market.strategy(grid(levels=1))
    market.flat(50_600.0, 4)
    for hour, anchor in ((1, 50_500.0), (2, 51_300.0), (3, 50_500.0)):
        market.plan(hour, start_long=True, anchor_price=anchor, offset=500.0, spacing=500.0)
    played = market.run()
    assert played.fills == []
    assert played.reasons("REJECTED") == [Refused.POST_ONLY]
    assert int(played.account["working_orders"]) == 1


def test_the_spread_is_halved_where_bars_are_mid() -> None:
    """Last prices count as mid, spread 10: a buy pays 50,005 and the stop is met when the bid, 5 below, is there."""
    spec = spec_of("synthetic_perp", "BTC/USDT:USDT", spread="10", spread_floor="0", slippage="0")
    market = long_from(spec=spec)
    market.flat(50_000.0)
    market.bar(49_900.0, 49_950.0, 49_005.0, 49_500.0)
    played = market.run()
    assert short(played.fills) == [(1, "entry", 50_005.0), (2, "stop", 49_000.0)]


def test_buys_pay_the_spread_where_bars_are_bid() -> None:
    """Bid bars, spread 2 pips: a buy pays 1.10020, a sell gets the bar's price."""
    spec = spec_of("mt5_ejtrader", "EURUSD", spread="0.0002", spread_floor="0", slippage="0")
    for side, price in (("start_long", 1.1002), ("start_short", 1.1)):
        market = Market(spec)
        market.strategy(setup())
        market.flat(1.10, spec=spec)
        market.plan(1, **{side: True}, stop_price=1.09 if side == "start_long" else 1.11)
        market.flat(1.10, spec=spec)
        assert [fill.price for fill in market.run().fills] == [price]


def test_a_shorts_stop_is_met_by_the_ask() -> None:
    """Stop 1.11000 of a short, spread 2 pips: a bid of 1.10980 is enough."""
    spec = spec_of("mt5_ejtrader", "EURUSD", spread="0.0002", spread_floor="0", slippage="0")
    market = Market(spec)
    market.strategy(setup())
    market.flat(1.10, spec=spec)
    market.plan(1, start_short=True, stop_price=1.11)
    market.flat(1.10, spec=spec)
    market.bar(1.10, 1.1098, 1.0990, 1.10, spec=spec)
    assert short(market.run().of("stop")) == [(2, "stop", 1.11)]


@pytest.mark.parametrize("carried, paid", [(0.0005, 1.1005), (0.00001, 1.1001), (0.0, 1.1002)])
def test_the_spread_of_the_data_has_a_floor(carried: float, paid: float) -> None:
    """5 pips are taken as they are, 0.1 pip becomes the floor of 1 pip, none becomes the typical 2 pips."""
    spec = spec_of("mt5_ejtrader", "EURUSD", spread="0.0002", spread_floor="0.0001", slippage="0")
    market = Market(spec)
    market.strategy(setup())
    market.flat(1.10, spec=spec)
    market.plan(1, start_long=True, stop_price=1.09)
    market.bar(1.10, 1.10, 1.10, 1.10, spread=carried, spec=spec)
    assert [fill.price for fill in market.run().fills] == [paid]


THIN = spec_of("synthetic_perp", "BTC/USDT:USDT", spread="0", spread_floor="0", slippage="0")


def test_a_bar_fills_no_more_than_a_share_of_its_volume() -> None:
    """0.1 of 0.40 BTC is 0.040 a bar: 0.094 take three bars, each at its open."""
    market = long_from(spec=THIN, rungs=())
    for opening in (50_000.0, 50_010.0, 50_020.0, 50_030.0):
        market.bar(opening, opening, opening, opening, volume=0.4, spec=THIN)
    entries = market.run().of("entry")
    assert [(fill.price, fill.lots) for fill in entries] == [
        (50_000.0, 0.04),
        (50_010.0, 0.04),
        (50_020.0, 0.014),
    ]


def test_a_bar_without_volume_fills_nothing() -> None:
    """Nobody traded."""
    market = long_from(spec=THIN, rungs=())
    market.bar(50_000.0, 50_000.0, 50_000.0, 50_000.0, volume=0, spec=THIN)
    market.bar(50_100.0, 50_100.0, 50_100.0, 50_100.0, volume=100, spec=THIN)
    assert [(fill.hour, fill.lots) for fill in market.run().of("entry")] == [(2, 0.094)]


def test_a_stop_that_price_passes_without_volume_is_awake_all_the_same() -> None:
    """Price falls through 49,000 in a bar in which nobody filled us and is back at 49,800: the stop had been triggered,
    so it sells at the next bar's open; it must not be forgotten."""
    market = long_from(spec=THIN, rungs=())
    market.bar(50_000.0, 50_000.0, 50_000.0, 50_000.0, volume=100, spec=THIN)
    market.bar(49_900.0, 49_900.0, 48_500.0, 49_800.0, volume=0, spec=THIN)
    market.bar(49_850.0, 49_900.0, 49_800.0, 49_850.0, volume=100, spec=THIN)
    assert short(market.run().of("stop")) == [(3, "stop", 49_850.0)]


@pytest.mark.parametrize("opening", [48_700.0, 49_500.0])
def test_a_stop_that_finds_too_little_volume_goes_on_in_the_next_bar(opening: float) -> None:
    """0.040 at 49,000, the rest of 0.054 at the next open, wherever that is: it is awake."""
    market = long_from(spec=THIN, rungs=())
    market.bar(50_000.0, 50_000.0, 50_000.0, 50_000.0, volume=100, spec=THIN)
    market.bar(49_900.0, 49_900.0, 48_500.0, 48_600.0, volume=0.4, spec=THIN)
    market.bar(opening, opening, opening, opening, volume=100, spec=THIN)
    stops = market.run().of("stop")
    assert [(fill.price, fill.lots) for fill in stops] == [(49_000.0, 0.04), (opening, 0.054)]


def test_tick_counts_limit_nothing() -> None:
    """The volume of FX bars is a number of ticks."""
    market = Market(EURUSD)
    market.strategy(setup())
    market.flat(1.10, spec=EURUSD)
    market.plan(1, start_long=True, stop_price=1.09)
    market.bar(1.10, 1.10, 1.10, 1.10, volume=1, spec=EURUSD)
    assert [fill.lots for fill in market.run().fills] == [0.10]


def test_the_stop_moves_within_the_bar_that_fills_the_target() -> None:
    """The high fills the first target of 50,600, the stop goes to break-even at once, and the way down to the close
    meets it in the same bar: (50,000 x 1.00055) / 0.99945 = 50,055.1."""
    market = long_from(rungs=(Rung(0.6, 0.5, "break_even"), Rung(2.0, 0.5)))
    market.flat(50_000.0)
    market.bar(50_200.0, 50_700.0, 50_030.0, 50_040.0)
    played = market.run()
    assert short(played.fills)[1:] == [(2, "target", 50_600.0), (2, "stop", 50_055.1)]


def test_orders_placed_within_a_bar_may_fill_in_it() -> None:
    """The averaged stop of a grid level that fills on the way down is met on the way down: entry 49,500, stop 5 % below
    at 47,025."""
    market = Market(BTC)
    market.strategy(grid(levels=1, stop_rate=0.05))
    market.flat(50_000.0)
    market.plan(1, start_long=True, anchor_price=50_000.0, offset=500.0, spacing=500.0)
    market.bar(50_000.0, 50_050.0, 47_000.0, 47_500.0)
    assert short(market.run().fills) == [(1, "entry", 49_500.0), (1, "stop", 47_025.0)]


@pytest.mark.parametrize("high, low, first", [(50_600.0, 49_300.0, "short"), (50_700.0, 49_400.0, "long")])
def test_with_both_sides_offered_the_nearer_extreme_comes_first(high: float, low: float, first: str) -> None:
    """From 50,000: 600 up and 700 down, the short fills first and the long is withdrawn; 700 up and 600 down, the other
    way round."""
    market = Market(BTC)
    market.strategy(grid(levels=1))
    market.flat(50_000.0)
    common = {"anchor_price": 50_000.0, "offset": 500.0, "spacing": 500.0}
    market.plan(1, start_long=True, start_short=True, **common)
    market.bar(50_000.0, high, low, 50_000.0)
    market.flat(50_000.0)
    fills = market.run().fills
    assert [("short" if fill.side == "sell" else "long") for fill in fills] == [first]


def test_a_price_band_refuses_only_what_would_trade_through_it() -> None:
    """Band 5 %: a buy limit that rests 20 % below is taken, like any grid level."""
    assert BTC.price_band > 0
    market = Market(BTC)
    market.strategy(grid(levels=1))
    market.flat(50_000.0)
    market.plan(1, start_long=True, anchor_price=50_000.0, offset=10_000.0, spacing=500.0)
    market.bar(50_000.0, 50_000.0, 39_000.0, 41_000.0)
    assert short(market.run().fills) == [(1, "entry", 40_000.0)]


def test_an_amend_below_what_has_filled_ends_the_order() -> None:
    """0.030 of 0.094 have filled when an amend to 0.020 arrives: nothing is left of the order."""
    venue = VenueState()
    venue.books[1].path_price = 500_000
    contract = venue.books[1].contract
    contract.quantity_max, contract.price_max = 1_000, 10**6
    contract.tick_value_numerator = contract.tick_value_denominator = 1
    order = Command(kind=CommandKind.PLACE, order_row=1, order_id=1, instrument_id=1, side=1, quantity=94)
    execute(venue, order)
    venue.orders[1].filled_quantity = 30
    execute(
        venue, Command(kind=CommandKind.AMEND, order_row=1, order_id=1, instrument_id=1, side=1, quantity=20)
    )
    assert [venue.reports[i].step for i in range(venue.report_count)] == [Step.ACCEPT, Step.CANCEL]
    assert not venue.orders[1].active


def test_compiled_gives_the_same() -> None:
    """Every scenario of this module, compiled: the same state, fills, notes and trades to the bit."""
    assert compare_with_compiled(FIRST) > 30
