"""A trading account from what was asked to a running session: on paper, over recorded or synthetic bars."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from holdfast.operations.paper import LockStep
from holdfast.records import named
from holdfast.records.kernel import source_digest
from holdfast.simulator.simulation import rules_events, setup_events
from holdfast.wiring.prepared import Prepared


def market_digest(prepared: Prepared) -> str:
    """Names a market and what trades in it: a paper account goes on only in the one in which it began."""
    scenario = prepared.scenario
    summed = hashlib.blake2b(scenario.bars.tobytes(), digest_size=16)
    summed.update(scenario.items[0 : len(scenario.items)].tobytes())
    for event in [*setup_events(scenario), *rules_events(scenario)]:
        summed.update(repr(named(event)).encode())
    summed.update(scenario.plan_times.tobytes())
    return summed.hexdigest()


def names_of(prepared: Prepared) -> dict[str, Any]:
    """What the core's numbers mean, for people: kept in the journal at each start."""
    instruments = {
        str(i): {
            "pair": c.pair, "tick": str(c.spec.tick_size), "step": str(c.spec.step_size),
            "base": c.spec.base, "quote": c.spec.quote,
        }
        for i, c in enumerate(prepared.chosen, 1)
    }  # fmt: skip
    mandates = {
        str(i): {"strategy": a.strategy.name, "pair": a.pair} for i, a in enumerate(prepared.assignments, 1)
    }
    tags = {str(number): text for text, number in prepared.plans.texts.known.items()}
    return {"currency": prepared.currency, "instruments": instruments, "mandates": mandates, "tags": tags}


def paper_in_step(
    folder: Path, prepared: Prepared, tick: Callable[[int, int], None], started: Callable[[LockStep], None]
) -> LockStep:
    """A paper account in lock-step in its folder; `started` hears when its engine has taken over."""
    return LockStep(
        folder, prepared.scenario, market_digest(prepared), source_digest(), names_of(prepared), tick, started
    )
