"""Every lint rule refuses (or warns of) the one file that breaks it, with file, line, path and mend."""

from __future__ import annotations

# ruff: noqa: E501  # a broken place and what is said of it stand side by side
from datetime import date
from decimal import Decimal

import pytest
from small_ruleset import SOUND, broken, read, refusal, report

from holdfast.settings.ruleset.bindings import BINDINGS, READS
from holdfast.settings.ruleset.finding import Finding, RulesetError
from holdfast.settings.ruleset.lint import CHECKS

LADDER = "{warn: 40, reduce: 60, block: 70, flatten: 80}"
ZONE = 'day_boundary: {zone: America/New_York, at: "17:00"}'
OWN = ("initial_balance: 20000", "capital: {base: equity}")
COUNTED = ("limits:\n", "exposure: {leverage: {fx: 30}}\nlimits:\n")


def line_of(text: str, word: str) -> int:
    """The line in which a word stands first."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if word in line)


def test_a_sound_file_has_no_finding() -> None:
    """What the tests below break is whole."""
    assert report(SOUND).findings == ()


ERRORS = [
    # two rules share an id, across families too
    (("  - id: total_loss", "  - id: daily_loss"), "limits.1.id", "stands in limits already", "name of its own"),
    (("  - id: news\n", "  - id: good_day\n"), "windows.0.id", "stands in counters already", "name of its own"),
    # references
    (("counter: good_day", "counter: god_day"), "phases.step1.min_days.counter", "no counter", "good_day"),
    (("next: funded", "next: founded"), "phases.step1.next", "no phase", "funded"),
    (("disable: [news]", "disable: [nwes]"), "phases.funded.rules", "no rule 'nwes'", "news"),
    (("disable: [news]", "disable: [news], enable: [news]"), "phases.funded.rules", "enabled and disabled", "Remove"),
    (
        ("disable: [news]", "override: {limits.dayly_loss.amount.pct: 3}"),
        "phases.funded.rules.override",
        "no 'dayly_loss'",
        "daily_loss",
    ),
    (
        ("disable: [news]", "override: {limits.daily_loss.amount.pct: many}"),
        "phases.funded.rules.override",
        "does not fit",
        "Correct",
    ),
    # a rule that holds in no phase
    (("    next: funded", "    next: funded\n    rules: {disable: [news]}"), "windows.news", "no phase has", "Remove"),
    # sources about nothing
    (("{field: limits,", "{field: limit,"), "sources.0.field", "no part of this ruleset", "limits"),
    # a guard rung at, or beyond, the firm's limit; rungs that do not rise
    ((LADDER, LADDER.replace("80", "100")), "guard.daily_ladder_pct_of_allowance.flatten", "no tighter", "below 100"),
    ((LADDER, LADDER.replace("60", "75")), "guard.daily_ladder_pct_of_allowance.block", "beyond reduce", "rise"),
    (("amount: {pct: 5, of: initial}", "amount: {pct: 5, of: initial}\n    ladder: off"), "limits.daily_loss",
     "no rung of ours", "ladder: daily"),
    # a firm's floors that entries are not held against
    (("guard:\n", "guard:\n  headroom_reserve: null\n"), "guard.headroom_reserve", "not held against", "headroom_reserve"),
    # other guards looser than the firm
    (("guard:\n", "guard:\n  max_open_risk_pct: 6\n"), "guard.max_open_risk_pct.setup", "looser than", "At most 5"),
    (("martingale: allowed\nguard:\n", "martingale: allowed\n  requests_per_day: 100\nguard:\n  messages: {per_day: 101}\n"),
     "guard.messages.per_day", "looser than the firm's 100", "100 or below"),
    (("guard:\n", "exposure: {leverage: {fx: 30}}\nguard:\n  max_gross_leverage: 31\n"), "guard.max_gross_leverage",
     "looser than the firm's 30", "30 or below"),
    (("counters:\n", "  - {id: idea, kind: idea_loss, amount: {pct: 3, of: initial}}\ncounters:\n"),
     "guard.risk_per_trade_pct.setup", "no tighter than 'idea'", "Lower"),
    # unknowns without an assumption
    (("sources:\n", "unknown: [{field: clock, ask: when}]\nsources:\n"), "unknown.0", "nothing is assumed", "assume:"),
    (("guard:\n", "exposure: {max_lots: {unknown: true}}\nguard:\n"), "exposure.max_lots", "nothing is assumed", "assume:"),
    (("    forbids: [open]\n", "    forbids: [open]\n    fill_protective: {allowed: unknown}\n"),
     "windows.news.fill_protective", "nothing is assumed", "assume:"),
    (("sample: day_boundary}\n", "sample: day_boundary, ratchet: up}\n    lock: {unknown: true}\n"),
     "limits.daily_loss.lock", "nothing is assumed", "assume:"),
    # a bare offset
    ((ZONE, 'day_boundary: {zone: Etc/GMT-3, at: "00:00"}'), "clock.day_boundary.zone", "bare offset", "city"),
    ((ZONE, 'day_boundary: {zone: EST, at: "17:00"}'), "clock.day_boundary.zone", "bare offset", "alternates"),
    # a lock that would lower a floor; bases that are not there; a limit as large as the account
    (("sample: day_boundary}\n", "sample: day_boundary}\n    lock: {level: {of: initial}}\n"), "limits.daily_loss.lock",
     "would lower", "ratchet: up"),
    (OWN, "limits.daily_loss.amount", "does not name", "initial_balance"),
    (("{pct: 10, of: initial}", "{pct: 10, of: capital}"), "limits.total_loss.amount", "nothing of capital", "capital"),
    (("{pct: 10, of: initial}", "{abs: 20000}"), "limits.total_loss.amount.abs", "the whole account", "Correct"),
    # strategies against conduct
    (("martingale: allowed\n", "martingale: banned\nstrategy_classes: [grid]\n"), "conduct.martingale",
     "bans martingale", "sign"),
    (("martingale: allowed\n", "automation: banned\nstrategy_classes: [setup]\n"), "conduct.automation",
     "does not let a program", "sign"),
]  # fmt: skip


@pytest.mark.parametrize(
    "change, path, problem, mend", ERRORS, ids=[f"{n}-{e[1]}" for n, e in enumerate(ERRORS)]
)
def test_each_error_names_file_line_and_mend(
    change: tuple[str, str], path: str, problem: str, mend: str
) -> None:
    """One broken place, one refusal."""
    text = broken(change)
    if "idea_loss" in change[1]:
        text = text.replace("guard:\n", "guard:\n  risk_per_trade_pct: 3\n")
    found = [each for each in report(text).errors if each.path == path]
    assert found, report(text).findings
    assert found[0].file == "mine.yaml"
    assert problem in found[0].problem
    assert mend in found[0].mend
    assert found[0].line > 1
    assert str(found[0]).startswith(f"mine.yaml:{found[0].line}: ")


@pytest.mark.parametrize(
    "change, word",
    [
        ((LADDER, LADDER.replace("80", "100")), "flatten: 100"),
        (("next: funded", "next: founded"), "next: founded"),
        (("    calendar: forexfactory\n", '    zone: EST\n    at: "17:00"\n    calendar: x\n'), "zone: EST"),
        (("{pct: 10, of: initial}", "{abs: 20000}"), "abs: 20000"),
        ((ZONE, 'day_boundary: {zone: EST, at: "17:00"}'), "zone: EST"),
    ],
)
def test_the_line_is_that_of_the_broken_key(change: tuple[str, str], word: str) -> None:
    """Counted by hand: the line in which the broken word stands."""
    text = broken(change)
    assert line_of(text, word) in [each.line for each in report(text).errors]


WARNINGS = [
    (("{pct: 10, of: initial}", "{pct: 10, of: initial}\n  - {id: wide, anchor: {quantity: balance, sample: day_boundary}, "
      "amount: {pct: 6, of: initial}}"), "limits.wide", "never bind", "catastrophe: true"),
    (("martingale: allowed", "martingale: unknown"), "conduct.martingale", "taken as banned", "assume"),
    (("martingale: allowed\n", "martingale: discouraged\nstrategy_classes: [grid]\n"), "conduct.martingale",
     "discourages", "Ask the firm"),
    (("  - {field: windows, url: page, confidence: A}\n", ""), "windows.news", "no source", "sources"),
    (("{field: limits, url: page,", "{field: limits, url: page, as_of: 2026-01-01,"), "sources", "155 days", "Check"),
    (("counters:\n", "  - {id: idea, kind: idea_loss, amount: {pct: 3, of: initial}, merge: {reentry_within_s: 301}}\ncounters:\n"),
     "guard.reentry_lock_min", "still count", "Write 6"),
]  # fmt: skip


@pytest.mark.parametrize("change, path, problem, mend", WARNINGS, ids=[each[1] for each in WARNINGS])
def test_each_warning_is_shown_and_refuses_nothing(
    change: tuple[str, str], path: str, problem: str, mend: str
) -> None:
    """A warning is for a person to judge."""
    found = report(broken(change))
    assert found.errors == ()
    assert [each.path for each in found.warnings] == [path]
    assert problem in found.warnings[0].problem
    assert mend in found.warnings[0].mend


def test_a_catastrophe_stop_is_one_on_purpose() -> None:
    """The last resort behind a tighter limit is not warned of."""
    wide = "{id: wide, catastrophe: true, anchor: {quantity: balance, sample: day_boundary}, amount: {pct: 6, of: initial}}"
    assert report(broken(("{pct: 10, of: initial}", "{pct: 10, of: initial}\n  - " + wide))).findings == ()


def test_limits_of_classes_above_the_accounts_own() -> None:
    """However the capital is divided, the account stops first."""
    grid = (
        "  - {id: grids, scope: class, classes: [grid], anchor: {quantity: capital, sample: session}, "
        "amount: {pct: 25, of: capital}, ladder: off}\ncounters:\n"
    )
    text = broken(
        ("initial_balance: 20000", "initial_balance: 20000, capital: {base: equity}"), ("counters:\n", grid)
    )
    assert [each.path for each in report(text).warnings] == ["limits.grids"]
    assert "can never be reached together" in report(text).warnings[0].problem


def test_a_signed_conflict_passes() -> None:
    """A person takes the ban upon themselves, by name and with a reason."""
    signed = (
        "signed: [{field: conduct.martingale, by: Ada, on: 2026-06-05, reason: the firm agreed in writing}]\n"
    )
    text = broken(("martingale: allowed\n", "martingale: banned\nstrategy_classes: [grid]\n"))
    assert report(text).errors
    assert report(text + signed).errors == ()


def test_the_class_of_a_bound_strategy_counts_too() -> None:
    """The file may leave the class open; the binding knows it."""
    text = broken(("martingale: allowed", "martingale: banned"))
    assert report(text).errors == ()
    assert report(text, strategy_classes=("grid",)).errors[0].path == "conduct.martingale"


def test_an_adapter_without_stops() -> None:
    """A stop at the venue needs a venue that holds one; unknown adapters are said to be unchecked."""
    text = broken(("martingale: allowed", "martingale: allowed\n  require_broker_sl: {within_s: 0}"))
    assert report(text, native_stops=True).errors == ()
    assert report(text, native_stops=False).errors[0].path == "conduct.require_broker_sl"
    assert any("stop at the venue" in reason for reason in report(text).skipped)


def test_room_to_get_out() -> None:
    """Daily: 1,000 x 20 % = 200 of room. Leaving 100,000 at 0.3 % costs 300, at 0.1 % costs 100."""
    dear = broken(("guard:\n", "guard:\n  flatten_cost_model: {spread_pct: 0.1, slippage_pct: 0.2}\n"))
    cheap = dear.replace("slippage_pct: 0.2", "slippage_pct: 0")
    found = report(dear, max_exposure=Decimal(100000)).errors
    # Total: 2,000 x 10 % is as much. The file leaves that ladder to its default, so the line is the guard's.
    assert {each.path.split(".")[1] for each in found} == {
        "daily_ladder_pct_of_allowance",
        "total_ladder_pct_of_allowance",
    }
    assert "room for 200.00" in found[0].problem
    assert "costs 300.00" in found[0].problem
    assert report(cheap, max_exposure=Decimal(100000)).errors == ()


def test_a_check_that_cannot_be_made_says_why() -> None:
    """Nothing is passed over in silence."""
    assert "the largest exposure is not known" in report(SOUND).skipped[0]
    assert "no `flatten_cost_model`" in report(SOUND, max_exposure=Decimal(1)).skipped[0]


def test_a_key_that_no_rule_reads_is_refused() -> None:
    """System A carried three limits that nobody read."""
    unbound = {key: rule for key, rule in BINDINGS.items() if key != "limits.floor.amount.pct"}
    found = report(SOUND, bindings=unbound).errors
    assert {each.path for each in found} == {"limits.daily_loss.amount.pct", "limits.total_loss.amount.pct"}
    assert "no rule reads" in found[0].problem


def test_a_rule_that_the_engine_lacks_is_refused() -> None:
    """A key may be bound to a rule that this engine does not have."""
    assert report(SOUND, rules=set(READS)).errors == ()
    found = report(SOUND, rules=set(READS) - {"windows"}).errors
    assert [each.path for each in found] == ["windows.news.kind"]
    assert "'windows', which this engine does not have" in found[0].problem


SCHEMA = [
    (("guard:\n", "guard:\n  grid_max_daily_loss_percent: 25\n"), "no rule reads the key 'guard.grid_max_daily_loss_percent'", ""),
    (("sample: once", "sample: onces"), "limits.total_loss.anchor.sample is 'onces'", "once"),
    (("    kind: news", "    kind: mews"), "windows.news.kind is 'mews'", "news"),
    (("martingale: allowed", "martingle: allowed"), "no rule reads the key 'conduct.martingle'", "martingale"),
    (("{pct: 10, of: initial}", "{pct: 10}"), "a percent needs its base", "Correct"),
    (("{pct: 10, of: initial}", "{pct: 10, of: initial, abs: 5}"), "either `pct` with `of`, or `abs`", "Correct"),
    (("{pct: 10, of: initial}", "{pct: ten, of: initial}"), "limits.total_loss.amount.pct is 'ten'", "Correct"),
    (("{pct: 10, of: initial}", "{pct: NaN, of: initial}"), "limits.total_loss.amount.pct is 'NaN'", "Correct"),
    (("version: 2026-06-05\n", ""), "'version' is missing", "Add it"),
    (("America/New_York", "America/NewYork"), "no zone of the IANA list", "Correct"),
    (('"17:00"', '"25:00"'), "no time of day", "Correct"),
    (("holdfast.ruleset/1", "holdfast.ruleset/2"), "schema is 'holdfast.ruleset/2'", "Write holdfast.ruleset/1"),
    (("  - id: daily_loss\n", "  - id: daily_loss\n    kind: flor\n"), "is 'flor'", "floor"),
]  # fmt: skip


@pytest.mark.parametrize("change, problem, mend", SCHEMA)
def test_the_schema_refuses_in_words(change: tuple[str, str], problem: str, mend: str) -> None:
    """With the line, and the word that was meant."""
    found = refusal(broken(change))
    assert problem in found.problem
    assert mend in found.mend
    assert (
        found.line == line_of(broken(change), change[1].strip().split("\n")[-1].strip())
        or "missing" in problem
    )


def test_all_findings_come_at_once() -> None:
    """A person mends a file once, not once for each finding."""
    text = broken(("sample: once", "sample: onces"), ("martingale: allowed", "martingale: maybe"))
    with pytest.raises(RulesetError, match="1 more") as caught:
        read(text)
    assert len(caught.value.findings) == 2


def test_every_check_is_tested_here() -> None:
    """A new check without a failing file would be found by its missing finding."""
    assert len(CHECKS) == 32
    assert all(check.__doc__ for check in CHECKS)
    assert isinstance(report(SOUND, today=date(2027, 1, 1)).warnings[0], Finding)
