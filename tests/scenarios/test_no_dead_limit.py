"""No dead limit: every limit of every shipped ruleset, made far tighter, changes what is done in a small market.

What a backtest cannot keep is listed by `ruleset_reads.LIVE` with what it takes; what a rule is still to be built for
by `ruleset_reads.AWAITED`. Everything else has to show here that somebody reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruled_market import decisions, run_under

from holdfast.history.calendar_file import calendar_path
from holdfast.history.store import Store
from holdfast.history.synthetic import FX_PAIRS, PERPS, write_synthetic
from holdfast.settings.ruleset.file import Loaded, load_ruleset, shipped
from holdfast.settings.ruleset.floors import IdeaLoss
from holdfast.settings.ruleset.phases import overridden
from holdfast.wiring.ruleset.reads import AWAITED, FIELDS, NEEDS, kernels_reading

SETUP = {"strategies": ("ma_cross",), "timeframe": "1h", "parameters": {"risk_per_trade_pct": 1.0}}
# With its whole balance in one grid the headroom of own.system_a would forbid the first level.
GRID = {"strategies": ("grid_atr",), "timeframe": "1h", "detail": "1m", "stake_amount": 2000}
ONE_SIZE = {each.ruleset.id.rpartition(".")[0]: each for each in shipped()}  # the last size of each programme


@pytest.fixture(scope="session")
def markets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two months of FX at 1h, three weeks of perpetuals at 1m, and a calendar with news every day at noon."""
    folder = tmp_path_factory.mktemp("ruled")
    write_synthetic(folder, 3, 60, "1h", FX_PAIRS)
    write_synthetic(folder, 4, 20, "1m", PERPS[:2])
    for name in ("forexfactory", "ftmo"):
        file = calendar_path(folder, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(news(), encoding="utf-8")
    return folder


def news() -> str:
    """Events for every day of the market."""
    days = [f"2025-{month:02}-{day:02}" for month in range(1, 4) for day in range(1, 29)]
    lines = ["ts,until,currency,instruments,impact,title"]
    lines += [f"{day}T12:30:00Z,,USD,,high,Number of the day" for day in days]
    lines += [f"{day}T13:30:00Z,,EUR,,restricted,Another number" for day in days]
    return "\n".join(lines) + "\n"


@cache
def before(folder: Path, name: str, grid: bool, phase: str | None) -> tuple[bytes, ...]:
    """What is done under the ruleset as it is shipped."""
    loaded = loaded_of(name)
    return decisions(
        run_under(folder, case_of(folder, grid, name.startswith("own.")), loaded, loaded.ruleset, phase)
    )


def loaded_of(name: str) -> Loaded:
    """A ruleset by id."""
    return load_ruleset(name)


def case_of(folder: Path, grid: bool, crypto: bool = False) -> dict[str, Any]:
    """Settings of the small run. Own money trades perpetuals, at a leverage that forbids any size in FX."""
    sources = Store(folder).sources()
    source = next(each for each in sources if ("perp" in each) == (grid or crypto))
    setup = SETUP | {"timeframe": "15m"} if crypto else SETUP
    return (GRID if grid else setup) | {"source": source}


def changes_something(
    folder: Path, name: str, changes: dict[str, Any], grid: bool, phase: str | None = None
) -> bool:
    """Whether a ruleset with changed keys leads to other decisions."""
    loaded = loaded_of(name)
    ruleset = overridden(loaded.ruleset, changes, "the test")
    return decisions(
        run_under(folder, case_of(folder, grid, name.startswith("own.")), loaded, ruleset, phase)
    ) != before(folder, name, grid, phase)


def limits_of(loaded: Loaded) -> Iterator[tuple[str, str, dict[str, Any], bool]]:
    """(ruleset, limit, tightened keys, whether it is about grids) of what a backtest keeps."""
    for limit in loaded.ruleset.limits:
        if isinstance(limit, IdeaLoss) and "Guard.idea_loss_max" not in kernels_reading():
            continue  # awaited
        key = f"limits.{limit.id}.amount.{'abs' if limit.amount.abs is not None else 'pct'}"
        yield loaded.ruleset.id, limit.id, {key: tight(limit)}, limit.classes == ("grid",)


def tight(limit: Any) -> str:
    """So little that the first open loss reaches it."""
    return "1" if limit.amount.abs is not None else "0.01"


LIMITS = [case for loaded in ONE_SIZE.values() for case in limits_of(loaded)]


@pytest.mark.parametrize(("name", "limit", "changes", "grid"), LIMITS, ids=lambda value: str(value)[:40])
def test_each_limit_of_each_ruleset(
    markets: Path, name: str, limit: str, changes: dict[str, Any], grid: bool
) -> None:
    """A loss limit of next to nothing ends or pauses what it is about."""
    assert changes_something(markets, name, changes, grid), f"{limit} of {name} is read by nobody"


HS, FT, OWN = "the5ers.high_stakes.20k", "ftmo.two_step.100k", "own.system_a.grid"
LOW = {"warn": "0.1", "reduce": "0.2", "block": "0.3", "flatten": "0.4"}
KEYS: list[tuple[str, str | None, bool, dict[str, Any]]] = [
    (HS, None, False, {"guard.daily_ladder_pct_of_allowance": LOW}),
    (HS, None, False, {"guard.total_ladder_pct_of_allowance": LOW}),
    (HS, None, False, {"guard.daily_ladder_pct_of_allowance.reduce": "0.05", "guard.reduce_multiplier": "0.05",
                       "guard.daily_ladder_pct_of_allowance.warn": "0.01"}),
    (HS, None, False, {"guard.max_open_risk_pct": "0.1"}),
    (HS, None, False, {"guard.risk_per_trade_pct": "0.05"}),
    (HS, None, False, {"guard.max_margin_pct": "0.1"}),
    (HS, None, False, {"guard.max_gross_leverage": "0.1"}),
    (HS, None, False, {"guard.max_position_pct": "1"}),
    (HS, None, False, {"guard.max_positions": {"account": 1}}),
    (HS, None, False, {"guard.exit_cost_multiple": "100000"}),
    (HS, None, False, {"guard.boundary_lookahead_min": 1380, "guard.boundary_close_losers_min": 1320,
                       "limits.daily_loss.amount.pct": "1", "limits.daily_loss.strict_alternates": ()}),
    (HS, None, False, {"exposure.leverage.fx": "0.1"}),
    (HS, None, False, {"clock.day_boundary.at": "10:00", "limits.daily_loss.amount.pct": "0.5"}),
    (HS, None, False, {"phases.step1.target.pct": "0.01", "phases.step1.min_days": None}),
    (HS, None, False, {"phases.step1.target.pct": "0.01", "phases.step1.min_days.count": 60,
                       "guard.profit_protection.target_days_missing_multiplier": "0.01"}),
    (HS, None, False, {"guard.profit_protection.give_back_pct": "0.01"}),
    (FT, None, False, {"conduct.open_orders_max": 1}),
    (FT, None, False, {"exposure.max_lots.per_order.fx": "0.01"}),
    (FT, "funded_standard", False, {"windows.weekend_standard.before_s": 172_800}),
    (HS, None, False, {"guard.streaks.losses_instrument": 1}),
    (HS, None, False, {"guard.streaks.losses_strategy": 1}),
    (HS, None, False, {"guard.streaks.stop_outs": {"n": 1, "in_min": 600}}),
    (HS, None, False, {"guard.streaks.losses_strategy": 1, "guard.streaks.pause_min": 10_000}),
    (HS, None, False, {"guard.streaks.losses_strategy": 1, "guard.streaks.pause_min": 1,
                       "guard.streaks.reduced_trades": 9}),
    (HS, None, False, {"guard.reentry_lock_min": 20_000}),
    (HS, None, False, {"guard.executions": {"n": 1, "in_min": 60}}),
    (OWN, None, True, {"guard.volatility_halt.sigma": "0.5"}),
    (OWN, None, True, {"guard.volatility_halt.spread_multiple": "0.5"}),
    (HS, None, False, {"guard.messages.per_day": 1}),
    (HS, None, False, {"conduct.requests_per_day": 2}),
    (HS, None, False, {"conduct.simultaneous_entries.min_gap_ms": 500_000_000}),
    (HS, None, False, {"windows.red_news.before_s": 40_000}),
    (HS, None, False, {"guard.news_extra_s": 40_000}),
    (FT, None, False, {"conduct.gap_trading.no_open_before_break_min": 3000}),
    (OWN, None, True, {"guard.funding_guard": {"hold_r": "0.0001", "payment_r": "0.0001", "before_min": 400}}),
    (OWN, None, True, {"guard.max_margin_pct": "1"}),
    (OWN, None, True, {"guard.max_positions.grid": 1}),
    (OWN, None, True, {"exposure.leverage.crypto": "0.1"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "phase", "grid", "changes"), KEYS, ids=lambda value: str(value)[:60])
def test_each_other_key(
    markets: Path, name: str, phase: str | None, grid: bool, changes: dict[str, Any]
) -> None:
    """Rungs, caps, forecasts, clocks, targets and windows, each once: their code is one for all rulesets."""
    assert changes_something(markets, name, changes, grid, phase), (
        f"{sorted(changes)} of {name} are read by nobody"
    )


def test_consistency_delays_a_target(markets: Path) -> None:
    """FTMO 1-step: at next to nothing for the best day the phase is not passed; without the rule it is."""
    name = next(each for each in ONE_SIZE.values() if each.ruleset.id.startswith("ftmo.one_step")).ruleset.id
    loaded = loaded_of(name)
    first = loaded.ruleset.phases[0]
    small = {f"phases.{first.id}.target.pct": "0.01", "consistency.best_day.max_pct": "0.01"}
    calm = {"guard": "off", "parameters": {"risk_per_trade_pct": 0.2}}
    passed, trades = [], []
    for off in ((), ("best_day",)):
        switches = {f"phases.{first.id}.rules.disable": (*first.rules.disable, *off)}
        ruleset = overridden(loaded.ruleset, small | switches, "the test")
        outcome = run_under(markets, case_of(markets, grid=False) | calm, loaded, ruleset)
        passed.append(int(outcome.programme["phase"][0]) > 0)
        trades.append(len(outcome.tapes["closed"]))
    assert passed == [False, True]
    assert min(trades) > 100  # a share that is missing extends the phase: it ends nothing


def test_what_is_not_here_is_listed_with_what_it_takes() -> None:
    """Live capabilities and rules to come: named, with a reason, and nothing else is missing."""
    assert all(NEEDS.values())
    awaited = {field for fields in FIELDS.values() for field in fields if field not in kernels_reading()}
    assert awaited <= AWAITED
