"""At which price the venue would close a position by force (risk.md 3.2)."""

from __future__ import annotations

from holdfast.model.arithmetic import mul_div, mul_div_up, scale
from holdfast.model.instrument import Contract, notional_of, tier_of, worth_up
from holdfast.model.units import RATE
from holdfast.records import kernel


@kernel
def maintenance_rate(contract: Contract, notional: int) -> int:
    """Share of a notional that must be kept; FX: the stop-out share of the initial margin."""
    tier = contract.tiers[tier_of(contract, notional)]
    if contract.stop_out_rate > 0:
        return scale(tier.initial_rate, contract.stop_out_rate)
    return tier.maintenance_rate


@kernel
def ticks_steps_of(contract: Contract, money: int, price: int) -> int:
    """How many ticks x steps are worth this money, rounded down; a contract that converts itself at this price."""
    denominator = price if contract.self_converting else contract.tick_value_denominator
    return mul_div(money, denominator, contract.tick_value_numerator)


@kernel
def liquidation_price(
    contract: Contract, side: int, quantity: int, entry_value: int, free: int, fee_rate: int
) -> int:
    """Where what is left equals what must be kept; rounded towards the entry, 0 where it never comes to that.

    `entry_value` in ticks x steps; `free` is the margin of an isolated position with what was added to it, or the free
    wallet of a cross one; `fee_rate` the closing fee where it counts (cross), 0 where it does not (isolated):

        long  (q E - free - D) / (q (1 - MMR - f))        short  (q E + free + D) / (q (1 + MMR + f))

    The tier is that of the entry; more than the whole position is worth is as good as the whole.
    """
    entry = entry_value // quantity
    notional = worth_up(contract, entry_value, entry)
    deduction = contract.tiers[tier_of(contract, notional)].deduction if contract.stop_out_rate == 0 else 0
    most = notional_of(contract, contract.price_max, quantity)
    cushion = ticks_steps_of(contract, max(0, min(most, free + deduction)), entry)
    kept = maintenance_rate(contract, notional) + fee_rate
    if side > 0:
        return mul_div_up(max(0, entry_value - cushion), RATE, quantity * (RATE - kept))
    return mul_div(entry_value + cushion, RATE, quantity * (RATE + kept))
