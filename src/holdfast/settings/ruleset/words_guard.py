"""Our own margins in sentences: each key's meaning from the schema, and its value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from holdfast.settings.ruleset.guard import Guard

# They are shown with the levels that they draw.
WITH_LEVELS = frozenset({"daily_ladder_pct_of_allowance", "total_ladder_pct_of_allowance"})


def guard_lines(guard: Guard) -> Iterator[tuple[str, None, str]]:
    """(path, no source, sentence) of every margin; `off` where it is switched off."""
    for name, field in Guard.model_fields.items():
        if name not in WITH_LEVELS:
            yield f"guard.{name}", None, f"{value_words(getattr(guard, name))}: {field.description}."


def value_words(value: Any) -> str:
    """A value of the guard for people."""
    if value is None:
        return "off"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, BaseModel):
        parts = ((name, each) for name, each in value if each is not None and each != {})
        return ", ".join(f"{name} {value_words(each)}" for name, each in parts) or "nothing set"
    if isinstance(value, dict):
        return "; ".join(f"{name} = {' '.join(members)}" for name, members in value.items())
    return str(value)
