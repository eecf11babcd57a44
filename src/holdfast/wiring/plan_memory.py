"""Plans of a sweep, remembered by the parameters that they were made from.

A plan is a pure function of bars and parameters, and it shows which parameters it asks for. Where two sets differ
only in others (a stop rate, a number of levels), their plans are the same and are made once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

KEPT_BYTES = 1 << 28  # of plan events; the longest unused go first

Kinds = tuple[str, ...]  # of each assignment: a grid follows every plan, a setup those that start something
Names = tuple[tuple[str, ...], ...]  # for each assignment, what its plan asked for


class Reading(Mapping[str, Any]):
    """Parameters that note which of them are asked for."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return self.given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.given)

    def __len__(self) -> int:
        return len(self.given)


class PlanMemory:
    """Plan events by what they depend on; threads may ask at the same time."""

    def __init__(self, make: Callable[[Kinds, Sequence[Mapping[str, Any]]], Any]) -> None:
        self.make = make  # kinds and parameters of each assignment -> plan events of them all
        self.kept: OrderedDict[tuple[Names, str], Any] = OrderedDict()
        self.lock = threading.Lock()

    def events(self, kinds: Kinds, parameters: Sequence[Mapping[str, Any]]) -> Any:
        """The plan events for these parameters, made now or before. Nobody may write to them."""
        with self.lock:
            for names in {names for names, _ in self.kept}:
                key = (names, values_of(kinds, names, parameters))
                if key in self.kept:
                    self.kept.move_to_end(key)
                    return self.kept[key]
        readings = [Reading(each) for each in parameters]
        events = self.make(kinds, readings)
        names = tuple(tuple(sorted(each.asked)) for each in readings)
        with self.lock:
            self.kept[names, values_of(kinds, names, parameters)] = events
            while len(self.kept) > 1 and sum(each.nbytes for each in self.kept.values()) > KEPT_BYTES:
                self.kept.popitem(last=False)
        return events


def values_of(kinds: Kinds, names: Names, parameters: Sequence[Mapping[str, Any]]) -> str:
    """Kinds and the values of these names, in words: 1, 1.0 and True are three."""
    asked = [[each.get(name) for name in some] for some, each in zip(names, parameters, strict=True)]
    return repr((kinds, asked))
