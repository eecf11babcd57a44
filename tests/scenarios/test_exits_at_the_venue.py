"""Exits as the simulated venue takes them: limits that never rest, orders that are too large, slices (risk.md 3.1)."""

from __future__ import annotations

from kit import BTC, Desk, Market, grid, spec_of

from holdfast.model.commands import Command
from holdfast.model.enums import CommandKind, OrderType
from holdfast.model.order import Step
from holdfast.model.units import RATE
from holdfast.records import copy_record
from holdfast.simulator import venue
from holdfast.simulator.acceptance import Refused, execute
from holdfast.simulator.matching import act_at_open, open_bar, settle_resting

SLICED = spec_of(
    "synthetic_perp", "BTC/USDT:USDT", spread="0", spread_floor="0", slippage="0", quantity_max="0.04"
)


def venue_with(held: int) -> venue.Market:
    """A long position of so many steps; the last price is 50,000."""
    market = venue.Market()
    market.volume_share = RATE
    book = market.books[1]
    copy_record(book.contract, Desk(SLICED).state.instruments[1].contract)
    book.bar_count, book.path_price = 1, 500_000
    book.positions[0].quantity, book.positions[0].entry_value = held, held * 500_000
    return market


def sell(market: venue.Market, quantity: int, limit: int = 0) -> None:
    """An exit: at market, or with a limit that never rests."""
    command = Command(
        kind=CommandKind.PLACE, order_row=1, order_id=1, instrument_id=1, position_side=1, side=-1
    )
    command.order_type = OrderType.LIMIT if limit else OrderType.MARKET
    command.limit_price, command.quantity = limit, quantity
    command.reduce_only, command.immediate = True, limit > 0
    execute(market, command)


def next_open(market: venue.Market, price: int, volume: int = 1_000) -> list[tuple[Step, int, int]]:
    """The next bar opens; what the venue reports after taking the order."""
    market.books[1].contract.volume_is_real = True
    market.report_count = 0
    bar = venue.Bar(instrument_id=1, open=price, high=price, low=price, close=price, volume=volume)
    assert open_bar(market, market.books[1], bar)
    for _ in range(9):
        if not act_at_open(market, market.books[1]):
            break
    settle_resting(market, market.books[1])
    return [(Step(r.step), r.quantity, r.price) for r in market.reports[: market.report_count]]


def test_a_limit_that_never_rests_takes_at_the_open_and_no_worse_than_its_price() -> None:
    """A sell at 49,000 or better: the open is 49,500."""
    market = venue_with(20)
    sell(market, 20, 490_000)
    assert next_open(market, 495_000) == [(Step.COMPLETE, 20, 495_000)]


def test_it_is_over_where_the_open_is_beyond_its_price() -> None:
    """48,900: nothing is filled and nothing rests."""
    market = venue_with(20)
    sell(market, 20, 490_000)
    assert next_open(market, 489_000) == [(Step.EXPIRE, 0, 0)]
    assert market.books[1].first_order == 0


def test_what_the_volume_leaves_over_is_over_too() -> None:
    """12 of 20 are there to be taken."""
    market = venue_with(20)
    sell(market, 20, 490_000)
    assert next_open(market, 495_000, volume=12) == [(Step.FILL, 12, 495_000), (Step.EXPIRE, 0, 0)]


def test_within_a_bar_it_is_over_at_once() -> None:
    """The price of now is known: a sell at 51,000 cannot take at 50,000."""
    market = venue_with(20)
    market.books[1].inside_bar = True
    sell(market, 20, 510_000)
    assert [Step(r.step) for r in market.reports[: market.report_count]] == [Step.ACCEPT, Step.EXPIRE]


def test_a_market_exit_beyond_the_largest_order_is_refused() -> None:
    """0.04 is the most."""
    market = venue_with(80)
    sell(market, 41)
    assert (Step(market.reports[0].step), market.reports[0].reason) == (Step.REJECT, Refused.MAXIMUM)


def test_a_large_position_leaves_in_slices_at_one_open() -> None:
    """0.08 bought by two levels; the exit flag sells 0.04 twice at the next open."""
    market = Market(SLICED, volume_share=1.0)
    market.strategy(grid(levels=2, stop_rate=0.3), SLICED)
    market.plan(1, start_long=True, anchor_price=50_000.0, offset=500.0, spacing=500.0)
    market.plan(3, exit_long=True)
    market.flat(50_000.0)
    market.bar(50_000.0, 50_000.0, 48_000.0, 49_000.0)
    market.flat(49_000.0, 3)
    played = market.run()
    assert [(fill.lots, fill.price) for fill in played.of("exit")] == [(0.04, 49_000.0)] * 2
    assert BTC.pair == SLICED.pair
