"""Stretches of time [start, end) as two sorted arrays: joined where they touch, and turned inside out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdfast.history.zones import Instants


@dataclass(frozen=True)
class Spans:
    """Half-open stretches in ns UTC, ascending, apart from each other."""

    starts: Instants
    ends: Instants

    def __len__(self) -> int:
        return len(self.starts)

    def touching(self, start_ns: int, end_ns: int) -> Spans:
        """Those that have a part in [start, end), uncut."""
        kept = (self.ends > start_ns) & (self.starts < end_ns)
        return Spans(self.starts[kept], self.ends[kept])

    def widened(self, before_ns: int, after_ns: int) -> Spans:
        """Each begun earlier and ended later, and joined again."""
        return joined(self.starts - before_ns, self.ends + after_ns)

    def gaps(self) -> Spans:
        """What lies between the first and the last."""
        return Spans(self.ends[:-1], self.starts[1:])


def joined(starts: Instants, ends: Instants) -> Spans:
    """Any stretches, in any order, as spans: those that overlap or touch become one, empty ones none."""
    real = ends > starts
    order = np.argsort(starts[real], kind="stable")
    starts, ends = starts[real][order], ends[real][order]
    reach = np.maximum.accumulate(ends) if len(ends) else ends
    begins = np.append(True, starts[1:] > reach[:-1])[: len(starts)]
    lasts = np.append(begins[1:], True)[: len(starts)]
    return Spans(starts[begins], reach[lasts])


NONE = Spans(np.empty(0, np.int64), np.empty(0, np.int64))
