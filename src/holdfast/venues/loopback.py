"""The paper venue at the other end of a socket: a line of JSON for each request, answer and message.

It is how an engine of its own process trades with a venue of another, which is what kills and cut wires need.
"""

from __future__ import annotations

import select
import socket
from typing import Any

import msgspec

from holdfast.ports.venue import Amended, Answer, Execution, Facts, Message, OrderSeen, Request

KINDS: dict[str, Any] = {
    "answer": Answer, "order": OrderSeen, "execution": Execution, "amended": Amended, "price": dict, "plan": dict,
    "taken": dict, "done": dict,
}  # fmt: skip
NAMES = {kind: name for name, kind in KINDS.items() if kind is not dict}


def line_of(name: str, told: Any) -> bytes:
    """One message as a line."""
    return msgspec.json.encode({"kind": name, "told": told}) + b"\n"


def message_line(message: Answer | Message) -> bytes:
    """An answer or a message of the venue as a line."""
    return line_of(NAMES[type(message)], message)


def read_line(line: bytes) -> tuple[str, Any]:
    """Kind and content of a line. ValueError where it is not understood."""
    told = msgspec.json.decode(line)
    kind = KINDS[told["kind"]]
    return told["kind"], told["told"] if kind is dict else msgspec.convert(told["told"], kind)


class LoopbackVenue:
    """One connection; `receive` gives what has come, None once the other end is gone."""

    def __init__(self, port: int, facts: Facts) -> None:
        self.facts = facts
        self.wire = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = b""

    def send(self, request: Request) -> None:
        """One write; what becomes of it the answer tells, or nothing does."""
        try:
            self.wire.sendall(line_of("request", request))
        except OSError:
            return  # no answer will come: the courier says UNKNOWN

    def receive(self, seconds: float) -> list[tuple[str, Any]] | None:
        """Messages that have come, waiting so long for the first."""
        if not select.select([self.wire], [], [], seconds)[0]:
            return []
        try:
            come = self.wire.recv(65_536)
        except OSError:
            return None
        if not come:
            return None
        *lines, self._left = (self._left + come).split(b"\n")
        return [read_line(line) for line in lines]

    def close(self) -> None:
        """Hang up."""
        self.wire.close()
