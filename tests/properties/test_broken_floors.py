"""Every property of floors, trips and purses fails on an engine with the mistake that it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import floor_checks
import pytest

from holdfast.engine import fills, obedience
from holdfast.model.enums import Severity
from holdfast.risk import floors, judge, marks, rules, trips

Patch = pytest.MonkeyPatch
DUELS = [(seed, 220, seed % 2 == 0) for seed in range(60)]


def judges_the_close_alone(patch: Patch) -> None:
    """The adverse extreme of an interval does not count."""
    patch.setattr(
        marks, "worst_exit", lambda instrument, side: instrument.bid if side > 0 else instrument.ask
    )
    patch.setattr(floor_checks, "observed_now", true_observed)


def true_observed(state: Any, floor: Any) -> int:
    """What should have been seen: every position at the worst of its last interval."""
    if floor.scope != 1 or floor.observed != 2:
        return 1 << 60
    low = 0
    for row in state.instruments[1:3]:
        for k, position in enumerate(row.positions):
            low += marks.pnl_at(position, row, 1 - 2 * k, row.low if k == 0 else row.high + row.ask - row.bid)
    return int(state.account.balance + min(low, state.account.unrealized_pnl)) if low < 0 else 1 << 60


def looks_too_low(patch: Patch) -> None:
    """The next look is planned a little under the rung."""
    true = judge.next_down
    patch.setattr(judge, "next_down", lambda floor, exit_cost: true(floor, exit_cost) - 10**9)


def forgets_the_ratchet(patch: Patch) -> None:
    """A trail of our own that follows the anchor down as well, though nobody has accepted a loss."""
    held, true = floors.ratcheted, floors.level_under
    patch.setattr(floors, "ratcheted", lambda floor, anchor: anchor if floor.own else held(floor, anchor))

    def loose(floor: Any, anchor: int) -> int:
        kept, floor.ratchet = floor.ratchet, floor.ratchet and not floor.own
        level = true(floor, anchor)
        floor.ratchet = kept
        return level

    patch.setattr(floors, "level_under", loose)


def keeps_fees_from_purses(patch: Patch) -> None:
    """A strategy does not pay for its fills."""
    true = fills.attribute
    patch.setattr(
        fills, "attribute", lambda state, row, amount: true(state, row, amount) if amount >= 0 else None
    )


def marks_the_wrong_purse(patch: Patch) -> None:
    """Open profit goes to nobody."""
    patch.setattr(marks, "attribute_mark", lambda state, owner, change, low: None)


def lifts_without_looking(patch: Patch) -> None:
    """A trip that ends leaves its scope free, whatever else restrains it."""

    def free(state: Any, scope: int, scope_id: int) -> None:
        settle(state, scope, scope_id)
        if scope == 1 and any(t.rule and t.scope == 1 for t in state.trips):
            state.account.severity = Severity.NORMAL

    settle = trips.settle_scope
    patch.setattr(trips, "settle_scope", free)


def skips_the_strategy_scope(patch: Patch) -> None:
    """The gate looks at the account and the instrument only."""

    def partly(state: Any, mandate: Any) -> int:
        return max(state.severity, state.account.severity, state.instruments[mandate.instrument_id].severity)

    patch.setattr(rules, "severity_for", partly)


def never_obeys(patch: Patch) -> None:
    """A trip is noted and nothing is asked at the gate."""
    patch.setattr(rules, "severity_for", lambda state, mandate: Severity.NORMAL)


def forgets_to_judge(patch: Patch) -> None:
    """Equity is looked at only when the balance moved."""

    def seldom(state: Any, outbox: Any) -> None:
        if state.account.balance != state.account.judged_balance:
            obedience.judge(state, outbox)

    patch.setattr(obedience, "look", seldom)


CASES: list[tuple[Callable[[Patch], None], Callable[..., None]]] = [
    (judges_the_close_alone, floor_checks.floors_are_watched),
    (looks_too_low, floor_checks.floors_are_watched),
    (forgets_the_ratchet, floor_checks.floors_are_watched),
    (forgets_to_judge, floor_checks.floors_are_watched),
    (keeps_fees_from_purses, floor_checks.floors_are_watched),
    (marks_the_wrong_purse, floor_checks.floors_are_watched),
    (lifts_without_looking, floor_checks.floors_are_watched),
    (skips_the_strategy_scope, floor_checks.nothing_new_while_halted),
    (never_obeys, floor_checks.nothing_new_while_halted),
]


def passes(check: Callable[..., None], example: tuple[int, int, bool]) -> bool:
    """Whether a property holds for an example."""
    try:
        check(*example)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("plant, check", CASES, ids=lambda value: value.__name__)
def test_a_broken_engine_is_caught(
    plant: Callable[[Patch], None], check: Callable[..., None], monkeypatch: Patch
) -> None:
    """The whole engine passes the first example; the broken one fails one of them."""
    assert passes(check, DUELS[0])
    plant(monkeypatch)
    assert any(not passes(check, example) for example in DUELS)


def test_a_purse_of_a_strategy_is_told_apart_from_its_class() -> None:
    """Rows of strategies and classes never meet."""
    from holdfast.model.purse import class_purse
    from holdfast.model.units import CLASSES, PURSES, STRATEGIES

    rows = [class_purse(i) for i in range(CLASSES)]
    assert min(rows) > STRATEGIES
    assert max(rows) < PURSES
