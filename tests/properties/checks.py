"""The properties themselves, apart from the examples they get: the same words judge the engine and its broken twins."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from nasty_markets import Size, between, random_contract, random_guard, random_limits, scenario
from survey import orders_of, unprotected, wrong
from unruly_venue import Duel
from watched import run_watched

from holdfast.engine import entries
from holdfast.model import events
from holdfast.model.account import Account, ledger_residual
from holdfast.model.commands import Command
from holdfast.model.enums import CommandKind, Denial, OrderType, Phase, Severity
from holdfast.model.guard import Guard
from holdfast.model.instrument import Contract, notional_of
from holdfast.model.limits import Ask, Limits
from holdfast.model.order import TABLE, WORKING, OrderStatus
from holdfast.model.state import State
from holdfast.model.trade import Trade, trade_slot
from holdfast.model.units import RATE
from holdfast.records import blank_array, copy_record, unpack_into
from holdfast.risk import gate
from holdfast.risk.fit import value_ask
from holdfast.risk.sizing import loss_at_stop, risk_budget
from holdfast.simulator import world as both_worlds
from holdfast.simulator.ledger import recompute
from holdfast.simulator.settlements import Timetable
from holdfast.simulator.simulation import Outcome, Scenario, Simulation
from holdfast.simulator.venue import Bar, Market
from holdfast.simulator.world import Scheduled, World

LEDGER = ("realized_pnl", "fees", "funding", "rollover")


# -- whole runs over random markets -----------------------------------------------------------------------


def stays_true(size: Size) -> None:
    """Everything kept holds after every event; core and venue agree, and all is protected, when both are silent."""
    stops = Stops()

    def look(state: State) -> list[str]:
        return wrong(state) + stops.loosened(state)

    run_watched(scenario(size), look)


def is_one_engine(size: Size) -> None:
    """Interpreted and compiled: same digest, same venue, same tapes, to the bit."""
    one, other = (
        Simulation(scenario(size), interpreted=mode, digest_every=50).run() for mode in (True, False)
    )
    assert one.digest == other.digest
    assert one.digests == other.digests
    assert one.market.tobytes() == other.market.tobytes()
    for name, tape in one.tapes.items():
        assert np.array_equal(tape, other.tapes[name]), name


def adds_up(size: Size) -> None:
    """The account equals a Decimal walk through its executions, the venue's wallet, and the sum of its trades."""
    world = scenario(size)
    outcome = Simulation(world, interpreted=True).run()
    account = outcome.state["account"][0]
    assert residual(world, outcome) == 0
    assert account["balance"] == outcome.market["wallet"][0]
    for name in LEDGER:
        assert account[name] == total_of_trades(outcome, name), name
        assert account[name] == outcome.state["instruments"][0][name].sum(), name


def recomputes(size: Size) -> None:
    """What the core booked is what its executions and the schedule come to, settlements by themselves included."""
    world = scenario(size)
    assert residual(world, Simulation(world, interpreted=True).run()) == 0


def residual(world: Scenario, outcome: Outcome) -> int:
    """What the core's funding, rollover or balance differ by from a walk through executions and schedule in Decimal."""
    tapes = outcome.tapes
    timetable = Timetable(world.items, world.bars, world.duration_ns)
    contracts = [Contract(), *(listing.contract for listing in world.listings)]
    found = recompute(world.balance, contracts, tapes["fills"], timetable, world.hedging)
    account = outcome.state["account"]
    gaps = {name: int(account[name][0] - getattr(found, name)) for name in ("funding", "rollover", "balance")}
    return max(gaps.values(), key=abs)


def total_of_trades(outcome: Outcome, name: str) -> int:
    """A sum over the trades that are told, and those that still hold something."""
    state = State()
    unpack_into(state, outcome.state)
    open_trades = [trade for trade in state.trades if trade.phase not in (Phase.IDLE, Phase.COOLDOWN)]
    return int(outcome.tapes["closed"][name].sum()) + sum(getattr(trade, name) for trade in open_trades)


class Stops:
    """Remembers every stop: it only moves towards more protection while a trade's entries stay the same."""

    def __init__(self) -> None:
        self.seen: dict[int, tuple[int, int]] = {}

    def loosened(self, state: State) -> list[str]:
        """Trades whose stop protects less than before."""
        found = []
        for row in range(2, state.trade_watermark + 1):
            trade = state.trades[row]
            if trade.phase not in (Phase.OPEN, Phase.EXITING):
                continue
            entries, stop = self.seen.get(trade.trade_id, (trade.entry_count, trade.stop_price))
            if entries == trade.entry_count and trade.side * (trade.stop_price - stop) < 0:
                found.append(f"the stop of trade {row} went from {stop} to {trade.stop_price}")
            self.seen[trade.trade_id] = (trade.entry_count, trade.stop_price)
        return found


# -- the core against an unruly venue ---------------------------------------------------------------------


class Watch:
    """Looks at every order after every event: it stands where it stood, or one legal step further."""

    def __init__(self) -> None:
        self.seen: dict[int, OrderStatus] = {}

    def __call__(self, state: State, event: Any) -> None:
        orders = state.orders[1 : state.order_watermark + 1]
        now = {order.order_id: OrderStatus(order.status) for order in orders if order.status}
        for order_id, before in self.seen.items():
            ends = [status for status in TABLE[before].values() if not WORKING[status]]
            assert now.get(order_id, before) in {before, *TABLE[before].values()}
            assert order_id in now or ends, f"an order vanished from {before.name}"
        for order_id in now.keys() - self.seen.keys():
            assert now[order_id] is OrderStatus.PLANNED
        self.seen = now
        assert not (found := wrong(state)), f"after event {state.sequence}: {found[:5]}"


def stays_in_its_table(seed: int, steps: int, hedging: bool, isolated: bool) -> None:
    """Whatever a venue reports and when: orders stay in their table, and everything kept stays true."""
    duel = Duel(seed, hedging, isolated, look=Watch())
    for _ in range(steps):
        duel.step()


def is_protected(seed: int, steps: int, hedging: bool) -> None:
    """A stop for all of it, or an exit on its way; quantities are those of the venue, nothing twice, nothing lost."""
    duel = Duel(seed, hedging)
    for _ in range(steps):
        duel.step()
    duel.calm()
    for _ in range(12):  # an exit that was refused is tried again after a while
        duel.wait()
    assert unprotected(duel.state) == []
    assert unwanted(duel.state) == []
    for (instrument_id, side), quantity in duel.held.items():
        assert duel.state.instruments[instrument_id].positions[0 if side > 0 else 1].quantity == quantity


def unwanted(state: State) -> list[int]:
    """Orders whose end was asked for and has not come, though the venue grants everything."""
    return [order.order_id for order in state.orders if WORKING[order.status] and order.cancel_pending]


NOTHING_DUE = Timetable(blank_array(Scheduled, 0), blank_array(Bar, 0), 1)


def keeps_its_ledger(seed: int, steps: int, hedging: bool) -> None:
    """Account = identity = trades = instruments = a walk through the executions in Decimal."""
    duel = Duel(seed, hedging)
    for _ in range(steps):
        duel.step()
        assert ledger_residual(duel.state.account) == 0
    duel.calm()
    account = duel.state.account
    contracts = [Contract(), duel.contracts[1], duel.contracts[2]]
    found = recompute(account.start_balance, contracts, duel.lines, NOTHING_DUE, duel.hedging)
    assert Decimal(account.realized_pnl) == found.realized
    assert Decimal(account.fees) == found.fees
    moved = account.funding + account.rollover + account.cash_flows + account.adjustments
    assert Decimal(account.balance) == found.balance + moved
    for name in LEDGER:
        assert getattr(account, name) == sum(getattr(i, name) for i in duel.state.instruments), name
        assert getattr(account, name) == of_trades(duel, name), name


def of_trades(duel: Duel, name: str) -> int:
    """The sum over all trades, told and open."""
    told = sum(getattr(closed, name) for closed in duel.told)
    still = [trade for trade in duel.state.trades if trade.phase not in (Phase.IDLE, Phase.COOLDOWN)]
    return told + sum(getattr(trade, name) for trade in still)


def tightest() -> Limits:
    """Every limit at one unit."""
    limits = Limits()
    for name in Limits.dtype.names:
        setattr(limits, name, 1)
    return limits


def may_always_leave(seed: int, steps: int, hedging: bool) -> None:
    """With every limit at its tightest, every scope halted and the truth unknown, all that is held still gets out."""
    duel = Duel(seed, hedging)
    for _ in range(steps):
        duel.step()
    duel.calm()
    for class_id in range(2):
        given = events.LimitsSet(class_id=class_id)
        copy_record(given.limits, tightest())
        duel.apply(given)
    duel.state.account.unknown = True
    duel.apply(events.SeverityChange(time_ns=duel.time_ns, severity=Severity.FLATTENING))
    duel.let_out()
    assert not any(duel.held.values())
    duel.calm()
    assert all(not p.quantity for i in duel.state.instruments for p in i.positions)


# -- the gate ---------------------------------------------------------------------------------------------

RATES = (
    "order_notional_max",
    "position_notional_max",
    "price_collar",
    "passive_band",
    "trade_risk_max",
    "open_risk_max",
    "leverage_max",
)
COUNTS = ("order_count_max", "trade_count_max", "entries_per_day_max", "group_trades_max", "stale_after_ns")


def tightened(rng: np.random.Generator, limits: Limits) -> Limits:
    """Some limits lower than they were; off (0) becomes any number, a margin off is all of equity."""
    made = Limits()
    copy_record(made, limits)
    if rng.random() < 0.5:
        return made
    for name in (*RATES, *COUNTS, "margin_max"):
        now = getattr(limits, name)
        most = now or (RATE if name == "margin_max" else 40 * RATE if name in RATES else 30)
        if rng.random() < 0.3:
            setattr(made, name, int(rng.integers(1, most + 1)))
    return made


LOWER = (
    "correlated_risk",
    "group_risk",
    "currency_risk",
    "idea_loss_max",
    "lots_order_max",
    "lots_instrument_max",
    "lots_total_max",
    "median_multiple",
)
SWITCHES = ("headroom", "keep_tier", "hedge_banned", "idea_both_sides")


def tightened_guard(rng: np.random.Generator, guard: Guard) -> Guard:
    """Some rules of the account tighter: lower, on, longer, or less willing to make an entry smaller."""
    made = Guard()
    copy_record(made, guard)
    for name in LOWER:
        if rng.random() < 0.3:
            setattr(made, name, int(rng.integers(1, (getattr(guard, name) or 40 * RATE) + 1)))
    for name in SWITCHES:
        setattr(made, name, getattr(guard, name) or rng.random() < 0.3)
    if rng.random() < 0.3:
        made.group_side_max = int(rng.integers(1, (guard.group_side_max or 5) + 1))
    made.liquidation_ratio = guard.liquidation_ratio + int(rng.integers(RATE))
    made.idea_within_ns = guard.idea_within_ns + int(rng.integers(10**13))
    if guard.shrink > 0:
        made.shrink = 0 if rng.random() < 0.3 else int(rng.integers(guard.shrink, RATE + 1))
    return made


def reachable(state: State, contract: Contract, price: int) -> int:
    """Steps that the account could hold a few times over."""
    one = max(1, notional_of(contract, max(1, min(price, contract.price_max)), 1))
    return min(contract.quantity_max, 4 * max(0, state.account.equity) // one)


def random_ask(rng: np.random.Generator, duel: Duel) -> Ask:
    """An order near or far, small or absurd, for one of the mandates' trades, or in place of one of its orders."""
    state, ask = duel.state, Ask()
    mandate_id, side = int(rng.integers(1, 4)), int(rng.choice([-1, 1]))
    ask.trade_row, ask.side = trade_slot(mandate_id, side), side
    ask.instrument_id = state.mandates[mandate_id].instrument_id
    state.trades[ask.trade_row].mandate_id = mandate_id
    contract, price = duel.contracts[ask.instrument_id], duel.price[ask.instrument_id]
    most = contract.quantity_max if rng.random() < 0.4 else max(1, reachable(state, contract, price))
    ask.quantity = int(rng.integers(1, most + 1) ** rng.uniform(0.1, 1.01))
    ask.price = int(min(contract.price_max, max(1, price * rng.uniform(0.9, 1.1))))
    ask.stop_price = int(min(contract.price_max, max(0, ask.price * (1 - side * rng.uniform(-0.01, 0.2)))))
    mine = [
        row
        for row in orders_of(state)
        if state.orders[row].trade_row == ask.trade_row and not state.orders[row].reduce_only
    ]
    ask.replaces = int(rng.choice(mine)) if mine and rng.random() < 0.5 else 0
    return ask


def unrestrain(state: State) -> None:
    """No scope is halted, and what is known is true: the rules that come later are asked."""
    state.account.unknown = False
    scopes = (*state.instruments, *state.mandates, *state.strategies, *state.groups, *state.classes)
    for scope in (state, state.account, *scopes):
        scope.severity = Severity.NORMAL


def fitted(rng: np.random.Generator, state: State, ask: Ask) -> tuple[Limits, Limits]:
    """Limits with about as much margin as an entry needs, and the same with so little open risk that it has to be
    made smaller."""
    value_ask(state, ask, ask.quantity)
    account = state.account
    equity, base = max(1, account.equity), max(1, min(account.balance, account.equity))
    margin = account.margin + account.resting_margin + int(rng.uniform(0.3, 1.5) * ask.margin)
    risk = account.open_risk + account.resting_risk + int(rng.uniform(0.05, 1) * ask.risk)
    loose, tight = Limits(), Limits()
    loose.margin_max = tight.margin_max = max(1, min(RATE, margin * RATE // equity))
    tight.open_risk_max = max(1, min(40 * RATE, risk * RATE // base))
    return loose, tight


def tighter_is_never_looser(seed: int, steps: int, hedging: bool, isolated: bool) -> None:
    """Whatever the state and the order: what looser limits refuse, tighter ones refuse."""
    duel = Duel(seed, hedging, isolated)
    for _ in range(steps):
        duel.step()
    rng = np.random.default_rng(seed)
    for _ in range(25):
        ask = random_ask(rng, duel)
        loose, rules = random_limits(rng), random_guard(rng)
        free = rng.random() < 0.6  # else what comes first in the gate refuses nearly everything
        if free:
            loose = Limits()
            unrestrain(duel.state)
        answers, allowed = [], []
        tight, tight_rules = tightened(rng, loose), tightened_guard(rng, rules)
        if free and rng.random() < 0.5:
            loose, tight = fitted(rng, duel.state, ask)
            rules.shrink, rules.lots_order_max, rules.lots_instrument_max, rules.lots_total_max = (
                RATE // 20,
                0,
                0,
                0,
            )
            tight_rules = rules
        for limits, guard in ((loose, rules), (tight, tight_rules)):
            for class_id in range(2):
                copy_record(duel.state.limits[class_id], limits)
            copy_record(duel.state.guard, guard)
            answers.append(gate.check(duel.state, ask))
            allowed.append(ask.allowed if answers[-1] == Denial.NONE else 0)
        assert allowed[1] <= allowed[0] <= ask.quantity
        assert answers[0] == Denial.NONE or answers[1] != Denial.NONE, (Denial(answers[0]), ask)


def passes_the_gate(size: Size) -> None:
    """Every entry that reaches the venue, or grows or moves there, is one that the gate let pass, exactly so."""
    approved: set[tuple[int, ...]] = set()
    ask_gate, execute = entries.check, both_worlds.execute

    def asked(state: State, ask: Ask) -> Denial:
        denial = ask_gate(state, ask)
        if denial == Denial.NONE:
            approved.add((state.sequence, ask.instrument_id, ask.side, ask.allowed, ask.price))
        return denial

    def executed(market: Market, command: Command) -> None:
        order = market.orders[command.order_row]
        shrinks = (
            command.kind == CommandKind.AMEND
            and command.limit_price == order.limit_price
            and command.quantity <= order.quantity
        )
        if command.kind != CommandKind.CANCEL and not command.reduce_only and not shrinks:
            seen = (command.instrument_id, command.side, command.quantity)
            found = {a[4] for a in approved if a[1:4] == seen}
            assert command.limit_price in found or (command.order_type == OrderType.MARKET and found), (
                f"not asked: {seen}"
            )
        execute(market, command)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "check", asked)
        patch.setattr(both_worlds, "execute", executed)
        patch.setattr(both_worlds, "dispatch", forgetting(both_worlds.dispatch, approved))
        Simulation(scenario(size), interpreted=True).run()


def forgetting(dispatch: Callable[[World], None], approved: set[tuple[int, ...]]) -> Callable[[World], None]:
    """An approval counts for the commands of its own event only."""

    def send(both: World) -> None:
        dispatch(both)
        approved.clear()

    return send


# -- sizes ------------------------------------------------------------------------------------------------


def stays_in_budget(seed: int, size: Callable[..., int]) -> None:
    """The loss at the stop, costs included, is within risk rate x score of the smaller of balance and equity."""
    rng = np.random.default_rng(seed)
    price = int(between(rng, 60, 300_000))
    contract, account = random_contract(rng, 1, 2 * price), Account()
    account.balance, account.equity = (int(between(rng, 10, 1e7)) * RATE for _ in range(2))
    risk_rate, score, side = (
        int(between(rng, 1e4, 1e7)),
        int(rng.integers(RATE // 2, 2 * RATE)),
        int(rng.choice([-1, 1])),
    )
    stop = max(1, price - side * int(between(rng, 1, price / 2)))
    quantity = size(contract, risk_budget(account, risk_rate, score), side, price, stop)
    assert 0 <= quantity <= contract.quantity_max
    budget = Fraction(min(account.balance, account.equity) * risk_rate * score, RATE * RATE)
    assert quantity == 0 or loss_at_stop(contract, side, quantity, price, stop) <= budget
    whole = (
        min(account.balance, account.equity) * (risk_rate * score // RATE) // RATE
    )  # the rate is told in 1e-8
    one = loss_at_stop(contract, side, 1, price, stop)
    if (
        one > RATE // 100 and quantity < contract.quantity_max
    ):  # what rounding costs is small: one more is too much
        more = quantity + 1 + quantity // 1_000
        assert loss_at_stop(contract, side, more, price, stop) + contract.quantity_min * one // 100 > whole


def ladder_holds(
    minimum: int, shares: list[int], stages: list[tuple[int, int]], split: Callable[[Trade, int], None]
) -> None:
    """Split while the position grows and targets fill: parts add up, none is negative, none below what it filled."""
    trade = Trade()
    trade.leg_count = len(shares)
    total = sum(shares)
    for leg, share in zip(trade.legs, shares, strict=False):
        leg.share = share * RATE // total if total > RATE else share
    for grown, filled in stages:
        trade.entry_quantity += grown
        split(trade, minimum)
        check_legs(trade)
        leg = next((leg for leg in trade.legs[: trade.leg_count] if not leg.done), None)
        if leg is not None and leg.quantity > 0:
            leg.filled_quantity = max(leg.filled_quantity, leg.quantity * filled // 100)
            leg.done = leg.filled_quantity == leg.quantity


def check_legs(trade: Trade) -> None:
    """What must hold of every split."""
    legs = trade.legs[: trade.leg_count]
    assert all(leg.quantity >= leg.filled_quantity >= 0 for leg in legs)
    promised = sum(leg.quantity for leg in legs)
    assert promised <= trade.entry_quantity
    if legs[-1].share > 0 and not legs[-1].done:
        assert promised == trade.entry_quantity - trade.reduced_quantity
