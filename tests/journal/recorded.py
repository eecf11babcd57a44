"""A session to write down: an engine that keeps every event it was given, and what it decided."""

from __future__ import annotations

from typing import Any

from unruly_venue import Duel

from holdfast.engine.engine import Engine
from holdfast.journal import Binding
from holdfast.model.commands import Command
from holdfast.model.events import Price
from holdfast.records import copy_record

BINDING = Binding("main", "paper", "paper")


class RecordingEngine(Engine):
    """An engine whose session can be told again."""

    def __init__(self) -> None:
        super().__init__()
        self.session: list[tuple[Any, list[Command]]] = []

    def apply(self, event: Any) -> list[Command]:
        kept = type(event)()
        copy_record(kept, event)
        commands = super().apply(event)
        self.session.append((kept, commands))
        return commands


def random_session(seed: int, steps: int) -> RecordingEngine:
    """A random market, a random venue and an operator: orders, fills, refusals, cancels, funding."""
    engine = RecordingEngine()
    duel = Duel(seed, hedging=seed % 2 == 0, engine=engine)
    for _ in range(steps):
        duel.step()

    return engine


def price(number: int) -> Price:
    """One event of many."""
    return Price(instrument_id=1, time_ns=number, bid=100 + number, ask=101 + number, low=100, high=200)
