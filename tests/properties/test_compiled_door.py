"""The compiled core, asked event by event as a journal is folded, decides as the interpreted one does."""

from __future__ import annotations

from collections import Counter
from typing import Any

from test_invariants import STEPS, Everything, Invariants

from holdfast.engine.engine import HANDLERS, Engine, state_digest
from holdfast.engine.envelope import Envelope
from holdfast.journal.compiled import CompiledEngine
from holdfast.journal.forms import decided
from holdfast.model import events
from holdfast.model.units import RATE

ELSEWHERE = {  # what random sequences do not hold; the accounts of tests/runtime do
    events.Started, events.PositionReport, events.PositionAdopted, events.FundingRate, events.PhaseBegun,
    events.Closure, events.ExitRequest,
}  # fmt: skip


def both(history: list[Any]) -> Counter[type]:
    """Every event through both: the same commands each time, the same state in the end."""
    plain, fast = Engine(), CompiledEngine()
    for event in history:
        assert decided(fast.apply(event)) == decided(plain.apply(event)), type(event).__name__
    assert state_digest(fast.state) == state_digest(plain.state)
    return Counter(type(event) for event in history)


def settlements(time_ns: int) -> list[Any]:
    """What is paid for holding a position over time."""
    return [
        events.Funding(time_ns=time_ns, instrument_id=1, rate=RATE // 1000, mark_price=1_000),
        events.Rollover(time_ns=time_ns, instrument_id=2, long_points=-3, short_points=1, days=3),
    ]


def test_random_sequences_of_everything_are_decided_alike() -> None:
    seen: Counter[type] = Counter()
    for seed in range(12):
        duel = Everything(seed, hedging=seed % 2 == 0, isolated=seed % 3 == 0, look=Invariants())
        for _ in range(STEPS):
            duel.step()
        seen += both([*duel.history, *settlements(duel.time_ns)])
    assert set(HANDLERS) - set(seen) <= ELSEWHERE
    assert seen.total() > 800


def test_an_envelope_has_a_place_for_every_kind() -> None:
    """In the order of the handlers, each of its own type."""
    parts: Any = Envelope.dtype.fields  # type: ignore[attr-defined]
    found = [dtype for name, (dtype, _) in parts.items() if name != "kind"]
    assert found == [kind.dtype for kind in HANDLERS]  # type: ignore[attr-defined]
