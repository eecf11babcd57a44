"""What must hold of a state after every event, found the slow way: by walking every table.

Each function returns sentences about what is wrong; none means that all is well. They know the records and
nothing of the engine's incremental sums, so that they can prove them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from holdfast.model.account import ledger_residual
from holdfast.model.enums import Kind, Phase, Role
from holdfast.model.instrument import Contract, Position, initial_margin, notional_of
from holdfast.model.order import WORKING, OrderStatus, quantity_held
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import NEVER, RATE, STRATEGIES
from holdfast.risk.exposure import entry_price_of, reserve_rate
from holdfast.risk.sizing import loss_at_stop
from holdfast.risk.surveys import (
    Exposure,
    survey_directions,
    survey_maintenance,
    survey_notional,
    survey_open_risk,
    survey_resting_notional,
    survey_stop_pnl,
    survey_stressed_loss,
    survey_unrealized,
)

Wrong = Iterator[str]


def orders_of(state: State) -> list[int]:
    """Rows that hold an order."""
    return [
        row for row in range(1, state.order_watermark + 1) if state.orders[row].status != OrderStatus.FREE
    ]


def trades_of(state: State) -> list[int]:
    """Rows that hold a trade."""
    return [row for row in range(2, state.trade_watermark + 1) if state.trades[row].phase != Phase.IDLE]


def differs(name: str, kept: Any, found: Any) -> Wrong:
    """One sentence where what is kept is not what is found."""
    if kept != found:
        yield f"{name}: kept {kept}, found {found}"


def money_of(contract: Contract, ticks_steps: int, price: int) -> int:
    """Money of ticks x steps, rounded down, in Python's own integers."""
    denominator = price if contract.self_converting else contract.tick_value_denominator
    return ticks_steps * contract.tick_value_numerator // denominator


def held_of(state: State) -> Iterator[tuple[Contract, int, Position, int]]:
    """Contract, side, position and the price at which it could be closed, for everything held."""
    for instrument in state.instruments[1 : state.instrument_watermark + 1]:
        for side, position, quote in zip(
            (1, -1), instrument.positions, (instrument.bid, instrument.ask), strict=True
        ):
            if position.quantity:
                yield instrument.contract, side, position, quote


def margin_of(contract: Contract, notional: int) -> int:
    """Initial margin by the tier that a notional reaches, rounded up."""
    tiers = contract.tiers[: contract.tier_count]
    rate = next(
        (tier.initial_rate for tier in tiers if notional <= tier.notional_max), tiers[-1].initial_rate
    )
    return -(-notional * rate // RATE)


def money_wrong(state: State) -> Wrong:
    """Ledger, equity, exposure and open risk against their recomputation."""
    account = state.account
    unrealized = sum(
        money_of(c, side * (quote * p.quantity - p.entry_value), quote)
        for c, side, p, quote in held_of(state)
    )
    yield from differs("ledger residual", ledger_residual(account), 0)
    yield from differs("unrealized", account.unrealized_pnl, unrealized)
    yield from differs(
        "unrealized, by the core's own survey", account.unrealized_pnl, survey_unrealized(state)
    )
    yield from differs("equity", account.equity, account.balance + unrealized)
    yield from differs("open risk, by the core's own survey", account.open_risk, survey_open_risk(state))
    yield from differs(
        "resting notional, by the core's own survey", account.resting_notional, survey_resting_notional(state)
    )
    if account.first_stale == 0:
        yield from exposure_wrong(state)
    risks = 0
    for row in trades_of(state):
        risks += (risk := risk_of(state, state.trades[row]))
        yield from differs(f"trade {row} open risk", state.trades[row].open_risk, risk)
    yield from differs("open risk", account.open_risk, risks)


def sums_wrong(state: State) -> Wrong:
    """Profit at the stops, and what groups and currencies carry, by the core's own surveys."""
    account = state.account
    net = account.realized_pnl - account.fees + account.funding + account.rollover
    purses = sum(purse.realized_pnl for purse in state.purses[: 1 + STRATEGIES])
    yield from differs("results of all strategies and of nobody (I10)", net, purses)
    yield from differs("profit at the stops", state.account.stop_pnl, survey_stop_pnl(state))
    found = Exposure()
    survey_directions(state, found)
    for name in ("groups", "currencies"):
        for number, (kept, made) in enumerate(zip(getattr(state, name), getattr(found, name), strict=True)):
            for field in ("long_risk", "short_risk", "long_resting", "short_resting"):
                yield from differs(f"{field} of {name} {number}", getattr(kept, field), getattr(made, field))
    if state.account.first_stale == 0 and state.watched:
        account = state.account
        yield from differs("maintenance", account.maintenance, survey_maintenance(state))
        yield from differs("stressed loss", account.stressed_loss, survey_stressed_loss(state))


def exposure_wrong(state: State) -> Wrong:
    """Notional and margin, which are taken anew when they are asked for."""
    notionals = [(c, -money_of(c, -quote * p.quantity, quote)) for c, _, p, quote in held_of(state)]
    yield from differs(
        "gross notional", state.account.gross_notional, sum(notional for _, notional in notionals)
    )
    yield from differs(
        "gross notional, by the core's own survey", state.account.gross_notional, survey_notional(state)
    )
    yield from differs(
        "margin", state.account.margin, sum(margin_of(c, notional) for c, notional in notionals)
    )


def risk_of(state: State, trade: Trade) -> int:
    """Loss from entry to the stop that the venue holds, its fee included; never under a tenth of the first risk."""
    if trade.quantity == 0:
        return 0
    contract, stop = state.instruments[trade.instrument_id].contract, trade.stop_price
    if trade.stop_order:
        order = state.orders[trade.stop_order]
        held = order.confirmed_price if order.amends_pending else order.trigger_price
        stop = min(stop, held) if trade.side > 0 else max(stop, held)
    gain = money_of(contract, trade.side * (trade.quantity * stop - trade.entry_value), max(1, stop))
    notional = -money_of(contract, -stop * trade.quantity, max(1, stop))
    fee = -(-notional * contract.taker_rate // RATE) + contract.commission * trade.quantity
    least = trade.initial_risk // 10
    return max(least, fee - gain) if stop > 0 else max(least, trade.initial_risk)


def notional_of_ticks(contract: Contract, ticks_steps: int, price: int) -> int:
    """Money of ticks x steps, rounded up."""
    return -money_of(contract, -ticks_steps, price)


def reservation(state: State, row: int) -> tuple[int, int, int, int, int]:
    """Risk, margin, notional, slippage and quantity that an order at work must hold reserved."""
    order = state.orders[row]
    left = quantity_held(order) - order.filled_quantity
    if order.role != Role.ENTRY or left <= 0:
        return 0, 0, 0, 0, 0
    instrument = state.instruments[order.instrument_id]
    price = entry_price_of(order)
    notional = notional_of(instrument.contract, price, left)
    risk = notional
    if order.stop_price > 0:
        risk = max(0, loss_at_stop(instrument.contract, order.side, left, price, order.stop_price))
    spread = notional_of_ticks(instrument.contract, instrument.contract.spread * left, price)
    slippage = max(-(-risk * reserve_rate(state, instrument) // RATE), spread)
    return risk, initial_margin(instrument.contract, notional), notional, slippage, left


def reservations_wrong(state: State) -> Wrong:
    """What resting entries tie up, order by order and in sum."""
    sums = [0, 0, 0, 0]
    for row in orders_of(state):
        order = state.orders[row]
        held = (
            order.reserved_risk,
            order.reserved_margin,
            order.reserved_notional,
            order.reserved_slippage,
            order.reserved_quantity,
        )
        yield from differs(f"order {row} reserved", held, reservation(state, row))
        sums = [a + b for a, b in zip(sums, held[:4], strict=True)]
    account = state.account
    kept = [account.resting_risk, account.resting_margin, account.resting_notional, account.resting_slippage]
    yield from differs("resting risk, margin, notional, slippage", kept, sums)
    for i in range(1, state.instrument_watermark + 1):
        for k, side in enumerate((1, -1)):
            resting = [
                o
                for o in map(state.orders.__getitem__, orders_of(state))
                if (o.instrument_id, o.side) == (i, side)
            ]
            kept = state.instruments[i].positions[k].resting_quantity
            yield from differs(
                f"resting quantity of instrument {i}", kept, sum(o.reserved_quantity for o in resting)
            )
    for row in trades_of(state):
        yield from differs(
            f"resting entries of trade {row}", resting_kept(state, row), resting_found(state, row)
        )


def resting_kept(state: State, row: int) -> tuple[int, ...]:
    """What a trade says of its entries at work: steps, what they would pay and get when stopped, and lose."""
    trade = state.trades[row]
    return trade.resting_quantity, trade.resting_value, trade.resting_stop_value, trade.resting_risk


def resting_found(state: State, row: int) -> tuple[int, ...]:
    """The same from its orders."""
    found = [0, 0, 0, 0]
    for order in (state.orders[i] for i in orders_of(state)):
        if order.trade_row == row and order.role == Role.ENTRY:
            left = quantity_held(order) - order.filled_quantity
            paid = entry_price_of(order) * left
            for k, part in enumerate((left, paid, order.stop_price * left, order.reserved_risk)):
                found[k] += part
    return tuple(found)


def counts_wrong(state: State) -> Wrong:
    """Orders and trades counted again."""
    orders, trades = orders_of(state), trades_of(state)
    account = state.account
    yield from differs("working orders", account.working_orders, len(orders))
    by_instrument = Counter(state.orders[row].instrument_id for row in orders)
    by_trade = Counter(state.orders[row].trade_row for row in orders)
    for i in range(1, state.instrument_watermark + 1):
        yield from differs(f"orders of instrument {i}", state.instruments[i].order_count, by_instrument[i])
    for row in trades:
        yield from differs(f"orders of trade {row}", state.trades[row].order_count, by_trade[row])
    for row in set(by_trade) - set(trades):
        yield f"trade {row} is idle and has orders at work"
    busy = [row for row in trades if is_busy(state.trades[row])]
    yield from differs("busy trades", account.busy_trades, len(busy))
    yield from differs(
        "open trades", account.open_trades, sum(state.trades[row].quantity > 0 for row in trades)
    )
    members = Counter((group_of(state, row), direction_of(state, row) > 0) for row in busy)
    for number, group in enumerate(state.groups):
        kept = (group.long_trades, group.short_trades)
        yield from differs(
            f"members of group {number}", kept, (members[number, True], members[number, False])
        )


def group_of(state: State, row: int) -> int:
    """The correlation group of a trade."""
    return state.instruments[state.trades[row].instrument_id].group_id


def direction_of(state: State, row: int) -> int:
    """The direction of a trade within its group."""
    return state.trades[row].side * state.instruments[state.trades[row].instrument_id].group_sign


def is_busy(trade: Trade) -> bool:
    """Holds something, or has an entry at work."""
    return trade.quantity > 0 or any(level.order_row for level in trade.levels)


def chain(first: int, following: Any, most: int) -> list[int]:
    """Rows of a linked list; a loop in it is cut where it shows."""
    rows: list[int] = []
    while first != 0 and len(rows) <= most:
        rows.append(first)
        first = following(first)
    return rows


def lists_wrong(state: State) -> Wrong:
    """Order lists, the free list and trade lists hold each row once, and nothing else."""
    orders, most = orders_of(state), state.order_watermark
    for i in range(1, state.instrument_watermark + 1):
        instrument = state.instruments[i]
        ahead = chain(instrument.first_order, lambda row: state.orders[row].next, most)
        back = chain(instrument.last_order, lambda row: state.orders[row].previous, most)
        mine = [row for row in orders if state.orders[row].instrument_id == i]
        yield from differs(f"list of instrument {i}", sorted(ahead), mine)
        yield from differs(f"list of instrument {i} backwards", back[::-1], ahead)
        trades = chain(instrument.first_trade, lambda row: state.trades[row].next, state.trade_watermark)
        yield from differs(
            f"trades of instrument {i}",
            sorted(trades),
            [r for r in trades_of(state) if state.trades[r].instrument_id == i],
        )
        yield from owners_wrong(state, i)
    free = chain(state.free_order, lambda row: state.orders[row].next, most)
    yield from differs("free and used rows", sorted(free + orders), list(range(1, most + 1)))


def owners_wrong(state: State, instrument_id: int) -> Wrong:
    """Who manages an instrument's sides, and that a netting account holds one side only."""
    instrument = state.instruments[instrument_id]
    for side, owner in ((1, instrument.long_owner), (-1, instrument.short_owner)):
        found = [
            state.trades[r].mandate_id
            for r in trades_of(state)
            if state.trades[r].instrument_id == instrument_id and state.trades[r].side == side
        ]
        yield from differs(
            f"owner of side {side} of instrument {instrument_id}", [owner] if owner else [], found
        )
    if not state.account.hedging and all(position.quantity for position in instrument.positions):
        yield f"instrument {instrument_id} is long and short on a netting account"
    for k, position in enumerate(instrument.positions):
        mine = [
            state.trades[r]
            for r in trades_of(state)
            if state.trades[r].instrument_id == instrument_id and state.trades[r].side == 1 - 2 * k
        ]
        yield from differs(f"position {instrument_id}/{k}", position.quantity, sum(t.quantity for t in mine))
        yield from differs(
            f"entry value {instrument_id}/{k}", position.entry_value, sum(t.entry_value for t in mine)
        )


def pointers_of(state: State, row: int) -> list[tuple[int, Role, int]]:
    """(order row, role, index) of everything that a trade points to."""
    trade = state.trades[row]
    found = [(trade.stop_order, Role.STOP, 0), (trade.exit_order, Role.EXIT, 0)]
    for i, level in enumerate(trade.levels):
        found += [
            (level.order_row, Role.ENTRY, i),
            (level.exit_row, Role.TARGET, i),
            (level.stop_row, Role.STOP, i),
        ]
    found += [(leg.order_row, Role.TARGET, i) for i, leg in enumerate(trade.legs)]
    return [pointer for pointer in found if pointer[0]]


def pointers_wrong(state: State) -> Wrong:
    """Each order at work is pointed to once, by its own trade, in its own place; one on its way out may not be."""
    pointed: Counter[int] = Counter()
    for row in trades_of(state):
        for order_row, role, index in pointers_of(state, row):
            order = state.orders[order_row]
            pointed[order_row] += 1
            if (
                order.trade_row != row
                or order.role != role
                or order.index != index
                or not WORKING[order.status]
            ):
                yield f"trade {row} points to order {order_row} as {role.name} {index}, which it is not"
    for row in orders_of(state):
        order = state.orders[row]
        if pointed[row] or not order.cancel_pending:  # a successor may be in the place of one that is leaving
            yield from differs(f"pointers to order {row}", pointed[row], 1)
        done = order.filled_quantity >= order.quantity + (order.amends_pending > 0)
        if not WORKING[order.status] or order.filled_quantity < 0 or done:
            yield f"order {row} stands at {order.status} with {order.filled_quantity} of {order.quantity} filled"


def parts_wrong(state: State) -> Wrong:
    """Levels and legs add up to the position; none is negative."""
    for row in trades_of(state):
        trade = state.trades[row]
        if trade.quantity < 0 or trade.entry_value < 0:
            yield f"trade {row} holds {trade.quantity} for {trade.entry_value}"
        if trade.kind == Kind.GRID:
            opened = sum(level.open_quantity for level in trade.levels)
            yield from differs(f"open levels of trade {row}", opened, trade.quantity)
        elif trade.phase == Phase.OPEN and trade.leg_count:
            legs, promised = trade.legs[: trade.leg_count], trade.entry_quantity - trade.reduced_quantity
            if legs[-1].share > 0 or sum(leg.quantity for leg in legs) > promised:
                yield from differs(f"legs of trade {row}", sum(leg.quantity for leg in legs), promised)
            if any(leg.quantity < leg.filled_quantity or leg.quantity < 0 for leg in legs):
                yield f"trade {row} has a leg below what it has filled"


def bounds_wrong(state: State) -> Wrong:
    """No number is near the end of its 64 bits."""
    account = state.account
    for name in (
        "balance",
        "equity",
        "gross_notional",
        "margin",
        "open_risk",
        "resting_risk",
        "resting_margin",
        "resting_notional",
    ):
        if abs(getattr(account, name)) >= NEVER:
            yield f"account.{name} = {getattr(account, name)}"


ALL = (
    money_wrong,
    sums_wrong,
    reservations_wrong,
    counts_wrong,
    lists_wrong,
    pointers_wrong,
    parts_wrong,
    bounds_wrong,
)


def wrong(state: State) -> list[str]:
    """Everything that does not hold."""
    return [sentence for look in ALL for sentence in look(state)]


def cover_of(state: State, trade: Trade) -> int:
    """Steps that protective stops at work would close."""
    rows = [trade.stop_order, *(level.stop_row for level in trade.levels)]
    found = [state.orders[row] for row in rows if row]
    return sum(
        o.quantity - o.filled_quantity for o in found if not o.cancel_pending and o.side == -trade.side
    )


def is_awake(state: State, trade: Trade) -> bool:
    """Whether a stop has been touched: partly filled, it is a market order by now."""
    rows = [trade.stop_order, *(level.stop_row for level in trade.levels)]
    return any(row and state.orders[row].filled_quantity > 0 for row in rows)


def promised_of(state: State, trade: Trade) -> int:
    """Steps that resting take-profits would close."""
    rows = [*(leg.order_row for leg in trade.legs), *(level.exit_row for level in trade.levels)]
    found = [state.orders[row] for row in rows if row]
    return sum(o.quantity - o.filled_quantity for o in found if not o.cancel_pending)


def unprotected(state: State) -> list[str]:
    """Once everything is answered: positions without a stop for all of them, and without an exit on its way."""
    found = []
    for row in trades_of(state):
        trade = state.trades[row]
        cover = cover_of(state, trade)
        leaving = trade.phase == Phase.EXITING and (trade.exit_order or is_awake(state, trade))
        if trade.quantity > 0 and cover < trade.quantity and not leaving:
            found.append(
                f"trade {row} ({Phase(trade.phase).name}) holds {trade.quantity}, stops close {cover}"
            )
    return found


def overpromised(state: State) -> list[str]:
    """At a venue that refuses nothing: positions that stops or take-profits would close more than once.

    Where an amend was refused they may: such orders only reduce.
    """
    found = []
    for row in trades_of(state):
        trade = state.trades[row]
        cover, promised = cover_of(state, trade), promised_of(state, trade)
        if trade.phase == Phase.OPEN and cover > trade.quantity > 0:
            found.append(f"trade {row} holds {trade.quantity}, its stops close {cover}")
        if promised > trade.quantity > 0:
            found.append(f"trade {row} holds {trade.quantity}, its targets close {promised}")
    return found
