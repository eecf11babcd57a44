"""What must survive a restart at any point, one by one: rules told again with a restart before every single event.

Each process ends without a word and the next one reads the state as the journal keeps it. The rule's own test, which
knows nothing of that, must pass all the same.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import example_desk
import pytest

from holdfast.journal.forms import read_state, version_of
from holdfast.journal.rows import SNAPSHOT, as_json
from holdfast.model.commands import Command
from holdfast.model.state import State
from holdfast.records import named

TESTS = Path(__file__).parents[1]


def load(path: str) -> Any:
    """A file of tests by its path: two folders may have files of one name."""
    name = f"restarts_{Path(path).stem}"
    spec = importlib.util.spec_from_file_location(name, TESTS / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


test_authority, test_flatten = load("scenarios/test_authority.py"), load("scenarios/test_flatten.py")
test_floors, test_phases = load("scenarios/test_floors.py"), load("scenarios/test_phases.py")
test_streaks, test_windows = load("scenarios/test_streaks.py"), load("scenarios/test_windows.py")
test_targets = load("examples/test_targets.py")

RULES: dict[str, list[Callable[..., Any]]] = {
    "the day and its counts": [
        test_streaks.test_messages_of_a_day_are_counted_and_only_what_increases_is_refused,
        test_streaks.test_a_pause_without_a_time_lasts_until_the_next_day,
    ],
    "the session": [test_authority.test_s25_each_session_counts_from_its_own_capital],
    "the losing streak": [
        test_streaks.test_s57_the_third_stop_out_within_an_hour_closes_the_instrument_for_an_hour,
        test_streaks.test_a_strategy_pauses_on_all_its_instruments,
        test_streaks.test_a_side_that_has_just_lost_is_locked,
    ],
    "the pause and the smaller sizes after it": [
        test_streaks.test_a_pause_ends_with_a_price_too_and_smaller_sizes_follow,
        test_streaks.test_the_clock_alone_ends_a_pause,
    ],
    "the latch": [
        test_authority.test_s24_a_latch_outlives_midnight_and_the_next_session,
        test_authority.test_s26_a_reset_is_refused_while_the_condition_holds,
    ],
    "floors": [
        test_floors.test_the_total_floor_never_moves,
        test_floors.test_s14_a_trail_of_day_end_balances_never_falls_and_locks,
        test_floors.test_a_ratchet_survives_whatever_follows,
        test_authority.test_s21_each_strategy_is_stopped_by_its_own_loss,
    ],
    "windows": [
        test_windows.test_s60_a_resting_entry_is_away_over_the_news_and_comes_back_at_a_fresh_size,
        test_windows.test_targets_leave_the_venue_and_are_re_armed_after,
    ],
    "a flatten half done": [test_flatten.test_s28_a_crash_after_one_close_leaves_exactly_two_to_close],
    "the stage of the targets": [
        test_targets.test_each_target_moves_the_stop_and_the_last_one_closes,
        test_targets.test_a_trailing_rung_follows_the_best_price_from_then_on,
    ],
    "the cool-down": [test_targets.test_after_a_close_the_strategy_cools_down],
    "holding times": [test_targets.test_an_exit_flag_is_obeyed_after_the_shortest_holding_time],
    "phases": [
        test_phases.test_the_target_is_passed_when_the_days_are_there_and_nothing_is_open,
        test_phases.test_a_day_that_gives_back_half_of_its_best_profit_is_over,
    ],
}  # fmt: skip
CASES = [(what, test) for what, tests in RULES.items() for test in tests]


def stored(state: State) -> State:
    """The state as it comes back from a journal."""
    return read_state(version_of(SNAPSHOT), as_json(named(state)))


@pytest.mark.parametrize(("what", "test"), CASES, ids=[f"{what}-{test.__name__}" for what, test in CASES])
def test_a_restart_before_every_event_changes_nothing(
    what: str, test: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    restarts = 0
    apply = example_desk.Desk.apply

    def restarted(self: Any, event: Any) -> list[Command]:
        nonlocal restarts
        restarts += 1
        self.engine.state = self.state = stored(self.engine.state)
        return apply(self, event)

    monkeypatch.setattr(example_desk.Desk, "apply", restarted)
    test()
    assert restarts > 3, what
