"""Lint: a bad ruleset does not load. Each check is a small function; errors refuse the file, warnings are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.errors import SettingsError
from holdfast.settings.ruleset import lint_facts, lint_guard, lint_limits, lint_names
from holdfast.settings.ruleset.case import Case, Check, Facts
from holdfast.settings.ruleset.file import Loaded, find_text, load_ruleset, parse_ruleset, sizes_of
from holdfast.settings.ruleset.finding import Finding, RulesetError

CHECKS: tuple[Check, ...] = (
    *lint_names.CHECKS,
    *lint_limits.CHECKS,
    *lint_guard.CHECKS,
    *lint_facts.CHECKS,
)
NOTHING = Facts()


@dataclass(frozen=True)
class Report:
    """What lint found, and which checks it could not make, with the reason."""

    findings: tuple[Finding, ...]
    skipped: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that refuse the file."""
        return tuple(each for each in self.findings if each.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Findings that are shown."""
        return tuple(each for each in self.findings if each.severity == "warning")


def checked_ruleset(name: str, facts: Facts = NOTHING) -> tuple[Loaded, Report]:
    """A ruleset that lint lets pass, with its warnings. Raises RulesetError with everything that refuses it."""
    loaded = load_ruleset(name)
    report = lint_ruleset(loaded, facts)
    if report.errors:
        raise RulesetError(report.findings)
    return loaded, report


def lint_ruleset(loaded: Loaded, facts: Facts = NOTHING) -> Report:
    """All findings on a ruleset that the schema takes."""
    case = Case(loaded, facts)
    return Report(_once(finding for check in CHECKS for finding in check(case)), tuple(_skipped(case)))


def lint_file(name: str, facts: Facts = NOTHING) -> Report:
    """All findings on a file, at every size that it has. Raises SettingsError where it cannot be read at all."""
    text, size = find_text(name)
    found: list[Finding] = []
    skipped: list[str] = []
    sizes: list[str | None] = [size] if size else list(sizes_of(text))
    for each in sizes or [None]:
        try:
            report = lint_ruleset(parse_ruleset(text, each), facts)
        except RulesetError as error:
            report = Report(error.findings)
        found += report.findings
        skipped += report.skipped
    return Report(_once(found), tuple(dict.fromkeys(skipped)))


def refused(name: str) -> str | None:
    """Why a ruleset cannot be used, in one sentence; None where it can."""
    try:
        checked_ruleset(name)
    except SettingsError as error:
        return str(error)
    return None


def _once(findings: Iterator[Finding] | list[Finding]) -> tuple[Finding, ...]:
    """Findings in the order of their lines, each once however many phases and sizes have it."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda each: (each.line, each.severity)))


def _skipped(case: Case) -> Iterator[str]:
    """Checks that could not be made."""
    if case.ruleset.account.initial_balance is None:
        yield "room to get out: the account has no initial balance."
    elif case.facts.max_exposure is None:
        yield "room to get out: the largest exposure is not known before an account is bound."
    elif case.ruleset.guard.flatten_cost_model is None:
        yield "room to get out: the guard has no `flatten_cost_model`."
    if case.ruleset.conduct.require_broker_sl is not None and case.facts.native_stops is None:
        yield "stop at the venue: the adapter is not known before an account is bound."
    if case.facts.rules is None:
        yield "rules of the engine: not asked; keys are held against the registry of bindings."
