"""Lint of facts: unknowns, zones, sources, and what the account's strategies and venue can keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from holdfast.settings.ruleset.case import Case
from holdfast.settings.ruleset.conduct import Stance
from holdfast.settings.ruleset.finding import Finding
from holdfast.settings.ruleset.lint_limits import floors
from holdfast.settings.ruleset.provenance import provenance, rules_of

STALE = timedelta(days=120)
# Zones that never change their clock although their people do; UTC is one that a firm can mean.
OFFSETS = re.compile(r"^(Etc/)?(GMT[+-]?\d+|GMT|Greenwich)$|^(EST|MST|HST)$")


def unknown_without_assumption(case: Case) -> Iterator[Finding]:
    """An unknown says how it is taken until somebody knows."""
    rules = case.ruleset
    for number, each in enumerate(rules.unknown):
        if not each.assume:
            yield _no_assumption(case, f"unknown.{number}", each.field)
    for limit in floors(rules):
        if limit.lock is not None and limit.lock.unknown and limit.lock.assume is None:
            yield _no_assumption(case, f"limits.{limit.id}.lock", f"the lock of {limit.id}")
    lots = rules.exposure.max_lots
    if lots is not None and lots.unknown and lots.assume is None:
        yield _no_assumption(case, "exposure.max_lots", "the largest size")
    for window in rules.windows:
        fill = window.fill_protective
        if fill is not None and fill.allowed == "unknown" and fill.assume is None:
            yield _no_assumption(case, f"windows.{window.id}.fill_protective", f"fills inside {window.id}")


def _no_assumption(case: Case, path: str, what: str) -> Finding:
    return case.error(
        path, f"{what} is unknown, and nothing is assumed.", "Add `assume:` with the strict reading."
    )


def bare_unknown_habit(case: Case) -> Iterator[Finding]:
    """A bare `unknown` is taken as banned; a reader should see it said."""
    for name, habit in case.ruleset.conduct:
        if isinstance(habit, Stance) and habit.value == "unknown" and habit.assume is None:
            yield case.warning(
                f"conduct.{name}",
                f"{name} is unknown and taken as banned.",
                "Say so: `{value: unknown, assume: banned}`.",
            )


def bare_offset(case: Case) -> Iterator[Finding]:
    """An offset is wrong for half of the year where people change their clocks."""
    clock = case.ruleset.clock
    if OFFSETS.match(clock.day_boundary.zone) and not clock.alternates:
        yield _offset(case, "clock.day_boundary.zone", clock.day_boundary.zone)
    for each in floors(case.ruleset):
        noted = any(other.clock is not None for other in each.strict_alternates)
        if each.clock is not None and OFFSETS.match(each.clock.zone) and not noted:
            yield _offset(case, f"limits.{each.id}.clock.zone", each.clock.zone)
    for window in case.ruleset.windows:
        if window.zone is not None and OFFSETS.match(window.zone) and not window.note:
            yield _offset(case, f"windows.{window.id}.zone", window.zone)


def _offset(case: Case, path: str, zone: str) -> Finding:
    problem = f"the zone {zone!r} is a bare offset."
    return case.error(
        path, problem, "Name a city's zone, or add the other reading to `alternates` with its `why`."
    )


def without_source(case: Case) -> Iterator[Finding]:
    """A figure without source and confidence cannot be checked by anybody. An owner's own need none."""
    if case.ruleset.account.capital is not None:
        return
    bare = []
    for path, part in rules_of(case.ruleset):
        known = provenance(case.ruleset, path, part)
        if known.url is None or known.confidence is None:
            bare.append(path)
    if bare:
        problem = f"no source or confidence is given for {', '.join(bare)}."
        yield case.warning(bare[0], problem, "Add `sources: [{field, url, confidence}]`.")


def stale_sources(case: Case) -> Iterator[Finding]:
    """Firms change their rules: what was read long ago is read again before money is at risk."""
    today = case.facts.today or date.today()  # noqa: DTZ011  any zone's day does
    read = {each.as_of or case.ruleset.version for each in case.ruleset.sources}
    old = [day for day in read if today - day > STALE]
    if old:
        problem = f"sources were last read on {min(old)}, {(today - min(old)).days} days ago."
        yield case.warning(
            "sources", problem, "Check the figures with the firm, then set `as_of` and `version`."
        )


def grid_under_martingale(case: Case) -> Iterator[Finding]:
    """A grid adds to a loser, which is what firms call martingale."""
    classes = {*case.facts.strategy_classes, *case.ruleset.strategy_classes}
    classes |= {name for each in case.ruleset.limits for name in each.classes}
    if "grid" not in classes:
        return
    for stage in case.stages:
        word = stage.conduct.martingale.in_force if stage.conduct.martingale else "allowed"
        if word == "banned" and not case.signed("conduct.martingale"):
            problem = "a grid adds to a loser, and this programme bans martingale."
            mend = "Run setups only, or sign: `signed: [{field: conduct.martingale, by, on, reason}]`."
            yield case.error("conduct.martingale", problem, mend)
        if word == "discouraged":
            problem = "a grid adds to a loser, and this programme discourages martingale."
            yield case.warning("conduct.martingale", problem, "Ask the firm, in writing.")


def automation_banned(case: Case) -> Iterator[Finding]:
    """Where a program may not trade, none of our strategies may."""
    classes = {*case.facts.strategy_classes, *case.ruleset.strategy_classes}
    habit = case.ruleset.conduct.automation
    if classes and habit and habit.in_force == "banned" and not case.signed("conduct.automation"):
        problem = "this programme does not let a program open trades."
        mend = "Ask the firm; then sign: `signed: [{field: conduct.automation, by, on, reason}]`."
        yield case.error("conduct.automation", problem, mend)


def stop_at_the_venue(case: Case) -> Iterator[Finding]:
    """A programme that wants to see the stop needs a venue that holds one."""
    if case.ruleset.conduct.require_broker_sl is not None and case.facts.native_stops is False:
        problem = "the programme demands a stop at the venue, and this adapter has none."
        yield case.error(
            "conduct.require_broker_sl", problem, "Trade it through an adapter with native stops."
        )


CHECKS = (
    unknown_without_assumption,
    bare_unknown_habit,
    bare_offset,
    without_source,
    stale_sources,
    grid_under_martingale,
    automation_banned,
    stop_at_the_venue,
)
