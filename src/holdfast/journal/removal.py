"""What retention took away: for each file its numbers and its closing chain value, which the next file continues."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from holdfast.errors import JournalError
from holdfast.journal.rows import START
from holdfast.journal.segment import restore, sync_folder

NAME = "removed"


class Removed(msgspec.Struct, frozen=True):
    """One file that is gone."""

    file: str
    epoch: int
    before_seq: int
    before: str  # chain value that it continued
    first: int
    last: int
    chain: str  # its closing chain value
    sha256: str  # of the file, for a copy that may lie elsewhere
    from_ns: int  # wall clock of its first and last row
    until_ns: int
    removed_ns: int


def read_removed(folder: Path) -> list[Removed]:
    """Every entry, oldest first; none where nothing was ever removed."""
    path = folder / NAME
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    try:
        return [msgspec.json.decode(line, type=Removed) for line in lines]
    except msgspec.DecodeError as error:
        raise JournalError(f"{path} cannot be read: {error}.", restore()) from error


def write_removed(folder: Path, entry: Removed) -> None:
    """Add an entry, on disk before the file goes."""
    handle = os.open(
        folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
    )
    try:
        os.write(handle, msgspec.json.encode(entry) + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_folder(folder)


def check_removed(folder: Path, path: Path, before_seq: int, before: str) -> None:
    """The first file that is left continues the last one that is gone, and so back to the first row."""
    seq, chain = 0, START.hex()
    for entry in read_removed(folder):
        if seq == before_seq:
            break
        if (entry.before_seq, entry.before) != (seq, chain):
            raise JournalError(
                f"{folder / NAME}: {entry.file} does not continue what was before it.", restore()
            )
        seq, chain = entry.last, entry.chain
    if (seq, chain) != (before_seq, before):
        raise JournalError(f"{path} continues row {before_seq}; what was before it is missing.", restore())
