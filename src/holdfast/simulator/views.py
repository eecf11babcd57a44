"""Arrays as the loop needs them: numpy for compiled kernels, records made in slices for plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from holdfast.records import blank_array

SLICE = 1024  # records made at once
KEPT = 2 * SLICE  # so that an instant may straddle two slices


class ArrayRows:
    """A numpy structured array that reads like Rows of records: `rows[i]`, `len(rows)`."""

    def __init__(self, kind: Any, array: Any) -> None:
        self.array = array
        self.size = kind.dtype.itemsize
        self.data = np.ascontiguousarray(array).view(np.uint8).reshape(-1).data
        self.slots = [kind() for _ in range(KEPT)]
        self.filled = [-1, -1]

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, index: int) -> Any:
        number = index // SLICE
        if self.filled[number % 2] != number:
            self._fill(number)
        return self.slots[index % KEPT]

    def _fill(self, number: int) -> None:
        start = number * SLICE
        for i in range(start, min(start + SLICE, len(self.array))):
            self.slots[i % KEPT]._unpack_from(self.data, i * self.size)
        self.filled[number % 2] = number


def to_array(kind: Any, rows: Any, count: int) -> Any:
    """The first rows of a column of records, as a numpy array of their dtype; of an array, a view."""
    if isinstance(rows, np.ndarray):
        return rows[:count]
    array = blank_array(kind, count)
    buffer = array.view(np.uint8).reshape(-1).data if count else None
    for i in range(count):
        rows[i]._pack_into(buffer, i * kind.dtype.itemsize)
    return array
