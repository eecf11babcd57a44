"""When the venue closes by force: perpetuals at the maintenance margin, FX accounts at the stop-out level.

Equity is judged with every position at its worst price of the bar at once. One position alone never gets there: the
gate admits no stop beyond its liquidation. Several together can.
"""

from __future__ import annotations

import pytest
from kit import BTC, ETH, EURUSD, GBPUSD, PLAYED, Desk, Market, Played, compare_with_compiled, grid

from holdfast.model.enums import Denial, Exit

FIRST = len(PLAYED)


def two_perpetuals(
    btc_low: float, eth_low: float, btc_close: float = 50_000.0, eth_close: float = 2_500.0
) -> Played:
    """0.5 BTC at 50,000 and 10 ETH at 2,500, 25,000 USDT each, on 10,000 USDT; stops 30 % away. Fees so far 27.5."""
    market = Market(BTC, ETH)
    for number, spec in enumerate((BTC, ETH), 1):
        market.strategy(grid(levels=1, leverage=5, stop_rate=0.3), spec, sharing=2)
        market.plan(1, number, start_long=True, enter_now=True)
    market.flat(50_000.0, 2, spec=BTC)
    market.flat(2_500.0, 2, spec=ETH)
    market.bar(50_000.0, 50_000.0, btc_low, btc_close, spec=BTC)
    market.bar(2_500.0, 2_500.0, eth_low, eth_close, spec=ETH)
    market.flat(btc_close, spec=BTC)
    market.flat(eth_close, spec=ETH)
    return market.run()


@pytest.mark.parametrize(
    "btc_low, eth_low, left", [(40_200.0, 2_500.0, 5_072.5), (50_000.0, 2_010.0, 5_072.5)]
)
def test_one_alone_is_covered(btc_low: float, eth_low: float, left: float) -> None:
    """19.6 % down: -4,900 of 9,972.5."""
    played = two_perpetuals(btc_low, eth_low)
    assert played.of("forced") == []
    assert min(played.equity_low) == left


def test_just_above_the_maintenance_margin_nothing_happens() -> None:
    """Both 19.5 % down: 9,972.5 - 9,750 = 222.5 are left, 0.5 % of 40,250 = 201.25 are needed. The closes are back
    where they were, and so is equity."""
    played = two_perpetuals(40_250.0, 2_012.5)
    assert played.of("forced") == []
    assert min(played.equity_low) == 222.5
    assert played.equity[-1] == 9_972.5


def test_both_at_their_extremes_together_are_liquidated() -> None:
    """19.6 %: 172.5 left, 201 needed, although both bars close where they opened and perhaps no minute saw both lows.
    BTC goes at 40,200, 20,100 USDT, for 0.055 % + 0.5 % = 111.555; that leaves 60.945 with ETH at its low, less than
    its 100.5, so ETH goes at 2,010 for the same: 10,000 - 27.5 - 2 x (4,900 + 111.555) = -50.61."""
    played = two_perpetuals(40_200.0, 2_010.0)
    forced = played.of("forced")
    assert [(fill.pair, fill.price, fill.fee) for fill in forced] == [
        (BTC.pair, 40_200.0, 111.555),
        (ETH.pair, 2_010.0, 111.555),
    ]
    assert [trade.exit for trade in played.trades] == [Exit.LIQUIDATION] * 2
    assert played.balance == -50.61


def test_nothing_of_a_liquidated_trade_stays_at_work() -> None:
    """Stops are cancelled by the venue, nothing fills afterwards."""
    played = two_perpetuals(40_200.0, 2_010.0)
    assert [fill.role for fill in played.fills] == ["entry", "entry", "forced", "forced"]
    assert int(played.account["working_orders"]) == 0
    assert int(played.account["busy_trades"]) == 0


@pytest.mark.parametrize("low, closed", [(1.2700, []), (1.2500, ["EURUSD"])])
def test_an_fx_account_is_stopped_out_at_half_its_margin_worst_first(low: float, closed: list[str]) -> None:
    """3.00 lots of EURUSD at 1.1000 and 0.10 of GBPUSD at 1.2700, 10,000 USD, 1 % margin, stop-out at 50 %. EURUSD
    falls to 1.0728 (its stop is 1.0725): -8,160 leaves 1,840, half the margin is 1,609.20 + 63.50: covered. With GBPUSD
    200 down as well 1,640 are left for 1,671.70: EURUSD is closed at 1.0728, what is left covers GBPUSD."""
    market = Market(EURUSD, GBPUSD, hedging=True)
    market.strategy(grid(levels=1, leverage=33.0, stop_rate=0.025), EURUSD)
    market.strategy(grid(levels=1, leverage=1.27, stop_rate=0.5), GBPUSD)
    market.plan(1, 1, start_long=True, enter_now=True)
    market.plan(1, 2, start_long=True, enter_now=True)
    market.flat(1.10, 2, spec=EURUSD)
    market.flat(1.27, 2, spec=GBPUSD)
    market.bar(1.10, 1.10, 1.0728, 1.08, spec=EURUSD)
    market.bar(1.27, 1.27, low, 1.265 if closed else 1.27, spec=GBPUSD)
    played = market.run()
    assert [fill.pair for fill in played.of("forced")] == closed
    assert [(fill.lots, fill.pair) for fill in played.of("entry")] == [(3.0, "EURUSD"), (0.1, "GBPUSD")]
    assert played.of("stop") == []
    if closed:
        assert played.of("forced")[0].price == 1.0728
        assert played.balance == 10_000 - 8_160


@pytest.mark.parametrize("stop, admitted", [(1.07203, True), (1.07202, False)])
def test_an_fx_stop_beyond_the_stop_out_is_refused(stop: float, admitted: bool) -> None:
    """3.00 lots from 1.1000 on 10,000 USD: 10,000 - 300,000 x (1.1 - p) = 0.5 % x 300,000 x p at p = 1.072027."""
    desk = Desk(EURUSD)
    desk.strategy(grid(levels=1, leverage=33.0))
    desk.price(1.10)
    desk.plan(start_long=True, enter_now=True, stop_price=stop)
    assert [order.lots for order in desk.orders("entry")] == ([3.0] if admitted else [])
    assert desk.denials() == ([] if admitted else [Denial.LIQUIDATION])


def test_compiled_gives_the_same() -> None:
    """Every scenario of this module, compiled."""
    assert compare_with_compiled(FIRST) >= 6
