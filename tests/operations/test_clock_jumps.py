"""The machine's clock is set while an account trades in free time, or while nobody runs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from paper_kit import scenario_of, write_market

from holdfast.errors import HoldfastError
from holdfast.journal.archive import told
from holdfast.operations.paper_free import FreeRun
from holdfast.simulator.simulation import Scenario

SPEED = 20_000.0  # two days in nine seconds
NAMES = {"instruments": {}, "tags": {}}


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return scenario_of(write_market(tmp_path_factory.mktemp("days") / "data", 4))


class Wall:
    """The machine's clock, as somebody sets it."""

    def __init__(self) -> None:
        self.off_ns = 0

    def __call__(self) -> int:
        return time.time_ns() + self.off_ns


@pytest.mark.parametrize("seconds", [2.0, -2.0])
def test_a_step_is_told_and_everything_is_compared_with_the_venue(
    two_days: Scenario, tmp_path: Path, seconds: float
) -> None:
    """Forwards the market makes a leap of half a day; backwards it stands until the clock has caught up."""
    wall, sweeps = Wall(), []

    def tick(done: int, of: int) -> None:
        if done > of // 3 and not wall.off_ns:
            wall.off_ns = round(seconds * 1e9)
            assert run.session is not None
            sweeps.append(run.session.sweeper.sweeps)

    run = FreeRun(tmp_path / "a", two_days, "market", "code", dict(NAMES), SPEED, tick=tick, wall_ns=wall)
    run.run()
    assert run.session is not None
    assert run.session.sweeper.sweeps > sweeps[0]
    state, market = run.engine.state, run.venue.market
    assert state.fill_count > 0
    assert state.account.balance == market.wallet
    assert state.fill_count == len(run.venue.executions)
    run.close()
    said = [
        row["body"] for row in told(tmp_path / "a", kind="remark") if row["body"]["about"] == "clock stepped"
    ]
    assert len(said) == 1
    assert said[0]["by_ns"] == pytest.approx(seconds * 1e9, abs=0.2e9)


def test_a_clock_that_was_set_back_while_nobody_ran_is_found_before_the_first_order(
    two_days: Scenario, tmp_path: Path
) -> None:
    wall = Wall()
    run = FreeRun(tmp_path / "a", two_days, "market", "code", dict(NAMES), SPEED, wall_ns=wall)
    run.tick = lambda done, of: setattr(run, "stopping", done > of // 4)
    run.run()
    run.close()
    before = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir() if path.suffix == ".db"}
    wall.off_ns = -3_600 * 10**9
    with pytest.raises(HoldfastError, match=r"clock is wrong: 3,[56]\d\d s behind"):
        FreeRun(tmp_path / "a", two_days, "market", "code", dict(NAMES), SPEED, wall_ns=wall)
    assert before == {
        path.name: path.read_bytes() for path in (tmp_path / "a").iterdir() if path.suffix == ".db"
    }
    wall.off_ns = 0
    again = FreeRun(tmp_path / "a", two_days, "market", "code", dict(NAMES), SPEED, wall_ns=wall)
    again.run()
    assert again.engine.state.account.balance == again.venue.market.wallet
    again.close()
