"""Closed files of a journal grow small, and after long years go, without a gap in what can be proved.

A file is compressed once all of it is a week old, and only after every row of it was verified and the compressed form
was read back. It is removed only when it is old enough and its closing chain value is in `removed`, one JSON object in
each line: the file after it continues exactly that value, so `holdfast journal verify` still proves the chain.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from holdfast.errors import JournalError
from holdfast.journal.archive import held
from holdfast.journal.recovery import check_chain, header_of, read
from holdfast.journal.removal import Removed, read_removed, write_removed
from holdfast.journal.rows import Row
from holdfast.journal.segment import PACKED, sync_file, sync_folder
from holdfast.model.units import DAY

PACK_AFTER = 7 * DAY
KEEP = 400 * DAY  # at least: taxes and disputes
KEPT_FILES = 2  # the last ones stay as they are: a start reads them
CHUNK = 1 << 20


@dataclass
class Compacted:
    """What was done, and what it brought in bytes."""

    packed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    before: int = 0
    after: int = 0


def compact(
    folder: Path,
    keep_ns: int = KEEP,
    now_ns: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Compacted:
    """Compress what is a week old and remove what is older than `keep_ns`. No engine may be running."""
    if keep_ns < KEEP:
        raise JournalError(
            f"A journal is kept for at least {KEEP // DAY} days.",
            "Move older files elsewhere after a backup.",
        )
    now = time.time_ns() if now_ns is None else now_ns
    done = Compacted()
    with held(folder) as paths:
        done.before = size_of(paths)
        closed = [path for path in paths[:-KEPT_FILES] if not path.stat().st_mode & 0o200]
        left = drop_old(folder, closed, now - keep_ns, done)
        for number, path in enumerate(left):
            if path.suffix != PACKED and path.stat().st_mtime_ns < now - PACK_AFTER:
                pack_if_old(path, now - PACK_AFTER, done)
            if progress is not None:
                progress(number + 1, len(left))
        sync_folder(folder)
        done.after = size_of([path for path in folder.glob("segment-*") if path.suffix in (".db", PACKED)])
    return done


def size_of(paths: list[Path]) -> int:
    """Bytes."""
    return sum(path.stat().st_size for path in paths)


def sound_rows(path: Path) -> list[Row]:
    """The rows of a file, each tied to the one before it; JournalError where not."""
    rows = read(path)
    check_chain(path, header_of(path, rows), rows)
    return rows


def pack_if_old(path: Path, before_ns: int, done: Compacted) -> None:
    """Compress a file whose last row is old enough."""
    last = sound_rows(path)[-1]
    if last.wall_ns < before_ns:
        pack(path, last.wall_ns)
        done.packed.append(path.name)


def pack(path: Path, last_ns: int) -> Path:
    """Compress beside, read back, put in place, and only then let the plain file go. Its age stays its last row's."""
    import pyarrow as pa

    target = path.with_name(path.name + PACKED)
    scratch = target.with_name(target.name + ".part")
    try:
        with path.open("rb") as plain, pa.output_stream(str(scratch), compression="zstd") as out:
            while chunk := plain.read(CHUNK):
                out.write(chunk)
        sync_file(scratch)
        if digest_of(path) != unpacked_digest(scratch):
            raise JournalError(
                f"{scratch} is not what was written.", "The disk may be failing; nothing was removed."
            )
        scratch.chmod(0o400)
        os.utime(scratch, ns=(last_ns, last_ns))
        scratch.rename(target)
    except OSError as error:
        raise JournalError(
            f"{target} cannot be written: {error.strerror}.", "Nothing was removed."
        ) from error
    finally:
        scratch.unlink(missing_ok=True)
    sync_folder(path.parent)
    path.unlink()
    return target


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpacked_digest(path: Path) -> str:
    """SHA-256 of what is in a compressed file."""
    import pyarrow as pa

    summed = hashlib.sha256()
    with pa.input_stream(str(path), compression="zstd") as stream:
        while chunk := stream.read(CHUNK):
            summed.update(chunk)
    return summed.hexdigest()


def drop_old(folder: Path, closed: list[Path], before_ns: int, done: Compacted) -> list[Path]:
    """Remove the oldest files as long as all of each is old enough; returns what is left of them."""
    for number, path in enumerate(closed):
        if path.stat().st_mtime_ns >= before_ns:
            return closed[number:]
        rows = sound_rows(path)
        if rows[-1].wall_ns >= before_ns:
            return closed[number:]
        header = header_of(path, rows)
        entry = Removed(
            path.name, header.epoch, header.before_seq, header.before, rows[0].seq, rows[-1].seq,
            rows[-1].chain.hex(), digest_of(path), rows[0].wall_ns, rows[-1].wall_ns, time.time_ns(),
        )  # fmt: skip
        if not any(known.last == entry.last for known in read_removed(folder)):
            write_removed(folder, entry)
        plain = path.with_name(path.name.removesuffix(PACKED))
        for each in (plain, plain.with_name(plain.name + PACKED)):  # both, where a crash has left both
            each.unlink(missing_ok=True)
        done.removed.append(path.name)
    return []


def as_data(done: Compacted) -> dict[str, object]:
    """What `--json` prints."""
    told: dict[str, object] = msgspec.to_builtins(done)
    return told
