"""`holdfast replay --set`: exact until a decision differs, then what a backtest with the other limit makes of it.

The accounts may fill all of a bar's volume, which no journal tells: so the simulation has nothing to miss.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from paper_kit import backtest, prepare, run, write_market
from recorded import BINDING, random_session
from typer.testing import CliRunner

from holdfast.cli.app import app
from holdfast.engine.engine import HANDLERS, Engine
from holdfast.errors import HoldfastError, JournalError, SettingsError
from holdfast.history.synthetic import write_synthetic
from holdfast.journal import open_journal
from holdfast.journal.archive import replay, rows_of
from holdfast.journal.forms import decided, read_event, read_state
from holdfast.journal.rows import HEADER, POISON, REMARK, SNAPSHOT, Row, from_json
from holdfast.model.account import ledger_residual
from holdfast.model.enums import BoundaryKind, CommandClass, CommandKind, Denial, NoteKind, Role
from holdfast.model.events import Boundary, ExitRequest, Funding, OrderReport, Plan, Price
from holdfast.model.instrument import worth
from holdfast.model.order import OrderStatus, Step
from holdfast.model.state import State
from holdfast.model.units import MINUTE
from holdfast.operations.counterfactual.changes import Changes
from holdfast.operations.counterfactual.fold import Counterfactual, compare, mandates_of, names_of
from holdfast.operations.counterfactual.venue import CounterfactualVenue
from holdfast.operations.counterfactual.walked import Walked
from holdfast.records import copy_record
from holdfast.runtime.driver import Driver
from holdfast.settings.backtest import GRID, SINGLE, Limits
from holdfast.wiring.replay.changes import changes_of, read_wanted, replay_with
from holdfast.wiring.trade import paper_in_step

OURS: dict[str, dict[str, Any]] = {
    "setups": {"strategies": ("ma_cross",), "volume_share": 1.0},
    "grids": {"strategies": ("grid_atr",), "volume_share": 1.0},
    "forex": {"strategies": ("ma_cross",), "source": "synthetic_fx", "pairs": ("EURUSD", "USDJPY")},
}
UNDER_WAY = (OrderStatus.PLANNED, OrderStatus.RELEASED, OrderStatus.SENT)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_market(tmp_path_factory.mktemp("market") / "data")
    write_synthetic(folder, 5, 14, "1m", ("EURUSD", "USDJPY"))
    return folder


@pytest.fixture(scope="module")
def accounts(market: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Accounts that traded their market to its end: perpetuals with funding, currencies with rollover and two sides."""
    made = {}
    for name, settings in OURS.items():
        made[name] = tmp_path_factory.mktemp("accounts") / name
        account = paper_in_step(
            made[name], prepare(market, **settings), lambda bar, of: None, lambda run: None
        )
        account.run()
        account.close()
    return made


@pytest.fixture(scope="module")
def rows(accounts: dict[str, Path]) -> list[Row]:
    """The journal of the setups."""
    return rows_of(accounts["setups"])


def events_of(rows: list[Row]) -> list[Row]:
    """Rows that the core applies."""
    return [row for row in rows if row.kind not in (HEADER, SNAPSHOT, REMARK, POISON)]


def with_texts(rows: list[Row], *texts: str) -> Counterfactual:
    """A comparison over rows in hand."""
    return compare(rows, list(changes_of(read_wanted(texts), names_of(rows))))


def call(*arguments: str) -> Any:
    """A command and its result."""
    return CliRunner().invoke(app, ["replay", *arguments])


# exact


@pytest.mark.parametrize(
    "text",
    [
        "risk.setup.trade_count_max=30",  # as the account has it
        "risk.setup.order_notional_max=90",  # it had none, and no order is as large
        "risk.grid.trade_count_max=1",  # of a class that does not trade here
    ],
)
def test_a_limit_that_nothing_reaches_is_exact_to_the_end(
    accounts: dict[str, Path], rows: list[Row], text: str
) -> None:
    found = with_texts(rows, text)
    assert found.exact == found.events == len(events_of(rows))
    assert found.difference is None
    assert found.simulated is None
    account = replay(accounts["setups"]).engine.state.account
    assert (found.recorded.balance, found.recorded.fees) == (account.balance, account.fees)


def test_a_tightened_limit_differs_at_the_first_entry_that_it_refuses(rows: list[Row]) -> None:
    """Which entry that is, is counted from the recorded commands alone."""
    entries, before = 0, 0
    for row in events_of(rows):
        event = read_event(row.kind, row.version, row.body)
        if isinstance(event, Boundary) and event.kind == BoundaryKind.DAY:
            entries = 0
        placed = from_json(row.decided) if row.decided else []
        entries += sum(
            command["kind"] == CommandKind.PLACE and command["command_class"] == CommandClass.INCREASE
            for command in placed
        )
        if entries > 4:
            break
        before += 1
    found = with_texts(rows, "risk.entries_per_day_max=4").difference
    assert found is not None
    assert (found.row, found.exact) == (row.seq, before)
    assert decided(found.recorded) == row.decided
    assert found.changed == []
    denied = [note for note in found.changed_notes if note.kind == NoteKind.DENIED]
    assert [(note.reason, note.value, note.limit) for note in denied] == [(Denial.DAY_COUNT, 4, 4)]


def test_the_exact_part_is_the_recorded_one_command_for_command(rows: list[Row]) -> None:
    """Folded once more by hand with the changed settings."""
    texts = ["risk.open_risk_max=0.012"]
    difference = with_texts(rows, *texts).difference
    assert difference is not None
    made = Changes(changes_of(read_wanted(texts), names_of(rows)), mandates_of(rows))
    engine = Engine(read_state(rows[0].version, rows[0].body))
    for row in events_of(rows):
        event = read_event(row.kind, row.version, row.body)
        made.change_event(event)
        commands = decided(engine.apply(event))
        if row.seq == difference.row:
            assert commands == decided(difference.changed) != row.decided
            return
        assert commands == row.decided
    pytest.fail("the difference was not met")


# simulated


@pytest.mark.parametrize(
    ("account", "text", "settings"),
    [
        ("setups", "risk.max_open_trades=1", {"max_open_trades": 1}),
        ("setups", "risk.setup.entries_per_day_max=4",
         {"limits": Limits(setup=SINGLE.model_copy(update={"entries_per_day_max": 4}))}),
        ("setups", "risk.BTC.risk_per_trade_pct=0.3",
         {"parameters_by_pair": {"BTC": {"risk_per_trade_pct": 0.3}}}),
        ("grids", "risk.grid.position_notional_max=1",
         {"limits": Limits(grid=GRID.model_copy(update={"position_notional_max": 1}))}),
        ("grids", "risk.sl_percent=2", {"parameters": {"sl_percent": 2}}),
        ("grids", "risk.allocation=0.25", {"parameters": {"allocation": 0.25}}),
        ("grids", "risk.stake_amount=3000", {"stake_amount": 3000}),
        ("forex", "risk.risk_per_trade_pct=0.3", {"parameters": {"risk_per_trade_pct": 0.3}}),
    ],
)  # fmt: skip
def test_the_simulation_ends_where_a_backtest_with_that_limit_ends(
    market: Path, accounts: dict[str, Path], account: str, text: str, settings: dict[str, Any]
) -> None:
    found = replay_with(accounts[account], [text])
    assert found.simulated is not None
    assert 0 < found.exact < found.events
    other = backtest(prepare(market, **OURS[account] | settings).scenario)
    simulated = found.simulated
    assert (simulated.balance, simulated.equity, simulated.fees, simulated.funding) == (
        other.balance, other.equity, other.fees, other.funding,
    )  # fmt: skip
    assert (simulated.rollover != 0) is (account == "forex")
    assert (simulated.fills, simulated.closed) == (other.fills, other.closed)
    assert sum(simulated.denials.values()) == sum(other.denials)


def test_starts_between_which_the_account_was_killed_change_nothing(market: Path, tmp_path: Path) -> None:
    """Before the difference and after it: what a start asks of the recorded venue is of the other history."""
    scenario = prepare(market, **OURS["setups"]).scenario
    for kill_at in (3_000, 5_000, 6_000, 0):
        run(tmp_path / "account", scenario, [], kill_at)
    found = replay_with(tmp_path / "account", ["risk.max_open_trades=1"])
    other = backtest(prepare(market, **OURS["setups"], max_open_trades=1).scenario)
    assert found.difference is not None
    assert found.simulated is not None
    assert (found.simulated.balance, found.simulated.fills) == (other.balance, other.fills)


def test_a_position_that_is_open_at_the_difference_is_carried_over_and_closes(rows: list[Row]) -> None:
    found = with_texts(rows, "risk.entries_per_day_max=4")
    assert found.difference is not None
    assert found.simulated is not None
    at, end = found.difference.figures, found.simulated
    assert at.open_trades > 0
    assert at.working_orders > 0
    assert (end.open_trades, end.working_orders) == (0, 0)
    assert end.closed > at.closed
    assert end.residual == 0
    assert found.venue_balance == end.balance
    assert end.balance != found.recorded.balance


def taken_over(engine: Engine, walked: Walked, rest: list[Row]) -> CounterfactualVenue:
    """The recorded account goes on at a simulated venue, with nothing changed."""
    other = Engine()
    copy_record(other.state, engine.state)
    copy_record(other.outbox, engine.outbox)
    venue = CounterfactualVenue(other, deepcopy(walked))
    for row in rest:
        venue.take(read_event(row.kind, row.version, row.body))
    venue.settle()
    return venue


def situation(event: Any, state: State, walked: Walked) -> tuple[Any, ...]:
    """What an account is in the middle of."""
    orders = state.orders[1 : state.order_watermark + 1]
    way = any(order.status in UNDER_WAY for order in orders)
    return type(event), getattr(event, "more", False), state.account.open_trades > 0, bool(walked.inside), way


def test_an_account_that_moves_to_the_simulated_venue_anywhere_ends_as_recorded(rows: list[Row]) -> None:
    """Between bars, inside them and between the prices of one instant; with positions, with orders on their way."""
    told, draw = events_of(rows), random.Random(1)
    engine = Engine(read_state(rows[0].version, rows[0].body))
    walked, met, ends = Walked(engine.state), Counter[tuple[Any, ...]](), []
    for i, row in enumerate(told):
        event = read_event(row.kind, row.version, row.body)
        walked.see(event, engine.state)
        engine.apply(event)
        now = situation(event, engine.state, walked)
        if any(now[2:]) and met[now] < 1 and draw.random() < 0.2:
            met[now] += 1
            venue = taken_over(engine, walked, told[i + 1 :])
            ends.append((venue.state.account.balance, venue.state.fill_count, venue.market.wallet))
    assert {Price, Plan, Funding, OrderReport} <= {now[0] for now in met}
    assert all(any(now[k] for now in met) for k in range(1, 5))
    balance = engine.state.account.balance
    assert ends == [(balance, engine.state.fill_count, balance)] * len(ends)


def brought_to(
    rows: list[Row], here: Callable[[Any, State, Walked], bool]
) -> tuple[Engine, Walked, Any, list[Row]]:
    """The account just after the first event where something holds: engine, bars walked, event, what follows."""
    told = events_of(rows)
    engine = Engine(read_state(rows[0].version, rows[0].body))
    walked = Walked(engine.state)
    for i, row in enumerate(told):
        event = read_event(row.kind, row.version, row.body)
        walked.see(event, engine.state)
        engine.apply(event)
        if here(event, engine.state, walked):
            return engine, walked, event, told[i + 1 :]
    pytest.fail("the journal never comes to this")


def leave(engine: Engine, instrument_id: int) -> None:
    """A decision that the journal does not have: out, at market."""
    engine.apply(ExitRequest(time_ns=engine.state.time_ns, instrument_id=instrument_id))
    assert engine.outbox.command_count > 0


def held(state: State, instrument_id: int) -> int:
    """Steps on both sides of an instrument."""
    return sum(position.quantity for position in state.instruments[instrument_id].positions)


def test_what_is_decided_between_the_prices_of_an_instant_meets_the_next_bar(rows: list[Row]) -> None:
    """The second instrument's bar was over when the first one's price came."""
    engine, walked, event, rest = brought_to(
        rows,
        lambda e, state, bars: isinstance(e, Price) and e.more and held(state, 2) > 0 and not bars.inside,
    )
    leave(engine, 2)
    venue = CounterfactualVenue(engine, walked)
    prices = [read_event(row.kind, row.version, row.body) for row in rest if row.kind == "Price"]
    assert (prices[0].time_ns, prices[0].instrument_id) == (event.time_ns, 2)
    venue.take(prices[0])
    assert held(engine.state, 2) > 0
    for price in prices[1:3]:
        venue.take(price)
    assert held(engine.state, 2) == 0


def entry_inside(event: Any, state: State, walked: Walked) -> bool:
    """A stop and a target stand for a short that was filled inside a bar which is not over."""
    if not walked.inside or not isinstance(event, OrderReport) or event.step != Step.ACCEPT:
        return False
    i = walked.reported
    orders = [o for o in state.orders[1 : state.order_watermark + 1] if o.status == OrderStatus.LIVE]
    roles = {o.role for o in orders if o.instrument_id == i}
    short = state.instruments[i].positions[1].quantity > 0
    return i in walked.inside and short and roles == {Role.STOP, Role.TARGET}


def rest_of_bar(state: State, i: int, low: int, high: int) -> Price:
    """The price that ends the bar, made up."""
    bid, ask = state.instruments[i].bid, state.instruments[i].ask
    return Price(
        time_ns=state.time_ns + MINUTE,
        instrument_id=i,
        bid=bid,
        ask=ask,
        low=min(low, bid),
        high=max(high, bid),
    )


def test_inside_a_bar_the_market_goes_on_from_the_last_fill(rows: list[Row]) -> None:
    engine, walked, _, _ = brought_to(rows, entry_inside)
    i, at = walked.reported, walked.inside[walked.reported]
    leave(engine, i)
    venue = CounterfactualVenue(engine, walked)
    instrument, before = engine.state.instruments[i], engine.state.account.realized_pnl
    entry, quantity = instrument.positions[1].entry_value, instrument.positions[1].quantity
    venue.take(rest_of_bar(engine.state, i, at - 100, at + 100))
    paid = at + instrument.ask - instrument.bid + instrument.contract.slippage
    assert held(engine.state, i) == 0
    assert engine.state.account.realized_pnl - before == worth(
        instrument.contract, entry - quantity * paid, paid
    )


def test_inside_a_bar_only_the_adverse_extreme_may_come_again(rows: list[Row]) -> None:
    """The low of a short's bar may have been before its entry: it takes no profit there, and the high stops it."""
    for extreme, left in ((-1, True), (1, False)):
        engine, walked, _, _ = brought_to(rows, entry_inside)
        i, at = walked.reported, walked.inside[walked.reported]
        venue = CounterfactualVenue(engine, walked)
        far = at + extreme * at // 10
        venue.take(rest_of_bar(engine.state, i, min(at, far), max(at, far)))
        assert (held(engine.state, i) > 0) is left


@pytest.mark.parametrize("seed", range(6))
def test_the_ledger_holds_wherever_an_unruly_history_is_left(tmp_path: Path, seed: int) -> None:
    """Partial fills, refusals, forced closures, other tick values: books and simulated venue agree to the last unit."""
    opened = open_journal(tmp_path / "journal", BINDING)
    journal = opened.begin("code", State(), lambda seq: None)
    driver = Driver(Engine(), journal, lambda seq, command: None)
    for event, _ in random_session(seed, 200).session:
        driver.take(event)
    journal.close()
    told = events_of(rows_of(tmp_path / "journal"))
    engine = Engine()
    walked = Walked(engine.state)
    for i, row in enumerate(told):
        event = read_event(row.kind, row.version, row.body)
        walked.see(event, engine.state)
        engine.apply(event)
        if i > 20 and i % 40 == 0:
            account = (venue := taken_over(engine, walked, told[i + 1 :])).state.account
            assert ledger_residual(account) == 0
            assert venue.market.wallet == account.balance


# where it cannot be asked


def test_a_journal_whose_first_files_are_gone_begins_with_the_changed_limits(rows: list[Row]) -> None:
    first = next(i for i, row in enumerate(rows) if i > 0 and row.kind == SNAPSHOT)
    found = with_texts(rows[first:], "risk.setup.entries_per_day_max=1")
    assert [(each.recorded, each.changed) for each in found.applied] == [(100, 1)]
    assert found.difference is not None
    assert found.simulated is not None
    assert found.simulated.fills < found.recorded.fills
    assert found.venue_balance == found.simulated.balance


def test_a_core_that_decides_otherwise_without_any_change_is_refused(
    rows: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says about other limits would be worth nothing."""
    monkeypatch.setitem(HANDLERS, Plan, lambda state, outbox, event: None)
    with pytest.raises(JournalError, match="does not decide again what the journal says"):
        with_texts(rows, "risk.max_open_trades=1")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("risk.trade_count_mx=2", "nothing reads risk.trade_count_mx. Did you mean trade_count_max"),
        ("ma_period=10", "ma_period cannot be changed afterwards"),
        ("risk.trade_count_max", "sets nothing"),
        ("risk.trade_count_max=", "sets nothing"),
        ("risk.trade_count_max=two", "valid integer"),
        ("risk.margin_max=1.5", "less than or equal to 1"),
        ("risk.margin_max=nan", "finite number"),
        ("risk.max_open_trades=0", "greater than or equal to 1"),
        ("risk.BTC.trade_count_max=2", "one of a class of strategies, not of BTC"),
        ("risk.DOGE.leverage=2", "DOGE is neither a class of strategies nor traded"),
        ("risk.allocation=0.5", "No row of this journal carries risk.allocation"),
        ("risk.grid.leverage=2", "No row of this journal carries risk.grid.leverage"),
    ],
)
def test_what_cannot_be_set_is_one_sentence(accounts: dict[str, Path], text: str, says: str) -> None:
    result = call(str(accounts["setups"]), "--set", text)
    assert result.exit_code == 1
    assert isinstance(result.exception, (SettingsError, JournalError))
    assert says in str(result.exception)


def test_a_folder_without_a_journal_is_one_sentence(tmp_path: Path) -> None:
    result = call(str(tmp_path), "--set", "risk.max_open_trades=1")
    assert result.exit_code == 1
    assert isinstance(result.exception, HoldfastError)
    assert "holds no journal" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


# what a person sees


def test_the_command_tells_the_difference_and_labels_what_is_simulated(accounts: dict[str, Path]) -> None:
    """And leaves the folder as it was."""
    folder = accounts["setups"]
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "lock"}
    result = call(str(folder), "--set", "risk.open_risk_max=0.012")
    assert result.exit_code == 0, result.output
    assert "risk.open_risk_max (limits of setup): 0.012 instead of 0.05." in result.stdout
    assert "events are exact" in result.stdout
    assert "was refused at the gate: open risk: " in result.stdout
    assert "\nSIMULATED FROM HERE (row " in result.stdout
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "lock"} == before


def test_json_says_the_same(accounts: dict[str, Path]) -> None:
    told = json.loads(call(str(accounts["setups"]), "--set", "risk.open_risk_max=0.012", "--json").stdout)
    assert told["exact"] is False
    assert told["exact_events"] < told["events"]
    difference, simulation = told["difference"], told["simulation"]
    assert difference["event"] == "Plan"
    assert "ma_cross" in difference["what"]
    assert difference["changed"] == []
    assert difference["recorded"][0].startswith("place order ")
    assert "open risk" in difference["gate"][0]
    assert simulation["label"] == "simulated from here"
    assert simulation["from_row"] == difference["row"]
    assert simulation["venue_balance"] == simulation["balance"]
    assert simulation["ledger_residual"] == 0
    assert simulation["denials"]["open_risk"] > 0
    assert set(told["recorded"]) < set(simulation)


def test_json_of_an_exact_journal_has_no_simulation(accounts: dict[str, Path]) -> None:
    told = json.loads(call(str(accounts["grids"]), "--set", "risk.max_open_trades=60", "--json").stdout)
    assert told["exact"] is True
    assert told["exact_events"] == told["events"]
    assert told["difference"] is told["simulation"] is None
