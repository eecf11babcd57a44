"""One run: a world is set up by events, then bars, plans and scheduled items go through the loop, chunk by chunk."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from holdfast.engine.control import on_strategy_given
from holdfast.engine.engine import HANDLERS
from holdfast.errors import HoldfastError
from holdfast.model.commands import ClosedTrade, Note, Notice
from holdfast.model.events import (
    AccountOpened,
    FloorGiven,
    GuardGiven,
    InstrumentListed,
    LimitsSet,
    MandateGiven,
    PhaseBegun,
    Plan,
    StrategyGiven,
)
from holdfast.model.instrument import Contract
from holdfast.model.limits import Limits
from holdfast.model.mandate import Mandate
from holdfast.model.state import State
from holdfast.records import blank_array, compiled, copy_record, digest, packed
from holdfast.records.kernel import is_cached
from holdfast.simulator.lines import Lines
from holdfast.simulator.loop import Stop, run
from holdfast.simulator.phases import give_terms
from holdfast.simulator.tape import CashLine, EquityLine, FillLine
from holdfast.simulator.terms import PHASES, Terms
from holdfast.simulator.venue import Bar, Market
from holdfast.simulator.views import ArrayRows, to_array
from holdfast.simulator.world import Scheduled, World

TAPES: dict[str, Any] = {
    "fills": FillLine,
    "notes": Note,
    "closed": ClosedTrade,
    "cash": CashLine,
    "notices": Notice,
    "samples": EquityLine,
}
PLANS_A_CHUNK = 4096  # a chunk's plans and items are wide records: only a few of them lie in memory at once
BARS_A_CHUNK = 32768


def quiet(_: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Listing:
    """One instrument of a run; its id is its place, from 1."""

    contract: Contract
    group_id: int
    group_sign: int = 1
    base_currency: int = 0  # 0: what is risked on it is not added up by currency
    quote_currency: int = 0
    lot_steps: int = 0
    reserve: int = 0  # rate of the loss at the stop, kept for slippage


@dataclass(frozen=True)
class Scenario:
    """All that a run needs. Arrays are sorted by time; `bars` by (time, instrument)."""

    balance: int
    hedging: bool
    isolated: bool
    listings: tuple[Listing, ...]
    mandates: tuple[Mandate, ...]
    limits: tuple[Limits, ...]  # by class, from 0
    bars: Any
    plan_times: Any  # int64, sorted
    plans: Callable[[int, int], Any]  # (start, end) of the sorted plans -> array of Plan
    items: Any  # an array of Scheduled, or Lines of it
    duration_ns: int
    sample_ns: int
    volume_share: int
    through: int = 1
    terms: tuple[Terms, ...] = ()  # of the phases in order, at most PHASES; none = an account without rules
    strategies: tuple[StrategyGiven, ...] = ()


@dataclass
class Outcome:
    """What a run wrote down, and the world as it was left."""

    mode: str
    state: Any  # one-row array of State
    market: Any  # one-row array of Market
    programme: Any  # one-row array of Programme
    tapes: dict[str, Lines]
    digests: list[tuple[int, str]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        return digest(State, self.state)


def setup_events(scenario: Scenario) -> list[Any]:
    """What an account begins with: its opening, limits, instruments and mandates, as events."""
    opened = AccountOpened()
    opened.balance, opened.hedging, opened.isolated = scenario.balance, scenario.hedging, scenario.isolated
    made: list[Any] = [opened]
    for class_id, limits in enumerate(scenario.limits):
        given = LimitsSet()
        given.class_id = class_id
        copy_record(given.limits, limits)
        made.append(given)
    for i, listing in enumerate(scenario.listings, 1):
        listed = InstrumentListed()
        copy_record(listed.contract, listing.contract)
        listed.contract.instrument_id = i
        for name in ("group_id", "group_sign", "base_currency", "quote_currency", "lot_steps", "reserve"):
            setattr(listed, name, getattr(listing, name))
        made.append(listed)
    for i, mandate in enumerate(scenario.mandates, 1):
        event = MandateGiven()
        event.mandate_id = i
        copy_record(event.mandate, mandate)
        made.append(event)
    return made


def rules_events(scenario: Scenario) -> list[Any]:
    """The rules of the account's first phase, as events; the last one says that all of them are in force."""
    if not scenario.terms:
        return []
    terms, start = scenario.terms[0], int(scenario.bars["time_ns"][0])
    made: list[Any] = list(scenario.strategies)
    guard = GuardGiven()
    copy_record(guard.guard, terms.guard)
    made.append(guard)
    for class_id in range(len(scenario.limits)):
        limits = LimitsSet()
        limits.class_id = class_id
        copy_record(limits.limits, terms.limits[class_id])
        made.append(limits)
    for row in range(1, terms.floor_count + 1):
        floor = FloorGiven()
        floor.floor_row = row
        copy_record(floor.floor, terms.floors[row])
        made.append(floor)
    begun = PhaseBegun()
    copy_record(begun.challenge, terms.challenge)
    made.append(begun)
    for event in made:
        event.time_ns = start
    return made


def build_world(scenario: Scenario) -> World:
    """The state after its first events, and a venue that lists the same instruments."""
    world = World()
    for event in setup_events(scenario):
        HANDLERS[type(event)](world.state, world.outbox, event)
    open_venue(world.market, scenario)
    world.cursor.duration_ns = scenario.duration_ns
    world.cursor.sample_ns = scenario.sample_ns
    world.cursor.equity_low = scenario.balance
    begin_programme(world, scenario)
    return world


def begin_programme(world: World, scenario: Scenario) -> None:
    """The rules of the account, as events at the run's first instant."""
    if not scenario.terms:
        return
    assert len(scenario.terms) <= PHASES
    start = int(scenario.bars["time_ns"][0])
    for strategy in scenario.strategies:
        strategy.time_ns = start
        on_strategy_given(world.state, world.outbox, strategy)
    programme = world.programme
    programme.phase_count, programme.class_count = len(scenario.terms), len(scenario.limits)
    for kept, terms in zip(programme.terms, scenario.terms, strict=False):
        copy_record(kept, terms)
    give_terms(world.state, world.outbox, programme, 0, start, False)


def open_venue(market: Market, scenario: Scenario) -> None:
    """Wallet, mode and instruments at the venue."""
    market.wallet = scenario.balance
    market.equity_low = scenario.balance
    market.hedging = scenario.hedging
    market.volume_share = scenario.volume_share
    for i, listing in enumerate(scenario.listings, 1):
        copy_record(market.books[i].contract, listing.contract)
        market.books[i].contract.instrument_id = i
        market.books[i].through = scenario.through


class Simulation:
    """Runs a scenario, compiled or interpreted; both give the same state to the bit."""

    def __init__(self, scenario: Scenario, interpreted: bool = False, digest_every: int = 0) -> None:
        self.scenario = scenario
        self.interpreted = interpreted
        self.digest_every = digest_every
        self.seconds = {"compile": 0.0, "loop": 0.0}
        self.digests: list[tuple[int, str]] = []

    def run(
        self,
        progress: Callable[[int], None] = quiet,
        saying: Callable[[str], None] = quiet,
    ) -> Outcome:
        """Run to the end. `progress` hears how many bars are done, `saying` why it takes long."""
        loop = self._loop(saying)
        worlds: Any = [build_world(self.scenario)]
        if not self.interpreted:
            worlds = packed(worlds.pop())
        kept = {name: Lines(kind) for name, kind in TAPES.items()}
        for until, plans, items in self._chunks(worlds):
            self._begin_chunk(worlds)
            while True:
                started = time.perf_counter()
                stop = loop(worlds, self.bars, plans, items, until)
                self.seconds["loop"] += time.perf_counter() - started
                self._keep(worlds, kept)
                if stop == Stop.SEQUENCE:
                    self._trace(worlds)
                elif stop == Stop.DONE:
                    break
                progress(self._get(worlds, "bar"))
            progress(self._get(worlds, "bar"))
            del plans, items  # before the next ones are made
        row = packed(worlds[0]) if self.interpreted else worlds
        state, market, programme = (np.ascontiguousarray(row[n]) for n in ("state", "market", "programme"))
        return Outcome(self._mode, state, market, programme, kept, self.digests, self.seconds)

    @property
    def _mode(self) -> str:
        return "interpreted" if self.interpreted else "compiled"

    def _loop(self, saying: Callable[[str], None]) -> Callable[..., int]:
        self.bars = self._rows(Bar, self.scenario.bars)
        if self.interpreted:
            return run
        if not is_cached():
            saying("Compiling the core for this machine, once for each version: up to a minute.")
        started = time.perf_counter()
        loop = compiled(run)
        self.seconds["compile"] = time.perf_counter() - started
        return loop

    def _rows(self, kind: Any, array: Any) -> Any:
        """An array as the loop of this mode reads it."""
        return ArrayRows(kind, array) if self.interpreted else array

    def _chunks(self, worlds: Any) -> Iterator[tuple[int, Any, Any]]:
        """(end in the bars, plans, items) for each stretch of the run: all that is due before its last bars close."""
        times, items = self.scenario.bars["time_ns"], self.scenario.items
        due = np.searchsorted(times, self.scenario.plan_times).astype(
            np.int32
        )  # the bar that each plan comes before
        item_times, first = items["time_ns"], 0
        for start, end, until in cut(times, due):
            plans = self.scenario.plans(start, end)
            last = np.searchsorted(item_times, times[until - 1] + self.scenario.duration_ns, side="right")
            yield until, self._rows(Plan, plans), self._rows(Scheduled, items[first : int(last)])
            first += self._get(worlds, "item")  # what is due after the last close comes again

    def _begin_chunk(self, worlds: Any) -> None:
        """New slices of plans and items; the first chunk also says when the first digest is due."""
        self._set(worlds, "plan", 0)
        self._set(worlds, "item", 0)
        if self.digest_every and not self._get(worlds, "stop_sequence"):
            self._set(worlds, "stop_sequence", self.digest_every)

    def _get(self, worlds: Any, name: str) -> int:
        """A field of the cursor, in either mode."""
        return int(getattr(worlds[0].cursor, name) if self.interpreted else worlds["cursor"][name][0])

    def _set(self, worlds: Any, name: str, value: int) -> None:
        if self.interpreted:
            setattr(worlds[0].cursor, name, value)
        else:
            worlds["cursor"][name] = value

    def _state(self, worlds: Any) -> Any:
        return packed(worlds[0].state) if self.interpreted else np.ascontiguousarray(worlds["state"])

    def _keep(self, worlds: Any, kept: dict[str, Lines]) -> None:
        """Take what the tape holds and start it again."""
        for name, kind in TAPES.items():
            counter = f"{name}_count"
            if self.interpreted:
                tape = worlds[0].tape
                count, lines = getattr(tape, counter), getattr(tape, name)
                setattr(tape, counter, 0)
            else:
                count, lines = int(worlds["tape"][counter][0]), worlds["tape"][name][0]
                worlds["tape"][counter] = 0
            kept[name].add(to_array(kind, lines, count))

    def _trace(self, worlds: Any) -> None:
        """A digest at the first instant after every so many events."""
        state = self._state(worlds)
        self.digests.append((self._get(worlds, "stop_sequence"), digest(State, state)))
        self._set(
            worlds, "stop_sequence", (int(state["sequence"][0]) // self.digest_every + 1) * self.digest_every
        )


def cut(
    times: Any, due: Any, plans: int = PLANS_A_CHUNK, bars: int = BARS_A_CHUNK
) -> Iterator[tuple[int, int, int]]:
    """(first plan, end of the plans, end of the bars) of stretches with about `plans` and `bars` at most.

    Neither the bars of one instant nor the plans due at one bar are parted; the last stretch has all that is left.
    """
    start = until = 0
    while until < len(times):
        until = bisect_right(
            times, times[min(until + bars, len(times)) - 1]
        )  # a field: searching it copies it
        end = int(np.searchsorted(due, until))
        if end - start > plans and due[start + plans] > due[start]:
            until = int(due[start + plans])
            end = int(np.searchsorted(due, until))
        yield start, end if until < len(times) else len(due), until
        start = end


def merge_bars(parts: Iterable[Any]) -> Any:
    """One array of all instruments' bars by (time, instrument), from arrays or Lines of Bar.

    A generator may let go of each part as it gives it: then no part lives longer than it takes to copy it."""
    given = list(parts)
    if not given:
        raise HoldfastError("There are no bars to run over.", "Choose another time range or instrument.")
    place = places(np.concatenate([part["time_ns"] for part in given]))
    merged = blank_array(Bar, len(place))
    start = 0
    while given:
        part = given.pop(0)
        own = place[start : start + len(part)]
        for name in merged.dtype.names:
            merged[name][own] = part[name]
        start += len(part)
    return merged


def places(times: Any) -> Any:
    """Where each row goes so that all are in time order; rows of one time stay in theirs."""
    order = np.argsort(times, kind="stable")
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return place
