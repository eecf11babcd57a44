"""What a scope's severity means for its trades, and looking at the floors after every event that moves money.

FLATTENING closes, from NO_NEW upwards resting entries go, REDUCED makes them smaller. Each step may be repeated
without harm, so the same walk serves every rule, a restart, and a person.
"""

from __future__ import annotations

from holdfast.engine.exits import begin_exit
from holdfast.engine.flatten import follow_flatten
from holdfast.engine.grids import hold_levels
from holdfast.engine.headroom import make_headroom
from holdfast.engine.reduction import reduce_margin
from holdfast.engine.setups import watch_entry
from holdfast.engine.trades import cancel_entries
from holdfast.model.commands import Outbox
from holdfast.model.enums import Drop, Exit, Kind, Phase, Severity
from holdfast.model.instrument import exit_quote, pnl_of
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import NEVER, TRADES
from holdfast.records import inlined, kernel
from holdfast.risk.forecast import nearest_next
from holdfast.risk.judge import judge
from holdfast.risk.trips import lift_expired, severity_for


@kernel
def reduce_entries(state: State, outbox: Outbox, row: int) -> None:
    """What rests was sized for better times: smaller at once; where sizes cannot change, away until the next plan."""
    trade = state.trades[row]
    entry = trade.levels[0].order_row
    if trade.phase != Phase.ENTERING and trade.phase != Phase.OPEN:
        return  # what is leaving wants no entries, smaller or not
    if trade.kind == Kind.SETUP:
        if entry != 0:
            state.orders[entry].sized_at_equity = 0
            watch_entry(state, outbox, row)
    elif state.instruments[trade.instrument_id].contract.can_amend_quantity:
        hold_levels(state, outbox, row)
    else:
        cancel_entries(state, outbox, trade)


@kernel
def obey_trade(state: State, outbox: Outbox, row: int) -> None:
    """One trade does what its scopes ask for."""
    trade = state.trades[row]
    severity = severity_for(state, state.mandates[trade.mandate_id])
    if severity == Severity.FLATTENING:
        begin_exit(state, outbox, row, Exit.FLATTENED, Drop.FLATTENED)
    elif severity >= Severity.NO_NEW:
        cancel_entries(state, outbox, trade)
    elif severity == Severity.REDUCED:
        reduce_entries(state, outbox, row)


@kernel
def pnl_now(state: State, trade: Trade) -> int:
    """What a trade has won at the price of now."""
    instrument = state.instruments[trade.instrument_id]
    if trade.quantity == 0 or instrument.bid == 0:
        return 0
    price = exit_quote(instrument, trade.side)
    return pnl_of(instrument.contract, trade.side, trade.quantity, trade.entry_value, price)


@kernel
def worst_open(state: State) -> int:
    """The open trade that loses most and is not closing yet; 0 where none loses."""
    found = 0
    least = 0
    for row in range(2, TRADES):
        if row > state.trade_watermark:
            break
        pnl = pnl_now(state, state.trades[row])
        if state.trades[row].phase == Phase.OPEN and pnl < least:
            least = pnl
            found = row
    return found


@kernel
def is_closed_by_order(state: State, trade: Trade) -> bool:
    """Whether a trade that is alive lies in a scope that is being closed."""
    alive = trade.phase != Phase.IDLE and trade.phase != Phase.COOLDOWN
    return alive and severity_for(state, state.mandates[trade.mandate_id]) == Severity.FLATTENING


@kernel
def withdraw_entries(state: State, outbox: Outbox) -> None:
    """Before anything is closed, nothing more of a scope that is being closed may open."""
    for row in range(2, TRADES):
        if row > state.trade_watermark:
            break
        if is_closed_by_order(state, state.trades[row]):
            cancel_entries(state, outbox, state.trades[row])


@kernel
def most_stressed(state: State) -> int:
    """The open trade of a scope that is being closed which would still lose most on the way to its stop; 0 = none."""
    found = 0
    most = -NEVER
    for row in range(2, TRADES):
        if row > state.trade_watermark:
            break
        trade = state.trades[row]
        if trade.phase != Phase.OPEN or not is_closed_by_order(state, trade):
            continue
        stressed = pnl_now(state, trade) - trade.stop_pnl
        if stressed > most:
            most = stressed
            found = row
    return found


@kernel
def obey(state: State, outbox: Outbox) -> None:
    """Every trade does what its scopes ask for; where some are closed, all entries go before any exit."""
    state.obey_due = False
    if state.flattening:
        withdraw_entries(state, outbox)
        for _ in range(TRADES):
            row = most_stressed(state)
            if row == 0:
                break
            obey_trade(state, outbox, row)
    for row in range(2, TRADES):
        if row > state.trade_watermark:
            break
        if state.trades[row].phase != Phase.IDLE:
            obey_trade(state, outbox, row)


@kernel
def close_losers(state: State, outbox: Outbox) -> None:
    """Near a day boundary: losers go, largest first, until the next floor leaves room (RR-09).

    What is closing already counts as booked: that lowers the anchor of firms that measure from the balance.
    """
    account = state.account
    booked = account.balance
    for row in range(2, TRADES):
        if row > state.trade_watermark:
            break
        if state.trades[row].phase == Phase.EXITING:
            booked += pnl_now(state, state.trades[row])
    for _ in range(TRADES):
        if nearest_next(state, booked, account.equity) == 0:
            return
        row = worst_open(state)
        if row == 0:
            return
        booked += pnl_now(state, state.trades[row])
        begin_exit(state, outbox, row, Exit.FLATTENED, Drop.FLATTENED)


@kernel
def look(state: State, outbox: Outbox) -> None:
    """Judge, then obey."""
    judge(state, outbox)
    if state.account.forecast_close:
        close_losers(state, outbox)
    make_headroom(state, outbox)
    if state.account.margin_reducing:
        reduce_margin(state, outbox)
    if state.obey_due:
        obey(state, outbox)
    if state.flattening:
        follow_flatten(state, outbox)


@inlined
def observe(state: State, outbox: Outbox) -> None:
    """Hold equity against the floors after every event that may have moved it: a few comparisons, mostly."""
    account = state.account
    if 0 < state.expires_ns <= state.time_ns:
        lift_expired(state, outbox, False)
    if not state.watched and state.challenge.target == 0:
        if state.obey_due:
            obey(state, outbox)
        if state.flattening:
            follow_flatten(state, outbox)
        return
    account.observations += 1
    low = account.balance + account.unrealized_low
    if low < account.low_since:
        account.low_since = low
        account.low_since_ns = state.time_ns
    if state.buckets_watched or account.margin_rung > 0:
        state.judge_due = state.judge_due or state.time_ns >= account.look_at_ns
    calm = low > account.watch_low and account.equity < account.watch_high
    calm = calm and account.balance + account.unrealized_high < account.watch_high
    if calm and account.balance == account.judged_balance and not state.judge_due and not state.obey_due:
        if state.flattening:
            follow_flatten(state, outbox)
        return
    look(state, outbox)
