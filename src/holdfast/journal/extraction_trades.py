"""Trades and their legs as rows: as they stand while they live, and their whole story when they are over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holdfast.journal import projection_tables as tables
from holdfast.journal.words import DROPS, EXITS, KINDS, PHASES
from holdfast.model.commands import ClosedTrade, Outbox
from holdfast.model.enums import Kind, NoteKind, Phase
from holdfast.model.state import State
from holdfast.model.trade import Trade, trade_slot
from holdfast.model.units import TRADES

PUT_TRADE, PUT_LEG = tables.TRADES.put(), tables.LEGS.put()
DROP_TRADE = "UPDATE trades SET status = 'dropped', reason = ?, ended_ns = ? WHERE trade_id = ?"
OVER = (Phase.IDLE, Phase.COOLDOWN)  # told once, when it ended


class TradeTracker:
    """Told the instruments that an event touched, it writes what is new of their trades."""

    def __init__(self, put: Callable[[str, tuple[Any, ...]], None]) -> None:
        self._put = put
        self._shown: dict[int, tuple[Any, ...]] = {}  # by slot

    def take(self, seq: int, touched: set[int], outbox: Outbox, state: State) -> None:
        """Trades of these instruments, then those that ended with this event."""
        for instrument_id in sorted(touched):
            row = state.instruments[instrument_id].first_trade
            for _ in range(TRADES):
                if row == 0:
                    break
                trade = state.trades[row]
                if trade.phase not in OVER:
                    self._show(row, trade, PHASES[trade.phase], 0, "", seq)
                row = trade.next
        for i in range(outbox.note_count):
            note = outbox.notes[i]
            if note.kind == NoteKind.DROPPED and note.trade_id:
                self._dropped(seq, note, state)
        for i in range(outbox.closed_count):
            self._closed(seq, outbox.closed[i], state)

    def _show(self, row: int, trade: Trade, status: str, ended_ns: int, reason: str, cause: int) -> None:
        told = trade_row(trade, status, ended_ns, reason)
        legs = leg_rows(trade)
        if self._shown.get(row) == (told, legs):
            return
        self._shown[row] = (told, legs)
        self._put(PUT_TRADE, (*told, cause))
        for leg in legs:
            self._put(PUT_LEG, leg)

    def _dropped(self, seq: int, note: Any, state: State) -> None:
        """Never filled. Its slot still says what it was, unless another trade has it already."""
        for side in (1, -1):
            row = trade_slot(note.mandate_id, side)
            trade = state.trades[row]
            if trade.trade_id == note.trade_id:
                if trade.phase in OVER:
                    self._show(row, trade, "dropped", note.time_ns, DROPS[note.reason], seq)
                return
        self._put(DROP_TRADE, (DROPS[note.reason], note.time_ns, note.trade_id))

    def _closed(self, seq: int, closed: ClosedTrade, state: State) -> None:
        trade = state.trades[trade_slot(closed.mandate_id, closed.side)]
        if trade.trade_id == closed.trade_id:
            for leg in leg_rows(trade):
                self._put(PUT_LEG, leg)
        self._put(PUT_TRADE, (*closed_row(closed, trade), seq))


def trade_row(t: Trade, status: str, ended_ns: int, reason: str) -> tuple[Any, ...]:
    """A trade from its slot."""
    return (
        t.trade_id, t.mandate_id, t.instrument_id, KINDS[t.kind], t.side, status, t.tag, t.exit_tag, t.armed_at_ns,
        t.opened_at_ns, ended_ns, reason or EXITS[t.exit], t.entry_price, t.stop_price, t.initial_stop_price,
        t.take_profit_price, t.quantity, t.entry_quantity, t.quantity_high, t.entry_value, t.entry_total,
        t.exit_total, t.realized_pnl, t.fees, t.funding, t.rollover, t.slippage, t.initial_risk, t.open_risk, 0, 0,
    )  # fmt: skip


def closed_row(c: ClosedTrade, t: Trade) -> tuple[Any, ...]:
    """A trade from its story; prices that the story leaves out from its slot."""
    mine = t.trade_id == c.trade_id
    return (
        c.trade_id, c.mandate_id, c.instrument_id, KINDS[c.kind], c.side, "closed", c.tag, c.exit_tag, c.armed_at_ns,
        c.opened_at_ns, c.closed_at_ns, EXITS[c.exit], t.entry_price if mine else 0, t.stop_price if mine else 0,
        c.stop_price, t.take_profit_price if mine else 0, 0, c.entry_quantity, c.quantity_high, 0, c.entry_total,
        c.exit_total, c.realized_pnl, c.fees, c.funding, c.rollover, c.slippage, c.initial_risk, 0, c.worst_pnl,
        c.best_pnl,
    )  # fmt: skip


def leg_rows(t: Trade) -> list[tuple[Any, ...]]:
    """Entries that were placed or filled, and targets."""
    found: list[tuple[Any, ...]] = []
    for i in range(t.level_count):
        e = t.levels[i]
        if e.quantity or e.filled_quantity:
            sums = (e.filled_quantity, e.filled_value, e.filled_at_ns, 0, e.done)
            found.append((t.trade_id, "entry", i, e.price, e.quantity, *sums))
    price = t.take_profit_price if t.kind == Kind.GRID else 0  # of a grid's common take-profit
    for i in range(t.leg_count):
        g = t.legs[i]
        sums = (g.filled_quantity, g.filled_value, g.filled_at_ns, g.realized_pnl, g.done)
        found.append((t.trade_id, "target", i, g.price or price, g.quantity, *sums))
    return found
