"""An order never leaves its table, and a position never stands alone, whatever a venue reports and when."""

from __future__ import annotations

import pytest
from checks import is_protected, may_always_leave, stays_in_its_table
from hypothesis import given
from hypothesis import strategies as st
from tiers import examples

from holdfast.engine.orders import advance
from holdfast.model.order import TABLE, TRANSITIONS, OrderStatus, Step
from holdfast.model.state import State

seeds = st.integers(0, 2**32)


@pytest.mark.parametrize("status", list(OrderStatus))
@pytest.mark.parametrize("step", list(Step))
def test_a_step_leads_where_the_table_says_or_nowhere(status: OrderStatus, step: Step) -> None:
    """What the table does not allow changes nothing and is counted."""
    state = State()
    state.orders[1].status = status
    allowed = TABLE.get(status, {}).get(step)
    assert advance(state, state.orders[1], step) is (allowed is not None)
    assert state.orders[1].status == (status if allowed is None else allowed)
    assert state.unknown_reports == (1 if allowed is None else 0)


@examples(200)
@given(status=st.sampled_from(list(OrderStatus)), steps=st.lists(st.sampled_from(list(Step)), max_size=30))
def test_random_steps_never_leave_the_table(status: OrderStatus, steps: list[Step]) -> None:
    """From any status, any sequence of steps stays within the table, and an end is an end."""
    state = State()
    order = state.orders[1]
    order.status = status
    for step in steps:
        before = OrderStatus(order.status)
        advance(state, order, step)
        assert order.status == before or order.status in TABLE[before].values()
        assert before in TABLE or order.status == before


def test_the_compiled_table_is_the_written_one() -> None:
    """What kernels read is what the docs are drawn from; nothing leads back to an unused row or to a plan."""
    for status in OrderStatus:
        for step in Step:
            assert TRANSITIONS[status][step] == TABLE.get(status, {}).get(step, OrderStatus.FREE)
    assert not any(
        target in (OrderStatus.FREE, OrderStatus.PLANNED)
        for steps in TABLE.values()
        for target in steps.values()
    )


@examples(100)
@given(seed=seeds, steps=st.integers(1, 250), hedging=st.booleans(), isolated=st.booleans())
def test_no_report_of_a_venue_breaks_the_core(seed: int, steps: int, hedging: bool, isolated: bool) -> None:
    """Late, partial, repeated, nonsensical: orders stay in their table, and everything kept stays true."""
    stays_in_its_table(seed, steps, hedging, isolated)


@examples(100)
@given(seed=seeds, steps=st.integers(1, 250), hedging=st.booleans())
def test_when_all_is_answered_every_position_has_its_stop_and_is_the_venues(
    seed: int, steps: int, hedging: bool
) -> None:
    """A stop for all of it, or an exit on its way; quantities are those of the venue, nothing twice, nothing lost."""
    is_protected(seed, steps, hedging)


@examples(60)
@given(seed=seeds, steps=st.integers(1, 250), hedging=st.booleans())
def test_no_limit_and_no_halt_keeps_a_position_from_leaving(seed: int, steps: int, hedging: bool) -> None:
    """Limits refuse what opens, never what closes."""
    may_always_leave(seed, steps, hedging)
