"""An account whose balance and floating profit a test sets to the cent, and the floors of the fixtures (risk.md 7)."""

from __future__ import annotations

from typing import Any

from example_desk import Desk, instant
from example_units import EURUSD, money, units_of
from kit import setup

from holdfast.model import events
from holdfast.model.challenge import Challenge
from holdfast.model.enums import (
    AmountOf,
    BoundaryKind,
    Consequence,
    FlowKind,
    NoticeKind,
    OrderType,
    Quantity,
    Rule,
    Sample,
    Scope,
    Severity,
)
from holdfast.model.floor import Floor
from holdfast.model.units import RATE
from holdfast.records import copy_record

ENTRY = 1.1
LADDER = (0.40, 0.60, 0.70, 0.80)  # RR-07
TOTAL = (0.50, 0.65, 0.80, 0.90)  # RR-08


def percent(value: float) -> int:
    """A percentage as a rate in 1e-8."""
    return round(value * RATE / 100)


def floor(
    quantity: Quantity,
    sample: Sample,
    *amounts: tuple[float, AmountOf],
    initial: float,
    observed: Quantity = Quantity.EQUITY,
    ratchet: bool = False,
    lock: float | None = None,
    ladder: tuple[float, float, float, float] | None = None,
    **fields: Any,
) -> Floor:
    """A floor in people's units: amounts are percents of initial or anchor, or money."""
    made = Floor()
    made.scope, made.quantity, made.sample, made.observed = Scope.ACCOUNT, quantity, sample, observed
    made.ratchet, made.initial = ratchet, units_of(initial)
    made.locks, made.lock_level = lock is not None, units_of(lock or 0)
    made.reading_count = len(amounts)
    for i, (value, of) in enumerate(amounts):
        made.readings[i].of = of
        if of == AmountOf.ABSOLUTE:
            made.readings[i].absolute = units_of(value)
        else:
            made.readings[i].rate = percent(value)
    if ladder:
        rungs = (round(rate * RATE) for rate in ladder)
        made.ladder.warn, made.ladder.reduce, made.ladder.block, made.ladder.flatten = rungs
        made.ladder.multiplier = RATE // 2
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def high_stakes(guard: bool = False) -> tuple[Floor, Floor]:
    """The5ers High Stakes 20K (risk.md 2.4): the daily floor with its strict alternate, and the total one."""
    daily = floor(
        Quantity.BEST, Sample.DAY, (5, AmountOf.ANCHOR), (5, AmountOf.INITIAL), initial=20_000,
        ladder=LADDER if guard else None,
    )  # fmt: skip
    total = floor(
        Quantity.INITIAL,
        Sample.ONCE,
        (10, AmountOf.INITIAL),
        initial=20_000,
        ladder=TOTAL if guard else None,
    )
    total.ladder.latches = True
    return daily, total


def ftmo(guard: bool = False) -> tuple[Floor, Floor]:
    """FTMO 2-step 100K (risk.md 2.5)."""
    daily = floor(
        Quantity.BALANCE, Sample.DAY, (5, AmountOf.INITIAL), initial=100_000, ladder=LADDER if guard else None
    )
    return daily, floor(Quantity.INITIAL, Sample.ONCE, (10, AmountOf.INITIAL), initial=100_000)


class Account(Desk):
    """One long position carries the floating profit; bookings move the balance to the cent."""

    def __init__(self, balance: float, *floors: Floor, at: str = "2026-01-14T12:00:00+00:00", **guard: Any):
        self.notices: list[Any] = []
        super().__init__(EURUSD, balance=balance, hedging=True)
        self.now = instant(at)
        self.lots = 0.0
        if guard:
            given = events.GuardGiven(time_ns=self.now)
            for name, value in guard.items():
                setattr(given.guard, name, value)
            self.apply(given)
        for row, each in enumerate(floors, 1):
            event = events.FloorGiven(time_ns=self.now, floor_row=row)
            copy_record(event.floor, each)
            self.apply(event)
        self.price(ENTRY)

    def hear(self) -> None:
        outbox = self.engine.outbox
        self.notices += [self._notice(each) for each in outbox.notices[: outbox.notice_count]]

    def _notice(self, each: Any) -> tuple[str, str, float, float]:
        return NoticeKind(each.kind).name, Rule(each.rule).name, money(each.value), money(each.limit)

    def hold(self, lots: float = 1.0) -> None:
        """Open the position that carries the floating profit: a dollar for each tick and lot, without costs."""
        self.strategy(setup(risk_rate=1.0))
        self.limit(0, trade_risk_max=0, open_risk_max=0, margin_max=1)
        event = events.Plan(time_ns=self.now, mandate_id=1, start_long=True, enter_now=True)
        event.stop_price = 1
        self.apply(event)
        order = self.order("entry")
        self.state.orders[order.row].quantity = round(lots * 100)
        self.fill(self.order("entry"), price=ENTRY, fee=0)
        self.lots = lots

    def book(self, amount: float) -> None:
        """The balance moves and nothing else: an overnight credit or charge of this size on the position."""
        points = round(units_of(amount) / self.lots)
        self._send(events.Rollover, instrument_id=1, long_points=points, days=1)

    def floating(self, amount: float) -> None:
        """Price moves to where the position has won this much."""
        self.price(round(ENTRY + round(amount / self.lots) / 100_000, 5))

    def stand(self, balance: float, equity: float) -> None:
        """Bring the account to a balance and an equity. What happens on the way counts, so floors are judged once."""
        if self.lots == 0:
            self.hold()
        self.book(balance - self.balance)
        self.floating(equity - balance)

    def day(
        self,
        at: str | None = None,
        primary: bool = True,
        opens: bool = True,
        closes: bool = True,
        reconstructed: bool = False,
    ) -> None:
        """A candidate of the day boundary; by default the only one, and we were there."""
        self.now = instant(at) if at else self.now
        self._send(
            events.Boundary,
            kind=BoundaryKind.DAY,
            primary=primary,
            opens=opens,
            closes=closes,
            reconstructed=reconstructed,
        )

    def flow(self, amount: float, kind: FlowKind) -> None:
        """Money from outside."""
        self._send(events.CashFlow, amount=units_of(amount), kind=kind)

    def phase(self, **fields: Any) -> Challenge:
        """A phase begins."""
        event = events.PhaseBegun(time_ns=self.now)
        for name, value in fields.items():
            setattr(event.challenge, name, value)
        self.apply(event)
        return self.state.challenge

    @property
    def equity(self) -> float:
        return money(self.state.account.equity)

    def level(self, row: int = 1) -> float:
        """The floor in force."""
        each = self.state.floors[row]
        return money(max(each.level, each.previous_level) if each.previous_level else each.level)

    def rungs(self, row: int = 1) -> tuple[float, ...]:
        """Where warn, reduce, block and flatten stand."""
        from holdfast.risk.floors import rung_level

        each = self.state.floors[row]
        ladder = each.ladder
        return tuple(
            money(rung_level(each, rate))
            for rate in (ladder.warn, ladder.reduce, ladder.block, ladder.flatten)
        )

    @property
    def may(self) -> str:
        """What the account may still do."""
        return Severity(self.state.account.severity).name

    def breached(self, row: int = 1) -> bool:
        return self.state.floors[row].breached_at_ns > 0

    def notices_of(self, kind: str) -> list[tuple[str, str, float, float]]:
        return [each for each in self.notices if each[0] == kind]


__all__ = [
    "ENTRY", "LADDER", "TOTAL", "Account", "AmountOf", "Consequence", "FlowKind", "OrderType", "Quantity", "Rule",
    "Sample", "Scope", "floor", "ftmo", "high_stakes", "percent",
]  # fmt: skip
