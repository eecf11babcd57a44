"""Randomness that does not move when something else is taken away: one stream for each (seed, purpose, entity).

Streams are counters behind a hash, so that the n-th draw of one depends on nothing but its name and n.
"""

from __future__ import annotations

import hashlib
import math

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


class Stream:
    """Draws of one purpose for one entity."""

    __slots__ = ("count", "key")

    def __init__(self, seed: int, purpose: str, entity: str = "") -> None:
        name = hashlib.blake2b(f"{seed}|{purpose}|{entity}".encode(), digest_size=8)
        self.key, self.count = int.from_bytes(name.digest(), "big"), 0

    def bits(self) -> int:
        """The next 64 bits."""
        self.count += 1
        z = (self.key + self.count * GOLDEN) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def share(self) -> float:
        """From 0 to 1."""
        return (self.bits() >> 11) * 2.0**-53

    def chance(self, probability: float) -> bool:
        """True in this share of draws."""
        return self.share() < probability

    def between(self, low: float, high: float) -> float:
        """Evenly between two numbers."""
        return low + (high - low) * self.share()

    def tail(self, low: float, high: float) -> float:
        """Between two numbers, every order of magnitude as likely."""
        return low * math.pow(high / low, self.share())

    def gap(self, probability: float) -> int:
        """Draws until one of this probability comes true, that one counted."""
        if probability >= 1.0:
            return 1
        return 1 + int(math.log(1.0 - self.share()) / math.log1p(-probability))

    def pick(self, *choices: float) -> float:
        """One of several."""
        return choices[self.bits() % len(choices)]


class Streams:
    """All streams of a seed, made when first asked for."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._made: dict[tuple[str, str], Stream] = {}

    def of(self, purpose: str, entity: str = "") -> Stream:
        """The stream of a purpose for an entity."""
        found = self._made.get((purpose, entity))
        if found is None:
            found = self._made[purpose, entity] = Stream(self.seed, purpose, entity)
        return found
