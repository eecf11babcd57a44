"""S3: what the venue holds, the venue would stop, at every moment in which an order could have reached it."""

from __future__ import annotations

from holdfast.model.units import SECOND
from holdfast.operations.chaos.books import Bench

EVERY = 250_000_000  # ns between two looks while something is bare
BOUND = 14 * SECOND  # of connected time: two for a stop, then the close of the trade (reliability.md 3.1)


class Protection:
    """`bare` holds for each side of an instrument how long it has had no full stop, connected time only."""

    def __init__(self, checks: Bench) -> None:
        self.world, self.checks = checks.world, checks
        self.bare: dict[tuple[int, int], int] = {}
        self.longest_ns = 0
        self._looking = False

    def allowed(self) -> int:
        """Nothing where the stop travels inside the entry, unless the venue takes stops away by itself."""
        world = self.world
        strict = world.kind.attaches and not world.mix.drops_older and not world.mix.force
        return 0 if strict else BOUND

    def look(self) -> None:
        """After everything that may have changed something at the venue."""
        if self.world.ending:
            return
        now = set(self.world.exchange.bare())
        for key in [key for key in self.bare if key not in now]:
            del self.bare[key]
        for key in now:
            self.bare.setdefault(key, 0)
        if now and self.allowed() == 0:
            self.world.heap.after(0, self._confirm)
        if now and not self._looking:
            self._looking = True
            self.world.heap.after(EVERY, self._again)

    def _confirm(self) -> None:
        """At the end of the instant, so that one answer of the venue is not looked at half way."""
        for key in self.bare:
            self.checks.violate("S3", f"Instrument {key[0]}, side {key[1]} had no full stop at the venue.")

    def _again(self) -> None:
        self._looking = False
        if self.world.connected():
            for key in self.bare:
                self.bare[key] += EVERY
                self.longest_ns = max(self.longest_ns, self.bare[key])
                if self.bare[key] > self.allowed():
                    seconds = self.bare[key] / 1e9
                    text = f"Instrument {key[0]}, side {key[1]} had no full stop for {seconds:.1f} s of connection."
                    self.checks.violate("S3", text)
        self.look()
