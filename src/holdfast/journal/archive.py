"""A whole journal at rest: every file verified, told, copied, and folded from its first row. No engine may be running.

Each function holds the folder while it looks, so that an engine that runs is named and left alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import apsw

from holdfast.engine.engine import Engine
from holdfast.errors import InUseError, JournalError
from holdfast.journal.feeding import Feeder
from holdfast.journal.folder import Lock, Witness, number_of, segments_of
from holdfast.journal.folding import Difference, Folded, fold
from holdfast.journal.projecting import build
from holdfast.journal.recovery import check_chain, check_link, check_witness, header_of, read
from holdfast.journal.removal import NAME as REMOVED
from holdfast.journal.removal import check_removed
from holdfast.journal.rows import HEADER, Row, from_json
from holdfast.journal.segment import Segment
from holdfast.model.state import State

PIECE = 2_000  # rows between two words about progress


@dataclass
class Part:
    """One verified file."""

    file: str
    epoch: int
    rows: int
    first: int
    last: int
    product: str
    binding: dict[str, str]


@contextmanager
def held(folder: Path) -> Iterator[list[Path]]:
    """The folder's files, while nobody else can write them."""
    if not (folder / "head").exists() and not segments_of(folder):
        raise JournalError(f"{folder} holds no journal.", "Name the folder of an account's journal.")
    lock = Lock(folder)
    try:
        yield segments_of(folder)
    finally:
        lock.release()


def verified(folder: Path) -> Iterator[tuple[Part, list[Row]]]:
    """Every file with its rows, oldest first; JournalError at the first that cannot be trusted."""
    with held(folder) as paths:
        before: Path | None = None
        rows: list[Row] = []
        for path in paths:
            found = read(path)
            if not found and path == paths[-1]:
                continue  # a start that was cut short before its first commit
            rows = found
            header = header_of(path, rows)
            check_chain(path, header, rows)
            if before is not None:
                check_link(before, path, header)
            else:
                check_removed(folder, path, header.before_seq, header.before)
            before = path
            binding = {name: str(value) for name, value in from_json(rows[0].body)["binding"].items()}
            yield (
                Part(path.name, header.epoch, len(rows), rows[0].seq, rows[-1].seq, header.product, binding),
                rows,
            )
        witness = Witness(folder)
        try:
            head = witness.read()
        finally:
            witness.close()
        if before is None:
            raise JournalError(f"{folder} holds no journal.", "Restore a backup.")
        check_witness(before, head, rows, number_of(before))


def verify(folder: Path) -> tuple[list[Part], str]:
    """The files that can be trusted, and a sentence about the first that cannot; empty where all is well."""
    parts: list[Part] = []
    try:
        for part, _ in verified(folder):
            parts.append(part)
    except InUseError:
        raise
    except JournalError as error:
        return parts, str(error)
    return parts, ""


def told(folder: Path, kind: str = "", since: int = 0, until: int = 0) -> Iterator[dict[str, Any]]:
    """Rows as plain data, of one kind and between two numbers where these are given (0 = open)."""
    for _, rows in verified(folder):
        for row in rows:
            if (not kind or row.kind == kind) and row.seq >= since and (not until or row.seq <= until):
                yield {
                    "seq": row.seq,
                    "kind": row.kind,
                    "version": row.version,
                    "wall_ns": row.wall_ns,
                    "body": from_json(row.body),
                    "decided": from_json(row.decided) if row.decided else [],
                    "digest": row.digest,
                    "chain": row.chain.hex(),
                }


def backup(folder: Path, target: Path) -> list[Part]:
    """Copy a journal whole into a new folder, each file by SQLite itself, and verify the copy."""
    if target.exists() and any(target.iterdir()):
        raise JournalError(
            f"{target} is not empty.", "Name a new folder: a backup never writes over another."
        )
    with held(folder) as paths:
        try:
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in paths:
                Segment(path).copy(target / path.name)
            (target / "head").write_bytes((folder / "head").read_bytes())
            (target / "head").chmod(0o600)
            if (folder / REMOVED).exists():
                (target / REMOVED).write_bytes((folder / REMOVED).read_bytes())
        except OSError as error:
            raise JournalError(
                f"{target} cannot be written: {error.strerror}.", "Choose another place."
            ) from error
    parts, damage = verify(target)
    if damage:
        raise JournalError(f"The copy in {target} cannot be trusted: {damage}")
    return parts


def rows_of(folder: Path) -> list[Row]:
    """All verified rows without the headers of files; the first one is a snapshot."""
    rows = [row for _, found in verified(folder) for row in found if row.kind != HEADER]
    if not rows:
        raise JournalError(f"{folder} holds no event yet.", "Its first start was cut short: start it again.")
    return rows


def replay(folder: Path, made: Callable[[State], Engine] = Engine) -> Folded:
    """Fold a journal from its first row to its last: the same decisions, and the same state at every snapshot."""
    rows = rows_of(folder)
    return fold(rows[0], rows[1:], made)


def replay_data(folded: Folded) -> dict[str, Any]:
    """What `--json` prints of a replay."""
    difference: Difference | None = folded.difference
    return {
        "events": folded.events,
        "commands": folded.commands,
        "poisoned": folded.poisoned,
        "same": difference is None,
        "difference": asdict(difference) if difference is not None else None,
        "state_digest": folded.digest,
    }


def rebuild(folder: Path, progress: Callable[[int, int], None] | None = None) -> Feeder:
    """Build the projection anew from the verified rows of every file; `progress` hears rows done and rows in all."""
    pieces = pieces_of(folder, progress)
    first = next(pieces)  # from here on the folder is held: nobody else builds
    try:
        return build(folder, itertools.chain((first,), pieces))
    except apsw.Error as error:
        raise JournalError(
            f"The projection in {folder} cannot be written: {error}.",
            "See whether the disk is full or failing.",
        ) from error
    finally:
        pieces.close()


def pieces_of(folder: Path, progress: Callable[[int, int], None] | None) -> Generator[list[Row], None, None]:
    """Verified rows, some at a time."""
    first, last = 0, last_seq(folder)
    for _, rows in verified(folder):
        first = first or rows[0].seq
        for at in range(0, len(rows), PIECE):
            yield rows[at : at + PIECE]
            if progress is not None:
                progress(min(rows[-1].seq, rows[at].seq + PIECE) - first, last - first)


def last_seq(folder: Path) -> int:
    """How far the journal was known to reach; 0 where nothing says so."""
    if not (folder / "head").exists():
        return 0
    witness = Witness(folder)
    try:
        head = witness.read()
    finally:
        witness.close()
    return head.seq if head is not None else 0
