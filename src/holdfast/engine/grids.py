"""Several levels, one stop on the average (or one each), a take-profit that follows the plan."""

from __future__ import annotations

from holdfast.engine.entries import ask_gate, enter, note_smaller
from holdfast.engine.exits import exit_on_signal, may_exit
from holdfast.engine.notes import note
from holdfast.engine.orders import amend, cancel, has_room, place, send
from holdfast.engine.setups import may_arm
from holdfast.engine.stops import protect, stop_from
from holdfast.engine.trades import drop_trade, settle, start_trade
from holdfast.model.arithmetic import scale, scale_up
from holdfast.model.commands import Outbox
from holdfast.model.enums import Denial, Drop, Kind, NoteKind, OrderType, Phase, Role
from holdfast.model.events import Plan
from holdfast.model.instrument import usable
from holdfast.model.mandate import Mandate
from holdfast.model.state import State
from holdfast.model.trade import Trade, average_of, trade_slot
from holdfast.records import kernel
from holdfast.risk.exposure import reserve_asked
from holdfast.risk.sizing import grid_capital, level_quantity
from holdfast.risk.trips import multiplier_for


@kernel
def plan_grid(state: State, outbox: Outbox, plan: Plan) -> None:
    """Both sides follow the plan; one that holds a position keeps the other from starting."""
    for k in range(2):
        side = 1 - 2 * k
        row = trade_slot(plan.mandate_id, side)
        trade = state.trades[row]
        start = plan.start_long if k == 0 else plan.start_short
        leave = plan.exit_long if k == 0 else plan.exit_short
        settle(state, row)
        other = state.trades[trade_slot(plan.mandate_id, -side)]
        if trade.phase == Phase.IDLE and start and other.quantity == 0:
            begin_cycle(state, outbox, plan, side)
        elif trade.phase == Phase.COOLDOWN and start:
            may_arm(state, outbox, plan.mandate_id, side)  # says why not
        elif trade.phase == Phase.ENTERING and trade.quantity == 0 and not start:
            drop_trade(state, outbox, row, Drop.WITHDRAWN)
        elif leave and may_exit(state, trade):
            exit_on_signal(state, outbox, row, plan.exit_tag)
        elif trade.phase == Phase.ENTERING or trade.phase == Phase.OPEN:
            follow_plan(state, outbox, row, plan)


@kernel
def begin_cycle(state: State, outbox: Outbox, plan: Plan, side: int) -> None:
    """Start a cycle: its first levels go to the gate at once."""
    if may_arm(state, outbox, plan.mandate_id, side) != Denial.NONE:
        return
    row = start_trade(state, outbox, plan.mandate_id, side, plan)
    trade = state.trades[row]
    mandate = state.mandates[plan.mandate_id]
    trade.level_count = mandate.level_count
    trade.leg_count = 1
    trade.phase = Phase.ENTERING
    trade.enter_now = plan.enter_now
    follow_plan(state, outbox, row, plan)
    drop_missed(state, outbox, row)


@kernel
def drop_missed(state: State, outbox: Outbox, row: int) -> None:
    """A breakout's moment was now, and the gate said no: not just "a second later"."""
    trade = state.trades[row]
    if trade.enter_now and trade.quantity == 0 and trade.order_count == 0 and trade.levels_at_ns == 0:
        drop_trade(state, outbox, row, Drop.WITHDRAWN)


@kernel
def follow_plan(state: State, outbox: Outbox, row: int, plan: Plan) -> None:
    """Take over what may move with each plan: anchor, spacing, take-profit, explicit levels."""
    trade = state.trades[row]
    mandate = state.mandates[trade.mandate_id]
    contract = state.instruments[trade.instrument_id].contract
    if usable(contract, plan.anchor_price) > 0:
        trade.anchor_price = plan.anchor_price
        trade.anchored = True
    trade.offset = plan.offset
    trade.spacing = plan.spacing
    trade.take_profit_price = usable(contract, plan.take_profit_price)
    trade.plan_stop_price = usable(contract, plan.stop_price)
    if plan.trail_distance > 0:
        trade.trail_distance = plan.trail_distance
    if trade.quantity == 0:
        trade.capital = grid_capital(state.account, mandate)
    for i in range(trade.level_count):
        level = trade.levels[i]
        wanted = plan.levels[i]
        level.wanted_price = usable(contract, wanted.price)
        level.weight = wanted.weight if wanted.weight > 0 else mandate.weights[i].share
        level.exit_price = usable(contract, wanted.exit_price)
    hold_levels(state, outbox, row)
    hold_take_profit(state, outbox, row)


@kernel
def level_price(trade: Trade, index: int, explicit: int) -> int:
    """The plan's own price, else anchor and spacing; 0 while there is nothing to hang from."""
    if explicit > 0:
        return explicit
    if trade.anchor_price <= 0:
        return 0
    return trade.anchor_price - trade.side * (trade.offset + index * trade.spacing)


@kernel
def hold_levels(state: State, outbox: Outbox, row: int) -> None:
    """Every level that is not filled: taken now, rested, or moved."""
    trade = state.trades[row]
    mandate = state.mandates[trade.mandate_id]
    contract = state.instruments[trade.instrument_id].contract
    for i in range(trade.level_count):
        level = trade.levels[i]
        if level.done or level.filled_quantity > 0 or trade.phase == Phase.COOLDOWN:
            continue
        if i == 0 and trade.enter_now:
            if level.order_row == 0:
                take_first_level(state, outbox, row, mandate)
            continue
        price = usable(contract, level_price(trade, i, level.wanted_price))
        if price > 0:
            hold_level(state, outbox, row, i, price, mandate)
        elif level.order_row != 0:
            cancel(state, outbox, level.order_row)


@kernel
def take_up_levels(state: State, outbox: Outbox, row: int) -> None:
    """Levels that had to wait, for another entry or for the end of a window, are asked for again."""
    trade = state.trades[row]
    trade.levels_at_ns = 0
    if trade.kind == Kind.GRID and (trade.phase == Phase.ENTERING or trade.phase == Phase.OPEN):
        hold_levels(state, outbox, row)
        drop_missed(state, outbox, row)


@kernel
def level_stop(state: State, trade: Trade, price: int) -> int:
    """The stop that a level carries: as if it were the whole average."""
    return stop_from(state.instruments[trade.instrument_id].contract, trade, price)


@kernel
def size_level(state: State, trade: Trade, mandate: Mandate, index: int, price: int) -> int:
    """The level's share of the cycle's capital; smaller while entries are reduced."""
    contract = state.instruments[trade.instrument_id].contract
    quantity = level_quantity(contract, trade, mandate, price, trade.levels[index].weight)
    return scale(quantity, multiplier_for(state, trade.mandate_id))


@kernel
def take_first_level(state: State, outbox: Outbox, row: int, mandate: Mandate) -> None:
    """The first level of a breakout is bought, not waited for."""
    trade = state.trades[row]
    instrument = state.instruments[trade.instrument_id]
    price = instrument.ask if trade.side > 0 else instrument.bid
    quantity = size_level(state, trade, mandate, 0, price)
    stop = level_stop(state, trade, price)
    enter(state, outbox, row, 0, OrderType.MARKET, 0, quantity, stop, False)


@kernel
def note_level(state: State, outbox: Outbox, trade: Trade, index: int) -> None:
    """Where a level stands, from the first fill on: before that it moves with every plan and nobody asks."""
    level = trade.levels[index]
    if trade.quantity > 0 and level.order_row != 0:
        note(state, outbox, trade, NoteKind.LEVEL_PLACED, 0, level.price, level.quantity).index = index


@kernel
def hold_level(state: State, outbox: Outbox, row: int, index: int, price: int, mandate: Mandate) -> None:
    """Every level passes the same gate as the first, and so does every move of it."""
    trade = state.trades[row]
    level = trade.levels[index]
    at_work = level.order_row
    quantity = size_level(state, trade, mandate, index, price)
    stop = level_stop(state, trade, price)
    if at_work == 0:
        if enter(state, outbox, row, index, OrderType.LIMIT, price, quantity, stop, mandate.post_only) != 0:
            note_level(state, outbox, trade, index)
        return
    order = state.orders[at_work]
    if order.amends_pending > 0 or order.cancel_pending or order.filled_quantity > 0:
        return
    if not state.instruments[trade.instrument_id].contract.can_amend_quantity:
        quantity = order.quantity  # what is judged is what will stand
    if price == order.limit_price and quantity == order.quantity:
        return
    if ask_gate(state, outbox, row, quantity, price, stop, at_work) != Denial.NONE:
        cancel(state, outbox, at_work)
        return
    amendable = state.instruments[trade.instrument_id].contract.can_amend_quantity
    if state.ask.allowed < quantity and not amendable:
        cancel(state, outbox, at_work)  # it would stand at more than fits
        return
    note_smaller(state, outbox, row, index)
    quantity = state.ask.allowed
    order.stop_price = stop
    order.sized_at_equity = state.account.equity
    level.price = price
    level.quantity = quantity
    amend(state, outbox, at_work, price, quantity)
    reserve_asked(state, order)
    note_level(state, outbox, trade, index)


@kernel
def common_exit_price(trade: Trade) -> int:
    """The plan's take-profit, never nearer than the least profit against the average; 0 = none."""
    if trade.take_profit_price <= 0:
        return 0
    long = trade.side > 0
    average = average_of(trade.entry_value, trade.quantity, long)
    least = average + trade.side * scale_up(average, trade.min_profit)
    if trade.min_profit == 0:
        return trade.take_profit_price
    return max(least, trade.take_profit_price) if long else min(least, trade.take_profit_price)


@kernel
def hold_level_exit(state: State, outbox: Outbox, row: int, index: int) -> int:
    """A level's own take-profit, where the plan still names one; returns the quantity that leaves by it."""
    level = state.trades[row].levels[index]
    barred = state.instruments[state.trades[row].instrument_id].no_fill > 0
    if level.open_quantity == 0 or level.exit_price <= 0 or barred:
        cancel(state, outbox, level.exit_row)
        return 0
    if level.exit_row == 0:
        if not has_room(state):
            return 0
        made = place(
            state, outbox, row, Role.TARGET, index, OrderType.LIMIT, level.exit_price, level.open_quantity
        )
        level.exit_row = made
        send(state, outbox, made)
    else:
        filled = state.orders[level.exit_row].filled_quantity
        amend(state, outbox, level.exit_row, level.exit_price, level.open_quantity + filled)
    return level.open_quantity


@kernel
def hold_take_profit(state: State, outbox: Outbox, row: int) -> None:
    """One reduce-only limit for the whole position, and one for each level with an exit of its own."""
    trade = state.trades[row]
    if trade.quantity == 0 or trade.phase != Phase.OPEN:
        return
    alone = 0
    for i in range(trade.level_count):
        alone += hold_level_exit(state, outbox, row, i)
    price = common_exit_price(trade)
    leg = trade.legs[0]
    quantity = trade.quantity - alone
    barred = state.instruments[trade.instrument_id].no_fill > 0
    if price <= 0 or quantity <= 0 or barred:
        cancel(state, outbox, leg.order_row)
        return
    leg.price = price
    if leg.order_row == 0:
        if not has_room(state):
            return
        leg.quantity = quantity
        leg.order_row = place(state, outbox, row, Role.TARGET, 0, OrderType.LIMIT, price, quantity)
        send(state, outbox, leg.order_row)
        note(state, outbox, trade, NoteKind.TARGET_MOVED, 0, price, quantity)
    else:
        leg.quantity = quantity + state.orders[leg.order_row].filled_quantity
        if amend(state, outbox, leg.order_row, price, leg.quantity):
            note(state, outbox, trade, NoteKind.TARGET_MOVED, 0, price, quantity)


@kernel
def level_filled(state: State, outbox: Outbox, row: int) -> None:
    """After any entry fill: the stop first, then the take-profit, then levels that hang from the first fill."""
    trade = state.trades[row]
    other = trade_slot(trade.mandate_id, -trade.side)
    if state.trades[other].phase == Phase.ENTERING and state.trades[other].quantity == 0:
        drop_trade(state, outbox, other, Drop.OTHER_SIDE)
    hold_protection(state, outbox, row)
    hold_take_profit(state, outbox, row)
    if trade.entry_count == 1:
        for i in range(trade.level_count):
            note_level(state, outbox, trade, i)
    if not trade.anchored and trade.anchor_price == 0:
        trade.anchor_price = average_of(trade.entry_total, trade.entry_quantity, False)
        hold_levels(state, outbox, row)


@kernel
def hold_protection(state: State, outbox: Outbox, row: int) -> None:
    """The stop on the average moves with it; a stop that a trail has tightened stays."""
    trade = state.trades[row]
    average = average_of(trade.entry_value, trade.quantity, trade.side > 0)
    contract = state.instruments[trade.instrument_id].contract
    price = stop_from(contract, trade, average)
    if trade.initial_stop_price == 0:
        trade.initial_stop_price = price
    if trade.best_price == 0 or trade.side * (price - trade.stop_price) > 0:
        if price > 0 and price != trade.stop_price:
            trade.stop_price = price
            note(state, outbox, trade, NoteKind.STOP_MOVED, 0, price, trade.quantity)
    protect(state, outbox, row)


@kernel
def part_closed(state: State, outbox: Outbox, row: int) -> None:
    """After a partial exit: what protects and what takes profit shrink with the position."""
    trade = state.trades[row]
    if trade.quantity == 0:
        return
    protect(state, outbox, row)
    hold_take_profit(state, outbox, row)
