"""The floor that will strike at the boundary is known before (RR-09): scenario S07 with our guard on."""

from __future__ import annotations

from typing import Any

from floor_kit import Account, ftmo, percent

from holdfast.model import events
from holdfast.model.enums import BoundaryKind, Phase

GUARD: dict[str, Any] = {"forecast_room": percent(30), "forecast_exits": percent(300)}


def under_water(loss: float) -> Account:
    """Balance 104,000 at 23:20 Prague; yesterday's anchor 100,000; what is open has lost this much."""
    account = Account(100_000, *ftmo(guard=True), at="2026-03-15T22:20:00+00:00", **GUARD)
    account.hold(10)
    account.book(4_000)
    account.floating(-loss)
    return account


def forecast(account: Account, close: bool = False) -> None:
    kind = BoundaryKind.FORECAST_CLOSE if close else BoundaryKind.FORECAST
    account._send(events.Boundary, kind=kind)


def test_s07_nothing_new_half_an_hour_before_a_floor_that_would_be_too_near() -> None:
    account = under_water(7_000)
    assert account.may == "REDUCED"
    forecast(account)
    assert account.may == "NO_NEW"
    assert ("TRIPPED", "FORECAST", 97_000, 99_000) in account.notices


def test_s07_losers_are_closed_ten_minutes_before_and_the_new_floor_hangs_lower() -> None:
    account = under_water(7_000)
    forecast(account)
    forecast(account, close=True)
    assert account.trade().phase == Phase.EXITING
    while account.orders("exit"):  # in slices, where the venue takes no more in one order
        account.fill(account.order("exit"), price=1.093, fee=0)
    assert account.balance == 97_000
    account.day()
    assert account.level() == 92_000
    assert not account.breached()
    assert account.may == "NORMAL"


def test_what_the_next_floor_leaves_room_for_is_left_alone() -> None:
    account = under_water(2_000)
    forecast(account)
    forecast(account, close=True)
    assert account.trade().phase == Phase.OPEN
    assert account.may == "NORMAL"


def test_the_forecast_follows_the_price_until_the_boundary() -> None:
    account = under_water(2_000)
    forecast(account)
    assert account.may == "NORMAL"
    account.floating(-3_600)
    assert account.may == "NO_NEW"
    account.day()
    account.floating(-3_600)
    assert ("LIFTED", "FORECAST") in [each[:2] for each in account.notices]
