"""The gate: every reason for which it refuses, with the value and the limit that it names.

BTCUSDT at 50,200, 10,000 USDT. The setup: limit 50,000, stop 49,000, 1 % risk: 0.094 BTC, 4,700 USDT notional, 47 USDT
margin (1 %), 99.1183 USDT lost at the stop with both taker fees.
"""

from __future__ import annotations

from typing import Any

import pytest
from kit import BTC, ETH, EURUSD, Desk, Management, Note, Rung, grid, setup, spec_of

from holdfast.model.enums import Denial, Rule, Severity
from holdfast.model.events import SeverityChange
from holdfast.model.limits import Ask
from holdfast.risk.gate import check

MONEY = 10**8


def asked(management: Management | None = None, **limits: float) -> Desk:
    """The plan, given under these limits."""
    desk = Desk(BTC, limits=limits)
    desk.strategy(management or setup())
    desk.price(50_200.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    return desk


def refusal(desk: Desk) -> Note:
    """The only denial."""
    denied = desk.told("DENIED")
    assert len(denied) == 1, denied
    assert desk.orders("entry") == []
    return denied[0]


@pytest.mark.parametrize(
    "rule, allowed, refused, denial, value, limit",
    [
        ("order_notional_max", 0.47, 0.469, Denial.ORDER_NOTIONAL, 4_700, 4_690),
        ("position_notional_max", 0.47, 0.469, Denial.POSITION_NOTIONAL, 4_700, 4_690),
        ("trade_risk_max", 0.00991183, 0.00991182, Denial.TRADE_RISK, 99.1183, 99.1182),
        ("open_risk_max", 0.00991183, 0.00991182, Denial.OPEN_RISK, 99.1183, 99.1182),
        ("margin_max", 0.0047, 0.0046, Denial.MARGIN, 47, 46),
        ("leverage_max", 0.47, 0.469, Denial.LEVERAGE, 4_700, 4_690),
    ],
)
def test_limits_in_money(
    rule: str, allowed: float, refused: float, denial: Denial, value: float, limit: float
) -> None:
    """Each at its very edge: what equals the limit passes, one unit more is refused and named."""
    assert len(asked(**{rule: allowed}).orders("entry")) == 1
    said = refusal(asked(**{rule: refused}))
    assert (said.reason, said.value, said.limit) == (denial, round(value * MONEY), round(limit * MONEY))


def test_the_price_collar() -> None:
    """200 below the ask of 50,200 is 2,000 ticks; 0.3 % are 1,506 ticks."""
    assert len(asked(price_collar=0.004).orders("entry")) == 1
    said = refusal(asked(price_collar=0.003))
    assert (said.reason, said.value, said.limit) == (Denial.PRICE_COLLAR, 2_000, 1_506)


def two(limits: dict[str, float], first: Any = BTC, second: Any = ETH) -> Desk:
    """A setup rests on one instrument, then one is asked for on another."""
    desk = Desk(first, second, limits=limits)
    desk.strategy(setup(), first)
    desk.strategy(setup(), second)
    desk.price(50_200.0, spec=first)
    desk.price(2_510.0, spec=second)
    desk.plan(1, start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    desk.plan(2, start_long=True, entry_price=2_500.0, stop_price=2_450.0)
    return desk


@pytest.mark.parametrize(
    "rule, denial",
    [
        ("order_count_max", Denial.ORDER_COUNT),
        ("trade_count_max", Denial.TRADE_COUNT),
        ("entries_per_day_max", Denial.DAY_COUNT),
        ("group_trades_max", Denial.GROUP_COUNT),
    ],
)
def test_limits_on_counts(rule: str, denial: Denial) -> None:
    """One is allowed, the second is refused: value 1, limit 1. BTC and ETH are of one correlation group."""
    assert BTC.group == ETH.group
    assert len(two({rule: 2}).orders("entry")) == 2
    said = two({rule: 1}).told("DENIED")
    assert [(note.reason, note.value, note.limit) for note in said] == [(denial, 1, 1)]


def test_groups_are_counted_apart() -> None:
    """EURUSD is of another group than BTC."""
    desk = Desk(BTC, EURUSD, limits={"group_trades_max": 1})
    desk.strategy(setup(), BTC)
    desk.strategy(setup(), EURUSD)
    desk.price(50_200.0)
    desk.price(1.102, spec=EURUSD)
    desk.plan(1, start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    desk.plan(2, start_long=True, entry_price=1.10, stop_price=1.09)
    assert len(desk.orders("entry")) == 2


def test_entries_of_the_day_are_counted_anew_at_midnight() -> None:
    """One a day."""
    desk = two({"entries_per_day_max": 1})
    desk.new_day()
    desk.price(2_510.0, spec=ETH, after=1)
    assert len(desk.orders("entry")) == 2


def test_open_risk_counts_what_rests_and_what_is_held() -> None:
    """1.5 % open risk: one setup of 0.991 % rests, the second of about as much is refused."""
    desk = two({"open_risk_max": 0.015})
    assert desk.denials() == [Denial.OPEN_RISK]
    desk.fill(desk.order("entry"))
    desk.price(2_510.0, spec=ETH, after=1)
    assert desk.denials() == [Denial.OPEN_RISK] * 2


def test_a_trades_risk_counts_its_other_levels() -> None:
    """A grid of three levels of 20 % x 1/3 each: under 15 % for one trade two of them may rest (6.7 % + fees each)."""
    desk = Desk(BTC, limits={"trade_risk_max": 0.15})
    desk.strategy(grid())
    desk.price(51_000.0)
    desk.plan(start_long=True, anchor_price=50_500.0, offset=500.0, spacing=500.0)
    assert len(desk.orders("entry")) == 2
    assert desk.denials() == [Denial.TRADE_RISK]


@pytest.mark.parametrize("scope, scope_id", [(0, 0), (1, 0), (2, 1), (3, 1), (5, 1), (6, 0)])
def test_a_halted_scope_admits_nothing(scope: int, scope_id: int) -> None:
    """Engine, account, instrument, strategy: the worst enclosing severity counts."""
    desk = Desk(BTC)
    desk.strategy(setup())
    desk.severity(Severity.NO_NEW, scope, scope_id)
    desk.price(50_200.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    said = refusal(desk)
    assert (said.reason, said.value, said.limit) == (Denial.SEVERITY, Rule.OPERATOR, scope)


def test_a_stale_price_admits_nothing() -> None:
    """An hour old, 15 minutes allowed."""
    desk = Desk(BTC, stale=900)
    desk.strategy(setup())
    desk.price(50_200.0)
    desk.wait(1)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    said = refusal(desk)
    assert (said.reason, said.value, said.limit) == (Denial.UNKNOWN, 3_600 * 10**9, 900 * 10**9)


def test_too_small_for_the_venue() -> None:
    """100 USDT at 1 %: 1 / 1,054.45 = 0.0009 BTC, no whole step: 0 of at least 1 step."""
    desk = Desk(BTC, balance=100)
    desk.strategy(setup())
    desk.price(50_200.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    said = refusal(desk)
    assert (said.reason, said.value, said.limit) == (Denial.BELOW_MINIMUM, 0, 1)


def test_too_little_notional_for_the_venue() -> None:
    """At least 5,000 USDT an order: 4,700 is refused."""
    spec = spec_of(
        "synthetic_perp", "BTC/USDT:USDT", spread="0", spread_floor="0", slippage="0", notional_min="5000"
    )
    desk = Desk(spec)
    desk.strategy(setup())
    desk.price(50_200.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    said = refusal(desk)
    assert (said.reason, said.value, said.limit) == (Denial.BELOW_MINIMUM, 4_700 * MONEY, 5_000 * MONEY)


def ask_of(desk: Desk, quantity: int, side: int = 1) -> Denial:
    """Ask the gate itself, for a trade of mandate 1."""
    row = 2 if side > 0 else 3
    trade = desk.state.trades[row]
    trade.mandate_id, trade.instrument_id, trade.side = 1, 1, side
    ask = Ask(trade_row=row, instrument_id=1, side=side, quantity=quantity, price=502_000)
    ask.stop_price = 502_000 - side * 10_000
    return check(desk.state, ask)


def test_too_large_for_the_venue() -> None:
    """Sizing never asks for more than one order may be; the gate would refuse it."""
    desk = Desk(BTC, balance=10**7)
    desk.strategy(setup())
    desk.price(50_200.0)
    most = desk.state.instruments[1].contract.quantity_max
    assert ask_of(desk, most + 1) == Denial.ABOVE_MAXIMUM
    assert (desk.state.refusal.value, desk.state.refusal.limit) == (most + 1, most)


def test_a_netting_account_holds_one_side() -> None:
    """0.094 long are held: a sell that would open is refused, on a hedging account it is not."""
    for hedging, expected in ((False, Denial.OPPOSITE), (True, Denial.NONE)):
        desk = Desk(BTC, hedging=hedging)
        desk.strategy(setup())
        desk.price(50_200.0)
        desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
        desk.fill(desk.order("entry"))
        assert ask_of(desk, 10, side=-1) == expected


def test_an_entry_without_a_stop_is_refused() -> None:
    """A grid whose stop rate is 0: a level at 50,000 with its stop at 50,000."""
    desk = Desk(BTC)
    desk.strategy(grid(levels=1, stop_rate=0.0))
    desk.price(51_000.0)
    desk.plan(start_long=True, anchor_price=50_500.0, offset=500.0, spacing=500.0)
    said = refusal(desk)
    assert (said.reason, said.value, said.limit) == (Denial.STOP_MISSING, 500_000, 500_000)


@pytest.mark.parametrize("at_work, admitted", [(766, 3), (767, 0)])
def test_a_full_table_admits_no_entry(at_work: int, admitted: int) -> None:
    """The table holds 1,023 orders. 256 are kept for protection (a stop and an exit for either side of 64 instruments),
    so the 768th entry is denied. The orders of others are only counted here, not made."""
    desk = Desk(BTC)
    desk.strategy(grid(levels=1))
    desk.price(51_000.0)
    desk.state.account.working_orders = at_work
    desk.plan(start_long=True, anchor_price=50_500.0, offset=500.0, spacing=500.0)
    assert len(desk.orders("entry")) == min(1, admitted)
    if not admitted:
        said = refusal(desk)
        assert (said.reason, said.value, said.limit) == (Denial.TABLE_FULL, 767, 767)


def test_a_full_table_still_takes_the_stop() -> None:
    """A target finds no room and is watched instead; the stop is placed."""
    desk = asked(setup(rungs=(Rung(1.0, 1.0),)))
    desk.state.account.working_orders = 900
    desk.fill(desk.order("entry"))
    assert desk.order("stop").lots == 0.094
    assert desk.orders("target") == []
    desk.price(50_200.0, after=1)
    desk.price(50_900.0, high=51_000.1, after=1)
    assert desk.order("target").type == "market"


# Ownership


def test_two_strategies_on_one_instrument() -> None:
    """The first owns it from arming on; the second is denied by name: owner 1, asked by 2."""
    desk = Desk(BTC)
    desk.strategy(setup())
    desk.strategy(setup())
    desk.price(50_200.0)
    desk.plan(1, start_long=True, entry_price=49_500.0, stop_price=48_500.0)
    assert desk.phase(1) == "ARMED"
    for side in ("start_long", "start_short"):
        desk.plan(2, **{side: True}, stop_price=49_000.0 if side == "start_long" else 51_000.0)
    said = desk.told("DENIED")
    assert [(note.reason, note.value, note.limit) for note in said] == [(Denial.OWNER, 1, 2)] * 2
    assert desk.phase(2) == "IDLE"


def test_on_a_hedging_account_each_side_has_its_owner() -> None:
    """The second strategy may be short beside the first one's long, but not long."""
    desk = Desk(BTC, hedging=True)
    desk.strategy(setup())
    desk.strategy(setup())
    desk.price(50_200.0)
    desk.plan(1, start_long=True, stop_price=49_000.0)
    desk.plan(2, start_long=True, stop_price=49_000.0)
    assert desk.denials() == [Denial.OWNER]
    desk.plan(2, start_short=True, stop_price=51_000.0)
    for order in desk.orders("entry"):
        desk.fill(order, 50_200.0)
    assert desk.held(1) > 0
    assert desk.held(2, side=-1) > 0


def test_an_instrument_is_free_again_when_its_trade_is_over() -> None:
    """Dropped: the next strategy may have it."""
    desk = Desk(BTC)
    desk.strategy(setup())
    desk.strategy(setup())
    desk.price(50_200.0)
    desk.plan(1, start_long=True, entry_price=49_500.0, stop_price=48_500.0)
    desk.plan(1, exit_long=True)
    desk.plan(2, start_long=True, stop_price=49_000.0)
    assert desk.order("entry").type == "market"


def test_a_cool_down_is_a_denial_with_its_end() -> None:
    """Now, and the instant from which it is over."""
    desk = Desk(BTC)
    desk.strategy(setup(cooldown=3600))
    desk.price(50_200.0)
    desk.plan(start_long=True, stop_price=49_000.0)
    desk.fill(desk.order("entry"), 50_200.0)
    desk.fill(desk.order("stop"), 49_000.0)
    desk.plan(start_long=True, stop_price=49_000.0)
    said = refusal(desk)
    assert (said.reason, said.value, said.limit) == (Denial.COOLDOWN, desk.now, desk.now + 3600 * 10**9)


# Liquidation (risk.md 3.2)


@pytest.mark.parametrize(
    "side, stop, admitted",
    [
        ("long", 45_226.2, True),
        ("long", 45_226.1, False),
        ("short", 54_726.3, True),
        ("short", 54_726.4, False),
    ],
)
def test_a_stop_beyond_the_liquidation_price_is_refused_on_isolated_margin(
    side: str, stop: float, admitted: bool
) -> None:
    """50,000 at 10x, maintenance 0.5 %: liquidation at 45,226.13 long, 54,726.37 short."""
    desk = Desk(BTC, isolated=True)
    desk.strategy(setup(leverage=10))
    desk.price(50_000.0)
    desk.plan(**{f"start_{side}": True}, stop_price=stop)
    assert len(desk.orders("entry")) == int(admitted)
    assert desk.denials() == ([] if admitted else [Denial.LIQUIDATION])


def test_an_isolated_account_without_leverage_puts_up_all_of_the_notional() -> None:
    """A leverage of 0 is none: 1x, at which no stop above zero lies beyond the liquidation of a long."""
    desk = Desk(BTC, isolated=True)
    desk.strategy(setup(leverage=0))
    desk.price(50_000.0)
    desk.plan(start_long=True, stop_price=30_000.0)
    assert desk.denials() == []
    assert len(desk.orders("entry")) == 1


@pytest.mark.parametrize("rate, admitted", [(0.19498, True), (0.19499, False)])
def test_a_stop_beyond_the_liquidation_price_is_refused_on_cross_margin(rate: float, admitted: bool) -> None:
    """1 BTC at 50,000 with 10,000 USDT, fees 0.055 %: (50,000 - 10,000 + 27.5) / (1 - 0.005 - 0.00055) = 40,250.89.
    A stop at 40,251.0 is reached before, one at 40,250.5 is not."""
    desk = Desk(BTC)
    desk.strategy(grid(levels=1, leverage=5, stop_rate=rate))
    desk.price(50_010.0)
    desk.plan(start_long=True, anchor_price=50_500.0, offset=500.0, spacing=500.0)
    assert len(desk.orders("entry")) == int(admitted)
    assert desk.denials() == ([] if admitted else [Denial.LIQUIDATION])


def test_levels_that_rest_together_are_judged_together() -> None:
    """System A's early incident: a stop of 20 % at 6x is 120 % of the capital. Two levels of 2x lose 80 % at it,
    the third would make it 120 %: the venue would close before the stop, so it is refused, although by itself it
    loses only 40 %."""
    desk = Desk(BTC)
    desk.strategy(grid(leverage=6))
    desk.price(51_000.0)
    desk.plan(start_long=True, anchor_price=50_500.0, offset=500.0, spacing=500.0)
    assert [order.index for order in desk.orders("entry")] == [0, 1]
    assert desk.denials() == [Denial.LIQUIDATION]


def test_what_other_positions_tie_up_is_not_free() -> None:
    """ETH holds 50,000 USDT of notional, 500 USDT of margin: the stop of BTC at 40,251 is now beyond liquidation."""
    desk = Desk(BTC, ETH, balance=10_000)
    desk.strategy(grid(levels=1, leverage=5, stop_rate=0.19498), BTC)
    desk.strategy(grid(levels=1, leverage=5, stop_rate=0.01), ETH)
    desk.price(50_010.0)
    desk.price(2_500.0, spec=ETH)
    desk.plan(2, start_long=True, anchor_price=2_500.0, offset=5.0, spacing=5.0)
    desk.fill(desk.order("entry"))
    desk.plan(1, start_long=True, anchor_price=50_500.0, offset=500.0, spacing=500.0)
    assert desk.denials() == [Denial.LIQUIDATION]


# Severity


def held_and_resting() -> Desk:
    """A position of 0.05 of 0.094 with its stop; the rest of the entry is at work."""
    desk = asked()
    desk.fill(desk.order("entry"), lots=0.05)
    return desk


def test_no_new_cancels_entries_and_keeps_protection() -> None:
    """What rests to buy goes; stop and targets stay, and the stop may still be moved."""
    desk = held_and_resting()
    desk.severity(Severity.NO_NEW)
    assert desk.orders("entry") == []
    assert desk.order("stop").lots == 0.05
    assert desk.phase() == "OPEN"


@pytest.mark.parametrize("scope, scope_id", [(0, 0), (1, 0), (2, 1), (3, 1), (5, 1), (6, 0)])
def test_flattening_closes_what_is_held(scope: int, scope_id: int) -> None:
    """Entries away, market exit, the stop stays until nothing is held."""
    desk = held_and_resting()
    desk.severity(Severity.FLATTENING, scope, scope_id)
    assert desk.orders("entry") == []
    assert (desk.order("exit").lots, desk.order("stop").lots) == (0.05, 0.05)


def test_a_scope_is_a_scope() -> None:
    """Halting ETH does not touch BTC."""
    desk = two({})
    desk.apply(SeverityChange(time_ns=desk.now, scope=2, scope_id=2, severity=Severity.FLATTENING))
    assert [order.lots for order in desk.orders("entry")] == [0.094]


def test_after_a_halt_a_waiting_setup_enters_again() -> None:
    """Cancelled by NO_NEW it is back in the queue; back to NORMAL it asks again after its retry time."""
    desk = asked()
    desk.severity(Severity.NO_NEW)
    desk.severity(Severity.NORMAL)
    desk.price(50_200.0, after=0.1)
    assert desk.order("entry").type == "limit"
