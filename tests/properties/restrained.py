"""Random markets whose account is held to random rules and floors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from nasty_markets import random_floor, random_guard

from holdfast.engine.control import on_floor_given, on_guard_given, on_instrument_listed
from holdfast.model.events import FloorGiven, GuardGiven, InstrumentListed
from holdfast.model.units import RATE
from holdfast.records import copy_record
from holdfast.simulator import simulation
from holdfast.simulator.simulation import Scenario
from holdfast.simulator.world import World


def relist(rng: np.random.Generator, world: World, instrument_id: int) -> None:
    """An instrument with currencies, lots and a reserve."""
    known = world.state.instruments[instrument_id]
    listed = InstrumentListed(group_id=known.group_id, group_sign=int(rng.choice([-1, 1])))
    copy_record(listed.contract, known.contract)
    listed.base_currency, listed.quote_currency = (int(rng.integers(4)) for _ in range(2))
    listed.lot_steps, listed.reserve = int(rng.choice([0, 1, 100])), int(rng.integers(RATE // 2))
    on_instrument_listed(world.state, world.outbox, listed)


def restrain(world: World, seed: int) -> None:
    """Give the account its rules and a floor or two."""
    rng = np.random.default_rng(seed)
    for i in range(1, world.state.instrument_watermark + 1):
        relist(rng, world, i)
    given = GuardGiven()
    copy_record(given.guard, random_guard(rng))
    on_guard_given(world.state, world.outbox, given)
    for row in range(1, 1 + int(rng.integers(3))):
        floor = FloorGiven(floor_row=row)
        copy_record(floor.floor, random_floor(rng, world.state.account.balance))
        on_floor_given(world.state, world.outbox, floor)
    world.outbox.notice_count = 0


@contextmanager
def restrained(seed: int) -> Iterator[None]:
    """Within this block every world begins with rules and floors of its own."""
    build = simulation.build_world

    def built(scenario: Scenario) -> World:
        world = build(scenario)
        restrain(world, seed)
        return world

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "build_world", built)
        yield
