"""Arrays as the loop needs them: numpy for compiled kernels, records made in slices for plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from holdfast.records import blank_array

SLICE = 1024  # records made at once; two slices are kept, so that an instant may straddle them


class ArrayRows:
    """A numpy structured array that reads like Rows of records: `rows[i]`, `len(rows)`."""

    def __init__(self, kind: Any, array: Any) -> None:
        self.array = array
        self.size = kind.dtype.itemsize
        self.data = np.ascontiguousarray(array).view(np.uint8).reshape(-1).data
        self.slots = [kind() for _ in range(2 * SLICE)]
        self.filled = [-1, -1]

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, index: int) -> Any:
        number = index // SLICE
        half = number % 2
        if self.filled[half] != number:
            self._fill(number, half)
        return self.slots[half * SLICE + index % SLICE]

    def _fill(self, number: int, half: int) -> None:
        start = number * SLICE
        for i in range(min(SLICE, len(self.array) - start)):
            self.slots[half * SLICE + i]._unpack_from(self.data, (start + i) * self.size)
        self.filled[half] = number


def to_array(kind: Any, rows: Any, count: int) -> Any:
    """The first rows of a column of records, as a numpy array of their dtype; of an array, a view."""
    if isinstance(rows, np.ndarray):
        return rows[:count]
    array = blank_array(kind, count)
    buffer = array.view(np.uint8).reshape(-1).data if count else None
    for i in range(count):
        rows[i]._pack_into(buffer, i * kind.dtype.itemsize)
    return array
