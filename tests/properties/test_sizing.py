"""Sizes, ladders and stops over random contracts: the budget is never exceeded, and rounding is never against us."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from checks import ladder_holds, stays_in_budget
from hypothesis import assume, given
from hypothesis import strategies as st
from nasty_markets import between, random_contract
from tiers import examples

from holdfast.engine.ladder import split_ladder
from holdfast.engine.stops import break_even, stop_from
from holdfast.model.instrument import Contract, fee_of, notional_of, pnl_of, worth, worth_up
from holdfast.model.mandate import Mandate
from holdfast.model.trade import Trade, average_of
from holdfast.model.units import RATE
from holdfast.risk.sizing import level_quantity, setup_quantity

seeds = st.integers(0, 2**32)


def contract_and_price(rng: np.random.Generator) -> tuple[Contract, int]:
    """A random contract and a price that it has seen."""
    price = int(between(rng, 60, 300_000))
    return random_contract(rng, 1, 2 * price), price


@examples(400)
@given(seed=seeds)
def test_a_setup_never_loses_more_than_its_budget_at_the_stop(seed: int) -> None:
    """Costs included, whatever the score; and no step is left out that would still fit."""
    stays_in_budget(seed, setup_quantity)


@examples(200)
@given(seed=seeds)
def test_a_level_never_costs_more_than_its_share_of_the_capital(seed: int) -> None:
    """Share of capital times leverage, rounded down."""
    rng = np.random.default_rng(seed)
    contract, price = contract_and_price(rng)
    trade, mandate = Trade(), Mandate()
    trade.capital = int(between(rng, 1, 1e7)) * RATE
    share, mandate.leverage = int(rng.integers(1, RATE + 1)), int(rng.integers(1, 100)) * RATE
    quantity = level_quantity(contract, trade, mandate, price, share)
    assert 0 <= quantity <= contract.quantity_max
    money = Fraction(trade.capital * share * mandate.leverage, RATE * RATE)
    assert notional_of(contract, price, quantity) <= money


@examples(300)
@given(
    minimum=st.integers(1, 9),
    shares=st.lists(st.one_of(st.just(0), st.integers(0, RATE)), min_size=1, max_size=8),
    stages=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 100)), min_size=1, max_size=6),
)
def test_target_volumes_add_up_to_the_position(
    minimum: int, shares: list[int], stages: list[tuple[int, int]]
) -> None:
    """For any shares, count and venue minimum, while entries still fill and targets already do."""
    ladder_holds(minimum, shares, stages, split_ladder)


@examples(200)
@given(seed=seeds)
def test_a_stop_never_protects_less_than_its_rate(seed: int) -> None:
    """Average and distance are rounded towards the price."""
    rng = np.random.default_rng(seed)
    contract, price = contract_and_price(rng)
    trade = Trade()
    trade.side = int(rng.choice([-1, 1]))
    quantity = int(rng.integers(1, 1_000_000))
    value = quantity * price + int(rng.integers(0, quantity))
    trade.stop_rate = int(rng.integers(1, RATE // 2))
    found = stop_from(contract, trade, average_of(value, quantity, trade.side > 0))
    exact = Fraction(value, quantity) * (1 - trade.side * Fraction(trade.stop_rate, RATE))
    assert trade.side * (found - exact) >= 0
    assert abs(found - exact) < 3  # a tick of the average, and one of the distance


@examples(200)
@given(seed=seeds)
def test_break_even_is_never_a_loss(seed: int) -> None:
    """What was paid for the open part, what was carried, and the fee of leaving are all earned back."""
    rng = np.random.default_rng(seed)
    contract, price = contract_and_price(rng)
    trade = Trade()
    trade.side = int(rng.choice([-1, 1]))
    trade.entry_quantity = int(rng.integers(1, max(2, min(contract.quantity_max, 1_000_000))))
    trade.quantity = int(rng.integers(1, trade.entry_quantity + 1))
    trade.entry_value = trade.quantity * price + int(rng.integers(0, trade.quantity))
    trade.entry_fees = max(0, fee_of(contract, price, trade.entry_quantity, bool(rng.integers(2))))
    trade.carry = -int(rng.integers(0, 1 + notional_of(contract, price, trade.quantity) // 1000))
    found = break_even(contract, trade)
    assume(1 < found < contract.price_max)
    assume(worth(contract, 4 * trade.quantity, price) >= 4)  # a tick of it is worth a unit of money at all
    gain = pnl_of(contract, trade.side, trade.quantity, trade.entry_value, found)
    paid = -(-trade.entry_fees * trade.quantity // trade.entry_quantity) - trade.carry
    assert gain >= paid + fee_of(contract, found, trade.quantity, False)


@examples(200)
@given(seed=seeds)
def test_money_is_rounded_against_us(seed: int) -> None:
    """Worth down, cost up, by less than one unit."""
    rng = np.random.default_rng(seed)
    contract, price = contract_and_price(rng)
    amount = int(rng.integers(-(10**9), 10**9))
    denominator = price if contract.self_converting else contract.tick_value_denominator
    exact = Fraction(amount * contract.tick_value_numerator, denominator)
    assert 0 <= exact - worth(contract, amount, price) < 1
    assert 0 <= worth_up(contract, amount, price) - exact < 1
