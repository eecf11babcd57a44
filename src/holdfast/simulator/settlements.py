"""What falls due in a run, and at which price and worth: read off the schedule and the bars, for the recomputation.

Nothing here is the core's code or the loop's: the rules are told again. The loop stops at the opening and at the close
of every bar. At an opening all that is due happens in its order, before anything fills. At a close, before the core
sees it, funding, rollover and tick values happen up to the first item that has to wait for the next opening.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.model.instrument import Contract
from holdfast.simulator.world import Item


@dataclass(frozen=True)
class Settlement:
    """Funding or rollover of one instrument. a, b, c as in the schedule."""

    number: int  # of the schedule's items
    before_ns: int  # fills before this instant come first
    forced_too: bool  # and so do closures by force at it: the bar before has closed
    seen_ns: int  # bars that open before this instant have been seen
    instrument_id: int
    kind: Item
    a: int
    b: int
    c: int


COLUMNS = ("instrument_id", "kind", "a", "b", "c")


class Timetable:
    """Schedule and bars of a run, asked one settlement at a time. `bars` by (time, instrument), `items` in order."""

    def __init__(self, items: Any, bars: Any, duration_ns: int) -> None:
        self.items, self.bars, self.duration_ns = items, bars, duration_ns
        self.opens = bars["time_ns"]
        self.revalued: dict[int, Any] = {}

    def __iter__(self) -> Iterator[Settlement]:
        """In the order in which the loop meets them; what falls due after the last bar never happens."""
        kinds = self.items["kind"]
        rows = np.flatnonzero((kinds == Item.FUNDING) | (kinds == Item.ROLLOVER))
        times = self.items["time_ns"]
        moments = self._moments(times[rows], times[kinds >= Item.PLAN])
        columns = [self.items[name][rows] for name in COLUMNS]
        for number, before, forced, seen, *rest in zip(rows, *moments, *columns, strict=True):
            if before:
                instrument_id, kind, a, b, c = (int(value) for value in rest)
                yield Settlement(
                    int(number), int(before), bool(forced), int(seen), instrument_id, Item(kind), a, b, c
                )

    def _moments(self, times: Any, waiting: Any) -> tuple[Any, Any, Any]:
        """For each instant: fills before it (0: the run is over), closures by force at it too, bars seen before.

        `waiting` are the instants of items that wait for the next opening, and let nothing after them pass."""
        following = np.searchsorted(self.opens, times)
        opened = self.opens[np.maximum(following, 1) - 1]
        held_up = np.searchsorted(waiting, opened, side="right") < np.searchsorted(waiting, times)
        at_close = (following > 0) & (times <= opened + self.duration_ns) & ~held_up
        over = following == len(self.opens)
        opening = np.where(over, 0, self.opens[np.minimum(following, len(self.opens) - 1)])
        return np.where(at_close, times, opening), ~at_close, np.where(at_close, opened, opening)

    def last_bid(self, contract: Contract, instrument_id: int, seen_ns: int) -> int:
        """The bid at the close of an instrument's last bar that opened before an instant; 0 = none yet.

        The bar's close, less half of the spread (rounded down) where bars are the middle, and at least a tick."""
        row = bisect_left(self.opens, seen_ns) - 1
        while row >= 0 and int(self.bars["instrument_id"][row]) != instrument_id:
            row -= 1
        if row < 0:
            return 0
        seen = int(self.bars["spread"][row])
        spread = max(seen, contract.spread_floor) if seen > 0 else contract.spread
        lower = spread // 2 if contract.bars_are_mid else 0
        return max(1, int(self.bars["close"][row]) - lower)

    def tick_value(self, contract: Contract, due: Settlement) -> tuple[int, int]:
        """Numerator and denominator of a tick's money: the last one in the schedule before the settlement."""
        if due.instrument_id not in self.revalued:
            own = self.items["instrument_id"] == due.instrument_id
            self.revalued[due.instrument_id] = np.flatnonzero(own & (self.items["kind"] == Item.TICK_VALUE))
        changes = self.revalued[due.instrument_id]
        at = bisect_left(changes, due.number) - 1
        if at < 0:
            return contract.tick_value_numerator, contract.tick_value_denominator
        change = self.items[int(changes[at]) : int(changes[at]) + 1][0]
        return int(change["a"]), int(change["b"])
