"""What an event changed, as rows for the projection: called after each event, on the thread that trades.

Only small integers and words are taken here; nothing is written. What is kept between two events follows from the
state, so that a projection that was fed live and one that was folded from the journal are the same row for row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holdfast.journal import projection_tables as tables
from holdfast.journal.extraction_account import account_row, equity_row, floor_rows, mark_rows, restraint_rows
from holdfast.journal.extraction_names import name_rows
from holdfast.journal.extraction_orders import OrderTracker
from holdfast.journal.extraction_plans import plan_row
from holdfast.journal.extraction_trades import TradeTracker
from holdfast.journal.forms import written
from holdfast.journal.rows import as_json
from holdfast.journal.words import NOTES, NOTICES, RULES, SCOPES, SEVERITIES, reason_of
from holdfast.model import events
from holdfast.model.commands import Outbox
from holdfast.model.state import State
from holdfast.model.units import DAY, HOUR, MINUTE, SECOND

Op = tuple[int, str, tuple[Any, ...]]  # number of the row, statement, values
QUIET = {
    events.Price,
    events.Boundary,
    events.FundingRate,
    events.AccountReport,
    events.PositionReport,
    events.TickValue,
}  # of no interest where they lead to nothing
WITH_INSTRUMENT = (events.Funding, events.Rollover, events.Closure)
UNTOLD = (
    events.InstrumentListed,
    events.MandateGiven,
    events.GuardGiven,
    events.LimitsSet,
)  # long; in the journal
MINUTES_KEPT = 14 * DAY
KEPT_PLANS = 14 * DAY  # of those that changed nothing

PUT_ACCOUNT, PUT_EQUITY, PUT_MARK = tables.ACCOUNT.put(), tables.EQUITY.put(), tables.MARKS.put()
PUT_NOTE, PUT_NOTICE, PUT_EVENT = tables.NOTES.put(), tables.NOTICES.put(), tables.EVENTS.put()
PUT_PLAN, PUT_RESTRAINT, PUT_FLOOR = tables.PLANS.put(), tables.RESTRAINTS.put(), tables.FLOORS.put()
PUT_REMARK = tables.REMARKS.put()
OLD_MINUTES = f"DELETE FROM equity WHERE span = {MINUTE // SECOND} AND time_ns < ?"
OLD_PLANS = "DELETE FROM plans WHERE outcome IN ('kept', 'nothing') AND time_ns < ?"


class Extractor:
    """`emit` takes one operation after the other, in the order of their rows."""

    def __init__(self, state: State, emit: Callable[[Op], None]) -> None:
        self._emit = emit
        self._minute = state.time_ns // MINUTE
        self._orders = OrderTracker(state, self._put)
        self._trades = TradeTracker(self._put)
        self._seq = 0
        self._shown: dict[str, Any] = {}  # what was last written of tables that are replaced whole

    def take(self, seq: int, event: Any, outbox: Outbox, state: State) -> None:
        """What this event changed. A price that led to nothing costs a few comparisons."""
        if type(event) in QUIET and not (
            outbox.command_count or outbox.note_count or outbox.notice_count or outbox.closed_count
        ):
            if state.time_ns // MINUTE != self._minute:
                self._seq = seq
                self._sample(state)
            return
        self._seq = seq
        self._take(event, outbox, state)

    def remark(self, seq: int, about: str, told: dict[str, Any]) -> None:
        """What was said beside the core; names become tables."""
        self._seq = seq
        self._put(PUT_REMARK, (seq, about, as_json(told).decode()))
        if about == "names":
            for statement, values in name_rows(told):
                self._put(statement, values)

    def _put(self, statement: str, values: tuple[Any, ...]) -> None:
        self._emit((self._seq, statement, values))

    def _take(self, event: Any, outbox: Outbox, state: State) -> None:
        touched = self._orders.take(self._seq, event, outbox, state)
        plan = plan_row(self._seq, event, outbox, state) if type(event) is events.Plan else None
        if plan != ():
            self._note_event(event, outbox, state)
        self._notes(outbox)
        self._notices(outbox)
        if isinstance(event, WITH_INSTRUMENT):
            touched.add(event.instrument_id)
        for i in range(outbox.note_count):
            touched.add(outbox.notes[i].instrument_id)
        self._trades.take(self._seq, touched, outbox, state)
        if plan:
            self._put(PUT_PLAN, plan)
        if self._orders.fills.some:
            self._mark(state)
        if state.time_ns // MINUTE != self._minute:
            self._sample(state)
        else:
            self._account(state)

    def _note_event(self, event: Any, outbox: Outbox, state: State) -> None:
        kind = type(event)
        if kind is events.OrderReport and not (outbox.command_count or outbox.note_count):
            return  # it is among the steps of its order
        mandate = getattr(event, "mandate_id", 0)
        instrument = getattr(event, "instrument_id", 0) or state.mandates[mandate].instrument_id
        told = "" if kind in UNTOLD else written(event).decode()
        order = getattr(event, "order_id", 0)
        self._put(PUT_EVENT, (self._seq, state.time_ns, kind.__name__, instrument, mandate, order, told))

    def _notes(self, outbox: Outbox) -> None:
        for i in range(outbox.note_count):
            n = outbox.notes[i]
            kind, reason = NOTES[n.kind], reason_of(n.kind, n.reason)
            about = (
                n.trade_id,
                n.mandate_id,
                n.instrument_id,
                n.index,
                n.price,
                n.quantity,
                n.value,
                n.limit,
            )
            self._put(PUT_NOTE, (self._seq, i, n.time_ns, kind, reason, *about))

    def _notices(self, outbox: Outbox) -> None:
        for i in range(outbox.notice_count):
            n = outbox.notices[i]
            told = (SCOPES[n.scope], n.scope_id, SEVERITIES[n.severity], n.value, n.limit)
            self._put(PUT_NOTICE, (self._seq, i, n.time_ns, NOTICES[n.kind], RULES[n.rule], n.index, *told))

    def _sample(self, state: State) -> None:
        """The first event of a minute: the account, what is held, and once an hour what is kept for good."""
        before, self._minute = self._minute, state.time_ns // MINUTE
        self._put(PUT_EQUITY, equity_row(state, MINUTE))
        if state.time_ns // HOUR != before * MINUTE // HOUR:
            self._put(PUT_EQUITY, equity_row(state, HOUR))
            self._put(OLD_MINUTES, (state.time_ns - MINUTES_KEPT,))
            self._put(OLD_PLANS, (state.time_ns - KEPT_PLANS,))
        self._mark(state)
        self._account(state)

    def _mark(self, state: State) -> None:
        self._replace("marks", PUT_MARK, mark_rows(state))

    def _account(self, state: State) -> None:
        row = account_row(self._seq, state)
        if row[2:] != self._shown.get("account"):
            self._shown["account"] = row[2:]
            self._put(PUT_ACCOUNT, row)
        self._replace("restraints", PUT_RESTRAINT, restraint_rows(state))
        self._replace("floors", PUT_FLOOR, floor_rows(state))

    def _replace(self, table: str, statement: str, rows: list[tuple[Any, ...]]) -> None:
        """A small table as it is now, where it is no longer what it was."""
        if rows == self._shown.get(table):
            return
        self._shown[table] = rows
        self._put(f"DELETE FROM {table}", ())
        for row in rows:
            self._put(statement, row)
