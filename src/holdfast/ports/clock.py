"""Three clocks that must not be taken for each other."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Nanoseconds. Durations and deadlines use `mono_ns`; requests are stamped with `venue_ns`."""

    def mono_ns(self) -> int:
        """Never goes back; counts on while the machine sleeps."""
        ...

    def venue_ns(self) -> int:
        """What the venue's clock says now, by our estimate."""
        ...

    def is_sound(self) -> bool:
        """Whether the estimate is fresh and near enough for a request to be stamped with it."""
        ...
