"""An instrument's facts as the core's contract: bounds that cannot overflow, tick values that convert."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

from holdfast.errors import SettingsError
from holdfast.history.instruments import InstrumentSpec
from holdfast.model.instrument import Contract
from holdfast.model.units import MONEY_MAX, PRICE_MAX, QUANTITY_MAX, RATE, TIERS
from holdfast.wiring.units import rate, ticks_up

ROOM = 8  # prices may rise to this multiple of the highest one seen before the core refuses them
LIQUIDATION_RATE = Decimal("0.005")  # of notional, taken by a perpetual venue when it closes by force
NO_CEILING = 1 << 60


@dataclass(frozen=True)
class Conversion:
    """How profit in the quote currency becomes money of the account."""

    pair: str
    inverted: bool  # divide by its price
    tick_size: Decimal

    def worth(self, price: int) -> Fraction:
        """Money of the account for one unit of the quote currency, at a price of the pair in ticks."""
        value = Fraction(self.tick_size) * price
        return 1 / value if self.inverted else value

    def tick_value(self, native: Fraction, price: int) -> tuple[int, int]:
        """(numerator, denominator) of the money of one tick on one step at a price of the pair in ticks."""
        value = native * self.worth(price)
        return value.numerator, value.denominator


def native_value(spec: InstrumentSpec) -> Fraction:
    """Money (1e-8 of the quote currency) of one tick on one step."""
    return Fraction(spec.tick_size) * Fraction(spec.step_size) * Fraction(spec.contract_size) * RATE


def contract_of(spec: InstrumentSpec, highest: float, conversion: Conversion | None, price: int) -> Contract:
    """The contract in integers. `highest` is the highest price in the data; `price` the conversion pair's, in ticks."""
    contract = Contract()
    native = native_value(spec)
    contract.self_converting = conversion is not None and conversion.inverted and conversion.pair == spec.pair
    if conversion is None:
        value = native.numerator, native.denominator
    elif contract.self_converting:
        value = whole_self_value(spec, native), 1
    else:
        value = conversion.tick_value(native, price)
    contract.tick_value_numerator, contract.tick_value_denominator = value
    unit = Fraction(1) if conversion is None else conversion.worth(price)
    set_bounds(contract, spec, highest)
    contract.notional_min = ceil(Fraction(spec.notional_min) * RATE * unit)
    set_costs(contract, spec)
    set_margin(contract, spec, unit)
    contract.bars_are_mid = spec.price_side != "bid"
    contract.volume_is_real = spec.volume_is_real
    contract.can_amend_quantity = spec.can_amend_quantity
    contract.price_band = rate(spec.price_band)
    return contract


def whole_self_value(spec: InstrumentSpec, native: Fraction) -> int:
    """The numerator of a contract whose own price is the conversion."""
    value = native / Fraction(spec.tick_size)
    if value.denominator != 1:
        raise SettingsError(
            f"{spec.pair}: tick {spec.tick_size} on step {spec.step_size} is worth less than 1e-8 of the account.",
            "Use a larger step_size for it.",
        )
    return value.numerator


def set_bounds(contract: Contract, spec: InstrumentSpec, highest: float) -> None:
    """Largest price and order, such that every product of the two with the tick value fits."""
    top = int(Decimal(str(highest)) / spec.tick_size) + 1
    contract.price_max = min(PRICE_MAX, max(1024, ROOM * top))
    if top >= contract.price_max:
        raise SettingsError(
            f"{spec.pair}: a price of {highest} is too many ticks of {spec.tick_size}.",
            "Use a larger tick_size.",
        )
    money = MONEY_MAX * contract.tick_value_denominator // contract.tick_value_numerator
    most = (
        MONEY_MAX // contract.tick_value_numerator
        if contract.self_converting
        else money // contract.price_max
    )
    contract.quantity_max = min(int(spec.quantity_max / spec.step_size), QUANTITY_MAX, most // (2 * ROOM))
    contract.quantity_min = max(1, ticks_up(spec.quantity_min, spec.step_size))
    if contract.quantity_max < contract.quantity_min:
        raise SettingsError(
            f"{spec.pair}: no order size fits between its smallest quantity and the largest that the core can count.",
            "Use a larger step_size for it.",
        )


def set_costs(contract: Contract, spec: InstrumentSpec) -> None:
    """Fees, commission, spread and slippage, rounded up."""
    contract.maker_rate = rate(spec.maker_rate)
    contract.taker_rate = rate(spec.taker_rate)
    contract.commission = ticks_up(spec.commission_per_lot * spec.step_size * RATE, Decimal(1))
    contract.liquidation_rate = 0 if spec.stop_out_level > 0 else rate(LIQUIDATION_RATE)
    contract.spread = ticks_up(spec.spread, spec.tick_size)
    contract.spread_floor = ticks_up(spec.spread_floor, spec.tick_size)
    contract.slippage = ticks_up(spec.slippage, spec.tick_size)


def set_margin(contract: Contract, spec: InstrumentSpec, unit: Fraction) -> None:
    """The venue's margin table; the last tier goes as far as needed. It is written in the quote currency, of which
    one is worth `unit` of the account's as the run begins: a table in yen is not one in dollars."""
    contract.stop_out_rate = rate(spec.stop_out_level)
    contract.tier_count = min(len(spec.tiers), TIERS)
    for i, tier in enumerate(spec.tiers[:TIERS]):
        row = contract.tiers[i]
        row.notional_max = min(NO_CEILING, int(Fraction(tier.notional_max) * RATE * unit))
        row.initial_rate = rate(tier.initial_rate)
        row.maintenance_rate = rate(tier.maintenance_rate)
        row.deduction = int(Fraction(tier.deduction) * RATE * unit)
