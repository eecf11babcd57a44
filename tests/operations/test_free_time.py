"""A paper account in free time: the market does not wait while the process is dead."""

from __future__ import annotations

import json
import math
import random
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from free_kit import SPEED, Outage, VirtualRun, at_rest, blamed, life, outages_of, trades_of
from paper_kit import SETTINGS, scenario_of, write_market

from holdfast.history.store import Store
from holdfast.history.synthetic import PERPS, write_synthetic
from holdfast.journal.archive import replay, told
from holdfast.model.units import HOUR, SECOND
from holdfast.runtime.control import Wish
from holdfast.runtime.names import parts_of
from holdfast.simulator.simulation import Scenario
from holdfast.wiring.backtest import Backtest


def killed_again_and_again(folder: Path, scenario: Scenario, seed: int, kills: int, apart: int) -> int:
    """So many lives end with SIGKILL at a random row or request, each followed by seconds to hours of nobody; the last
    one comes to the end. Returns how many were killed."""
    draw, away = random.Random(seed), 0
    for count in range(kills):
        if life(folder, scenario, draw.randint(1, 2 * apart), away):
            return count
        away = round(math.exp(draw.uniform(math.log(5 * SECOND), math.log(2 * HOUR))) / SPEED)
    assert life(folder, scenario, 0, away)
    return kills


def end_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "end.json").read_text())


def check_books(folder: Path) -> None:
    """No double, no lost fill, the ledger is the venue's, and the journal folds to what was decided."""
    end = end_of(folder)
    assert end["balance"] == end["wallet"]
    assert end["ours"] == end["held"]
    assert end["fills"] == end["executions"]
    assert not any(name.endswith("+") for name in end["names"])
    attempts = Counter(parts_of(name) for name in end["names"])
    assert None not in attempts
    assert max(attempts.values()) == 1
    assert end["ghosts"] == 0
    assert replay(folder).difference is None


def check_causes(whole: Path, cut: Path, scenario: Scenario) -> dict[str, int]:
    """Every trade that differs hangs from an outage."""
    executed = [*end_of(whole)["executed"], *end_of(cut)["executed"]]
    plans = plan_instants(scenario)

    def busy(instrument_id: int, outage: Outage) -> bool:
        filled = any(i == instrument_id and outage.down_ns <= at <= outage.up_ns for i, at in executed)
        return filled or any(outage.down_ns <= at <= outage.up_ns for at in plans[instrument_id])

    reference, found, outages = trades_of(whole), trades_of(cut), outages_of(cut)
    causes = blamed(reference, found, outages, busy)
    assert None not in causes.values(), [trade for trade, cause in causes.items() if cause is None][:3]
    return {
        "trades": len(reference),
        "differ": len(causes),
        "blamed": len(set(causes.values())),
        "outages": len(outages),
    }


def plan_instants(scenario: Scenario) -> dict[int, list[int]]:
    """When each instrument's plans come."""
    found: dict[int, list[int]] = {i: [] for i in range(1, len(scenario.listings) + 1)}
    plans = scenario.plans(0, len(scenario.plan_times))
    for mandate_id, at in zip(plans["mandate_id"].tolist(), plans["time_ns"].tolist(), strict=True):
        found[scenario.mandates[mandate_id - 1].instrument_id].append(at)
    return found


@pytest.fixture(scope="session")
def week(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return at_rest(scenario_of(write_market(tmp_path_factory.mktemp("week") / "data")))


def test_a_free_run_that_nobody_kills_is_the_same_each_time(week: Scenario, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert life(tmp_path / name, week)
        check_books(tmp_path / name)
    assert trades_of(tmp_path / "one")
    assert end_of(tmp_path / "one") == end_of(tmp_path / "two")
    assert trades_of(tmp_path / "one") == trades_of(tmp_path / "two")


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.long) for n in range(2, 12))])
def test_a_week_that_is_killed_again_and_again(week: Scenario, tmp_path: Path, seed: int) -> None:
    assert life(tmp_path / "whole", week)
    assert killed_again_and_again(tmp_path / "cut", week, seed, 12, 400) > 4
    check_books(tmp_path / "cut")
    told = check_causes(tmp_path / "whole", tmp_path / "cut", week)
    assert told["outages"] > 4


@pytest.mark.long
def test_thirty_days_of_six_perpetuals_killed_two_hundred_times_in_free_time(tmp_path: Path) -> None:
    write_synthetic(tmp_path / "data", 11, 42, "1m", PERPS)
    settings = SETTINGS.model_copy(update={"pairs": ()})
    scenario = at_rest(Backtest(Store(tmp_path / "data"), settings).prepare().scenario)
    assert life(tmp_path / "whole", scenario)
    check_books(tmp_path / "whole")
    assert killed_again_and_again(tmp_path / "cut", scenario, 11, 200, 1_500) > 150
    check_books(tmp_path / "cut")
    told = check_causes(tmp_path / "whole", tmp_path / "cut", scenario)
    assert told["outages"] > 150


def test_a_request_with_its_key_counts_once_over_starts(week: Scenario, tmp_path: Path) -> None:
    """A person who sends it again after a crash gets the first answer; nothing is done twice."""
    wish = Wish("a key", "halt", "somebody", "the news", 0)
    for _ in range(2):
        account = VirtualRun(tmp_path / "account", week)
        account._catch_up()
        account._boot()
        assert account.control is not None
        wish = replace(wish, sent_ns=time.time_ns())
        assert account.control.ask(wish, wish.sent_ns).done
        account._rest()
        account.close()
    assert len(list(told(tmp_path / "account", kind="SeverityChange"))) == 1
