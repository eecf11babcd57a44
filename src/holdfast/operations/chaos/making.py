"""Records with some fields filled."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")


def filled(of: type[T], /, **values: Any) -> T:
    """A record of a kind, all zero but for these."""
    made = of()
    for name, value in values.items():
        setattr(made, name, value)
    return made
