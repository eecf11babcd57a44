"""What becomes of orders that nobody knows about, are closed by force, or turn up after all, as rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apsw
import pytest
from kit import BTC, Desk, setup

from holdfast.engine.engine import Engine
from holdfast.journal.extraction import Extractor
from holdfast.journal.projection_tables import schema
from holdfast.model.commands import Command
from holdfast.model.order import Step

Asked = Any


class Shadow:
    """A projection in memory that hears of every event of one engine."""

    def __init__(self) -> None:
        self.db = apsw.Connection(":memory:")
        for statement in schema():
            self.db.execute(statement)
        self.extractor: Extractor | None = None
        self.seq = 0

    def before(self, engine: Engine) -> None:
        if self.extractor is None:
            self.extractor = Extractor(engine.state, lambda op: self.db.execute(op[1], op[2]))

    def after(self, event: Any, engine: Engine) -> None:
        assert self.extractor is not None
        self.seq += 1
        self.extractor.take(self.seq, event, engine.outbox, engine.state)

    def ask(self, statement: str) -> list[Any]:
        return self.db.execute(statement).fetchall()


@pytest.fixture
def shadow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shadow]:
    kept = Shadow()
    apply = Engine.apply

    def watched(self: Engine, event: Any) -> list[Command]:
        kept.before(self)
        commands = apply(self, event)
        kept.after(event, self)
        return commands

    monkeypatch.setattr(Engine, "apply", watched)
    return kept


def wanted(shadow: Shadow) -> tuple[Desk, Any]:
    """A desk with an entry on its way."""
    desk = Desk(BTC, obedient=False)
    desk.strategy(setup())
    desk.price(50_200.0)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    return desk, desk.order("entry")


def statuses(shadow: Shadow) -> dict[int, str]:
    return dict(shadow.ask("SELECT order_id, status FROM orders"))


def test_an_order_goes_through_every_status(shadow: Shadow) -> None:
    desk, order = wanted(shadow)
    seen = []
    desk.report(order, Step.RELEASE)
    for step in (Step.SEND, Step.ACCEPT):
        desk.report(order, step)
        seen.append(statuses(shadow)[order.id])
    desk.fill(order, 50_000.0, lots=order.lots / 2)
    seen.append(statuses(shadow)[order.id])
    desk.fill(order, 50_000.0)
    seen.append(statuses(shadow)[order.id])
    assert seen == ["sent", "live", "partial", "filled"]
    assert shadow.ask("SELECT count(*), sum(quantity) FROM fills") == [(2, desk.state.trades[2].quantity)]


def test_an_absent_order_that_fills_after_all_is_a_ghost_with_its_fill(shadow: Shadow) -> None:
    desk, order = wanted(shadow)
    for step in (Step.RELEASE, Step.SEND, Step.DOUBT, Step.MISS):
        desk.report(order, step)
    assert statuses(shadow)[order.id] == "absent"
    desk.fill(order, 50_000.0)
    assert statuses(shadow)[order.id] == "ghost"
    assert shadow.ask("SELECT order_id, role FROM fills") == [(order.id, "entry")]
    assert shadow.ask("SELECT kind FROM notices WHERE kind IN ('ghost', 'adopted')") == [
        ("ghost",),
        ("adopted",),
    ]
    held = shadow.ask("SELECT quantity FROM trades WHERE quantity > 0")
    assert held == [(trade.quantity,) for trade in desk.state.trades if trade.quantity]


def test_a_signal_tells_what_came_of_it(shadow: Shadow) -> None:
    desk, _ = wanted(shadow)
    desk.plan(start_long=True, entry_price=50_000.0, stop_price=49_000.0)
    desk.plan(start_short=True, entry_price=50_000.0, stop_price=51_000.0)
    desk.plan()
    found = shadow.ask("SELECT outcome, reason, ordered FROM plans ORDER BY seq")
    assert found[0] == ("ordered", "", 1)
    assert found[1] == ("kept", "", 0)
    assert found[2][:2] == ("dropped", "direction")
    assert len(found) == 3  # the last one wanted nothing
