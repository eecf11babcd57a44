"""Limits of a ruleset as floors of the core: one row for each limit, scope and reading that hangs from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from holdfast.errors import SettingsError
from holdfast.model.enums import AmountOf, Consequence, Quantity, Sample, Scope
from holdfast.model.floor import Floor, Reading
from holdfast.model.units import FLOORS, HOUR, MINUTE, RATE, READINGS
from holdfast.records import copy_record
from holdfast.settings.ruleset.floors import (
    AlternateReading,
    Amount,
    Anchor,
    FloatingLoss,
    FloorLimit,
    Limit,
    Lock,
)
from holdfast.settings.ruleset.guard import Guard as GuardSettings
from holdfast.settings.ruleset.levels import ladder_of
from holdfast.settings.ruleset.ruleset import Ruleset
from holdfast.wiring.units import rate

QUANTITIES = {
    "initial": Quantity.INITIAL,
    "balance": Quantity.BALANCE,
    "closed_balance": Quantity.BALANCE,
    "equity": Quantity.EQUITY,
    "capital": Quantity.EQUITY,  # what a scope has at the start of its session is what it was allocated for it
    "max(balance,equity)": Quantity.BEST,
}
SAMPLES = {
    "once": Sample.ONCE,
    "day_boundary": Sample.DAY,
    "session": Sample.SESSION,
    "on_close": Sample.CLOSE,
    "every_tick": Sample.TICK,
    "rolling": Sample.ROLLING,
}
OBSERVED = {
    "equity": Quantity.EQUITY,
    "net_day_pnl": Quantity.EQUITY,  # the day's net result at open prices falls as equity does from the day's start
    "balance": Quantity.BALANCE,
    "min(balance,equity)": Quantity.WORST,
}
CONSEQUENCES = {
    "terminate": Consequence.TERMINATE,
    "latch": Consequence.TERMINATE,
    "pause_until_boundary": Consequence.PAUSE,
}
BUCKETS_A_WINDOW = 1440  # of a rolling floor: minutes of a day, seven minutes each of a week


@dataclass(frozen=True)
class Owners:
    """Whose money can be watched: strategies by number with class and capital, and the account's initial balance."""

    initial: int
    strategies: Mapping[int, tuple[str, int]]  # number -> (class, capital)
    names: Mapping[int, str]
    class_ids: Mapping[str, int]

    def capital_of_class(self, name: str) -> int:
        """What the strategies of a class were given together."""
        return sum(capital for kind, capital in self.strategies.values() if kind == name)


@dataclass(frozen=True)
class Row:
    """One floor and what it is called: the limit, its scope, its reading."""

    limit: str
    of: str  # "account", or the strategy's or class's name
    reading: int  # 0: the limit's own; above, a strict alternate that hangs from elsewhere
    floor: Floor

    @property
    def key(self) -> tuple[str, str, int]:
        """What stays the same from phase to phase."""
        return self.limit, self.of, self.reading

    @property
    def title(self) -> str:
        """For people."""
        whose = "" if self.of == "account" else f" of {self.of}"
        return f"{self.limit}{whose}" + (f" (reading {self.reading + 1})" if self.reading else "")


def floor_rows(ruleset: Ruleset, owners: Owners, guarded: bool) -> list[Row]:
    """Every floor of the rules in force. Raises SettingsError where the core has too few rows."""
    own = ruleset.account.capital is not None
    rows = [
        row
        for limit in ruleset.limits
        for scoped in scopes_of(limit, owners)
        for row in rows_of(limit, scoped, ruleset.guard if guarded else None, own)
    ]
    if len(rows) >= FLOORS:
        raise SettingsError(
            f"{len(rows)} floors are more than {FLOORS - 1}.", "Use fewer strategies at once."
        )
    return rows


@dataclass(frozen=True)
class Scoped:
    """Where a limit applies once: its scope in the core, its name, and what `initial` or `capital` means there."""

    scope: Scope
    scope_id: int
    name: str
    initial: int


def scopes_of(limit: Limit, owners: Owners) -> Iterator[Scoped]:
    """The account, or each strategy or class that the limit is about."""
    if limit.scope == "account":
        yield Scoped(Scope.ACCOUNT, 0, "account", owners.initial)
    elif limit.scope == "class":
        for name in limit.classes or owners.class_ids:
            if owners.capital_of_class(name) > 0:
                yield Scoped(Scope.CLASS, owners.class_ids[name], name, owners.capital_of_class(name))
    else:
        for number, (kind, capital) in owners.strategies.items():
            if not limit.classes or kind in limit.classes:
                yield Scoped(Scope.STRATEGY, number, owners.names[number], capital)


def rows_of(limit: Limit, scoped: Scoped, guard: GuardSettings | None, own: bool) -> Iterator[Row]:
    """The floor of a limit in one scope, and one more for each alternate that does not only change the amount."""
    if isinstance(limit, FloatingLoss):
        yield Row(limit.id, scoped.name, 0, floating(limit, scoped, guard, own))
        return
    if not isinstance(limit, FloorLimit):
        return  # the loss of one idea is a rule of the gate
    first = base_floor(limit, scoped, guard, own)
    hang(first, limit.anchor, limit.lock, limit.observed, scoped)
    add_reading(first, limit.amount, limit.anchor)
    others = []
    for number, other in enumerate(limit.strict_alternates, 1):
        if other.amount is not None and (other.anchor, other.lock, other.observed) == (None, None, None):
            add_reading(first, other.amount, limit.anchor)
        else:
            others.append(Row(limit.id, scoped.name, number, alternate(limit, other, scoped, guard, own)))
    yield Row(limit.id, scoped.name, 0, first)
    yield from others


def alternate(
    limit: FloorLimit, other: AlternateReading, scoped: Scoped, guard: GuardSettings | None, own: bool
) -> Floor:
    """A reading that must hold as well: what it leaves out is as in the limit itself."""
    anchor = other.anchor or limit.anchor
    floor = base_floor(limit, scoped, guard, own)
    hang(floor, anchor, other.lock or limit.lock, other.observed or limit.observed, scoped)
    add_reading(floor, other.amount or limit.amount, anchor)
    return floor


def base_floor(limit: Limit, scoped: Scoped, guard: GuardSettings | None, own: bool) -> Floor:
    """Scope, consequence and ladder of a limit."""
    floor = Floor()
    floor.scope, floor.scope_id, floor.initial, floor.own = scoped.scope, scoped.scope_id, scoped.initial, own
    floor.consequence = CONSEQUENCES.get(limit.consequence, Consequence.NOTE)
    if limit.auto_reset and limit.consequence == "latch":
        floor.consequence = Consequence.PAUSE
    ladder = ladder_of(limit, guard) if guard is not None else None
    if ladder is not None and guard is not None:
        for name, pct in ladder:
            setattr(floor.ladder, name, rate(pct / 100))
        floor.ladder.multiplier = rate(guard.reduce_multiplier)
        floor.ladder.resumes = guard.resume_next_day
        floor.ladder.latches = limit.ladder_name == "total"
    if limit.on_trip == "hold":
        hold(floor)
    return floor


def hold(floor: Floor) -> None:
    """What is open stays open: the limit itself is the last rung, and it only blocks."""
    latches = floor.consequence == Consequence.TERMINATE
    floor.consequence = Consequence.NOTE
    floor.ladder.flatten = floor.ladder.flatten or RATE
    floor.ladder.holds = True
    floor.ladder.latches = latches


def hang(floor: Floor, anchor: Anchor, lock: Lock | None, observed: str, scoped: Scoped) -> None:
    """What the floor hangs from, when it is sampled, and what is held against it."""
    floor.quantity, floor.sample = QUANTITIES[anchor.quantity], SAMPLES[anchor.sample]
    if anchor.quantity == "capital" and anchor.sample == "once":
        floor.quantity = Quantity.INITIAL
    floor.observed = OBSERVED[observed]
    floor.ratchet = anchor.ratchet == "up"
    if anchor.window is not None:
        floor.window_ns = int(anchor.window.hours * HOUR)
        floor.bucket_ns = max(MINUTE, floor.window_ns // BUCKETS_A_WINDOW)
    if lock is not None and lock.level is not None:
        floor.locks = True
        floor.lock_level = scoped.initial + money(lock.level.plus)


def add_reading(floor: Floor, amount: Amount, anchor: Anchor) -> None:
    """One more reading of the amount. A share of the capital is one of what was allocated for the session, else of
    what the scope was given; a share of the balance is one of the anchor."""
    if floor.reading_count >= READINGS:
        raise SettingsError(
            f"A limit has more than {READINGS} readings of its amount.", "Keep the strictest."
        )
    reading = reading_of(amount, anchor)
    copy_record(floor.readings[floor.reading_count], reading)
    floor.reading_count += 1


def reading_of(amount: Amount, anchor: Anchor) -> Reading:
    """Money, or a share of a base."""
    reading = Reading()
    if amount.abs is not None:
        reading.of, reading.absolute = AmountOf.ABSOLUTE, money(amount.abs)
        return reading
    assert amount.pct is not None
    reading.rate = rate(amount.pct / 100)
    own_start = amount.of == "initial" or (amount.of == "capital" and anchor.quantity != "capital")
    reading.of = AmountOf.INITIAL if own_start else AmountOf.ANCHOR
    return reading


def floating(limit: FloatingLoss, scoped: Scoped, guard: GuardSettings | None, own: bool) -> Floor:
    """The open loss itself: it hangs from zero, and unrealized profit is held against it."""
    floor = base_floor(limit, scoped, guard, own)
    floor.quantity, floor.sample, floor.observed = Quantity.FLOATING, Sample.ONCE, Quantity.FLOATING
    floor.reading_count = 1
    floor.readings[0].of = AmountOf.ABSOLUTE if limit.amount.abs is not None else AmountOf.INITIAL
    if limit.amount.abs is not None:
        floor.readings[0].absolute = money(limit.amount.abs)
    else:
        assert limit.amount.pct is not None
        floor.readings[0].rate = rate(limit.amount.pct / 100)
    floor.ladder.latches = False
    return floor


def never(row: Row) -> Row:
    """The row of a limit that does not hold in a phase: a floor that nobody can reach."""
    floor = Floor()
    floor.scope, floor.scope_id = row.floor.scope, row.floor.scope_id
    floor.consequence, floor.reading_count, floor.observed = Consequence.NOTE, 1, Quantity.EQUITY
    floor.readings[0].of, floor.readings[0].absolute = AmountOf.ABSOLUTE, 1 << 60
    return replace(row, floor=floor)


def money(value: Decimal) -> int:
    """Money in 1e-8."""
    return int(value * RATE)
