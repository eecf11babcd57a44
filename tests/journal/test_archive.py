"""What a person does with a journal at rest: verify, query, export, back up, fold again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import apsw
import pytest
from recorded import BINDING, random_session
from typer.testing import CliRunner

from holdfast.cli.app import app
from holdfast.engine.engine import HANDLERS, state_digest
from holdfast.errors import JournalError
from holdfast.journal import open_journal
from holdfast.journal.archive import backup, replay, told, verify
from holdfast.journal.folder import segments_of
from holdfast.journal.folding import fold, require_same
from holdfast.model.events import Plan
from holdfast.runtime.driver import Driver

SEED = 5


def run_in_parts(folder: Path, parts: int, steps: int = 300) -> str:
    """One session over several starts, each folding what the one before has left; the digest of its last state."""
    session = random_session(SEED, steps).session
    size = len(session) // parts + 1
    digest = ""
    for start in range(parts):
        opened = open_journal(folder, BINDING)
        engine = require_same(fold(opened.found.snapshot, opened.found.rows))
        journal = opened.begin("code", engine.state, lambda seq: None)
        driver = Driver(engine, journal, lambda seq, command: None)
        for event, _ in session[start * size : (start + 1) * size]:
            driver.take(event)
        journal.close()
        digest = state_digest(engine.state)
    return digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A session of three starts."""
    run_in_parts(tmp_path / "journal", 3)
    return tmp_path / "journal"


def call(*arguments: str) -> Any:
    """A command and its result."""
    return CliRunner().invoke(app, arguments)


def spoil(folder: Path, number: int) -> None:
    """Change one row of the second file."""
    path = segments_of(folder)[1]
    path.chmod(0o600)
    apsw.Connection(str(path)).execute("UPDATE journal SET wall_ns = 1 WHERE seq = ?", (number,))
    path.chmod(0o400)


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_a_session_cut_into_starts_ends_in_the_state_of_the_whole(tmp_path: Path, parts: int) -> None:
    whole = state_digest(random_session(SEED, 300).state)
    assert run_in_parts(tmp_path / "journal", parts) == whole
    folded = replay(tmp_path / "journal")
    assert folded.difference is None
    assert folded.digest == whole


def test_verify_tells_the_files_and_the_first_damage(folder: Path) -> None:
    parts, damage = verify(folder)
    assert (len(parts), damage, [part.epoch for part in parts]) == (3, "", [1, 2, 3])
    assert call("journal", "verify", str(folder)).exit_code == 0
    spoil(folder, parts[1].first + 5)
    parts, damage = verify(folder)
    assert len(parts) == 1
    assert f"damaged at row {parts[0].last + 6}" in damage
    result = call("journal", "verify", str(folder), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["sound"] is False


def test_query_and_export_say_what_happened(folder: Path, tmp_path: Path) -> None:
    rows = json.loads(
        call("journal", "query", str(folder), "--kind", "Plan", "--limit", "3", "--json").stdout
    )
    assert [row["kind"] for row in rows] == ["Plan"] * 3
    out = tmp_path / "rows.jsonl"
    assert call("journal", "export", str(folder), "--out", str(out)).exit_code == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines == list(told(folder))
    again = call("journal", "export", str(folder), "--out", str(out))
    assert isinstance(again.exception, JournalError)
    assert [line["seq"] for line in told(folder, since=5, until=9)] == [5, 6, 7, 8, 9]


def test_a_backup_is_a_journal_that_can_be_continued(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    assert [part.rows for part in backup(folder, copy)] == [part.rows for part in verify(folder)[0]]
    assert replay(copy).digest == replay(folder).digest
    open_journal(copy, BINDING).close()
    with pytest.raises(JournalError, match="is not empty"):
        backup(folder, copy)


def test_replay_names_the_row_where_another_core_decides_otherwise(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = call("replay", str(folder), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["same"] is True
    first = next(row["seq"] for row in told(folder, "Plan") if row["decided"])
    monkeypatch.setitem(HANDLERS, Plan, lambda state, outbox, event: None)
    result = call("replay", str(folder), "--json")
    assert result.exit_code == 1
    difference = json.loads(result.stdout)["difference"]
    assert (difference["seq"], difference["what"], difference["computed"]) == (first, "decisions", "")
    assert f"Row {first} (Plan)" in call("replay", str(folder)).stdout


def test_a_running_engine_is_named_and_left_alone(folder: Path) -> None:
    opened = open_journal(folder, BINDING)
    for arguments in (("journal", "verify"), ("journal", "query"), ("replay",)):
        result = call(*arguments, str(folder))
        assert isinstance(result.exception, JournalError)
        assert "in use by process" in str(result.exception)
    opened.close()


def test_a_folder_without_a_journal_is_a_sentence(tmp_path: Path) -> None:
    result = call("journal", "verify", str(tmp_path))
    assert result.exit_code == 1
    assert "holds no journal" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_verify_after_a_start_that_was_cut_short(folder: Path) -> None:
    (folder / "segment-000004.db").touch()
    assert verify(folder)[1] == ""
    assert replay(folder).difference is None


def test_a_missing_or_emptied_first_file_is_damage(folder: Path) -> None:
    first = segments_of(folder)[0]
    first.chmod(0o600)
    first.write_bytes(b"")
    assert "does not begin with a header" in verify(folder)[1]
    first.unlink()
    assert "what was before it is missing" in verify(folder)[1]


def test_what_else_lies_in_the_folder_is_left_alone_or_a_sentence(folder: Path) -> None:
    (folder / "segment-000002-copy.db").write_bytes(b"")
    open_journal(folder, BINDING).close()
    (folder / "lock").unlink()
    (folder / "lock").symlink_to(folder / "elsewhere")
    with pytest.raises(JournalError, match="lock cannot be opened"):
        open_journal(folder, BINDING)
