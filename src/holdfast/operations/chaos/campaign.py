"""Many days, each with a seed of its own, over three kinds of venue; what they found; the shortest way there."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from holdfast.operations.chaos.engine_kinds import GOOD, EngineKind
from holdfast.operations.chaos.mix import Mix, VenueModel
from holdfast.operations.chaos.setting import Setting, usual
from holdfast.operations.chaos.tape import Place
from holdfast.operations.chaos.world import Asked, Found, World

INVARIANTS = {
    "S1": "an entry that was decided becomes one order at most",
    "S1b": "what leaves is what a durable row has decided",
    "S1c": "an entry that was taken for dead is not alive",
    "S2": "with all filled that may, the limits hold",
    "S3": "what is held has a stop at the venue",
    "S4": "orders move along their table; an execution counts once",
    "S5": "positions and money are the venue's",
    "S6": "after a halt nothing opens until a person lifts it",
    "S7": "nothing opens on old prices",
    "S9": "what is reserved is what may still fill",
    "S10": "what reduces only reduces",
    "P1": "what was durable is there after a crash",
    "P2": "the journal folds to the same decisions",
    "P3": "and to the state that the process had",
    "P7": "after an error of the journal nothing opens",
    "T1": "an entry leaves soon after its decision, or not at all",
    "T2": "requests are stamped with the venue's time",
    "L1": "a fill is protected at once",
    "L3": "sweeps come, and come out clean",
    "L4": "no doubt stays",
    "L5": "a flatten leaves nothing",
    "L6": "a start ends",
    "no poison": "the core takes every event",
    "no error": "the runtime raises nothing",
    "M1": "the same seed runs the same way",
}
WANTED = (
    "crash between commit and send", "commit durable but unacknowledged", "duplicate fill ignored",
    "start with an order in doubt", "answer lost", "order absent", "recovery crashed", "sweep void", "amend lost",
    "entry expired unsent", "fill before acknowledgement", "fill out of order", "end before its executions",
    "reconnected", "reduce tried again", "closed for want of a stop", "halt during partial fill",
    "day boundary inside an outage", "away for long", "journal full during open position", "two starts overlapped",
    "clock stepped back during a pending request", "crash while an order is partly filled", "ghost alive",
    "cancel lost the race to a fill", "cancel won the race", "stop refused", "terms set again",
    "reconciliation found a missing fill",
)  # fmt: skip


@dataclass
class Report:
    """What a campaign has found."""

    seed: int
    days: int = 0
    models: dict[str, int] = field(default_factory=dict)
    violations: list[dict[str, Any]] = field(default_factory=list)
    situations: Counter[str] = field(default_factory=Counter)
    prices: int = 0
    events: int = 0
    fills: int = 0
    starts: int = 0
    longest_bare_s: float = 0.0
    tape: dict[Place, float] = field(default_factory=dict)  # of the last day

    def add(self, model: VenueModel, found: Found) -> None:
        """One day more."""
        self.days += 1
        self.models[model.value] = self.models.get(model.value, 0) + 1
        self.prices += found.prices
        self.events += found.events
        self.fills += found.fills
        self.starts += found.starts
        self.longest_bare_s = max(self.longest_bare_s, found.longest_bare_s)
        self.situations.update(found.situations)
        self.tape = found.tape
        for violation in found.violations:
            self.violations.append({"seed": found.seed, "model": model.value, **asdict(violation)})

    def data(self) -> dict[str, Any]:
        """As plain data."""
        told = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "tape"}
        return told | {
            "situations": dict(sorted(self.situations.items())),
            "unreached": [name for name in WANTED if not self.situations[name]],
        }


def campaign(
    days: int, seed: int, models: list[VenueModel], setting: Setting | None = None, engine: EngineKind = GOOD,
    tick: Callable[[int, int], None] = lambda *_: None,
) -> Report:  # fmt: skip
    """So many days, the models in turn. Every hundredth is run twice and must be the same to the bit (M1)."""
    report = Report(seed)
    setting = setting or usual()
    with engine.planted(), uncollected():
        for day in range(days):
            model = models[day % len(models)]
            asked = asked_for(seed * 1_000_003 + day, model, setting, engine)
            found = World(asked).run()
            report.add(model, found)
            if day % 100 == 0 and (again := World(asked).run()).digest != found.digest:
                what = f"{found.digest}, then {again.digest}"
                report.violations.append(
                    {"seed": found.seed, "model": model.value, "invariant": "M1", "at_s": 0.0, "what": what}
                )
            gc.collect()
            tick(day + 1, days)
    return report


def one_day(asked: Asked) -> Report:
    """One day of a seed, with its own faults or with those of a tape."""
    report = Report(asked.seed)
    with asked.engine.planted():
        report.add(asked.model, World(asked).run())
    return report


@contextmanager
def uncollected() -> Iterator[None]:
    """Cycles are collected when a simulation says so, and only its own: all else would be looked at every time."""
    was = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if was:
            gc.enable()


def asked_for(seed: int, model: VenueModel, setting: Setting, engine: EngineKind = GOOD) -> Asked:
    """A day of a seed. An engine with a mistake gets the faults that bring it out."""
    mix = replace(Mix(), **engine.storm) if engine.storm else None
    return Asked(seed, model, setting, engine, mix)


def fails(asked: Asked, invariant: str, hits: dict[Place, float]) -> bool:
    """Whether a run with these faults, and no others, violates an invariant."""
    with asked.engine.planted():
        found = World(replace(asked, tape=hits, stop_at=(invariant,))).run()
    return any(violation.invariant == invariant for violation in found.violations)


def shrunk(asked: Asked, invariant: str, hits: dict[Place, float], tries: int = 200) -> dict[Place, float]:
    """The fewest faults that still violate it: halves, quarters and so on are taken away as long as it does."""
    left, parts = list(hits.items()), 2
    while len(left) > 1 and tries > 0:
        size = max(1, len(left) // parts)
        for start in range(0, len(left), size):
            tries -= 1
            fewer = left[:start] + left[start + size :]
            if fails(asked, invariant, dict(fewer)):
                left, parts = fewer, max(2, parts - 1)
                break
        else:
            if size == 1:
                break
            parts = min(len(left), parts * 2)
    return dict(left)
