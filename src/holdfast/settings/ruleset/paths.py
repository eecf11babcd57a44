"""Dotted paths into a ruleset: `limits.daily_loss.amount.pct`, with rules by their id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.errors import SettingsError, did_you_mean


def step(values: Any, part: str) -> Any:
    """The key or index under which `part` is found; KeyError with what there is."""
    if isinstance(values, Mapping):
        if part in values:
            return part
        raise KeyError([str(key) for key in values])
    if isinstance(values, list | tuple):
        ids = [each.get("id") if isinstance(each, Mapping) else None for each in values]
        if part in ids:
            return ids.index(part)
        raise KeyError([str(each) for each in ids if each])
    raise KeyError([])


def locate(values: Any, path: str) -> list[Any]:
    """Keys and indices of a dotted path; SettingsError names the part that is not there."""
    found: list[Any] = []
    for part in path.split("."):
        try:
            key = step(values, part)
        except KeyError as error:
            known = error.args[0]
            before = ".".join(path.split(".")[: len(found)]) or "the ruleset"
            raise SettingsError(f"{before} has no {part!r}.", did_you_mean(part, known)) from None
        values = values[key]
        found.append(key)
    return found


def replaced(values: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in which each dotted path has its new value."""
    for path, value in changes.items():
        values = _with(values, locate(values, path), value)
    return values


def _with(values: Any, keys: list[Any], value: Any) -> Any:
    if not keys:
        return value
    copy = dict(values) if isinstance(values, Mapping) else list(values)
    copy[keys[0]] = _with(copy[keys[0]], keys[1:], value)
    return copy
