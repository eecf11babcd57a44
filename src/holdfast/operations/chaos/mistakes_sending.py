"""Engines with a mistake in what they send, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from holdfast.model.enums import Role
from holdfast.model.order import OrderStatus
from holdfast.operations.chaos.engine_kinds import EngineKind, plant
from holdfast.ports.venue import Answer, Outcome
from holdfast.runtime.dispatcher import command_of
from holdfast.runtime.handling import Handling
from holdfast.runtime.session import Session


def send_again(session: Session, handling: Handling) -> None:
    """An entry leaves once more, under its own name."""
    order = session.engine.state.orders[handling.row]
    made = command_of(order)
    made.side, made.position_side, made.reduce_only = order.side, order.side, False
    made.quantity, made.stop_price = order.quantity, order.stop_price
    session.dispatcher._send(handling, made)


class Redrives(EngineKind):
    """The outbox as a queue: what was planned before the crash is sent after it."""

    name, about, caught_by = (
        "redrive-outbox",
        "sends at its start what an earlier start had planned",
        ("S1", "T1"),
    )
    storm: ClassVar = {"crash": 12, "crash_in_send": 0.05, "answer_lost": 0.1}

    def session(self, *parts: Any) -> Session:
        made = Session(*parts)
        doubt_all = made.resolver.doubt_all

        def redrive() -> None:
            doubt_all()
            for handling in made.desk.book:
                order = made.engine.state.orders[handling.row]
                if order.status == OrderStatus.IN_DOUBT and handling.increase:
                    send_again(made, handling)

        plant(made.resolver, doubt_all=redrive)
        return made


class Resends(EngineKind):
    """A request without an answer is sent again."""

    name, about, caught_by = "resend-on-timeout", "repeats an entry that was not answered", ("S1", "T1")
    storm: ClassVar = {"request_slow": 0.3, "answer_slow": 0.3, "stream_slow": 0.3}

    def session(self, *parts: Any) -> Session:
        made = Session(*parts)
        watch = made.resolver._watch_sent

        def resend(handling: Handling, now: int) -> None:
            watch(handling, now)
            if handling.increase and made.engine.state.orders[handling.row].status == OrderStatus.IN_DOUBT:
                send_again(made, handling)

        plant(made.resolver, _watch_sent=resend)
        return made


class TrustsOneMiss(EngineKind):
    """One "not found" and the order is taken for dead."""

    name, about, caught_by = "trust-one-404", "takes one empty answer for proof", ("S2", "S5", "S1c")
    storm: ClassVar = {"request_slow": 0.3, "answer_slow": 0.3, "stream_slow": 0.3, "not_found": 0.5}

    def session(self, *parts: Any) -> Session:
        made = Session(*parts)

        def missed(handling: Handling, _: int) -> None:
            order = made.desk.book.order_of(handling)
            if order is not None and order.status == OrderStatus.IN_DOUBT:
                handling.absent = True

        plant(made.resolver, _missed=missed)
        return made


class TakesErrorsForRefusals(EngineKind):
    """An answer that may mean either is taken for a refusal."""

    name, about, caught_by = "error-is-reject", "takes an unknown outcome for a refusal", ("S1c", "S2", "S5")
    storm: ClassVar = {"error_after": 0.2, "answer_lost": 0.05}

    def session(self, *parts: Any) -> Session:
        made = Session(*parts)
        placed = made.dispatcher._placed

        def refused(handling: Handling, name: str, answer: Answer) -> None:
            wrong = answer.outcome == Outcome.UNKNOWN and handling.increase
            placed(handling, name, replace(answer, outcome=Outcome.REFUSED) if wrong else answer)

        plant(made.dispatcher, _placed=refused)
        return made


class RoundsUp(EngineKind):
    """A size that the venue would refuse as too small is made larger."""

    name, about, caught_by = "round-up-to-minimum", "makes small orders large enough", ("S1b", "S2")

    def session(self, *parts: Any) -> Session:
        made = Session(*parts)
        send = made.dispatcher._send

        def larger(handling: Handling, command: Any) -> None:
            if handling.increase:
                command.quantity += command.quantity // 2
            send(handling, command)

        plant(made.dispatcher, _send=larger)
        return made


class ProtectsLate(EngineKind):
    """Protection waits until the start is over."""

    name, about, caught_by = (
        "protect-after-reconciliation",
        "reconciles first and protects then",
        ("S3", "L1"),
    )
    storm: ClassVar = {"crash_in_send": 0.1, "bare_entries": True}

    def session(self, *parts: Any) -> Session:
        made = Session(*parts)
        write, pump, tick = made.dispatcher._write, made.dispatcher.pump, made.dispatcher.tick
        waiting: list[Handling] = []

        def late(handling: Handling) -> None:
            if made.ready or handling.increase:
                write(handling)
            else:
                waiting.append(handling)

        def later(handling: Handling) -> None:
            if made.ready:
                pump(handling)

        def then() -> None:
            while made.ready and waiting:
                write(waiting.pop(0))
            tick()

        plant(made.dispatcher, _write=late, pump=later, tick=then, attempt_again=lambda _: None)
        plant(made.watch, tick=lambda: None)
        return made


class IgnoresSideEffects(EngineKind):
    """What the venue cancels by itself is not looked at."""

    name, about, caught_by = "ignore-side-effects", "does not see the venue cancel its stops", ("S3",)
    storm: ClassVar = {"drops_older": True, "bare_entries": True}

    def session(self, *parts: Any) -> Session:
        made = Session(*parts)
        seen = made.intake._see_end

        def blind(handling: Handling, order: Any) -> None:
            mine = made.engine.state.orders[handling.row]
            if mine.role != Role.STOP or mine.cancel_pending:
                seen(handling, order)

        plant(made.intake, _see_end=blind)
        plant(made.watch, tick=lambda: None)
        plant(made.sweeper, _compare_orders=lambda _: True)
        return made
