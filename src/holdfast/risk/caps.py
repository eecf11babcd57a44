"""How large one order may be: lots, the venue's margin tiers, what a strategy usually does (RR-16, RR-17)."""

from __future__ import annotations

from holdfast.model.arithmetic import scale
from holdfast.model.enums import Denial
from holdfast.model.instrument import Instrument, notional_of, tier_of
from holdfast.model.limits import Ask
from holdfast.model.state import State, Strategy
from holdfast.model.units import INSTRUMENTS, RATE, USUAL
from holdfast.records import kernel
from holdfast.risk.rules import deny, replaced_quantity, worst_quantity

KNOWN = 5  # orders of a strategy, before it has a usual size


@kernel
def lots_of(instrument: Instrument, quantity: int) -> int:
    """Lots as a rate; 0 where an instrument has none. At most 2**31 steps x 1e8, which fits."""
    return RATE // instrument.lot_steps * quantity if instrument.lot_steps > 0 else 0


@kernel
def lots_at_work(instrument: Instrument) -> int:
    """Held on both sides, with every entry at work filled."""
    long = instrument.positions[0]
    short = instrument.positions[1]
    held = long.quantity + short.quantity + long.resting_quantity + short.resting_quantity
    return lots_of(instrument, held)


@kernel
def lots_of_all(state: State) -> int:
    """The same of all instruments."""
    total = 0
    for i in range(1, INSTRUMENTS):
        if i > state.instrument_watermark:
            break
        total += lots_at_work(state.instruments[i])
    return total


@kernel
def check_lots(state: State, ask: Ask) -> Denial:
    """Lots of one order, of one instrument, of the account; sizes in lots are judged where an instrument has them."""
    guard = state.guard
    instrument = state.instruments[ask.instrument_id]
    asked = lots_of(instrument, ask.quantity)
    if guard.lots_order_max > 0 and asked > guard.lots_order_max:
        return deny(state, Denial.LOTS, asked, guard.lots_order_max)
    fresh = asked - lots_of(instrument, replaced_quantity(state, ask))
    if guard.lots_instrument_max > 0:
        lots = lots_at_work(instrument) + fresh
        if lots > guard.lots_instrument_max:
            return deny(state, Denial.LOTS, lots, guard.lots_instrument_max)
    if guard.lots_total_max > 0 and instrument.lot_steps > 0:
        lots = lots_of_all(state) + fresh
        if lots > guard.lots_total_max:
            return deny(state, Denial.LOTS, lots, guard.lots_total_max)
    return Denial.NONE


@kernel
def check_tier(state: State, ask: Ask) -> Denial:
    """An entry may not push its position into a higher tier of the venue's margin table (RR-16)."""
    contract = state.instruments[ask.instrument_id].contract
    if not state.guard.keep_tier or contract.tier_count < 2:
        return Denial.NONE
    after = worst_quantity(state, ask)
    notional = notional_of(contract, ask.price, after)
    now = tier_of(contract, notional_of(contract, ask.price, after - ask.quantity))
    if tier_of(contract, notional) > now:
        return deny(state, Denial.RISK_TIER, notional, contract.tiers[now].notional_max)
    return Denial.NONE


@kernel
def known_orders(strategy: Strategy) -> int:
    """How many of a strategy's last orders are remembered."""
    return min(strategy.order_count, USUAL)


@kernel
def count_up_to(strategy: Strategy, notional: int) -> int:
    """How many of a strategy's last orders were no larger."""
    count = 0
    for i in range(USUAL):
        if i < known_orders(strategy) and strategy.usual[i].notional <= notional:
            count += 1
    return count


@kernel
def usual_notional(strategy: Strategy) -> int:
    """The median of its last orders, of two the smaller."""
    least = 0
    for i in range(USUAL):
        notional = strategy.usual[i].notional
        if i < known_orders(strategy) and 2 * count_up_to(strategy, notional) >= known_orders(strategy):
            least = notional if least == 0 else min(least, notional)
    return least


@kernel
def check_median(state: State, ask: Ask) -> Denial:
    """A few times the strategy's usual order is a slip of something (RR-17). Its first orders are not judged."""
    multiple = state.guard.median_multiple
    strategy = state.strategies[state.mandates[state.trades[ask.trade_row].mandate_id].strategy_id]
    if multiple == 0 or known_orders(strategy) < KNOWN:
        return Denial.NONE
    limit = scale(usual_notional(strategy), multiple)
    if ask.notional > limit:
        return deny(state, Denial.ORDER_MEDIAN, ask.notional, limit)
    return Denial.NONE


@kernel
def remember_order(state: State, strategy_id: int, notional: int) -> None:
    """An entry was placed."""
    strategy = state.strategies[strategy_id]
    strategy.usual[strategy.order_count % USUAL].notional = notional
    strategy.order_count += 1
