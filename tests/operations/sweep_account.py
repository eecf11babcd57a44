"""The account of the kill sweep: two perpetuals, a setup on one and a grid on the other, as events."""

from __future__ import annotations

from typing import Any

from holdfast.model.commands import Command
from holdfast.model.enums import Kind, StopMove
from holdfast.model.events import AccountOpened, InstrumentListed, LimitsSet, MandateGiven, Plan, Price
from holdfast.model.instrument import Contract
from holdfast.model.mandate import Mandate
from holdfast.model.units import HOUR, RATE
from holdfast.records import copy_record


def contract_of(number: int) -> Contract:
    """Ticks of 1, steps of 0.001, taker 5, maker 2 hundredths of a percent."""
    made = Contract(
        instrument_id=number, tick_value_numerator=RATE // 1000, tick_value_denominator=1, quantity_min=1,
        quantity_max=100_000, price_max=1_000_000, maker_rate=20_000, taker_rate=50_000, bars_are_mid=True,
        spread=2, slippage=1, can_amend_quantity=True, tier_count=1,
    )  # fmt: skip
    made.tiers[0].notional_max = 10**15
    made.tiers[0].initial_rate = RATE // 20
    made.tiers[0].maintenance_rate = RATE // 100
    return made


def setup_mandate() -> Mandate:
    """Risks 1 %, two targets; the first moves the stop to break-even."""
    made = Mandate(
        strategy_id=1, instrument_id=1, class_id=0, kind=Kind.SETUP, risk_rate=RATE // 100, market_r=RATE // 20,
        limit_r=RATE, wait_r=3 * RATE, retry_ns=1, cooldown_ns=HOUR, rung_count=2, level_count=1,
    )  # fmt: skip
    for rung, multiple in zip(made.rungs, (RATE, 4 * RATE), strict=False):
        rung.multiple, rung.share, rung.stop_move = multiple, RATE // 2, StopMove.BREAK_EVEN
    return made


def grid_mandate() -> Mandate:
    """Three levels, a stop 10 % under the average, post-only."""
    made = Mandate(
        strategy_id=2, instrument_id=2, class_id=1, kind=Kind.GRID, allocation=RATE // 4, leverage=RATE,
        post_only=True, stop_rate=RATE // 10, level_count=3, retry_ns=1, cooldown_ns=HOUR,
    )  # fmt: skip
    for i in range(3):
        made.weights[i].share = RATE // 3
    return made


def events() -> list[Any]:
    """What the account begins with."""
    made: list[Any] = [AccountOpened(balance=10_000 * RATE), LimitsSet(class_id=0), LimitsSet(class_id=1)]
    for number in (1, 2):
        listed = InstrumentListed()
        copy_record(listed.contract, contract_of(number))
        made.append(listed)
    for number, mandate in enumerate((setup_mandate(), grid_mandate()), 1):
        given = MandateGiven(mandate_id=number)
        copy_record(given.mandate, mandate)
        made.append(given)
    return made


def plan_of(told: dict[str, Any], time_ns: int) -> Plan:
    """A plan of the story."""
    return Plan(time_ns=time_ns, **told)


def price_of(told: dict[str, Any], time_ns: int) -> Price:
    """A price of the story: the middle, one tick either side."""
    middle = told["price"]
    return Price(
        time_ns=time_ns, instrument_id=told["instrument_id"], bid=middle - 1, ask=middle + 1, low=middle - 1,
        high=middle - 1,
    )  # fmt: skip


__all__ = ["Command", "contract_of", "events", "plan_of", "price_of"]
