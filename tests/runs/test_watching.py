"""A paper account over synthetic bars, looked at by the commands that people type."""

from __future__ import annotations

import json
import shutil
import time
from functools import cache
from pathlib import Path
from typing import Any

import apsw
import pytest
from typer.testing import CliRunner

from holdfast.cli.app import app
from holdfast.history.store import Store
from holdfast.journal.archive import rebuild
from holdfast.journal.projection_file import projection_path, remove
from holdfast.journal.projection_tables import ALL
from holdfast.operations.paper import LockStep
from holdfast.settings.backtest import load_settings
from holdfast.wiring.account.view import AccountView
from holdfast.wiring.backtest import Backtest
from holdfast.wiring.prepared import Prepared
from holdfast.wiring.trade import paper_in_step

CASE: dict[str, Any] = {
    "strategies": ("grid_atr", "ma_cross"),
    "source": "synthetic_perp",
    "timeframe": "15m",
}


@cache
def prepared(market: Path) -> Prepared:
    """What trades in it."""
    return Backtest(Store(market), load_settings(None, CASE)).prepare()


def start(market: Path, place: Path, until_ns: int) -> LockStep:
    """A start of the account, up to an instant; it holds its folder until it is closed."""
    run = paper_in_step(
        place / "accounts" / "main", prepared(market), lambda done, of: None, lambda run: None
    )
    run.run(until_ns)
    return run


@pytest.fixture(scope="module")
def home(market: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An account of two starts: stopped on the way, and once more before the end, with something held."""
    place = tmp_path_factory.mktemp("home")
    bars = prepared(market).scenario.bars["time_ns"]
    for part in (0.4, 0.8):
        run = start(market, place, int(bars[int(len(bars) * part)]))
        run.close()
        assert run.troubles == []
    return place


def call(home: Path, *words: str) -> Any:
    """A command and its result."""
    return CliRunner().invoke(app, [*words, "--home", str(home)], catch_exceptions=False)


def told(home: Path, *words: str) -> Any:
    """A command's data."""
    done = call(home, *words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def rows(view: AccountView) -> dict[str, Any]:
    return {t.name: view.rows(f"SELECT * FROM {t.name}") for t in ALL if t.name != "meta"}


def test_fed_live_over_two_starts_and_rebuilt_are_the_same(home: Path) -> None:
    folder = home / "accounts" / "main"
    fed = rows(AccountView(folder))
    remove(projection_path(folder))
    rebuild(folder)
    built = rows(AccountView(folder))
    assert {name: (fed[name], built[name]) for name in fed if fed[name] != built[name]} == {}
    assert len(fed["orders"]) > 50
    assert fed["remarks"]


def test_status_agrees_with_itself(home: Path) -> None:
    status, held = told(home, "status"), told(home, "positions")
    assert status["account"] == "main"
    assert status["running"] is False
    assert status["currency"] == "USDT"
    assert status["units"] == "people's"
    assert status["positions"] == len(held) > 0
    assert status["unprotected"] == 0
    profit = sum(row["profit"] for row in held)
    assert status["equity"] == pytest.approx(status["balance"] + profit, abs=0.01)
    assert status["working_orders"] == len(told(home, "orders", "--limit", "1000"))
    shown = call(home, "status").stdout
    assert "does not run" in shown
    assert f"{status['equity']:,.2f} USDT" in shown


def test_positions_speak_prices_and_show_the_stop(home: Path) -> None:
    for row in told(home, "positions"):
        below = row["stop_price"] < row["price"]
        assert below == (row["side"] == "long")
        assert row["unprotected"] == 0
        assert row["protected"] == pytest.approx(row["quantity"])
    assert "BTC/USDT:USDT" in call(home, "orders", "--all").stdout


def test_trades_open_closed_and_all(home: Path) -> None:
    closed = told(home, "trades", "closed", "--limit", "1000")
    everything = told(home, "trades", "all", "--limit", "1000")
    assert len(closed) > 5
    assert {row["status"] for row in closed} == {"closed"}
    assert {row["trade"] for row in everything} >= {row["trade"] for row in closed}
    status, first = told(home, "status"), told(home, "trades", "open")
    booked = sum(row["net"] for row in [*closed, *first])
    assert status["balance"] == pytest.approx(10_000 + booked, abs=0.01)
    assert "Net" in call(home, "trades", "closed").stdout


def test_why_tells_the_whole_chain_of_an_entry(home: Path) -> None:
    entry = next(
        o for o in told(home, "orders", "--all", "--limit", "1000") if o["role"] == "entry" and o["filled"]
    )
    story = told(home, "why", str(entry["order"]))
    said = [step["what"] for step in story["story"]]
    assert any(line.startswith("Signal s") for line in said)
    assert any("gate let" in line for line in said)
    assert any(line.startswith("Requested: ") for line in said)
    assert any("Accepted" in line for line in said)
    assert any(line.startswith("Filled ") and "fee" in line for line in said)
    assert story["signal"].startswith("s")
    assert story == told(home, "why", entry["venue_name"])
    assert f"Order {entry['order']}" in call(home, "why", str(entry["order"])).stdout


def test_why_tells_what_stopped_a_signal_and_by_how_much(home: Path) -> None:
    stopped = [s for s in told(home, "why", "--limit", "1000") if s["stopped_by"]]
    assert stopped
    story = told(home, "why", stopped[0]["signal"])
    assert story["outcome"] in ("refused", "dropped", "ordered")
    every = told(home, "why", "--all", "--limit", "1000")
    assert {s["outcome"] for s in every} >= {"ordered"}
    for s in every[:40]:
        assert call(home, "why", s["signal"]).exit_code == 0


def test_every_order_has_a_story(home: Path) -> None:
    for order in told(home, "orders", "--all", "--limit", "60"):
        story = told(home, "why", str(order["order"]))["story"]
        assert any(step["what"].startswith("Requested") for step in story)


@pytest.mark.parametrize(
    "words, sentence",
    [
        (("why", "999999"), "There is no order 999999"),
        (("why", "s1"), "There is no signal s1"),
        (("why", "nonsense"), "neither an order nor a signal"),
        (("status", "--account", "mian"), "Did you mean main?"),
    ],
)
def test_a_wrong_name_is_one_sentence_with_the_mend(
    home: Path, words: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(Exception, match=sentence.replace("?", r"\?")):
        call(home, *words)


def test_a_home_without_accounts_or_projection_says_what_to_do(home: Path, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="There is no account"):
        call(tmp_path, "status")
    folder = tmp_path / "accounts" / "main"
    folder.mkdir(parents=True)
    (folder / "head").touch()
    with pytest.raises(Exception, match="nothing to show yet"):
        call(tmp_path, "status")


def test_an_engine_that_runs_is_seen_and_not_disturbed(home: Path) -> None:
    from holdfast.journal.folder import Lock

    lock = Lock(home / "accounts" / "main")
    try:
        assert told(home, "status")["running"] is True
        assert "process" in told(home, "status")["holder"]
    finally:
        lock.release()


def test_without_names_ids_are_shown_and_said(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "accounts" / "other"
    shutil.copytree(home / "accounts" / "main", folder)
    db = apsw.Connection(str(projection_path(folder)))
    db.execute("DELETE FROM instruments")
    db.close()
    shown = call(tmp_path, "positions").stdout
    assert "instrument 1" in shown
    assert "ids, ticks and steps are shown" in shown


def test_it_can_be_looked_at_while_its_engine_runs(market: Path, home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "accounts" / "main", tmp_path / "accounts" / "main")
    bars = prepared(market).scenario.bars["time_ns"]
    run = start(market, tmp_path, int(bars[int(len(bars) * 0.81)]))
    assert told(tmp_path, "status")["running"] is True
    assert run.journal is not None
    run.journal.flush()
    end = time.monotonic() + 20
    while told(tmp_path, "status")["start"] != 3 and time.monotonic() < end:
        time.sleep(0.1)
    assert told(tmp_path, "status")["start"] == 3
    run.close()
    assert told(tmp_path, "status")["running"] is False


def test_what_ends_before_its_journal_says_so(home: Path, tmp_path: Path) -> None:
    """A process that was killed had not shown its last rows yet; beside the answer, so that data stay data."""
    assert call(home, "status").stderr == ""
    shutil.copytree(home, tmp_path / "home")
    folder = tmp_path / "home" / "accounts" / "main"
    with apsw.Connection(str(projection_path(folder))) as db:
        db.execute("UPDATE meta SET value = CAST(value AS INTEGER) - 7 WHERE name = 'seq'")
    for words in (("status",), ("trades", "all"), ("orders",), ("why", "1")):
        said = call(tmp_path / "home", *words, "--json")
        assert "The last 7 rows of the journal are not in here" in said.stderr
        assert f"holdfast journal rebuild {folder}" in said.stderr
        assert json.loads(said.stdout)
    rebuild(folder)
    assert call(tmp_path / "home", "status").stderr == ""
