"""Requests leave here, once each; whoever asked hears what came of it, at the latest when its time is up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from holdfast.model.units import SECOND
from holdfast.ports.clock import Clock
from holdfast.ports.venue import Answer, Ask, Outcome, Request, Venue

PATIENCE = 5 * SECOND  # with one request: then nothing is known about it


@dataclass
class Asked:
    """A request on its way."""

    heard: Callable[[Answer], None]
    until_ns: int


class Courier:
    """Numbers and stamps requests; gives each answer to who asked, and says UNKNOWN where none comes."""

    def __init__(self, venue: Venue, clock: Clock) -> None:
        self.venue, self.clock = venue, clock
        self.sent = 0
        self._asked: dict[int, Asked] = {}

    def ask(self, ask: Ask, heard: Callable[[Answer], None], **terms: Any) -> None:
        """Send one request."""
        self.sent += 1
        number = self.sent
        self._asked[number] = Asked(heard, self.clock.mono_ns() + PATIENCE)
        self.venue.send(Request(number, ask, stamp_ns=self.clock.venue_ns(), **terms))

    def answered(self, answer: Answer) -> None:
        """An answer came; one that nobody waits for any more proves nothing that a question will not tell."""
        asked = self._asked.pop(answer.number, None)
        if asked is not None:
            asked.heard(answer)

    def tick(self) -> None:
        """Requests whose time is up."""
        now = self.clock.mono_ns()
        for number in [n for n, asked in self._asked.items() if asked.until_ns <= now]:
            self._asked.pop(number).heard(Answer(number, Outcome.UNKNOWN))

    def next_due_ns(self) -> int | None:
        """When the next request's time is up."""
        return min((asked.until_ns for asked in self._asked.values()), default=None)
