"""What screens read is what the journal says, row for row, and never stands in the way of trading."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import apsw
import pytest
from projected_runs import Account, content, held_seq, live
from recorded import price, random_session

from holdfast.engine.engine import Engine
from holdfast.errors import InUseError, JournalError
from holdfast.journal import journal as journal_module
from holdfast.journal.archive import rebuild, replay
from holdfast.journal.extraction import Extractor
from holdfast.journal.folder import segments_of
from holdfast.journal.projection_file import projection_path, remove
from holdfast.model.enums import Phase
from holdfast.model.order import WORKING
from holdfast.model.state import State
from holdfast.runtime import driver as driver_module


def events_of(seed: int, steps: int) -> list[Any]:
    """A random session."""
    return [event for event, _ in random_session(seed, steps).session]


@pytest.mark.parametrize("seed, parts", [(1, 1), (8, 3), (3, 4), (5, 2)])
def test_fed_live_and_rebuilt_are_the_same_row_for_row(tmp_path: Path, seed: int, parts: int) -> None:
    live(tmp_path, seed, 1200, parts)
    fed = content(tmp_path)
    remove(projection_path(tmp_path))
    assert rebuild(tmp_path).corrected == 0
    built = content(tmp_path)
    assert {name: (fed[name], built[name]) for name in built if built[name] != fed[name]} == {}
    assert all(
        fed[name]
        for name in ("orders", "fills", "trades", "legs", "plans", "notes", "events", "steps", "equity")
    )


@pytest.mark.parametrize("seed", [1, 5, 8, 11])
def test_it_says_what_the_state_says(tmp_path: Path, seed: int) -> None:
    live(tmp_path, seed, 1200)
    told = content(tmp_path)
    state: State = replay(tmp_path).engine.state
    working = {
        (o.order_id, o.epoch): (o.quantity, o.filled_quantity, o.filled_value)
        for o in (state.orders[row] for row in range(1, state.order_watermark + 1))
        if WORKING[o.status]
    }
    at_work = {row[:2]: (row[12], *row[14:16]) for row in told["orders"] if row[22] is None}
    assert at_work == working
    assert sum(row[14] for row in told["fills"]) == state.account.fees
    assert sum(row[16] for row in told["fills"]) == state.account.realized_pnl
    held = {
        t.trade_id: (t.stop_price, t.quantity, t.realized_pnl, t.fees) for t in state.trades if t.quantity > 0
    }
    assert {row[0]: (row[13], row[16], *row[22:24]) for row in told["trades"] if row[16]} == held
    alive = {t.trade_id for t in state.trades if Phase.ARMED <= t.phase <= Phase.EXITING}
    assert {row[0] for row in told["trades"] if row[5] not in ("closed", "dropped")} == alive
    assert sum(row[5] == "closed" for row in told["trades"]) == state.closed_count
    [account] = told["account"]
    assert account[4:6] == (state.account.start_balance, state.account.balance)


def test_only_what_is_durable_is_shown(tmp_path: Path) -> None:
    account = Account(tmp_path)
    events = events_of(5, 300)
    account.take(*events[:50])
    account.journal.flush()
    account.reached = lambda seq: None  # type: ignore[method-assign]
    account.journal.durable = lambda seq: None
    durable = account.projection._durable
    account.take(*events[50:])
    account.journal.flush()
    wait_for(lambda: held_seq(tmp_path) == durable)
    time.sleep(0.5)
    assert held_seq(tmp_path) == durable
    account.close()


def wait_for(condition: Any, seconds: float = 20.0) -> None:
    """Poll until something holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return
        except (apsw.Error, IndexError):
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come")


def damaged(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"x" * 5000)


def ahead(path: Path) -> None:
    db = apsw.Connection(str(path))
    db.execute("UPDATE meta SET value = '99999999' WHERE name = 'seq'")
    db.close()


def of_another(path: Path) -> None:
    db = apsw.Connection(str(path))
    db.execute("UPDATE meta SET value = '5 00ff' WHERE name = 'anchor'")
    db.close()


def other_content(path: Path) -> None:
    db = apsw.Connection(str(path))
    db.execute("UPDATE events SET told = told || ' '")
    db.close()


def old_form(path: Path) -> None:
    db = apsw.Connection(str(path))
    db.execute("UPDATE meta SET value = '0' WHERE name = 'format'")
    db.close()


@pytest.mark.parametrize("spoil", [remove, damaged, ahead, of_another, other_content, old_form])
def test_a_start_mends_what_is_missing_damaged_ahead_or_anothers(tmp_path: Path, spoil: Any) -> None:
    events = events_of(3, 600)
    half = len(events) // 2
    account = Account(tmp_path)
    account.take(*events[:half])
    account.close()
    spoil(projection_path(tmp_path))
    account = Account(tmp_path)
    account.take(*events[half:])
    account.close()
    assert account.troubles == []
    fed = content(tmp_path)
    rebuild(tmp_path)
    assert fed == content(tmp_path)


def test_rows_written_while_there_was_no_projection_come_in_at_the_next_start(tmp_path: Path) -> None:
    events = events_of(4, 600)
    third = len(events) // 3
    account = Account(tmp_path)
    account.take(*events[:third])
    account.close()
    kept = tmp_path / "kept"
    shutil.copy(projection_path(tmp_path), kept)
    account = Account(tmp_path)
    account.take(*events[third : 2 * third])
    account.close()
    remove(projection_path(tmp_path))
    kept.rename(projection_path(tmp_path))
    account = Account(tmp_path)
    account.take(*events[2 * third :])
    account.close()
    fed = content(tmp_path)
    rebuild(tmp_path)
    assert fed == content(tmp_path)


def test_a_projection_that_fails_is_told_once_and_trading_goes_on(tmp_path: Path) -> None:
    account = Account(tmp_path)
    events = events_of(2, 400)
    account.take(*events[:100])
    wait_for(lambda: held_seq(tmp_path) > 5)

    def fails(*_: Any) -> None:
        raise OSError("the disk is gone")

    account.projection._extractor.take = fails  # type: ignore[method-assign]
    account.take(*events[100:])
    account.close()
    [trouble] = account.troubles
    assert "the disk is gone" in trouble
    assert "journal rebuild" in trouble
    assert replay(tmp_path).events == len(events)


def test_a_writer_that_fails_is_told_once_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from holdfast.journal import projection as module

    def fails(*_: Any) -> None:
        raise apsw.FullError("database or disk is full")

    monkeypatch.setattr(module, "catch_up", fails)
    account = Account(tmp_path)
    account.take(*events_of(2, 200))
    account.close()
    assert len(account.troubles) == 1
    assert "projection" not in {thread.name for thread in threading.enumerate()}


def test_a_price_that_led_to_nothing_costs_a_few_microseconds() -> None:
    """Not a benchmark: an order of magnitude, so that nobody makes it a millisecond."""
    engine = Engine()
    for event in events_of(1, 60):
        engine.apply(event)
    ops: list[Any] = []
    extractor = Extractor(engine.state, ops.append)
    event = price(1)
    engine.outbox.command_count = engine.outbox.note_count = 0
    engine.outbox.notice_count = engine.outbox.closed_count = 0
    began = time.perf_counter()
    for seq in range(20_000):
        extractor.take(seq, event, engine.outbox, engine.state)
    assert (time.perf_counter() - began) / 20_000 < 20e-6
    assert ops == []


def test_names_become_tables_and_views_speak_units(tmp_path: Path) -> None:
    live(tmp_path, 1, 600)
    db = apsw.Connection(str(projection_path(tmp_path)))
    assert db.execute("SELECT pair, tick FROM instruments").fetchall() == [("BTC/USDT:USDT", "0.1")]
    raw = dict(db.execute("SELECT seq, price FROM fills WHERE instrument_id = 1").fetchall())
    shown = dict(db.execute("SELECT seq, price FROM fills_told WHERE pair <> ''").fetchall())
    assert {seq: pytest.approx(ticks * 0.1) for seq, ticks in raw.items()} == shown
    for view in ("orders_told", "trades_told", "denials", "equity_told"):
        assert db.execute(f"SELECT count(*) FROM {view}").fetchall() != [(0,)]


def test_snapshots_and_full_files_on_the_way_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver_module, "SNAPSHOT_EVERY", 60)
    monkeypatch.setattr(journal_module, "ROTATE_BYTES", 1)
    events = events_of(5, 600)
    kept: Path | None = None
    for start in range(3):
        account = Account(tmp_path)
        account.take(*events[start * 400 : (start + 1) * 400])
        account.close()
        assert account.troubles == []
        if start == 0:
            kept = tmp_path / "kept"
            shutil.copy(projection_path(tmp_path), kept)
    assert len(segments_of(tmp_path)) > 10
    fed = content(tmp_path)
    assert rebuild(tmp_path).corrected == 0
    assert content(tmp_path) == fed
    assert kept is not None
    remove(projection_path(tmp_path))
    kept.rename(projection_path(tmp_path))  # many files behind
    account = Account(tmp_path, names=None)
    account.close()
    behind = content(tmp_path)
    assert {name: rows for name, rows in behind.items() if rows != fed[name]} == {}


def test_a_snapshot_that_another_core_came_to_puts_the_state_right(tmp_path: Path) -> None:
    account = Account(tmp_path)
    events = events_of(1, 300)
    account.take(*events[:200])
    other = Engine()
    for event in events[:150]:
        other.apply(event)
    account.journal.snapshot(other.state)
    account.close()
    built = rebuild(tmp_path)
    assert built.corrected == 1
    assert content(tmp_path)["orders"]


def test_a_rebuild_is_refused_while_an_engine_runs(tmp_path: Path) -> None:
    account = Account(tmp_path)
    account.take(*events_of(1, 100))
    with pytest.raises(InUseError, match="is in use by process"):
        rebuild(tmp_path)
    account.close()
    with pytest.raises(JournalError, match="holds no journal"):
        rebuild(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
