"""What is in force: a ruleset as one phase switches and changes it."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from holdfast.errors import SettingsError, did_you_mean
from holdfast.settings.ruleset.days import Phase, Switches
from holdfast.settings.ruleset.floors import Limit
from holdfast.settings.ruleset.paths import replaced
from holdfast.settings.ruleset.ruleset import Ruleset

SWITCHED = ("limits", "windows", "consistency")


def resolve(ruleset: Ruleset, phase: str | None = None, platform: str | None = None) -> Ruleset:
    """The rules in force in a phase (absent: the first) on a platform (absent: every limit is kept).

    `phases` of the result holds that phase alone, with its switches spent. Raises SettingsError for a phase that the
    ruleset does not have or an override that does not fit.
    """
    chosen = chosen_phase(ruleset, phase)
    if chosen is None:
        return _kept(ruleset, frozenset(), platform)
    changed = overridden(ruleset, chosen.rules.override, f"phase {chosen.id}")
    spent = chosen.model_copy(update={"rules": Switches(), "next": chosen.next})
    kept = _kept(changed, frozenset(chosen.rules.disable), platform)
    return kept.model_copy(update={"phases": (spent,)})


def chosen_phase(ruleset: Ruleset, phase: str | None) -> Phase | None:
    """The phase of that id, or the first; None for a ruleset without phases."""
    if phase is None:
        return ruleset.phases[0] if ruleset.phases else None
    known = {each.id: each for each in ruleset.phases}
    if phase not in known:
        raise SettingsError(f"{ruleset.id} has no phase {phase!r}.", did_you_mean(phase, known))
    return known[phase]


def overridden(ruleset: Ruleset, changes: dict[str, Any], who: str) -> Ruleset:
    """The ruleset with each dotted path at its new value. Raises SettingsError."""
    if not changes:
        return ruleset
    try:
        return Ruleset.model_validate(replaced(ruleset.model_dump(by_alias=True), changes))
    except ValidationError as error:
        raise SettingsError(
            f"{ruleset.id}: an override of {who} does not fit: {error.errors()[0]['msg']}.",
            "Correct its value.",
        ) from None


def _kept(ruleset: Ruleset, off: frozenset[str], platform: str | None) -> Ruleset:
    kept: dict[str, Any] = {
        name: tuple(each for each in getattr(ruleset, name) if each.id not in off) for name in SWITCHED
    }
    kept["limits"] = tuple(each for each in kept["limits"] if applies(each, platform))
    return ruleset.model_copy(update=kept)


def applies(limit: Limit, platform: str | None) -> bool:
    """Whether a limit holds on a platform; on an unknown one it does, which is the strict reading."""
    condition = limit.applies_if
    if condition is None or platform is None:
        return True
    return platform != condition.platform_not and condition.platform in (None, platform)
