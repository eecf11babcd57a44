"""A strategy for a process of its own that fails in a chosen way."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from holdfast.runtime.planner import Compute, Planned


@dataclass(frozen=True)
class Strategy:
    """Behaves as it is told at its third plan."""

    how: str

    def __call__(self) -> Compute:
        if self.how == "load":
            raise ValueError("no data")
        asked = 0

        def compute(mandate_id: int, time_ns: int) -> Planned | None:
            nonlocal asked
            asked += 1
            if asked == 3 and self.how == "raise":
                raise ZeroDivisionError("by a strategy")
            if asked == 3 and self.how == "block":
                time.sleep(60)
            if asked == 3 and self.how == "die":
                os._exit(7)
            return None if asked % 2 else Planned(mandate_id, time_ns, b"", "tag", "")

        return compute
