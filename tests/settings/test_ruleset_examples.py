"""The worked examples of the specification load as they stand there, and draw the levels that it names."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import yaml
from pydantic import TypeAdapter
from small_ruleset import read
from worked_rulesets import FRAGMENTS, HIGH_STAKES, TWO_STEP

from holdfast.settings.ruleset.case import Facts
from holdfast.settings.ruleset.days import Consistency
from holdfast.settings.ruleset.file import load_ruleset
from holdfast.settings.ruleset.floors import FloorLimit, Limit
from holdfast.settings.ruleset.levels import floor_level, ladder_of, rungs
from holdfast.settings.ruleset.lint import lint_ruleset
from holdfast.settings.ruleset.phases import resolve
from holdfast.settings.ruleset.ruleset import Ruleset
from holdfast.settings.ruleset.text import parse_text
from holdfast.settings.ruleset.windows import Window

D = Decimal


def floor_of(ruleset: Ruleset, name: str) -> FloorLimit:
    """A limit that draws a floor."""
    limit = ruleset.limit(name)
    assert isinstance(limit, FloorLimit)
    return limit


@pytest.mark.parametrize("text", [HIGH_STAKES, TWO_STEP], ids=["high_stakes", "two_step"])
def test_the_worked_examples_pass_lint(text: str) -> None:
    """They may warn (figures without a source), and nothing refuses them."""
    loaded = read(text)
    assert lint_ruleset(loaded, Facts(today=loaded.ruleset.version)).errors == ()


HIGH_STAKES_DAYS = [
    ("20000", "19000", "19600 19400 19300 19200"),
    ("20650", "19650", "20250 20050 19950 19850"),
    ("20400", "19400", "20000 19800 19700 19600"),
    ("19000", "18050", "18620 18430 18335 18240"),
]


@pytest.mark.parametrize("source", ["written", "shipped"])
@pytest.mark.parametrize("anchor, floor, steps", HIGH_STAKES_DAYS)
def test_the5ers_daily_floor_and_rungs(source: str, anchor: str, floor: str, steps: str) -> None:
    """The stricter of 5 % of the anchor and 5 % of the initial balance, and our four rungs before it."""
    ruleset = (read(HIGH_STAKES) if source == "written" else load_ruleset("the5ers.high_stakes.20k")).ruleset
    limit = floor_of(ruleset, "daily_loss")
    level = floor_level(limit, D(20000), D(anchor))
    ladder = ladder_of(limit, ruleset.guard)
    assert level == D(floor)
    assert ladder is not None
    assert list(rungs(ladder, D(anchor), level).values()) == [D(each) for each in steps.split()]


def test_the5ers_total_floor_and_rungs() -> None:
    """18,000 for ever."""
    ruleset = read(HIGH_STAKES).ruleset
    limit = floor_of(ruleset, "total_loss")
    ladder = ladder_of(limit, ruleset.guard)
    assert floor_level(limit, D(20000), D(23000)) == D(18000)
    assert ladder is not None
    assert list(rungs(ladder, D(20000), D(18000)).values()) == [D(19000), D(18700), D(18400), D(18200)]


@pytest.mark.parametrize("anchor, floor", [("100000", "95000"), ("104000", "99000"), ("97000", "92000")])
def test_ftmo_daily_floor(anchor: str, floor: str) -> None:
    """Always 5,000 below the balance of Prague's midnight: open profit does not count."""
    limit = floor_of(load_ruleset("ftmo.two_step.100k").ruleset, "daily_loss")
    assert limit.anchor.quantity == "balance"
    assert floor_level(limit, D(100000), D(anchor)) == D(floor)


@pytest.mark.parametrize(
    "name, limit, initial, anchor, floor",
    [
        ("topstep.combine.50k", "mll", "50000", "50500", "48500"),
        ("topstep.combine.50k", "mll", "50000", "52500", "50000"),
        ("topstep.combine.50k", "mll", "50000", "54000", "50000"),
        ("topstep.combine.50k", "dll", "50000", "50800", "49800"),
        ("topstep.combine.150k", "mll", "150000", "150000", "145500"),
        ("apex.intraday.50k", "trail", "50000", "52600", "50100"),
        ("apex.intraday.50k", "trail", "50000", "60000", "50100"),
        ("e8.signature.100k", "daily_pause", "100000", "102435", "100435"),
        ("fundingpips.zero.100k", "total_loss", "100000", "102000", "97000"),
        ("fundingpips.zero.100k", "total_loss", "100000", "108000", "100000"),
        ("breakout.one_step.100k", "daily_loss", "100000", "105000", "100800"),
        ("alpha.pro.100k", "daily_loss", "100000", "104000", "98800"),
    ],
)
def test_floors_of_other_programmes(name: str, limit: str, initial: str, anchor: str, floor: str) -> None:
    """Trails, locks, money and percentages of the anchor, all from the one primitive."""
    assert floor_level(floor_of(load_ruleset(name).ruleset, limit), D(initial), D(anchor)) == D(floor)


def test_e8_one_holds_the_older_and_the_newer_reading() -> None:
    """6 % below the closed-balance high by the firm's page, 4 % by reviewers: the higher floor wins until it locks."""
    limit = floor_of(load_ruleset("e8.one.100k").ruleset, "total_loss")
    literal = limit.model_copy(update={"strict_alternates": ()})
    assert [floor_level(literal, D(100000), D(each)) for each in (101000, 106000, 110000)] == [
        95000,
        100000,
        100000,
    ]
    assert floor_level(limit, D(100000), D(101000)) == D(97000)


KINDS = {"e8.best_day": Consistency, "topstep.flat": Window}
PARTS = parse_text(FRAGMENTS, "fragments").values


@pytest.mark.parametrize("name", PARTS)
def test_the_fragments_fit_the_schema(name: str) -> None:
    """Each needs an id and nothing else."""
    part = {"id": name.replace(".", "_"), **PARTS[name]}
    assert TypeAdapter(KINDS.get(name, Limit)).validate_python(part).id == part["id"]


def test_numbers_are_never_floats() -> None:
    """3.3 is 3.3 and 0.6 is 0.6, to the last digit; a float is refused."""
    ftmo, five = read(TWO_STEP).ruleset, read(HIGH_STAKES).ruleset
    assert ftmo.exposure.leverage["equities"] == D("3.3")
    assert five.guard.risk_per_trade_pct is not None
    assert five.guard.risk_per_trade_pct.setup == D("0.6")
    with pytest.raises(ValueError, match="a float is not exact"):
        Ruleset.model_validate(yaml.safe_load(TWO_STEP))


def test_a_phase_switches_windows_and_overrides_leverage() -> None:
    """News and weekend hold for funded Standard alone; Swing has less leverage."""
    ruleset = read(TWO_STEP).ruleset
    windows = {each.id: [w.id for w in resolve(ruleset, each.id).windows] for each in ruleset.phases}
    assert windows == {
        "challenge": [],
        "verification": [],
        "funded_standard": ["news_standard", "weekend_standard"],
        "funded_swing": [],
    }
    assert resolve(ruleset, "funded_swing").exposure.leverage["fx"] == 30
    assert resolve(ruleset, "funded_standard").exposure.leverage["fx"] == 100


def test_the_version_is_a_day() -> None:
    """An account is bound to it."""
    assert read(HIGH_STAKES).binding["version"] == "2026-06-05"
    assert read(HIGH_STAKES).ruleset.version == date(2026, 6, 5)
