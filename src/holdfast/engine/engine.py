"""The only door: one event in, commands out. Everything else in this package is called from here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holdfast.engine.adoption import on_position_adopted
from holdfast.engine.authority import on_exit_request, on_reset, on_severity_change
from holdfast.engine.calendar import on_boundary, on_window_edge
from holdfast.engine.control import (
    on_account_opened,
    on_floor_given,
    on_guard_given,
    on_instrument_listed,
    on_limits_set,
    on_mandate_given,
    on_phase_begun,
    on_started,
    on_strategy_given,
)
from holdfast.engine.money import (
    on_cash_flow,
    on_closure,
    on_funding,
    on_funding_rate,
    on_rollover,
    on_tick_value,
)
from holdfast.engine.plans import on_plan
from holdfast.engine.prices import on_price
from holdfast.engine.reports import on_order_report
from holdfast.engine.truth import on_account_report, on_position_report
from holdfast.model import events
from holdfast.model.commands import Command, Outbox
from holdfast.model.enums import BoundaryKind
from holdfast.model.state import State
from holdfast.records import copy_record, digest, packed_used

HANDLERS: dict[type, Callable[..., None]] = {
    events.Price: on_price,
    events.Plan: on_plan,
    events.OrderReport: on_order_report,
    events.Funding: on_funding,
    events.FundingRate: on_funding_rate,
    events.AccountReport: on_account_report,
    events.Rollover: on_rollover,
    events.TickValue: on_tick_value,
    events.CashFlow: on_cash_flow,
    events.Closure: on_closure,
    events.Boundary: on_boundary,
    events.SeverityChange: on_severity_change,
    events.ExitRequest: on_exit_request,
    events.AccountOpened: on_account_opened,
    events.InstrumentListed: on_instrument_listed,
    events.MandateGiven: on_mandate_given,
    events.LimitsSet: on_limits_set,
    events.StrategyGiven: on_strategy_given,
    events.FloorGiven: on_floor_given,
    events.GuardGiven: on_guard_given,
    events.PhaseBegun: on_phase_begun,
    events.WindowEdge: on_window_edge,
    events.Reset: on_reset,
    events.Started: on_started,
    events.PositionReport: on_position_report,
    events.PositionAdopted: on_position_adopted,
}

MARKET = (events.Price, events.Plan)
# What the calendar and the terms bring, in its order at one instant.
SCHEDULE: dict[type, int] = {
    events.Funding: 1,
    events.Rollover: 2,
    events.TickValue: 3,
    events.WindowEdge: 4,
    events.Boundary: 5,
}


class Engine:
    """All trading state, and the one way to change it. No input or output, no clock, no randomness."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self.outbox = Outbox()

    def apply(self, event: Any) -> list[Command]:
        """Apply one event of `model.events`; returns its commands in order.

        Notes, notices and closed trades of the event stay in `outbox` until the next call. An exception means a bug or
        a broken event: the state may be half changed, so the session must stop and recover by replay.
        """
        self.outbox.command_count = self.outbox.note_count = 0
        self.outbox.closed_count = self.outbox.notice_count = 0
        HANDLERS[type(event)](self.state, self.outbox, event)
        count(self.state, event)
        return [copy_of(command) for command in self.outbox.commands[: self.outbox.command_count]]


def count(state: Any, event: Any) -> None:
    """How far the market and the schedule were taken, for who feeds them after a start."""
    rank = rank_of(event)
    state.fed += rank > 0 or type(event) in MARKET
    if rank > 0:
        place = (event.time_ns, rank)
        same = place == (state.scheduled_ns, state.scheduled_rank)
        state.scheduled_count = state.scheduled_count + 1 if same else 1
        state.scheduled_ns, state.scheduled_rank = place


def is_fed(event: Any) -> bool:
    """Whether an event came from the market or the schedule. Who feeds them in a fixed order can go on by the count."""
    return type(event) in MARKET or rank_of(event) > 0


def rank_of(event: Any) -> int:
    """Where an event of the schedule comes among those of its instant; 0: it is none."""
    if type(event) is events.Boundary:
        if event.kind == BoundaryKind.CLOCK:
            return 0
        return SCHEDULE[events.Boundary] + event.kind
    return SCHEDULE.get(type(event), 0)


def state_digest(state: State) -> str:
    """Sixteen hexadecimal digits that name a state."""
    return digest(State, packed_used(state))


def copy_of(command: Command) -> Command:
    """A command that outlives the outbox."""
    made = Command()
    copy_record(made, command)
    return made
