"""Anchors, floors and day boundaries: scenarios S01 to S20 of the specification, as far as the core decides them."""

from __future__ import annotations

import pytest
from floor_kit import (
    LADDER,
    TOTAL,
    Account,
    AmountOf,
    Consequence,
    FlowKind,
    Quantity,
    Sample,
    floor,
    ftmo,
    high_stakes,
)

from holdfast.model.enums import Phase

INITIAL = AmountOf.INITIAL
MONEY = AmountOf.ABSOLUTE


@pytest.mark.parametrize(
    "balance, equity, level, rungs",
    [
        (20_000, 20_000, 19_000, (19_600, 19_400, 19_300, 19_200)),
        (20_400, 20_650, 19_650, (20_250, 20_050, 19_950, 19_850)),
        (20_400, 19_900, 19_400, (20_000, 19_800, 19_700, 19_600)),
        (19_000, 18_950, 18_050, (18_620, 18_430, 18_335, 18_240)),
    ],
)
def test_s01_s02_the_daily_floor_hangs_from_the_larger_of_balance_and_equity(
    balance: float, equity: float, level: float, rungs: tuple[float, ...]
) -> None:
    """The table of The5ers High Stakes 20K: of 5 % of the anchor and 5 % of the initial balance the stricter counts."""
    account = Account(20_000, *high_stakes(guard=True))
    account.stand(balance, equity)
    account.day()
    assert account.level() == level
    assert account.rungs() == rungs


def test_the_total_floor_never_moves() -> None:
    account = Account(20_000, *high_stakes(guard=True))
    for balance, equity in ((20_400, 20_650), (21_500, 21_500), (20_100, 19_900)):
        account.stand(balance, equity)
        account.day()
        assert account.level(2) == 18_000
        assert account.rungs(2) == (19_000, 18_700, 18_400, 18_200)


def test_s03_touching_the_floor_is_a_breach_and_a_cent_above_is_not() -> None:
    account = Account(20_000, *high_stakes(guard=True))
    account.hold()
    account.book(0.01)
    account.floating(-1_000)
    assert account.equity == 19_000.01
    assert account.may == "FLATTENING"
    assert not account.breached()
    account.book(-0.01)
    assert account.breached()
    breach = account.state.floors[1]
    assert (breach.breached_at_ns, breach.breach_sequence) == (account.now, account.state.sequence)
    assert account.notices_of("BREACHED") == [("BREACHED", "FLOOR", 19_000, 19_000)]


def test_s04_the_ladder_warns_reduces_blocks_and_flattens() -> None:
    account = Account(20_000, *high_stakes(guard=True))
    account.hold()
    said = []
    for equity in (19_600, 19_400, 19_300, 19_200):
        account.floating(equity - 20_000)
        said.append((account.may, account.state.floors[1].rung))
    assert said == [("NORMAL", 1), ("REDUCED", 2), ("NO_NEW", 3), ("FLATTENING", 4)]
    assert account.notices_of("WARNED") == [("WARNED", "FLOOR", 19_600, 19_600)]
    assert [each[2:] for each in account.notices_of("TRIPPED")] == [
        (19_400, 19_400),
        (19_300, 19_300),
        (19_200, 19_200),
    ]
    assert account.trade().phase == Phase.EXITING


def test_a_jump_over_several_rungs_goes_to_the_last_of_them() -> None:
    account = Account(20_000, *high_stakes(guard=True))
    account.hold()
    account.floating(-750)
    assert account.may == "NO_NEW"
    assert len(account.notices_of("TRIPPED")) == 1


def test_rungs_of_the_day_are_left_at_the_boundary_and_not_before() -> None:
    account = Account(20_000, *high_stakes(guard=True))
    account.hold()
    account.floating(-650)
    account.floating(100)
    assert account.may == "REDUCED"
    account.day()
    assert account.may == "NORMAL"


def test_a_day_that_opens_under_a_rung_starts_restrained() -> None:
    """Balance 20,400 and equity 19,900 at the boundary: the warn rung is 20,000, reduce 19,800."""
    account = Account(20_000, *high_stakes(guard=True))
    account.stand(20_400, 19_750)
    account.day()
    assert account.level() == 19_400
    assert account.may == "REDUCED"


def test_s06_open_profit_does_not_raise_a_floor_that_hangs_from_the_balance() -> None:
    account = Account(100_000, *ftmo())
    account.hold(10)
    account.book(4_000)
    account.floating(2_000)
    account.day()
    assert account.level() == 99_000


def test_s07_without_a_guard_the_floor_of_the_new_day_strikes_at_midnight() -> None:
    """Balance 104,000 with 7,000 floating loss: legal under yesterday's floor, breached the instant the day turns."""
    account = Account(100_000, *ftmo())
    account.hold(10)
    account.book(4_000)
    account.floating(-7_000)
    assert account.equity == 97_000
    assert not account.breached()
    account.day()
    assert account.level() == 99_000
    assert account.breached()


def test_s10_both_candidates_of_an_unclear_boundary_are_sampled_and_the_stricter_counts() -> None:
    account = Account(20_000, *high_stakes(), at="2026-01-14T20:00:00+00:00")
    account.stand(20_000, 20_300)
    account.day("2026-01-14T21:00:00+00:00", primary=False, closes=False)
    account.stand(20_000, 20_100)
    account.day("2026-01-14T22:00:00+00:00", opens=False)
    assert account.level() == 19_300


def test_between_the_candidates_the_old_floor_applies_beside_the_new_one() -> None:
    account = Account(20_000, *high_stakes(), at="2026-01-14T20:00:00+00:00")
    account.stand(20_000, 19_500)
    account.day("2026-01-14T21:00:00+00:00", primary=False, closes=False)
    assert account.level() == 19_000
    account.stand(19_600, 19_600)
    account.day("2026-01-14T22:00:00+00:00", opens=False)
    assert account.level() == 19_000  # of 19,000 sampled first (20,000 - 1,000) and 18,620, the higher


def test_s11_a_missed_boundary_is_worked_out_as_an_upper_bound() -> None:
    """Down over the boundary with 0.30 lots from 1.10000; the minute around it went from 1.10150 to 1.10250."""
    account = Account(20_000, *high_stakes())
    account.hold(0.3)
    account.price(1.10200, low=1.10150, high=1.10250)
    account.day(reconstructed=True)
    assert account.level() == 19_075
    assert account.state.floors[1].reconstructed


def test_s12_a_withdrawal_is_not_a_loss() -> None:
    """The highest equity of 24 hours was 12,000; 3,000 are withdrawn."""
    window = floor(
        Quantity.EQUITY, Sample.ROLLING, (20, AmountOf.ANCHOR), initial=12_000, own=True,
        window_ns=24 * 3_600 * 10**9, bucket_ns=60 * 10**9, ladder=(0, 0, 0, 1.0), consequence=Consequence.NOTE,
    )  # fmt: skip
    account = Account(12_000, window)
    account.flow(-3_000, FlowKind.WITHDRAWAL)
    assert account.state.floors[1].anchor == 9_000 * 10**8
    assert account.level() == 7_200
    assert account.may == "NORMAL"


def test_s13_a_refund_is_no_profit_and_an_untyped_one_is_not_understood() -> None:
    account = Account(20_000, *high_stakes())
    challenge = account.phase(initial=20_000 * 10**8, target=20_050 * 10**8, counter=1, days_needed=1)
    challenge.counters[1].counts = True
    challenge.counters[1].least = 100 * 10**8
    account.flow(95, FlowKind.REFUND)
    assert account.state.challenge.profit == 0
    account.day()
    assert account.state.challenge.counters[1].count == 0
    assert not account.state.account.unknown
    account.flow(95, FlowKind.UNTYPED)
    assert account.state.account.unknown
    assert account.may == "NO_NEW"


def test_s14_a_trail_of_day_end_balances_never_falls_and_locks() -> None:
    """Topstep 50K: 2,000 under the highest balance at a day's end, locked at the start."""
    loss = floor(Quantity.BALANCE, Sample.DAY, (2_000, MONEY), initial=50_000, ratchet=True, lock=50_000)
    account = Account(50_000, loss)
    account.hold()
    levels = []
    for balance in (50_500, 50_000, 52_500, 54_000):
        account.book(balance - account.balance)
        account.day()
        levels.append(account.level())
    assert levels == [48_500, 48_500, 50_000, 50_000]


def test_s15_a_peak_within_the_day_does_not_move_a_day_end_trail() -> None:
    loss = floor(Quantity.BALANCE, Sample.DAY, (2_000, MONEY), initial=50_000, ratchet=True, lock=50_000)
    account = Account(50_000, loss)
    account.hold()
    account.book(500)
    account.day()
    account.floating(1_400)
    account.floating(-1_900)
    assert (account.level(), account.breached()) == (48_500, False)
    account.floating(-2_000)
    assert account.breached()


def test_s16_a_daily_limit_that_only_pauses_is_no_failure() -> None:
    """Topstep's daily limit: our rung flattens at 80 %; if it is reached all the same the account rests until 17:00."""
    limit = floor(
        Quantity.BALANCE, Sample.DAY, (1_000, MONEY), initial=50_000, ladder=LADDER, consequence=Consequence.PAUSE
    )  # fmt: skip
    limit.ladder.resumes = True
    account = Account(50_000, limit)
    account.hold()
    account.book(800)
    account.day()
    account.floating(-800)
    assert account.may == "FLATTENING"
    assert not account.breached()
    account.floating(-1_000)
    assert account.breached()
    assert account.state.challenge.failed_at_ns == 0
    account.floating(0)
    assert account.may == "FLATTENING"
    account.day()
    assert account.may == "NORMAL"


def test_s17_signature_pauses_on_the_smaller_of_balance_and_equity() -> None:
    pause = floor(
        Quantity.BALANCE, Sample.DAY, (2, INITIAL), initial=100_000, observed=Quantity.WORST,
        consequence=Consequence.PAUSE,
    )  # fmt: skip
    account = Account(100_000, pause)
    account.hold(10)
    account.book(2_435)
    account.day()
    assert account.level() == 100_435
    account.floating(-2_000)
    assert account.may == "FLATTENING"
    account.floating(500)
    account.day()
    assert account.may == "NORMAL"


def test_s18_a_trail_of_closed_balances_ignores_open_profit() -> None:
    """E8 One 100K as of 2024: 6 % of the initial balance under the highest closed balance, locked at the start."""
    trail = floor(Quantity.BALANCE, Sample.CLOSE, (6, INITIAL), initial=100_000, ratchet=True, lock=100_000)
    account = Account(100_000, trail)
    account.hold(10)
    account.floating(3_000)
    assert account.level() == 94_000
    levels = []
    for balance in (101_000, 106_000, 110_000):
        account.book(balance - account.balance)
        levels.append(account.level())
    assert levels == [95_000, 100_000, 100_000]


def test_s19_a_trail_of_equity_follows_every_tick_and_open_loss_has_a_cap_of_its_own() -> None:
    """FundingPips Zero 100K: 5 % under the highest equity, locked at the start; open loss never beyond 1 %."""
    trail = floor(Quantity.EQUITY, Sample.TICK, (5, INITIAL), initial=100_000, ratchet=True, lock=100_000)
    cap = floor(
        Quantity.FLOATING, Sample.ONCE, (1, INITIAL), initial=100_000, observed=Quantity.FLOATING,
        ladder=(0.4, 0.6, 0.7, 0.8),
    )  # fmt: skip
    account = Account(100_000, trail, cap)
    account.hold(10)
    levels = []
    for equity in (102_000, 105_000, 108_000):
        account.floating(equity - 100_000)
        levels.append(account.level())
    assert levels == [97_000, 100_000, 100_000]
    account.book(3_000)  # room under the trail, so that the cap alone speaks
    account.floating(-790)
    assert account.may == "NO_NEW"
    account.floating(-800)
    assert account.may == "FLATTENING"
    assert not account.breached(2)
    account.floating(-1_000)
    assert account.breached(2)


def test_the_high_of_an_interval_raises_a_trail_before_its_low_is_judged() -> None:
    """Wicks count: price went up 20 ticks x 10 lots and came back within one interval."""
    trail = floor(Quantity.EQUITY, Sample.TICK, (2_500, MONEY), initial=50_000, ratchet=True, lock=50_100)
    account = Account(50_000, trail)
    account.hold(1)
    account.price(1.1, low=1.1, high=1.12)
    assert account.level() == 49_500


def test_s20_only_the_boundary_samples() -> None:
    """Breakout 1-step: 4 % of the balance at 00:30 UTC; what the account was at 00:00 does not matter."""
    daily = floor(Quantity.BALANCE, Sample.DAY, (4, AmountOf.ANCHOR), initial=100_000)
    account = Account(100_000, daily)
    account.hold(10)
    account.book(9_000)
    assert account.level() == 96_000
    account.book(-4_000)
    account.floating(2_000)
    account.day()
    assert account.level() == 100_800


def test_a_ratchet_survives_whatever_follows() -> None:
    loss = floor(Quantity.EQUITY, Sample.TICK, (10, INITIAL), initial=20_000, ratchet=True, ladder=TOTAL)
    account = Account(20_000, loss)
    account.hold()
    highest = 0.0
    for equity in (20_100, 21_000, 20_200, 20_900, 21_500, 19_800):
        account.floating(equity - 20_000)
        assert account.level() >= highest
        highest = account.level()
    assert highest == 19_500


def test_the_nearest_approach_is_remembered_with_its_moment() -> None:
    account = Account(20_000, *high_stakes())
    account.hold()
    account.floating(-400)
    lowest_at = account.now
    account.price(1.1, after=1)
    account.day()
    nearest = account.state.floors[1]
    assert nearest.nearest == 600 * 10**8
    assert account.state.floors[2].nearest == 1_600 * 10**8
    assert nearest.nearest_at_ns == lowest_at
