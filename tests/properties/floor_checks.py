"""What must hold of floors, trips and purses after every event, whatever happened; the slow way."""

from __future__ import annotations

from typing import Any

from guarded_duel import GuardedDuel

from holdfast.model.commands import Outbox
from holdfast.model.enums import Quantity, Rule, Scope, Severity
from holdfast.model.events import Reset
from holdfast.model.floor import Floor
from holdfast.model.purse import class_purse
from holdfast.model.state import State
from holdfast.model.units import STRATEGIES
from holdfast.risk.floors import level_in_force, observed_now, rung_level
from holdfast.risk.judge import judge


def rung_at(floor: Floor, seen: int) -> int:
    """The rung that a value has reached, by walking the ladder from the top."""
    ladder = floor.ladder
    rates = ((4, ladder.flatten), (3, ladder.block), (2, ladder.reduce), (1, ladder.warn))
    return next((rung for rung, rate in rates if rate and seen <= rung_level(floor, rate)), 0)


def severity_by_trips(state: State, scope: Scope, scope_id: int) -> Severity:
    """The worst of a scope's trips."""
    found = [t.severity for t in state.trips if t.rule and t.scope == scope and t.scope_id == scope_id]
    return Severity(max(found, default=0))


class FloorWatch:
    """Looks after every event; remembers what may only rise, and what came nearest."""

    def __init__(self) -> None:
        self.nearest: dict[int, int] = {}
        self.highest: dict[int, int] = {}
        self.cash_flows = 0

    def __call__(self, state: State, event: Any) -> None:
        wrong = [*self.missed(state), *self.fell(state, event), *purses_wrong(state), *trips_wrong(state)]
        assert not wrong, wrong

    def missed(self, state: State) -> list[str]:
        """Between two judgements nothing may have happened."""
        said = []
        for row in range(1, state.floor_watermark + 1):
            floor = state.floors[row]
            seen = observed_now(state, floor)
            level = level_in_force(floor)
            if seen <= level and not floor.breached_at_ns:
                said.append(f"floor {row}: breach at {seen} <= {level} was missed")
            if rung_at(floor, seen) > floor.rung:
                said.append(f"floor {row}: rung {rung_at(floor, seen)} was missed at {seen}")
            self.nearest[row] = min(self.nearest.get(row, seen - level), seen - level)
        return said

    def fell(self, state: State, event: Any) -> list[str]:
        """A ratchet never falls, but for money from outside, or where a person accepted the loss under an own
        floor (I2)."""
        said = []
        outside = state.account.cash_flows != self.cash_flows
        accepted = isinstance(event, Reset) and event.acknowledge
        for row in range(1, state.floor_watermark + 1):
            floor = state.floors[row]
            before = self.highest.get(row, floor.level)
            if floor.ratchet and floor.level < before and not outside and not (floor.own and accepted):
                said.append(f"floor {row} fell from {before} to {floor.level} at {type(event).__name__}")
            self.highest[row] = floor.level
        self.cash_flows = state.account.cash_flows
        return said


def purses_wrong(state: State) -> list[str]:
    """Strategies and what is nobody's make the account; classes make it too (I10)."""
    account = state.account
    booked = account.realized_pnl - account.fees + account.funding + account.rollover
    strategies = state.purses[: STRATEGIES + 1]
    said = []
    if sum(purse.realized_pnl for purse in strategies) != booked:
        said.append("strategies and nobody do not add up to what was booked")
    classes = [state.purses[class_purse(i)] for i in range(len(state.classes))]
    if sum(purse.realized_pnl for purse in [*classes, state.purses[0]]) != booked:
        said.append("classes and nobody do not add up to what was booked")
    positions = [p for i in state.instruments for p in i.positions]
    for name in ("unrealized_pnl", "unrealized_low", "unrealized_high"):
        if sum(getattr(p, name) for p in positions) != getattr(account, name):
            said.append(f"{name} is not the sum over positions")
    if account.unrealized_low > account.unrealized_pnl:
        said.append("the adverse extreme is better than the close")
    if state.purses_watched and sum(p.unrealized_pnl for p in strategies) != account.unrealized_pnl:
        said.append("unrealized profit of strategies does not add up")
    return said


def trips_wrong(state: State) -> list[str]:
    """Every scope stands where the worst of its trips puts it."""
    scopes: list[tuple[Scope, int, Any]] = [
        (Scope.ENGINE, 0, state.severity), (Scope.ACCOUNT, 0, state.account.severity),
        *((Scope.INSTRUMENT, i, state.instruments[i].severity) for i in range(1, 3)),
        *((Scope.MANDATE, i, state.mandates[i].severity) for i in range(1, 4)),
        *((Scope.STRATEGY, i, state.strategies[i].severity) for i in range(1, 4)),
        *((Scope.CLASS, i, state.classes[i].severity) for i in range(2)),
        *((Scope.GROUP, i, state.groups[i].severity) for i in range(1, 3)),
    ]  # fmt: skip
    return [
        f"{scope.name} {scope_id} stands at {kept}, its trips say {severity_by_trips(state, scope, scope_id)}"
        for scope, scope_id, kept in scopes
        if kept != severity_by_trips(state, scope, scope_id)
    ]


def floors_are_watched(seed: int, steps: int, hedging: bool) -> None:
    """Nothing is missed between judgements, ratchets rise, sums hold, and the nearest approach is the true one."""
    watch = FloorWatch()
    duel = GuardedDuel(seed, hedging, look=watch)
    for _ in range(steps):
        duel.step()
    judge(duel.state, Outbox())
    for row, nearest in watch.nearest.items():
        floor = duel.state.floors[row]
        if floor.observed in (Quantity.EQUITY, Quantity.WORST):
            assert floor.nearest <= nearest, (row, floor.nearest, nearest)


def nothing_new_while_halted(seed: int, steps: int, hedging: bool) -> None:
    """I1: no command that increases exposure leaves for a scope that takes nothing new."""
    duel = GuardedDuel(seed, hedging)
    allow = duel.take

    def take(command: Any) -> None:
        if command.command_class == 1:
            trade = duel.state.trades[duel.state.orders[command.order_row].trade_row]
            halted = [
                t
                for t in duel.state.trips
                if t.rule != Rule.NONE and t.severity >= Severity.NO_NEW and covers(duel.state, t, trade)
            ]
            assert not halted, f"an entry left while {halted} held"
        allow(command)

    duel.take = take  # type: ignore[method-assign]
    for _ in range(steps):
        duel.step()


def covers(state: State, trip: Any, trade: Any) -> bool:
    """Whether a trip's scope holds a trade, in words of its own."""
    mandate = state.mandates[trade.mandate_id]
    group = state.instruments[trade.instrument_id].group_id
    mine = {
        Scope.ENGINE: 0, Scope.ACCOUNT: 0, Scope.INSTRUMENT: trade.instrument_id, Scope.MANDATE: trade.mandate_id,
        Scope.GROUP: group, Scope.STRATEGY: mandate.strategy_id, Scope.CLASS: mandate.class_id,
    }  # fmt: skip
    return trip.scope in (Scope.ENGINE, Scope.ACCOUNT) or bool(mine[Scope(trip.scope)] == trip.scope_id)
