"""Whole runs over random markets: both modes agree, the ledger adds up, nothing kept differs from what is found."""

from __future__ import annotations

from typing import Any

import numpy as np
from checks import adds_up, is_one_engine, stays_true
from hypothesis import given
from nasty_markets import Size, scenario, sizes
from tiers import examples

from holdfast.model.enums import Denial, Exit, Role
from holdfast.simulator.simulation import Simulation

UNREACHED = {  # these need a halt, a race, or a size that the core itself never asks for
    *(Denial.NONE, Denial.SEVERITY, Denial.ABOVE_MAXIMUM, Denial.OPPOSITE, Denial.TABLE_FULL),
    # and these a guard, floors or windows, which plain markets have not: tests/scenarios shows each of them
    *(denial for denial in Denial if denial > Denial.TABLE_FULL),
}


@examples(40)
@given(size=sizes)
def test_nothing_kept_ever_differs_from_what_a_walk_through_the_tables_finds(size: Size) -> None:
    """Equity, exposure, open risk, reservations, counts and lists hold after every single event; stops only tighten;
    core and venue agree, and every position is protected, whenever both have fallen silent."""
    stays_true(size)


@examples(40)
@given(size=sizes)
def test_interpreted_equals_compiled(size: Size) -> None:
    """Same digest, same venue, same tapes, to the bit."""
    is_one_engine(size)


@examples(40)
@given(size=sizes)
def test_the_ledger_adds_up(size: Size) -> None:
    """The account equals a Decimal walk through its executions, the venue's wallet, and the sum of its trades."""
    adds_up(size)


WANTED = {
    *(("exit", reason) for reason in (Exit.STOP_LOSS, Exit.TAKE_PROFIT, Exit.EXIT_SIGNAL, Exit.TIME_STOP)),
    *(
        ("exit", reason)
        for reason in (Exit.BREAK_EVEN, Exit.TRAILING_STOP, Exit.FORCE_EXIT, Exit.LIQUIDATION)
    ),
    *(("role", role) for role in (Role.ENTRY, Role.STOP, Role.TARGET, Role.EXIT)),
    *(("denial", denial) for denial in Denial if denial not in UNREACHED),
    *(("cash", name) for name in ("funding", "rollover")),
}


def test_the_markets_are_nasty_enough() -> None:
    """The generator reaches what the properties are about; otherwise they would prove nothing."""
    reached: set[tuple[str, Any]] = set()
    for seed in range(120):
        if reached >= WANTED:
            break
        size = Size(seed, 140, 1 + seed % 4, 6, seed % 2 == 0, seed % 3 == 0, wild=False)
        outcome = Simulation(scenario(size), interpreted=True).run()
        reached |= {("exit", Exit(reason)) for reason in np.unique(outcome.tapes["closed"]["exit"])}
        reached |= {("role", Role(role)) for role in np.unique(outcome.tapes["fills"]["role"]) if role < 4}
        denied = np.flatnonzero(outcome.state["denials"]["count"][0])
        reached |= {("denial", Denial(number)) for number in denied}
        reached |= {("cash", name) for name in ("funding", "rollover") if outcome.tapes["cash"][name].any()}
    assert reached >= WANTED, WANTED - reached
