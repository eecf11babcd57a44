"""A small synthetic market with a grid on it, and a lock-step account that can be killed at any event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from holdfast.history.store import Store
from holdfast.history.synthetic import write_synthetic
from holdfast.operations.paper import LockStep
from holdfast.settings.backtest import BacktestSettings
from holdfast.simulator.simulation import Scenario, Simulation
from holdfast.wiring.backtest import Backtest
from holdfast.wiring.prepared import Prepared

SETTINGS = BacktestSettings(
    strategies=("grid_atr",), source="synthetic_perp", timeframe="15m", detail="1m", pairs=("BTC", "ETH")
)


class KilledError(BaseException):
    """The process is no more."""


@dataclass(frozen=True)
class Ended:
    """What an account has come to: what must be the same however often it was interrupted."""

    balance: int
    equity: int
    fees: int
    funding: int
    fills: int
    closed: int
    day: int
    entries_today: int
    denials: tuple[int, ...]
    trades: tuple[tuple[int, ...], ...] = field(default=(), repr=False)


def write_market(folder: Path, days: int = 7) -> Path:
    """Bars, funding and marks of some days."""
    write_synthetic(folder, 5, days, "1m", ("BTCUSDT", "ETHUSDT"))
    return folder


def prepare(data: Path, **changes: Any) -> Prepared:
    """The account's scenario over that market."""
    return Backtest(Store(data), SETTINGS.model_copy(update=changes)).prepare()


@cache
def scenario_of(data: Path) -> Scenario:
    """The same, once for each market."""
    return prepare(data).scenario


def ended(state: Any, trades: list[tuple[int, ...]]) -> Ended:
    """The comparable part of a state."""
    account = state.account
    return Ended(
        account.balance, account.equity, account.fees, account.funding, state.fill_count, state.closed_count,
        account.day, account.entries_today, tuple(d.count for d in state.denials), tuple(trades),
    )  # fmt: skip


def story(row: Any) -> tuple[int, ...]:
    """A closed trade, by what does not depend on how orders were numbered."""
    names = (
        "instrument_id",
        "side",
        "opened_at_ns",
        "closed_at_ns",
        "entry_total",
        "exit_total",
        "realized_pnl",
        "exit",
    )
    return tuple(int(getattr(row, name)) for name in names)


def backtest(scenario: Scenario) -> Ended:
    """What the simulator's own loop makes of it."""
    outcome = Simulation(scenario, interpreted=True).run()
    from holdfast.model.commands import ClosedTrade
    from holdfast.model.state import State
    from holdfast.records import unpack_into

    state = State()
    unpack_into(state, outcome.state)
    trades = []
    for row in outcome.tapes["closed"]:
        trade = ClosedTrade()
        for name in row.dtype.names:
            setattr(trade, name, row[name])
        trades.append(story(trade))
    return ended(state, trades)


def nothing(_: Any) -> bool:
    """No event is fatal."""
    return False


def run(
    folder: Path,
    scenario: Scenario,
    trades: list[tuple[int, ...]],
    kill_at: int = 0,
    kill_on: Callable[[Any], bool] = nothing,
) -> Ended | None:
    """One process' life: to the end of the market, or until its `kill_at`-th event, or one that is fatal. Closed trades
    are added."""
    taken = 0

    def watch(account: LockStep) -> None:
        session = account.session
        assert session is not None
        take = session.driver.take

        def hooked(event: Any) -> int:
            nonlocal taken
            taken += 1
            if taken == kill_at or kill_on(event):
                raise KilledError
            seq = take(event)
            outbox = account.engine.outbox
            trades.extend(story(row) for row in outbox.closed[: outbox.closed_count])
            return seq

        session.driver.take = hooked  # type: ignore[method-assign]

    account = LockStep(folder, scenario, "market", "code", started=watch)
    try:
        account.run()
    except KilledError:
        assert account.journal is not None
        account.journal.close()
        account.log.close()
        return None
    account.close()
    return ended(account.engine.state, trades)
