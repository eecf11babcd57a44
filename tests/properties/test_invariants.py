"""The ten invariants of the risk specification (risk.md 7.2), all at once, over random sequences of everything.

Fills, rejections, late and doubtful reports, cash flows, boundaries, windows, halts, resets and restarts, under
random floors, guards, limits and mandates: 1,000 sequences in `make test`, 10,000 in `make test-long`. Each has
an engine that breaks it: in `test_broken*.py`, or at the end of `test_behaviour.py`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from checks import check_legs, random_ask, tightened
from floor_checks import FloorWatch
from guarded_duel import GuardedDuel
from nasty_markets import chance
from survey import orders_of, trades_of, unprotected, wrong
from test_behaviour import Watched, emissions, standing
from tiers import LONG

from holdfast.engine import reduction, reports
from holdfast.engine.engine import Engine
from holdfast.engine.setups import trade_budget
from holdfast.model import events
from holdfast.model.account import sizing_base
from holdfast.model.arithmetic import scale
from holdfast.model.commands import Outbox
from holdfast.model.enums import CommandKind, Denial, Kind, Phase, Role, Severity
from holdfast.model.limits import Ask
from holdfast.model.state import State
from holdfast.records import copy_record, digest, packed, unpack_into
from holdfast.risk.gate import check

CHUNK = 100 if LONG else 10
STEPS = 90


class Everything(Watched, GuardedDuel):
    """All that can happen, remembered; now and then the process ends and goes on from what it had kept."""

    def __post_init__(self) -> None:
        self.history: list[Any] = []
        self.placed: Counter[int] = Counter()
        super().__post_init__()

    def apply(self, event: Any) -> None:
        kept = type(event)()
        copy_record(kept, event)
        self.history.append(kept)
        super().apply(event)

    def take(self, command: Any) -> None:
        if command.kind == CommandKind.PLACE:
            self.placed[command.order_id] += 1
        super().take(command)

    def step(self) -> None:
        if chance(self.rng, 0.02):
            self.restart()
        super().step()

    def restart(self) -> None:
        """A new process with the state of the old one, through its stored form."""
        fresh = State()
        unpack_into(fresh, packed(self.state))
        self.engine = Engine(fresh)
        self.state = fresh
        self.contracts = {i: fresh.instruments[i].contract for i in (1, 2)}


class Invariants:
    """What is looked at after every event."""

    def __init__(self) -> None:
        self.floors = FloorWatch()
        self.events = 0

    def __call__(self, state: State, event: Any) -> None:
        self.events += 1
        standing(state, event)  # I1: what rests when a halt comes is on its way out
        self.floors(state, event)  # I2, I10
        said = [*legs_wrong(state), *over_budget(state), *doubled(state)]
        assert not said, said
        if self.events % 20 == 0:
            assert wrong(state) == []


def legs_wrong(state: State) -> list[str]:
    """I3: the parts of a ladder make the volume."""
    for row in trades_of(state):
        trade = state.trades[row]
        if trade.kind == Kind.SETUP and trade.phase == Phase.OPEN and trade.leg_count > 0:
            check_legs(trade)
    return []


def over_budget(state: State) -> list[str]:
    """I4: a setup's entry, when it leaves, loses at most its budget at the stop."""
    said = []
    for row in orders_of(state):
        order = state.orders[row]
        trade = state.trades[order.trade_row]
        fresh = order.created_at_ns == state.time_ns and order.filled_quantity == 0
        if order.role != Role.ENTRY or trade.kind != Kind.SETUP or not fresh:
            continue
        if order.sized_at_equity != state.account.equity or order.amends_pending > 0:
            continue  # something was booked since, or the size that left is still the larger one
        rate = state.mandates[trade.mandate_id].risk_rate
        budget = scale(sizing_base(state.account), scale(rate, trade.score))
        if order.reserved_risk > budget:
            said.append(f"order {row} may lose {order.reserved_risk}, its budget is {budget}")
    return said


def doubled(state: State) -> list[str]:
    """I5: at most one entry at work for each level of a trade."""
    entries = Counter(
        (state.orders[row].trade_row, state.orders[row].index)
        for row in orders_of(state)
        if state.orders[row].role == Role.ENTRY
    )
    return [f"{count} entries for {key}" for key, count in entries.items() if count > 1]


def replayed(duel: Everything) -> str:
    """I8: the digest of the same events through a new engine."""
    engine = Engine()
    for event in duel.history:
        engine.apply(event)
    return digest(State, packed(engine.state))


def tighter_lets_no_more_through(duel: Everything) -> None:
    """I9: what the gate refuses, it refuses under any tighter limits as well."""
    for _ in range(4):
        ask = random_ask(duel.rng, duel)
        mandate = duel.state.mandates[duel.state.trades[ask.trade_row].mandate_id]
        limits = duel.state.limits[mandate.class_id]
        before = check(duel.state, copied(ask))
        kept = type(limits)()
        copy_record(kept, limits)
        copy_record(limits, tightened(duel.rng, limits))
        after = check(duel.state, copied(ask))
        copy_record(limits, kept)
        assert before == Denial.NONE or after != Denial.NONE, (before, ask)


def copied(ask: Ask) -> Ask:
    """The same question: the gate writes its answer into it."""
    made = Ask()
    copy_record(made, ask)
    return made


def everyone_gets_out(duel: Everything) -> None:
    """I6 and I7: once the venue has answered, all is protected or leaving; told to, everything closes."""
    duel.calm()
    duel.wait()
    assert [text for text in unprotected(duel.state) if "EXITING" not in text] == []
    duel.apply(events.SeverityChange(time_ns=duel.time_ns, severity=Severity.FLATTENING))
    duel.let_out()
    duel.calm()
    assert not any(duel.held.values())


def hold(seed: int) -> None:
    """One sequence, and all ten."""
    seen: list[str] = []
    duel = Everything(seed, hedging=seed % 2 == 0, isolated=seed % 5 == 0, look=Invariants())
    with emissions(seen):
        for _ in range(STEPS):
            duel.step()
    assert seen == []  # I1, I7
    assert max(duel.placed.values(), default=1) == 1  # I5
    assert replayed(duel) == digest(State, packed(duel.state))  # I8
    tighter_lets_no_more_through(duel)  # I9
    duel.look = lambda state, event: None
    everyone_gets_out(duel)  # I6, I7


@pytest.mark.parametrize("chunk", range(100))
def test_the_invariants_hold(chunk: int) -> None:
    """A hundred chunks of sequences, each by its seed."""
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        hold(seed)


def test_the_invariants_hold_while_setups_are_trimmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry fills as if it were to be half as large by now, and the guard cuts it (S42)."""
    cuts: list[int] = []
    react, cut = reports.react_to_entry, reduction.reduce_trade

    def halved(state: State, outbox: Outbox, row: int) -> None:
        react(state, outbox, row)
        state.guard.auto_trim = True
        reduction.hold_budget(state, outbox, row, trade_budget(state, state.trades[row]) // 2)

    def counted(state: State, outbox: Outbox, row: int, quantity: int) -> None:
        cuts.append(quantity)
        cut(state, outbox, row, quantity)

    monkeypatch.setattr(reports, "react_to_entry", halved)
    monkeypatch.setattr(reduction, "reduce_trade", counted)
    for seed in range(300_000, 300_000 + (400 if LONG else 60)):
        hold(seed)
    assert len(cuts) > 5
