"""Lint of names: ids, references between parts, paths, phases and their switches."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.errors import SettingsError, did_you_mean
from holdfast.settings.ruleset.bindings import reader_of, set_keys
from holdfast.settings.ruleset.case import Case
from holdfast.settings.ruleset.finding import Finding
from holdfast.settings.ruleset.paths import locate
from holdfast.settings.ruleset.phases import SWITCHED, overridden

NAMED = ("limits", "counters", "consistency", "windows")


def duplicate_ids(case: Case) -> Iterator[Finding]:
    """Two rules share an id: a phase could not say which it means."""
    for families in (NAMED, ("phases",)):
        seen: dict[str, str] = {}
        for family in families:
            for number, rule in enumerate(getattr(case.ruleset, family)):
                if rule.id in seen:
                    problem = f"the id {rule.id!r} stands in {seen[rule.id]} already."
                    yield case.error(f"{family}.{number}.id", problem, "Give each rule a name of its own.")
                seen.setdefault(rule.id, family)


def dangling_counters(case: Case) -> Iterator[Finding]:
    """A minimum of days names its counter."""
    known = [each.id for each in case.ruleset.counters]
    asked = [(f"phases.{each.id}.min_days.counter", each.min_days) for each in case.ruleset.phases]
    if case.ruleset.payout is not None:
        asked.append(("payout.min_days.counter", case.ruleset.payout.min_days))
    for path, days in asked:
        if days is not None and days.counter not in known:
            yield case.error(
                path, f"there is no counter {days.counter!r}.", did_you_mean(days.counter, known)
            )


def dangling_phases(case: Case) -> Iterator[Finding]:
    """The phase after a phase exists."""
    known = [each.id for each in case.ruleset.phases]
    for each in case.ruleset.phases:
        if each.next is not None and each.next not in known:
            yield case.error(
                f"phases.{each.id}.next", f"there is no phase {each.next!r}.", did_you_mean(each.next, known)
            )


def dangling_switches(case: Case) -> Iterator[Finding]:
    """A phase switches rules that exist, and each one way."""
    known = [rule.id for family in SWITCHED for rule in getattr(case.ruleset, family)]
    for each in case.ruleset.phases:
        path = f"phases.{each.id}.rules"
        for name in (*each.rules.enable, *each.rules.disable):
            if name not in known:
                yield case.error(path, f"there is no rule {name!r} to switch.", did_you_mean(name, known))
        for name in sorted(set(each.rules.enable) & set(each.rules.disable)):
            yield case.error(path, f"{name!r} is enabled and disabled.", "Remove it from one of the lists.")


def unfit_overrides(case: Case) -> Iterator[Finding]:
    """A phase overrides keys that exist, with values that they can have."""
    for each in case.ruleset.phases:
        for path, value in each.rules.override.items():
            try:
                overridden(case.ruleset, {path: value}, f"phase {each.id}")
            except SettingsError as error:
                problem = f"the override {path} of phase {each.id} does not fit: {error.problem}"
                yield case.error(f"phases.{each.id}.rules.override", problem, error.mend)


def unreferenced(case: Case) -> Iterator[Finding]:
    """A rule that no phase has in force promises what never holds."""
    if not case.ruleset.phases:
        return
    for family in SWITCHED:
        for rule in getattr(case.ruleset, family):
            if all(rule.id in each.rules.disable for each in case.ruleset.phases):
                problem = f"no phase has {rule.id!r} in force."
                yield case.error(f"{family}.{rule.id}", problem, "Remove it, or leave it on in one phase.")


def unknown_paths(case: Case) -> Iterator[Finding]:
    """Sources, unknowns and signatures are about keys that exist."""
    values = case.ruleset.model_dump(by_alias=True)
    for family in ("sources", "unknown", "signed"):
        for number, each in enumerate(getattr(case.ruleset, family)):
            try:
                locate(values, each.field)
            except SettingsError as error:
                problem = f"{each.field!r} is no part of this ruleset: {error.problem}"
                yield case.error(f"{family}.{number}.field", problem, error.mend)


def unread_keys(case: Case) -> Iterator[Finding]:
    """A limit that no rule reads is a promise that nobody keeps."""
    rules = case.facts.rules
    told: set[str] = set()
    for key, place in set_keys(case.ruleset.model_dump(by_alias=True)):
        reader = reader_of(key, case.facts.bindings)
        bound = key in case.facts.bindings
        if reader is None:
            yield case.error(place, f"no rule reads {place!r}.", "Remove the key, or bind it to a rule.")
        elif bound and rules is not None and reader not in rules and reader not in told:
            told.add(reader)
            problem = f"{place!r} needs the rule {reader!r}, which this engine does not have."
            yield case.error(place, problem, "Use a version that has it, or remove the key.")


CHECKS = (
    duplicate_ids,
    dangling_counters,
    dangling_phases,
    dangling_switches,
    unfit_overrides,
    unreferenced,
    unknown_paths,
    unread_keys,
)
