"""The properties themselves, apart from the examples they get: the same words judge the engine and its broken twins."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from nasty_markets import Size, scenario
from survey import unprotected, wrong
from unruly_venue import Duel
from watched import run_watched

from holdfast.model import events
from holdfast.model.account import ledger_residual
from holdfast.model.enums import Phase, Severity
from holdfast.model.instrument import Contract
from holdfast.model.limits import Limits
from holdfast.model.order import TABLE, WORKING, OrderStatus
from holdfast.model.state import State
from holdfast.records import copy_record, unpack_into
from holdfast.simulator.ledger import recompute
from holdfast.simulator.simulation import Outcome, Scenario, Simulation

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


def contracts_of(outcome: Outcome) -> list[Contract]:
    """The contracts of a run by their id, as it left them."""
    made = []
    for row in outcome.state["instruments"][0]:
        made.append(Contract())
        unpack_into(made[-1], np.array([row["contract"]], Contract.dtype))
    return made


def residual(world: Scenario, outcome: Outcome) -> int:
    """What the core's balance differs by from a walk through its executions in Decimal."""
    tapes = outcome.tapes
    found = recompute(world.balance, contracts_of(outcome), tapes["fills"], tapes["cash"], world.hedging)
    return int(outcome.state["account"]["balance"][0] - found.balance)


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

    def __call__(self, state: State) -> None:
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
    for (instrument_id, side), quantity in duel.held.items():
        assert duel.state.instruments[instrument_id].positions[0 if side > 0 else 1].quantity == quantity


def keeps_its_ledger(seed: int, steps: int, hedging: bool) -> None:
    """Account = identity = trades = instruments = a walk through the executions in Decimal."""
    duel = Duel(seed, hedging)
    for _ in range(steps):
        duel.step()
        assert ledger_residual(duel.state.account) == 0
    duel.calm()
    account = duel.state.account
    nothing = {"funding": np.zeros(0, np.int64), "rollover": np.zeros(0, np.int64)}
    contracts = [Contract(), duel.contracts[1], duel.contracts[2]]
    found = recompute(account.start_balance, contracts, duel.lines, nothing, duel.hedging)
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
    for _ in range(300):
        if not any(duel.held.values()):
            break
        duel.wait()
        duel.execute()
        duel.calm()
    assert not any(duel.held.values())
    duel.calm()
    assert all(not p.quantity for i in duel.state.instruments for p in i.positions)
