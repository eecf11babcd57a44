"""What trades in a simulation: an account with its limits, four instruments, grids and setups; or a person's own."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.model.enums import Kind, StopMove
from holdfast.model.instrument import Contract, notional_of
from holdfast.model.limits import Limits
from holdfast.model.mandate import Mandate
from holdfast.model.units import HOUR, MINUTE, RATE
from holdfast.operations.chaos.making import filled
from holdfast.records import blank_array
from holdfast.simulator.simulation import Listing, Scenario
from holdfast.simulator.world import Scheduled

PRICE = 100_000  # ticks, of an instrument without a price of its own
VOLATILITY = 0.0008  # of one minute
BALANCE = 100_000 * RATE
MANY = 1_000_000  # steps: one alone may be worth less than the smallest unit of money


@dataclass(frozen=True)
class Setting:
    """The account of a run, and where the market of each instrument begins (ticks)."""

    scenario: Scenario
    prices: tuple[int, ...]
    volatility: float = VOLATILITY

    def capital(self, instrument_id: int) -> int:
        """Steps of an instrument that the balance would buy."""
        contract, price = self.scenario.listings[instrument_id - 1].contract, self.prices[instrument_id - 1]
        return max(1, self.scenario.balance * MANY // notional_of(contract, price, MANY))


def usual() -> Setting:
    """Two grids and two setups on a netting account, busy enough that everything happens within a day."""
    listings = tuple(Listing(contract(i), group_id=0) for i in range(1, 5))
    mandates = (grid(1), grid(2), setup(3), setup(4))
    made = Scenario(
        balance=BALANCE, hedging=False, isolated=False, listings=listings, mandates=mandates,
        limits=(limits(), limits()), bars=None, plan_times=(), plans=lambda *_: None,
        items=blank_array(Scheduled, 0), duration_ns=MINUTE, sample_ns=HOUR, volume_share=RATE,
    )  # fmt: skip
    return Setting(made, (PRICE,) * len(listings))


def contract(instrument_id: int) -> Contract:
    """A perpetual: one tick on one step is a thousandth of a cent, one step about one unit of money."""
    made = filled(Contract, instrument_id=instrument_id, tick_value_numerator=1_000, tick_value_denominator=1)
    made.quantity_min, made.quantity_max, made.price_max = 1, 2_000_000, 16 * PRICE
    made.notional_min = 5 * RATE
    made.maker_rate, made.taker_rate, made.liquidation_rate = 20_000, 55_000, 500_000
    made.bars_are_mid, made.spread, made.slippage = True, 10, 5
    made.can_amend_quantity = True
    made.tier_count = 1
    made.tiers[0].notional_max, made.tiers[0].initial_rate = 10_000_000 * RATE, RATE // 20
    made.tiers[0].maintenance_rate = RATE // 40
    return made


def grid(instrument_id: int) -> Mandate:
    """Four levels, one stop on the average."""
    made = filled(Mandate, strategy_id=1, instrument_id=instrument_id, class_id=1, kind=Kind.GRID)
    made.allocation, made.leverage, made.stop_rate = RATE // 5, 3 * RATE, RATE // 80
    made.post_only, made.resize_rate, made.retry_ns = True, RATE // 20, 2 * MINUTE
    made.cooldown_ns, made.max_hold_ns = 5 * MINUTE, 6 * HOUR
    made.level_count = 4
    for i in range(made.level_count):
        made.weights[i].share = RATE // made.level_count
    return made


def setup(instrument_id: int) -> Mandate:
    """One entry, three targets, a stop that moves to break-even and trails."""
    made = filled(Mandate, strategy_id=2, instrument_id=instrument_id, class_id=0, kind=Kind.SETUP)
    made.risk_rate, made.leverage = RATE // 200, 10 * RATE
    made.market_r, made.limit_r, made.wait_r = RATE // 20, 3 * RATE // 10, 3 * RATE // 2
    made.queue_life_ns, made.order_life_ns, made.retry_ns = 2 * HOUR, 3 * HOUR, 2 * MINUTE
    made.resize_rate, made.cooldown_ns = RATE // 20, 3 * MINUTE
    made.rung_count = 3
    moves = (StopMove.BREAK_EVEN, StopMove.PREVIOUS_TARGET_PLUS, StopMove.TRAIL)
    for i, (multiple, move) in enumerate(zip((1.0, 1.6, 2.5), moves, strict=True)):
        rung = made.rungs[i]
        rung.multiple, rung.share, rung.stop_move = round(multiple * RATE), RATE // 3, move
        rung.move_value = RATE // 2 if move == StopMove.TRAIL else 0
    return made


def limits() -> Limits:
    """Wide enough to trade, narrow enough to be met."""
    made = filled(
        Limits, order_notional_max=RATE, position_notional_max=3 * RATE // 2, open_risk_max=RATE // 10
    )
    made.leverage_max, made.trade_risk_max = 4 * RATE, RATE // 25
    made.price_collar, made.order_count_max = RATE // 50, 60
    made.stale_after_ns = 4 * MINUTE
    return made
