"""What was acknowledged is there after any end; each start writes a file of its own, chained to the one before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from recorded import BINDING, price, random_session

from holdfast.engine.engine import Engine, state_digest
from holdfast.errors import JournalError
from holdfast.journal import Binding, Journal, open_journal
from holdfast.journal import journal as journal_module
from holdfast.journal.folder import segments_of
from holdfast.journal.folding import fold
from holdfast.journal.forms import read_event
from holdfast.journal.segment import require_sqlite
from holdfast.model.state import State
from holdfast.records import named, take_named


def begin(folder: Path, told: list[int] | None = None, state: State | None = None) -> Journal:
    """A fresh segment."""
    said = told if told is not None else []
    return open_journal(folder, BINDING).begin("code", state or State(), said.append)


def test_what_was_told_durable_is_there_at_the_next_start(tmp_path: Path) -> None:
    told: list[int] = []
    journal = begin(tmp_path, told)
    for number in range(50):
        journal.record(price(number), [])
    journal.close()
    found = open_journal(tmp_path, BINDING).found
    assert told[-1] == found.seq
    assert [read_event(row.kind, row.version, row.body) for row in found.rows] == [
        price(n) for n in range(50)
    ]


def test_every_start_writes_a_file_of_its_own_with_a_new_epoch(tmp_path: Path) -> None:
    for start in (1, 2, 3):
        journal = begin(tmp_path)
        assert journal.epoch == start
        journal.record(price(start), [])
        journal.close()
    assert [path.name for path in segments_of(tmp_path)] == [f"segment-00000{n}.db" for n in (1, 2, 3)]
    assert all(path.stat().st_mode & 0o222 == 0 for path in segments_of(tmp_path))
    assert not list(tmp_path.glob("*-wal"))


def test_numbers_go_on_across_starts(tmp_path: Path) -> None:
    first = begin(tmp_path)
    last = first.record(price(1), [])
    first.close()
    second = begin(tmp_path)
    assert second.record(price(2), []) == last + 3  # a header and a snapshot between
    second.close()


def test_a_second_instance_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    with pytest.raises(JournalError, match=f"in use by process {os.getpid()}"):
        open_journal(tmp_path, BINDING)
    journal.close()
    open_journal(tmp_path, BINDING).close()


@pytest.mark.parametrize("other", [
    Binding("second", "paper", "paper"), Binding("main", "bybit", "paper"), Binding("main", "paper", "live"),
])  # fmt: skip
def test_a_journal_of_something_else_is_refused(tmp_path: Path, other: Binding) -> None:
    begin(tmp_path).close()
    with pytest.raises(JournalError, match="belongs to"):
        open_journal(tmp_path, other)
    open_journal(tmp_path, BINDING).close()  # and was not touched


def test_a_full_file_is_closed_and_the_next_one_continues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "ROTATE_BYTES", 1)
    told: list[int] = []
    journal = begin(tmp_path, told)
    journal.record(price(1), [])
    seq = journal.snapshot(State())
    assert told[-1] == seq
    journal.record(price(2), [])
    journal.close()
    assert len(segments_of(tmp_path)) == 2
    opened = open_journal(tmp_path, BINDING)
    assert [row.kind for row in opened.found.rows] == ["Price"]
    assert opened.found.epoch == 1
    opened.close()


def test_a_start_that_was_cut_short_before_its_first_commit_is_no_end(tmp_path: Path) -> None:
    journal = begin(tmp_path)
    journal.record(price(1), [])
    journal.close()
    (tmp_path / "segment-000002.db").touch()  # made, and nothing more
    opened = open_journal(tmp_path, BINDING)
    assert len(opened.found.rows) == 1
    opened.begin("code", State(), lambda seq: None).close()
    assert [path.stat().st_size > 0 for path in segments_of(tmp_path)] == [True, True]
    open_journal(tmp_path, BINDING).close()


def test_an_old_library_is_refused() -> None:
    with pytest.raises(JournalError, match="can corrupt a journal"):
        require_sqlite("3.51.2")
    require_sqlite("3.51.3")


def test_after_a_failed_write_nothing_more_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    journal = begin(tmp_path, told)

    def fails(rows: object) -> None:
        raise JournalError("the disk said no.")

    monkeypatch.setattr(journal._segment, "append", fails)
    journal.record(price(1), [])
    with pytest.raises(JournalError, match="said no"):
        journal.flush()
    with pytest.raises(JournalError, match="said no"):
        journal.record(price(2), [])
    assert told == []
    with pytest.raises(JournalError, match="said no"):
        journal.close()
    open_journal(tmp_path, BINDING).begin("code", State(), told.append).close()  # a fresh file


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
from recorded import BINDING, price
from holdfast.journal import open_journal
from holdfast.model.state import State

def durable(seq):
    print(seq, flush=True)

opened = open_journal(Path(sys.argv[1]), BINDING)
journal = opened.begin("code", State(), durable)
number = 0
while True:
    journal.record(price(number), [])
    number += 1
    if number % 7 == 0:
        journal.flush()
"""


def test_a_rotation_that_fails_is_the_end_of_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    journal = begin(tmp_path, told)
    last = journal.record(price(1), [])
    journal.flush()
    monkeypatch.setattr(journal_module, "ROTATE_BYTES", 1)

    def fails(path: Path, fresh: bool = False) -> None:
        raise JournalError("no space.")

    with monkeypatch.context() as patched:
        patched.setattr(journal_module, "Segment", fails)
        with pytest.raises(JournalError, match="no space"):
            journal.snapshot(State())
    with pytest.raises(JournalError, match="no space"):
        journal.record(price(2), [])
    with pytest.raises(JournalError, match="no space"):
        journal.close()
    assert told[-1] == last
    open_journal(tmp_path, BINDING).close()


FULL = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {here!r})
from recorded import BINDING, price
from holdfast.errors import JournalError
from holdfast.journal import open_journal
from holdfast.model.state import State

told = [0]
journal = open_journal(Path(sys.argv[1]), BINDING).begin("code", State(), told.append)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))  # as if the disk held no more
try:
    for number in range(100_000):
        journal.record(price(number), [])
        journal.flush()
except JournalError as error:
    print(told[-1], error)
"""


def test_no_acknowledged_row_is_lost_when_the_disk_is_full(tmp_path: Path) -> None:
    code = FULL.format(here=str(Path(__file__).parent))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    last, _, sentence = done.stdout.partition(" ")
    assert int(last) > 100
    assert str(tmp_path) in sentence
    opened = open_journal(tmp_path, BINDING)
    assert opened.found.seq >= int(last)
    opened.begin("code", State(), lambda seq: None).close()
    open_journal(tmp_path, BINDING).close()


@pytest.mark.skipif(os.geteuid() == 0, reason="a superuser may write where nobody else may")
def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    begin(tmp_path).close()
    tmp_path.chmod(0o500)
    with pytest.raises(JournalError, match="is read-only"):
        open_journal(tmp_path, BINDING)
    tmp_path.chmod(0o700)


@pytest.mark.parametrize("after", [1, 40, 300])
def test_no_acknowledged_row_is_lost_when_the_process_is_killed(tmp_path: Path, after: int) -> None:
    code = KILLED.format(here=str(Path(__file__).parent))
    paths = os.pathsep.join(path for path in sys.path if path)
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": paths},
        )  # fmt: skip
        assert process.stdout is not None
        last = 0
        for _ in range(after):
            last = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        last = max([last, *(int(line) for line in process.stdout.read().splitlines() if line)])
        process.wait()
        opened = open_journal(tmp_path, BINDING)
        assert opened.found.seq >= last
        opened.close()


@pytest.mark.parametrize("seed", [0, 1, 3, 5, 6, 7])
def test_a_random_session_folds_to_the_same_state_and_decisions(tmp_path: Path, seed: int) -> None:
    engine = random_session(seed, 400)
    journal = begin(tmp_path)
    again = Engine()
    assert any(commands for _, commands in engine.session)
    for number, (event, commands) in enumerate(engine.session):
        assert again.apply(event) == commands
        journal.record(event, commands, state_digest(again.state) if number % 100 == 0 else "")
        if number == len(engine.session) // 2:
            journal.snapshot(again.state)  # a start folds the rest only
    journal.close()
    found = open_journal(tmp_path, BINDING).found
    folded = fold(found.snapshot, found.rows)
    assert folded.difference is None
    assert folded.events == len(engine.session) - len(engine.session) // 2 - 1
    assert state_digest(folded.engine.state) == state_digest(engine.state)


def test_another_core_is_caught_at_its_first_other_decision(tmp_path: Path) -> None:
    engine = random_session(3, 300)
    journal = begin(tmp_path)
    decided = [number for number, (_, commands) in enumerate(engine.session) if commands]
    changed = decided[len(decided) // 2]
    for number, (event, commands) in enumerate(engine.session):
        if number == changed:
            commands[0].quantity += 1
        journal.record(event, commands)
    journal.close()
    found = open_journal(tmp_path, BINDING).found
    folded = fold(found.snapshot, found.rows)
    assert folded.difference is not None
    assert folded.difference.what == "decisions"
    assert folded.events == changed + 1


@pytest.mark.parametrize("seed", [0, 1, 3, 5])
def test_a_state_by_its_names_is_the_same_state(seed: int) -> None:
    state = random_session(seed, 200).state
    again = State()
    take_named(again, named(state))
    assert again == state
