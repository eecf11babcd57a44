"""The engine through simulated days of faults: nothing is violated, a seed runs the same way, mistakes are caught."""

from __future__ import annotations

import pytest

from holdfast.errors import HoldfastError
from holdfast.operations.chaos.campaign import WANTED, asked_for, campaign, fails, shrunk
from holdfast.operations.chaos.engine_kinds import EngineKind
from holdfast.operations.chaos.engines import ENGINES, engine_named
from holdfast.operations.chaos.mix import Mix, VenueModel
from holdfast.operations.chaos.setting import usual
from holdfast.operations.chaos.tape import read, written
from holdfast.operations.chaos.world import Asked, Found, World

MODELS = list(VenueModel)
NIGHT = 20_000  # days
PARTS = 10  # so that workers can share the days


@pytest.mark.parametrize("part", range(PARTS))
def test_150_days_of_faults_violate_nothing(part: int) -> None:
    report = campaign(150 // PARTS, 1 + part, MODELS)
    assert report.violations == []
    assert report.prices == report.days * 4 * (24 * 60 - 1)
    assert set(report.models) == {model.value for model in MODELS}


def survive(days: int, seed: int) -> None:
    """So many days: nothing is violated, and every rare situation was there."""
    report = campaign(days, seed, MODELS)
    assert report.violations == []
    assert [name for name in WANTED if not report.situations[name]] == []


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_2000_days_of_faults_violate_nothing_and_reach_every_rare_situation(part: int) -> None:
    survive(2_000 // PARTS, 100 + part)


@pytest.mark.long
@pytest.mark.soak
@pytest.mark.parametrize("part", range(NIGHT // 200))
def test_a_night_of_faults_violates_nothing_and_reaches_every_rare_situation(part: int) -> None:
    survive(200, 1_000 + part)


def run(seed: int, model: VenueModel, minutes: int = 240, **more: object) -> Found:
    asked = Asked(seed, model, usual(), minutes=minutes, **more)  # type: ignore[arg-type]
    return World(asked).run()


def test_the_same_seed_runs_the_same_way_and_another_does_not() -> None:
    one, two, other = (run(seed, VenueModel.UNFILLED) for seed in (5, 5, 6))
    assert one == two
    assert one.digest != other.digest


def test_a_tape_plays_the_faults_that_were_drawn() -> None:
    drawn = run(5, VenueModel.NONE)
    assert drawn.tape
    assert run(5, VenueModel.NONE, tape=read(written(drawn.tape))).digest == drawn.digest
    assert run(5, VenueModel.NONE, tape={}).tape == {}


def caught(engine: EngineKind, days: int = 4, minutes: int = 300) -> tuple[set[str], list[Asked]]:
    """What the checkers say of an engine, until one that is to name it has."""
    names: set[str] = set()
    asked: list[Asked] = []
    for day in range(days):
        asked.append(asked_for(day, MODELS[(day + 1) % 3], usual(), engine))
        asked[-1].minutes, asked[-1].stop_at = minutes, engine.caught_by
        with engine.planted():
            names |= {violation.invariant for violation in World(asked[-1]).run().violations}
        if names & set(engine.caught_by):
            break
    return names, asked


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_with_a_known_mistake_is_caught_by_the_checker_that_names_it(name: str) -> None:
    engine = ENGINES[name]
    assert caught(engine)[0] & set(engine.caught_by)


@pytest.mark.parametrize("name", ["synchronous-normal", "reopen-after-eio", "perfect"])
def test_an_engine_that_makes_no_sense_here_says_why(name: str) -> None:
    with pytest.raises(HoldfastError, match="There is no engine"):
        engine_named(name)


@pytest.mark.long
def test_a_tape_shrinks_to_the_faults_that_matter() -> None:
    engine = ENGINES["error-is-reject"]
    asked = asked_for(0, VenueModel.STRICT, usual(), engine)
    asked.minutes = 120
    with engine.planted():
        found = World(asked).run()
    assert "S1c" in {violation.invariant for violation in found.violations}
    least = shrunk(asked, "S1c", found.tape, tries=60)
    assert 1 <= len(least) < min(10, len(found.tape))
    assert fails(asked, "S1c", least)
    assert not fails(asked, "S1c", {})


def test_without_faults_nothing_rare_happens() -> None:
    found = run(3, VenueModel.STRICT, mix=Mix())
    assert found.violations == []
    assert found.fills > 20
    assert found.starts == 1
    assert "answer lost" not in found.situations
