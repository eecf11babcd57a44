"""Virtual time: what happens next, and among what happens at one instant a seeded order."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from holdfast.operations.chaos.streams import GOLDEN, MASK, Stream


class Heap:
    """Nothing waits: time jumps to the next thing. `done` counts what has happened."""

    def __init__(self, ties: Stream, now_ns: int) -> None:
        self.now_ns, self.done = now_ns, 0
        self._ties = ties.bits() | 1
        self._number = 0
        self._waiting: list[tuple[int, int, int, Callable[..., None], tuple[Any, ...]]] = []

    def at(self, time_ns: int, what: Callable[..., None], *arguments: Any) -> None:
        """Something happens at an instant; never before now."""
        self._number += 1
        tie = ((self._number * GOLDEN & MASK) ^ self._ties) * GOLDEN >> 48 & 0xFFFF
        at = time_ns if time_ns > self.now_ns else self.now_ns
        heapq.heappush(self._waiting, (at, tie, self._number, what, arguments))

    def after(self, delay_ns: int, what: Callable[..., None], *arguments: Any) -> None:
        """Something happens after a while."""
        self.at(self.now_ns + delay_ns, what, *arguments)

    def run(self, until_ns: int) -> None:
        """Everything up to an instant, that instant included."""
        waiting = self._waiting
        while waiting and waiting[0][0] <= until_ns:
            self.now_ns, _, _, what, arguments = heapq.heappop(waiting)
            self.done += 1
            what(*arguments)
        self.now_ns = max(self.now_ns, until_ns)
