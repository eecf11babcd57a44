"""What a lint check is given, and how it points at a line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from holdfast.errors import SettingsError
from holdfast.settings.ruleset.base import StrategyClass
from holdfast.settings.ruleset.bindings import BINDINGS
from holdfast.settings.ruleset.file import Loaded
from holdfast.settings.ruleset.finding import Finding, Severity
from holdfast.settings.ruleset.paths import step
from holdfast.settings.ruleset.phases import resolve
from holdfast.settings.ruleset.ruleset import Ruleset


@dataclass(frozen=True)
class Facts:
    """What is known beside the file when an account is bound to it. What is unknown skips its check, and says so."""

    today: date | None = None  # age of sources
    max_exposure: Decimal | None = None  # gross notional at most, in the account's currency
    strategy_classes: tuple[StrategyClass, ...] = ()
    native_stops: bool | None = None  # whether the venue's adapter places stops at the venue
    rules: Collection[str] | None = None  # the rules that the core has
    bindings: Mapping[str, str] = field(default_factory=lambda: BINDINGS)


@dataclass(frozen=True)
class Case:
    """A ruleset under examination."""

    loaded: Loaded
    facts: Facts

    @property
    def ruleset(self) -> Ruleset:
        """What the file says for one size."""
        return self.loaded.ruleset

    @cached_property
    def stages(self) -> tuple[Ruleset, ...]:
        """What is in force in each phase; those whose overrides do not fit are another check's."""
        found = []
        names: list[str | None] = [each.id for each in self.ruleset.phases]
        for name in names or [None]:
            try:
                found.append(resolve(self.ruleset, name))
            except SettingsError:
                continue
        return tuple(found)

    def line(self, path: str) -> int:
        """The line of the longest part of a dotted path that the file has."""
        values, loc = self.loaded.text.values, []
        for part in path.split("."):
            try:
                key = int(part) if isinstance(values, list) and part.isdigit() else step(values, part)
                values = values[key]
            except (KeyError, IndexError):
                break
            loc.append(key)
        return self.loaded.text.line(loc)

    def error(self, path: str, problem: str, mend: str) -> Finding:
        """A finding that refuses the file."""
        return self._finding("error", path, problem, mend)

    def warning(self, path: str, problem: str, mend: str) -> Finding:
        """A finding that is shown."""
        return self._finding("warning", path, problem, mend)

    def _finding(self, severity: Severity, path: str, problem: str, mend: str) -> Finding:
        return Finding(severity, self.loaded.text.where, self.line(path), path, problem, mend)

    def signed(self, path: str) -> bool:
        """Whether a person has taken a conflict with this rule upon themselves."""
        return any(path == each.field for each in self.ruleset.signed)


Check = Callable[[Case], Iterator[Finding]]
