"""What is done about a position that our books do not explain: quarantine, adopt, ignore or halt (reliability.md G4,
D16). Nothing is ever "corrected" by trading back; what is held is protected."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from holdfast.model.enums import Kind, Scope, Severity
from holdfast.model.events import Closure, MandateGiven, PositionAdopted, PositionReport, SeverityChange
from holdfast.model.instrument import Instrument
from holdfast.model.units import MANDATES
from holdfast.ports.venue import Execution
from holdfast.runtime.desk import Desk


class Policy(enum.Enum):
    """For positions that are not explained."""

    QUARANTINE = "quarantine"  # protected by a far stop, nothing new on the instrument until a person decides
    ADOPT = "adopt"  # given to the strategy that trades the instrument, protected, managed
    IGNORE = "ignore"  # left alone, without a stop of ours; nothing new on the instrument
    HALT = "halt"  # left alone, and nothing new anywhere


@dataclass(frozen=True)
class Difference:
    """One side of an instrument: what the venue holds, and what we do."""

    instrument_id: int
    side: int
    venue: int
    ours: int
    price: int  # the venue's average entry; 0 = not told


class Adopter:
    """Turns a difference that two sweeps have seen into events. `stop_rate` is the distance of a catastrophe stop."""

    def __init__(self, desk: Desk, policy: Policy, stop_rate: float) -> None:
        self.desk, self.policy, self.stop_rate = desk, policy, stop_rate

    def settle(self, difference: Difference, unexplained: list[Execution]) -> None:
        """Books first what is explained by executions; then the policy."""
        self.desk.see("position differs")
        self.desk.say(
            "difference",
            {
                "instrument": difference.instrument_id, "side": difference.side, "venue": difference.venue,
                "ours": difference.ours, "policy": self.policy.value,
            },
        )  # fmt: skip
        if difference.venue < difference.ours:
            self._close(difference, unexplained)
        else:
            self._restrain(difference)
            if self.policy in (Policy.QUARANTINE, Policy.ADOPT):
                self._take_up(difference)

    def _close(self, difference: Difference, unexplained: list[Execution]) -> None:
        """Something closed it without us: at the prices of unexplained executions, else at the price of now."""
        left = difference.ours - difference.venue
        for execution in unexplained:
            closing = execution.side == -difference.side and execution.position_side == difference.side
            if closing and execution.instrument_id == difference.instrument_id and left > 0:
                part = min(left, execution.quantity)
                self._book(difference, part, execution.price, execution.fee, execution.number)
                left -= part
        if left:
            instrument = self.desk.state.instruments[difference.instrument_id]
            price = instrument.bid if difference.side > 0 else instrument.ask
            self._book(difference, left, price, 0, instrument.last_closure_id + 1)

    def _book(self, difference: Difference, quantity: int, price: int, fee: int, number: int) -> None:
        event = Closure()
        event.time_ns, event.instrument_id = self.desk.clock.venue_ns(), difference.instrument_id
        event.side, event.quantity, event.price, event.fee = difference.side, quantity, price, fee
        event.fill_id = number
        self.desk.take(event)

    def _restrain(self, difference: Difference) -> None:
        report = PositionReport()
        report.time_ns, report.instrument_id = self.desk.clock.venue_ns(), difference.instrument_id
        report.side, report.quantity = difference.side, difference.venue
        self.desk.take(report)
        kept = SeverityChange()
        kept.time_ns, kept.severity, kept.latched = report.time_ns, Severity.NO_NEW, True
        if self.policy == Policy.HALT:
            kept.scope = Scope.ENGINE
            self.desk.take(kept)
        elif self.policy == Policy.QUARANTINE:
            kept.scope, kept.scope_id = Scope.INSTRUMENT, difference.instrument_id
            self.desk.take(kept)

    def _take_up(self, difference: Difference) -> None:
        """The excess joins the trade that owns the side, or a mandate that only keeps what was found."""
        state = self.desk.state
        instrument = state.instruments[difference.instrument_id]
        owner = instrument.long_owner if difference.side > 0 else instrument.short_owner
        mandate_id = owner or self._strategy_of(difference) or self._keeper(difference)
        event = PositionAdopted()
        event.time_ns, event.side = self.desk.clock.venue_ns(), difference.side
        event.quantity = difference.venue - difference.ours
        event.price = difference.price or instrument.bid
        event.plan.mandate_id, event.plan.time_ns = mandate_id, event.time_ns
        event.plan.stop_price = self.catastrophe_stop(instrument, difference.side, event.price)
        self.desk.take(event)

    def catastrophe_stop(self, instrument: Instrument, side: int, entry_price: int) -> int:
        """Behind the worse of entry and price of now, so that it cannot fire at once (risk.md S53)."""
        now = (instrument.bid if side > 0 else instrument.ask) or entry_price
        base = min(now, entry_price) if side > 0 else max(now, entry_price)
        return max(1, round(base * (1 - side * self.stop_rate)))

    def _strategy_of(self, difference: Difference) -> int:
        """The strategy that trades the instrument, where the policy gives it what is found."""
        state = self.desk.state
        if self.policy != Policy.ADOPT:
            return 0
        for mandate_id in range(1, state.mandate_watermark + 1):
            if state.mandates[mandate_id].instrument_id == difference.instrument_id:
                return mandate_id
        return 0

    def _keeper(self, difference: Difference) -> int:
        """A mandate that starts nothing: one for each instrument on which something was found."""
        state = self.desk.state
        for mandate_id in range(1, state.mandate_watermark + 1):
            mandate = state.mandates[mandate_id]
            if mandate.instrument_id == difference.instrument_id and mandate.strategy_id == 0:
                return mandate_id
        given = MandateGiven()
        given.time_ns, given.mandate_id = self.desk.clock.venue_ns(), state.mandate_watermark + 1
        if given.mandate_id >= MANDATES:
            return MANDATES - 1
        given.mandate.instrument_id, given.mandate.kind = difference.instrument_id, Kind.SETUP
        self.desk.take(given)
        return given.mandate_id
