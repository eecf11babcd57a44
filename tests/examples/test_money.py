"""Money to the last unit: funding, rollover, profit in another currency, moved tick values, fees."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import polars as pl
import pytest
from kit import (
    BTC,
    EURGBP,
    EURUSD,
    GBPUSD,
    HOUR,
    MONDAY,
    PLAYED,
    USDJPY,
    Desk,
    Market,
    compare_with_compiled,
    grid,
    setup,
    spec_of,
)

from holdfast.model.events import TickValue
from holdfast.wiring import schedule
from holdfast.wiring.contracts import Conversion

FIRST = len(PLAYED)


def held_btc(side: str, hours: int, balance: float = 10_000) -> Market:
    """0.1 BTC from 50,000 (a grid level of half the equity at the open of bar 1), then flat bars."""
    market = Market(BTC, balance=balance)
    market.strategy(grid(levels=1, allocation=0.5, stop_rate=0.5))
    market.flat(50_000.0)
    market.plan(1, **{f"start_{side}": True, "enter_now": True})
    market.flat(50_000.0, hours)
    return market


def funding(
    *settlements: tuple[float, float], mark: dict[float, float] | None = None
) -> tuple[pl.DataFrame, object]:
    """(hour, rate) rows as a venue's history tells them, a few milliseconds late; marks by hour."""
    instants = pl.col("ts").cast(pl.Datetime("ns", "UTC"))
    rows = [{"ts": MONDAY + round(hour * HOUR) + 3_000_000, "rate": rate} for hour, rate in settlements]
    marks = [{"ts": MONDAY + round(hour * HOUR), "open": price} for hour, price in (mark or {}).items()]
    return pl.DataFrame(rows).with_columns(instants), pl.DataFrame(marks).with_columns(
        instants
    ) if marks else None


def add_funding(
    market: Market, *settlements: tuple[float, float], mark: dict[float, float] | None = None
) -> None:
    frame, marks = funding(*settlements, mark=mark)
    market.schedule(schedule.funding_items(1, frame, marks, market.bars_of(BTC), 0.1))


CHANGING = ((8, 0.0001), (16, -0.0002), (20, 0.0003), (24, 0.0001))  # 8 h, then 4 h apart


@pytest.mark.parametrize("side, sign", [("long", -1), ("short", 1)])
def test_funding_at_its_recorded_times_with_a_changing_interval(side: str, sign: int) -> None:
    """0.1 BTC at 50,000 are 5,000 USDT: 0.5, -1.0, 1.5, 0.5 in turn, sum 1.5. Longs pay what is positive."""
    market = held_btc(side, 24)
    add_funding(market, *CHANGING)
    played = market.run()
    assert played.funding == sign * 1.5


def test_who_holds_nothing_at_the_settlement_pays_nothing() -> None:
    """Entered at 1:00, out at 12:00: only the settlement of 8:00 counts."""
    market = held_btc("long", 24)
    market.plan(12, exit_long=True)
    add_funding(market, *CHANGING)
    played = market.run()
    assert played.funding == played.trade.funding == -0.5


def test_funding_is_paid_on_the_mark_where_it_is_known() -> None:
    """Mark 50,500 at 8:00, none at 16:00 (then the bar's own opening price of 50,000): -0.505 + 1.0."""
    market = held_btc("long", 16)
    add_funding(market, (8, 0.0001), (16, -0.0002), mark={8: 50_500.0})
    assert market.run().funding == 0.495


def test_an_entry_at_the_instant_of_a_settlement_comes_after_it() -> None:
    """Funding, price, plan: bought at the open of 1:00, settled at 1:00: not held yet."""
    market = held_btc("long", 3)
    add_funding(market, (1, 0.01))
    assert market.run().funding == 0


# Rollover


FX = spec_of(
    "mt5_ejtrader",
    "EURUSD",
    spread="0",
    spread_floor="0",
    slippage="0",
    rollover_long="-10",
    rollover_short="4",
)


@pytest.mark.parametrize("side, week", [("long", -7.0), ("short", 2.8)])
def test_rollover_of_a_week_with_its_triple_day(side: str, week: float) -> None:
    """0.10 lots of EURUSD, -10 points a night and lot long, +4 short; a point is 1 USD a lot. Monday to Friday are five
    nights at 17:00 New York, Wednesday's counts three: 7 x 0.10 x (-10) = -7.00, 7 x 0.10 x 4 = 2.80."""
    market = Market(FX)
    market.strategy(setup())
    market.flat(1.10, spec=FX)
    market.plan(1, **{f"start_{side}": True}, stop_price=1.09 if side == "long" else 1.11)
    market.flat(1.10, 5 * 24, spec=FX)
    market.schedule(schedule.rollover_items(1, FX, MONDAY, MONDAY + 121 * HOUR))
    played = market.run()
    assert played.rollover == week


def test_the_triple_night_is_wednesdays_in_new_york() -> None:
    """22:00 UTC in winter: nights of 1 to 5 January 2024 as (hour, days)."""
    items = schedule.rollover_items(1, FX, MONDAY, MONDAY + 168 * HOUR)
    assert [((int(i["time_ns"]) - MONDAY) // HOUR, int(i["c"])) for i in items] == [
        (22, 1),
        (46, 1),
        (70, 3),
        (94, 1),
        (118, 1),
    ]


def test_rollover_moves_an_hour_with_daylight_saving() -> None:
    """17:00 New York is 21:00 UTC from 11 March 2024 on."""
    march = MONDAY + 68 * 24 * HOUR  # Saturday, 9 March
    items = schedule.rollover_items(1, FX, march, march + 72 * HOUR)
    assert [(int(i["time_ns"]) - march) // HOUR for i in items] == [69]


# Another currency


def test_profit_of_usdjpy_in_usd() -> None:
    """0.35 lots long from 150.000, sold at 151.000: 35,000 yen, converted at 151: 231.78807947 USD, rounded down."""
    desk = Desk(USDJPY, balance=20_000, through={"USDJPY": (USDJPY, 150.0)})
    desk.strategy(setup(risk_rate=0.006))
    desk.price(150.0)
    desk.plan(start_long=True, stop_price=149.5)
    desk.fill(desk.order("entry"), 150.0)
    desk.price(151.0)
    desk.plan(exit_long=True)
    desk.fill(desk.order("exit"), 151.0)
    assert desk.state.account.realized_pnl == floor(Fraction(35_000, 151) * 10**8) == 231_78807947


def test_loss_of_usdjpy_in_usd() -> None:
    """Stopped at 149.500: -17,500 yen at 149.5 are -117.05685619 USD (rounded down: against us); the 0.6 % held."""
    desk = Desk(USDJPY, balance=20_000, through={"USDJPY": (USDJPY, 150.0)})
    desk.strategy(setup(risk_rate=0.006))
    desk.price(150.0)
    desk.plan(start_long=True, stop_price=149.5)
    desk.fill(desk.order("entry"), 150.0)
    desk.fill(desk.order("stop"))
    assert desk.state.account.realized_pnl == floor(Fraction(-17_500 * 10**8 * 10, 1495)) == -117_05685619
    assert desk.balance > 20_000 - 120


def test_open_profit_of_usdjpy_is_converted_at_the_price_of_now() -> None:
    """0.10 lots from 150: at 152 20,000 yen / 152 = 131.57894736 USD of equity, not 20,000 / 150."""
    desk = Desk(USDJPY, balance=20_000, through={"USDJPY": (USDJPY, 150.0)})
    desk.strategy(setup(risk_rate=0.0033445))
    desk.price(150.0)
    desk.plan(start_long=True, stop_price=149.0)
    desk.fill(desk.order("entry"), 150.0)
    assert desk.held() == 0.09
    desk.price(152.0)
    assert desk.state.account.equity - desk.state.account.balance == floor(Fraction(18_000 * 10**8, 152))


def crossed(*rates: float) -> Market:
    """0.31 lots of EURGBP from 0.85 at the open of hour 1; GBPUSD closes at these rates; out at the last open."""
    market = Market(EURGBP, balance=20_000, through={"EURGBP": (GBPUSD, rates[0])})
    market.strategy(setup(risk_rate=0.006))
    market.flat(0.85, spec=EURGBP)
    market.plan(1, start_long=True, stop_price=0.847)
    closes = [MONDAY + i * HOUR for i in range(len(rates))]
    prices = pl.DataFrame({"ts": closes, "close": list(rates)}).with_columns(
        pl.col("ts").cast(pl.Datetime("ns", "UTC"))
    )
    by = Conversion("GBPUSD", False, GBPUSD.tick_size)
    market.schedule(schedule.tick_value_items(1, EURGBP, by, prices, HOUR))
    return market


def test_profit_of_eurgbp_in_usd_at_the_rate_of_its_close() -> None:
    """100 pips of 0.31 lots are 310 GBP. GBPUSD was 1.2700 at the entry and closed at 1.3000 before the exit at 3:00:
    403.00 USD, not 393.70."""
    market = crossed(1.27, 1.27, 1.30)
    market.flat(0.85, spec=EURGBP)
    market.flat(0.86, spec=EURGBP)
    market.plan(3, exit_long=True)
    market.flat(0.86, spec=EURGBP)
    played = market.run()
    assert played.trade.lots == 0.31
    assert played.trade.realized == 403.0


def test_booked_history_does_not_move_with_the_rate() -> None:
    """Closed at 1.2700, then GBPUSD doubles: the balance stays."""
    market = crossed(1.27, 1.27, 1.27, 2.54)
    market.plan(2, exit_long=True)
    market.flat(0.85, spec=EURGBP)
    market.flat(0.86, 2, spec=EURGBP)
    assert market.run().balance == 20_000 + 393.7


def test_what_is_open_or_rests_follows_the_rate() -> None:
    """0.10 lots held, 0.10 rest at 0.84: at 1.27 the resting order is 8,400 GBP = 10,668 USD of notional, at 1.35
    11,340 USD; open profit follows too."""
    desk = Desk(EURGBP, balance=20_000, through={"EURGBP": (GBPUSD, 1.27)})
    desk.strategy(grid(levels=2, capital_base="fixed", fixed_capital=21_600.0))
    desk.price(0.86)
    desk.deposit(10_000)
    desk.plan(start_long=True, anchor_price=0.86, offset=0.01, spacing=0.01)
    assert [o.lots for o in desk.orders("entry")] == [0.10, 0.10]
    desk.fill(desk.order("entry", 0))
    account = desk.state.account
    assert account.resting_notional == 10_668 * 10**8
    contract = desk.state.instruments[1].contract
    numerator, denominator = contract.tick_value_numerator * 135, contract.tick_value_denominator * 127
    desk._send(TickValue, instrument_id=1, numerator=numerator, denominator=denominator)
    assert account.resting_notional == 11_340 * 10**8
    assert account.equity - account.balance == 100 * 135 * 10**6


# Fees


def test_commission_is_charged_for_each_lot_and_side() -> None:
    """3 USD a lot and side on 0.29 lots: 0.87 in, 0.87 out."""
    spec = spec_of("mt5_spread", "EURUSD", spread="0", spread_floor="0", slippage="0")
    desk = Desk(spec, balance=29_200)
    desk.strategy(setup())
    desk.price(1.10)
    desk.plan(start_long=True, stop_price=1.09)
    desk.fill(desk.order("entry"), 1.10)
    assert desk.held() == 0.29
    desk.fill(desk.order("stop"))
    assert desk.state.account.fees == 174_000_000
    assert desk.balance == 29_200 - 290 - 1.74


def test_fees_round_up_to_a_unit() -> None:
    """0.001 BTC at 50,000.1 is 50.0001 USDT; 0.055 % of it is 0.027500055, booked as 0.02750006."""
    desk = Desk(BTC)
    desk.strategy(setup(risk_rate=0.00012))
    desk.price(50_000.1)
    desk.plan(start_long=True, stop_price=49_000.0)
    desk.fill(desk.order("entry"), 50_000.1)
    assert desk.held() == 0.001
    assert desk.state.account.fees == 2_750_006


def test_gross_profit_fees_funding_and_rollover_are_kept_apart() -> None:
    """start + realized + funding + rollover - fees = balance, each with its own sign."""
    market = held_btc("long", 10)
    add_funding(market, (8, 0.0001))
    market.plan(9, exit_long=True)
    played = market.run()
    assert (played.trade.realized, played.trade.fees, played.trade.funding) == (0.0, 5.5, -0.5)
    assert played.balance == 10_000 - 5.5 - 0.5


def test_the_ledger_has_no_residual_on_a_cross_with_everything() -> None:
    """Commission, swap, moved tick value and a stop in one run: venue, core and recomputation agree."""
    spec = spec_of("mt5_spread", "EURGBP", slippage="0.00002")
    market = Market(spec, balance=20_000, through={"EURGBP": (GBPUSD, 1.27123)})
    market.strategy(setup(risk_rate=0.006))
    market.flat(0.85, spec=spec)
    market.plan(1, start_long=True, stop_price=0.847)
    market.flat(0.851, 24, spec=spec)
    market.bar(0.851, 0.852, 0.846, 0.8465, spec=spec)
    rates = pl.DataFrame(
        {"ts": [MONDAY + i * HOUR for i in range(24)], "close": [1.27 + i * 0.00037 for i in range(24)]}
    )
    rates = rates.with_columns(pl.col("ts").cast(pl.Datetime("ns", "UTC")))
    by = Conversion("GBPUSD", False, GBPUSD.tick_size)
    market.schedule(schedule.tick_value_items(1, spec, by, rates, HOUR))
    market.schedule(schedule.rollover_items(1, spec, MONDAY, MONDAY + 26 * HOUR))
    played = market.run()
    assert played.trade.realized < 0
    assert played.rollover < 0


def test_eurusd_needs_no_conversion() -> None:
    """100 pips of 0.20 lots are 200 USD exactly."""
    desk = Desk(EURUSD, balance=20_000)
    desk.strategy(setup())
    desk.price(1.10)
    desk.plan(start_long=True, stop_price=1.09)
    desk.fill(desk.order("entry"), 1.10)
    desk.fill(desk.order("stop"))
    assert desk.balance == 19_800


def test_compiled_gives_the_same() -> None:
    """Every scenario of this module, compiled."""
    assert compare_with_compiled(FIRST) >= 8
