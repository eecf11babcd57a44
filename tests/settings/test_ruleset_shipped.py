"""What ships: every file at every size and phase, its sources, and the key of each rule."""

from __future__ import annotations

import pytest

from holdfast.settings.ruleset.base import Part
from holdfast.settings.ruleset.bindings import (
    BINDINGS,
    MAPPINGS,
    NO_LIMITS,
    READS,
    REMARKS,
    reader_of,
)
from holdfast.settings.ruleset.case import Facts
from holdfast.settings.ruleset.file import load_ruleset, shipped_ids
from holdfast.settings.ruleset.floors import FloorLimit
from holdfast.settings.ruleset.lint import lint_ruleset
from holdfast.settings.ruleset.phases import resolve
from holdfast.settings.ruleset.provenance import provenance, rules_of
from holdfast.settings.ruleset.ruleset import Ruleset
from holdfast.settings.ruleset.schema import leaves, models_in
from holdfast.settings.ruleset.words import explain

IDS = list(shipped_ids())
PROGRAMMES = {name.rsplit(".", 1)[0] for name in IDS}


@pytest.mark.parametrize("name", IDS)
def test_every_size_lints_clean(name: str) -> None:
    """No finding at all on the day on which the sources were read; later their age is a warning."""
    loaded = load_ruleset(name)
    assert lint_ruleset(loaded, Facts(today=loaded.ruleset.version, rules=set(READS))).findings == ()


@pytest.mark.parametrize("name", IDS)
def test_every_phase_can_be_explained(name: str) -> None:
    """Each rule in force has a sentence, and each floor a level below the start."""
    ruleset = load_ruleset(name).ruleset
    for phase in [each.id for each in ruleset.phases] or [None]:
        stage = resolve(ruleset, phase)
        lines = {each.path: each for each in explain(stage)}
        assert all(each.sentence.endswith(".") for each in lines.values())
        for limit in stage.limits:
            if isinstance(limit, FloorLimit) and ruleset.account.initial_balance is not None:
                assert 0 < lines[f"limits.{limit.id}"].levels["floor"] < ruleset.account.initial_balance


@pytest.mark.parametrize("name", [each for each in IDS if not each.startswith("own.")])
def test_every_rule_of_a_firm_has_source_and_confidence(name: str) -> None:
    """What has none cannot be checked by anybody."""
    ruleset = load_ruleset(name).ruleset
    known = {path: provenance(ruleset, path, part) for path, part in rules_of(ruleset)}
    assert [path for path, each in known.items() if each.url is None or each.confidence is None] == []


@pytest.mark.parametrize("name", IDS)
def test_every_doubt_says_what_to_ask(name: str) -> None:
    """A D in the sources comes with an unknown that names it, or the page above it."""
    ruleset = load_ruleset(name).ruleset
    assert all(each.assume and each.ask for each in ruleset.unknown)


def test_the_firms_and_profiles_that_ship() -> None:
    """The promised list."""
    assert {
        "the5ers.high_stakes", "ftmo.two_step", "ftmo.one_step", "fundednext.stellar_two_step",
        "e8.classic", "e8.one", "e8.signature", "fundingpips.two_step", "fundingpips.zero",
        "topstep.combine", "apex.intraday", "alpha.pro", "breakout.one_step", "breakout.two_step",
        "hyrotrader.on_chain", "hyrotrader.standard", "own.system_a", "own.system_c",
    } <= PROGRAMMES  # fmt: skip
    assert {f"the5ers.high_stakes.{size}" for size in ("5k", "10k", "20k", "60k", "100k")} <= set(IDS)


def test_system_a_lets_a_grid_fill_its_levels() -> None:
    """What is prudent for one position would forbid a grid; each class has its own session stop."""
    ruleset = load_ruleset("own.system_a.grid").ruleset
    pct = {each.id: each.amount.pct for each in ruleset.limits}
    assert (pct["setup_session_loss"], pct["grid_session_loss"], pct["catastrophe_24h"]) == (5, 25, 45)
    assert (ruleset.guard.max_open_risk_pct.setup, ruleset.guard.max_open_risk_pct.grid) == (5, 100)
    assert ruleset.guard.max_margin_pct == 70
    assert ruleset.guard.max_positions is not None
    assert ruleset.guard.max_positions.grid == 4


def test_every_key_of_the_schema_has_a_reader() -> None:
    """A limit that no rule reads is a promise that nobody keeps."""
    assert [path for path in leaves() if reader_of(path) is None] == []


def test_every_binding_is_a_key_of_the_schema() -> None:
    """A binding of a key that was renamed proves nothing."""
    known = set(leaves())
    assert sorted(set(BINDINGS) - known) == []
    assert [
        start for start in NO_LIMITS if not any(f"{path}.".startswith(f"{start}.") for path in known)
    ] == []
    assert known >= MAPPINGS


def test_a_limit_cannot_pass_as_a_remark() -> None:
    """No key of limits or guard is excused by a prefix."""
    excused = [path for path in leaves() if path not in BINDINGS and path.split(".")[-1] not in REMARKS]
    assert not [
        path for path in excused if path.startswith(("limits", "guard", "exposure", "conduct", "windows"))
    ]


def test_every_rule_name_stands_once() -> None:
    """Each key is read by one rule."""
    keys = [key for places in READS.values() for above, words in places.items() for key in words.split()]
    assert len(keys) == len(BINDINGS)


def models() -> set[type[Part]]:
    """Every model of the schema."""
    found, left = {Ruleset}, [Ruleset]
    while left:
        for field in left.pop().model_fields.values():
            new = set(models_in(field.annotation)) - found
            found |= new
            left += new
    return found


def test_every_key_is_documented() -> None:
    """The page of the schema is written from these."""
    bare = [
        f"{each.__name__}.{n}" for each in models() for n, f in each.model_fields.items() if not f.description
    ]
    assert bare == []
