"""RR-33: every limiting key of the schema is read by something that is named, or the start is refused (S29)."""

from __future__ import annotations

import pytest

from holdfast.settings.ruleset.bindings import BINDINGS
from holdfast.settings.ruleset.file import load_ruleset, parse_ruleset, shipped
from holdfast.settings.ruleset.finding import RulesetError
from holdfast.settings.ruleset.text import parse_text
from holdfast.wiring.ruleset import reads as ruleset_reads
from holdfast.wiring.ruleset.bound import bindings_of, check_bound
from holdfast.wiring.ruleset.reads import AWAITED, FIELDS, NEEDS, OTHERS, kernels_reading, unread_fields
from holdfast.wiring.ruleset.rulesets import stages_of

# They ask for sizes in contracts or lots of a day, or for a take-profit on every order: said, not kept in silence.
REFUSED = {"apex.eod.50k", "apex.intraday.50k"}
REFUSED_FIRMS = ("topstep.", "fundingpips.two_step.")


def test_every_limiting_key_has_one_reader() -> None:
    """No key of the schema is without, none has two, and no reader is for a key that does not exist."""
    known = [*FIELDS, *OTHERS, *NEEDS]
    assert sorted(known) == sorted(set(known))
    assert set(known) == set(BINDINGS)


def test_every_field_is_read_by_a_kernel_or_awaited() -> None:
    """Looked up in the source of the rules, not believed."""
    unread = {field for key in FIELDS for field in unread_fields(key)}
    assert unread <= AWAITED


def test_a_binding_names_its_kernels() -> None:
    """A person sees what reads a limit."""
    by = {each.path: each.by for each in bindings_of(load_ruleset("the5ers.high_stakes.20k").ruleset)}
    assert "Reading.rate: floors.anchor_share" in by["limits.daily_loss.amount.pct"]
    assert "judge.climb" in by["guard.reduce_multiplier"]


@pytest.mark.parametrize("loaded", list(shipped()), ids=lambda loaded: loaded.ruleset.id)
def test_shipped_rulesets_are_kept_or_refused_with_line_and_mend(loaded: object) -> None:
    """Those that this engine cannot keep say so with a line."""
    name = loaded.ruleset.id  # type: ignore[attr-defined]
    stages = stages_of(loaded.ruleset, None)  # type: ignore[attr-defined]
    if name in REFUSED or name.startswith(REFUSED_FIRMS):
        with pytest.raises(RulesetError, match=r"\.yaml:\d+: "):
            check_bound(loaded, stages)  # type: ignore[arg-type]
    else:
        check_bound(loaded, stages)  # type: ignore[arg-type]


def test_a_rule_that_is_taken_out_leaves_its_keys_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """S29: the limit stands in the file, nothing in the engine reads it any more, the start is refused by its name."""
    left = {field: by for field, by in kernels_reading().items() if field != "Limits.order_count_max"}
    monkeypatch.setattr(ruleset_reads, "kernels_reading", lambda: left)
    loaded = load_ruleset("ftmo.two_step.100k")
    said = r"ftmo_two_step.yaml:\d+: nothing in this engine reads 'conduct.open_orders_max'"
    with pytest.raises(RulesetError, match=said):
        check_bound(loaded, stages_of(loaded.ruleset, None))


def test_an_unknown_key_names_itself() -> None:
    """S29 as system A had it: a key that the schema does not have."""
    text = ruleset_text().replace("conduct:", "grid_max_daily_loss_percent: 25\nconduct:")
    with pytest.raises(RulesetError, match="no rule reads the key 'grid_max_daily_loss_percent'"):
        parse_ruleset(parse_text(text, "own.yaml"))


def test_what_can_not_be_kept_is_refused_in_words() -> None:
    """A day boundary of one limit's own would be sampled at the wrong time."""
    text = ruleset_text().replace("observed: equity", 'observed: equity, clock: {zone: UTC, at: "03:00"}')
    loaded = parse_ruleset(parse_text(text, "own.yaml"))
    with pytest.raises(RulesetError, match="a day boundary of its own"):
        check_bound(loaded, stages_of(loaded.ruleset, None))


def test_reading_is_told_from_writing() -> None:
    """A field that is only written to is not read."""
    text = (
        "def kernel_a(floor):\n    floor.level = 1\n    floor.triggered += 1\n    return floor.anchor == 2\n"
    )
    found = {field for _, field in ruleset_reads.READ.findall(text)}
    assert found == {"anchor"}
    assert "Guard.exit_cost_multiple" in kernels_reading()


def ruleset_text() -> str:
    """A small one."""
    return """
schema: holdfast.ruleset/1
id: own.small
version: 2026-01-01
account: {initial_balance: 10000, currency: USD, position_mode: hedging}
clock:
  day_boundary: {zone: UTC, at: "00:00"}
limits:
  - {id: day, anchor: {quantity: balance, sample: day_boundary}, amount: {pct: 5, of: initial}, observed: equity}
conduct:
  open_orders_max: 5
"""
