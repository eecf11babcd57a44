"""A plan arrives: too late, for a setup, or for a grid."""

from __future__ import annotations

from holdfast.engine.grids import plan_grid
from holdfast.engine.setups import plan_setup
from holdfast.model.commands import Outbox
from holdfast.model.enums import Drop, Kind, NoteKind
from holdfast.model.events import Plan
from holdfast.model.state import State
from holdfast.records import kernel


@kernel
def on_plan(state: State, outbox: Outbox, plan: Plan) -> None:
    """What a strategy wants for one instrument at one bar close."""
    mandate = state.mandates[plan.mandate_id]
    assert plan.mandate_id > 0
    assert mandate.kind != Kind.NONE
    state.sequence += 1
    state.time_ns = max(state.time_ns, plan.time_ns)
    if plan.valid_until_ns > 0 and state.time_ns > plan.valid_until_ns:
        drop_plan(state, outbox, plan)
    elif mandate.kind == Kind.SETUP:
        plan_setup(state, outbox, plan)
    else:
        plan_grid(state, outbox, plan)


@kernel
def drop_plan(state: State, outbox: Outbox, plan: Plan) -> None:
    """A plan that arrives too late is dropped, and says so."""
    made = outbox.notes[outbox.note_count]
    outbox.note_count += 1
    made.time_ns = state.time_ns
    made.kind = NoteKind.DROPPED
    made.reason = Drop.LATE
    made.trade_id = 0
    made.mandate_id = plan.mandate_id
    made.instrument_id = state.mandates[plan.mandate_id].instrument_id
    made.index = 0
    made.price = plan.entry_price
    made.quantity = 0
    made.value = state.time_ns
    made.limit = plan.valid_until_ns
    state.dropped_count += 1
