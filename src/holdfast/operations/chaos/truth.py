"""Checkers that hold the engine's books against the venue's truth: positions, fills, money, limits."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import Any

from holdfast.model.account import ledger_residual
from holdfast.model.arithmetic import scale
from holdfast.model.commands import Command
from holdfast.model.enums import OrderType
from holdfast.model.instrument import entry_quote, notional_of
from holdfast.model.order import OrderStatus
from holdfast.model.state import State
from holdfast.operations.chaos.books import Bench
from holdfast.ports.venue import Execution
from holdfast.runtime.session import Session

UNSENT = (OrderStatus.PLANNED, OrderStatus.RELEASED)


def check_clean_sweep(checks: Bench, session: Session) -> None:
    """S5: a sweep that calls itself clean has found what the venue holds, where nothing has happened since."""
    world, state = checks.world, session.engine.state
    lag = round(world.mix.lag_s * 1e9)
    for i in range(1, world.exchange.count + 1):
        if world.exchange.filled_at[i] >= (session.resolver.swept_ns or 0) - lag:
            continue
        for k, side in enumerate((1, -1)):
            ours, theirs = (
                state.instruments[i].positions[k].quantity,
                world.exchange.book(i).positions[k].quantity,
            )
            if ours != theirs and not world.whispers(i):
                checks.violate(
                    "S5", f"Instrument {i}, side {side}: a clean sweep, {ours} held here, {theirs} there."
                )


def worst_quantity(checks: Bench, command: Command) -> int:
    """Steps held if all fills that may: at the venue, on the way to it, and decided but not sent."""
    world, session, i = checks.world, checks.session, command.instrument_id
    assert session is not None
    exchange = world.exchange
    total: int = exchange.book(i).positions[0 if command.side > 0 else 1].quantity
    total += exchange.entries(i, command.side)
    late = world.heap.now_ns - world.kind.facts.horizon_ns  # what arrives so old is refused, or a ghost
    flying = {r.name: r for r in world.wire.flying.values() if r.stamp_ns > late and r.instrument_id == i}
    total += sum(r.quantity for r in flying.values() if r.side == command.side and not r.reduce_only)
    row = session.engine.state.instruments[i].first_order
    while row:
        order = session.engine.state.orders[row]
        if not order.reduce_only and order.status in UNSENT and order.side == command.side:
            total += order.quantity
        row = order.next
    return total


def check_limits(checks: Bench, command: Command) -> None:
    """S2: with everything filled that may, the limits hold at the moment of the decision."""
    session, world = checks.session, checks.world
    if session is None or session.engine.state.ghosts or command.reduce_only:
        return
    state = session.engine.state
    mandate = state.mandates[state.trades[state.orders[command.order_row].trade_row].mandate_id]
    limits, instrument = state.limits[mandate.class_id], state.instruments[command.instrument_id]
    equity = max(0, state.account.equity)
    price = (
        command.limit_price
        if command.order_type == OrderType.LIMIT
        else entry_quote(instrument, command.side)
    )
    told = notional_of(instrument.contract, price, command.quantity)
    if limits.order_notional_max and told > scale(equity, limits.order_notional_max):
        checks.violate("S2", f"Order {command.order_id} is larger than an order may be.")
    if limits.position_notional_max and not world.wire.stale:
        whole = notional_of(instrument.contract, price, worst_quantity(checks, command))
        most = scale(equity, limits.position_notional_max)
        if whole > most:
            checks.violate("S2", f"With order {command.order_id} instrument {command.instrument_id} may reach "
                                 f"{whole / 1e8:.2f}; the limit is {most / 1e8:.2f}.")  # fmt: skip


def recomputed_balance(start: int, contracts: list[Any], executions: list[Execution], hedging: bool) -> int:
    """The account's balance from the venue's executions alone, in Decimal, by nobody's code but this page's."""
    held: dict[tuple[int, int], tuple[Decimal, Decimal]] = {}
    balance = Decimal(start)
    for e in executions:
        quantity, price, contract = Decimal(e.quantity), Decimal(e.price), contracts[e.instrument_id]
        balance -= e.fee
        if e.side == e.position_side:  # an entry; on a netting account it closes the other side first
            other = held.get((e.instrument_id, -e.side), (Decimal(0), Decimal(0)))
            closing = Decimal(0) if hedging else min(quantity, other[0])
            if closing:
                balance += closed(held, e.instrument_id, -e.side, closing, price, contract)
            had = held.get((e.instrument_id, e.side), (Decimal(0), Decimal(0)))
            held[e.instrument_id, e.side] = (
                had[0] + quantity - closing,
                had[1] + (quantity - closing) * price,
            )
        else:
            balance += closed(held, e.instrument_id, e.position_side, quantity, price, contract)
    return int(balance)


def closed(held: Any, i: int, side: int, quantity: Decimal, price: Decimal, contract: Any) -> Decimal:
    """What closing a part brings, rounded as the venue does."""
    had, cost = held[i, side]
    released = (cost * quantity / had).to_integral_value(ROUND_FLOOR)
    held[i, side] = (had - quantity, cost - released)
    value = side * (quantity * price - released) * contract.tick_value_numerator
    brought: Decimal = (value / contract.tick_value_denominator).to_integral_value(ROUND_FLOOR)
    return brought


def check_books(checks: Bench, state: State) -> None:
    """S5, when all is quiet: every position, the balance to the last unit, and nothing left over in the ledger."""
    world = checks.world
    for i in range(1, world.exchange.count + 1):
        for k, side in enumerate((1, -1)):
            ours, theirs = (
                state.instruments[i].positions[k].quantity,
                world.exchange.book(i).positions[k].quantity,
            )
            if ours != theirs:
                checks.violate("S5", f"Instrument {i}, side {side}: {ours} held here, {theirs} at the venue.")
    if ledger_residual(state.account) != 0:
        checks.violate("S5", f"The ledger leaves {ledger_residual(state.account)} over.")
    scenario = world.setting.scenario
    contracts = [None, *(listing.contract for listing in scenario.listings)]
    balance = recomputed_balance(scenario.balance, contracts, world.exchange.executions, scenario.hedging)
    if balance != state.account.balance and not world.guessed:
        checks.violate(
            "S5", f"The balance is {state.account.balance}; the venue's executions make {balance}."
        )
