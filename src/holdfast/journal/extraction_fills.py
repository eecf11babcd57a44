"""Executions as rows: of our orders, of positions closed by force, of what was found and adopted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holdfast.journal import projection_tables as tables
from holdfast.journal.words import ROLES
from holdfast.model import events
from holdfast.model.arithmetic import mul_div
from holdfast.model.commands import Outbox
from holdfast.model.enums import NoteKind, NoticeKind
from holdfast.model.state import State
from holdfast.model.trade import trade_slot

PUT_FILL = tables.FILLS.put()


class FillTracker:
    """Knows what was booked before an event, so that it can tell what the event booked. `some`: it brought a fill."""

    def __init__(self, state: State, put: Callable[[str, tuple[Any, ...]], None]) -> None:
        self._put = put
        self.some = False
        self.settle(state)

    def settle(self, state: State) -> None:
        """The event is over."""
        self._count, self._realized = state.fill_count, state.account.realized_pnl

    def booked(self, state: State) -> bool:
        """Whether the event brought a fill of an order that was at work."""
        return state.fill_count != self._count

    def of_order(
        self,
        seq: int,
        report: Any,
        trade_row: int,
        epoch: int,
        role: int,
        level: int,
        side: int,
        state: State,
    ) -> None:
        """A fill that a report told of."""
        self.some = True
        t = state.trades[trade_row]
        realized = state.account.realized_pnl - self._realized
        about = (t.trade_id, t.mandate_id, t.instrument_id, ROLES[role], level, side)
        sums = (report.quantity, report.price, report.fee, report.maker, realized)
        self._put(PUT_FILL, (seq, 0, report.fill_id, report.time_ns, report.order_id, epoch, *about, *sums))

    def of_closure(self, seq: int, closure: events.Closure, outbox: Outbox, state: State) -> None:
        """Closed by the venue: a fill for each trade that lost something, without an order."""
        realized = state.account.realized_pnl - self._realized
        for i in range(outbox.note_count):
            n = outbox.notes[i]
            if n.kind == NoteKind.LIQUIDATED:
                self.some = True
                about = (n.trade_id, n.mandate_id, n.instrument_id, "liquidation", 0, -closure.side)
                fee = mul_div(closure.fee, n.quantity, closure.quantity)
                share = mul_div(realized, n.quantity, closure.quantity)
                sums = (n.quantity, n.price, fee, False, share)
                self._put(PUT_FILL, (seq, i, closure.fill_id, closure.time_ns, 0, 0, *about, *sums))

    def of_adoption(self, seq: int, adopted: events.PositionAdopted, outbox: Outbox, state: State) -> None:
        """A position that was found: an entry without an order of ours."""
        if has_notice(outbox, NoticeKind.ADOPTED):
            self.some = True
            t = state.trades[trade_slot(adopted.plan.mandate_id, adopted.side)]
            about = (t.trade_id, t.mandate_id, t.instrument_id, "adopted", adopted.index, adopted.side)
            sums = (adopted.quantity, adopted.price, adopted.fee, False, 0)
            self._put(PUT_FILL, (seq, 0, 0, adopted.time_ns, 0, 0, *about, *sums))


def has_notice(outbox: Outbox, kind: NoticeKind) -> bool:
    """Whether the risk engine told of such a fact."""
    return any(outbox.notices[i].kind == kind for i in range(outbox.notice_count))
