"""What must hold, whatever happens (reliability.md 3): the books that the checkers keep, and where each one looks.

The checkers read the venue's truth, which the engine cannot. Each is a function of its own, named after what it holds.
"""

from __future__ import annotations

from typing import Any

from holdfast.engine.engine import state_digest
from holdfast.journal.folding import Folded
from holdfast.model.commands import Command
from holdfast.model.enums import CommandClass, CommandKind, Scope, Severity
from holdfast.model.events import OrderReport, Reset, SeverityChange
from holdfast.model.order import Step
from holdfast.operations.chaos import liveness, orders, protection, truth
from holdfast.operations.chaos.books import Bench, Intent
from holdfast.ports.venue import Answer, Ask, Execution, Message, Outcome, Request
from holdfast.runtime.names import parts_of
from holdfast.runtime.session import Session


class Checks(Bench):
    """Called from everywhere in a run; `violations` keeps the first of each kind."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.protection = protection.Protection(self)
        self._swept = -1

    # the journal

    def recording(self, seq: int, event: Any, commands: list[Command]) -> None:
        """A row is taken: what the core has decided, and what became of orders."""
        books, now = self.books, self.world.heap.now_ns
        books.recorded = seq
        for command in commands:
            self._decide(seq, command, now)
        if isinstance(event, OrderReport):
            orders.check_monotone(self, seq, event)
            if event.step == Step.DOUBT and self.session is not None:
                orders.check_reservations(self, self.session.engine.state)
        elif isinstance(event, SeverityChange) and event.scope == Scope.ENGINE:
            books.halts.append((seq, event.severity >= Severity.NO_NEW))
        elif isinstance(event, Reset) and event.scope == Scope.ENGINE:
            books.halts.append((seq, False))
        if self.session is not None:
            self.fills = self.session.engine.state.fill_count

    def _decide(self, seq: int, command: Command, now: int) -> None:
        key = (command.epoch, command.order_id)
        if command.kind == CommandKind.PLACE:
            self.books.intents[key] = Intent(seq, orders.asked_by(command), now)
            if command.command_class == CommandClass.INCREASE:
                truth.check_limits(self, command)
        elif command.kind == CommandKind.AMEND and command.command_class == CommandClass.INCREASE:
            price = command.limit_price or command.trigger_price
            self.books.amends[key, price, command.quantity] = (seq, now)
            self.books.amended.discard((key, price, command.quantity))

    def committed(self, seq: int) -> None:
        """Rows are durable, and the process knows."""
        self.books.durable = max(self.books.durable, seq)

    def failed(self) -> None:
        """The journal has failed."""
        self.books.failed = True

    # processes

    def booted(self, session: Session) -> None:
        """A process begins."""
        self.session = session
        self.books.failed = False
        self.fills = session.engine.state.fill_count
        orders.remember(self, session.engine.state)

    def dying(self, session: Session, journal: Any) -> None:
        """A process is about to be gone: what it had in mind is compared with what a start will find."""
        orders.check_reservations(self, session.engine.state)
        complete = not journal.waiting and not journal.committing and not session.driver.stopped
        self.books.digest = state_digest(session.engine.state) if complete and journal.error is None else ""
        self.session = None

    def died(self, why: str) -> None:
        """Rows that did not survive were never decided."""
        last = self.world.disk.rows[-1].seq
        if last < self.books.durable:
            self.violate(
                "P1", f"Row {self.books.durable} was durable, and the disk ends at row {last} ({why})."
            )
        books = self.books
        books.durable = last
        books.intents = {k: v for k, v in books.intents.items() if v.seq <= last}
        books.amends = {k: v for k, v in books.amends.items() if v[0] <= last}
        books.halts = [halt for halt in books.halts if halt[0] <= last]
        books.counted = {k: v for k, v in books.counted.items() if v <= last}

    def recovered(self, folded: Folded | None) -> None:
        """A start has folded the journal."""
        if folded is None:
            return
        if folded.difference is not None:
            self.violate("P2", folded.difference.sentence())
        elif self.books.digest and self.books.digest != folded.digest:
            self.violate("P3", "The fold of the journal is not the state that the process had.")
        self.books.digest = ""

    # the wire

    def leaves(self, request: Request) -> None:
        """A request leaves the engine."""
        if request.ask == Ask.PLACE:
            self._place_leaves(request)
        elif request.ask == Ask.AMEND:
            orders.check_amend(self, request)

    def _place_leaves(self, request: Request) -> None:
        parts = parts_of(request.name)
        intent = self.books.intents.get((parts.epoch, parts.order_id)) if parts else None
        orders.check_provenance(self, request, intent)
        if request.reduce_only or intent is None:
            return
        intent.left += 1
        for check in orders.ENTRY_CHECKS:
            check(self, request, intent)

    def taken(self, request: Request, answer: Answer) -> None:
        """The venue has dealt with a change."""
        if answer.outcome != Outcome.DONE:
            return
        if request.ask == Ask.AMEND:
            orders.note_amend(self, request)
        if request.ask != Ask.PLACE:
            return
        accepted = self.books.accepted
        accepted[request.name] = accepted.get(request.name, 0) + 1
        orders.check_single(self, request)
        orders.check_not_dead(self, request)

    def told(self, message: Message) -> None:
        """The engine has been told something."""
        if isinstance(message, Execution):
            liveness.watch_protection(self, message)

    def moved(self) -> None:
        """Something may have changed at the venue."""
        self.protection.look()

    def settled(self, session: Session) -> None:
        """The engine has come to rest after an event."""
        if session.resolver.swept_ns is not None and session.resolver.swept_ns != self._swept:
            self._swept = session.resolver.swept_ns
            truth.check_clean_sweep(self, session)
