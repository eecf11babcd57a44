"""A projection from the journal: built anew from the first row, or brought up to where the running segment began."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import apsw

from holdfast.journal.feeding import Feeder, feed, holder_of, rows_since
from holdfast.journal.folder import number_of, segments_of
from holdfast.journal.projection_file import ProjectionFile, projection_path, put_in_place, remove
from holdfast.journal.recovery import Recovered, header_of, one_row, read
from holdfast.journal.rows import Row
from holdfast.journal.segment import sync_file


def never() -> bool:
    """Nobody wants it to stop."""
    return False


def build(
    folder: Path,
    parts: Iterable[list[Row]],
    stop: Callable[[], bool] = never,
    gently: bool = False,
) -> Feeder:
    """A projection anew from the rows of every segment; the old one stays until the new one is whole."""
    path = projection_path(folder)
    scratch = path.with_name(path.name + ".new")
    remove(scratch)
    file = ProjectionFile(scratch, fresh=True)
    feeder = Feeder(0)
    try:
        anchor = ""
        for rows in parts:
            feed(file, feeder, rows, stop, gently)
            anchor = anchor_of(rows[-1].seq, rows[-1].chain)
        file.tell("anchor", anchor)
        file.tell("corrected", feeder.corrected)
    except BaseException:
        file.close()
        remove(scratch)
        raise
    file.close()
    sync_file(scratch)
    put_in_place(scratch, path)
    return feeder


def anchor_of(seq: int, chain: bytes) -> str:
    """Names a row of one journal and no other."""
    return f"{seq} {chain.hex()}"


def catch_up(folder: Path, found: Recovered, stop: Callable[[], bool] = never) -> ProjectionFile:
    """The projection as of the start of the running segment, which continues what was `found`; open, to be written."""
    paths = [path for path in segments_of(folder) if number_of(path) <= found.number]
    file = usable(folder, paths, found)
    if file is None:
        build(folder, (read(path) for path in paths), stop, gently=True)
        file = ProjectionFile(projection_path(folder))
    try:
        if file.seq < found.seq:
            feed(file, Feeder(file.seq), rows_since(paths, file.seq), stop, gently=True)
        file.tell("anchor", anchor_of(found.seq, found.chain))
    except BaseException:
        file.close()
        raise
    return file


def usable(folder: Path, paths: list[Path], found: Recovered) -> ProjectionFile | None:
    """The file that is there, where it can be gone on with; else it is to be built anew."""
    path = projection_path(folder)
    if not path.exists():
        return None
    try:
        file = ProjectionFile(path)
    except apsw.Error:
        remove(path)
        return None
    try:
        if file.is_sound() and file.seq <= found.seq and is_of(file, paths, found):
            return file
    except apsw.Error:
        pass
    file.close()
    return None


def is_of(file: ProjectionFile, paths: list[Path], found: Recovered) -> bool:
    """Whether the file was made from this journal: where an earlier start began, and its last event, are in it."""
    if not any(file.told("anchor") == anchor for anchor in anchors(paths, found)):
        return False
    last = file.db.execute(
        "SELECT seq, told FROM events WHERE told <> '' ORDER BY seq DESC LIMIT 1"
    ).fetchall()
    if not last:
        return True
    seq, told = last[0]
    holder = holder_of(paths, int(str(seq)))
    row = one_row(paths[holder], int(str(seq))) if paths else None
    return row is not None and row.body.decode() == told


def anchors(paths: list[Path], found: Recovered) -> Iterator[str]:
    """Where each start began, the last one first; old files are opened only where the newer ones do not answer."""
    yield anchor_of(found.seq, found.chain)
    for path in reversed(paths):
        first = one_row(path)
        if first is not None:
            header = header_of(path, [first])
            yield anchor_of(header.before_seq, bytes.fromhex(header.before))
