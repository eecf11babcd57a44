"""Many records of one kind, kept column by column in the narrowest integers that hold them.

A long run tells hundreds of thousands of notes, most of whose fields are small: kept as records they would weigh
more than the bars. Whoever reads gets the record's own types back, so that nothing is ever computed in few bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.records import blank_array

NARROW = (np.int8, np.int16, np.int32)
AT_ONCE = 4096  # rows that iteration widens at a time


class Lines:
    """Records of one kind in order: `lines["price"]` is a column, `lines[a:b]` an array of whole records."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        self.parts: dict[str, list[Any]] = {name: [] for name in kind.dtype.names}
        self.length = 0

    def add(self, rows: Any) -> None:
        """Append the rows of a structured array."""
        if len(rows):
            for name, kept in self.parts.items():
                kept.append(narrowed(rows[name]))
            self.length += len(rows)

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, self.length, AT_ONCE):
            yield from self[start : start + AT_ONCE]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self[:]

    def __getitem__(self, wanted: str | slice) -> Any:
        if isinstance(wanted, str):
            return self.narrow(wanted).astype(self.kind.dtype[wanted], copy=False)
        made = blank_array(self.kind, len(range(*wanted.indices(self.length))))
        for name in self.parts:
            made[name] = self.narrow(name)[wanted]
        return made

    def take(self, name: str) -> Any:
        """A column, which is kept no longer: for whoever reads each of them once."""
        column = self[name]
        self.parts[name] = []
        return column

    def narrow(self, name: str) -> Any:
        """A column as it is kept: to look at, not to compute with."""
        kept = self.parts[name]
        if len(kept) != 1:
            whole = np.concatenate(kept) if kept else np.zeros(0, self.kind.dtype[name])
            self.parts[name] = kept = [whole]
        return kept[0]


def narrowed(values: Any) -> Any:
    """A copy of whole numbers in the fewest bytes that hold them all; anything else as it is."""
    if values.dtype == np.int64 and len(values):
        low, high = int(values.min()), int(values.max())
        for kind in NARROW:
            if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
                return values.astype(kind)
    return values.copy()


def sorted_lines(kind: Any, parts: list[Any], *by: str) -> Lines:
    """Several arrays as one, ordered by some columns, the first of them first; each part is let go when read."""
    made = Lines(kind)
    columns = {name: np.concatenate([narrowed(part[name]) for part in parts]) for name in kind.dtype.names}
    parts.clear()
    order = np.lexsort([columns[name] for name in reversed(by)])
    for name in kind.dtype.names:
        made.parts[name] = [columns.pop(name)[order]]
    made.length = len(order)
    return made
