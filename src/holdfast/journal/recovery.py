"""What a start finds: the last segment verified from its first row to its last, and what is to be folded from it.

Nothing is written before everything has been verified; a journal that cannot be trusted is left as it was found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from holdfast.errors import JournalError
from holdfast.journal.folder import Head, Witness, number_of, segments_of
from holdfast.journal.rows import FORMAT, HEADER, SNAPSHOT, START, Row, first_break, from_json
from holdfast.journal.segment import Segment, restore


class Binding(msgspec.Struct, frozen=True):
    """What a journal belongs to: put in another's place it is refused."""

    account: str
    venue: str
    network: str  # live, demo, test or paper


class Header(msgspec.Struct, frozen=True):
    """The first row of a segment."""

    format: int
    product: str  # version of Holdfast
    code: str  # digest of the core
    binding: Binding
    epoch: int  # one for each start
    before: str  # closing chain value of the segment before
    before_seq: int  # its last row


@dataclass
class Recovered:
    """What the last segment says: a snapshot and the rows after it. Empty where there is no journal yet."""

    number: int = 0
    epoch: int = 0
    seq: int = 0
    chain: bytes = START
    header: Header | None = None
    snapshot: Row | None = None
    rows: list[Row] = field(default_factory=list)
    unfinished: list[Path] = field(
        default_factory=list
    )  # made by a start that was cut short before its first commit


def recover(folder: Path, binding: Binding, witness: Witness) -> Recovered:
    """Verify the last segment against its chain, its header, the one before it, and the witness."""
    paths = segments_of(folder)
    head = witness.read()
    if not paths:
        if head is not None:
            raise JournalError(f"{folder} has lost its journal: it reached row {head.seq}.", restore())
        return Recovered()
    unfinished: list[Path] = []
    while paths and not (rows := read(paths[-1])):
        unfinished.append(paths.pop())
    if not paths:
        if head is not None:
            raise JournalError(
                f"{unfinished[0]} is empty, but the journal reached row {head.seq}.", restore()
            )
        return Recovered(unfinished=unfinished)
    path = paths[-1]
    header = header_of(path, rows)
    check_binding(path, header.binding, binding)
    check_chain(path, header, rows)
    if len(paths) > 1:
        check_link(paths[-2], path, header)
    check_witness(path, head, rows, number_of(path))
    last = rows[-1]
    found = Recovered(number_of(path), header.epoch, last.seq, last.chain, header, unfinished=unfinished)
    for row in rows:
        if row.kind == SNAPSHOT:
            found.snapshot, found.rows = row, []
        elif row.kind != HEADER:
            found.rows.append(row)
    return found


def read(path: Path) -> list[Row]:
    """All rows of a segment; the file is left as it is."""
    segment = Segment(path)
    try:
        return segment.rows()
    finally:
        segment.close()


def one_row(path: Path, seq: int = 0) -> Row | None:
    """One row of a segment by its number, or the first one; None where it is not there."""
    segment = Segment(path)
    try:
        found = segment.rows(f"WHERE seq = {int(seq)}" if seq else "ORDER BY seq LIMIT 1")
    finally:
        segment.close()
    return found[0] if found else None


def header_of(path: Path, rows: list[Row]) -> Header:
    """The header, in a format that this version reads."""
    if not rows or rows[0].kind != HEADER:
        raise JournalError(f"{path} does not begin with a header.", restore())
    try:
        told = from_json(rows[0].body)
        if told.get("format", 0) > FORMAT:
            newer = told.get("product")
            raise JournalError(
                f"{path} was written by a newer Holdfast ({newer}).", "Run that one, or newer."
            )
        header = msgspec.convert(told, Header)
        bytes.fromhex(header.before)
        return header
    except (msgspec.DecodeError, ValueError, AttributeError) as error:
        raise JournalError(f"{path} has a header that cannot be read: {error}.", restore()) from error


def check_binding(path: Path, found: Binding, wanted: Binding) -> None:
    """A journal of another account, venue or network is not ours to continue."""
    for name in ("account", "venue", "network"):
        if getattr(found, name) != getattr(wanted, name):
            raise JournalError(
                f"{path} belongs to {name} {getattr(found, name)}, not to {getattr(wanted, name)}.",
                "Start with the right account, or choose another folder.",
            )


def check_chain(path: Path, header: Header, rows: list[Row]) -> None:
    """Every row must be tied to the one before it."""
    broken = first_break(bytes.fromhex(header.before), rows)
    if broken is not None:
        good = broken.seq - 1
        raise JournalError(
            f"{path} is damaged at row {broken.seq}: it can be trusted up to row {good}.", restore()
        )


def check_link(before: Path, path: Path, header: Header) -> None:
    """A segment continues the one before it."""
    rows = read(before)
    if not rows or rows[-1].chain.hex() != header.before or rows[-1].seq != header.before_seq:
        raise JournalError(f"{path} does not continue {before.name}: one of them was replaced.", restore())


def check_witness(path: Path, head: Head | None, rows: list[Row], number: int) -> None:
    """What was committed must still be there: SQLite drops a damaged tail without a word."""
    if head is None:
        return
    if head.segment > number or (head.segment == number and head.seq > rows[-1].seq):
        raise JournalError(
            f"{path} ends at row {rows[-1].seq}, but row {head.seq} had been written: its end is lost.",
            restore(),
        )
    known = {row.seq: row.chain.hex() for row in rows}
    if head.segment == number and known.get(head.seq, head.chain) != head.chain:
        raise JournalError(
            f"{path} is not the journal that was written here: row {head.seq} differs.", restore()
        )
