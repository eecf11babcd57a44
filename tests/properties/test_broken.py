"""Every property fails on an engine with the mistake that it is about; a check that nothing can fail proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import broken
import checks
import pytest
from nasty_markets import Size
from restrained import restrained

from holdfast.risk.sizing import setup_quantity

WORLDS = [Size(seed, 140, 1 + seed % 3, 5, seed % 2 == 0, False, wild=False) for seed in range(80)]
DUELS = [(seed, 220, seed % 2 == 0) for seed in range(120)]
LADDERS = [(1, [33_333_333, 33_333_333, 33_333_334], [(total, 50)]) for total in range(1, 40)]


def passes_the_gate_restrained(size: Size) -> None:
    """Under rules of the account, for which entries are made smaller."""
    with restrained(size.seed):
        checks.passes_the_gate(size)


CASES: list[tuple[Callable[..., None], Callable[..., None], list[Any]]] = [
    (broken.forgets_to_release, checks.stays_true, WORLDS),
    (broken.reserves_once, checks.stays_true, WORLDS),
    (broken.loosens_a_stop, checks.stays_true, WORLDS),
    (broken.forgets_the_stop, checks.stays_true, WORLDS),
    (broken.leaves_the_stop_small, checks.stays_true, WORLDS),
    (broken.unlinks_from_one_side, checks.stays_true, WORLDS),
    (broken.counts_trades_by_orders, checks.stays_true, WORLDS),
    (broken.marks_at_the_wrong_side, checks.stays_true, WORLDS),
    (broken.closes_twice, checks.stays_true, WORLDS),
    (broken.amends_what_it_likes, checks.stays_true, WORLDS),
    (broken.keeps_the_fee, checks.adds_up, WORLDS),
    (broken.rounds_profit_up, checks.adds_up, WORLDS),
    (broken.pays_a_unit_less_funding, checks.recomputes, WORLDS),
    (broken.pays_funding_to_the_wrong_side, checks.recomputes, WORLDS),
    (broken.rounds_funding_towards_us, checks.recomputes, WORLDS),
    (broken.misses_the_triple_day, checks.recomputes, WORLDS),
    (broken.skips_a_settlement, checks.recomputes, WORLDS),
    (broken.settles_at_another_price, checks.recomputes, WORLDS),
    (broken.reads_another_rule, checks.is_one_engine, WORLDS),
    (broken.skips_the_gate_for_grid_levels, checks.passes_the_gate, WORLDS),
    (broken.sends_more_than_was_asked, checks.passes_the_gate, WORLDS),
    (broken.counts_a_duplicate_fill, checks.keeps_its_ledger, DUELS),
    (broken.keeps_the_fee, checks.keeps_its_ledger, DUELS),
    (broken.rounds_profit_up, checks.keeps_its_ledger, DUELS),
    (broken.loses_a_fill_while_an_amend_is_out, checks.is_protected, DUELS),
    (broken.forgets_the_stop, checks.is_protected, DUELS),
    (broken.takes_no_for_an_answer, checks.is_protected, DUELS),
    (broken.asks_before_it_closes, checks.may_always_leave, DUELS),
    (broken.believes_any_status, checks.stays_in_its_table, [(*duel, False) for duel in DUELS]),
    (broken.forgets_to_release, checks.stays_in_its_table, [(*duel, False) for duel in DUELS]),
    (broken.forgets_a_direction, checks.stays_true, WORLDS),
    (broken.places_what_was_asked, passes_the_gate_restrained, WORLDS),
    (broken.judges_margin_by_what_fits, checks.tighter_is_never_looser, [(*duel, False) for duel in DUELS]),
    (broken.lets_small_limits_pass, checks.tighter_is_never_looser, [(*duel, False) for duel in DUELS]),
]


def passes(check: Callable[..., None], example: Any) -> bool:
    """Whether a property holds for an example; an assertion of the core itself counts as caught too."""
    try:
        check(*example) if isinstance(example, tuple) else check(example)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("plant, check, examples", CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_broken_engine_is_caught(
    plant: Callable[..., None],
    check: Callable[..., None],
    examples: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The whole engine passes the first of these examples; the broken one fails one of them."""
    assert passes(check, examples[0])
    plant(monkeypatch)
    assert any(not passes(check, example) for example in examples)


def test_a_size_rounded_up_is_caught() -> None:
    """One step too many is over the budget."""
    wrong = broken.rounds_a_size_up(setup_quantity)
    assert any(not passes(checks.stays_in_budget, (seed, wrong)) for seed in range(40))


def test_a_ladder_that_forgets_the_rest_is_caught() -> None:
    """Shares rounded one by one do not add up."""
    assert any(
        not passes(checks.ladder_holds, (*ladder, broken.splits_by_single_shares)) for ladder in LADDERS
    )
