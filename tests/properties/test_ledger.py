"""Fills in any order and split, with everything else that moves money between them, keep the ledger exact."""

from __future__ import annotations

from checks import keeps_its_ledger
from hypothesis import given
from hypothesis import strategies as st
from tiers import examples


@examples(120)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 250), hedging=st.booleans())
def test_fills_in_any_order_and_split_keep_the_ledger(seed: int, steps: int, hedging: bool) -> None:
    """Netting and hedging accounts, funding, rollover, moving tick values, cash, forced closures, duplicates and
    strangers: the account equals its identity, its trades, its instruments, and another ledger."""
    keeps_its_ledger(seed, steps, hedging)
