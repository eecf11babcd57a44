"""The account recomputed from its fills and from what fell due, slowly, in Decimal, by nobody's code but this page's.

It knows nothing of trades, kernels or incremental sums: it walks through the executions, keeps a position of its own
for each instrument and side, pays funding and rollover on it by the schedule (`settlements.py`), and adds up. What it
finds is compared with the core's ledger after every run; the difference is the `residual`, and it must be 0.

Roundings, told again: sizes of money are whole units of 1e-8, profit goes down, fees and notional go up, a settlement
goes down whichever its sign: what is paid is rounded up, what is received down.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import Any

from holdfast.model.instrument import Contract
from holdfast.model.units import RATE
from holdfast.simulator.settlements import Settlement, Timetable
from holdfast.simulator.world import Item

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


def worth(
    contract: Contract, value: tuple[int, int], ticks_steps: Decimal, price: int, rounding: str
) -> Decimal:
    """Money of ticks x steps at a tick value; a contract that converts itself divides by the price."""
    return whole(ticks_steps * value[0] / (price if contract.self_converting else value[1]), rounding)


def funding(
    contract: Contract, value: tuple[int, int], side: int, quantity: Decimal, due: Settlement, price: int
) -> Decimal:
    """Longs pay a positive rate (a) on their value at the mark (b), or at the last bid; shorts receive it."""
    at = due.b if due.b > 0 else price
    notional = worth(contract, value, quantity * at, at, ROUND_CEILING)
    return -whole(notional * side * due.a / RATE, ROUND_CEILING)


def rollover(
    contract: Contract, value: tuple[int, int], side: int, quantity: Decimal, due: Settlement, price: int
) -> Decimal:
    """A long's (a) or a short's (b) points of 1e-8 ticks for each of c nights, on the whole quantity."""
    points = due.a if side > 0 else due.b
    tick = worth(contract, value, quantity * due.c, price, ROUND_CEILING if points < 0 else ROUND_FLOOR)
    return whole(tick * points / RATE, ROUND_FLOOR)


def settle(found: Recomputed, contracts: list[Contract], timetable: Timetable, due: Settlement) -> None:
    """Pay one settlement on what is held of its instrument, long and short."""
    contract = contracts[due.instrument_id]
    for side in (1, -1):
        holding = found.holdings.get((due.instrument_id, side))
        if holding is None or not holding.quantity:
            continue
        price = timetable.last_bid(contract, due.instrument_id, due.seen_ns)
        value = timetable.tick_value(contract, due)
        if due.kind == Item.FUNDING:
            found.funding += funding(contract, value, side, holding.quantity, due, price)
        else:
            found.rollover += rollover(contract, value, side, holding.quantity, due, price)


def comes_first(due: Settlement, line: Any) -> bool:
    """Whether a settlement is before an execution."""
    time = int(line["time_ns"])
    if time == due.before_ns and due.forced_too and line["role"] == FORCED:
        return False
    return time >= due.before_ns


def in_order(fills: Any, timetable: Timetable) -> Iterator[Any]:
    """Executions as they were told, and before each of them the settlements that are."""
    dues = iter(timetable)
    due = next(dues, None)
    for line in fills:
        while due is not None and comes_first(due, line):
            yield due
            due = next(dues, None)
        yield line
    if due is not None:
        yield due
    yield from dues


def execute(found: Recomputed, contracts: list[Contract], line: Any, hedging: bool) -> None:
    """One execution: profit of what it closes, cost of what it opens, and its fee."""
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


def recompute(
    start: int, contracts: list[Contract], fills: Any, timetable: Timetable, hedging: bool, flows: int = 0
) -> Recomputed:
    """Walk through all executions and all that falls due. `contracts` as the run began, by instrument id, row 0
    unused; `flows` is what came from outside in all, in 1e-8."""
    found = Recomputed(Decimal(start))
    with localcontext() as context:
        context.prec = 60
        for step in in_order(fills, timetable):
            if isinstance(step, Settlement):
                settle(found, contracts, timetable, step)
            else:
                execute(found, contracts, step, hedging)
    found.cash_flows = Decimal(flows)
    found.balance += found.realized - found.fees + found.funding + found.rollover + found.cash_flows
    return found
