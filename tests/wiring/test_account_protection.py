"""For how long a position had no stop at the venue, from hand-made fills and answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.journal import projection_tables as tables
from holdfast.journal.projection_file import ProjectionFile, projection_path
from holdfast.journal.rows import as_json
from holdfast.model.units import SECOND
from holdfast.wiring.account.protection import Protection, protection_of
from holdfast.wiring.account.view import AccountView

ENTRY, STOP, LEVEL = 1, 2, 3


class Told:
    """One trade of 100 steps: what was told of it, second by second."""

    def __init__(self, folder: Path, attaches: bool = True, inside: int = 49_000) -> None:
        self.folder, self.seq = folder, 0
        self.file = ProjectionFile(projection_path(folder), fresh=True)
        self._put(tables.REMARKS, about="ready", told=as_json({"attaches": attaches}).decode())
        for number, role, stop in ((ENTRY, "entry", inside), (STOP, "stop", 0), (LEVEL, "entry", inside)):
            self._put(tables.ORDERS, order_id=number, epoch=1, trade_id=1, role=role, stop_price=stop)
        self._put(tables.REQUESTS, order_id=STOP, epoch=1, kind="place", quantity=100)

    def _put(self, table: Any, **values: Any) -> None:
        self.seq += 1
        blank = {name.rstrip(":"): "" if name.endswith(":") else 0 for name in table.columns}
        self.file.db.execute(table.put(), tuple((blank | {"seq": self.seq} | values)[n] for n in table.names))

    def fill(self, at: float, order: int = ENTRY, quantity: int = 100, role: str = "entry") -> None:
        about = {"order_id": order, "epoch": 1, "trade_id": 1, "role": role, "quantity": quantity}
        self._put(tables.FILLS, time_ns=int(at * SECOND), **about)

    def step(self, at: float, step: str, status: str, quantity: int = 0) -> None:
        about = {"order_id": STOP, "epoch": 1, "step": step, "status": status, "quantity": quantity}
        self._put(tables.STEPS, time_ns=int(at * SECOND), **about)

    def found(self, now: float) -> tuple[Protection, float, float]:
        self.file.write([], self.seq, int(now * SECOND), 0)
        self.file.close()
        found = protection_of(AccountView(self.folder), 1)
        return (found, *found.seconds(int(now * SECOND)))


@pytest.mark.parametrize(
    "attaches, inside, bare", [(True, 49_000, 0.0), (True, 0, 1.5), (False, 49_000, 1.5)]
)
def test_the_time_from_the_fill_to_the_stop_counts_unless_a_stop_travelled_with_the_entry(
    tmp_path: Path, attaches: bool, inside: int, bare: float
) -> None:
    told = Told(tmp_path, attaches, inside)
    told.fill(10)
    told.step(11.5, "accept", "live")
    found, now, ever = told.found(60)
    assert (found.held, found.covered) == (100, 100)
    assert (now, ever) == (0, bare)


def test_a_stop_that_is_gone_leaves_it_bare_until_the_next_one_stands(tmp_path: Path) -> None:
    """Once our own stop has taken over, the one inside the entry protects no more."""
    told = Told(tmp_path)
    told.fill(10)
    told.step(11, "accept", "live")
    told.step(20, "cancel", "canceled")
    told.step(24, "accept", "live")
    told.step(30, "reject", "rejected")
    found, now, ever = told.found(33)
    assert found.covered == 0
    assert (now, ever) == (3, 7)


def test_a_second_entry_is_covered_by_its_own_stop_until_ours_has_grown(tmp_path: Path) -> None:
    for inside, bare in ((49_000, 0.0), (0, 3.0)):
        folder = tmp_path / str(inside)
        folder.mkdir()
        told = Told(folder, inside=inside)
        told.step(9, "accept", "live")
        told.fill(10)
        told.fill(20, LEVEL, 40)
        told.step(23, "amended", "live", 140)
        found, now, ever = told.found(60)
        assert (found.held, found.covered) == (140, 140)
        assert (now, ever) == (0, bare)


def test_in_doubt_protects_nothing_until_it_is_found(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told.fill(10)
    told.step(10, "accept", "live")
    told.step(40, "doubt", "in_doubt")
    told.step(42, "accept", "live")
    assert told.found(60)[1:] == (0, 2)


def test_what_a_stop_has_closed_needs_no_stop(tmp_path: Path) -> None:
    told = Told(tmp_path, inside=0)
    told.fill(10)
    told.step(10, "accept", "live")
    told.fill(15, STOP, 60, "stop")
    told.step(15, "fill", "partial", 60)
    found, now, ever = told.found(60)
    assert (found.held, found.covered, now, ever) == (40, 40, 0, 0)
