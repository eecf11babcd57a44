"""The file of a projection: written in transactions that carry the number of the last row they hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apsw

from holdfast.journal.extraction import Op
from holdfast.journal.projection_tables import FORMAT, META, NAME, schema

PUT_META = META.put()


class ProjectionFile:
    """An open projection. `seq` is the last row of the journal that it holds."""

    def __init__(self, path: Path, fresh: bool = False) -> None:
        """A fresh one lies beside its final place until it is whole, and is lost if the machine stops before."""
        self.path = path
        flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if fresh else 0)
        self.db = apsw.Connection(str(path), flags=flags)
        self.db.set_busy_timeout(5_000)
        if fresh:
            self.db.execute("PRAGMA journal_mode=MEMORY")
            self.db.execute("PRAGMA synchronous=OFF")
            with self.db:
                for statement in schema():
                    self.db.execute(statement)
                self.tell("format", FORMAT)
            path.chmod(0o600)
        else:
            self.db.execute("PRAGMA journal_mode=WAL")
            self.db.execute(
                "PRAGMA synchronous=NORMAL"
            )  # what a power cut takes comes again from the journal
        self.seq = int(self.told("seq") or 0)

    def write(self, ops: Iterable[Op], seq: int, time_ns: int, heard_ns: int) -> None:
        """Operations and how far they reach, in one transaction."""
        with self.db:
            for _, statement, values in ops:
                self.db.execute(statement, values)
            self.tell("seq", seq)
            self.tell("time_ns", time_ns)
            self.tell("heard_ns", heard_ns)
        self.seq = seq

    def tell(self, name: str, value: Any) -> None:
        """Keep a fact about the file itself."""
        self.db.execute(PUT_META, (name, str(value)))

    def told(self, name: str) -> str:
        """Such a fact; empty where it was never told."""
        for (value,) in self.db.execute("SELECT value FROM meta WHERE name = ?", (name,)):
            return str(value)
        return ""

    def is_sound(self) -> bool:
        """Whether SQLite finds nothing wrong, and the tables are those of this version."""
        return self.told("format") == str(FORMAT) and self.db.execute("PRAGMA quick_check(1)").fetchall() == [
            ("ok",)
        ]

    def close(self) -> None:
        """Let go."""
        self.db.close()


def projection_path(folder: Path) -> Path:
    """Where an account's projection is."""
    return folder / NAME


def remove(path: Path) -> None:
    """A projection and what SQLite keeps beside it: it can be built again."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm", f"{path.name}-journal"):
        path.with_name(name).unlink(missing_ok=True)


def put_in_place(scratch: Path, path: Path) -> None:
    """A whole new projection takes the place of the old one in one step; who reads the old one reads on in it."""
    for name in (f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    scratch.replace(path)
