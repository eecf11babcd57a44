"""The network between one process and the venue: requests and their answers, the private stream, the market's prices.

A cut loses what is under way and what is said meanwhile; a clog only holds it up, and nobody is told of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from holdfast.operations.chaos.exchange import Exchange
from holdfast.operations.chaos.heap import Heap
from holdfast.operations.chaos.mix import Mix
from holdfast.operations.chaos.tape import Tape
from holdfast.ports.venue import Answer, Ask, Message, Outcome, Request

SLOW = (0.3, 120.0)  # seconds that a held-up message takes
LATE = (0.005, 0.3)  # by which a message lets later ones overtake it
LOST = 5.0  # seconds after which whoever asked gives up on an answer: a loss is no shorter than that
NOTICED = (0.01, 15.0)  # seconds until a process knows that its connection is gone


@dataclass
class Link:
    """One connection. `number` changes with every cut: what was under way then is lost."""

    number: int = 0
    up: bool = True
    free_ns: int = 0  # a clog ends then
    last_ns: int = 0  # messages of one connection keep their order
    disturbed_ns: int = 0  # until then an order request would not have been answered in time


class Wire:
    """`to` is the process that is alive: its `answered`, `told`, `fed` and `connection` are called."""

    def __init__(self, heap: Heap, tape: Tape, mix: Mix, exchange: Exchange) -> None:
        self.heap, self.tape, self.mix, self.exchange = heap, tape, mix, exchange
        self.to: Any = None
        self.private, self.data = Link(), Link()
        self.flying: dict[int, Request] = {}  # places under way, by a number of their own
        self.stale = 0  # requests of an earlier start that the venue took
        self.latency = tape.streams.of("latency")
        self.coins = tape.streams.of("cut coins")
        self._flights = 0
        self.leaves: Callable[[Request], None] = lambda _: None
        exchange.tell = self.say

    # out

    def send(self, request: Request, start: int) -> None:
        """A request leaves the process of a start."""
        self.leaves(request)
        link = self.private
        if not link.up:
            self._refuse(request, start)
            return
        copies = 1 + (request.ask in CHANGING and self._hit("request twice", self.mix.request_twice))
        for _ in range(copies):
            if self._hit("request lost", self.mix.request_lost):
                self._disturb(LOST)
            else:
                self._fly(request, start, link.number)

    def _refuse(self, request: Request, start: int) -> None:
        """No connection: known at once, or nothing is heard at all."""
        if self.coins.chance(0.5):
            answer = Answer(request.number, Outcome.NOT_SENT, 0, self.heap.now_ns)
            self.heap.after(1_000_000, self._hand_over, answer, start, -1)

    def _fly(self, request: Request, start: int, number: int) -> None:
        delay = self._delay("request slow", self.mix.request_slow)
        self._flights += 1
        if request.ask == Ask.PLACE:
            self.flying[self._flights] = request
        self.heap.at(self._arrival(delay), self._arrive, self._flights, request, start, number)

    def _arrive(self, flight: int, request: Request, start: int, number: int) -> None:
        self.flying.pop(flight, None)
        cut = number != self.private.number
        if cut and self.coins.chance(0.5):
            return
        if self.to is not None and start != self.to.start and request.ask == Ask.PLACE:
            self.stale += 1
        answer = self.exchange.take(request)
        if answer is None or cut or self._hit("answer lost", self.mix.answer_lost):
            self._disturb(LOST)
            return
        delay = self._delay("answer slow", self.mix.answer_slow)
        self.heap.at(self._arrival(delay), self._hand_over, answer, start, number)

    def _hand_over(self, answer: Answer, start: int, number: int) -> None:
        if self.to is not None and start == self.to.start and number in (-1, self.private.number):
            self.to.answered(answer)

    # in

    def say(self, message: Message) -> None:
        """The private stream says something."""
        if not self.private.up:
            return
        for _ in range(1 + self._hit("stream twice", self.mix.stream_twice)):
            delay = self._delay("stream slow", self.mix.stream_slow)
            late = self.tape.hit("stream reordered", self.mix.stream_reordered, *LATE)
            at = max(self._arrival(delay), self.private.last_ns + 1)
            if late is None and delay < SLOW[0] * 1e9:
                self.private.last_ns = at
            self.heap.at(at + round((late or 0) * 1e9), self._hear, message, self.private.number)

    def _hear(self, message: Message, number: int) -> None:
        if self.to is not None and number == self.private.number:
            self.to.told(message)

    def feed(self, event: Any) -> None:
        """A price or a plan, in its order."""
        link = self.data
        if link.up:
            link.last_ns = at = max(self.heap.now_ns + self._usual(), link.free_ns, link.last_ns + 1)
            self.heap.at(at, self._fed, event, link.number)

    def _fed(self, event: Any, number: int) -> None:
        if self.to is not None and number == self.data.number:
            self.to.fed(event)

    # disturbances

    def cut(self, link: Link, seconds: float) -> None:
        """The connection is gone for a while."""
        link.number += 1
        link.up = False
        number, gone = link.number, round(seconds * 1e9)
        if link is self.private:
            self._disturb(seconds)
            self.heap.after(round(self.latency.tail(*NOTICED) * 1e9), self._notice, number, False)
        self.heap.after(gone, self.join, link, number)

    def join(self, link: Link, number: int) -> None:
        """It is back."""
        if number == link.number and not link.up:
            link.up, link.last_ns, link.free_ns = True, 0, 0
            if link is self.private:
                self.heap.after(self._usual(), self._notice, number, True)

    def _notice(self, number: int, there: bool) -> None:
        if self.to is not None and number == self.private.number and there == self.private.up:
            self.to.connection(there)

    def clog(self, link: Link, seconds: float) -> None:
        """Messages wait, and come all at once."""
        link.free_ns = self.heap.now_ns + round(seconds * 1e9)
        if link is self.private:
            self._disturb(seconds)

    def heal(self) -> None:
        """Whatever holds messages up, ends."""
        for link in (self.private, self.data):
            link.free_ns = 0
            if not link.up:
                self.join(link, link.number)

    # times

    def _hit(self, purpose: str, chance: float) -> bool:
        return self.tape.hit(purpose, chance) is not None

    def _usual(self) -> int:
        return round(self.latency.tail(0.003, 0.05) * 1e9)

    def _delay(self, purpose: str, chance: float) -> int:
        slow = self.tape.hit(purpose, chance, *SLOW)
        if slow is None:
            return self._usual()
        self._disturb(slow)
        return round(slow * 1e9)

    def _arrival(self, delay: int) -> int:
        return max(self.heap.now_ns + delay, self.private.free_ns)

    def _disturb(self, seconds: float) -> None:
        """An order sent now would not have been answered within a second."""
        until = self.heap.now_ns + round(seconds * 1e9)
        self.private.disturbed_ns = max(self.private.disturbed_ns, until)


CHANGING = (Ask.PLACE, Ask.AMEND, Ask.CANCEL)
