"""Events of people and of the calendar: what exists, what is allowed, what time it is."""

from __future__ import annotations

from holdfast.engine.exits import begin_exit
from holdfast.engine.grids import hold_levels
from holdfast.engine.prices import manage
from holdfast.engine.setups import watch_entry
from holdfast.engine.trades import cancel_entries
from holdfast.model.commands import Outbox
from holdfast.model.enums import BoundaryKind, Drop, Exit, Kind, Phase, Scope, Severity
from holdfast.model.events import (
    AccountOpened,
    Boundary,
    ExitRequest,
    InstrumentListed,
    LimitsSet,
    MandateGiven,
    SeverityChange,
)
from holdfast.model.state import State
from holdfast.model.trade import Trade
from holdfast.model.units import ACCOUNT_MAX, MONEY_MAX, TRADES
from holdfast.records import copy_record, kernel


@kernel
def on_account_opened(state: State, outbox: Outbox, opened: AccountOpened) -> None:
    """The account and its mode."""
    assert 0 < opened.balance < ACCOUNT_MAX
    assert state.account.start_balance == 0
    state.sequence += 1
    state.time_ns = opened.time_ns
    account = state.account
    account.hedging = opened.hedging
    account.isolated = opened.isolated
    account.start_balance = opened.balance
    account.balance = opened.balance
    account.equity = opened.balance
    account.equity_high = opened.balance


@kernel
def on_instrument_listed(state: State, outbox: Outbox, listed: InstrumentListed) -> None:
    """A contract: its bounds are proved here, once, so that no product overflows later."""
    contract = listed.contract
    assert contract.instrument_id > 0
    assert contract.tick_value_numerator > 0
    assert contract.tick_value_denominator > 0
    assert contract.price_max > 0
    assert contract.quantity_max > 0
    assert contract.tier_count > 0
    assert contract.price_max * contract.quantity_max < ACCOUNT_MAX
    if contract.self_converting:
        assert contract.quantity_max <= MONEY_MAX // contract.tick_value_numerator
    else:
        most = contract.price_max * contract.quantity_max // contract.tick_value_denominator
        assert most <= MONEY_MAX // contract.tick_value_numerator
    state.sequence += 1
    state.time_ns = max(state.time_ns, listed.time_ns)
    instrument = state.instruments[contract.instrument_id]
    copy_record(instrument.contract, contract)
    instrument.group_id = listed.group_id
    state.instrument_watermark = max(state.instrument_watermark, contract.instrument_id)


@kernel
def on_mandate_given(state: State, outbox: Outbox, given: MandateGiven) -> None:
    """A strategy's settings for one instrument; a cool-down goes on, and only a severity change lifts a halt."""
    assert given.mandate_id > 0
    assert given.mandate.instrument_id > 0
    state.sequence += 1
    state.time_ns = max(state.time_ns, given.time_ns)
    mandate = state.mandates[given.mandate_id]
    until = mandate.cooldown_until_ns
    severity = max(mandate.severity, given.mandate.severity)
    copy_record(mandate, given.mandate)
    mandate.cooldown_until_ns = until
    mandate.severity = severity
    state.mandate_watermark = max(state.mandate_watermark, given.mandate_id)
    state.trade_watermark = max(state.trade_watermark, 2 * given.mandate_id + 1)


@kernel
def on_limits_set(state: State, outbox: Outbox, limits: LimitsSet) -> None:
    """The limits of one class of strategies."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, limits.time_ns)
    copy_record(state.limits[limits.class_id], limits.limits)
    state.class_watermark = max(state.class_watermark, limits.class_id)


@kernel
def on_boundary(state: State, outbox: Outbox, boundary: Boundary) -> None:
    """A new day starts its counts; a tick of the clock looks at every deadline."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, boundary.time_ns)
    if boundary.kind == BoundaryKind.DAY:
        state.account.entries_today = 0
        state.account.day += 1
        return
    for row in range(2, TRADES):
        if row > state.trade_watermark:
            break
        trade = state.trades[row]
        if trade.phase != Phase.IDLE:
            manage(state, outbox, row, state.instruments[trade.instrument_id])


@kernel
def is_inside(state: State, trade: Trade, scope: Scope, scope_id: int) -> bool:
    """Whether a trade belongs to a scope."""
    if scope == Scope.INSTRUMENT:
        return trade.instrument_id == scope_id
    if scope == Scope.MANDATE:
        return trade.mandate_id == scope_id
    return True


@kernel
def set_severity(state: State, change: SeverityChange) -> None:
    """Write the severity of one scope."""
    if change.scope == Scope.ENGINE:
        state.severity = change.severity
    elif change.scope == Scope.ACCOUNT:
        state.account.severity = change.severity
    elif change.scope == Scope.INSTRUMENT:
        state.instruments[change.scope_id].severity = change.severity
    else:
        state.mandates[change.scope_id].severity = change.severity


@kernel
def reduce_entries(state: State, outbox: Outbox, row: int) -> None:
    """What rests was sized for better times: smaller at once; where sizes cannot change, away until the next plan."""
    trade = state.trades[row]
    entry = trade.levels[0].order_row
    if trade.kind == Kind.SETUP:
        if entry != 0:
            state.orders[entry].sized_at_equity = 0
            watch_entry(state, outbox, row)
    elif state.instruments[trade.instrument_id].contract.can_amend_quantity:
        hold_levels(state, outbox, row)
    else:
        cancel_entries(state, outbox, trade)


@kernel
def on_severity_change(state: State, outbox: Outbox, change: SeverityChange) -> None:
    """REDUCED shrinks resting entries, from NO_NEW upwards they are cancelled; FLATTENING closes what is held."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, change.time_ns)
    set_severity(state, change)
    for row in range(2, TRADES):
        if row > state.trade_watermark:
            break
        trade = state.trades[row]
        if trade.phase == Phase.IDLE or not is_inside(state, trade, change.scope, change.scope_id):
            continue
        if change.severity == Severity.FLATTENING:
            begin_exit(state, outbox, row, Exit.FLATTENED, Drop.FLATTENED)
        elif change.severity >= Severity.NO_NEW:
            cancel_entries(state, outbox, trade)
        elif change.severity == Severity.REDUCED:
            reduce_entries(state, outbox, row)


@kernel
def on_exit_request(state: State, outbox: Outbox, request: ExitRequest) -> None:
    """Close one instrument, or everything."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, request.time_ns)
    for row in range(2, TRADES):
        if row > state.trade_watermark:
            break
        trade = state.trades[row]
        if request.instrument_id == 0 or trade.instrument_id == request.instrument_id:
            begin_exit(state, outbox, row, Exit.FORCE_EXIT, Drop.FLATTENED)
