"""The three clocks of a simulated machine: one that only counts, an estimate of the venue's, and the wall's, which
jumps."""

from __future__ import annotations

from holdfast.operations.chaos.heap import Heap
from holdfast.operations.chaos.streams import Stream

SOUND = 0.2  # seconds by which a sound estimate may be wrong


class SimulatedClock:
    """Virtual time is the venue's; what the machine believes differs from it."""

    def __init__(self, heap: Heap, stream: Stream) -> None:
        self.heap = heap
        self.wall_off_ns = 0
        self.sound = True
        self._stream = stream
        self.error_ns = self._usual()

    def _usual(self) -> int:
        return round(self._stream.between(-SOUND, SOUND) * 1e9)

    def mono_ns(self) -> int:
        """Only counts."""
        return self.heap.now_ns

    def venue_ns(self) -> int:
        """The estimate."""
        return self.heap.now_ns + self.error_ns

    def wall_ns(self) -> int:
        """What the machine shows: nothing may hang from it."""
        return self.heap.now_ns + self.wall_off_ns

    def is_sound(self) -> bool:
        """Whether the estimate is known to be good."""
        return self.sound

    def disturb(self, error_s: float) -> None:
        """The estimate is far off, and known not to be good."""
        self.sound, self.error_ns = False, round(error_s * 1e9)

    def mend(self) -> None:
        """It is good again."""
        self.sound, self.error_ns = True, self._usual()
