"""Entries that were taken for dead: kept in mind, so that one that turns up is adopted and never counted as nothing.

`model.order.TABLE` calls it ABSENT -> GHOST; the row itself is long given back. A venue that brings one up is not to
be trusted with another for a while.
"""

from __future__ import annotations

from holdfast.engine.adoption import found
from holdfast.model.commands import Outbox
from holdfast.model.enums import CommandClass, CommandKind, NoticeKind, Rule, Scope, Severity
from holdfast.model.events import OrderReport
from holdfast.model.order import Ended, Order, OrderStatus, Step, next_status
from holdfast.model.state import State
from holdfast.model.units import ENDED, HOUR
from holdfast.records import clear_record, kernel
from holdfast.risk.notices import tell
from holdfast.risk.trips import end_at, raise_trip


@kernel
def remember_ended(state: State, order: Order) -> None:
    """An entry died without its last fill."""
    kept = state.ended[state.ended_count % ENDED]
    state.ended_count += 1
    kept.order_id = order.order_id
    kept.epoch = order.epoch
    kept.mandate_id = state.trades[order.trade_row].mandate_id
    kept.instrument_id = order.instrument_id
    kept.side = order.side
    kept.index = order.index
    kept.quantity = order.quantity
    kept.filled_quantity = order.filled_quantity
    kept.last_fill_id = order.last_fill_id
    kept.stop_price = order.stop_price
    kept.seen = False


@kernel
def ended_row(state: State, order_id: int) -> int:
    """Where an entry that died is remembered; ENDED = it is not."""
    for i in range(ENDED):
        if state.ended[i].order_id == order_id:
            return i
    return ENDED


@kernel
def alarm(state: State, outbox: Outbox, kept: Ended, quantity: int) -> None:
    """Say so, and open nothing new for an hour without a further one."""
    made = tell(state, outbox, NoticeKind.GHOST, Rule.GHOST, 0, kept.order_id, quantity)
    made.scope = Scope.INSTRUMENT
    made.scope_id = kept.instrument_id
    if not kept.seen:
        state.ghosts += 1
    kept.seen = True
    trip = raise_trip(
        state, outbox, Rule.GHOST, 0, Scope.ENGINE, 0, Severity.NO_NEW, kept.order_id, state.ghosts
    )
    end_at(state, trip, state.time_ns + HOUR)


@kernel
def cancel_ghost(state: State, outbox: Outbox, kept: Ended) -> None:
    """What rests at the venue and nobody wants is taken back."""
    command = outbox.commands[outbox.command_count]
    outbox.command_count += 1
    clear_record(command)  # what an earlier event left there is in no journal
    command.kind = CommandKind.CANCEL
    command.command_class = CommandClass.SET
    command.order_row = 0
    command.order_id = kept.order_id
    command.epoch = kept.epoch
    command.instrument_id = kept.instrument_id
    command.position_side = kept.side
    command.side = kept.side
    command.quantity = kept.quantity


@kernel
def meet_ghost(state: State, outbox: Outbox, report: OrderReport) -> bool:
    """A report about an order that is no longer ours. True where it proves that a dead entry lives, or has filled."""
    row = ended_row(state, report.order_id)
    if row == ENDED or next_status(OrderStatus.ABSENT, report.step) != OrderStatus.GHOST:
        return False
    kept = state.ended[row]
    if report.step == Step.ACCEPT:
        alarm(state, outbox, kept, 0)
        cancel_ghost(state, outbox, kept)
        return True
    if report.fill_id <= kept.last_fill_id or report.quantity <= 0:
        return False
    if report.quantity > kept.quantity - kept.filled_quantity:
        return False
    kept.last_fill_id = report.fill_id
    kept.filled_quantity += report.quantity
    alarm(state, outbox, kept, report.quantity)
    return found(
        state,
        outbox,
        kept.mandate_id,
        kept.side,
        kept.index,
        report.quantity,
        report.price,
        report.fee,
        kept.stop_price,
    )
