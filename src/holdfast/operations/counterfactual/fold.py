"""A journal folded twice at once: as it was, and with other limits. Exact until the first decision that differs, and a
simulation from there on, because recorded reports are about orders that the other account never gave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from holdfast.engine.engine import Engine
from holdfast.errors import JournalError
from holdfast.journal.folding import Difference, Folded, difference_of, snapshot_difference
from holdfast.journal.forms import decided, read_event, read_state
from holdfast.journal.rows import POISON, REMARK, SNAPSHOT, Row, from_json
from holdfast.model.account import ledger_residual
from holdfast.model.commands import Command, Note
from holdfast.model.enums import Denial
from holdfast.model.events import LimitsSet, MandateGiven, Price
from holdfast.model.mandate import Mandate
from holdfast.model.state import State
from holdfast.operations.counterfactual.changes import Applied, Change, Changes
from holdfast.operations.counterfactual.venue import CounterfactualVenue
from holdfast.operations.counterfactual.walked import Walked
from holdfast.records import copy_record

SETTINGS = {kind.__name__ for kind in (LimitsSet, MandateGiven)}


@dataclass
class Figures:
    """Where an account stands. Money in 1e-8."""

    closed: int
    fills: int
    open_trades: int
    working_orders: int
    balance: int
    equity: int
    realized_pnl: int
    fees: int
    funding: int
    rollover: int
    drawdown: int  # the largest fall of equity from a peak, looked at with each price
    denials: dict[str, int]
    residual: int  # of the ledger; always 0


@dataclass
class Curve:
    """Equity as prices come."""

    peak: int = 0
    drawdown: int = 0

    def see(self, state: State) -> None:
        """One more point."""
        self.peak = max(self.peak, state.account.equity)
        self.drawdown = max(self.drawdown, self.peak - state.account.equity)


@dataclass
class FirstDifference:
    """The first event after which the two accounts decided otherwise, and what each told about it."""

    row: int
    time_ns: int
    event: Any
    instrument_id: int  # that the event is about; 0 = none
    exact: int  # events before it
    recorded: list[Command]
    changed: list[Command]
    recorded_notes: list[Note]
    changed_notes: list[Note]
    trades: dict[int, int]  # number of the trade by the order's, for what was decided
    figures: Figures  # of both accounts after it; only what was denied may differ


@dataclass
class Counterfactual:
    """What the journal's account came to, and what it would have come to."""

    applied: list[Applied]
    events: int
    exact: int
    names: dict[str, Any]  # what the core's numbers mean, as the journal says it
    recorded: Figures
    difference: FirstDifference | None = None
    simulated: Figures | None = None
    venue_balance: int = 0  # at the simulated venue


def compare(
    rows: list[Row], changes: Iterable[Change], progress: Callable[[int, int], None] | None = None
) -> Counterfactual:
    """Fold verified rows, the first of them a snapshot, as they are and with the changes."""
    made = Changes(changes, mandates_of(rows))
    require_met(rows, made)
    run = _Run(rows[0], made)
    for done, row in enumerate(rows[1:], 1):
        run.take(row)
        if progress is not None and done % 500 == 0:
            progress(done, len(rows))
    return run.outcome(names_of(rows))


def mandates_of(rows: list[Row]) -> dict[int, Mandate]:
    """Every mandate of a journal that belongs to a strategy, by number."""
    state = read_state(rows[0].version, rows[0].body)
    found = {number: state.mandates[number] for number in range(1, state.mandate_watermark + 1)}
    for row in rows:
        if row.kind == MandateGiven.__name__:
            given = read_event(row.kind, row.version, row.body)
            found[given.mandate_id] = given.mandate
    return {number: mandate for number, mandate in found.items() if mandate.strategy_id > 0}


def names_of(rows: list[Row]) -> dict[str, Any]:
    """What the journal says last about the meaning of its numbers; empty where it says nothing."""
    for row in reversed(rows):
        if row.kind == REMARK and (told := from_json(row.body)).get("about") == "names":
            return dict(told)
    return {}


def require_met(rows: list[Row], changes: Changes) -> None:
    """Every change must be about something that the journal has."""
    changes.change_state(read_state(rows[0].version, rows[0].body))
    for row in rows:
        if row.kind in SETTINGS:
            changes.change_event(read_event(row.kind, row.version, row.body))
    for key in changes.unmet():
        raise JournalError(
            f"No row of this journal carries {key}.",
            "The account has no such strategy, class or instrument: leave it out.",
        )


class _Run:
    """Both accounts, row by row."""

    def __init__(self, first: Row, changes: Changes) -> None:
        self.changes = changes
        self.recorded = Folded(Engine(read_state(first.version, first.body)))
        self.other = Engine(read_state(first.version, first.body))
        changes.change_state(self.other.state)
        self.curve, self.other_curve = Curve(), Curve()
        self.difference: FirstDifference | None = None
        self.venue: CounterfactualVenue | None = None
        self.walked = Walked(self.recorded.engine.state)

    def take(self, row: Row) -> None:
        """One row of either account."""
        if row.kind == SNAPSHOT:
            require_same(snapshot_difference(row, self.recorded))
        elif row.kind not in (REMARK, POISON):
            self._event(row)

    def _event(self, row: Row) -> None:
        event = read_event(row.kind, row.version, row.body)
        if self.venue is None:
            self.walked.see(event, self.recorded.engine.state)
        commands = self.recorded.engine.apply(event)
        require_same(difference_of(row, commands, self.recorded))
        self.recorded.events += 1
        other = read_event(row.kind, row.version, row.body)
        self.changes.change_event(other)
        if self.venue is not None:
            self.venue.take(other)
        else:
            found = self.other.apply(other)
            if decided(found) != row.decided:
                self._differ(row, other, commands, found)
        if isinstance(event, Price) and not event.more:
            self.curve.see(self.recorded.engine.state)
            self.other_curve.see(self.other.state)

    def _differ(self, row: Row, event: Any, recorded: list[Command], found: list[Command]) -> None:
        """The two part here: what is known of both is kept, and the other one goes on at a venue of its own."""
        mine = self.recorded.engine
        trades = {}
        for engine, commands in ((mine, recorded), (self.other, found)):
            for command in commands:
                order = engine.state.orders[command.order_row]
                trades[command.order_id] = engine.state.trades[order.trade_row].trade_id
        mandate = mine.state.mandates[getattr(event, "mandate_id", 0)]
        self.difference = FirstDifference(
            row.seq, mine.state.time_ns, event, getattr(event, "instrument_id", 0) or mandate.instrument_id,
            self.recorded.events - 1, recorded, found, notes_of(mine), notes_of(self.other), trades,
            figures(self.other.state, self.other_curve),
        )  # fmt: skip
        self.venue = CounterfactualVenue(self.other, self.walked)

    def outcome(self, names: dict[str, Any]) -> Counterfactual:
        """Both accounts after the last row."""
        mine = self.recorded.engine.state
        made = Counterfactual(
            sorted(self.changes.applied), self.recorded.events, self.recorded.events, names,
            figures(mine, self.curve), self.difference,
        )  # fmt: skip
        if self.venue is not None and self.difference is not None:
            self.venue.settle()
            self.other_curve.see(self.other.state)
            made.exact = self.difference.exact
            made.simulated = figures(self.other.state, self.other_curve)
            made.venue_balance = self.venue.market.wallet
        return made


def require_same(difference: Difference | None) -> None:
    """A comparison needs a core that still decides as it did without any change."""
    if difference is not None:
        raise JournalError(
            f"This Holdfast does not decide again what the journal says. {difference.sentence()}",
            "Compare with the version that wrote it.",
        )


def notes_of(engine: Engine) -> list[Note]:
    """What the core told about its last event."""
    made = []
    for each in engine.outbox.notes[: engine.outbox.note_count]:
        note = Note()
        copy_record(note, each)
        made.append(note)
    return made


def figures(state: State, curve: Curve) -> Figures:
    """An account in numbers."""
    account = state.account
    denials = {
        denial.name.lower(): state.denials[denial].count for denial in Denial if state.denials[denial].count
    }
    return Figures(
        state.closed_count, state.fill_count, account.open_trades, account.working_orders, account.balance,
        account.equity, account.realized_pnl, account.fees, account.funding, account.rollover,
        curve.drawdown, denials, ledger_residual(account),
    )  # fmt: skip
