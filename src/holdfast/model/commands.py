"""Every output of the engine: what to do, imperative, and what to tell people."""

from __future__ import annotations

from holdfast.model.enums import (
    CommandClass,
    CommandKind,
    Drop,
    Exit,
    Kind,
    NoteKind,
    NoticeKind,
    OrderType,
    Rule,
    Scope,
    Severity,
)
from holdfast.model.units import CLOSED, COMMANDS, NOTES, NOTICES
from holdfast.records import Rows, record, rows


@record
class Command:
    """One order to place, amend or cancel. Quantity is the order's total, its filled part included."""

    kind: CommandKind
    command_class: CommandClass
    order_row: int
    order_id: int
    epoch: int  # of the start that planned the order; with its number it names the order at the venue
    instrument_id: int
    position_side: int  # which position it opens or reduces: +1 long, -1 short
    side: int
    order_type: OrderType
    limit_price: int
    trigger_price: int
    stop_price: int
    quantity: int
    post_only: bool
    reduce_only: bool
    immediate: bool  # a limit that takes what it can at once and never rests


@record
class Note:
    """One fact for people: reasons and prices by number, texts are added outside."""

    time_ns: int
    kind: NoteKind
    reason: int
    trade_id: int
    mandate_id: int
    instrument_id: int
    index: int
    price: int
    quantity: int
    value: int
    limit: int


@record
class Notice:
    """One fact of the risk engine, with its cause: the event that led to it, by number."""

    time_ns: int
    sequence: int
    kind: NoticeKind
    rule: Rule
    index: int  # which one of its kind, such as the floor's row
    scope: Scope
    scope_id: int
    severity: Severity
    value: int
    limit: int


@record
class ClosedTrade:
    """The whole story of a trade in numbers, when its last part has closed."""

    trade_id: int
    mandate_id: int
    instrument_id: int
    kind: Kind
    side: int
    drop: Drop
    exit: Exit
    moved: int
    tag: int
    exit_tag: int
    armed_at_ns: int
    opened_at_ns: int
    closed_at_ns: int
    stop_price: int
    entry_quantity: int
    quantity_high: int
    entry_count: int
    entry_total: int
    exit_total: int
    realized_pnl: int
    fees: int
    funding: int
    rollover: int
    slippage: int
    initial_risk: int
    worst_pnl: int
    best_pnl: int
    notional: int  # at the average entry, of the largest quantity
    margin: int  # the same over the leverage


@record
class Outbox:
    """What one event leads to; empty between events and never part of the state."""

    command_count: int
    note_count: int
    closed_count: int
    notice_count: int
    commands: Rows[Command] = rows(COMMANDS)
    notes: Rows[Note] = rows(NOTES)
    notices: Rows[Notice] = rows(NOTICES)
    closed: Rows[ClosedTrade] = rows(CLOSED)
