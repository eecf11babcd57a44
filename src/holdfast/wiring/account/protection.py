"""How much of a position a stop at the venue closes, and for how long some of it had none: from fills and answers.

Two things protect: our own stops and exits, from the venue's word that it holds them, and the stop inside an entry's
request, from that entry's fill until our own stops close all that is held. An order in doubt protects nothing until it
is found. Times are those of the account.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from holdfast.model.units import SECOND
from holdfast.wiring.account.names import Row
from holdfast.wiring.account.view import AccountView

STANDING = ("live", "partial")  # the venue has said that it holds it
ADDING = ("entry", "adopted")
NOBODY: Row = {"stop_price": 0}
Key = tuple[int, int]  # order and start


@dataclass
class Protection:
    """A position as its fills and the venue's answers leave it. Quantities in steps."""

    held: int = 0
    inside: int = 0  # filled since our own stops last closed all that was held, with a stop inside the entry
    own: dict[Key, int] = field(
        default_factory=dict
    )  # what each of our stops and exits that stand would close
    since_ns: int = 0  # from when on some of it has had no stop; 0 = none lacks one
    past_ns: int = 0  # of earlier stretches together

    @property
    def covered(self) -> int:
        """Steps that something at the venue would close."""
        return min(self.held, sum(self.own.values()) + self.inside)

    def settle(self, time_ns: int) -> None:
        """After everything that one row of the journal told."""
        if sum(self.own.values()) >= self.held:
            self.inside = 0
        if self.covered < self.held:
            self.since_ns = self.since_ns or time_ns
        elif self.since_ns:
            self.past_ns += max(0, time_ns - self.since_ns)
            self.since_ns = 0

    def seconds(self, now_ns: int) -> tuple[float, float]:
        """Without a stop: now, in one stretch; and in all."""
        now = max(0, now_ns - self.since_ns) if self.since_ns else 0
        return now / SECOND, (self.past_ns + now) / SECOND


class Walk:
    """Through what was told of one trade's orders, in the order of the journal."""

    def __init__(self, view: AccountView, trade_id: int) -> None:
        self.found = Protection()
        self._attaches = bool(view.remark("ready").get("attaches"))
        self._orders = {
            key_of(row): row for row in view.rows("SELECT * FROM orders WHERE trade_id = ?", trade_id)
        }
        placed = view.rows(
            "SELECT r.* FROM requests r JOIN orders o USING (order_id, epoch) WHERE o.trade_id = ? "
            "AND r.kind = 'place' ORDER BY r.seq",
            trade_id,
        )
        self._sizes = {key_of(row): row["quantity"] for row in placed}
        self._filled: dict[Key, int] = {}
        fills = view.rows("SELECT * FROM fills WHERE trade_id = ?", trade_id)
        steps = view.rows(
            "SELECT s.* FROM steps s JOIN orders o USING (order_id, epoch) WHERE o.trade_id = ? "
            "AND o.role IN ('stop', 'exit')",
            trade_id,
        )
        for _, told in groupby(sorted([*fills, *steps], key=itemgetter("seq")), itemgetter("seq")):
            self._take(list(told))

    def _take(self, told: list[Row]) -> None:
        """One row of the journal: its fill comes before what is left of the order."""
        for row in told:
            if "step" in row:
                self._step(row)
            else:
                self._fill(row)
        self.found.settle(told[0]["time_ns"])

    def _fill(self, row: Row) -> None:
        key = key_of(row)
        self._filled[key] = self._filled.get(key, 0) + row["quantity"]
        if row["role"] not in ADDING:
            self.found.held -= row["quantity"]
            return
        self.found.held += row["quantity"]
        if self._attaches and self._orders.get(key, NOBODY)["stop_price"]:
            self.found.inside += row["quantity"]

    def _step(self, row: Row) -> None:
        key = key_of(row)
        if row["step"] == "amended":
            self._sizes[key] = row["quantity"]
        if row["status"] in STANDING:
            self.found.own[key] = self._sizes.get(key, 0) - self._filled.get(key, 0)
        else:
            self.found.own.pop(key, None)


def key_of(row: Row) -> Key:
    """An order's number, and the start that planned it."""
    return row["order_id"], row["epoch"]


def protection_of(view: AccountView, trade_id: int) -> Protection:
    """What protects the position of a trade, and for how long something of it was bare."""
    return Walk(view, trade_id).found
