"""An order never leaves its table, and a position never stands alone, whatever a venue reports and when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from survey import unprotected, wrong
from tiers import examples
from unruly_venue import Duel

from holdfast.engine.orders import advance
from holdfast.model.order import TABLE, TRANSITIONS, WORKING, OrderStatus, Step
from holdfast.model.state import State

seeds = st.integers(0, 2**32)


class Watch:
    """Looks at every order after every event: it stands where it stood, or one legal step further."""

    def __init__(self) -> None:
        self.seen: dict[int, OrderStatus] = {}

    def __call__(self, state: State) -> None:
        now = {
            order.order_id: OrderStatus(order.status)
            for order in state.orders[1 : state.order_watermark + 1]
            if order.status
        }
        for order_id, before in self.seen.items():
            ends = [status for status in TABLE[before].values() if not WORKING[status]]
            allowed = {before, *TABLE[before].values()}
            assert now.get(order_id, before) in allowed
            assert order_id in now or ends, f"an order vanished from {before.name}"
        for order_id in now.keys() - self.seen.keys():
            assert now[order_id] is OrderStatus.PLANNED
        self.seen = now
        assert not (found := wrong(state)), f"after event {state.sequence}: {found[:5]}"


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
    assert all(row[step] == OrderStatus.FREE for row in TRANSITIONS for step in (Step.NONE,))


@examples(120)
@given(seed=seeds, steps=st.integers(1, 250), hedging=st.booleans(), isolated=st.booleans())
def test_no_report_of_a_venue_breaks_the_core(seed: int, steps: int, hedging: bool, isolated: bool) -> None:
    """Late, partial, repeated, nonsensical: orders stay in their table, and everything kept stays true."""
    duel = Duel(seed, hedging, isolated, look=Watch())
    for _ in range(steps):
        duel.step()


@examples(120)
@given(seed=seeds, steps=st.integers(1, 250), hedging=st.booleans())
def test_when_all_is_answered_every_position_has_its_stop_and_is_the_venues(
    seed: int, steps: int, hedging: bool
) -> None:
    """A stop for all of it, or an exit on its way; quantities are those of the venue, nothing twice, nothing lost."""
    duel = Duel(seed, hedging)
    for _ in range(steps):
        duel.step()
    duel.calm()
    for _ in range(12):  # an exit that was refused is tried again after a while
        duel.wait()
    assert unprotected(duel.state) == []
    for (instrument_id, side), quantity in duel.held.items():
        assert duel.state.instruments[instrument_id].positions[0 if side > 0 else 1].quantity == quantity
