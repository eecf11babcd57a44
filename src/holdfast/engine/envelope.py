"""The door as one kernel: any event in an envelope, so that a journal can be folded by the compiled core too."""

from __future__ import annotations

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
from holdfast.model.commands import Outbox
from holdfast.model.events import (
    AccountOpened,
    AccountReport,
    Boundary,
    CashFlow,
    Closure,
    ExitRequest,
    FloorGiven,
    Funding,
    FundingRate,
    GuardGiven,
    InstrumentListed,
    LimitsSet,
    MandateGiven,
    OrderReport,
    PhaseBegun,
    Plan,
    PositionAdopted,
    PositionReport,
    Price,
    Reset,
    Rollover,
    SeverityChange,
    Started,
    StrategyGiven,
    TickValue,
    WindowEdge,
)
from holdfast.model.state import State
from holdfast.records import Rows, kernel, record


@record
class Envelope:
    """One event, of the kind that `kind` says; the other kinds are empty. Numbers as in `engine.HANDLERS`, from 1."""

    kind: int
    price: Price
    plan: Plan
    order_report: OrderReport
    funding: Funding
    funding_rate: FundingRate
    account_report: AccountReport
    rollover: Rollover
    tick_value: TickValue
    cash_flow: CashFlow
    closure: Closure
    boundary: Boundary
    severity_change: SeverityChange
    exit_request: ExitRequest
    account_opened: AccountOpened
    instrument_listed: InstrumentListed
    mandate_given: MandateGiven
    limits_set: LimitsSet
    strategy_given: StrategyGiven
    floor_given: FloorGiven
    guard_given: GuardGiven
    phase_begun: PhaseBegun
    window_edge: WindowEdge
    reset: Reset
    started: Started
    position_report: PositionReport
    position_adopted: PositionAdopted


@kernel
def apply_envelope(states: Rows[State], outboxes: Rows[Outbox], envelopes: Rows[Envelope]) -> None:
    """What `Engine.apply` does, for one-row arrays."""
    state = states[0]
    outbox = outboxes[0]
    envelope = envelopes[0]
    outbox.command_count = 0
    outbox.note_count = 0
    outbox.closed_count = 0
    outbox.notice_count = 0
    kind = envelope.kind
    if kind == 1:
        on_price(state, outbox, envelope.price)
    elif kind == 2:
        on_plan(state, outbox, envelope.plan)
    elif kind == 3:
        on_order_report(state, outbox, envelope.order_report)
    elif kind == 4:
        on_funding(state, outbox, envelope.funding)
    elif kind == 5:
        on_funding_rate(state, outbox, envelope.funding_rate)
    elif kind == 6:
        on_account_report(state, outbox, envelope.account_report)
    elif kind == 7:
        on_rollover(state, outbox, envelope.rollover)
    elif kind == 8:
        on_tick_value(state, outbox, envelope.tick_value)
    elif kind == 9:
        on_cash_flow(state, outbox, envelope.cash_flow)
    elif kind == 10:
        on_closure(state, outbox, envelope.closure)
    elif kind == 11:
        on_boundary(state, outbox, envelope.boundary)
    elif kind == 12:
        on_severity_change(state, outbox, envelope.severity_change)
    elif kind == 13:
        on_exit_request(state, outbox, envelope.exit_request)
    elif kind == 14:
        on_account_opened(state, outbox, envelope.account_opened)
    elif kind == 15:
        on_instrument_listed(state, outbox, envelope.instrument_listed)
    elif kind == 16:
        on_mandate_given(state, outbox, envelope.mandate_given)
    elif kind == 17:
        on_limits_set(state, outbox, envelope.limits_set)
    elif kind == 18:
        on_strategy_given(state, outbox, envelope.strategy_given)
    elif kind == 19:
        on_floor_given(state, outbox, envelope.floor_given)
    elif kind == 20:
        on_guard_given(state, outbox, envelope.guard_given)
    elif kind == 21:
        on_phase_begun(state, outbox, envelope.phase_begun)
    elif kind == 22:
        on_window_edge(state, outbox, envelope.window_edge)
    elif kind == 23:
        on_reset(state, outbox, envelope.reset)
    elif kind == 24:
        on_started(state, outbox, envelope.started)
    elif kind == 25:
        on_position_report(state, outbox, envelope.position_report)
    elif kind == 26:
        on_position_adopted(state, outbox, envelope.position_adopted)
