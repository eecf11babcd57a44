"""A desk with floors, a guard, and instruments that know their currencies, lots and reserve (risk.md 7, fixtures)."""

from __future__ import annotations

from typing import Any

from kit import Desk, spec_of

from holdfast.engine.control import on_instrument_listed
from holdfast.history.instruments import InstrumentSpec
from holdfast.model import events
from holdfast.model.commands import Notice
from holdfast.model.enums import AmountOf, NoticeKind, Quantity, Sample, Scope
from holdfast.model.floor import Floor
from holdfast.model.guard import Guard
from holdfast.model.units import RATE
from holdfast.records import copy_record

assert on_instrument_listed  # listing again is how a test changes what is known of an instrument
CURRENCIES = ("", "USD", "EUR", "GBP", "JPY", "CHF", "USDT", "BTC", "ETH", "XAU", "AUD", "NZD")
COUNTS = ("group_side_max", "pause_trades")
FX = {"spread": "0", "spread_floor": "0", "slippage": "0"}
# EURUSD of fixture HS: pip 10 USD a lot, 4 USD a lot for both sides together.
HS_EURUSD = spec_of("mt5_ejtrader", "EURUSD", **FX, commission_per_lot="2")
HS_GBPUSD = spec_of("mt5_ejtrader", "GBPUSD", **FX, commission_per_lot="2")


def guard_of(**values: Any) -> Guard:
    """Rates as people say them (0.5 = 50 %), times in ns, counts and switches as they are."""
    made = Guard()
    for name, value in values.items():
        plain = isinstance(value, bool) or name in COUNTS or name.endswith("_ns")
        setattr(made, name, value if plain else round(value * RATE))
    return made


class Book(Desk):
    """A desk whose account is held to a guard and to floors."""

    told_notices: list[Notice]

    def __init__(self, *specs: InstrumentSpec, reserve: float = 0.0, **world: Any) -> None:
        self.told_notices = []
        super().__init__(*specs, **world)
        for spec in specs:
            self.list(spec, reserve=reserve)

    def list(
        self, spec: InstrumentSpec, group: int = -1, sign: int = 1, reserve: float = 0.0, **contract: int
    ) -> None:
        """Tell an instrument again: with its currencies, lots, group (0: none) and reserve, and other terms."""
        row = self.specs.index(spec) + 1
        known = self.state.instruments[row]
        event = events.InstrumentListed(time_ns=self.now, group_sign=sign, reserve=round(reserve * RATE))
        copy_record(event.contract, known.contract)
        for name, value in contract.items():
            if name == "maintenance_rate":
                event.contract.tiers[0].maintenance_rate = value
            else:
                setattr(event.contract, name, value)
        event.group_id = known.group_id if group < 0 else group
        base, quote = (
            (spec.pair[:3], spec.pair[3:]) if len(spec.pair) == 6 else (spec.pair.split("/")[0], "USDT")
        )
        event.base_currency, event.quote_currency = CURRENCIES.index(base), CURRENCIES.index(quote)
        event.lot_steps = round(1 / float(spec.step_size))
        self.apply(event)

    def apply(self, event: Any) -> Any:
        """As a desk, and what the risk engine says is kept."""
        sent = self.engine.apply(event)
        outbox = self.engine.outbox
        for notice in outbox.notices[: outbox.notice_count]:
            kept = Notice()
            copy_record(kept, notice)
            self.told_notices.append(kept)
        self._take(outbox)
        self.commands += sent
        for command in sent:
            self._transmit(command)
        return sent

    def _take(self, outbox: Any) -> None:
        self.notes += [self._note(note) for note in outbox.notes[: outbox.note_count]]
        for row in outbox.closed[: outbox.closed_count]:
            kept = type(row)()
            copy_record(kept, row)
            self.closed.append(kept)

    def guard(self, **values: Any) -> None:
        """The rules over the whole account."""
        event = events.GuardGiven(time_ns=self.now)
        copy_record(event.guard, guard_of(**values))
        self.apply(event)

    def floor(self, amount: float, row: int = 1, **fields: Any) -> None:
        """A floor so much money under its anchor: the initial balance of the day, unless fields say otherwise."""
        made = Floor(scope=Scope.ACCOUNT, quantity=Quantity.BEST, sample=Sample.DAY, observed=Quantity.EQUITY)
        made.reading_count = 1
        made.initial = self.state.account.start_balance
        made.readings[0].of = AmountOf.ABSOLUTE
        made.readings[0].absolute = round(amount * RATE)
        for name, value in fields.items():
            setattr(made, name, value)
        event = events.FloorGiven(time_ns=self.now, floor_row=row)
        copy_record(event.floor, made)
        self.apply(event)

    def floor_at(self, level: float, row: int = 1, **fields: Any) -> None:
        """A floor that stands at a level today."""
        account = self.state.account
        self.floor(max(account.balance, account.equity) / RATE - level, row, **fields)

    def notices(self, kind: NoticeKind) -> list[Notice]:
        """Of one kind."""
        return [notice for notice in self.told_notices if notice.kind == kind]
