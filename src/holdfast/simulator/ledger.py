"""The account recomputed from its fills, slowly, in Decimal, by nobody's code but this page's.

It knows nothing of trades, kernels or incremental sums: it walks through the executions and settlements,
keeps a position of its own for each instrument and side, and adds up. What it finds is compared with the
core's ledger after every run; the difference is the `residual`, and it must be 0.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import Any

from holdfast.model.instrument import Contract
from holdfast.model.units import RATE

ENTRY = 0
FORCED = 4


@dataclass
class Holding:
    """What one side of one instrument holds: quantity in steps, cost in ticks x steps."""

    quantity: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)


@dataclass
class Recomputed:
    """The account's money as this page finds it, in 1e-8."""

    balance: Decimal
    realized: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    funding: Decimal = Decimal(0)
    rollover: Decimal = Decimal(0)
    cash_flows: Decimal = Decimal(0)
    holdings: dict[tuple[int, int], Holding] = field(default_factory=lambda: defaultdict(Holding))


def whole(value: Decimal, rounding: str) -> Decimal:
    """Round to a whole unit of 1e-8."""
    return value.to_integral_value(rounding)


def money(contract: Contract, line: Any, ticks_steps: Decimal) -> Decimal:
    """Money of ticks x steps at a fill, down to a whole unit."""
    denominator = line["price"] if contract.self_converting else line["tick_value_denominator"]
    value = ticks_steps * int(line["tick_value_numerator"]) / int(denominator)
    return whole(value, ROUND_FLOOR)


def fee(contract: Contract, line: Any) -> Decimal:
    """What the fee table says about a fill: each part rounded up."""
    quantity = Decimal(int(line["quantity"]))
    notional = -money(contract, line, -quantity * int(line["price"]))
    charged = contract.maker_rate if line["maker"] else contract.taker_rate
    total = whole(notional * charged / RATE, ROUND_CEILING) + contract.commission * quantity
    if line["role"] == FORCED:
        total += whole(notional * contract.liquidation_rate / RATE, ROUND_CEILING)
    return total


def take(holding: Holding, contract: Contract, line: Any, side: int, quantity: Decimal) -> Decimal:
    """Close part of a holding; returns what it realized."""
    released = whole(holding.cost * quantity / holding.quantity, ROUND_FLOOR)
    holding.cost -= released
    holding.quantity -= quantity
    return money(contract, line, side * (quantity * int(line["price"]) - released))


def recompute(start: int, contracts: list[Contract], fills: Any, cash: Any, hedging: bool) -> Recomputed:
    """Walk through all executions in order. `contracts` by instrument id, row 0 unused."""
    found = Recomputed(Decimal(start))
    with localcontext() as context:
        context.prec = 60
        for line in fills:
            contract, quantity = contracts[int(line["instrument_id"])], Decimal(int(line["quantity"]))
            side, key = int(line["position_side"]), int(line["instrument_id"])
            if line["role"] != ENTRY:
                found.realized += take(found.holdings[key, side], contract, line, side, quantity)
            else:
                other = found.holdings[key, -side]
                netted = min(quantity, other.quantity) if not hedging else Decimal(0)
                if netted:
                    found.realized += take(other, contract, line, -side, netted)
                holding = found.holdings[key, side]
                holding.quantity += quantity - netted
                holding.cost += (quantity - netted) * int(line["price"])
            found.fees += fee(contract, line)
    found.funding = Decimal(int(cash["funding"].sum()))
    found.rollover = Decimal(int(cash["rollover"].sum()))
    found.cash_flows = Decimal(int(cash["flow"].sum()))
    found.balance += found.realized - found.fees + found.funding + found.rollover + found.cash_flows
    return found
