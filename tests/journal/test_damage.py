"""Every damage is found before anything is done, with a sentence that says what to do, and nothing is changed."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import apsw
import pytest
from recorded import BINDING, price

from holdfast.errors import JournalError
from holdfast.journal import open_journal
from holdfast.journal.folder import NETWORKS, Lock, file_system_of, segments_of
from holdfast.journal.rows import Row, chained, first_break
from holdfast.model.state import State

ROWS = 30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two starts of thirty rows each, stopped in order."""
    made = tmp_path / "journal"
    for start in (0, 1):
        journal = open_journal(made, BINDING).begin("code", State(), lambda seq: None)
        for number in range(ROWS):
            journal.record(price(start * ROWS + number), [])
        journal.close()
    return made


def change(path: Path, statement: str) -> None:
    """Edit a sealed file behind the journal's back."""
    path.chmod(0o600)
    db = apsw.Connection(str(path))
    db.execute(statement)
    db.close()
    path.chmod(0o400)


def refused(folder: Path, sentence: str) -> None:
    """A start must say this, and leave every file as it was."""
    before = {path: path.read_bytes() for path in folder.glob("segment-*")}
    with pytest.raises(JournalError, match=sentence):
        open_journal(folder, BINDING)
    assert {path: path.read_bytes() for path in folder.glob("segment-*")} == before
    Lock(folder).release()  # and nobody holds it


def last(folder: Path) -> Path:
    """The file that a start reads."""
    return segments_of(folder)[-1]


@pytest.mark.parametrize("statement, sentence", [
    ("UPDATE journal SET body = CAST('{}' AS BLOB) WHERE seq = 50", "damaged at row 50: .* up to row 49"),
    ("UPDATE journal SET decided = CAST('[{}]' AS BLOB) WHERE seq = 50", "damaged at row 50"),
    ("UPDATE journal SET kind = 'Reset' WHERE seq = 50", "damaged at row 50"),
    ("UPDATE journal SET version = 2 WHERE seq = 50", "damaged at row 50"),
    ("UPDATE journal SET wall_ns = wall_ns + 1 WHERE seq = 50", "damaged at row 50"),
    ("DELETE FROM journal WHERE seq = 50", "damaged at row 51"),
    ("DELETE FROM journal WHERE seq > 50", "ends at row 50, but row .* had been written: its end is lost"),
    ("DELETE FROM journal WHERE kind = 'header'", "does not begin with a header"),
    ("DELETE FROM journal", "is empty|does not continue|its end is lost"),
])  # fmt: skip
def test_a_changed_row_is_found(folder: Path, statement: str, sentence: str) -> None:
    change(last(folder), statement)
    refused(folder, sentence)


def test_a_bit_flipped_anywhere_is_found_or_harmless(folder: Path) -> None:
    whole = last(folder).read_bytes()
    kept = open_journal(folder, BINDING)
    rows = kept.found.rows
    kept.close()
    rng = random.Random(5)
    found = 0
    for _ in range(150):
        at = rng.randrange(len(whole))
        flipped = bytearray(whole)
        flipped[at] ^= 1 << rng.randrange(8)
        path = last(folder)
        path.chmod(0o600)
        path.write_bytes(flipped)
        path.chmod(0o400)
        try:
            opened = open_journal(folder, BINDING)
        except JournalError:
            found += 1
            continue
        assert opened.found.rows == rows  # a bit that nothing reads
        opened.close()
    assert found > 50


@pytest.mark.parametrize("keep", [0, 100, 5000])
def test_a_truncated_file_is_found(folder: Path, keep: int) -> None:
    path = last(folder)
    whole = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(whole[:keep])
    path.chmod(0o400)
    refused(folder, "damaged|no journal|empty|its end is lost|does not")


def test_an_older_file_in_the_place_of_a_newer_one_is_found(folder: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(folder, old)
    journal = open_journal(folder, BINDING).begin("code", State(), lambda seq: None)
    journal.record(price(99), [])
    journal.close()
    for path in folder.glob("segment-*"):
        path.chmod(0o600)
        path.unlink()
    for path in old.glob("segment-*"):
        shutil.copy2(path, folder / path.name)
    refused(folder, "its end is lost")


def test_a_replaced_segment_is_found_by_its_successor(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    journal = open_journal(other, BINDING).begin("code", State(), lambda seq: None)
    for number in range(ROWS):
        journal.record(price(1000 + number), [])
    journal.close()
    first = segments_of(folder)[0]
    first.chmod(0o600)
    shutil.copy(segments_of(other)[0], first)
    first.chmod(0o400)
    refused(folder, "does not continue segment-000001.db: one of them was replaced")


def test_a_missing_segment_between_others_is_found(folder: Path) -> None:
    open_journal(folder, BINDING).begin("code", State(), lambda seq: None).close()
    segments_of(folder)[1].unlink()
    refused(folder, "what is between them is missing")


def test_all_segments_gone_is_not_a_fresh_start(folder: Path) -> None:
    for path in segments_of(folder):
        path.unlink()
    refused(folder, "has lost its journal: it reached row")


def test_a_damaged_tail_that_sqlite_drops_in_silence_is_found(tmp_path: Path) -> None:
    """Killed with rows in the write-ahead log, and a bit of it flipped: SQLite ends at the last good frame."""
    live = tmp_path / "live"
    journal = open_journal(live, BINDING).begin("code", State(), lambda seq: None)
    for number in range(ROWS):
        journal.record(price(number), [])
        journal.flush()
    dead = tmp_path / "dead"
    shutil.copytree(live, dead)
    journal.close()
    intact = tmp_path / "intact"
    shutil.copytree(dead, intact)
    open_journal(intact, BINDING).close()
    log = next(dead.glob("*-wal"))
    flipped = bytearray(log.read_bytes())
    flipped[len(flipped) * 2 // 3] ^= 1
    log.write_bytes(flipped)
    with pytest.raises(JournalError, match="its end is lost"):
        open_journal(dead, BINDING)


def test_a_file_that_is_no_journal_is_a_sentence(folder: Path) -> None:
    path = last(folder)
    path.chmod(0o600)
    path.write_bytes(b"not a database, but long enough to look like one " * 100)
    path.chmod(0o400)
    refused(folder, "is no journal")


def test_a_folder_that_others_can_write_is_refused(folder: Path) -> None:
    folder.chmod(0o777)
    with pytest.raises(JournalError, match=r"can be written by others .*chmod 700"):
        open_journal(folder, BINDING)


def test_the_file_system_is_known_and_networks_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert file_system_of(tmp_path) not in NETWORKS
    monkeypatch.setattr("holdfast.journal.folder.file_system_of", lambda folder: "nfs4")
    with pytest.raises(JournalError, match="network file system"):
        open_journal(tmp_path / "far", BINDING)


def test_the_chain_ties_every_part_of_a_row() -> None:
    row = Row(1, "Price", 1, 5, b"{}", b"[]", "digest")
    values = {chained(bytes(16), row)}
    for other in (
        Row(2, "Price", 1, 5, b"{}", b"[]", "digest"),
        Row(1, "Prices", 1, 5, b"{}", b"[]", "digest"),
        Row(1, "Price", 2, 5, b"{}", b"[]", "digest"),
        Row(1, "Price", 1, 6, b"{}", b"[]", "digest"),
        Row(1, "Price", 1, 5, b"{}[", b"]", "digest"),
        Row(1, "Price", 1, 5, b"{}", b"[]d", "igest"),
    ):
        values.add(chained(bytes(16), other))
    assert len(values) == 7
    assert first_break(bytes(16), []) is None
