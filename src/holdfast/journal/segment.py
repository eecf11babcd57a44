"""One file of a journal: an SQLite database with one table, written by one connection and never changed behind its end.

WAL with synchronous=FULL keeps every commit that returned; EXCLUSIVE keeps other processes out. SQLite before 3.51.3
can corrupt such a file, so an older library is refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from holdfast.errors import JournalError
from holdfast.journal.rows import Row

OLDEST_SQLITE = (3, 51, 3)
TABLE = """
CREATE TABLE IF NOT EXISTS journal (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, version INTEGER NOT NULL, wall_ns INTEGER NOT NULL,
    body BLOB NOT NULL, decided BLOB NOT NULL, digest TEXT NOT NULL, chain BLOB NOT NULL
) STRICT
"""
COLUMNS = "seq, kind, version, wall_ns, body, decided, digest, chain"
TYPES = (int, str, int, int, bytes, bytes, str, bytes)
BUSY_MS = 2000
PACKED = ".zst"  # what a compressed file's name ends in


class NoSpaceError(JournalError):
    """The disk is full. SQLite has taken the whole transaction back."""


def require_sqlite(version: str = "") -> None:
    """Refuse a library with the write-ahead-log race."""
    found = version or apsw.sqlite_lib_version()
    if tuple(int(part) for part in found.split(".")[:3]) < OLDEST_SQLITE:
        raise JournalError(
            f"SQLite {found} can corrupt a journal; {'.'.join(map(str, OLDEST_SQLITE))} or newer is needed.",
            "Install a newer apsw: pip install --upgrade apsw",
        )


@contextmanager
def sqlite_says(path: Path) -> Iterator[None]:
    """SQLite's errors as one sentence each."""
    try:
        yield
    except apsw.NotADBError as error:
        raise JournalError(f"{path} is no journal, or its first bytes are damaged.", restore()) from error
    except (apsw.CorruptError, UnicodeDecodeError) as error:
        raise JournalError(f"{path} is damaged: {error}.", restore()) from error
    except apsw.FullError as error:
        raise NoSpaceError(f"No space is left for {path}.", "Free some space and start again.") from error
    except (apsw.ReadOnlyError, apsw.PermissionsError, apsw.CantOpenError) as error:
        mend = "Check that the disk is not read-only and that the folder is yours."
        raise JournalError(f"{path} cannot be opened for writing: {error}.", mend) from error
    except (apsw.BusyError, apsw.LockedError) as error:
        mend = "Close the program that has it open: nobody but the engine opens a journal."
        raise JournalError(f"{path} is in use by another program.", mend) from error
    except apsw.IOError as error:
        mend = "See whether the disk is full or failing, then start again: each start writes a fresh file."
        raise JournalError(f"{path} could not be read or written: {error}.", mend) from error
    except apsw.Error as error:
        raise JournalError(f"{path}: {error}.", "Start again: each start writes a fresh file.") from error


def restore() -> str:
    """What a person does about a damaged file."""
    return (
        "Keep the folder as it is, run `holdfast journal verify` on it to see how far it reaches, and restore a backup "
        "or adopt the account's positions anew."
    )


class Segment:
    """An open file. Errors are JournalError; after one that came from a write the file must not be used again."""

    def __init__(self, path: Path, fresh: bool = False) -> None:
        require_sqlite()
        self.path = path
        sealed = not fresh and path.exists() and not path.stat().st_mode & 0o200
        flags = apsw.SQLITE_OPEN_READONLY if sealed else apsw.SQLITE_OPEN_READWRITE
        with sqlite_says(path):
            if path.suffix == PACKED:
                self.db = unpacked(path)
                return
            self.db = apsw.Connection(str(path), flags=flags | (apsw.SQLITE_OPEN_CREATE if fresh else 0))
            self.db.set_busy_timeout(BUSY_MS)
            if not sealed:
                # What a crash left in the write-ahead log is evidence until it has been verified.
                self.db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
                self.db.execute("PRAGMA locking_mode=EXCLUSIVE")
                self.db.execute("PRAGMA journal_mode=WAL")
                self.db.execute("PRAGMA synchronous=FULL")
            if fresh:
                self.db.execute(TABLE)
        if fresh:
            path.chmod(0o600)
            sync_folder(path.parent)

    def append(self, rows: list[Row]) -> None:
        """All rows durable, or an error whose outcome is unknown."""
        with sqlite_says(self.path), self.db:
            self.db.executemany(
                f"INSERT INTO journal ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                ((r.seq, r.kind, r.version, r.wall_ns, r.body, r.decided, r.digest, r.chain) for r in rows),
            )

    def rows(self, only: str = "") -> list[Row]:
        """Every row (or those that a clause leaves), in order; none where the file was made and never written."""
        with sqlite_says(self.path):
            if not self.db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'journal'").fetchall():
                return []
            found = self.db.execute(f"SELECT {COLUMNS} FROM journal {only or 'ORDER BY seq'}").fetchall()
        for values in found:
            # A STRICT table holds nothing else, unless a bit has changed.
            if tuple(map(type, values)) != TYPES:
                raise JournalError(f"{self.path} is damaged at row {values[0]}.", restore())
        return [Row(*values) for values in found]  # type: ignore[arg-type]

    def holds(self, seq: int) -> bool:
        """Whether a row is there; also where a transaction is still open: then nobody knows."""
        with sqlite_says(self.path):
            found = self.db.execute("SELECT 1 FROM journal WHERE seq >= ? LIMIT 1", (seq,)).fetchall()
        return bool(found) or self.db.in_transaction

    def size(self) -> int:
        """Bytes on disk, the write-ahead log included."""
        beside = self.path.with_name(self.path.name + "-wal")
        return sum(file.stat().st_size for file in (self.path, beside) if file.exists())

    def copy(self, target: Path) -> None:
        """A whole copy as one plain file, durable, and close. The incremental copy of SQLite starves under a writer."""
        if self.path.suffix == PACKED:
            target.write_bytes(self.path.read_bytes())
        else:
            with sqlite_says(self.path):
                self.db.execute("VACUUM INTO ?", (str(target),))
        self.close()
        sync_file(target)
        target.chmod(0o400)
        sync_folder(target.parent)

    def close(self) -> None:
        """Let go of the file as it is."""
        self.db.close()

    def seal(self) -> None:
        """The file is complete: one plain file without a log beside it, read-only, safe to copy."""
        with sqlite_says(self.path):
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self.db.execute("PRAGMA journal_mode=DELETE")
        self.close()
        self.path.chmod(0o400)
        sync_folder(self.path.parent)


def unpacked(path: Path) -> apsw.Connection:
    """A compressed file, whole in memory: it can only be read."""
    import pyarrow as pa

    try:
        with pa.input_stream(str(path), compression="zstd") as stream:
            content = stream.read()
    except OSError as error:
        raise JournalError(f"{path} is damaged: {error}.", restore()) from error
    db = apsw.Connection(":memory:")
    db.deserialize("main", content)
    return db


def sync_file(path: Path) -> None:
    """What was written to a file is on disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """A created or renamed file survives a power loss only once its folder has been synced."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
