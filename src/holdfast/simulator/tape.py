"""What a run writes down as it goes: fills, notes, closed trades, equity. Arrays of a chunk, emptied by Python."""

from __future__ import annotations

from holdfast.model.enums import Role
from holdfast.records import record

MARGIN = 4096  # rows that one instant may need at most; a chunk stops before it has fewer left


@record
class FillLine:
    """One execution. Role 4 is a closure by force."""

    time_ns: int
    fill_id: int
    order_id: int
    trade_id: int
    mandate_id: int
    instrument_id: int
    role: Role
    index: int
    side: int
    position_side: int
    quantity: int
    price: int
    fee: int
    maker: bool
    realized: int
    slippage: int
    tick_value_numerator: int  # as they were when it was booked: the recomputation needs them
    tick_value_denominator: int


@record
class CashLine:
    """Funding or rollover of one instrument, as booked."""

    time_ns: int
    instrument_id: int
    funding: int
    rollover: int


@record
class EquityLine:
    """The account at the end of an interval; the low is at the adverse extremes of all positions together."""

    time_ns: int
    balance: int
    equity: int
    equity_low: int
    margin: int
    open_risk: int
    positions: int


@record
class Cursor:
    """Where the loop stands."""

    bar: int
    plan: int
    item: int
    fills: int
    notes: int
    closed: int
    cash: int
    samples: int
    duration_ns: int  # of one price bar
    sample_ns: int  # interval of the equity line
    sample_until_ns: int
    equity_low: int
    stop_sequence: int  # return after this many events; 0 = never
    groups: int
