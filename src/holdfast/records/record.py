"""One declaration gives a slotted class for plain Python and the matching numpy dtype for compiled kernels.

Fields are `int` (int64), `float` (float64), `bool`, an IntEnum (int64), another record, or a bounded column
`Rows[Record] = rows(LENGTH)`. Everything starts at zero, and zero must be a valid "none": row 0 is nobody.
"""

from __future__ import annotations

import enum
import hashlib
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from itertools import islice, repeat, starmap
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

T = TypeVar("T")

SCALARS: dict[type, Any] = {int: np.int64, float: np.float64, bool: np.bool_}
NOTHING: Mapping[str, str] = {}
RESERVED = ("dtype", "used")  # what `record` itself adds to the class
CODES = {"i": "q", "f": "d", "b": "?"}


class Rows(list[T]):
    """A fixed number of records. Rows are filled in place: assigning a row would alias it when interpreted
    and copy it when compiled, so it is refused; use `copy_record`."""

    def __init__(self, kind: type[T], length: int) -> None:
        super().__init__(starmap(kind, repeat((), length)))  # a state has some 18,000 of them

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError("a row is filled in place: use copy_record(rows[i], source)")


def rows(length: int, used: str = "") -> Any:
    """Declare a bounded column. `used` names the field that holds the highest row in use (for digests)."""
    return field(default=None, metadata={"length": length, "used": used})


def record(cls: type[T]) -> type[T]:
    """Make the class and, beside it, `dtype`, and generated code to pack, unpack, copy and clear it."""
    layout: list[tuple[Any, ...]] = []
    used: dict[str, str] = {}
    for name, hint in _hints(cls).items():
        if name in RESERVED:
            raise TypeError(f"record {cls.__name__}: no field can be called {name}. Choose another name.")
        kind = storage(cls, name, hint)
        if get_origin(hint) is Rows:
            meta = _rows_of(cls, name)
            layout.append((name, kind, (meta["length"],)))
            used |= {name: meta["used"]} if meta["used"] else {}
            setattr(cls, name, field(default_factory=_row_maker(get_args(hint)[0], meta["length"])))
        else:
            layout.append((name, kind))
            setattr(cls, name, field(default_factory=hint) if hasattr(hint, "dtype") else _zero(hint))
    made: Any = dataclass(slots=True, kw_only=True)(cls)
    made.dtype = np.dtype(layout, align=True)
    made.used = used
    for generate in (_packer, _unpacker, _copier, _clearer):
        function = generate(made.dtype)
        setattr(made, function.__name__, function)
    made._pack_used_into = _packer(made.dtype, used)
    return made  # type: ignore[no-any-return]


def _hints(cls: type) -> dict[str, Any]:
    try:
        return get_type_hints(cls)
    except NameError as error:
        raise TypeError(
            f"record {cls.__name__}: {error}. Define the field's type above the record."
        ) from None


def _rows_of(cls: type, name: str) -> Any:
    declared = getattr(cls, name, None)
    if declared is None or "length" not in getattr(declared, "metadata", {}):
        raise TypeError(f"record {cls.__name__}: column {name} needs a length: {name}: Rows[...] = rows(N)")
    return declared.metadata


def storage(cls: type, name: str, hint: Any) -> Any:
    """The numpy type of one field; TypeError names the field when there is none."""
    kind = get_args(hint)[0] if get_origin(hint) is Rows else hint
    if hasattr(kind, "dtype"):
        return kind.dtype
    if isinstance(kind, type) and issubclass(kind, enum.IntEnum):
        return np.dtype(np.int64)
    if kind in SCALARS:
        return np.dtype(SCALARS[kind])
    raise TypeError(
        f"record {cls.__name__}: field {name} is {kind!r}. Use int, float, bool, an IntEnum, a record or Rows."
    )


def _row_maker(kind: type[T], length: int) -> Callable[[], Rows[T]]:
    return lambda: Rows(kind, length)


def _zero(hint: Any) -> Any:
    return 0 if issubclass(hint, enum.IntEnum) else hint()


def _parts(dtype: Any) -> list[tuple[str, list[str], int, int]]:
    """Fields grouped into runs: ("scalars", names, offset, end), ("record", [name], …), ("rows", [name], …)."""
    parts: list[tuple[str, list[str], int, int]] = []
    for name in dtype.names:
        kind, offset = dtype.fields[name][:2]
        shape = "rows" if kind.subdtype else "record" if kind.names else "scalars"
        if shape == "scalars" and parts and parts[-1][0] == "scalars":
            parts[-1] = ("scalars", [*parts[-1][1], name], parts[-1][2], offset + kind.itemsize)
        else:
            parts.append((shape, [name], offset, offset + kind.itemsize))
    return parts


def _format(dtype: Any, names: list[str], start: int) -> struct.Struct:
    code, at = "<", start
    for name in names:
        kind, offset = dtype.fields[name][:2]
        code += f"{offset - at}x" if offset > at else ""
        code += CODES[kind.kind]
        at = offset + kind.itemsize
    return struct.Struct(code)


def _generate(name: str, arguments: str, lines: list[str], scope: dict[str, Any]) -> Callable[..., None]:
    exec(f"def {name}({arguments}):\n" + "\n".join(lines or [" pass"]), scope)
    function: Callable[..., None] = scope[name]
    return function


def _packer(dtype: Any, used: Mapping[str, str] = NOTHING) -> Callable[..., None]:
    """Of a column that says which of its rows are in use, only those."""
    lines: list[str] = []
    scope: dict[str, Any] = {"islice": islice}
    for i, (shape, names, start, _) in enumerate(_parts(dtype)):
        if shape == "scalars":
            scope[f"p{i}"] = _format(dtype, names, start).pack_into
            lines.append(f" p{i}(buffer, at+{start}, {', '.join('self.' + n for n in names)})")
        elif shape == "record":
            lines.append(f" self.{names[0]}._pack_into(buffer, at+{start})")
        else:
            size = dtype.fields[names[0]][0].subdtype[0].itemsize
            column = f"self.{names[0]}"
            if names[0] in used:
                column = f"islice({column}, 1 + self.{used[names[0]]})"
            lines.append(f" o=at+{start}\n for row in {column}:\n  row._pack_into(buffer, o); o+={size}")
    return _generate("_pack_into", "self, buffer, at", lines, scope)


def _unpacker(dtype: Any) -> Callable[..., None]:
    lines, scope = [], {}
    for i, (shape, names, start, _) in enumerate(_parts(dtype)):
        if shape == "scalars":
            scope[f"p{i}"] = _format(dtype, names, start).unpack_from
            lines.append(f" ({', '.join('self.' + n for n in names)},) = p{i}(buffer, at+{start})")
        elif shape == "record":
            lines.append(f" self.{names[0]}._unpack_from(buffer, at+{start})")
        else:
            size = dtype.fields[names[0]][0].subdtype[0].itemsize
            lines.append(
                f" o=at+{start}\n for row in self.{names[0]}:\n  row._unpack_from(buffer, o); o+={size}"
            )
    return _generate("_unpack_from", "self, buffer, at", lines, scope)


def _copier(dtype: Any) -> Callable[..., None]:
    lines = []
    for shape, names, _, _ in _parts(dtype):
        if shape == "scalars":
            lines += [f" self.{n} = other.{n}" for n in names]
        elif shape == "record":
            lines.append(f" self.{names[0]}._copy_from(other.{names[0]})")
        else:
            lines.append(
                f" for mine, theirs in zip(self.{names[0]}, other.{names[0]}):\n  mine._copy_from(theirs)"
            )
    return _generate("_copy_from", "self, other", lines, {})


def _clearer(dtype: Any) -> Callable[..., None]:
    zero = {"i": "0", "f": "0.0", "b": "False"}
    lines = []
    for shape, names, _, _ in _parts(dtype):
        if shape == "scalars":
            lines += [f" self.{n} = {zero[dtype.fields[n][0].kind]}" for n in names]
        elif shape == "record":
            lines.append(f" self.{names[0]}._clear()")
        else:
            lines.append(f" for row in self.{names[0]}:\n  row._clear()")
    return _generate("_clear", "self", lines, {})


def copy_record(target: T, source: T) -> None:
    """Deep copy, field by field, into an existing record; the same in both modes."""
    target._copy_from(source)  # type: ignore[attr-defined]


def clear_record(target: Any) -> None:
    """Set every field to zero, nested ones too; the same in both modes."""
    target._clear()


def packed(value: Any) -> Any:
    """A one-row numpy array with the record's content: what compiled entries, snapshots and digests see."""
    row = np.zeros(1, value.dtype)
    value._pack_into(row.view(np.uint8).data, 0)
    return row


def packed_used(value: Any) -> Any:
    """The same without rows that were never in use: all that a digest looks at."""
    row = np.zeros(1, value.dtype)
    value._pack_used_into(row.view(np.uint8).data, 0)
    return row


def blank_array(kind: Any, count: int) -> Any:
    """A numpy array of `count` empty records of a kind."""
    return np.zeros(count, kind.dtype)


def unpack_into(value: Any, row: Any) -> None:
    """Fill a record from a one-row array of its dtype."""
    if row.dtype != value.dtype:
        raise TypeError(
            f"{type(value).__name__}: the row has another layout; was it written by another version?"
        )
    value._unpack_from(row.view(np.uint8).data, 0)


def digest(kind: Any, row: Any) -> str:
    """Sixteen hexadecimal digits over the used rows of a packed record, in the order of its fields."""
    view, summed = row.view(np.uint8).data, hashlib.sha256()
    for name in kind.dtype.names:
        dtype, offset = kind.dtype.fields[name][:2]
        size = dtype.itemsize
        if name in kind.used:
            size = dtype.subdtype[0].itemsize * (1 + int(row[kind.used[name]][0]))
        summed.update(view[offset : offset + size])
    return summed.hexdigest()[:16]


def layout_digest(kind: Any) -> str:
    """Names the layout of a record, so that a snapshot of another one is recognised."""
    return hashlib.sha256(repr(kind.dtype.descr).encode()).hexdigest()[:16]


def is_record(value: Any) -> bool:
    """Whether a class or a value was made by `record`."""
    return is_dataclass(value) and hasattr(value, "dtype")


def as_dict(value: Any) -> dict[str, Any]:
    """The record as plain data, for journals and screens; enums as numbers, rows as lists."""
    return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, Rows):
        return [as_dict(row) for row in value]
    return as_dict(value) if is_dataclass(value) else value
