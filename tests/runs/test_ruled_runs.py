"""Backtests under a ruleset, over synthetic FX: a losing streak with and without our guard, phases, reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

Run = Callable[..., Any]
HS = ("--ruleset", "the5ers.high_stakes.20k", "--no-save")
RISKY = ("--set", "risk_per_trade_pct=1.9")


@pytest.fixture(scope="session")
def streak(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Four months in which a plain crossing of averages loses a day's allowance."""
    from holdfast.history.store import Store
    from holdfast.history.synthetic import FX_PAIRS, write_synthetic

    folder = tmp_path_factory.mktemp("streak")
    write_synthetic(folder, 3, 120, "1h", FX_PAIRS)
    return "-s", "ma_cross", "-d", str(folder), "--source", Store(folder).sources()[0], "-i", "1h"


def floor(found: Any, name: str) -> Any:
    """A floor of the last phase."""
    return [each for each in found["risk"]["floors"] if each["limit"] == name][-1]


def test_a_losing_streak_crosses_the_floor_without_our_guard_only(
    backtest: Run, streak: tuple[str, ...]
) -> None:
    """The same market, the same strategy: the firm ends the account, or our rungs end the day before."""
    bare = backtest(*streak, *HS, *RISKY, "--no-guard")["risk"]
    assert [phase["status"] for phase in bare["phases"]] == ["breached", "not begun", "not begun"]
    assert bare["breaches"] == 1
    guarded = backtest(*streak, *HS, *RISKY)
    assert guarded["risk"]["breaches"] == 0
    assert floor(guarded, "daily_loss")["nearest"] > 0
    assert guarded["ledger"]["residual"] == 0
    assert [trip for trip in guarded["risk"]["trips"] if trip["severity"] == "flattening"]


def test_after_a_breach_the_account_trades_no_more(backtest: Run, streak: tuple[str, ...]) -> None:
    """The run goes on, idle, and its report knows when it ended."""
    found = backtest(*streak, *HS, *RISKY, "--no-guard")
    breach = next(trip for trip in found["risk"]["trips"] if trip["rule"] == "breach")
    assert breach["until"] is None
    assert found["risk"]["severity"] == "flattening"
    assert found["denials"]["severity"] > 0


def test_both_speeds_are_the_same_under_rules(backtest: Run, streak: tuple[str, ...]) -> None:
    """Phases, floors and forecasts too."""
    words = (*streak, *HS, *RISKY, "--timerange", "-20250301")
    both = [backtest(*words, "--digest-trace", "500", *more) for more in ((), ("--interpreted",))]
    assert both[0]["digests"] == both[1]["digests"]
    assert both[0]["state_digest"] == both[1]["state_digest"]
    assert both[0]["risk"] == both[1]["risk"]


def easy(tmp_path: Path) -> str:
    """A programme whose targets are small: three phases in four months."""
    file = tmp_path / "easy.yaml"
    file.write_text(EASY, encoding="utf-8")
    return str(file)


def test_a_passed_phase_pays_out_and_the_next_one_begins(
    backtest: Run, streak: tuple[str, ...], tmp_path: Path
) -> None:
    """The profit leaves, the balance is the initial one again, the ledger adds up; a funded phase has no target."""
    found = backtest(*streak, "--ruleset", easy(tmp_path), "--no-save", "--timerange", "-20250301")
    phases = found["risk"]["phases"]
    assert phases[0]["status"] == "passed"
    assert phases[1]["began"] is not None  # and may end in a gap over a weekend, which no stop holds
    assert found["risk"]["breaches_by_own_action"] == 0
    assert phases[0]["days_to_target"] > 0
    assert phases[0]["days_counted"] >= 1
    assert phases[1]["target"] is None
    assert found["ledger"]["residual"] == 0
    assert found["ledger"]["cash_flows"] < -100 * 10**8
    first, second = (each for each in found["risk"]["floors"] if each["limit"] == "total_loss")
    assert (first["phase"], second["phase"]) == ("one", "two")
    assert second["level"] == 9_000


def test_a_saved_run_tells_its_limits(home: Path, streak: tuple[str, ...]) -> None:
    """`holdfast limits` reads it back; the page has the floors; a run without rules is refused."""
    from holdfast.cli.app import app
    from holdfast.errors import SettingsError

    def run(*words: str) -> Any:
        done = CliRunner().invoke(app, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done

    page = home / "page.html"
    run("backtest", *streak, *HS[:2], "--timerange", "-20250301", "--html", str(page))
    told = json.loads(run("limits", "--json").stdout)
    assert [limit["limit"] for limit in told["limits"]] == ["daily_loss", "total_loss"]
    assert told["ruleset"]["hash"]
    assert told["evaluated"] > 100
    shown = run("limits").stdout
    assert "total_loss   18,000.00" in shown
    assert "next day begins" in shown
    text = page.read_text(encoding="utf-8")
    assert "Rules of the account" in text
    assert '"floors": [{"name": "daily_loss"' in text
    assert "the5ers.high_stakes.20k" in run("show-backtest").stdout
    run("backtest", *streak, "--timerange", "-20250201")
    with pytest.raises(SettingsError, match="was held to no ruleset"):
        run("limits")


def test_an_account_tells_its_limits_as_the_backtest_of_the_same_run_does(
    home: Path, streak: tuple[str, ...]
) -> None:
    """In step with its market: level, distance, nearest approach, rungs, restraints. It is looked at more often."""
    from holdfast.cli.app import app
    from holdfast.errors import SettingsError

    def told(*words: str) -> Any:
        done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    words = (*streak, *HS[:2], *RISKY, "--timerange", "-20250201")
    told("backtest", *words, "--interpreted")
    CliRunner().invoke(app, ["trade", "--dry-run", *words, "--account", "ruled"], catch_exceptions=False)
    run, account = told("limits"), told("limits", "--account", "ruled")
    assert account["limits"] == run["limits"]
    assert all(limit["nearest"] is not None for limit in account["limits"])
    for name in ("ruleset", "severity", "next_boundary", "triggered", "breaches"):
        assert account[name] == run[name]
    assert account["evaluated"] >= run["evaluated"] > 100
    named = [[(r["rule"], r["scope"], r["severity"]) for r in each["restraints"]] for each in (account, run)]
    assert named[0] == named[1]
    shown = CliRunner().invoke(app, ["limits", "--account", "ruled"], catch_exceptions=False).stdout
    assert "daily_loss" in shown
    assert "As of 2025-01-31 22:00 UTC" in shown
    with pytest.raises(SettingsError, match="A run and an account"):
        CliRunner().invoke(app, ["limits", "x", "--account", "ruled"], catch_exceptions=False)
    CliRunner().invoke(app, ["trade", "--dry-run", *streak, "--timerange", "-20250110", "--account", "free"])
    with pytest.raises(SettingsError, match="free is held to no ruleset"):
        CliRunner().invoke(app, ["limits", "--account", "free"], catch_exceptions=False)


EASY = """
schema: holdfast.ruleset/1
id: own.easy
version: 2026-01-01
account: {initial_balance: 10000, currency: USD, position_mode: hedging}
clock:
  day_boundary: {zone: UTC, at: "00:00"}
phases:
  - {id: one, target: {pct_of: initial, pct: 1, observed: balance}, min_days: {counter: any_day, count: 1}, next: two}
  - {id: two, target: null}
counters:
  - {id: any_day, qualifies: {event: open}}
limits:
  - {id: daily_loss, anchor: {quantity: balance, sample: day_boundary}, amount: {pct: 5, of: initial}}
  - {id: total_loss, anchor: {quantity: initial, sample: once}, amount: {pct: 10, of: initial}}
"""
