"""Which faults happen: drawn from a seed and written down, or read from what was written down and nothing else.

A fault has a place: its purpose and the how-manieth occasion of that purpose it hits. A tape is the list of the
places that were hit, with how hard; everything that is no fault (usual delays, ties, the market) comes from the seed.
"""

from __future__ import annotations

from holdfast.errors import HoldfastError
from holdfast.operations.chaos.streams import Streams

Place = tuple[str, int]  # purpose and occasion


class Tape:
    """`given` is None while faults are drawn; `hits` is what has been drawn, or played, so far."""

    def __init__(self, streams: Streams, given: dict[Place, float] | None = None) -> None:
        self.streams, self.given = streams, given
        self.hits: dict[Place, float] = {}
        self.calm = False  # no further faults
        self._occasions: dict[str, int] = {}
        self._next: dict[str, int] = {}  # the occasion on which each purpose hits next

    def hit(self, purpose: str, chance: float, low: float = 0.0, high: float = 0.0) -> float | None:
        """Whether a fault happens on this occasion, and how hard (between two numbers, any magnitude alike)."""
        if self.calm or (chance == 0.0 and self.given is None):
            return None
        occasion = self._occasions[purpose] = self._occasions.get(purpose, 0) + 1
        if self.given is not None:
            force = self.given.get((purpose, occasion))
        else:
            force = self._drawn(purpose, occasion, chance, low, high)
        if force is not None:
            self.hits[purpose, occasion] = force
        return force

    def _drawn(self, purpose: str, occasion: int, chance: float, low: float, high: float) -> float | None:
        """Occasions are many and hits are few: what is drawn is how many go by until the next one."""
        due = self._next.get(purpose)
        if due is None:
            due = self._next[purpose] = self.streams.of(purpose).gap(chance)
        if occasion < due:
            return None
        stream = self.streams.of(purpose)
        self._next[purpose] = occasion + stream.gap(chance)
        return round(stream.tail(low, high), 3) if high > 0.0 else 1.0


def written(hits: dict[Place, float]) -> str:
    """A tape as text: one fault in each line."""
    return "".join(f"{purpose} #{number} {force:g}\n" for (purpose, number), force in sorted(hits.items()))


def read(text: str) -> dict[Place, float]:
    """The tape of a text; empty lines and what follows a % are left out."""
    made: dict[Place, float] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("%")[0].split()
        if not words:
            continue
        try:
            made[" ".join(words[:-2]), int(words[-2].removeprefix("#"))] = float(words[-1])
        except (ValueError, IndexError):
            mend = "A line is a fault's name, # and its occasion, and its force: answer lost #12 1"
            raise HoldfastError(f"Line {number} of the tape cannot be read.", mend) from None
    return made
