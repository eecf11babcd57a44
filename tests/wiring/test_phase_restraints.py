"""What a target restrains ends when it is lost again, and rungs of an old phase end with it."""

from __future__ import annotations

from holdfast.engine.engine import Engine
from holdfast.model.enums import AmountOf, FlowKind, Quantity, Rule, Scope, Severity
from holdfast.model.events import AccountOpened, CashFlow, FloorGiven, PhaseBegun
from holdfast.model.units import RATE


def account(target: int = 108) -> Engine:
    """An account of 100 with a target and a floor at 90 that reduces sizes at 65 % of its allowance."""
    engine = Engine()
    engine.apply(AccountOpened(balance=100 * RATE, hedging=True))
    given = FloorGiven(floor_row=1)
    given.floor.scope, given.floor.observed, given.floor.initial = Scope.ACCOUNT, Quantity.EQUITY, 100 * RATE
    given.floor.reading_count = 1
    given.floor.readings[0].of, given.floor.readings[0].rate = AmountOf.INITIAL, RATE // 10
    given.floor.ladder.reduce = 65 * RATE // 100
    engine.apply(given)
    engine.apply(phase(1, target))
    return engine


def phase(number: int, target: int, anew: bool = False) -> PhaseBegun:
    """A phase with a target on the balance, flat."""
    begun = PhaseBegun(anew=anew)
    begun.challenge.phase, begun.challenge.initial = number, 100 * RATE
    begun.challenge.target, begun.challenge.observed = target * RATE, Quantity.BALANCE
    begun.challenge.require_flat = True
    return begun


def booked(engine: Engine, amount: int) -> None:
    """A result: the balance moves, and the account is judged."""
    engine.apply(CashFlow(amount=amount * RATE, kind=FlowKind.ADJUSTMENT))


def test_a_target_that_is_lost_on_the_way_out_blocks_no_longer() -> None:
    """Reached with a position open: nothing new. Closed at a loss, below the target: free again."""
    engine = account()
    engine.state.account.open_trades = 1
    booked(engine, 9)
    assert engine.state.account.severity == Severity.NO_NEW
    engine.state.account.open_trades = 0
    booked(engine, -3)
    assert engine.state.account.severity == Severity.NORMAL
    assert engine.state.challenge.passed_at_ns == 0
    booked(engine, 4)
    assert engine.state.challenge.passed_at_ns > 0


def test_a_missing_share_extends_the_phase_instead_of_ending_it() -> None:
    """The best trade is too large a part of the profit: smaller sizes, no block."""
    engine = account()
    challenge = engine.state.challenge
    challenge.best_trade, challenge.best_trade_share, challenge.missing_multiplier = 5 * RATE, 1, RATE // 4
    engine.state.account.open_trades = 1
    booked(engine, 9)
    assert engine.state.account.severity == Severity.REDUCED


def test_a_new_phase_lifts_the_rungs_of_the_old_one() -> None:
    """The floor hangs from the initial balance again: what it restrained before is over."""
    engine = account()
    booked(engine, -7)
    assert engine.state.account.severity == Severity.REDUCED
    booked(engine, 7)
    engine.state.floors[1].rung = 2  # as if the way up had not been seen
    engine.apply(phase(2, 105, anew=True))
    assert engine.state.account.severity == Severity.NORMAL
    assert [trip.rule for trip in engine.state.trips if trip.rule != Rule.NONE] == []
