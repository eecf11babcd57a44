"""The core alone, face to face with a venue that answers late, in parts, twice, in another order, or nonsense.

The venue keeps a truth of its own, so that at the end, once it has answered everything, both can be compared.
Executions arrive in the order in which they happened and before the end of their order; all else may overtake.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from nasty_markets import (
    START,
    STEP,
    between,
    chance,
    random_contract,
    random_floor,
    random_guard,
    random_limits,
    random_mandate,
    random_plans,
)

from holdfast.engine.engine import Engine
from holdfast.model import events
from holdfast.model.arithmetic import scale_up
from holdfast.model.commands import ClosedTrade, Command
from holdfast.model.enums import BoundaryKind, CommandKind, FlowKind, Kind, OrderType, Scope, Severity
from holdfast.model.instrument import fee_of, notional_of
from holdfast.model.limits import Limits
from holdfast.model.order import Step
from holdfast.model.state import State
from holdfast.model.units import RATE, SECOND
from holdfast.records import clear_record, copy_record, unpack_into

Look = Callable[[State, Any], None]  # what stands after an event, and the event


@dataclass
class Resting:
    """An order as the venue holds it."""

    row: int
    order_id: int
    instrument_id: int
    position_side: int
    side: int
    order_type: int
    price: int
    quantity: int
    reduce_only: bool
    filled: int = 0
    active: bool = True


@dataclass
class Duel:
    """An engine and its unruly venue. `step` lets one random thing happen; `calm` lets the venue answer all."""

    seed: int
    hedging: bool
    isolated: bool = False
    look: Look = lambda state, event: None
    engine: Engine = field(default_factory=Engine)
    resting: dict[int, Resting] = field(default_factory=dict)
    mail: list[events.OrderReport] = field(default_factory=list)
    held: dict[tuple[int, int], int] = field(default_factory=dict)
    lines: list[dict[str, int]] = field(
        default_factory=list
    )  # executions as they were told, for another ledger
    told: list[ClosedTrade] = field(default_factory=list)
    sent: list[events.OrderReport] = field(default_factory=list)
    fill_id: int = 0
    obliging: bool = False
    time_ns: int = START

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.state = self.engine.state
        self._open()

    def _open(self) -> None:
        """Account, limits, two instruments, three mandates, first prices."""
        balance = int(between(self.rng, 1e3, 1e6)) * RATE
        self.apply(
            events.AccountOpened(time_ns=START, balance=balance, hedging=self.hedging, isolated=self.isolated)
        )
        for class_id in range(2):
            given = events.LimitsSet(class_id=class_id)
            copy_record(given.limits, random_limits(self.rng) if chance(self.rng, 0.3) else Limits())
            self.apply(given)
        self.price, self.contracts = {}, {}
        for i in (1, 2):
            self.price[i] = int(between(self.rng, 500, 50_000))
            listed = events.InstrumentListed(
                group_id=int(self.rng.integers(3)),
                group_sign=int(self.rng.choice([-1, 1])),
                base_currency=int(self.rng.integers(4)),
                quote_currency=int(self.rng.integers(4)),
                lot_steps=int(self.rng.choice([0, 1, 100])),
                reserve=int(self.rng.integers(RATE // 2)),
            )
            copy_record(listed.contract, random_contract(self.rng, i, 4 * self.price[i]))
            listed.contract.quantity_max = max(listed.contract.quantity_max, 50)
            self.apply(listed)
            self.contracts[i] = self.state.instruments[i].contract
            self.see_price(i)
        for i in range(1, 4):
            given = events.MandateGiven(mandate_id=i)
            copy_record(given.mandate, random_mandate(self.rng, 2))
            self.apply(given)
        self._restrain(balance)

    def _restrain(self, balance: int) -> None:
        """Rules of the account and floors, in half of the cases."""
        if chance(self.rng, 0.5):
            given = events.GuardGiven(time_ns=START)
            copy_record(given.guard, random_guard(self.rng))
            self.apply(given)
        for row in range(1, 1 + int(self.rng.choice([0, 0, 1, 2]))):
            floor = events.FloorGiven(time_ns=START, floor_row=row)
            copy_record(floor.floor, random_floor(self.rng, balance))
            self.apply(floor)

    def apply(self, event: Any) -> None:
        """One event; its commands go to the venue."""
        commands = self.engine.apply(event)
        for closed in self.engine.outbox.closed[: self.engine.outbox.closed_count]:
            self.told.append(ClosedTrade())
            copy_record(self.told[-1], closed)
        self.look(self.state, event)
        for command in commands:
            self.take(command)

    # -- the venue's side -------------------------------------------------------------------------------

    def take(self, command: Command) -> None:
        """A command leaves and reaches the venue; what it answers goes into the mail."""
        if command.kind == CommandKind.PLACE:
            self.tell(command, Step.RELEASE, at_once=True)
            self.tell(command, Step.SEND, at_once=True)
            self.place(command)
        elif command.order_id in self.resting and self.resting[command.order_id].active:
            order = self.resting[command.order_id]
            if command.kind == CommandKind.CANCEL and self.unkind(0.1):
                self.tell(command, Step.NONE, cancel_refused=True)
            elif command.kind == CommandKind.CANCEL:
                order.active = False
                self.tell(command, Step.CANCEL)
            else:
                self.amend(order, command)

    def place(self, command: Command) -> None:
        """Taken, refused, or silence for a while."""
        price = command.limit_price if command.order_type == OrderType.LIMIT else command.trigger_price
        order = Resting(
            command.order_row, command.order_id, command.instrument_id, command.position_side, command.side,
            command.order_type, price, command.quantity, command.reduce_only,
        )  # fmt: skip
        self.resting[order.order_id] = order
        if self.unkind(0.08):
            order.active = False
            self.tell(command, Step.REJECT, reason=1)
            return
        if self.unkind(0.1):
            self.tell(command, Step.DOUBT)
            if chance(self.rng, 0.3):
                order.active = False
                self.tell(command, Step.MISS)
                return
        self.tell(command, Step.ACCEPT)

    def amend(self, order: Resting, command: Command) -> None:
        """Changed, or refused with the old terms."""
        if command.quantity <= order.filled or self.unkind(0.1):
            self.tell(command, Step.NONE, amend_refused=True, quantity=order.quantity, price=order.price)
            return
        order.quantity = command.quantity
        order.price = command.limit_price if command.order_type == OrderType.LIMIT else command.trigger_price
        self.tell(command, Step.NONE, amended=True, quantity=order.quantity, price=order.price)

    def tell(self, about: Any, step: Step, at_once: bool = False, **details: Any) -> None:
        """A report, now or into the mail."""
        row = about.order_row if isinstance(about, Command) else about.row
        report = events.OrderReport(
            time_ns=self.time_ns, order_row=row, order_id=about.order_id, step=step, **details
        )
        if at_once:
            self.apply(report)
        else:
            self.mail.append(report)

    def execute(self) -> None:
        """Part or all of a random order fills."""
        orders = [order for order in self.resting.values() if order.active]
        if not orders:
            return
        order = orders[int(self.rng.integers(len(orders)))]
        left = order.quantity - order.filled
        key = (order.instrument_id, order.position_side)
        if order.reduce_only:
            left = min(left, self.held.get(key, 0))
            if left == 0:
                order.active = False
                self.tell(order, Step.CANCEL)
                return
        quantity = left if chance(self.rng, 0.5) else int(self.rng.integers(1, left + 1))
        self.settle(order, quantity)

    def settle(self, order: Resting, quantity: int) -> None:
        """Book an execution at the venue and tell it."""
        contract = self.contracts[order.instrument_id]
        price = order.price if order.order_type == OrderType.LIMIT else self.price[order.instrument_id]
        price = max(1, min(contract.price_max, price + int(self.rng.integers(-3, 4))))
        maker = order.order_type == OrderType.LIMIT
        self.move(order, quantity)
        order.filled += quantity
        order.active = order.filled < order.quantity
        self.fill_id += 1
        step = Step.FILL if order.active else Step.COMPLETE
        self.tell(order, step, fill_id=self.fill_id, quantity=quantity, price=price, maker=maker)

    def move(self, order: Resting, quantity: int) -> None:
        """The venue's own positions, netted where the account nets."""
        key, other = (order.instrument_id, order.position_side), (order.instrument_id, -order.position_side)
        if order.reduce_only:
            self.held[key] -= quantity
            return
        netted = 0 if self.hedging else min(quantity, self.held.get(other, 0))
        if netted:
            self.held[other] -= netted
        self.held[key] = self.held.get(key, 0) + quantity - netted

    def deliver(self) -> None:
        """One letter reaches the core; only acknowledgements may overtake executions and ends."""
        if not self.mail:
            return
        at = int(self.rng.integers(min(3, len(self.mail))))
        if at and not self.may_overtake(at):
            at = 0
        report = self.mail.pop(at)
        self.sent.append(report)
        if report.fill_id:
            contract = self.contracts[self.resting[report.order_id].instrument_id]
            report.fee = fee_of(contract, report.price, report.quantity, report.maker)
            self.write(self.resting[report.order_id], report)
        self.apply(report)

    def write(self, order: Resting, report: events.OrderReport) -> None:
        """A line of the other ledger, in the money of now."""
        contract = self.contracts[order.instrument_id]
        self.lines.append(
            {
                "instrument_id": order.instrument_id,
                "position_side": order.position_side,
                "quantity": report.quantity,
                "price": report.price,
                "maker": report.maker,
                "role": 1 if order.reduce_only else 0,
                "tick_value_numerator": contract.tick_value_numerator,
                "tick_value_denominator": contract.tick_value_denominator,
            }
        )

    def may_overtake(self, at: int) -> bool:
        """An answer that is no execution, about an order of which no earlier letter is on its way."""
        letter = self.mail[at]
        earlier = {other.order_id for other in self.mail[:at]}
        return letter.fill_id == 0 and letter.order_id not in earlier

    # -- what else happens ------------------------------------------------------------------------------

    def see_price(self, instrument_id: int) -> None:
        """Price moves, now and then far."""
        contract = self.contracts[instrument_id]
        moved = self.price[instrument_id] * (1 + self.rng.normal(0, 0.2 if chance(self.rng, 0.03) else 0.01))
        bid = int(np.clip(moved, 20, contract.price_max // 2))
        self.price[instrument_id] = bid
        low, high = max(1, bid - int(self.rng.integers(0, 20))), bid + int(self.rng.integers(0, 20))
        ask = bid + int(self.rng.integers(0, 5))
        self.apply(
            events.Price(
                time_ns=self.time_ns, instrument_id=instrument_id, bid=bid, ask=ask, low=low, high=high
            )
        )

    def see_plan(self) -> None:
        """A plan like those of the random markets, for a random mandate."""
        number = int(self.rng.integers(1, 4))
        mandate = self.state.mandates[number]
        bars = np.zeros(1, [("time_ns", "i8"), ("close", "i8")])
        bars["time_ns"], bars["close"] = self.time_ns - STEP, self.price[mandate.instrument_id]
        row = random_plans(
            self.rng, number, mandate, bars, self.contracts[mandate.instrument_id].price_max, wild=False
        )
        plan = events.Plan()
        unpack_into(plan, row)
        if mandate.kind == Kind.GRID and chance(self.rng, 0.5):
            plan.stop_price = 0
        self.apply(plan)

    def nonsense(self) -> None:
        """A letter that was delivered before, or that fits nothing."""
        report = events.OrderReport()
        if self.sent and chance(self.rng, 0.6):
            copy_record(report, self.sent[int(self.rng.integers(len(self.sent)))])
            known = self.state.orders[report.order_row]
            if known.order_id == report.order_id and report.fill_id == 0:
                return  # a repeated answer about an order that still works could be taken for a new one
        else:
            clear_record(report)
            report.order_row = int(self.rng.integers(0, self.state.order_watermark + 2))
            report.order_id = 10**9 + int(self.rng.integers(100))
            report.step = int(self.rng.integers(len(Step)))  # type: ignore[assignment]
            report.fill_id, report.quantity, report.price = 10**9, 5, 100
        self.apply(report)

    def operate(self) -> None:
        """Something rare: money, a new day, a halt or its end, an order to leave."""
        instrument_id = int(self.rng.integers(1, 3))
        kind = int(self.rng.integers(8))
        when = self.time_ns
        if kind == 0:
            self.apply(
                events.Funding(
                    time_ns=when, instrument_id=instrument_id, rate=int(self.rng.integers(-(10**6), 10**6))
                )
            )
        elif kind == 1:
            self.apply(
                events.Rollover(
                    time_ns=when,
                    instrument_id=instrument_id,
                    long_points=-RATE,
                    short_points=RATE // 3,
                    days=3,
                )
            )
        elif kind == 2:
            self.apply(
                events.CashFlow(
                    time_ns=when,
                    amount=int(self.rng.integers(-50, 100)) * RATE,
                    kind=FlowKind(int(self.rng.integers(1, 7))),
                )
            )
        elif kind == 3:
            self.apply(
                events.Boundary(
                    time_ns=when,
                    kind=BoundaryKind.DAY if chance(self.rng, 0.3) else BoundaryKind.CLOCK,
                    primary=True,
                    opens=True,
                    closes=True,
                )
            )
        elif kind == 4:
            severity = Severity(int(self.rng.integers(5))) if chance(self.rng, 0.5) else Severity.NORMAL
            scope = Scope(int(self.rng.integers(4)))
            self.apply(
                events.SeverityChange(time_ns=when, scope=scope, scope_id=instrument_id, severity=severity)
            )
        elif kind == 5 and not self.contracts[instrument_id].self_converting:
            contract = self.contracts[instrument_id]
            value = max(1, int(contract.tick_value_numerator * self.rng.uniform(0.7, 1)))
            self.apply(
                events.TickValue(
                    time_ns=when,
                    instrument_id=instrument_id,
                    numerator=value,
                    denominator=contract.tick_value_denominator,
                )
            )
        elif kind == 7 and chance(self.rng, 0.2):
            self.force()
        elif kind == 6 and chance(self.rng, 0.3):
            self.apply(events.ExitRequest(time_ns=when, instrument_id=int(self.rng.integers(3))))

    def force(self) -> None:
        """The venue cancels everything and closes a position."""
        for order in self.resting.values():
            if order.active:
                order.active = False
                self.tell(order, Step.CANCEL)
        self.calm()
        held = [(key, quantity) for key, quantity in self.held.items() if quantity > 0]
        if not held:
            return
        (instrument_id, side), quantity = held[int(self.rng.integers(len(held)))]
        contract, price = self.contracts[instrument_id], self.price[instrument_id]
        fee = fee_of(contract, price, quantity, False)
        fee += scale_up(notional_of(contract, price, quantity), contract.liquidation_rate)
        self.held[instrument_id, side] = 0
        self.fill_id += 1
        order = Resting(0, 0, instrument_id, side, -side, 0, 0, quantity, reduce_only=True)
        self.write(order, events.OrderReport(quantity=quantity, price=price))
        self.lines[-1]["role"] = 4
        self.apply(
            events.Closure(
                time_ns=self.time_ns,
                instrument_id=instrument_id,
                side=side,
                quantity=quantity,
                price=price,
                fee=fee,
                fill_id=self.fill_id,
            )
        )

    def step(self) -> None:
        """One random thing."""
        self.time_ns += int(self.rng.integers(0, STEP))
        kind = self.rng.random()
        if kind < 0.30:
            self.deliver()
        elif kind < 0.50:
            self.execute()
        elif kind < 0.68:
            self.see_price(int(self.rng.integers(1, 3)))
        elif kind < 0.88:
            self.see_plan()
        elif kind < 0.94:
            self.operate()
        else:
            self.nonsense()

    def calm(self) -> None:
        """The venue answers everything; nothing new fills."""
        for _ in range(400):
            if not self.mail:
                return
            self.deliver()
        raise AssertionError("core and venue never fall silent")

    def let_out(self) -> None:
        """Time passes and orders fill until nothing is held, or patience ends."""
        for _ in range(300):
            if not any(self.held.values()):
                break
            self.wait()
            self.execute()
            self.calm()

    def unkind(self, share: float) -> bool:
        """Whether the venue refuses or falls silent this time."""
        return not self.obliging and chance(self.rng, share)

    def wait(self) -> None:
        """Some seconds pass, and the venue answers everything, and takes everything from now on."""
        self.obliging = True
        self.time_ns = max(self.time_ns, self.state.time_ns) + 2 * SECOND
        self.apply(events.Boundary(time_ns=self.time_ns, kind=BoundaryKind.CLOCK))
        self.calm()
