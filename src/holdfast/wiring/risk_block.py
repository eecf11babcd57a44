"""What the rules did in a run: phases, floors, restraints, and what was kept by what. Money in units of people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.history.names import format_instant
from holdfast.model.enums import Consequence, NoticeKind, Quantity, Sample, Severity
from holdfast.model.units import DAY, RATE
from holdfast.settings.ruleset.clock import Clock
from holdfast.simulator.simulation import Outcome
from holdfast.wiring.prepared import Prepared
from holdfast.wiring.risk_conduct import conduct_of
from holdfast.wiring.risk_trips import trips_of
from holdfast.wiring.ruleset.rulesets import Rules

MOST_TRIPS = 500  # of the timeline; the rest is counted
RUNGS = ("warn", "reduce", "block", "flatten")
UNREACHABLE = 1 << 59
CONSEQUENCES = {Consequence.TERMINATE: "ends the account", Consequence.PAUSE: "pauses until the boundary"}


def risk_of(prepared: Prepared, outcome: Outcome) -> dict[str, Any]:
    """The block; empty for a run without a ruleset."""
    rules = prepared.rules
    if rules is None:
        return {}
    state, programme = outcome.state[0], outcome.programme[0]
    notices = outcome.tapes["notices"][:]
    trips, more = trips_of(prepared, notices, MOST_TRIPS)
    breached = int((notices["kind"] == NoticeKind.BREACHED).sum())
    return {
        "ruleset": rules.loaded.binding
        | {"title": rules.first.title, "guard": "on" if rules.guarded else "off"},
        "phases": list(phases_of(rules, outcome)),
        "floors": list(floors_of(prepared, outcome)),
        "trips": trips,
        "trips_left_out": more,
        "severity": Severity(int(state["account"]["severity"])).name.lower(),
        "next_boundary": next_boundary(prepared),
        "evaluated": int(state["account"]["observations"]),
        "triggered": int(sum(floor["triggered"] for floor in state["floors"])),
        "increases": int(programme["increases"]),
        "increases_beyond_headroom": int(programme["beyond"]),
        "breaches": breached,
        "breaches_by_own_action": int(programme["own_breaches"]),
        "conduct": conduct_of(rules, outcome.tapes["closed"][:]),
        "bindings": [vars(each) for each in rules.bindings()],
    }


def moment(time_ns: int) -> str | None:
    """An instant; None for 0."""
    return format_instant(int(time_ns)) if time_ns > 0 else None


def units(value: int) -> float:
    """Money of people."""
    return int(value) / RATE


def terms_now(outcome: Outcome, number: int) -> tuple[Any, Any]:
    """(challenge, floors) of a phase: as it ended, or as it stands."""
    programme, state = outcome.programme[0], outcome.state[0]
    if number == int(programme["phase"]):
        return state["challenge"], state["floors"]
    terms = programme["terms"][number]
    return terms["challenge"], terms["floors"]


def phases_of(rules: Rules, outcome: Outcome) -> Iterator[dict[str, Any]]:
    """Each phase of the run, those that never began too."""
    programme = outcome.programme[0]
    for number, name in enumerate(rules.phases):
        begun = number <= int(programme["phase"])
        challenge, _ = terms_now(outcome, number)
        line: dict[str, Any] = {"phase": name, "status": status_of(challenge, begun), "began": None}
        if begun:
            line |= progress_of(challenge, rules, number)
        yield line


def status_of(challenge: Any, begun: bool) -> str:
    """Passed, breached, running, or not begun."""
    if not begun:
        return "not begun"
    if challenge["failed_at_ns"] > 0:
        return "breached"
    return "passed" if challenge["passed_at_ns"] > 0 else "running"


def progress_of(challenge: Any, rules: Rules, number: int) -> dict[str, Any]:
    """How far a phase has come. Days to the target are calendar days, with their part."""
    began, reached, passed = (int(challenge[f"{name}_at_ns"]) for name in ("began", "reached", "passed"))
    counters = rules.stages[number].counters
    row = int(challenge["counter"])
    target = int(challenge["target"])
    return {
        "began": moment(began),
        "target": units(target) if target else None,
        "profit": units(challenge["profit"]),
        "reached": moment(reached),
        "days_to_target": round((reached - began) / DAY, 2) if reached else None,
        "passed": moment(passed),
        "breached": moment(int(challenge["failed_at_ns"])),
        "days_needed": int(challenge["days_needed"]),
        "days_counted": int(challenge["counters"][row]["count"]) if row else None,
        "counters": {each.id: int(challenge["counters"][i]["count"]) for i, each in enumerate(counters, 1)},
    }


def floors_of(prepared: Prepared, outcome: Outcome) -> Iterator[dict[str, Any]]:
    """Each floor in each phase that began, with its line over time."""
    rules = prepared.rules
    assert rules is not None
    programme, notices = outcome.programme[0], outcome.tapes["notices"][:]
    sampled = notices[notices["kind"] == NoticeKind.FLOOR_SET]
    for number in range(int(programme["phase"]) + 1):
        _, floors = terms_now(outcome, number)
        span = span_of_phase(outcome, prepared, number)
        for index, row in enumerate(prepared.floors, 1):
            floor = floors[index]
            if int(floor["readings"][0]["absolute"]) < UNREACHABLE:
                line = sampled[(sampled["index"] == index) & (sampled["time_ns"] >= span[0])]
                line = line[line["time_ns"] < span[1]]
                named = {"limit": row.limit, "of": row.of, "title": row.title}
                yield {"phase": rules.phases[number]} | named | described(floor, line, span)


def span_of_phase(outcome: Outcome, prepared: Prepared, number: int) -> tuple[int, int]:
    """First and last instant of a phase within the run."""
    terms = outcome.programme[0]["terms"][number]
    bars = prepared.scenario.bars["time_ns"]
    ended = int(terms["ended_at_ns"]) or int(bars[-1]) + prepared.scenario.duration_ns
    return int(terms["begun_at_ns"]), ended


def described(floor: Any, line: Any, span: tuple[int, int]) -> dict[str, Any]:
    """One floor: where it stands, how near equity came, what happened. `line` is its samples in time."""
    level = max(int(floor["level"]), int(floor["previous_level"]) or int(floor["level"]))
    allowance = max(1, int(floor["anchor"]) - level)
    value, nearest = int(floor["last_value"]), int(floor["nearest"])
    looked = int(floor["nearest_at_ns"]) > 0
    return {
        "consequence": CONSEQUENCES.get(Consequence(int(floor["consequence"])), "is noted"),
        "observed": Quantity(int(floor["observed"])).name.lower(),
        "sampled": Sample(int(floor["sample"])).name.lower(),
        "level": units(level),
        "anchor": units(floor["anchor"]),
        "allowance": units(allowance),
        "rungs": {name: units(rung(floor, level, name)) for name in RUNGS if floor["ladder"][name] > 0},
        "value": units(value) if looked else None,
        "distance": units(value - level) if looked else None,
        "distance_share": (value - level) / allowance if looked else None,
        "nearest": units(nearest) if looked else None,
        "nearest_share": nearest / allowance_at(line, int(floor["nearest_at_ns"]), allowance)
        if looked
        else None,
        "nearest_at": moment(int(floor["nearest_at_ns"])),
        "rung": (*("none",), *RUNGS)[int(floor["rung"])],
        "triggered": int(floor["triggered"]),
        "breached": moment(int(floor["breached_at_ns"])),
        "reconstructed": bool(floor["reconstructed"]),
        "line": steps(line, level, span),
    }


def rung(floor: Any, level: int, name: str) -> int:
    """Where a rung stands, as the core has it."""
    share = int(floor["ladder"][name])
    return int(floor["anchor"]) - (int(floor["anchor"]) - level) * share // RATE


def allowance_at(line: Any, time_ns: int, last: int) -> int:
    """The allowance that held at an instant, by the last sample before it."""
    before = line[line["time_ns"] <= time_ns]
    return max(1, int(before["limit"][-1] - before["value"][-1])) if len(before) else last


def steps(line: Any, level: int, span: tuple[int, int]) -> list[list[float]]:
    """[seconds, level] wherever the level changed, for a chart; one level where nothing samples it."""
    times, levels = line["time_ns"], line["value"]
    if not len(times):
        times, levels = np.array([span[0]]), np.array([level])
    keep = np.append(True, np.diff(levels) != 0)
    points = [[int(t) // 10**9, units(v)] for t, v in zip(times[keep], levels[keep], strict=True)]
    return [*points, [span[1] // 10**9, points[-1][1]]]


def next_boundary(prepared: Prepared) -> str | None:
    """The first candidate of a day boundary after the run's last bar."""
    assert prepared.rules is not None
    end = int(prepared.scenario.bars["time_ns"][-1]) + prepared.scenario.duration_ns
    return day_after(prepared.rules.first.clock, end)


def day_after(clock: Clock, time_ns: int) -> str | None:
    """The first candidate of a day boundary after an instant."""
    from holdfast.history.day_boundaries import DayClock
    from holdfast.history.day_boundaries import next_boundary as following
    from holdfast.wiring.ruleset.schedule import wall

    made = DayClock(wall(clock.day_boundary), tuple(wall(each) for each in clock.alternates))
    return moment(following(made, time_ns).time_ns)
