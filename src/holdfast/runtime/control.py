"""What a person asks of a running account: halt, resume, flatten, a mode for an instrument, reconcile, adopt, stop.

Each request has a key, so that one which is sent twice counts once, an expiry, a name and a reason; it becomes events,
and is answered when they are durable. Asking for less risk is never refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from holdfast.errors import did_you_mean
from holdfast.model.enums import Rule, Scope, Severity
from holdfast.model.events import Reset, SeverityChange
from holdfast.model.units import SECOND
from holdfast.runtime.session import Session

MODES = {"normal": Severity.NORMAL, "no-new": Severity.NO_NEW, "exit-only": Severity.REDUCE_ONLY}
REMEMBERED = 1000  # keys
EXPIRY = 60 * SECOND


@dataclass(frozen=True)
class Wish:
    """One request of a person. Without a pair it is about the whole account; times by the machine's wall clock."""

    key: str
    verb: str
    who: str
    why: str
    sent_ns: int
    pair: str = ""
    mode: str = ""
    acknowledge: bool = False
    instrument_id: int = 0  # of the pair

    def body(self) -> tuple[Any, ...]:
        """What must be the same where a key comes again."""
        return (self.verb, self.pair, self.mode, self.acknowledge)


@dataclass
class Reply:
    """What came of it. `seq` is the row that must be durable before it is told."""

    done: bool
    says: str
    seq: int = 0
    facts: dict[str, Any] = field(default_factory=dict)


class Control:
    """Turns wishes into events of a session."""

    def __init__(self, session: Session, pairs: dict[str, int], stop: Callable[[], None]) -> None:
        self.session, self.pairs, self.stop = session, pairs, stop
        self._known: dict[str, tuple[tuple[Any, ...], Reply]] = {}
        self._verbs: dict[str, Callable[[Wish], Reply]] = {
            "halt": self._halt,
            "resume": self._resume,
            "flatten": self._flatten,
            "mode": self._mode,
            "reconcile": self._reconcile,
            "adopt": self._adopt,
            "stop": self._stop,
            "ping": lambda _: Reply(done=True, says="running"),
        }

    def remember(self, told: dict[str, Any]) -> None:
        """A request that an earlier start has carried out, as the journal tells it."""
        self._known[told["key"]] = (tuple(told["body"]), Reply(done=told["done"], says=told["says"]))

    def ask(self, wish: Wish, now_ns: int) -> Reply:
        """Carry a wish out, once."""
        known = self._known.get(wish.key)
        if known is not None:
            if known[0] != wish.body():
                return Reply(done=False, says="This key was used for another request.")
            return known[1]
        if now_ns - wish.sent_ns > EXPIRY:
            return Reply(done=False, says="The request is older than 60 s: send it again if it still holds.")
        verb = self._verbs.get(wish.verb)
        if verb is None:
            return Reply(done=False, says=f"There is no request {wish.verb!r}.")
        instrument_id = self.pairs.get(wish.pair, 0)
        if wish.pair and not instrument_id:
            near = did_you_mean(wish.pair, list(self.pairs))
            return Reply(done=False, says=f"{wish.pair} is not traded on this account. {near}")
        reply = verb(replace(wish, instrument_id=instrument_id))
        if wish.verb != "ping":
            self._write_down(wish, reply)
        return reply

    def _write_down(self, wish: Wish, reply: Reply) -> None:
        told = {name: getattr(wish, name) for name in ("key", "verb", "who", "why", "pair", "mode")}
        told |= {"body": list(wish.body()), "says": reply.says, "done": reply.done}
        reply.seq = self.session.remark("request", told)
        self._known[wish.key] = (wish.body(), reply)
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]

    def _change(self, wish: Wish, severity: Severity, latched: bool) -> None:
        event = SeverityChange()
        event.time_ns = self.session.clock.venue_ns()
        event.scope = Scope.INSTRUMENT if wish.instrument_id else Scope.ENGINE
        event.scope_id, event.severity, event.latched = wish.instrument_id, severity, latched
        self.session.take(event)

    def _halt(self, wish: Wish) -> Reply:
        self._change(wish, Severity.NO_NEW, latched=True)
        return Reply(
            done=True, says="Nothing new is opened; what is held stays managed. Lift it with resume."
        )

    def _flatten(self, wish: Wish) -> Reply:
        self._change(wish, Severity.FLATTENING, latched=True)
        return Reply(done=True, says="Entries are withdrawn and positions closed; nothing new until resume.")

    def _mode(self, wish: Wish) -> Reply:
        severity = MODES.get(wish.mode)
        if severity is None:
            return Reply(done=False, says=f"Modes are {', '.join(MODES)}.")
        if not wish.instrument_id:
            return Reply(done=False, says="Name the instrument that gets the mode.")
        self._change(wish, severity, latched=severity > Severity.NORMAL)
        return Reply(done=True, says=f"Its mode is {wish.mode} now.")

    def _resume(self, wish: Wish) -> Reply:
        """Lift what a person or a rule has latched; a rule whose condition still holds is not lifted."""
        self._change(wish, Severity.NORMAL, latched=False)
        event = Reset()
        event.time_ns = self.session.clock.venue_ns()
        event.scope = Scope.INSTRUMENT if wish.instrument_id else Scope.ENGINE
        event.scope_id, event.rule, event.acknowledge = wish.instrument_id, Rule.NONE, wish.acknowledge
        self.session.take(event)
        if not wish.instrument_id:
            event.scope = Scope.ACCOUNT
            self.session.take(event)
        left = self._restraints(wish.instrument_id)
        if left:
            return Reply(done=False, says=f"Still held by {', '.join(left)}: what raised it has not ended.")
        return Reply(done=True, says="Entries are allowed again.")

    def _restraints(self, instrument_id: int) -> list[str]:
        state = self.session.engine.state
        scopes = (
            {(Scope.INSTRUMENT, instrument_id)} if instrument_id else {(Scope.ENGINE, 0), (Scope.ACCOUNT, 0)}
        )
        return [
            Rule(trip.rule).name.lower().replace("_", " ")
            for trip in state.trips
            if trip.rule and (Scope(trip.scope), trip.scope_id) in scopes and trip.severity >= Severity.NO_NEW
        ]

    def _reconcile(self, _: Wish) -> Reply:
        self.session.sweeper.due_ns = 0
        return Reply(done=True, says="The venue is being asked for everything.")

    def _adopt(self, wish: Wish) -> Reply:
        """What was found and kept apart is a strategy's to manage, or is kept as it is: entries are allowed again."""
        if not wish.instrument_id:
            return Reply(done=False, says="Name the instrument whose position is to be adopted.")
        return self._resume(wish)

    def _stop(self, _: Wish) -> Reply:
        self.stop()
        return Reply(done=True, says="Stopping in order; stops and positions stay at the venue.")
