"""Restraints of a run as a timeline: which rule, on what, how tight, since and until when."""

from __future__ import annotations

from typing import Any

from holdfast.history.names import format_instant
from holdfast.model.enums import NoticeKind, Rule, Scope, Severity
from holdfast.model.units import RATE
from holdfast.wiring.prepared import Prepared

BEGINS = {NoticeKind.TRIPPED, NoticeKind.TRIPS_FULL}
ENDS = {NoticeKind.LIFTED, NoticeKind.RESET}
OF_FLOORS = {Rule.FLOOR, Rule.BREACH, Rule.FORECAST}
MONEY = OF_FLOORS | {Rule.TARGET, Rule.UNTYPED_CASH, Rule.GIVE_BACK}


def trips_of(prepared: Prepared, notices: Any, most: int) -> tuple[list[dict[str, Any]], int]:
    """The first `most` restraints in order of time, and how many more there were."""
    made: list[dict[str, Any]] = []
    running: dict[tuple[int, ...], dict[str, Any]] = {}
    for line in notices[notices["kind"] != NoticeKind.FLOOR_SET]:
        kind = NoticeKind(int(line["kind"]))
        key = tuple(int(line[name]) for name in ("rule", "index", "scope", "scope_id"))
        at = format_instant(int(line["time_ns"]))
        if kind in ENDS and key in running:
            running.pop(key)["until"] = at
        elif kind in BEGINS or kind == NoticeKind.WARNED:
            told = described(prepared, line, kind, at)
            if kind == NoticeKind.WARNED:
                told["until"] = at
            elif key in running:
                running[key]["until"] = at  # the same rule, tighter
            made.append(told)
            if kind != NoticeKind.WARNED:
                running[key] = told
    return made[:most], max(0, len(made) - most)


def described(prepared: Prepared, line: Any, kind: NoticeKind, at: str) -> dict[str, Any]:
    """One restraint, open until somebody ends it."""
    rule = Rule(int(line["rule"]))
    unit = RATE if rule in MONEY else 1
    severity = "warned" if kind == NoticeKind.WARNED else Severity(int(line["severity"])).name.lower()
    return {
        "rule": rule.name.lower(),
        "which": which(prepared, rule, int(line["index"])),
        "scope": whose(prepared, Scope(int(line["scope"])), int(line["scope_id"])),
        "severity": severity,
        "value": int(line["value"]) / unit,
        "limit": int(line["limit"]) / unit,
        "since": at,
        "until": None,
    }


def which(prepared: Prepared, rule: Rule, index: int) -> str:
    """The floor or phase that a rule is about."""
    if rule in OF_FLOORS and 0 < index <= len(prepared.floors):
        return prepared.floors[index - 1].title
    if rule == Rule.TARGET and prepared.rules is not None and 0 < index <= len(prepared.rules.phases):
        return prepared.rules.phases[index - 1]
    return ""


def whose(prepared: Prepared, scope: Scope, number: int) -> str:
    """A scope by its name."""
    names = dict(enumerate(dict.fromkeys(a.strategy.name for a in prepared.assignments), 1))
    if scope == Scope.STRATEGY:
        return f"strategy {names.get(number, number)}"
    if scope == Scope.INSTRUMENT:
        return prepared.chosen[number - 1].pair
    if scope == Scope.MANDATE:
        a = prepared.assignments[number - 1]
        return f"{a.strategy.name} on {a.pair}"
    if scope == Scope.CLASS:
        return f"class {('setup', 'grid')[number]}"
    return scope.name.lower() if scope in (Scope.ACCOUNT, Scope.ENGINE) else f"{scope.name.lower()} {number}"
