"""What an engine under test is made of: ours, unless something else is planted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from holdfast.engine import engine as core
from holdfast.operations.chaos.disk import SimulatedJournal
from holdfast.runtime.session import Session


class EngineKind:
    """How a start makes its parts. `caught_by`: checkers of which at least one must name it."""

    name = "good"
    about = "the engine itself"
    caught_by: tuple[str, ...] = ()
    storm: ClassVar[dict[str, Any]] = {}  # faults that bring its mistake out; none: the seed's own mix

    def journal(self, *parts: Any) -> SimulatedJournal:
        """The journal of a start."""
        return SimulatedJournal(*parts)

    def session(self, *parts: Any) -> Session:
        """The session of a start."""
        return Session(*parts)

    def epoch(self, epoch: int) -> int:
        """Its number."""
        return epoch

    def clock(self, clock: Any) -> Any:
        """What it takes for its clock."""
        return clock

    @contextmanager
    def planted(self) -> Iterator[None]:
        """While it runs."""
        yield


@contextmanager
def swapped(kind: type, handler: Callable[..., None]) -> Iterator[None]:
    """Another handler of an event, in live sessions and in folds alike."""
    before = core.HANDLERS[kind]
    core.HANDLERS[kind] = handler
    try:
        yield
    finally:
        core.HANDLERS[kind] = before


def plant(part: Any, **methods: Callable[..., Any]) -> None:
    """Other methods in one part of a session."""
    for name, method in methods.items():
        setattr(part, name, method)


GOOD = EngineKind()
