"""What a run writes down as it goes: fills, notes, closed trades, equity. Columns of a chunk, emptied by Python."""

from __future__ import annotations

from holdfast.model.commands import ClosedTrade, Note, Notice, Outbox
from holdfast.model.enums import Role
from holdfast.model.units import NOTICES
from holdfast.records import Rows, copy_record, inlined, kernel, record, rows

AT_ONCE = 4096  # rows that one instant may need at most; a chunk stops before it has fewer left
FILLS = 2 * AT_ONCE
LINES = 4 * AT_ONCE
CLOSINGS = AT_ONCE + 1024
SAMPLES = AT_ONCE


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
    """Funding or rollover of one instrument, or money from or to outside (instrument 0), as booked."""

    time_ns: int
    instrument_id: int
    funding: int
    rollover: int
    flow: int


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
class Tape:
    """Columns of one chunk, with how many rows of each are written."""

    fills_count: int
    notes_count: int
    closed_count: int
    cash_count: int
    notices_count: int
    samples_count: int
    fills: Rows[FillLine] = rows(FILLS)
    notes: Rows[Note] = rows(LINES)
    closed: Rows[ClosedTrade] = rows(CLOSINGS)
    cash: Rows[CashLine] = rows(CLOSINGS)
    notices: Rows[Notice] = rows(2 * NOTICES)
    samples: Rows[EquityLine] = rows(SAMPLES)


@record
class Cursor:
    """Where the loop stands."""

    bar: int
    plan: int
    item: int
    duration_ns: int  # of one price bar
    sample_ns: int  # interval of the equity line
    sample_until_ns: int
    equity_low: int
    stop_sequence: int  # return after this many events; 0 = never


@inlined
def is_full(tape: Tape) -> bool:
    """Whether a column may not hold what the next instant can write."""
    return (
        tape.fills_count > FILLS - AT_ONCE
        or tape.notes_count > LINES - 2 * AT_ONCE
        or tape.closed_count > CLOSINGS - AT_ONCE
        or tape.cash_count > CLOSINGS - AT_ONCE
        or tape.notices_count > NOTICES
        or tape.samples_count > SAMPLES - 1
    )


@kernel
def copy_told(tape: Tape, outbox: Outbox) -> None:
    """Keep what the core told people."""
    for i in range(outbox.note_count):
        copy_record(tape.notes[tape.notes_count], outbox.notes[i])
        tape.notes_count += 1
    for i in range(outbox.closed_count):
        copy_record(tape.closed[tape.closed_count], outbox.closed[i])
        tape.closed_count += 1
    for i in range(outbox.notice_count):
        copy_record(tape.notices[tape.notices_count], outbox.notices[i])
        tape.notices_count += 1
    outbox.note_count = 0
    outbox.closed_count = 0
    outbox.notice_count = 0
