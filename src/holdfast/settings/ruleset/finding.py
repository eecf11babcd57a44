"""What is wrong with a ruleset, where, and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from holdfast.errors import SettingsError, did_you_mean
from holdfast.settings.ruleset.text import Text

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: an error refuses the file, a warning is shown."""

    severity: Severity
    file: str
    line: int
    path: str
    problem: str
    mend: str
    check: str = "schema"

    def __str__(self) -> str:
        mark = "" if self.severity == "error" else "warning: "
        return f"{self.file}:{self.line}: {mark}{self.problem} {self.mend}"


class RulesetError(SettingsError):
    """A ruleset that is refused; `findings` has all that is wrong, the sentence the first of it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        errors = [each for each in self.findings if each.severity == "error"]
        first = errors[0]
        more = f" ({len(errors) - 1} more: `holdfast rules lint` shows them.)" if len(errors) > 1 else ""
        super().__init__(f"{first.file}:{first.line}: {first.problem}", first.mend + more)


def schema_findings(error: ValidationError, text: Text, model: type[BaseModel]) -> list[Finding]:
    """What the schema refuses, in words, each with its line."""
    return [_schema_finding(each, text, model) for each in error.errors()]


def _schema_finding(error: Any, text: Text, model: type[BaseModel]) -> Finding:
    loc: tuple[Any, ...] = error["loc"]
    if error["type"] == "union_tag_invalid":
        loc = (*loc, "kind")
    shown = ".".join(in_file(loc, text.values, error["type"] == "missing")) or "the file"
    problem, mend = _words(error, shown, loc, model)
    return Finding("error", text.where, text.line(loc), shown, problem, mend)


def in_file(loc: Iterable[Any], values: Any, missing: bool = False) -> list[str]:
    """A location as in the file: rules by their id, without the parts that only the schema has."""
    parts: list[str] = []
    left = list(loc)
    while left:
        part = left.pop(0)
        if isinstance(values, dict) and part in values:
            values = values[part]
            parts.append(str(part))
        elif isinstance(values, list) and isinstance(part, int) and part < len(values):
            values = values[part]
            parts.append(str(values.get("id", part) if isinstance(values, dict) else part))
        elif missing and not left:
            parts.append(str(part))
    return parts


def _words(error: Any, shown: str, loc: tuple[Any, ...], model: type[BaseModel]) -> tuple[str, str]:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"no rule reads the key {shown!r}.", did_you_mean(str(loc[-1]), keys_at(model, loc[:-1]))
    if kind == "missing":
        return f"{shown!r} is missing.", "Add it; `unknown: true` with `assume:` says that nobody knows."
    if kind in ("literal_error", "union_tag_invalid"):
        words = re.findall(r"'([^']*)'", str(context.get("expected") or context.get("expected_tags")))
        given = error["input"] if kind == "literal_error" else context["tag"]
        if len(words) == 1:
            return f"{shown} is {given!r}.", f"Write {words[0]}."
        return f"{shown} is {given!r}.", did_you_mean(str(given), words)
    if kind == "value_error":
        return f"{shown}: {context['error']}.", "Correct it as said."
    given = error["input"]
    said = f" is {given!r}" if isinstance(given, str | int) else ""
    return f"{shown}{said}: {error['msg'][0].lower()}{error['msg'][1:]}.", "Correct the value."


def keys_at(model: Any, loc: tuple[Any, ...]) -> list[str]:
    """The keys that the schema has at a location."""
    here = {model}
    for part in loc:
        deeper = set()
        for each in here:
            deeper |= _models(each.model_fields[part].annotation) if part in each.model_fields else set()
        here = deeper or here
    return sorted({field.alias or name for each in here for name, field in each.model_fields.items()})


def _models(hint: Any) -> set[Any]:
    """The models inside a type."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return {hint}
    if get_origin(hint) in (Annotated, Union, UnionType, tuple, dict):
        return {model for part in get_args(hint) for model in _models(part)}
    return set()
