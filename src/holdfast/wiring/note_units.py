"""What the value and the limit of a note are measured in, for people: the core tells both as plain integers."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np

from holdfast.model.enums import Denial, Drop, NoteKind
from holdfast.model.units import RATE, SECOND


class Unit(enum.IntEnum):
    """What an integer of the core counts."""

    NUMBER = 0  # of orders, of trades, of a mandate: as it is
    MONEY = 1  # of the account
    PRICE = 2
    QUANTITY = 3  # of base or lots
    SECONDS = 4  # since 1970, or a length of time
    HUNDRED_MILLIONTHS = 5  # of lots, or of the money of one tick


UNITS: dict[Denial, Unit] = {
    Denial.NONE: Unit.NUMBER,
    Denial.SEVERITY: Unit.NUMBER,
    Denial.UNKNOWN: Unit.SECONDS,  # the age of the price; where there is no price, the bid (see below)
    Denial.OWNER: Unit.NUMBER,
    Denial.COOLDOWN: Unit.SECONDS,
    Denial.BELOW_MINIMUM: Unit.MONEY,  # notional; where the quantity is too small, that (see below)
    Denial.ABOVE_MAXIMUM: Unit.QUANTITY,
    Denial.STOP_MISSING: Unit.PRICE,
    Denial.ORDER_NOTIONAL: Unit.MONEY,
    Denial.PRICE_COLLAR: Unit.PRICE,
    Denial.OPPOSITE: Unit.QUANTITY,
    Denial.POSITION_NOTIONAL: Unit.MONEY,
    Denial.ORDER_COUNT: Unit.NUMBER,
    Denial.TRADE_COUNT: Unit.NUMBER,
    Denial.DAY_COUNT: Unit.NUMBER,
    Denial.GROUP_COUNT: Unit.NUMBER,
    Denial.TRADE_RISK: Unit.MONEY,
    Denial.OPEN_RISK: Unit.MONEY,
    Denial.MARGIN: Unit.MONEY,
    Denial.LEVERAGE: Unit.MONEY,
    Denial.LIQUIDATION: Unit.MONEY,
    Denial.TABLE_FULL: Unit.NUMBER,
    Denial.HEADROOM: Unit.MONEY,
    Denial.GROUP_RISK: Unit.MONEY,
    Denial.GROUP_SIDE: Unit.NUMBER,
    Denial.CURRENCY_RISK: Unit.MONEY,
    Denial.CORRELATED_RISK: Unit.MONEY,
    Denial.IDEA: Unit.MONEY,
    Denial.LOTS: Unit.HUNDRED_MILLIONTHS,
    Denial.RISK_TIER: Unit.MONEY,
    Denial.ORDER_MEDIAN: Unit.MONEY,
    Denial.SELF_TRADE: Unit.PRICE,
    Denial.WINDOW: Unit.NUMBER,
    Denial.BRACKET: Unit.NUMBER,
    Denial.SPACING: Unit.SECONDS,
    Denial.REENTRY: Unit.SECONDS,
    Denial.QUOTA: Unit.NUMBER,
    Denial.FUNDING: Unit.MONEY,
    Denial.CROSSED: Unit.PRICE,
    Denial.TICK_VALUE: Unit.HUNDRED_MILLIONTHS,  # money of one tick on one step
    Denial.HEDGE: Unit.QUANTITY,
}


JUDGED = (NoteKind.DENIED, NoteKind.SHRUNK, NoteKind.OVERFILLED)  # a rule of the gate is their reason


def unit_of(kind: NoteKind, reason: int, quantity: int, value: int, limit: int) -> Unit:
    """The Unit of one note's value and limit; the same as `units_of` for many."""
    if kind == NoteKind.DROPPED and reason == Drop.LATE:
        return Unit.SECONDS
    if kind not in JUDGED:
        return Unit.NUMBER
    if reason == Denial.UNKNOWN and limit == 1:
        return Unit.PRICE
    if reason == Denial.BELOW_MINIMUM and value == quantity:
        return Unit.QUANTITY
    return UNITS[Denial(reason)]


def units_of(kinds: Any, reasons: Any, quantities: Any, values: Any, limits: Any) -> Any:
    """The Unit of each note's value and limit, as an array."""
    by_denial = np.array([UNITS[member] for member in Denial], np.int8)
    denied = np.isin(kinds, JUDGED)
    units = np.where(denied, by_denial[np.where(denied, reasons, 0)], np.int8(Unit.NUMBER))
    units[denied & (reasons == Denial.UNKNOWN) & (limits == 1)] = Unit.PRICE
    units[denied & (reasons == Denial.BELOW_MINIMUM) & (values == quantities)] = Unit.QUANTITY
    units[(kinds == NoteKind.DROPPED) & (reasons == Drop.LATE)] = Unit.SECONDS
    return units


def sizes_of(units: Any, ticks: Any, steps: Any) -> Any:
    """What one of the core's integers is in people's units. `ticks` and `steps` are those of each note's instrument."""
    sizes = np.ones(len(units))
    sizes[(units == Unit.MONEY) | (units == Unit.HUNDRED_MILLIONTHS)] = 1 / RATE
    sizes[units == Unit.SECONDS] = 1 / SECOND
    for unit, of_instrument in ((Unit.PRICE, ticks), (Unit.QUANTITY, steps)):
        rows = units == unit
        sizes[rows] = of_instrument[rows]
    return sizes
