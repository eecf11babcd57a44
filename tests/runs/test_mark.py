"""Where there is a mark price, liquidation is judged by it; else by the extremes of the traded price."""

from __future__ import annotations

import pytest

from holdfast.model.units import RATE
from holdfast.simulator.happenings import see_mark
from holdfast.simulator.solvency import is_insolvent, value_bar
from holdfast.simulator.venue import Bar, Market
from holdfast.simulator.world import Item, Scheduled, World

BOUGHT_AT, QUANTITY = 1000, 100


def long_position(wallet: int) -> World:
    """A long of 100 steps at 1,000 ticks, one unit of money a tick and step, 0.5 % maintenance."""
    world = World()
    market: Market = world.market
    market.wallet = wallet * RATE
    book = market.books[1]
    contract = book.contract
    contract.instrument_id, contract.tick_value_numerator, contract.tick_value_denominator = 1, RATE, 1
    contract.price_max, contract.quantity_max, contract.tier_count = 1 << 20, 1 << 20, 1
    contract.tiers[0].notional_max, contract.tiers[0].maintenance_rate = 1 << 60, RATE // 200
    book.positions[0].quantity, book.positions[0].entry_value = QUANTITY, QUANTITY * BOUGHT_AT
    book.path_price = BOUGHT_AT
    return world


def wick() -> Bar:
    """A minute that falls to 300 and closes where it opened."""
    bar = Bar()
    bar.instrument_id, bar.open, bar.high, bar.low, bar.close = 1, 1000, 1000, 300, 1000
    return bar


def judge(world: World) -> bool:
    """Solvency at the end of that minute."""
    world.market.worst_extra = world.market.solvency_extra = 0
    value_bar(world.market, wick())
    return is_insolvent(world.market)


def mark(world: World, low: int) -> None:
    """The mark's bar of the last hour, just closed."""
    item = Scheduled()
    item.kind, item.instrument_id, item.a, item.b = Item.MARK, 1, low, 1000
    see_mark(world.market, item)


@pytest.mark.parametrize("wallet, insolvent", [(70_151, False), (70_150, True), (60_000, True)])
def test_without_a_mark_the_traded_low_decides(wallet: int, insolvent: bool) -> None:
    """At 300 the loss is 70,000 and 0.5 % of 30,000 must be kept: insolvent from a wallet of 70,150 down."""
    assert judge(long_position(wallet)) is insolvent


@pytest.mark.parametrize("low, insolvent", [(990, False), (402, False), (400, True)])
def test_with_a_mark_a_wick_of_the_traded_price_liquidates_nobody(low: int, insolvent: bool) -> None:
    """With 60,250 in the wallet the traded low of 300 would close it; only the mark's own low counts.

    At a mark of 402: 60,250 - 59,800 = 450 > 0.5 % of 40,200 = 201. At 400: 60,250 - 60,000 = 250 > 200 … so the
    wallet is 60,200 for the boundary: 200 <= 200.
    """
    world = long_position(60_200 if low == 400 else 60_250)
    mark(world, low)
    assert judge(world) is insolvent


def test_between_its_bars_the_mark_is_taken_at_the_close() -> None:
    """A mark bar is used once: the next minute without a new one is judged at its close."""
    world = long_position(60_000)
    mark(world, 990)
    assert not judge(world)
    assert not world.market.books[1].mark_is_fresh
    assert not judge(world)


def test_the_report_still_shows_the_traded_low() -> None:
    """Equity inside the bar stays the upper bound on the loss, with or without a mark."""
    world = long_position(60_000)
    mark(world, 990)
    judge(world)
    assert world.market.equity_low == (60_000 - 70_000) * RATE
