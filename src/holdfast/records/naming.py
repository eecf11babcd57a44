"""A record as named plain data and back: what leaves this version of the program must not depend on its layout.

Zero is "none" everywhere, so that only what is not zero is named: an event is a few fields, a state the rows in use.
Rows are pairs of their number and their fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holdfast.records.record import Rows


class UnknownNameError(ValueError):
    """A field that this version's record does not have."""


def named(value: Any) -> dict[str, Any]:
    """The fields of a record that are not zero, nested ones and rows too."""
    return _taker(type(value))(value)


def take_named(value: Any, told: dict[str, Any]) -> None:
    """Fill an empty record from its named fields; UnknownNameError where it has no such field."""
    _giver(type(value))(value, told)


_takers: dict[type, Callable[[Any], dict[str, Any]]] = {}
_givers: dict[type, Callable[[Any, dict[str, Any]], None]] = {}


def _taker(kind: Any) -> Callable[[Any], dict[str, Any]]:
    """Generated once for a record, as its other forms are: a journal names every event. Rows above a watermark were
    never used, and are not looked at."""
    if kind not in _takers:
        lines = ["def take(self):", " told = {}"]
        scope: dict[str, Any] = {"named": named, "named_rows": named_rows}
        for name, part in _fields(kind):
            if part == "scalar":
                lines.append(f" if self.{name}: told[{name!r}] = self.{name}")
            else:
                rows = f"self.{name}[: self.{kind.used[name]} + 1]" if name in kind.used else f"self.{name}"
                taken = f"named(self.{name})" if part == "record" else f"named_rows({rows})"
                lines.append(f" part = {taken}\n if part: told[{name!r}] = part")
        exec("\n".join([*lines, " return told"]), scope)
        _takers[kind] = scope["take"]
    return _takers[kind]


def _giver(kind: type) -> Callable[[Any, dict[str, Any]], None]:
    if kind not in _givers:
        parts = dict(_fields(kind))

        def give(value: Any, told: dict[str, Any]) -> None:
            for name, given in told.items():
                part = parts.get(name)
                if part == "scalar":
                    setattr(value, name, given)
                elif part == "record":
                    take_named(getattr(value, name), given)
                elif part == "rows":
                    _take_rows(kind, name, getattr(value, name), given)
                else:
                    raise UnknownNameError(f"{kind.__name__} has no field {name}")

        _givers[kind] = give
    return _givers[kind]


def named_rows(column: list[Any]) -> list[tuple[int, dict[str, Any]]]:
    """Number and fields of every row that is not empty."""
    if not column:
        return []
    take = _taker(type(column[0]))
    return [(number, told) for number, row in enumerate(column) if (told := take(row))]


def _take_rows(kind: type, name: str, column: Rows[Any], given: Any) -> None:
    for number, told in given:
        if not 0 <= number < len(column):
            raise UnknownNameError(f"{kind.__name__}.{name} has no row {number}: it has {len(column)}")
        take_named(column[number], told)


def _fields(kind: Any) -> list[tuple[str, str]]:
    """Names of a record's fields and what they are."""
    found = []
    for name in kind.dtype.names:
        dtype = kind.dtype.fields[name][0]
        found.append((name, "rows" if dtype.subdtype else "record" if dtype.names else "scalar"))
    return found
