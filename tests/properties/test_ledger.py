"""Fills in any order and split, with everything else that moves money between them, keep the ledger exact."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tiers import examples
from unruly_venue import Duel

from holdfast.model.account import ledger_residual
from holdfast.model.enums import Phase
from holdfast.model.instrument import Contract
from holdfast.simulator.ledger import recompute

NAMES = ("realized_pnl", "fees", "funding", "rollover")


def of_trades(duel: Duel, name: str) -> int:
    """The sum over all trades, told and open."""
    told = sum(getattr(closed, name) for closed in duel.told)
    still = [trade for trade in duel.state.trades if trade.phase not in (Phase.IDLE, Phase.COOLDOWN)]
    return told + sum(getattr(trade, name) for trade in still)


def check_ledger(duel: Duel) -> None:
    """Account = identity = trades = instruments = a walk through the executions in Decimal."""
    account = duel.state.account
    assert ledger_residual(account) == 0
    contracts = [Contract(), duel.contracts[1], duel.contracts[2]]
    nothing = {"funding": np.zeros(0, np.int64), "rollover": np.zeros(0, np.int64)}
    found = recompute(account.start_balance, contracts, duel.lines, nothing, duel.hedging)
    assert Decimal(account.realized_pnl) == found.realized
    assert Decimal(account.fees) == found.fees
    moved = account.funding + account.rollover + account.cash_flows + account.adjustments
    assert Decimal(account.balance) == found.balance + moved
    for name in NAMES:
        assert getattr(account, name) == sum(getattr(i, name) for i in duel.state.instruments), name
        assert getattr(account, name) == of_trades(duel, name), name


@examples(150)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 250), hedging=st.booleans())
def test_fills_in_any_order_and_split_keep_the_ledger(seed: int, steps: int, hedging: bool) -> None:
    """Netting and hedging accounts, funding, rollover, moving tick values, cash, forced closures, duplicates and
    strangers: the account equals its identity, its trades, its instruments, and another ledger."""
    duel = Duel(seed, hedging)
    for _ in range(steps):
        duel.step()
        assert ledger_residual(duel.state.account) == 0
    duel.calm()
    check_ledger(duel)
