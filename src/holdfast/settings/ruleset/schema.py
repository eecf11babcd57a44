"""Every key that a ruleset can have, read from the models themselves."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from holdfast.settings.ruleset.ruleset import Ruleset


def leaves(model: type[BaseModel] = Ruleset, above: str = "") -> Iterator[str]:
    """Dotted paths of all keys that hold a value; the kinds of a limit stand between `limits` and their keys."""
    for name, field in model.model_fields.items():
        path = f"{above}{field.alias or name}"
        inner = models_in(field.annotation)
        for each in inner:
            kind = each.model_fields.get("kind")
            several = len(inner) > 1 and kind is not None
            between = f".{get_args(kind.annotation)[0]}" if several and kind else ""
            yield from leaves(each, f"{path}{between}.")
        if not inner:
            yield path


def models_in(hint: Any) -> list[type[BaseModel]]:
    """The models inside a type, in order."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return [hint]
    if get_origin(hint) in (Annotated, Union, UnionType, tuple, dict):
        return [model for part in get_args(hint) for model in models_in(part)]
    return []
