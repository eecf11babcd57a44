"""The one gate: tighter never lets through more, and nothing that opens goes around it."""

from __future__ import annotations

from checks import passes_the_gate, tighter_is_never_looser
from hypothesis import given
from hypothesis import strategies as st
from nasty_markets import Size, sizes
from tiers import examples


@examples(50)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 120), hedging=st.booleans(), isolated=st.booleans())
def test_a_tighter_limit_never_lets_through_what_a_looser_one_refused(
    seed: int, steps: int, hedging: bool, isolated: bool
) -> None:
    """In any state, for any order and any limits, tightening any of them only ever refuses more."""
    tighter_is_never_looser(seed, steps, hedging, isolated)


@examples(30)
@given(size=sizes)
def test_every_order_that_opens_or_grows_was_approved_as_it_stands(size: Size) -> None:
    """First entries, grid levels, moves and re-sizes: the venue sees the quantity and price that the gate saw."""
    passes_the_gate(size)
