"""A ruleset bound to a run: read, linted, held against what was asked, and turned into the core's records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import polars as pl

from holdfast.errors import SettingsError
from holdfast.history.calendar_file import find_calendar, read_calendar
from holdfast.history.instruments import InstrumentSpec
from holdfast.model.enums import Base
from holdfast.model.events import StrategyGiven
from holdfast.model.limits import Limits
from holdfast.model.mandate import Mandate
from holdfast.records import copy_record
from holdfast.settings.backtest import BacktestSettings
from holdfast.settings.ruleset.case import Facts
from holdfast.settings.ruleset.file import Loaded
from holdfast.settings.ruleset.lint import checked_ruleset
from holdfast.settings.ruleset.phases import chosen_phase, resolve
from holdfast.settings.ruleset.ruleset import Ruleset
from holdfast.simulator.terms import PHASES, Terms
from holdfast.wiring.mandates import CLASS_IDS, limits_of
from holdfast.wiring.ruleset.bound import Binding, bindings_of, check_bound
from holdfast.wiring.ruleset.floors import Owners, Row, floor_rows, never
from holdfast.wiring.ruleset.guard import guard_of, risk_cap, tightened
from holdfast.wiring.ruleset.phase import challenge_of
from holdfast.wiring.ruleset.schedule import Span, clock_items, window_items
from holdfast.wiring.units import rate

StrategyClass = Literal["setup", "grid"]


@dataclass(frozen=True)
class Rules:
    """A ruleset as a run is held to it; `stages` are the rules in force in each phase from the chosen one on."""

    loaded: Loaded
    stages: tuple[Ruleset, ...]
    guarded: bool
    wallet: float
    warnings: tuple[str, ...]
    owners: Owners = field(default_factory=lambda: Owners(0, {}, {}, CLASS_IDS))

    @property
    def first(self) -> Ruleset:
        """The rules of the first phase of the run."""
        return self.stages[0]

    @property
    def initial(self) -> int:
        """The initial balance in 1e-8."""
        return rate(self.wallet)

    @property
    def phases(self) -> tuple[str, ...]:
        """Names of the phases of the run; a ruleset without has one without a name."""
        return tuple(stage.phases[0].id if stage.phases else "" for stage in self.stages)

    def bindings(self) -> list[Binding]:
        """Every limiting key that is set in the first phase, with what reads it."""
        return bindings_of(self.first)


def bind_rules(settings: BacktestSettings, classes: Sequence[str]) -> Rules | None:
    """The ruleset that a run names, checked; None where it names none. Raises SettingsError, RulesetError.

    classes: of the run's strategies. Refused are files that lint refuses, limits that nothing keeps, and a balance,
    currency or position mode other than the programme's.
    """
    if not settings.ruleset:
        for name, value in (("phase", settings.phase), ("calendar", settings.calendar)):
            if value:
                raise SettingsError(
                    f"`{name}` says something about a ruleset, and none is named.", "Add --ruleset."
                )
        return None
    facts = Facts(
        strategy_classes=tuple(cast(StrategyClass, each) for each in dict.fromkeys(classes)),
        native_stops=True,
    )
    loaded, report = checked_ruleset(settings.ruleset, facts)
    stages = stages_of(loaded.ruleset, settings.phase or None)
    check_bound(loaded, stages)
    account = loaded.ruleset.account
    wallet = (
        float(account.initial_balance) if account.initial_balance is not None else settings.dry_run_wallet
    )
    check_asked(settings, loaded.ruleset, wallet)
    warnings = tuple(str(each) for each in report.warnings)
    return Rules(loaded, stages, settings.guard == "on", wallet, warnings)


def stages_of(ruleset: Ruleset, first: str | None) -> tuple[Ruleset, ...]:
    """The rules in force in each phase, along `next`."""
    phase = chosen_phase(ruleset, first)
    if phase is None:
        return (resolve(ruleset),)
    made = [resolve(ruleset, phase.id)]
    while (following := made[-1].phases[0].next) and len(made) < PHASES:
        if following in {stage.phases[0].id for stage in made}:
            break
        made.append(resolve(ruleset, following))
    for stage in made[1:]:
        check_same(made[0], stage)
    return tuple(made)


def check_same(first: Ruleset, stage: Ruleset) -> None:
    """Leverage, sizes and clocks are the run's: a phase that changes them is a run of its own."""
    for name in ("exposure", "clock", "account"):
        if getattr(first, name) != getattr(stage, name):
            raise SettingsError(
                f"{first.id}: the phase {stage.phases[0].id} changes `{name}`, which one run cannot.",
                f"Run that phase alone: --phase {stage.phases[0].id}.",
            )


def check_asked(settings: BacktestSettings, ruleset: Ruleset, wallet: float) -> None:
    """What was typed agrees with the programme. Raises SettingsError."""
    given, account = settings.model_fields_set, ruleset.account
    if "dry_run_wallet" in given and settings.dry_run_wallet != wallet:
        raise SettingsError(
            f"{ruleset.id} starts with {wallet:,.2f} {account.currency}, not with {settings.dry_run_wallet:,.2f}.",
            "Leave --dry-run-wallet out, or choose the ruleset of that size.",
        )
    if settings.currency and settings.currency != account.currency:
        raise SettingsError(
            f"{ruleset.id} is kept in {account.currency}, not in {settings.currency}.",
            "Leave --currency out.",
        )
    if settings.position_mode not in ("auto", account.position_mode):
        raise SettingsError(
            f"{ruleset.id} has the position mode {account.position_mode}, not {settings.position_mode}.",
            "Leave position_mode out.",
        )


def applied(settings: BacktestSettings, rules: Rules | None) -> BacktestSettings:
    """The settings with what the programme decides: balance, currency, position mode."""
    if rules is None:
        return settings
    account = rules.first.account
    decided: dict[str, Any] = {
        "dry_run_wallet": rules.wallet,
        "currency": account.currency,
        "position_mode": account.position_mode,
    }
    return settings.model_copy(update=decided)


def owners_of(mandates: Sequence[Mandate], names: Mapping[int, str], initial: int) -> Owners:
    """What each strategy was given: a grid its allocation of the balance (or of its fixed capital), the others equal
    parts of what is left."""
    kinds = {number: class_id for class_id, number in CLASS_IDS.items()}
    classes = {m.strategy_id: kinds[m.class_id] for m in mandates}
    shares: dict[int, int] = {}
    for m in mandates:
        if kinds[m.class_id] == "grid":
            base = min(m.fixed_capital, initial) if m.base == Base.FIXED else initial
            shares[m.strategy_id] = shares.get(m.strategy_id, 0) + m.allocation * base // 10**8
    left = max(0, initial - sum(shares.values()))
    others = [number for number in classes if number not in shares]
    for number in others:
        shares[number] = (left or initial) // len(others)
    return Owners(initial, {n: (classes[n], max(1, shares[n])) for n in classes}, names, CLASS_IDS)


def strategies_of(owners: Owners) -> tuple[StrategyGiven, ...]:
    """Class and capital of each strategy, as events."""
    made = []
    for number, (name, capital) in owners.strategies.items():
        event = StrategyGiven()
        event.strategy_id, event.class_id, event.capital = number, CLASS_IDS[name], capital
        made.append(event)
    return tuple(made)


def terms_of(
    rules: Rules, owners: Owners, limits: Mapping[str, Mapping[str, float]], stale_after_ns: int
) -> tuple[tuple[Terms, ...], tuple[Row, ...]]:
    """What holds in each phase, and the floors by row: a limit has one row in all phases, out of reach where it is
    off."""
    stages = [floor_rows(stage, owners, rules.guarded) for stage in rules.stages]
    known = {row.key: row for rows in reversed(stages) for row in rows}
    ordered = tuple(known.values())
    made = []
    for number, (stage, rows) in enumerate(zip(rules.stages, stages, strict=True), 1):
        here = {row.key: row for row in rows}
        terms = Terms()
        copy_record(terms.challenge, challenge_of(stage, number, rules.initial, rules.guarded))
        copy_record(terms.guard, guard_of(stage, rules.initial, rules.guarded))
        terms.floor_count = len(ordered)
        for i, row in enumerate(ordered, 1):
            copy_record(terms.floors[i], here.get(row.key, never(row)).floor)
            terms.floors[i].rule_id = i
        for name, class_id in CLASS_IDS.items():
            copy_record(
                terms.limits[class_id], class_limits(stage, limits[name], name, rules.guarded, stale_after_ns)
            )
        made.append(terms)
    return tuple(made), ordered


def class_limits(
    stage: Ruleset, values: Mapping[str, float], name: str, guarded: bool, stale_after_ns: int
) -> Limits:
    """Limits of a class under the rules of a phase."""
    return limits_of(tightened(values, stage, name, guarded), stale_after_ns)


def cap_mandates(mandates: Sequence[Mandate], rules: Rules) -> list[str]:
    """No strategy plans with more risk than the ruleset allows for one trade; says what it changed."""
    said = []
    kinds = {number: name for name, number in CLASS_IDS.items()}
    for mandate in mandates:
        cap = risk_cap(rules.first, kinds[mandate.class_id], rules.guarded)
        if 0 < cap < mandate.risk_rate:
            mandate.risk_rate = cap
            said.append(f"risk of one trade lowered to the ruleset's {cap / 10**6:g} %")
    return list(dict.fromkeys(said))


def rules_items(
    rules: Rules, specs: Sequence[InstrumentSpec], calendar: pl.DataFrame | None, span: Span
) -> list[Any]:
    """Everything that the ruleset puts on the schedule."""
    return [*clock_items(rules.first, span), *window_items(rules.stages, specs, calendar, span)]


def calendar_of(rules: Rules, asked: str, data_dir: Path) -> tuple[pl.DataFrame | None, str]:
    """The calendar of the run's news windows, and a word where there is none. One that was asked for has to exist.

    Raises DataError.
    """
    news = [each for stage in rules.stages for each in stage.windows if each.kind == "news" and each.forbids]
    if not news or asked == "none":
        return None, f"news windows are not kept: {names(news)}" if news else ""
    name = asked or news[0].calendar or ""
    folder = data_dir / "calendar"
    if not asked and not any(folder.glob(f"{name}.*")):
        return None, (
            f"news windows are not kept, for want of the calendar {name}: {names(news)}; write it as "
            f"calendar/{name}.csv in the data folder"
        )
    return read_calendar(find_calendar(data_dir, name)), ""


def names(windows: Sequence[Any]) -> str:
    """Ids of windows, each once."""
    return ", ".join(dict.fromkeys(each.id for each in windows))


def words_of(rules: Rules) -> list[str]:
    """What a person should know of what is not kept in a backtest."""
    bindings = rules.bindings()
    said = []
    awaited = [each.path for each in bindings if each.kept == "awaited" and is_asked(rules, each.path)]
    if awaited:
        said.append(f"rules of {rules.first.id} that this version does not keep yet: {', '.join(awaited)}")
    live: dict[str, list[str]] = {}
    for each in bindings:
        if each.kept == "live":
            live.setdefault(each.by, []).append(each.path)
    said += [
        f"not part of a backtest, for want of {what}: {', '.join(paths)}" for what, paths in live.items()
    ]
    if not rules.guarded:
        said.append("our guard is off: no rungs, no headroom, no forecast; the firm's limits alone hold")
    return said


def is_asked(rules: Rules, path: str) -> bool:
    """Without our guard its keys are not asked for."""
    return rules.guarded or not path.startswith("guard.")
