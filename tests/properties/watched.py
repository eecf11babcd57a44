"""The interpreted loop with an observer after every event and after every exchange of commands and reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from survey import orders_of, overpromised, unprotected, wrong

from holdfast.model.order import OrderStatus
from holdfast.model.state import State
from holdfast.simulator import happenings, loop, world
from holdfast.simulator.simulation import Outcome, Scenario, Simulation
from holdfast.simulator.world import World

EVENTS = {
    loop: ("on_plan", "on_price"),
    world: ("on_order_report",),
    happenings: (
        "on_boundary",
        "on_exit_request",
        "on_closure",
        "on_funding",
        "on_rollover",
        "on_tick_value",
    ),
}


class PropertyError(AssertionError):
    """Something that must always hold does not: the event, and what is wrong."""


def followed(handler: Callable[..., None], look: Callable[[State], list[str]]) -> Callable[..., None]:
    """An event handler that is looked at afterwards."""

    def handle(state: State, outbox: Any, event: Any) -> None:
        handler(state, outbox, event)
        if found := look(state):
            raise PropertyError(
                f"after event {state.sequence}, {type(event).__name__}: {'; '.join(found[:5])}"
            )

    return handle


def settled(pump: Callable[[World], None]) -> Callable[[World], None]:
    """An exchange with the venue that is looked at once both sides have fallen silent."""

    def exchange(both: World) -> None:
        pump(both)
        if found := unprotected(both.state) + overpromised(both.state) + disagreements(both):
            raise PropertyError(
                f"after everything of event {both.state.sequence} is answered: {'; '.join(found[:5])}"
            )

    return exchange


def disagreements(both: World) -> list[str]:
    """Where core and venue do not hold the same orders, positions and money."""
    state, market = both.state, both.market
    found = []
    if market.wallet != state.account.balance:
        found.append(f"the venue's wallet is {market.wallet}, the core's balance {state.account.balance}")
    for i in range(1, state.instrument_watermark + 1):
        for mine, theirs in zip(state.instruments[i].positions, market.books[i].positions, strict=True):
            if (mine.quantity, mine.entry_value) != (theirs.quantity, theirs.entry_value):
                found.append(f"instrument {i}: we hold {mine.quantity}, the venue says {theirs.quantity}")
    for row in orders_of(state):
        ours, venues = state.orders[row], market.orders[row]
        mine = (ours.order_id, ours.limit_price, ours.trigger_price, ours.quantity, ours.filled_quantity)
        theirs = (
            venues.order_id,
            venues.limit_price,
            venues.trigger_price,
            venues.quantity,
            venues.filled_quantity,
        )
        if mine != theirs or not venues.active or ours.status not in (OrderStatus.LIVE, OrderStatus.PARTIAL):
            found.append(f"order {row}: we say {mine} {ours.status}, the venue {theirs} {venues.active}")
        if ours.amends_pending or ours.cancel_pending:
            found.append(f"order {row} still waits for an answer")
    return found


@contextmanager
def watching(look: Callable[[State], list[str]] = wrong) -> Iterator[None]:
    """Within this block the interpreted loop is watched."""
    with pytest.MonkeyPatch.context() as patch:
        for module, names in EVENTS.items():
            for name in names:
                patch.setattr(module, name, followed(getattr(module, name), look))
        for module in (loop, happenings):
            patch.setattr(module, "pump", settled(module.pump))
        yield


def run_watched(scenario: Scenario, look: Callable[[State], list[str]] = wrong) -> Outcome:
    """Run interpreted, looking after every event."""
    with watching(look):
        return Simulation(scenario, interpreted=True).run()
