"""One row of a journal, and the chain that ties it to every row before it."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

FORMAT = 1  # of the table; a newer one is refused
HEADER = "header"  # the first row of a segment
SNAPSHOT = "snapshot"  # the whole state as it stood after the row before
REMARK = "remark"  # what was said beside the core: names, who asked and why, what a start found; not applied
POISON = "poison"  # an event that made the core raise: journaled, not applied
START = bytes(16)  # what the first row of the first segment is chained to


class Row(msgspec.Struct, frozen=True):
    """What happened (`body`), what it led to (`decided`), both JSON, and now and then the state's digest after it."""

    seq: int
    kind: str
    version: int
    wall_ns: int  # when it was taken, by the machine's clock; no decision depends on it
    body: bytes
    decided: bytes = b""
    digest: str = ""
    chain: bytes = b""


def chained(before: bytes, row: Row) -> bytes:
    """The chain value of a row: over the one before it and everything that the row says."""
    summed = hashlib.blake2b(before, digest_size=16)
    parts = (row.kind.encode(), row.body, row.decided, row.digest.encode())
    summed.update(f"{row.seq} {row.version} {row.wall_ns} {[len(part) for part in parts]}".encode())
    for part in parts:
        summed.update(part)
    return summed.digest()


def first_break(before: bytes, rows: list[Row]) -> Row | None:
    """The first row whose chain value is not what it must be; numbers must follow each other without a gap."""
    expected = rows[0].seq if rows else 0
    for row in rows:
        if row.seq != expected or chained(before, row) != row.chain:
            return row
        before = row.chain
        expected += 1
    return None


def as_json(value: Any) -> bytes:
    """Canonical: the same value always gives the same bytes."""
    return msgspec.json.encode(value, order="deterministic")


def from_json(body: bytes) -> Any:
    """The value of a body."""
    return msgspec.json.decode(body)
