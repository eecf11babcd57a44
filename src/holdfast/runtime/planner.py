"""Plans are made in processes of their own, one for each strategy, each with a deadline.

A strategy that is slow, raises or dies holds up nobody else: it is quarantined, which means that it opens nothing new,
while its trades stay managed by the core, which needs no strategy for that.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

Compute = Callable[
    [int, int], "Planned | None"
]  # mandate, instant of the bar's close -> the plan; None = says nothing
START_S = 120.0  # that a process may take to load its data


@dataclass(frozen=True)
class Planned:
    """One plan as it crosses between processes; texts by their words, since numbers are the engine's."""

    mandate_id: int
    time_ns: int
    event: bytes  # a Plan, tags left out
    tag: str
    exit_tag: str


@dataclass
class Asked:
    """A plan that is due."""

    mandate_id: int
    time_ns: int
    until: float  # by time.monotonic


def serve(wire: Connection, make: Callable[[], Compute]) -> None:
    """The process of one strategy."""
    import contextlib

    with contextlib.suppress(EOFError, KeyboardInterrupt, OSError):  # who asked may be gone at any moment
        try:
            compute = make()
            wire.send(("ready", None))
        except Exception as error:
            wire.send(("failed", f"{type(error).__name__}: {error}"))
            return
        while True:
            mandate_id, time_ns = wire.recv()
            try:
                wire.send(("plan", compute(mandate_id, time_ns)))
            except Exception as error:
                wire.send(("failed", f"{type(error).__name__}: {error}"))


class Desk:
    """One strategy's process, and what it was asked."""

    def __init__(self, make: Callable[[], Compute], deadline: float) -> None:
        self.deadline = deadline
        self.asked: deque[Asked] = deque()
        context = multiprocessing.get_context("spawn")
        self.wire, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, make), daemon=True)
        self.process.start()
        theirs.close()
        self.ready = False
        self.until = time.monotonic() + START_S
        self.busy = False

    def ask(self, mandate_id: int, time_ns: int) -> None:
        """Queue a plan; it has its deadline from when its turn comes."""
        self.asked.append(Asked(mandate_id, time_ns, 0.0))
        self.go_on()

    def go_on(self) -> None:
        """The next one, if the process is free."""
        if self.ready and not self.busy and self.asked:
            self.busy = True
            self.until = time.monotonic() + self.deadline
            self.wire.send((self.asked[0].mandate_id, self.asked[0].time_ns))

    def poll(self) -> tuple[list[Planned], str]:
        """What has come, and why the strategy must be quarantined (empty: it must not)."""
        made: list[Planned] = []
        try:
            while self.wire.poll():
                kind, told = self.wire.recv()
                if kind == "failed":
                    return made, str(told)
                self.ready = True
                if kind == "plan":
                    self.busy = False
                    self.asked.popleft()
                    if told is not None:
                        made.append(told)
                self.go_on()
        except (EOFError, OSError):
            return made, "its process died"
        waiting = self.busy or not self.ready
        return made, "it took longer than its deadline" if waiting and time.monotonic() > self.until else ""

    def stop(self) -> None:
        """End the process, whatever it is doing; nobody waits for it."""
        self.process.kill()
        self.wire.close()


class Planner:
    """`makers` by strategy; `planned` hears plans, `quarantine` which strategy failed and why."""

    def __init__(
        self,
        makers: dict[int, Callable[[], Compute]],
        planned: Callable[[Planned], None],
        quarantine: Callable[[int, str], None],
        deadline: float = 2.0,
    ) -> None:
        self.planned, self.quarantine = planned, quarantine
        self.desks: dict[int, Any] = {number: Desk(make, deadline) for number, make in makers.items()}

    def ask(self, strategy_id: int, mandate_id: int, time_ns: int) -> None:
        """A bar has closed: what does the strategy want?"""
        desk = self.desks.get(strategy_id)
        if desk is not None:
            desk.ask(mandate_id, time_ns)

    def poll(self) -> None:
        """Take what has come; never waits."""
        for number, desk in list(self.desks.items()):
            made, why = desk.poll()
            for each in made:
                self.planned(each)
            if why:
                desk.stop()
                del self.desks[number]
                self.quarantine(number, why)

    def close(self) -> None:
        """End all processes."""
        for desk in self.desks.values():
            desk.stop()
        self.desks = {}
