"""An account's projection, opened to be read: rows as plain data, and numbers in people's units where names are known.

Nothing here is the truth about an account, and nothing here is written: that is the journal's, through the engine.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import msgspec

from holdfast.errors import HoldfastError
from holdfast.journal.folder import Head, holder_of_lock
from holdfast.journal.projection_file import projection_path
from holdfast.journal.projection_tables import FORMAT
from holdfast.journal.rows import from_json
from holdfast.model.units import RATE
from holdfast.wiring.account.names import Names, Row


class ViewError(HoldfastError):
    """There is nothing to look at, or it cannot be read."""


def rebuild_mend(folder: Path) -> str:
    """What a person does about a projection that cannot be read."""
    return f"Stop the engine and run `holdfast journal rebuild {folder}`, or start it again: a start mends it too."


class AccountView(Names):
    """The tables of the projection, and the names among them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = projection_path(folder)
        if not path.exists():
            raise ViewError(f"{folder} has nothing to show yet.", rebuild_mend(folder))
        try:
            self.db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
            self.db.set_busy_timeout(2_000)
            self.db.execute("BEGIN")  # all that is asked is of one moment
            self.meta = {row["name"]: row["value"] for row in self.rows("SELECT name, value FROM meta")}
        except apsw.Error as error:
            raise ViewError(f"{path} cannot be read: {error}.", rebuild_mend(folder)) from error
        if self.meta.get("format") != str(FORMAT):
            raise ViewError(f"{path} was written by another version.", rebuild_mend(folder))
        super().__init__(
            {row["instrument_id"]: row for row in self.rows("SELECT * FROM instruments")},
            {row["mandate_id"]: row for row in self.rows("SELECT * FROM mandates")},
            {row["tag"]: row["text"] for row in self.rows("SELECT * FROM tags")},
            {row["name"]: row["text"] for row in self.rows("SELECT * FROM labels")},
        )

    def rows_behind(self) -> int:
        """Rows of the journal that the tables lack; 0 while an engine runs, which is about to add them."""
        if holder_of_lock(self.folder) is not None:
            return 0
        head = msgspec.json.decode((self.folder / "head").read_bytes(), type=Head)
        return max(0, head.seq - int(self.meta["seq"]))

    def rows(self, statement: str, *values: Any) -> list[Row]:
        """Rows of a query by column names."""
        cursor = self.db.execute(statement, values)
        found = []
        for values_ in cursor:
            found.append(dict(zip((column[0] for column in cursor.get_description()), values_, strict=True)))
        return found

    def one(self, statement: str, *values: Any) -> Row | None:
        """The first row of a query."""
        found = self.rows(statement, *values)
        return found[0] if found else None

    def remark(self, about: str, until: int | None = None) -> Row:
        """From the projection."""
        row = self.one(
            "SELECT told FROM remarks WHERE about = ? AND (? IS NULL OR seq <= ?) ORDER BY seq DESC LIMIT 1",
            about, until, until,
        )  # fmt: skip
        found: Row = from_json(row["told"].encode()) if row else {}
        return found


def money(value: int | None) -> float | None:
    """1e-8 as units of the currency."""
    return None if value is None else value / RATE


def instant(time_ns: int | None) -> str | None:
    """An instant for machines and people, UTC; None for none."""
    if not time_ns:
        return None
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).isoformat().replace("+00:00", "Z")
