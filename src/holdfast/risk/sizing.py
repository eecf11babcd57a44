"""How much: risk budget over the loss at the stop, or a share of capital. Always rounded down."""

from __future__ import annotations

from holdfast.model.account import Account, sizing_base
from holdfast.model.arithmetic import mul_div, scale, scale_up
from holdfast.model.enums import Base
from holdfast.model.instrument import Contract, initial_margin, notional_of, worth_up
from holdfast.model.mandate import Mandate
from holdfast.model.trade import Trade
from holdfast.model.units import RATE
from holdfast.records import inlined, kernel


@inlined
def loss_at_stop(contract: Contract, side: int, quantity: int, price: int, stop_price: int) -> int:
    """Money lost from a price to the stop, both fees and commissions included; rounded up (risk.md 5.1)."""
    gap = worth_up(contract, side * (price - stop_price) * quantity, stop_price)
    turnover = notional_of(contract, price, quantity) + notional_of(contract, stop_price, quantity)
    return gap + scale_up(turnover, contract.taker_rate) + 2 * contract.commission * quantity


@kernel
def risk_budget(account: Account, risk_rate: int, score: int) -> int:
    """Money that one trade may lose: rate times score of the smaller of balance and equity."""
    return scale(sizing_base(account), scale(risk_rate, score))


@kernel
def setup_quantity(contract: Contract, budget: int, side: int, price: int, stop_price: int) -> int:
    """Steps that lose at most the budget at the stop (risk.md 5.1); 0 where there is no stop distance."""
    if side * (price - stop_price) <= 0 or stop_price <= 0:
        return 0
    sample = max(
        1, contract.quantity_min
    )  # many steps at once, so that rounding up a step's fee costs nothing
    loss = loss_at_stop(contract, side, sample, price, stop_price)
    quantity = mul_div(budget, sample, loss)
    for _ in range(4):  # the loss of the whole is rounded up once more than the sample's
        if quantity <= 0 or loss_at_stop(contract, side, quantity, price, stop_price) <= budget:
            break
        quantity -= 1
    return min(quantity, contract.quantity_max)


@kernel
def margin_quantity(contract: Contract, price: int, quantity: int, free: int) -> int:
    """The largest quantity up to this one whose initial margin is free (risk.md 5.2): halved until it fits."""
    if initial_margin(contract, notional_of(contract, price, quantity)) <= free:
        return quantity
    least = 0
    most = quantity
    for _ in range(32):
        if most - least <= 1:
            break
        middle = (least + most) // 2
        if initial_margin(contract, notional_of(contract, price, middle)) <= free:
            least = middle
        else:
            most = middle
    return least


@kernel
def grid_capital(account: Account, mandate: Mandate) -> int:
    """Money that one cycle may use as margin: its share of the capital base."""
    base = account.equity
    if mandate.base == Base.BALANCE:
        base = account.balance
    elif mandate.base == Base.FIXED:
        base = min(mandate.fixed_capital, account.equity)
    return scale(max(0, base), mandate.allocation)


@kernel
def level_quantity(contract: Contract, trade: Trade, mandate: Mandate, price: int, share: int) -> int:
    """Steps of one grid level: share of the cycle's capital x leverage / price, rounded down."""
    money = scale(scale(trade.capital, share), mandate.leverage)
    sample = max(1, contract.quantity_min)
    return min(mul_div(money, sample, notional_of(contract, price, sample)), contract.quantity_max)


@kernel
def share_of(total: int, rate: int) -> int:
    """A rate of a number of steps, to the nearest step with ties down (risk.md 5.5)."""
    return -((RATE - 2 * total * rate) // (2 * RATE))
