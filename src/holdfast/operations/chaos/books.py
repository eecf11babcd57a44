"""What the checkers remember of a run, and what all of them share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from holdfast.runtime.session import Session

Key = tuple[int, int]  # epoch and number of an order


@dataclass(frozen=True)
class Violation:
    """What did not hold, and when (seconds since the run began)."""

    invariant: str
    at_s: float
    what: str


@dataclass
class Intent:
    """An order that the core has decided to place."""

    seq: int
    asked: tuple[int, ...]  # instrument, side, whether it reduces; prices and size
    decided_ns: int
    left: int = 0  # requests that carried it


@dataclass
class Books:
    """What the checkers remember of a run."""

    intents: dict[Key, Intent] = field(default_factory=dict)
    amends: dict[tuple[Key, int, int], tuple[int, int]] = field(
        default_factory=dict
    )  # -> row, when it was decided
    amended: set[tuple[Key, int, int]] = field(default_factory=set)  # of those, the ones that have left
    halts: list[tuple[int, bool]] = field(default_factory=lambda: [(0, False)])
    accepted: dict[str, int] = field(default_factory=dict)  # orders that the venue has made of a name
    dead: set[int] = field(default_factory=set)  # entries that the engine has taken for never having been
    counted: dict[int, int] = field(default_factory=dict)  # execution -> row
    statuses: dict[int, Any] = field(default_factory=dict)  # order -> status and filled
    durable: int = 0
    failed: bool = False  # the journal of this process has
    digest: str = ""
    recorded: int = 0  # the last row that a process has taken


class Halt(Exception):  # noqa: N818
    """The run cannot go on, or need not: what it found says why."""


class Bench:
    """`world` is the run with the venue's truth; `violations` keeps the first of each kind."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.books = Books()
        self.violations: dict[str, Violation] = {}
        self.session: Session | None = None
        self.fills = 0

    def violate(self, invariant: str, what: str) -> None:
        """Something did not hold."""
        at = (self.world.heap.now_ns - self.world.began_ns) / 1e9
        self.violations.setdefault(invariant, Violation(invariant, round(at, 3), what))
        if invariant in self.world.asked.stop_at:
            raise Halt
