"""What a session has journaled folds to the same by the compiled core, the rare events of an account included."""

from __future__ import annotations

from session_kit import Stage
from test_session import ENTRY, entered

from holdfast.engine.engine import state_digest
from holdfast.journal.compiled import CompiledEngine
from holdfast.journal.forms import decided
from holdfast.model import events
from holdfast.model.enums import Severity
from holdfast.runtime.adoption import Policy


def check(stage: Stage) -> set[type]:
    """Every row again, from nothing; says which kinds were among them."""
    fast = CompiledEngine()
    for event, commands in stage.journal.rows:
        assert decided(fast.apply(event)) == decided(commands), type(event).__name__
    assert state_digest(fast.state) == state_digest(stage.session.engine.state)
    return {type(event) for event, _ in stage.journal.rows}


def test_a_start_an_entry_its_stop_and_a_halt() -> None:
    stage = entered()
    stage.price(1, 49_850)
    stage.wait(2)
    halt = events.SeverityChange(time_ns=stage.market.time_ns, severity=Severity.FLATTENING, latched=True)
    stage.session.take(halt)
    stage.settle()
    stage.price(1, 49_700)
    stage.wait(5)
    assert {events.Started, events.OrderReport, events.AccountReport} <= check(stage)


def test_a_position_that_a_person_opened_is_adopted_and_left() -> None:
    stage = entered(policy=Policy.ADOPT)
    stage.price(2, 50_000)
    stage.manual(2, 1, 30)
    stage.price(2, 50_000)
    stage.wait(120)
    leave = events.ExitRequest(time_ns=stage.market.time_ns, instrument_id=2)
    stage.session.take(leave)
    stage.settle()
    stage.price(2, 50_010)
    stage.plan(1, **ENTRY)
    stage.wait(5)
    assert {events.PositionReport, events.PositionAdopted, events.ExitRequest} <= check(stage)
