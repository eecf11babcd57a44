"""How much: the worked numbers of risk.md 5.1 to 5.4 and of a grid's levels."""

from __future__ import annotations

import pytest
from kit import BTC, EURGBP, EURUSD, GBPUSD, USDJPY, XAUUSD, Desk, grid, setup, spec_of

from holdfast.model.events import TickValue


def lots(spec: object, entry: float, stop: float, balance: float = 20_000, **world: object) -> float:
    """The size of a setup that risks 0.6 %, which is 120 USD of 20,000."""
    desk = Desk(spec, balance=balance, **world)
    desk.strategy(setup(risk_rate=0.006))
    desk.price(entry)
    desk.plan(**{"start_long" if stop < entry else "start_short": True}, entry_price=entry, stop_price=stop)
    return desk.order("entry").lots


COSTLY = spec_of("mt5_ejtrader", "EURUSD", spread="0", spread_floor="0", slippage="0", commission_per_lot="2")


@pytest.mark.parametrize(
    "spec, balance, expected",
    [
        (EURUSD, 20_000, 0.30),  # 120 / 400
        (EURUSD, 22_000, 0.33),  # 132 / 400
        (COSTLY, 20_000, 0.29),  # 120 / 404 = 0.297
        (COSTLY, 22_000, 0.32),  # 132 / 404 = 0.3267
    ],
)
def test_forty_pips_of_eurusd(spec: object, balance: float, expected: float) -> None:
    """40 pips are 400 USD a lot; 2 USD a lot and side make it 404. Always rounded down."""
    assert lots(spec, 1.10, 1.096, balance) == expected


def test_usdjpy_is_sized_at_the_rate_of_its_stop() -> None:
    """Long at 150.00, stop 149.50: 50,000 yen a lot are 333.33 USD at the entry but 334.45 at the stop. 120 / 334.45 =
    0.3588: 0.35 lots (117.06 USD); the naive 0.36 would lose 120.40."""
    assert lots(USDJPY, 150.0, 149.5, through={"USDJPY": (USDJPY, 150.0)}) == 0.35


def test_a_short_of_usdjpy_may_be_larger() -> None:
    """Stop 150.50: 50,000 yen are 332.23 USD there. 120 / 332.23 = 0.3612: 0.36 lots."""
    assert lots(USDJPY, 150.0, 150.5, through={"USDJPY": (USDJPY, 150.0)}) == 0.36


def test_eurgbp_is_sized_through_gbpusd() -> None:
    """30 pips are 300 GBP, at 1.2700 are 381 USD a lot: 120 / 381 = 0.3149: 0.31."""
    assert lots(EURGBP, 0.85, 0.847, through={"EURGBP": (GBPUSD, 1.27)}) == 0.31


def test_eurgbp_follows_gbpusd() -> None:
    """GBPUSD moves to 1.3500 before the order leaves: 405 USD a lot, 120 / 405 = 0.296: 0.29."""
    desk = Desk(EURGBP, balance=20_000, through={"EURGBP": (GBPUSD, 1.27)})
    desk.strategy(setup(risk_rate=0.006))
    desk.price(0.855)
    desk.plan(start_long=True, entry_price=0.85, stop_price=0.847, valid_until=desk.now)
    contract = desk.state.instruments[1].contract
    numerator, denominator = contract.tick_value_numerator, contract.tick_value_denominator
    desk._send(TickValue, instrument_id=1, numerator=numerator * 135, denominator=denominator * 127)
    desk.notes.clear()
    desk.price(0.8505, after=1)
    desk.plan(start_long=True, entry_price=0.85, stop_price=0.847)
    assert desk.order("entry").lots == 0.29


def test_gold_of_100_ounces_a_lot() -> None:
    """8.00 USD of stop are 800 USD a lot: 120 / 800 = 0.15."""
    assert lots(XAUUSD, 2000.0, 1992.0) == 0.15


def test_a_perpetual_counts_both_fees() -> None:
    """BTC 50,000, stop 49,000, 1 % of 10,000: 1,000 + 0.055 % x (50,000 + 49,000) = 1,054.45 a coin; 100 / 1,054.45 =
    0.0948: 0.094. A limit entry may turn out a maker, but is sized as a taker."""
    desk = Desk(BTC)
    desk.strategy(setup())
    desk.price(50_200.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    assert desk.order("entry").lots == 0.094


def test_the_risk_that_is_carried_is_that_of_the_rounded_size() -> None:
    """0.094 x 1,054.45 = 99.1183 USDT."""
    desk = Desk(BTC)
    desk.strategy(setup())
    desk.price(50_200.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    assert desk.state.account.resting_risk == 99_1183_0000


def test_a_market_entry_is_sized_from_the_price_it_pays() -> None:
    """Ask 1.1005 instead of the wanted 1.1000: 105 pips to the stop, 200 / 1,050 = 0.19 instead of 0.20."""
    desk = Desk(EURUSD, balance=20_000)
    desk.strategy(setup())
    desk.price(1.1005)
    desk.plan(start_long=True, entry_price=1.10, stop_price=1.09)
    assert desk.order("entry").lots == 0.19


# Grids


def levels_of(desk: Desk, anchor: float = 50_500.0, **plan: object) -> list[float]:
    """Lots of the resting levels of a long grid, 500 apart from 50,000 down."""
    desk.price(51_000.0)
    desk.plan(start_long=True, **({"anchor_price": anchor, "offset": 500.0, "spacing": 500.0} | plan))
    return [order.lots for order in desk.orders("entry")]


def test_a_level_is_its_share_of_the_capital_times_leverage_over_its_price() -> None:
    """10,000 x 1/3 x 6 = 20,000 (less rounding) a level: at 50,000 0.399, at 49,500 0.404, at 49,000 0.408."""
    desk = Desk(BTC)
    desk.strategy(grid(leverage=6, stop_rate=0.1))
    assert levels_of(desk) == [0.399, 0.404, 0.408]


def test_capital_is_divided_among_the_instruments_of_a_strategy() -> None:
    """Four instruments, half of the equity, 2x: 10,000 x 0.5 / 4 x 1/3 x 2 = 833.33 a level: 0.016 each."""
    desk = Desk(BTC)
    desk.strategy(grid(leverage=2, allocation=0.5), sharing=4)
    assert levels_of(desk) == [0.016, 0.016, 0.017]


def test_weights_of_the_strategy_and_of_the_plan() -> None:
    """50 / 30 / 20 % of 10,000: 0.1, 0.06, 0.04; a plan may weigh a level anew (10 % instead of 30 %: 0.02)."""
    for changed, expected in (({}, [0.1, 0.06, 0.04]), ({"weight_1": 0.1}, [0.1, 0.02, 0.04])):
        desk = Desk(BTC)
        desk.strategy(grid(weights=(0.5, 0.3, 0.2)))
        assert levels_of(desk, **changed) == expected


@pytest.mark.parametrize(
    "base, fixed, expected",
    [("equity", 0, 0.12), ("balance", 0, 0.13), ("fixed", 5_000, 0.1), ("fixed", 9_999_999, 0.12)],
)
def test_the_base_of_capital(base: str, fixed: float, expected: float) -> None:
    """Another strategy has gold 500 USD under water: balance 6,500, equity 6,000. Fixed capital counts at most up
    to the equity. One level at 50,000."""
    desk = Desk(BTC, XAUUSD, balance=6_500, hedging=True)
    desk.strategy(grid(levels=1, capital_base=base, fixed_capital=fixed))
    desk.strategy(setup(risk_rate=0.1), XAUUSD)
    desk.price(2000.0, spec=XAUUSD)
    desk.plan(2, start_long=True, stop_price=1935.0)
    desk.fill(desk.order("entry"), 2000.0)
    assert desk.held(2) == 0.10
    desk.price(1950.0, spec=XAUUSD)
    desk.price(51_000.0)
    desk.plan(1, start_long=True, anchor_price=50_500.0, offset=500.0, spacing=500.0)
    assert [order.lots for order in desk.orders("entry", BTC)] == [expected]


def test_the_capital_of_a_cycle_is_fixed_by_its_first_fill() -> None:
    """Unfilled levels keep what was reserved for them: equity doubles, the second level stays at its size."""
    desk = Desk(BTC)
    desk.strategy(grid())
    before = levels_of(desk)
    desk.fill(desk.order("entry", 0))
    desk.deposit(10_000)
    desk.plan(start_long=True, anchor_price=50_500.0, offset=500.0, spacing=500.0)
    assert [order.lots for order in desk.orders("entry")] == before[1:]
