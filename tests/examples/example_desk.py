"""A trading desk in a test: the engine alone, with prices, plans and the venue's answers typed in by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from example_units import MONDAY, lots_of, money, price_of, steps, ticks, units_of

from holdfast.engine.engine import Engine
from holdfast.history.instruments import InstrumentSpec
from holdfast.model import events
from holdfast.model.commands import Command
from holdfast.model.enums import (
    BoundaryKind,
    CommandKind,
    Denial,
    Drop,
    Exit,
    FlowKind,
    NoteKind,
    OrderType,
    Phase,
    Role,
    Severity,
)
from holdfast.model.instrument import fee_of
from holdfast.model.limits import Limits
from holdfast.model.order import OrderStatus, Step
from holdfast.model.trade import Trade, trade_slot
from holdfast.model.units import HOUR, MINUTE
from holdfast.records import copy_record
from holdfast.simulator.views import ArrayRows
from holdfast.strategies.strategy import Management
from holdfast.wiring.contracts import Conversion, contract_of
from holdfast.wiring.mandates import limits_of, mandate_of
from holdfast.wiring.plans import PlanSource, PlanTable

RETRY = 5 * MINUTE
INSTANTS = ("ts", "valid_until")


def plan_table(mandate_id: int, spec: InstrumentSpec, rows: list[dict[str, Any]]) -> PlanTable:
    """Rows in the published columns, with instants in nanoseconds, as a strategy would return them."""
    frame = pl.DataFrame(rows, infer_schema_length=None)
    instants = [pl.col(name).cast(pl.Datetime("ns", "UTC")) for name in INSTANTS if name in frame.columns]
    return PlanTable(mandate_id, frame.with_columns(instants), float(spec.tick_size))


def conversion_of(spec: InstrumentSpec, by: InstrumentSpec | None) -> Conversion | None:
    """How profit becomes dollars: divided by a USDxxx, multiplied by an xxxUSD."""
    if by is None:
        return None
    return Conversion(by.pair, by.pair.startswith("USD"), by.tick_size)


@dataclass
class Order:
    """An order as a person reads it; `row` and `id` stay when the engine has forgotten it."""

    row: int
    id: int
    role: str
    index: int
    side: str
    type: str
    price: float  # limit or trigger; 0 for a market order
    lots: float
    filled: float
    stop: float  # the protective stop inside the request
    post_only: bool
    reduce_only: bool
    amend_pending: bool
    cancel_pending: bool
    status: str


@dataclass
class Note:
    """One fact that the engine told."""

    kind: str
    reason: Any
    price: float
    lots: float
    index: int
    value: int
    limit: int


class Desk:
    """One account. `obedient`: the venue takes every order, amend and cancel at once; fills are always typed in."""

    def __init__(
        self,
        *specs: InstrumentSpec,
        balance: float = 10_000,
        hedging: bool = False,
        isolated: bool = False,
        limits: dict[str, float] | None = None,
        stale: float = 0,
        obedient: bool = True,
        through: dict[str, tuple[InstrumentSpec, float]] | None = None,
    ) -> None:
        self.engine = Engine()
        self.state = self.engine.state
        self.specs = list(specs)
        self.obedient = obedient
        self.now = MONDAY
        self.commands: list[Command] = []
        self.notes: list[Note] = []
        self.closed: list[Any] = []
        self.mandates: list[InstrumentSpec] = []
        self.fill_id = 0
        self._send(events.AccountOpened, balance=units_of(balance), hedging=hedging, isolated=isolated)
        for number in range(2):
            self.limit(number, stale=stale, **(limits or {}))
        for spec in specs:
            self._list(spec, (through or {}).get(spec.pair))

    def limit(self, class_id: int = 0, stale: float = 0, **values: float) -> None:
        """The limits of a class (0 setups, 1 grids), as shares of equity or counts."""
        event = events.LimitsSet(time_ns=self.now, class_id=class_id)
        copy_record(
            event.limits,
            limits_of(values, int(stale * 10**9)) if values else Limits(stale_after_ns=int(stale * 10**9)),
        )
        self.apply(event)

    def _list(self, spec: InstrumentSpec, by: tuple[InstrumentSpec, float] | None) -> None:
        pair, rate = by or (None, 0.0)
        contract = contract_of(
            spec, float(spec.tick_size * 10**6), conversion_of(spec, pair), ticks(pair, rate) if pair else 0
        )
        contract.instrument_id = self.specs.index(spec) + 1
        groups = sorted({s.group for s in self.specs})
        event = events.InstrumentListed(time_ns=self.now, group_id=groups.index(spec.group) + 1)
        copy_record(event.contract, contract)
        self.apply(event)

    def strategy(self, management: Management, spec: InstrumentSpec | None = None, sharing: int = 1) -> int:
        """Assign a strategy to an instrument; returns the mandate's number."""
        spec = spec or self.specs[0]
        self.mandates.append(spec)
        number = len(self.mandates)
        event = events.MandateGiven(time_ns=self.now, mandate_id=number)
        copy_record(
            event.mandate, mandate_of(management, number, self.specs.index(spec) + 1, spec, sharing, RETRY)
        )
        self.apply(event)
        return number

    # What happens

    def _send(self, event: Any, **values: Any) -> list[Command]:
        return self.apply(event(time_ns=self.now, **values))

    def apply(self, event: Any) -> list[Command]:
        """One event; what the engine told is kept, what it commands is sent (and obeyed)."""
        sent = self.engine.apply(event)
        self.hear()
        outbox = self.engine.outbox
        self.notes += [self._note(note) for note in outbox.notes[: outbox.note_count]]
        for row in outbox.closed[: outbox.closed_count]:
            kept = type(row)()
            copy_record(kept, row)
            self.closed.append(kept)
        self.commands += sent
        for command in sent:
            self._transmit(command)
        return sent

    def hear(self) -> None:
        """What else a test wants to keep of an event, before its commands lead to others."""

    def _transmit(self, command: Command) -> None:
        at = {"order_row": command.order_row, "order_id": command.order_id}
        if command.kind == CommandKind.PLACE:
            self._send(events.OrderReport, step=Step.RELEASE, **at)
            self._send(events.OrderReport, step=Step.SEND, **at)
        if not self.obedient:
            return
        if command.kind == CommandKind.PLACE:
            self._send(events.OrderReport, step=Step.ACCEPT, **at)
        elif command.kind == CommandKind.AMEND:
            self._send(events.OrderReport, amended=True, **at)
        else:
            self._send(events.OrderReport, step=Step.CANCEL, **at)

    def wait(self, hours: float) -> None:
        """Time passes, and a tick of the clock lets the engine look at its deadlines."""
        self.now += round(hours * HOUR)
        self._send(events.Boundary, kind=2)

    def new_day(self) -> None:
        """Midnight."""
        self._send(events.Boundary, kind=1, primary=True, opens=True, closes=True)

    def price(
        self,
        bid: float,
        ask: float | None = None,
        low: float | None = None,
        high: float | None = None,
        spec: InstrumentSpec | None = None,
        after: float = 0,
    ) -> list[Command]:
        """A quote, `after` so many hours; low and high are of the bid since the last one."""
        spec = spec or self.specs[0]
        self.now += round(after * HOUR)
        at = ticks(spec, bid)
        return self._send(
            events.Price,
            instrument_id=self.specs.index(spec) + 1,
            bid=at,
            ask=ticks(spec, bid if ask is None else ask),
            low=at if low is None else ticks(spec, low),
            high=at if high is None else ticks(spec, high),
        )

    def plan(self, mandate: int = 1, **columns: Any) -> list[Command]:
        """A plan row in the published columns."""
        spec = self.mandates[mandate - 1]
        source = PlanSource([plan_table(mandate, spec, [{"ts": self.now, **columns}])])
        event = ArrayRows(events.Plan, source.slice(0, 1))[0]
        event.mandate_id, event.time_ns = mandate, self.now
        return self.apply(event)

    def severity(self, level: Severity, scope: int = 1, scope_id: int = 0) -> list[Command]:
        """What a scope may still do (scope 0 engine, 1 account, 2 instrument, 3 mandate)."""
        return self._send(events.SeverityChange, scope=scope, scope_id=scope_id, severity=level)

    def clock(self) -> list[Command]:
        """Nothing but time passes."""
        return self._send(events.Boundary, kind=BoundaryKind.CLOCK)

    def deposit(self, amount: float) -> None:
        """Money comes (or, negative, goes)."""
        self._send(events.CashFlow, amount=units_of(amount), kind=FlowKind.DEPOSIT)

    # What the venue says

    def report(self, order: Order, step: Step = Step.NONE, **values: Any) -> list[Command]:
        """Anything about an order."""
        return self._send(events.OrderReport, order_row=order.row, order_id=order.id, step=step, **values)

    def accept(self, order: Order) -> list[Command]:
        return self.report(order, Step.ACCEPT)

    def cancel_confirmed(self, order: Order) -> list[Command]:
        return self.report(order, Step.CANCEL)

    def reject(self, order: Order) -> list[Command]:
        return self.report(order, Step.REJECT)

    def amend_confirmed(self, order: Order) -> list[Command]:
        return self.report(order, amended=True)

    def amend_refused(self, order: Order) -> list[Command]:
        """The venue keeps the old terms."""
        return self.report(order, amend_refused=True)

    def cancel_refused(self, order: Order) -> list[Command]:
        """The venue would not end it."""
        return self.report(order, cancel_refused=True)

    def fill(
        self,
        order: Order,
        price: float | None = None,
        lots: float | None = None,
        fill_id: int = 0,
        maker: bool | None = None,
        step: Step | None = None,
        fee: float | None = None,
    ) -> list[Command]:
        """An execution at a price (else the order's), for some lots (else the rest), at the instrument's fee."""
        row = self.state.orders[order.row]
        spec = self.specs[row.instrument_id - 1]
        left = row.quantity - row.filled_quantity
        quantity = left if lots is None else steps(spec, lots)
        at = ticks(spec, order.price if price is None else price)
        rests = order.type == "limit" if maker is None else maker
        contract = self.state.instruments[row.instrument_id].contract
        charged = fee_of(contract, at, quantity, rests) if fee is None else units_of(fee)
        self.fill_id = fill_id or self.fill_id + 1
        step = step or (Step.COMPLETE if quantity == left else Step.FILL)
        return self.report(
            order, step, fill_id=self.fill_id, quantity=quantity, price=at, fee=charged, maker=rests
        )

    # What a person reads

    def _order(self, row: int) -> Order:
        order = self.state.orders[row]
        spec = self.specs[order.instrument_id - 1]
        at = order.limit_price if order.order_type == OrderType.LIMIT else order.trigger_price
        return Order(
            row,
            order.order_id,
            Role(order.role).name.lower(),
            order.index,
            "buy" if order.side > 0 else "sell",
            OrderType(order.order_type).name.lower(),
            price_of(spec, at),
            lots_of(spec, order.quantity),
            lots_of(spec, order.filled_quantity),
            price_of(spec, order.stop_price),
            bool(order.post_only),
            bool(order.reduce_only),
            order.amends_pending > 0,
            bool(order.cancel_pending),
            OrderStatus(order.status).name,
        )

    def _note(self, note: Any) -> Note:
        spec = self.specs[max(0, note.instrument_id - 1)]
        kind = NoteKind(note.kind)
        names: dict[NoteKind, Any] = {
            NoteKind.DENIED: Denial,
            NoteKind.DROPPED: Drop,
            NoteKind.SHRUNK: Denial,
            NoteKind.OVERFILLED: Denial,
        }
        names |= {NoteKind.EXITING: Exit, NoteKind.CLOSED: Exit}
        reason = names.get(kind, int)(note.reason)
        return Note(
            kind.name,
            reason,
            price_of(spec, note.price),
            lots_of(spec, note.quantity),
            note.index,
            note.value,
            note.limit,
        )

    def orders(self, role: str = "", spec: InstrumentSpec | None = None) -> list[Order]:
        """Orders at work, oldest first."""
        used = [i for i in range(1, self.state.order_watermark + 1) if self.state.orders[i].status != 0]
        if spec is not None:
            used = [i for i in used if self.state.orders[i].instrument_id == self.specs.index(spec) + 1]
        made = sorted((self._order(row) for row in used), key=lambda order: order.id)
        return [order for order in made if role in ("", order.role)]

    def order(self, role: str, index: int | None = None) -> Order:
        """The only order of a role (and index) at work."""
        found = [o for o in self.orders(role) if index is None or o.index == index]
        assert len(found) == 1, f"{len(found)} {role} orders at work: {found}"
        return found[0]

    def trade(self, mandate: int = 1, side: int = 1) -> Trade:
        """The engine's own record of a mandate's long or short trade."""
        return self.state.trades[trade_slot(mandate, side)]

    def phase(self, mandate: int = 1, side: int = 1) -> str:
        return Phase(self.trade(mandate, side).phase).name

    def stop(self, mandate: int = 1, side: int = 1) -> float:
        """The stop price of a trade."""
        return price_of(self.mandates[mandate - 1], self.trade(mandate, side).stop_price)

    def held(self, mandate: int = 1, side: int = 1) -> float:
        """What a trade holds."""
        return lots_of(self.mandates[mandate - 1], self.trade(mandate, side).quantity)

    def told(self, kind: str) -> list[Note]:
        """Notes of one kind."""
        return [note for note in self.notes if note.kind == kind]

    def drops(self) -> list[Drop]:
        return [note.reason for note in self.told("DROPPED")]

    def denials(self) -> list[Denial]:
        return [note.reason for note in self.told("DENIED")]

    @property
    def balance(self) -> float:
        return money(self.state.account.balance)


def instant(text: str) -> int:
    """An ISO instant in nanoseconds."""
    return int(datetime.fromisoformat(text).timestamp()) * 10**9
