"""What no rule of behaviour may break, over random events, guards and windows (risk.md 7.2: I1, I6, I7).

A duel with an unruly venue, with every guard that can be set, windows that open and close, quotes that cross, accounts
that report nonsense, and halts of every scope.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nasty_markets import Size, chance, items_of, scenario
from survey import orders_of, unprotected, wrong
from tiers import examples
from unruly_venue import Duel

from holdfast.engine import obedience
from holdfast.engine import orders as order_module
from holdfast.engine.control import on_guard_given
from holdfast.model import events
from holdfast.model.enums import CommandClass, CommandKind, Denial, Phase, Severity
from holdfast.model.guard import Guard
from holdfast.model.state import State
from holdfast.model.units import HOUR, MINUTE, RATE, SECOND
from holdfast.records import copy_record
from holdfast.risk import gate
from holdfast.risk.trips import severity_for
from holdfast.simulator import simulation
from holdfast.simulator.simulation import Scenario, Simulation
from holdfast.simulator.world import Item, World

seeds = st.integers(0, 2**32)
KINDS = ("no_open", "no_close", "no_rest", "no_fill", "no_hold", "near_news")


class Watched(Duel):
    """A duel under random guards, in which windows, bad quotes and bad reports happen too."""

    def _open(self) -> None:
        super()._open()
        self.windows: list[dict[str, Any]] = []
        given = events.GuardGiven()
        copy_record(given.guard, self._guard())
        self.apply(given)

    def _guard(self) -> Guard:
        """Each rule on or off, tight enough to act within a few hundred events."""
        made = Guard()
        pick = self.rng.integers
        tight: dict[str, int] = {
            "losses_instrument": pick(1, 4), "losses_strategy": pick(1, 5), "stop_outs": pick(1, 4),
            "stop_out_ns": HOUR, "pause_ns": pick(0, 3) * MINUTE, "pause_multiplier": RATE // 2,
            "pause_trades": pick(0, 3), "reentry_ns": pick(0, 9) * MINUTE, "executions": pick(1, 20),
            "executions_ns": HOUR, "gap_ns": pick(0, 5) * SECOND, "requests_per_day": pick(1, 400),
            "request_warn": RATE // 2, "request_block": RATE * 9 // 10, "funding_payment": RATE // 10,
            "funding_hold": RATE // 5, "funding_before_ns": HOUR, "volatility_sigma": 6 * RATE,
            "volatility_spread": 5 * RATE, "volatility_ns": MINUTE,
        }  # fmt: skip
        for name, value in tight.items():
            if chance(self.rng, 0.5):
                setattr(made, name, int(value))
        made.news_bracket = chance(self.rng, 0.5)
        return made

    def operate(self) -> None:
        """The rare things of a duel, and those of behaviour."""
        kind = int(self.rng.integers(8))
        if kind < 3:
            super().operate()
        elif kind < 6:
            self.turn_window()
        elif kind == 6:
            number = int(self.rng.integers(1, 3))
            self.apply(
                events.Price(time_ns=self.time_ns, instrument_id=number, bid=100, ask=90, low=100, high=100)
            )
        else:
            self.apply(
                events.AccountReport(
                    time_ns=self.time_ns,
                    valid=chance(self.rng, 0.7),
                    balance=self.state.account.balance,
                    equity=self.state.account.equity if chance(self.rng, 0.7) else 0,
                )
            )

    def turn_window(self) -> None:
        """One begins, or one that has begun ends."""
        if self.windows and chance(self.rng, 0.5):
            edge = self.windows.pop(int(self.rng.integers(len(self.windows))))
        else:
            edge = {name: chance(self.rng, 0.3) for name in KINDS}
            edge["instrument_id"] = int(self.rng.integers(3))
            self.windows.append(edge)
        begins = any(edge is window for window in self.windows)
        self.apply(events.WindowEdge(time_ns=self.time_ns, begins=begins, **edge))


def run(seed: int, steps: int, hedging: bool, look: Any) -> Watched:
    """A watched duel of so many steps."""
    duel = Watched(seed, hedging, look=look)
    for _ in range(steps):
        duel.step()
    return duel


def run_many(look: Any) -> None:
    """Twenty duels."""
    for seed in range(20):
        run(seed, 200, False, look)


@contextmanager
def emissions(seen: list[str]) -> Iterator[None]:
    """Every command is looked at when it is written: does it increase under a halt, or is it held back?"""
    emit = order_module.emit

    def watched(state: State, outbox: Any, kind: CommandKind, klass: CommandClass, row: int) -> None:
        mandate = state.mandates[state.trades[state.orders[row].trade_row].mandate_id]
        if klass == CommandClass.INCREASE and severity_for(state, mandate) >= Severity.NO_NEW:
            seen.append(f"order {row} increases under {severity_for(state, mandate)}")
        before = outbox.command_count
        emit(state, outbox, kind, klass, row)
        if outbox.command_count != before + 1:
            seen.append(f"a command about order {row} was held back")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order_module, "emit", watched)
        yield


def standing(state: State, event: Any) -> None:
    """After an event, no entry of a scope that is halted may go on: each is being cancelled."""
    found = []
    for row in orders_of(state):
        order = state.orders[row]
        trade = state.trades[order.trade_row]
        halted = severity_for(state, state.mandates[trade.mandate_id]) >= Severity.NO_NEW
        if halted and not order.reduce_only and not order.cancel_pending:
            found.append(f"order {row} stands under a halt")
    assert found == []


@examples(60)
@given(seed=seeds, steps=st.integers(1, 250), hedging=st.booleans())
def test_i1_nothing_that_increases_leaves_under_a_halt(seed: int, steps: int, hedging: bool) -> None:
    """Neither new nor larger; and what rests when the halt comes is cancelled within the same event."""
    seen: list[str] = []
    with emissions(seen):
        run(seed, steps, hedging, standing)
    assert seen == []


@examples(60)
@given(seed=seeds, steps=st.integers(1, 250), hedging=st.booleans())
def test_i6_every_position_has_its_stop_or_is_leaving(seed: int, steps: int, hedging: bool) -> None:
    """Whatever windows and guards did: once the venue has answered, a stop for all of it, or an exit; and what is
    kept incrementally is true after every event."""

    def look(state: State, event: Any) -> None:
        assert wrong(state) == []

    duel = run(seed, steps, hedging, look)
    duel.calm()
    duel.wait()
    leaving = [t for t in duel.state.trades if t.phase == Phase.EXITING and t.exit_order == 0 and t.quantity]
    waiting = [t.trade_id for t in leaving if t.retry_at_ns <= duel.state.time_ns and not is_awake(duel, t)]
    assert waiting == []
    assert [text for text in unprotected(duel.state) if "EXITING" not in text] == []


def is_awake(duel: Watched, trade: Any) -> bool:
    """Whether a stop of the trade is already closing it."""
    rows = [trade.stop_order, *(level.stop_row for level in trade.levels)]
    return any(row and duel.state.orders[row].filled_quantity > 0 for row in rows)


@examples(40)
@given(seed=seeds, steps=st.integers(1, 250), hedging=st.booleans())
def test_i7_cancels_and_closes_always_leave(seed: int, steps: int, hedging: bool) -> None:
    """With the day's messages used up, a window that forbids everything and every scope halted, all that is held gets
    out."""
    duel = run(seed, steps, hedging, lambda state, event: None)
    duel.calm()
    spent = events.GuardGiven(time_ns=duel.time_ns)
    copy_record(spent.guard, Guard(requests_per_day=1, request_warn=1, request_block=1, gap_ns=HOUR))
    duel.apply(spent)
    every = dict.fromkeys(KINDS[:4], True)
    duel.apply(events.WindowEdge(time_ns=duel.time_ns, instrument_id=0, begins=True, **every))
    duel.apply(events.SeverityChange(time_ns=duel.time_ns, severity=Severity.FLATTENING))
    duel.let_out()
    duel.calm()
    assert not any(duel.held.values())
    assert all(not p.quantity for i in duel.state.instruments for p in i.positions)


def windows_over(world: Scenario, seed: int) -> Any:
    """The items of a random world, and a window of random kinds every now and then."""
    rng = np.random.default_rng(seed)
    times = np.unique(world.bars["time_ns"])
    begins = rng.choice(times, min(len(times), 12), replace=False)
    parts = [world.items]
    for when in begins:
        number, bits = int(rng.integers(1, len(world.listings) + 1)), int(rng.integers(1, 64))
        length = int(rng.integers(1, 10)) * 5 * MINUTE
        parts.append(items_of(Item.WINDOW, number, np.array([when]), 1, bits))
        parts.append(items_of(Item.WINDOW, number, np.array([when + length]), 0, bits))
    every = np.concatenate(parts)
    return every[np.lexsort((every["kind"], every["time_ns"]))]


@pytest.mark.parametrize("seed", range(12))
def test_interpreted_equals_compiled_under_guards_and_windows(seed: int, monkeypatch: Any) -> None:
    """Same digest after every stretch, same venue, same tapes, to the bit; and the guards did act in some of them."""
    size = Size(seed, 140, 2, 4, seed % 2 == 0, False, wild=False)
    world = scenario(size)
    world = replace(world, items=windows_over(world, seed))
    guard = Watched(seed, hedging=True)._guard()
    build = simulation.build_world

    def guarded(of: Scenario) -> World:
        made = build(of)
        given = events.GuardGiven()
        copy_record(given.guard, guard)
        on_guard_given(made.state, made.outbox, given)
        return made

    monkeypatch.setattr(simulation, "build_world", guarded)
    one, other = (Simulation(world, interpreted=mode, digest_every=50).run() for mode in (True, False))
    assert one.digests == other.digests
    assert one.digest == other.digest
    assert one.market.tobytes() == other.market.tobytes()
    for name, tape in one.tapes.items():
        assert tape[:].tobytes() == other.tapes[name][:].tobytes(), name


# Each checker fails on an engine with the mistake that it is there for.


def test_an_engine_that_enters_under_a_halt_is_caught() -> None:
    """Its gate asks everything but whether it may."""
    seen: list[str] = []
    with pytest.MonkeyPatch.context() as patch, emissions(seen):
        patch.setattr(gate, "check_authority", lambda *_: Denial.NONE)
        run_many(lambda state, event: None)
    assert seen != []


def test_an_engine_that_lets_entries_rest_under_a_halt_is_caught() -> None:
    """It forgets to cancel them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(obedience, "cancel_entries", lambda *_: None)
        with pytest.raises(AssertionError):
            run_many(standing)


def test_an_engine_that_throttles_exits_is_caught() -> None:
    """The day's messages are used up, and it keeps a command back."""
    emit = order_module.emit

    def throttled(state: State, outbox: Any, kind: CommandKind, klass: CommandClass, row: int) -> None:
        if state.account.requests_today < 5:
            emit(state, outbox, kind, klass, row)

    seen: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order_module, "emit", throttled)
        with emissions(seen):
            run_many(lambda state, event: None)
    assert seen != []
