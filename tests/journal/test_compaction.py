"""Old files grow small and go after years; what is left still proves itself, and a full disk takes the last rows."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from projected_runs import Account, content, live
from recorded import BINDING, price
from typer.testing import CliRunner

from holdfast.cli.app import app
from holdfast.errors import JournalError
from holdfast.journal import open_journal
from holdfast.journal.archive import backup, rebuild, replay, told, verify
from holdfast.journal.compaction import KEEP, compact
from holdfast.journal.folder import segments_of
from holdfast.journal.removal import read_removed
from holdfast.journal.reserve import SIZE, keep_reserve
from holdfast.journal.segment import NoSpaceError, Segment
from holdfast.model.state import State
from holdfast.model.units import DAY

PARTS = 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An account of six starts."""
    live(tmp_path / "account", 5, 300, PARTS)
    return tmp_path / "account"


def later(days: float) -> int:
    """The wall clock so many days from now."""
    return time.time_ns() + int(days * DAY)


def names(folder: Path) -> list[str]:
    return [path.name for path in segments_of(folder)]


def test_a_week_old_closed_files_are_compressed_and_read_as_before(folder: Path) -> None:
    before = list(told(folder)), content(folder), replay(folder).digest
    assert compact(folder, now_ns=later(6)).packed == []
    done = compact(folder, now_ns=later(8))
    assert done.packed == [f"segment-00000{n}.db" for n in range(1, PARTS - 1)]
    assert done.after < done.before
    assert [name.endswith(".zst") for name in names(folder)] == [True] * 4 + [False] * 2
    assert verify(folder)[1] == ""
    rebuild(folder)
    assert (list(told(folder)), content(folder), replay(folder).digest) == before
    assert compact(folder, now_ns=later(8)).packed == []


def test_an_account_goes_on_over_compressed_files(folder: Path) -> None:
    compact(folder, now_ns=later(8))
    account = Account(folder)
    account.take(price(1))
    account.close()
    assert account.troubles == []
    assert verify(folder)[1] == ""
    assert len(names(folder)) == PARTS + 1


def test_what_is_removed_leaves_its_chain_value(folder: Path, tmp_path: Path) -> None:
    assert compact(folder, now_ns=later(399)).removed == []
    done = compact(folder, now_ns=later(401))
    assert len(done.removed) == PARTS - 2
    assert [entry.file.split(".")[0] for entry in read_removed(folder)] == [
        f"segment-00000{n}" for n in range(1, PARTS - 1)
    ]
    parts, damage = verify(folder)
    assert damage == ""
    assert len(parts) == 2
    said = CliRunner().invoke(app, ["journal", "verify", str(folder), "--json"], catch_exceptions=False)
    assert len(json.loads(said.stdout)["removed"]) == PARTS - 2
    assert replay(folder).difference is None
    assert rebuild(folder).events > 0
    backup(folder, tmp_path / "copy")
    assert verify(tmp_path / "copy")[1] == ""


@pytest.mark.parametrize(
    "spoil, word",
    [
        (lambda lines: [], "what was before it is missing"),
        (lambda lines: lines[1:], "does not continue what was before it"),
        (lambda lines: lines[:-1], "what was before it is missing"),
        (lambda lines: [lines[0][:-20], *lines[1:]], "cannot be read"),
    ],
)
def test_a_removal_that_is_not_accounted_for_is_found(folder: Path, spoil, word: str) -> None:  # type: ignore[no-untyped-def]
    compact(folder, now_ns=later(401))
    path = folder / "removed"
    path.write_text("".join(f"{line}\n" for line in spoil(path.read_text().splitlines())))
    assert word in verify(folder)[1]


def test_a_file_is_not_removed_before_its_time_nor_damaged_ones_touched(folder: Path) -> None:
    with pytest.raises(JournalError, match="at least 400 days"):
        compact(folder, keep_ns=KEEP - 1)
    path = segments_of(folder)[0]
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 :] = bytes(len(raw) - len(raw) // 2)
    path.chmod(0o600)
    path.write_bytes(raw)
    path.chmod(0o400)
    with pytest.raises(JournalError):
        compact(folder, now_ns=later(401))
    assert path.exists()
    assert read_removed(folder) == []


def test_a_crash_between_two_steps_leaves_a_journal_that_is_sound(folder: Path) -> None:
    """Both forms of a file, or an entry without its removal: nothing is missing, nothing is there twice."""
    first = segments_of(folder)[0]
    plain = first.read_bytes()
    compact(folder, now_ns=later(8))
    first.write_bytes(plain)
    first.chmod(0o400)
    assert verify(folder)[1] == ""
    entries = len(read_removed(folder))
    compact(folder, now_ns=later(401))
    kept = (folder / "removed").read_bytes()
    assert len(read_removed(folder)) == entries + PARTS - 2
    (folder / "removed").write_bytes(kept)
    assert verify(folder)[1] == ""


def test_a_damaged_compressed_file_is_found(folder: Path) -> None:
    compact(folder, now_ns=later(8))
    path = segments_of(folder)[1]
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(raw)
    assert "damaged" in verify(folder)[1]


def test_the_command_tells_what_it_did(folder: Path) -> None:
    done = CliRunner().invoke(app, ["journal", "compact", str(folder), "--json"], catch_exceptions=False)
    assert json.loads(done.stdout)["packed"] == []
    done = CliRunner().invoke(app, ["journal", "compact", str(folder)], catch_exceptions=False)
    assert "Nothing is a week old yet" in done.stdout


def test_the_rebuild_command_tells_what_it_did(folder: Path) -> None:
    done = CliRunner().invoke(app, ["journal", "rebuild", str(folder), "--json"], catch_exceptions=False)
    assert json.loads(done.stdout)["corrected"] == 0
    done = CliRunner().invoke(app, ["journal", "rebuild", str(folder)], catch_exceptions=False)
    assert "rows" in done.stdout


def test_a_full_disk_takes_the_last_rows_into_the_reserve_and_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[int] = []
    journal = open_journal(tmp_path, BINDING).begin("code", State(), reached.append)
    assert (tmp_path / "reserve").stat().st_size == SIZE
    append = Segment.append
    tries: list[int] = []

    def full(self, rows):  # type: ignore[no-untyped-def]
        tries.append(len(rows))
        if (tmp_path / "reserve").exists():
            raise NoSpaceError("No space is left.")
        append(self, rows)

    monkeypatch.setattr(Segment, "append", full)
    last = journal.record(price(1), [])
    with pytest.raises(JournalError, match="No space"):
        journal.flush()
    assert len(tries) == 2
    assert reached == [last]
    with pytest.raises(JournalError, match="No space"):
        journal.record(price(2), [])
    with pytest.raises(JournalError):
        journal.close()
    monkeypatch.undo()
    assert open_journal(tmp_path, BINDING).found.seq == last


def test_another_error_is_never_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[int] = []
    journal = open_journal(tmp_path, BINDING).begin("code", State(), reached.append)
    tries: list[int] = []

    def broken(self, rows):  # type: ignore[no-untyped-def]
        tries.append(len(rows))
        raise JournalError("the disk said no.")

    monkeypatch.setattr(Segment, "append", broken)
    journal.record(price(1), [])
    with pytest.raises(JournalError, match="said no"):
        journal.flush()
    assert (len(tries), reached) == (1, [])
    assert (tmp_path / "reserve").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MiB."""
    point = tmp_path / "small"
    point.mkdir()
    asked = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "none", str(point)], capture_output=True
    )
    if asked.returncode:
        pytest.skip("mounting a small file system is not permitted here")
    yield point
    subprocess.run(["umount", "-l", str(point)], check=True)


def test_a_disk_that_really_is_full(small_disk: Path) -> None:
    reached: list[int] = []
    journal = open_journal(small_disk, BINDING).begin("code", State(), reached.append)
    written = 0

    def fill() -> None:
        nonlocal written
        while True:
            journal.record(price(written), [])
            written += 1
            journal.flush()

    with pytest.raises(JournalError, match="No space"):
        fill()
    with pytest.raises(JournalError):
        journal.close()
    assert not (small_disk / "reserve").exists()
    found = open_journal(small_disk, BINDING).found
    assert found.seq == reached[-1]
    assert len(found.rows) == written
    assert not keep_reserve(small_disk) or (small_disk / "reserve").exists()
