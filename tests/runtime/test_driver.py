"""Nothing leaves before its row is durable, in order; an error of core or journal lets nothing more out."""

from __future__ import annotations

from typing import Any

import pytest
from recorded import random_session

from holdfast.engine.engine import Engine
from holdfast.errors import HoldfastError, JournalError
from holdfast.model.commands import Command
from holdfast.model.events import Price
from holdfast.model.state import State
from holdfast.runtime import driver as driver_module
from holdfast.runtime.driver import Driver, PoisonError


class Kept:
    """A journal in memory that becomes durable when the test says so."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, Any]] = []
        self.broken = False

    def add(self, kind: str, value: Any) -> int:
        if self.broken:
            raise JournalError("the disk said no.")
        self.rows.append((kind, value))
        return len(self.rows)

    def record(self, event: Any, commands: list[Command], digest: str = "") -> int:
        return self.add("digest" if digest else "event", commands)

    def poison(self, event: Any, error: str) -> int:
        return self.add("poison", error)

    def snapshot(self, state: State) -> int:
        return self.add("snapshot", None)


def driven() -> tuple[Driver, Kept, list[tuple[int, Command]]]:
    """A driver, its journal, and what it let out."""
    journal, out = Kept(), []
    return Driver(Engine(), journal, lambda seq, command: out.append((seq, command))), journal, out


@pytest.mark.parametrize("lag", [1, 3, 17])
def test_commands_leave_in_order_and_only_when_durable(lag: int) -> None:
    session = random_session(5, 400).session
    driver, journal, out = driven()
    for number, (event, _) in enumerate(session):
        driver.take(event)
        if number % lag == 0:
            driver.reached(len(journal.rows) - lag)
            assert all(seq <= len(journal.rows) - lag for seq, _ in out)
    driver.reached(len(journal.rows))
    assert [command for _, command in out] == [command for _, commands in session for command in commands]
    assert [seq for seq, _ in out] == sorted(seq for seq, _ in out)


def test_an_event_that_the_core_cannot_take_is_journaled_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    driver, journal, out = driven()
    waiting = random_session(5, 400).session
    for event, _ in waiting:
        driver.take(event)

    def raises(event: Any) -> list[Command]:
        raise AssertionError("a bug")

    monkeypatch.setattr(driver.engine, "apply", raises)
    with pytest.raises(PoisonError, match="a bug"):
        driver.take(Price())
    assert journal.rows[-1][0] == "poison"
    driver.reached(10**9)
    assert out == []
    with pytest.raises(HoldfastError, match="has stopped"):
        driver.take(Price())


def test_a_broken_journal_lets_nothing_more_out() -> None:
    driver, journal, out = driven()
    session = random_session(5, 400).session
    for event, _ in session:
        driver.take(event)
    journal.broken = True
    with pytest.raises(JournalError, match="said no"):
        driver.take(Price(instrument_id=1))
    driver.reached(10**9)
    assert out == []


def test_snapshots_and_digests_come_often_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_module, "DIGEST_EVERY", 10)
    monkeypatch.setattr(driver_module, "SNAPSHOT_EVERY", 25)
    driver, journal, _ = driven()
    session = random_session(5, 400).session[:100]
    for event, _ in session:
        driver.take(event)
    kinds = [kind for kind, _ in journal.rows]
    assert (kinds.count("digest"), kinds.count("snapshot")) == (10, 4)


def test_a_sender_that_fails_stops_and_nothing_overtakes() -> None:
    session = random_session(5, 400).session
    journal, out = Kept(), []

    def release(seq: int, command: Command) -> None:
        if len(out) == 3:
            raise OSError("the wire is cut")
        out.append(command)

    driver = Driver(Engine(), journal, release)
    for event, _ in session:
        driver.take(event)
    with pytest.raises(OSError, match="wire"):
        driver.reached(len(journal.rows))
    driver.reached(len(journal.rows))
    assert len(out) == 3
    assert driver.stopped


def test_a_sender_that_calls_back_keeps_the_order() -> None:
    session = random_session(5, 400).session
    journal, out = Kept(), []

    def release(seq: int, command: Command) -> None:
        driver.reached(len(journal.rows))
        out.append(command)

    driver = Driver(Engine(), journal, release)
    for event, _ in session:
        driver.take(event)
    driver.reached(1)
    driver.reached(len(journal.rows))
    assert out == [command for _, commands in session for command in commands]
