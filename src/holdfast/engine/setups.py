"""One entry, one stop: armed by a plan, queued by distance, sized when the order leaves."""

from __future__ import annotations

from holdfast.engine.entries import ask_gate, enter, note_smaller
from holdfast.engine.exits import exit_on_signal, may_exit
from holdfast.engine.notes import note, note_unarmed
from holdfast.engine.orders import amend, cancel
from holdfast.engine.trades import drop_trade, settle, start_trade
from holdfast.model.arithmetic import scale
from holdfast.model.commands import Outbox
from holdfast.model.enums import Denial, Drop, NoteKind, OrderType, Phase
from holdfast.model.events import Plan
from holdfast.model.instrument import entry_quote, usable, worst_exit
from holdfast.model.mandate import Mandate
from holdfast.model.order import Order
from holdfast.model.state import State
from holdfast.model.trade import Trade, trade_slot
from holdfast.model.units import RATE, RUNGS
from holdfast.records import kernel
from holdfast.risk.exposure import refresh_exposure, reserve_asked
from holdfast.risk.rules import check_owner, deny
from holdfast.risk.sizing import margin_quantity, risk_budget, setup_quantity
from holdfast.risk.trips import multiplier_for


@kernel
def wanted_side(plan: Plan) -> int:
    """The side that a plan starts; both at once is no decision."""
    return int(plan.start_long) - int(plan.start_short)


@kernel
def plan_setup(state: State, outbox: Outbox, plan: Plan) -> None:
    """Exits first, then what no longer holds is dropped, then a new setup is armed."""
    side = wanted_side(plan)
    for k in range(2):
        row = trade_slot(plan.mandate_id, 1 - 2 * k)
        trade = state.trades[row]
        settle(state, row)
        leave = plan.exit_long if k == 0 else plan.exit_short
        if leave and (may_exit(state, trade) or is_waiting(trade)):
            exit_on_signal(state, outbox, row, plan.exit_tag)
        elif is_waiting(trade) and side == -trade.side:
            drop_trade(state, outbox, row, Drop.DIRECTION)
    if side != 0 and is_idle(state, plan.mandate_id):
        arm_setup(state, outbox, plan, side)
    elif side != 0 and state.time_ns < state.mandates[plan.mandate_id].cooldown_until_ns:
        may_arm(state, outbox, plan.mandate_id, side)  # says why not


@kernel
def is_waiting(trade: Trade) -> bool:
    """Armed or entering, with nothing filled yet."""
    return (trade.phase == Phase.ARMED or trade.phase == Phase.ENTERING) and trade.quantity == 0


@kernel
def is_idle(state: State, mandate_id: int) -> bool:
    """A strategy has one setup at a time on an instrument."""
    long = state.trades[trade_slot(mandate_id, 1)].phase
    short = state.trades[trade_slot(mandate_id, -1)].phase
    return long == Phase.IDLE and short == Phase.IDLE


@kernel
def may_arm(state: State, outbox: Outbox, mandate_id: int, side: int) -> Denial:
    """Ownership and cool-down are asked before a slot is used at all."""
    mandate = state.mandates[mandate_id]
    ask = state.ask
    ask.instrument_id = mandate.instrument_id
    ask.side = side
    denial = check_owner(state, ask, mandate_id)
    if denial == Denial.NONE and state.time_ns < mandate.cooldown_until_ns:
        denial = deny(state, Denial.COOLDOWN, state.time_ns, mandate.cooldown_until_ns)
    if denial != Denial.NONE:
        state.denials[denial].count += 1
        state.instruments[mandate.instrument_id].denied_count += 1
        note_unarmed(state, outbox, mandate_id)
    return denial


@kernel
def arm_setup(state: State, outbox: Outbox, plan: Plan, side: int) -> None:
    """Keep entry, stop, targets; then look at once whether it is near enough to send."""
    if may_arm(state, outbox, plan.mandate_id, side) != Denial.NONE:
        return
    row = start_trade(state, outbox, plan.mandate_id, side, plan)
    trade = state.trades[row]
    instrument = state.instruments[trade.instrument_id]
    trade.entry_price = plan.entry_price if plan.entry_price != 0 else entry_quote(instrument, side)
    trade.stop_price = plan.stop_price
    trade.initial_stop_price = plan.stop_price
    trade.risk_distance = side * (trade.entry_price - plan.stop_price)
    trade.level_count = 1
    nonsense = usable(instrument.contract, trade.entry_price) == 0
    if nonsense or usable(instrument.contract, plan.stop_price) == 0 or trade.risk_distance <= 0:
        drop_trade(state, outbox, row, Drop.BAD_STOP)
        return
    set_legs(state, trade, plan)
    queue_setup(state, outbox, row)


@kernel
def set_legs(state: State, trade: Trade, plan: Plan) -> None:
    """Targets: the plan's price, else its multiple of R, else the mandate's rung."""
    mandate = state.mandates[trade.mandate_id]
    contract = state.instruments[trade.instrument_id].contract
    trade.leg_count = mandate.rung_count
    for i in range(RUNGS):
        if i >= mandate.rung_count:
            break
        rung = mandate.rungs[i]
        leg = trade.legs[i]
        leg.multiple = plan.targets[i].multiple if plan.targets[i].multiple > 0 else rung.multiple
        leg.share = rung.share
        leg.stop_move = rung.stop_move
        leg.move_value = rung.move_value
        leg.price = plan.targets[i].price
        if leg.price <= 0 or trade.side * (leg.price - trade.entry_price) <= 0:  # none, or no gain at all
            leg.price = trade.entry_price + trade.side * scale(trade.risk_distance, leg.multiple)
        leg.price = max(1, min(contract.price_max, leg.price))


@kernel
def free_margin(state: State, trade: Trade) -> int:
    """What the limits leave for one more entry; what the trade's own entry ties up is free for its next size."""
    margin_max = state.limits[state.mandates[trade.mandate_id].class_id].margin_max
    refresh_exposure(state)
    account = state.account
    most = scale(max(0, account.equity), margin_max if margin_max > 0 else RATE)
    own = state.orders[trade.levels[0].order_row].reserved_margin if trade.levels[0].order_row != 0 else 0
    return most - account.margin - account.resting_margin + own


@kernel
def trade_budget(state: State, trade: Trade) -> int:
    """Money that a setup may lose at its stop, sized now."""
    rate = scale(state.mandates[trade.mandate_id].risk_rate, multiplier_for(state, trade.mandate_id))
    return risk_budget(state.account, rate, trade.score)


@kernel
def size_setup(state: State, trade: Trade, price: int) -> int:
    """Size is computed when the order leaves, from the smaller of balance and equity."""
    contract = state.instruments[trade.instrument_id].contract
    quantity = setup_quantity(contract, trade_budget(state, trade), trade.side, price, trade.stop_price)
    if not state.guard.cap_by_margin:
        return quantity
    return margin_quantity(contract, price, quantity, free_margin(state, trade))


@kernel
def enter_setup(state: State, outbox: Outbox, row: int, order_type: OrderType) -> None:
    """Send the entry, market or limit."""
    trade = state.trades[row]
    price = trade.entry_price
    if order_type == OrderType.MARKET:
        price = entry_quote(state.instruments[trade.instrument_id], trade.side)
    quantity = size_setup(state, trade, price)
    sent = price if order_type == OrderType.LIMIT else 0
    if enter(state, outbox, row, 0, order_type, sent, quantity, trade.stop_price, False) != 0:
        trade.initial_risk = state.ask.risk
        trade.phase = Phase.ENTERING
        trade.rested = trade.rested or order_type == OrderType.LIMIT


@kernel
def queue_setup(state: State, outbox: Outbox, row: int) -> None:
    """Armed: gone, too far, waiting, or near enough to send?"""
    trade = state.trades[row]
    mandate = state.mandates[trade.mandate_id]
    instrument = state.instruments[trade.instrument_id]
    gap = abs(entry_quote(instrument, trade.side) - trade.entry_price)
    if is_over(state, outbox, row):
        return
    if state.time_ns < trade.retry_at_ns or gap > scale(trade.risk_distance, mandate.limit_r):
        return
    if trade.rested or gap > scale(trade.risk_distance, mandate.market_r):
        enter_setup(state, outbox, row, OrderType.LIMIT)
    elif mandate.spread_max == 0 or instrument.ask - instrument.bid <= mandate.spread_max:
        enter_setup(state, outbox, row, OrderType.MARKET)
    elif trade.spread_since_ns == 0:
        trade.spread_since_ns = state.time_ns


@kernel
def is_over(state: State, outbox: Outbox, row: int) -> bool:
    """Drop a waiting setup whose stop was touched, whose time has passed, or that price has left behind."""
    trade = state.trades[row]
    mandate = state.mandates[trade.mandate_id]
    instrument = state.instruments[trade.instrument_id]
    resting = trade.phase == Phase.ENTERING or trade.rested
    life = mandate.order_life_ns if resting else mandate.queue_life_ns
    gap = abs(entry_quote(instrument, trade.side) - trade.entry_price)
    reason = Drop.NONE
    if trade.side * (worst_since(state, trade) - trade.stop_price) <= 0:
        reason = Drop.STOP_TOUCHED
    elif life > 0 and state.time_ns - trade.armed_at_ns >= life:
        reason = Drop.ORDER_EXPIRED if resting else Drop.QUEUE_EXPIRED
    elif gap > scale(trade.risk_distance, mandate.wait_r):
        reason = Drop.TOO_FAR
    if reason == Drop.NONE:
        return False
    drop_trade(state, outbox, row, reason)
    return True


@kernel
def worst_since(state: State, trade: Trade) -> int:
    """The most adverse price since arming: extremes of a bar that was already over do not count."""
    instrument = state.instruments[trade.instrument_id]
    if instrument.price_time_ns > trade.armed_at_ns:
        return worst_exit(instrument, trade.side)
    return instrument.bid if trade.side > 0 else instrument.ask


@kernel
def watch_entry(state: State, outbox: Outbox, row: int) -> None:
    """A resting entry: gone back to the queue, over, or to be re-sized?"""
    trade = state.trades[row]
    if trade.quantity > 0:
        return
    entry = trade.levels[0].order_row
    if entry == 0:
        trade.phase = Phase.ARMED
        queue_setup(state, outbox, row)
    elif state.orders[entry].order_type == OrderType.LIMIT and not is_over(state, outbox, row):
        resize_setup(state, outbox, row, state.orders[entry])


@kernel
def watch_rest(state: State, outbox: Outbox, row: int) -> None:
    """The rest of a partly filled entry lives no longer than the order."""
    trade = state.trades[row]
    life = state.mandates[trade.mandate_id].order_life_ns
    if life > 0 and state.time_ns - trade.armed_at_ns >= life:
        cancel(state, outbox, trade.levels[0].order_row)


@kernel
def is_worth_it(order: Order, mandate: Mandate, quantity: int) -> bool:
    """Whether a resting entry is to have another size: down by a step, up by the resize rate."""
    moved = quantity - order.quantity
    return moved < 0 or (moved > 0 and moved * RATE >= order.quantity * mandate.resize_rate)


@kernel
def resize_setup(state: State, outbox: Outbox, row: int, order: Order) -> None:
    """A resting entry follows equity: by a step and the resize rate; down at once."""
    trade = state.trades[row]
    mandate = state.mandates[trade.mandate_id]
    if (
        order.filled_quantity > 0
        or order.amends_pending > 0
        or order.cancel_pending
        or mandate.resize_rate == 0
    ):
        return
    if state.account.equity == order.sized_at_equity or state.time_ns < trade.retry_at_ns:
        return
    quantity = size_setup(state, trade, order.limit_price)
    if is_worth_it(order, mandate, quantity):
        change_size(state, outbox, row, order, quantity)


@kernel
def change_size(state: State, outbox: Outbox, row: int, order: Order, quantity: int) -> None:
    """Amend where the venue can; else cancel, and the confirmation puts it back into the queue."""
    trade = state.trades[row]
    entry = trade.levels[0].order_row
    contract = state.instruments[trade.instrument_id].contract
    mandate = state.mandates[trade.mandate_id]
    if (
        quantity <= 0
        or ask_gate(state, outbox, row, quantity, order.limit_price, order.stop_price, entry) != Denial.NONE
    ):
        cancel(state, outbox, entry)
        return
    allowed = state.ask.allowed
    if not is_worth_it(order, mandate, allowed):  # made to fit, it is what it was
        order.sized_at_equity = state.account.equity
        return
    note_smaller(state, outbox, row, 0)
    note(state, outbox, trade, NoteKind.RESIZED, 0, order.limit_price, allowed)
    if not contract.can_amend_quantity:
        cancel(state, outbox, entry)
        return
    order.sized_at_equity = state.account.equity
    trade.levels[0].quantity = allowed
    trade.initial_risk = state.ask.risk
    amend(state, outbox, entry, order.limit_price, allowed)
    reserve_asked(state, order)
