"""What exists and what is allowed: the account, contracts, strategies, limits, floors, phases."""

from __future__ import annotations

from holdfast.engine.obedience import observe
from holdfast.model.commands import Outbox
from holdfast.model.enums import NoticeKind, Rule, Sample, Scope, Severity
from holdfast.model.events import (
    AccountOpened,
    FloorGiven,
    GuardGiven,
    InstrumentListed,
    LimitsSet,
    MandateGiven,
    PhaseBegun,
    Started,
    StrategyGiven,
)
from holdfast.model.purse import class_purse, purse_equity
from holdfast.model.state import State
from holdfast.model.units import ACCOUNT_MAX, FLOORS, INSTRUMENTS, MOMENTS, MONEY_MAX
from holdfast.records import copy_record, kernel
from holdfast.risk.days import begin_day
from holdfast.risk.exposure import count_directions, outdate, outdate_all, reserve_again
from holdfast.risk.floors import anchor_now, purse_of, set_level
from holdfast.risk.judge import close_lows
from holdfast.risk.notices import tell
from holdfast.risk.rolling import claim_buckets
from holdfast.risk.trips import find_trip, lift, lift_trip, raise_trip


@kernel
def on_started(state: State, outbox: Outbox, started: Started) -> None:
    """A process took over: what it plans is named after it."""
    assert started.epoch > state.epoch
    state.sequence += 1
    state.time_ns = max(state.time_ns, started.time_ns)
    state.epoch = started.epoch


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
    account.low_since = opened.balance
    begin_day(state)


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
    count_directions(state, instrument, -1)
    copy_record(instrument.contract, contract)
    instrument.group_id = listed.group_id
    state.group_watermark = max(state.group_watermark, listed.group_id)
    instrument.group_sign = listed.group_sign if listed.group_sign != 0 else 1
    instrument.base_currency = listed.base_currency
    instrument.quote_currency = listed.quote_currency
    instrument.lot_steps = listed.lot_steps
    instrument.reserve = listed.reserve
    count_directions(state, instrument, 1)
    outdate(state, contract.instrument_id)
    state.judge_due = True
    reserve_again(state, instrument)
    lift(state, outbox, Rule.TICK_VALUE, 0, Scope.INSTRUMENT, contract.instrument_id)
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
    severity = mandate.severity
    losses = mandate.losses
    reduced = mandate.reduced_trades
    copy_record(mandate, given.mandate)
    mandate.losses = losses
    mandate.reduced_trades = reduced
    mandate.cooldown_until_ns = until
    mandate.severity = severity
    if given.mandate.severity > Severity.NORMAL:
        raise_trip(
            state,
            outbox,
            Rule.OPERATOR,
            0,
            Scope.MANDATE,
            given.mandate_id,
            given.mandate.severity,
            given.mandate.severity,
            0,
        )
    state.mandate_watermark = max(state.mandate_watermark, given.mandate_id)
    state.strategy_watermark = max(state.strategy_watermark, mandate.strategy_id)  # its streaks are state
    state.trade_watermark = max(state.trade_watermark, 2 * given.mandate_id + 1)


@kernel
def on_limits_set(state: State, outbox: Outbox, limits: LimitsSet) -> None:
    """The limits of one class of strategies."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, limits.time_ns)
    copy_record(state.limits[limits.class_id], limits.limits)
    state.class_watermark = max(state.class_watermark, limits.class_id)


@kernel
def on_strategy_given(state: State, outbox: Outbox, given: StrategyGiven) -> None:
    """A strategy's class and capital; what it has won or lost so far stays its own."""
    assert given.strategy_id > 0
    state.sequence += 1
    state.time_ns = max(state.time_ns, given.time_ns)
    purse = state.purses[given.strategy_id]
    change = given.capital - purse.capital
    purse.capital += change
    state.purses[class_purse(given.class_id)].capital += change
    own = state.purses[class_purse(given.class_id)]
    purse.low_since = purse_equity(purse)
    own.low_since = purse_equity(own)
    state.strategies[given.strategy_id].class_id = given.class_id
    state.strategy_watermark = max(state.strategy_watermark, given.strategy_id)


@kernel
def on_floor_given(state: State, outbox: Outbox, given: FloorGiven) -> None:
    """A loss limit: measured from here on, from its initial balance where it says so."""
    assert given.floor_row > 0
    assert given.floor.reading_count > 0
    state.sequence += 1
    state.time_ns = max(state.time_ns, given.time_ns)
    floor = state.floors[given.floor_row]
    lift(state, outbox, Rule.FLOOR, given.floor_row, floor.scope, floor.scope_id)  # of what stood here before
    copy_record(floor, given.floor)
    state.floor_watermark = max(state.floor_watermark, given.floor_row)
    state.ticks_watched = state.ticks_watched or floor.sample == Sample.TICK
    state.purses_watched = state.purses_watched or purse_of(floor) > 0
    if floor.sample == Sample.ROLLING:
        state.buckets_watched = True
        assert claim_buckets(state, floor)
    set_level(state, floor, anchor_now(state, floor))
    begin_watching(state)
    observe(state, outbox)


@kernel
def begin_watching(state: State) -> None:
    """From here on prices are held against something: extremes and stressed losses are kept."""
    state.watched = state.watched or state.floor_watermark > 0 or state.guard.margin_warn > 0
    outdate_all(state)
    state.judge_due = True


@kernel
def on_guard_given(state: State, outbox: Outbox, given: GuardGiven) -> None:
    """The rules over the whole account."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, given.time_ns)
    assert given.guard.executions <= MOMENTS
    assert given.guard.stop_outs <= MOMENTS
    copy_record(state.guard, given.guard)
    begin_watching(state)
    for i in range(1, INSTRUMENTS):
        if i > state.instrument_watermark:
            break
        reserve_again(state, state.instruments[i])


@kernel
def begin_floor(state: State, outbox: Outbox, row: int) -> None:
    """A fresh account of the programme: the floor hangs from its initial balance again, and no rung is reached."""
    floor = state.floors[row]
    lift(state, outbox, Rule.FLOOR, row, floor.scope, floor.scope_id)
    floor.rung = 0
    floor.breached_at_ns = 0
    floor.sampled_at_ns = 0
    floor.previous_level = 0
    set_level(state, floor, anchor_now(state, floor))


@kernel
def on_phase_begun(state: State, outbox: Outbox, begun: PhaseBegun) -> None:
    """Target, days and shares of profit of the phase that begins."""
    state.sequence += 1
    state.time_ns = max(state.time_ns, begun.time_ns)
    challenge = state.challenge
    row = find_trip(state, Rule.TARGET, challenge.phase, Scope.ACCOUNT, 0)
    if row != 0:
        lift_trip(state, outbox, row, NoticeKind.LIFTED)
    copy_record(challenge, begun.challenge)
    challenge.began_at_ns = max(1, state.time_ns)
    challenge.began_day = state.account.day
    begin_day(state)
    tell(
        state, outbox, NoticeKind.PHASE_BEGUN, Rule.TARGET, challenge.phase, challenge.phase, challenge.target
    )
    if begun.anew:
        close_lows(state)
        for i in range(1, FLOORS):
            if i > state.floor_watermark:
                break
            begin_floor(state, outbox, i)
    state.judge_due = True
    observe(state, outbox)
