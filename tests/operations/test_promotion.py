"""The promotion gate: a pair opens trades only on what another account has shown; what is held stays managed."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from paper_kit import prepare, write_market
from promotion_kit import BEGAN, write_evidence
from typer.testing import CliRunner

from holdfast.cli.app import app
from holdfast.cli.trade import boot_text
from holdfast.errors import SettingsError
from holdfast.journal.folder import Lock
from holdfast.journal.projection_file import projection_path
from holdfast.model.enums import Denial, Role
from holdfast.model.order import WORKING
from holdfast.model.units import DAY
from holdfast.operations.paper import LockStep
from holdfast.operations.promoting import held_back
from holdfast.settings.backtest import load_settings
from holdfast.settings.promotion import Promotion
from holdfast.wiring.prepared import Prepared
from holdfast.wiring.promotion.evidence import Evidence, Record
from holdfast.wiring.promotion.gate import deciding, lacking_of
from holdfast.wiring.trade import paper_in_step
from holdfast.wiring.traded import traded_of

RULES = Promotion(evidence="scout", trades_min=3, days_min=2)
GOOD = Record(trades=40, won=500, lost=300, start_balance=10_000, days=20)


@pytest.mark.parametrize(
    "change, lacking",
    [
        ({}, ""),
        ({"trades": 14}, "14 of 30 trades"),
        ({"trades": 0, "won": 0, "lost": 0}, "0 of 30 trades"),
        ({"trades": 29, "later": 6, "others": 2}, "29 of 30 trades (6 more are later than this account's own time, 2 "
                                                  "more were traded otherwise)"),
        ({"won": 261}, "net return -0.39%, not above 0.00%; profit factor 0.87 < 1.00"),
        ({"won": 300}, "net return 0.00%, not above 0.00%"),
        ({"lost": 0}, ""),
        ({"open_loss": 200}, "net return 0.00%, not above 0.00%"),
        ({"days": 13.5}, "13.5 of 14 days"),
        ({"age_days": 45}, "45.0 days old, more than 30"),
        ({"never": True}, "no evidence: scout has not traded it"),
    ],
)  # fmt: skip
def test_every_condition_that_does_not_hold_is_said(change: dict[str, Any], lacking: str) -> None:
    rules = Promotion(evidence="scout")
    found = lacking_of(Evidence("scout", Path("scout")), replace(GOOD, **change), rules)
    assert "; ".join(found) == lacking


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_market(tmp_path_factory.mktemp("market") / "data")


@cache
def prepared(market: Path, force: tuple[str, ...] = (), gated: bool = True) -> Prepared:
    """Crossing averages on BTC and ETH, behind the gate or not."""
    return crossing(market, promotion=RULES.model_copy(update={"force": force}) if gated else None)


def crossing(market: Path, **changes: Any) -> Prepared:
    """The same with other settings."""
    return prepare(market, strategies=("ma_cross",), **changes)


def reasons(own: Path, wanted: dict[str, Any], now_day: float = 10, **rules: Any) -> list[str]:
    """Why each pair may not open trades, or what promotes it."""
    decision = deciding(RULES.model_copy(update=rules), wanted, own)(BEGAN + int(now_day * DAY))
    return [verdict.told["reason"] for verdict in decision.verdicts]


def trades(*nets: float, **more: Any) -> list[dict[str, Any]]:
    """One closed trade a day."""
    return [{"net": net, "day": day} | more for day, net in enumerate(nets, 1)]


def test_evidence_is_net_of_fees_and_funding_and_each_pair_has_its_own(market: Path, tmp_path: Path) -> None:
    traded = traded_of(prepared(market))
    write_evidence(tmp_path / "scout", (traded, [*trades(30, -10, 5), *trades(-1, 2, 3, mandate=2)]))
    btc, eth = reasons(tmp_path / "main", traded)
    assert btc == "3 trades in 2.0 days, net return +0.25%, profit factor 3.50"
    assert eth == "3 trades in 2.0 days, net return +0.04%, profit factor 5.00"
    assert reasons(tmp_path / "elsewhere" / "main", traded, evidence=str(tmp_path / "scout")) == [btc, eth]


def test_other_parameters_are_no_evidence(market: Path, tmp_path: Path) -> None:
    theirs = traded_of(crossing(market, parameters={"risk_per_trade_pct": 0.5}))
    write_evidence(tmp_path / "scout", (theirs, trades(30, 10, 5)))
    wanted = traded_of(prepared(market))
    there, here = (t["mandates"]["1"]["parameters"]["risk_per_trade_pct"] for t in (theirs, wanted))
    said = f"not what scout traded: parameters differ (risk_per_trade_pct {there:g} there, {here:g} here)"
    assert reasons(tmp_path / "main", wanted)[0] == f"no evidence: {said}"


@pytest.mark.parametrize(
    "changes, said", [({"fee": 0.0}, "fee 0 there, none here"), ({"slippage_factor": 0.0}, "slip")]
)
def test_a_kinder_market_is_no_evidence(market: Path, tmp_path: Path, changes: Any, said: str) -> None:
    write_evidence(tmp_path / "scout", (traded_of(crossing(market, **changes)), trades(30, 10, 5)))
    assert said in reasons(tmp_path / "main", traded_of(prepared(market)))[0]


def test_another_code_of_the_strategy_is_no_evidence(market: Path, tmp_path: Path) -> None:
    wanted = traded_of(prepared(market))
    theirs = json.loads(json.dumps(wanted))
    theirs["mandates"]["1"]["code"] = "other"
    write_evidence(tmp_path / "scout", (theirs, trades(30, 10, 5)))
    assert "code is another" in reasons(tmp_path / "main", wanted)[0]


def test_only_the_starts_that_traded_the_same_count(market: Path, tmp_path: Path) -> None:
    """Tuned on the way: what was traded before does not speak for what is traded now."""
    wanted, before = (
        traded_of(prepared(market)),
        traded_of(crossing(market, parameters={"risk_per_trade_pct": 0.5})),
    )
    write_evidence(tmp_path / "scout", (before, trades(90, 90)), (wanted, [{"net": 5, "day": 4}]))
    assert reasons(tmp_path / "main", wanted)[0].startswith("1 of 3 trades (2 more were traded otherwise)")


def test_what_is_later_than_the_accounts_own_time_does_not_count(market: Path, tmp_path: Path) -> None:
    """A paper account over recorded bars must not be promoted by its future."""
    wanted = traded_of(prepared(market))
    write_evidence(tmp_path / "scout", (wanted, trades(30, 10, 5)))
    assert reasons(tmp_path / "main", wanted, now_day=1.5)[0].startswith("1 of 3 trades (2 more are later")


def test_a_loser_that_is_never_closed_counts(market: Path, tmp_path: Path) -> None:
    wanted = traded_of(prepared(market))
    loser = {"net": -400, "day": 3, "open": True}
    write_evidence(tmp_path / "scout", (wanted, [*trades(30, 10, 5), loser]))
    assert "net return -3.55%" in reasons(tmp_path / "main", wanted)[0]


def test_old_evidence_does_not_count(market: Path, tmp_path: Path) -> None:
    wanted = traded_of(prepared(market))
    write_evidence(tmp_path / "scout", (wanted, trades(30, 10, 5)))
    assert reasons(tmp_path / "main", wanted, now_day=40)[0] == "37.0 days old, more than 30"


def test_no_usable_account_is_no_promotion(market: Path, tmp_path: Path) -> None:
    """Missing, damaged, behind its journal, one's own: one sentence each, and nobody is let through."""
    wanted, own = traded_of(prepared(market)), tmp_path / "main"
    assert reasons(own, wanted)[0].startswith("no evidence: There is no account in")
    assert "cannot be its own evidence" in reasons(own, wanted, evidence="main")[0]
    folder = write_evidence(tmp_path / "scout", (wanted, trades(30, 10, 5)))
    (folder / "head").write_text('{"segment":1,"seq":1200,"chain":""}')
    assert "Its tables end at row 1,000, its journal at 1,200" in reasons(own, wanted)[0]
    path = projection_path(folder)
    path.write_bytes(path.read_bytes()[:5000] + b"\0" * 9000)
    assert reasons(own, wanted)[0].startswith("no evidence: The evidence in")
    path.unlink()
    assert "nothing to show yet" in reasons(own, wanted)[0]


def test_an_account_that_never_wrote_down_what_it_trades_is_no_evidence(market: Path, tmp_path: Path) -> None:
    write_evidence(tmp_path / "scout")
    assert (
        reasons(tmp_path / "main", traded_of(prepared(market)))[0] == "no evidence: scout has not traded it"
    )


def test_a_forced_name_that_no_pair_has_stops_the_start(market: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no pair is named 'ma_cross on SOL'.*Did you mean"):
        start(tmp_path, prepared(market, ("ma_cross on SOL",)))


def test_a_key_that_nobody_reads_is_named() -> None:
    with pytest.raises(SettingsError, match=r"promotion\.trade_min.*Did you mean trades_min"):
        load_settings(None, {"promotion": {"evidence": "scout", "trade_min": 3}})


# An account behind the gate, as it runs.


def start(home: Path, what: Prepared, until_ns: int | None = None, name: str = "main") -> LockStep:
    """A start of the account, to an instant or the end; closed."""
    run = paper_in_step(home / "accounts" / name, what, lambda done, of: None, lambda run: None)
    try:
        run.run(until_ns)
    finally:
        run.close()
    return run


def part_of(what: Prepared, share: float) -> int:
    """An instant within the market."""
    times = what.scenario.bars["time_ns"]
    return int(times[int(len(times) * share)])


def told(home: Path, *words: str) -> Any:
    """A command's data."""
    done = CliRunner().invoke(app, [*words, "--home", str(home), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def told_of_journal(home: Path, kind: str) -> Any:
    """Rows of the account's journal."""
    words = [
        "journal",
        "query",
        str(home / "accounts" / "main"),
        "--kind",
        kind,
        "--limit",
        "100000",
        "--json",
    ]
    return json.loads(CliRunner().invoke(app, words, catch_exceptions=False).stdout)


@pytest.fixture(scope="module")
def home(market: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nobody has traded before: BTC is forced, ETH is not; two starts."""
    place = tmp_path_factory.mktemp("home")
    what = prepared(market, ("ma_cross on BTC",))
    for share in (0.5, 0.9):
        start(place, what, part_of(what, share))
    return place


def test_a_pair_that_is_not_promoted_opens_nothing_and_why_names_the_gate(home: Path) -> None:
    orders = told(home, "orders", "--all", "--limit", "1000")
    assert {order["pair"] for order in orders} == {"BTC/USDT:USDT"}
    signal = next(s for s in told(home, "why", "--limit", "1000") if s["pair"] == "ETH/USDT:USDT")
    assert signal["outcome"] == "refused"
    assert "held back by promotion gate (no evidence: There is no account" in signal["stopped_by"]["value"]
    story = (
        CliRunner().invoke(app, ["why", signal["signal"], "--home", str(home)], catch_exceptions=False).stdout
    )
    assert "promotion gate (no evidence" in story


def test_the_verdict_is_journaled_once_and_outlives_a_restart(home: Path) -> None:
    """Two starts with the same verdict: one event, and a remark for each."""
    assert len(told_of_journal(home, "SeverityChange")) == 1
    assert len([row for row in told_of_journal(home, "remark") if row["body"]["about"] == "promotion"]) == 2
    shown = told(home, "status")
    assert [row["scope"] for row in shown["restraints"] if row["rule"] == "promotion"] == [
        "ma_cross on ETH/USDT:USDT"
    ]
    assert shown["restraints"][0]["latched"] is False


def test_a_forced_pair_is_told_everywhere(home: Path, market: Path) -> None:
    what = prepared(market, ("ma_cross on BTC",))
    run = start(home, what, part_of(what, 0.9))
    said = boot_text(run)
    assert "FORCED without evidence: ma_cross on BTC/USDT:USDT" in said
    assert "Nothing new on ma_cross on ETH/USDT:USDT (no evidence: There is no account" in said
    assert told(home, "status")["promotion"]["forced"] == ["ma_cross on BTC/USDT:USDT"]
    shown = CliRunner().invoke(app, ["status", "--home", str(home)], catch_exceptions=False).stdout
    assert "FORCED without evidence: ma_cross on BTC/USDT:USDT" in shown
    pairs = told(home, "promotion")["pairs"]
    assert [(p["forced"], p["may_open"], p["promoted"]) for p in pairs] == [
        (True, True, False),
        (False, False, False),
    ]


def test_closes_always_pass_and_what_is_held_stays_managed(market: Path, tmp_path: Path) -> None:
    """Positions of before the gate end as their strategy wants, and nothing follows them."""
    free, gated = prepared(market, gated=False), prepared(market)
    for share in (0.3, 0.4, 0.5, 0.6):
        run = start(tmp_path, free, part_of(free, share))
        held = [t for t in run.engine.state.trades if t.quantity]
        if held:
            break
    assert held
    closed, trades_before = run.engine.state.closed_count, len(held)
    run = start(tmp_path, gated)
    assert held_back(run.engine.state) == {1, 2}
    assert run.engine.state.closed_count == closed + trades_before
    assert not any(trade.quantity for trade in run.engine.state.trades)
    assert run.engine.state.denials[Denial.SEVERITY].count > 0
    assert told(tmp_path, "status")["unprotected"] == 0


def test_a_grid_that_is_held_back_loses_its_resting_entries_and_keeps_stop_and_take_profit(
    market: Path, tmp_path: Path
) -> None:
    """The gate comes with a restart, in the middle of a cycle."""
    free, gated = prepare(market), prepare(market, promotion=RULES)
    for part in range(20, 95):
        run = start(tmp_path, free, part_of(free, part / 100))
        roles = working(run)
        if {"entry", "stop", "target"} <= set(roles):
            break
    run = start(tmp_path, gated, part_of(gated, part / 100 + 0.001))
    assert held_back(run.engine.state) == {1, 2}
    assert sorted(working(run)) == sorted(role for role in roles if role != "entry")
    run = start(tmp_path, gated)
    assert working(run) == []
    assert run.engine.state.account.open_trades == 0


def working(run: LockStep) -> list[str]:
    """Roles of the orders at work."""
    state = run.engine.state
    orders = [state.orders[row] for row in range(1, state.order_watermark + 1)]
    return [Role(order.role).name.lower() for order in orders if WORKING[order.status]]


def test_evidence_of_an_account_that_runs_is_read_and_said(market: Path, tmp_path: Path) -> None:
    wanted = traded_of(prepared(market))
    folder = write_evidence(tmp_path / "scout", (wanted, trades(30, 10, 5)))
    lock = Lock(folder)
    try:
        decision = deciding(RULES, wanted, tmp_path / "main")(BEGAN + 10 * DAY)
    finally:
        lock.release()
    assert decision.about["evidence"]["running"] is True
    assert decision.verdicts[0].may_open


def test_a_verdict_is_taken_back_when_the_evidence_is_there(market: Path, tmp_path: Path) -> None:
    """Not promoted, promoted at the next start, and free where the settings name no gate any more; each is said."""
    what, free = prepared(market), prepared(market, gated=False)
    run = start(tmp_path, what, part_of(what, 0.3))
    assert held_back(run.engine.state) == {1, 2}
    before = part_of(what, 0.0) - 5 * DAY
    write_evidence(tmp_path / "accounts" / "scout", (traded_of(what), trades(30, 10, 5)), began_ns=before)
    run = start(tmp_path, what, part_of(what, 0.4))
    assert held_back(run.engine.state) == {2}
    assert told(tmp_path, "promotion", "--account", "main")["pairs"][0]["promoted"] is True
    run = start(tmp_path, free, part_of(what, 0.5))
    assert held_back(run.engine.state) == set()
    assert "taken out of the settings" in boot_text(run)
    run = start(tmp_path, free, part_of(what, 0.55))
    assert "Promotion" not in boot_text(run)
    with pytest.raises(SettingsError, match="main has no promotion gate"):
        told(tmp_path, "promotion", "--account", "main")


def test_a_backtest_says_that_it_does_not_ask(market: Path) -> None:
    from holdfast.history.store import Store
    from holdfast.wiring.backtest import Backtest

    what = crossing(market, promotion=RULES, timerange="-20250107")
    found = Backtest(Store(market), what.settings).run(what, interpreted=True)
    assert any("promotion gate" in said for said in found.assumptions)
