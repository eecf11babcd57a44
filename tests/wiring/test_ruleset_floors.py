"""Limits of shipped rulesets as floors of the core, with the numbers of the worked examples (risk.md 2.4, 2.5)."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.engine import Engine
from holdfast.model.enums import BoundaryKind, Consequence, Quantity, Sample, Scope, Severity
from holdfast.model.events import AccountOpened, Boundary, CashFlow, FloorGiven
from holdfast.model.units import RATE
from holdfast.records import copy_record
from holdfast.settings.ruleset.file import load_ruleset
from holdfast.wiring.ruleset.floors import Owners, Row, floor_rows
from holdfast.wiring.ruleset.rulesets import stages_of

CLASS_IDS = {"setup": 0, "grid": 1}


def rows_for(name: str, wallet: int, guarded: bool = True, phase: str | None = None) -> list[Row]:
    """Floors of a ruleset with a setup strategy (4,000) and a grid (1,000)."""
    owners = Owners(
        wallet * RATE, {1: ("setup", 4000 * RATE), 2: ("grid", 1000 * RATE)}, {1: "t", 2: "g"}, CLASS_IDS
    )
    return floor_rows(stages_of(load_ruleset(name).ruleset, phase)[0], owners, guarded)


def engine_with(rows: list[Row], wallet: int) -> Engine:
    """An account that is held to them."""
    engine = Engine()
    engine.apply(opened(wallet))
    for i, row in enumerate(rows, 1):
        given = FloorGiven()
        given.floor_row = i
        copy_record(given.floor, row.floor)
        engine.apply(given)
    return engine


def opened(wallet: int) -> AccountOpened:
    """The first event."""
    event = AccountOpened()
    event.balance, event.hedging = wallet * RATE, True
    return event


def at_boundary(engine: Engine, balance: float, equity: float) -> None:
    """The account as it is at the day boundary."""
    account = engine.state.account
    account.balance, account.equity = round(balance * RATE), round(equity * RATE)
    account.unrealized_pnl = account.unrealized_low = account.unrealized_high = (
        account.equity - account.balance
    )
    account.judged_balance = account.balance
    event = Boundary()
    event.time_ns, event.kind = 10, BoundaryKind.DAY
    event.primary = event.opens = event.closes = True
    engine.apply(event)


@pytest.mark.parametrize(
    ("balance", "equity", "level"),
    [(20_000, 20_000, 19_000), (20_400, 20_650, 19_650), (20_400, 19_900, 19_400), (19_000, 18_950, 18_050)],
)
def test_the_daily_floor_of_the5ers(balance: float, equity: float, level: float) -> None:
    """S01, S02: the higher of both readings, from the larger of balance and equity."""
    engine = engine_with(rows_for("the5ers.high_stakes.20k", 20_000), 20_000)
    at_boundary(engine, balance, equity)
    daily, total = engine.state.floors[1], engine.state.floors[2]
    assert daily.level == level * RATE
    assert total.level == 18_000 * RATE


def test_rungs_of_the_first_day() -> None:
    """risk.md 2.4: 19,600 / 19,400 / 19,300 / 19,200, and none without our guard."""
    daily = rows_for("the5ers.high_stakes.20k", 20_000)[0].floor
    ladder = daily.ladder
    assert [x * 1000 // RATE for x in (ladder.warn, ladder.reduce, ladder.block, ladder.flatten)] == [
        400,
        600,
        700,
        800,
    ]
    bare = rows_for("the5ers.high_stakes.20k", 20_000, guarded=False)[0].floor.ladder
    assert (bare.warn, bare.reduce, bare.block, bare.flatten) == (0, 0, 0, 0)


def test_the_daily_floor_of_ftmo_ignores_open_profit() -> None:
    """S06: balance 104,000 and equity 106,000 give 99,000."""
    engine = engine_with(rows_for("ftmo.two_step.100k", 100_000), 100_000)
    at_boundary(engine, 104_000, 106_000)
    assert engine.state.floors[1].level == 99_000 * RATE


def test_floors_of_own_money() -> None:
    """Strategies and classes by what they were given; the account by rolling windows."""
    rows = rows_for("own.system_a.grid", 5_000)
    by = {(row.limit, row.of): row.floor for row in rows}
    grid = by["grid_session_loss", "g"]
    assert (grid.scope, grid.scope_id, grid.sample, grid.initial) == (
        Scope.STRATEGY,
        2,
        Sample.SESSION,
        1000 * RATE,
    )
    assert grid.own
    assert grid.consequence == Consequence.TERMINATE
    setup = by["setup_day_loss", "setup"]
    assert (setup.scope, setup.scope_id, setup.consequence) == (Scope.CLASS, 0, Consequence.PAUSE)
    day = by["account_24h", "account"]
    assert (day.sample, day.window_ns // 10**9, day.bucket_ns // 10**9) == (Sample.ROLLING, 86_400, 60)
    assert engine_with(rows, 5_000).state.bucket_watermark > 0


def test_open_loss_and_locks() -> None:
    """FundingPips Zero: 1 % of open loss; a floor that follows equity and locks at the initial balance."""
    by = {row.limit: row.floor for row in rows_for("fundingpips.zero.100k", 100_000)}
    open_loss = by["open_loss"]
    assert (open_loss.quantity, open_loss.observed) == (Quantity.FLOATING, Quantity.FLOATING)
    assert by["total_loss"].locks
    assert by["total_loss"].lock_level == 100_000 * RATE
    engine = engine_with(rows_for("fundingpips.zero.100k", 100_000), 100_000)
    assert engine.state.floors[3].level == -1_000 * RATE


def test_a_pause_can_pause_again_the_next_day() -> None:
    """S17: the level is touched, the account pauses to the next boundary, and a second day pauses it again."""
    engine = engine_with(rows_for("e8.signature.100k", 100_000, guarded=False), 100_000)
    for day in (1, 2):
        at_boundary(engine, 100_000, 100_000)
        assert engine.state.account.severity == 0
        fall: Any = CashFlow()
        engine.state.account.balance -= 2_000 * RATE
        engine.state.account.equity -= 2_000 * RATE
        fall.kind, fall.amount, fall.time_ns = 6, 0, 20 * day
        engine.apply(fall)
        assert engine.state.account.severity >= Severity.NO_NEW  # flat at once, so nothing is left to close
