"""The paper venue's own durable truth: what it was asked, and where in its market it stood then.

The market is recorded, so that every state of the venue follows from the requests and their places. A row is written
before anything of it is told, and survives a kill of the process.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import msgspec

from holdfast.errors import HoldfastError
from holdfast.model.enums import OrderType
from holdfast.ports.venue import Ask, Request

SCHEMA = """
create table if not exists log (id integer primary key, pumps integer not null, request blob not null) strict;
create table if not exists meta (name text primary key, value text not null) strict;
"""


class PaperLog:
    """`rows` maps a number of pumps to the requests that were taken there; an empty one only marks the place."""

    def __init__(self, path: Path, market: str) -> None:
        self.path = path
        self.connection = apsw.Connection(str(path))
        self.connection.execute("pragma journal_mode = wal")
        self.connection.execute("pragma synchronous = normal")
        self.connection.execute(SCHEMA)
        self._require(market)
        self.rows: dict[int, list[Request]] = {}
        for pumps, body in self.connection.execute("select pumps, request from log order by id"):
            held = self.rows.setdefault(pumps, [])
            if body:
                held.append(read(body))
        self.last = max(self.rows, default=0)

    def _require(self, market: str) -> None:
        """A venue goes on in the market in which it began."""
        found = self.meta("market")
        if found is None:
            self.set_meta("market", market)
        elif found != market:
            raise HoldfastError(
                f"{self.path} belongs to another market (bars, instruments or settings have changed).",
                "Give the old ones, or choose another account folder with --home.",
            )

    def meta(self, name: str) -> str | None:
        """A fact that was kept."""
        row = self.connection.execute("select value from meta where name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def set_meta(self, name: str, value: str) -> None:
        """Keep a fact."""
        self.connection.execute("insert or replace into meta values (?, ?)", (name, value))

    def replace(self, name: str, value: str, pumps: int) -> None:
        """Keep a fact that makes the rows up to a place unnecessary; both or neither."""
        with self.connection:
            self.set_meta(name, value)
            self.connection.execute("delete from log where pumps <= ?", (pumps,))

    def write(self, pumps: int, request: Request | None = None) -> None:
        """A request that is about to be taken, or a place at which something is about to be told."""
        body = written(request) if request else b""
        self.connection.execute("insert into log (pumps, request) values (?, ?)", (pumps, body))

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()


def written(request: Request) -> bytes:
    """A request as a row."""
    told = {
        name: getattr(request, name)
        for name in Request.__slots__
        if getattr(request, name) not in (0, "", False)
    }
    return msgspec.json.encode(told | {"ask": request.ask.value, "order_type": int(request.order_type)})


def read(body: bytes) -> Request:
    """The request of a row."""
    told: dict[str, Any] = msgspec.json.decode(body)
    told["ask"], told["order_type"] = Ask(told["ask"]), OrderType(told["order_type"])
    return Request(**{"number": 0} | told)
