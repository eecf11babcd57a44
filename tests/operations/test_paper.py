"""A paper account in lock-step: as the backtest, however often it is interrupted."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from paper_kit import backtest, run, scenario_of, write_market

from holdfast.errors import HoldfastError
from holdfast.history.synthetic import PERPS, write_synthetic
from holdfast.operations.paper import LockStep


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_market(tmp_path_factory.mktemp("market") / "data")


@pytest.fixture(scope="session")
def whole(market: Path, tmp_path_factory: pytest.TempPathFactory) -> object:
    """The run that nobody interrupts."""
    found = run(tmp_path_factory.mktemp("whole") / "account", scenario_of(market), [])
    assert found is not None
    return found


def test_paper_trades_as_the_backtest_does(market: Path, whole: object) -> None:
    found = backtest(scenario_of(market))
    assert found.closed > 3
    assert found.trades
    assert whole == found


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 20))])
def test_a_run_that_is_killed_again_and_again_ends_as_one_that_is_not(
    market: Path, whole: object, tmp_path: Path, seed: int
) -> None:
    """Killed after any event: trades, ledger, day, denials and counters are those of the run without a kill."""
    draw, trades, lives = random.Random(seed), [], 1
    while (found := run(tmp_path / "a", scenario_of(market), trades, draw.randint(1, 2500))) is None:
        lives += 1
    assert lives > 5
    assert found == whole


def test_a_run_that_is_killed_before_it_hears_of_its_fills_ends_as_one_that_is_not(
    market: Path, whole: object, tmp_path: Path
) -> None:
    """The venue has filled and the process dies before it knows: the next start finds it in standing time."""
    trades: list[tuple[int, ...]] = []
    for _ in range(10):
        dead = run(
            tmp_path / "a", scenario_of(market), trades, kill_on=lambda e: getattr(e, "fill_id", 0) > 0
        )
        assert dead is None
    found = run(tmp_path / "a", scenario_of(market), trades)
    assert found is not None
    assert replace(found, trades=()) == replace(whole, trades=())  # type: ignore[type-var]


def test_kills_by_the_system_lose_nothing(market: Path, tmp_path: Path) -> None:
    """The command itself, killed with SIGKILL while it trades, and started again."""
    told = [trade(market, tmp_path / "whole")]
    wait = random.Random(1)
    for _ in range(2):
        trade(market, tmp_path / "cut", kill_after=wait.uniform(0.05, 0.8))
    told.append(trade(market, tmp_path / "cut"))
    first, second = (json.loads(text) for text in told)
    assert second["start"] > 1
    assert {name: first[name] for name in SAME} == {name: second[name] for name in SAME}
    assert second["balance"] == second["venue_balance"]
    assert trades_of(tmp_path / "cut") == trades_of(tmp_path / "whole")
    # The market begins with the run.
    assert any("can start nothing before" in said for said in first["assumptions"])


SAME = (
    "balance", "equity", "venue_balance", "trades", "fills", "open_positions", "working_orders", "ledger", "days",
    "denials",
)  # fmt: skip


@pytest.mark.long
def test_thirty_days_of_six_perpetuals_killed_two_hundred_times(tmp_path: Path) -> None:
    """In step with its market the account ends as the one that was never killed: trades, ledger, counters."""
    write_synthetic(tmp_path / "data", 11, 42, "1m", PERPS)
    began = time.monotonic()
    whole = json.loads(trade(tmp_path / "data", tmp_path / "whole"))
    pause = 2 * (time.monotonic() - began) / 200
    draw, starts = random.Random(11), 0
    while starts < 200:
        starts += 1
        if found := trade(tmp_path / "data", tmp_path / "cut", draw.uniform(0.001, pause)):
            break
    else:
        found = trade(tmp_path / "data", tmp_path / "cut")
    cut = json.loads(found)
    assert starts > 100
    assert {name: cut[name] for name in SAME} == {name: whole[name] for name in SAME}
    assert trades_of(tmp_path / "cut") == trades_of(tmp_path / "whole")


def trades_of(home: Path) -> list[dict[str, Any]]:
    """All that the account has traded, to the last field; a short last life does not catch up with many."""
    folder = home / "accounts" / "paper"

    def said(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "holdfast", *command], capture_output=True, text=True, check=True,
            env=os.environ | {"HOLDFAST_HOME": str(home)},
        )  # fmt: skip
        return done.stdout

    said("journal", "rebuild", str(folder))
    trades: list[dict[str, Any]] = json.loads(said("trades", "all", "--limit", "1000000", "--json"))
    assert trades
    return trades


def trade(market: Path, home: Path, kill_after: float = 0.0) -> str:
    """`holdfast trade --dry-run`; its data, or nothing where it was killed so many seconds after it took over."""
    command = [
        sys.executable, "-m", "holdfast", "trade", "--dry-run", "-s", "grid_atr", "--source", "synthetic_perp",
        "-i", "15m", "--detail", "1m", "-d", str(market), "--tell",
    ]  # fmt: skip
    env = os.environ | {"HOLDFAST_HOME": str(home)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    ) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        assert "boot" in first, child.communicate()[1]
        if kill_after:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(kill_after)
            child.kill()
        out, err = child.communicate()
        out = "\n" + out
    assert child.returncode in (0, -signal.SIGKILL), err
    return out[out.rindex("\n{\n") + 1 :] if "\n{\n" in out else ""


def test_a_second_engine_on_the_account_is_refused(market: Path, tmp_path: Path) -> None:
    first = LockStep(tmp_path / "a", scenario_of(market), "market", "code")
    with pytest.raises(HoldfastError, match=r"in use|runs"):
        LockStep(tmp_path / "a", scenario_of(market), "market", "code")
    first.close()


def test_an_account_does_not_go_on_in_another_market(market: Path, tmp_path: Path) -> None:
    LockStep(tmp_path / "a", scenario_of(market), "market", "code").close()
    with pytest.raises(HoldfastError, match="another market"):
        LockStep(tmp_path / "a", scenario_of(market), "other", "code")
