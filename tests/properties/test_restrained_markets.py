"""Whole runs under the account's rules and floors: the sums hold after every event, and both modes agree."""

from __future__ import annotations

from checks import adds_up, is_one_engine, passes_the_gate, stays_true
from hypothesis import given
from hypothesis import strategies as st
from nasty_markets import Size, sizes
from restrained import restrained
from tiers import examples

seeds = st.integers(0, 2**32)


@examples(20)
@given(size=sizes, seed=seeds)
def test_nothing_kept_differs_under_the_accounts_rules(size: Size, seed: int) -> None:
    """Stressed losses, maintenance, groups, currencies, reserves and members as a walk through the tables finds."""
    with restrained(seed):
        stays_true(size)


@examples(20)
@given(size=sizes, seed=seeds)
def test_interpreted_equals_compiled_under_the_accounts_rules(size: Size, seed: int) -> None:
    """Entries made to fit, shares closed by the margin ladder, entries taken back for headroom: to the bit."""
    with restrained(seed):
        is_one_engine(size)


@examples(10)
@given(size=sizes, seed=seeds)
def test_what_is_placed_is_what_the_gate_allowed(size: Size, seed: int) -> None:
    """A smaller size too; and the ledger adds up."""
    with restrained(seed):
        passes_the_gate(size)
        adds_up(size)
