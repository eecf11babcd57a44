"""Floors, trips and purses under an unruly venue: what is kept incrementally is what a slow walk finds."""

from __future__ import annotations

from floor_checks import floors_are_watched, nothing_new_while_halted
from hypothesis import given
from hypothesis import strategies as st
from tiers import examples

seeds = st.integers(0, 2**32)


@examples(100)
@given(seed=seeds, steps=st.integers(1, 220), hedging=st.booleans())
def test_no_floor_is_missed_and_no_ratchet_falls(seed: int, steps: int, hedging: bool) -> None:
    """Between two judgements nothing happened; purses add up; a scope stands where its worst trip puts it."""
    floors_are_watched(seed, steps, hedging)


@examples(60)
@given(seed=seeds, steps=st.integers(1, 220), hedging=st.booleans())
def test_nothing_new_leaves_while_a_scope_is_halted(seed: int, steps: int, hedging: bool) -> None:
    """I1, whichever rule halted whichever enclosing scope."""
    nothing_new_while_halted(seed, steps, hedging)
