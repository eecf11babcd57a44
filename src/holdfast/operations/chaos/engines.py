"""The engine under test: ours, or one with a known mistake, which a checker must name (reliability.md 5.6).

A harness that lets one of these pass proves nothing about ours.
"""

from __future__ import annotations

from holdfast.errors import HoldfastError
from holdfast.operations.chaos import mistakes_keeping as keeping
from holdfast.operations.chaos import mistakes_sending as sending
from holdfast.operations.chaos.engine_kinds import EngineKind

NOT_HERE = {
    "synchronous-normal": "what a file system loses is not simulated here: the tests of the journal cut its writes",
    "reopen-after-eio": "every start writes a segment of its own, on this disk as on a real one",
}
ENGINES: dict[str, EngineKind] = {
    each.name: each()
    for each in (
        sending.Redrives, sending.Resends, sending.TrustsOneMiss, sending.TakesErrorsForRefusals,
        keeping.ForgivesCommits, keeping.OneEpoch, keeping.Forgets, sending.ProtectsLate,
        keeping.TrustsTheWall, keeping.CountsByOrder, keeping.ForgetsHalts, keeping.AsksForTheLastMinutes,
        sending.RoundsUp,
        sending.IgnoresSideEffects,
    )
}  # fmt: skip


def engine_named(name: str) -> EngineKind:
    """An engine by its name; one that makes no sense here says why."""
    if name in ENGINES:
        return ENGINES[name]
    why = NOT_HERE.get(name, f"known are {', '.join(ENGINES)}")
    raise HoldfastError(f"There is no engine {name} in this simulation: {why}.")
