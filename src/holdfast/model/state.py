"""All that the engine knows. It changes only by applying events."""

from __future__ import annotations

from holdfast.model.account import Account
from holdfast.model.enums import Severity
from holdfast.model.instrument import Instrument
from holdfast.model.limits import Ask, Limits, Refusal
from holdfast.model.mandate import Mandate
from holdfast.model.order import Order
from holdfast.model.trade import Trade
from holdfast.model.units import CLASSES, GROUPS, INSTRUMENTS, MANDATES, ORDERS, TRADES
from holdfast.records import Rows, record, rows

DENIALS = 32


@record
class Count:
    """A counter in a table of counters."""

    count: int


@record
class State:
    """One record. Tables have a watermark: rows above it were never used."""

    sequence: int
    time_ns: int
    severity: Severity  # of the whole engine
    next_order_id: int
    next_trade_id: int
    instrument_watermark: int
    mandate_watermark: int
    trade_watermark: int
    order_watermark: int
    class_watermark: int
    free_order: int
    placed_count: int
    amended_count: int
    canceled_count: int
    fill_count: int
    closed_count: int
    dropped_count: int
    unknown_reports: int  # reports about orders that are no longer ours to move
    account: Account
    ask: Ask
    refusal: Refusal
    denials: Rows[Count] = rows(DENIALS)
    group_trades: Rows[Count] = rows(GROUPS)
    limits: Rows[Limits] = rows(CLASSES, used="class_watermark")
    instruments: Rows[Instrument] = rows(INSTRUMENTS, used="instrument_watermark")
    mandates: Rows[Mandate] = rows(MANDATES, used="mandate_watermark")
    trades: Rows[Trade] = rows(TRADES, used="trade_watermark")
    orders: Rows[Order] = rows(ORDERS, used="order_watermark")
