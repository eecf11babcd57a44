"""A strategy that is slow, raises or dies holds up nobody: it is quarantined, the others go on."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from failing_strategy import Strategy

from holdfast.runtime.planner import Planned, Planner, serve


@pytest.mark.parametrize(
    ("how", "why"),
    [("raise", "ZeroDivisionError"), ("block", "deadline"), ("die", "died"), ("load", "no data")],
)
def test_a_strategy_that_fails_is_quarantined_and_the_other_goes_on(how: str, why: str) -> None:
    plans: list[Planned] = []
    quarantined: dict[int, str] = {}
    planner = Planner(
        {1: Strategy(how), 2: Strategy("work")}, plans.append, quarantined.__setitem__, deadline=1.0
    )
    for number in range(6):
        planner.ask(1, 11, number)
        planner.ask(2, 22, number)
    waits: list[float] = []
    until = time.monotonic() + 60
    while time.monotonic() < until and (not quarantined or sum(p.mandate_id == 22 for p in plans) < 3):
        began = time.monotonic()
        planner.poll()
        waits.append(time.monotonic() - began)
        time.sleep(0.01)
    planner.close()
    assert sorted(waits)[len(waits) // 2] < 0.1  # nobody waits for a plan
    assert list(quarantined) == [1]
    assert why in quarantined[1]
    assert [p.time_ns for p in plans if p.mandate_id == 22] == [1, 3, 5]
    assert [p.time_ns for p in plans if p.mandate_id == 11] == ([] if how == "load" else [1])


def test_a_strategy_whose_engine_was_killed_ends_without_a_word() -> None:
    """It finds its wire broken, with an answer on it that nobody has read."""
    ours, theirs = multiprocessing.Pipe()
    with ThreadPoolExecutor() as pool:
        served = pool.submit(serve, theirs, Strategy("work"))
        assert ours.poll(60)
        ours.close()
        assert served.result(60) is None
