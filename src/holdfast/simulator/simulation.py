"""One run: a world is set up by events, then bars, plans and scheduled items go through the loop, chunk by chunk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from holdfast.engine.control import (
    on_account_opened,
    on_instrument_listed,
    on_limits_set,
    on_mandate_given,
    on_strategy_given,
)
from holdfast.errors import HoldfastError
from holdfast.model.commands import ClosedTrade, Note, Notice
from holdfast.model.events import (
    AccountOpened,
    InstrumentListed,
    LimitsSet,
    MandateGiven,
    Plan,
    StrategyGiven,
)
from holdfast.model.instrument import Contract
from holdfast.model.limits import Limits
from holdfast.model.mandate import Mandate
from holdfast.model.state import State
from holdfast.records import blank_array, compiled, copy_record, digest, packed
from holdfast.records.kernel import is_cached
from holdfast.simulator.loop import Stop, run
from holdfast.simulator.phases import give_terms
from holdfast.simulator.tape import CashLine, EquityLine, FillLine
from holdfast.simulator.terms import PHASES, Terms
from holdfast.simulator.venue import Bar
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
PLANS_A_CHUNK = 8192


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
    items: Any
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
    tapes: dict[str, Any]
    digests: list[tuple[int, str]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        return digest(State, self.state)


def build_world(scenario: Scenario) -> World:
    """The state after its first events, and a venue that lists the same instruments."""
    world = World()
    opened = AccountOpened()
    opened.balance, opened.hedging, opened.isolated = scenario.balance, scenario.hedging, scenario.isolated
    on_account_opened(world.state, world.outbox, opened)
    for class_id, limits in enumerate(scenario.limits):
        given = LimitsSet()
        given.class_id = class_id
        copy_record(given.limits, limits)
        on_limits_set(world.state, world.outbox, given)
    for i, listing in enumerate(scenario.listings, 1):
        listed = InstrumentListed()
        copy_record(listed.contract, listing.contract)
        listed.contract.instrument_id = i
        for name in ("group_id", "group_sign", "base_currency", "quote_currency", "lot_steps", "reserve"):
            setattr(listed, name, getattr(listing, name))
        on_instrument_listed(world.state, world.outbox, listed)
        copy_record(world.market.books[i].contract, listed.contract)
        world.market.books[i].through = scenario.through
    for i, mandate in enumerate(scenario.mandates, 1):
        event = MandateGiven()
        event.mandate_id = i
        copy_record(event.mandate, mandate)
        on_mandate_given(world.state, world.outbox, event)
    open_venue(world, scenario)
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


def open_venue(world: World, scenario: Scenario) -> None:
    """Wallet, mode and the run's clockwork."""
    world.market.wallet = scenario.balance
    world.market.equity_low = scenario.balance
    world.market.hedging = scenario.hedging
    world.market.volume_share = scenario.volume_share
    world.cursor.duration_ns = scenario.duration_ns
    world.cursor.sample_ns = scenario.sample_ns
    world.cursor.equity_low = scenario.balance


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
        world = build_world(self.scenario)
        worlds: Any = [world] if self.interpreted else packed(world)
        kept: dict[str, list[Any]] = {name: [] for name in TAPES}
        for until, plans in self._chunks():
            self._plans_first(worlds)
            while True:
                started = time.perf_counter()
                stop = loop(worlds, self.bars, plans, self.items, until)
                self.seconds["loop"] += time.perf_counter() - started
                self._keep(worlds, kept)
                if stop == Stop.SEQUENCE:
                    self._trace(worlds)
                elif stop == Stop.DONE:
                    break
                progress(self._get(worlds, "bar"))
            progress(self._get(worlds, "bar"))
        row = packed(worlds[0]) if self.interpreted else worlds
        arrays = {name: np.concatenate(parts) if parts else self._none(name) for name, parts in kept.items()}
        state, market, programme = (np.ascontiguousarray(row[n]) for n in ("state", "market", "programme"))
        return Outcome(self._mode, state, market, programme, arrays, self.digests, self.seconds)

    @property
    def _mode(self) -> str:
        return "interpreted" if self.interpreted else "compiled"

    def _loop(self, saying: Callable[[str], None]) -> Callable[..., int]:
        self.bars, self.items = self.scenario.bars, self.scenario.items
        if self.interpreted:
            self.bars, self.items = ArrayRows(Bar, self.bars), ArrayRows(Scheduled, self.items)
            return run
        if not is_cached():
            saying("Compiling the core for this machine, once for each version: up to a minute.")
        started = time.perf_counter()
        loop = compiled(run)
        self.seconds["compile"] = time.perf_counter() - started
        return loop

    def _none(self, name: str) -> Any:
        return blank_array(TAPES[name], 0)

    def _chunks(self) -> Iterator[tuple[int, Any]]:
        """(end in the bars, plans) such that every plan of a chunk is due before its last bars open."""
        bars = self.scenario.bars["time_ns"]
        due = np.searchsorted(
            bars, self.scenario.plan_times, side="left"
        )  # the bar that each plan comes before
        for start, end in cut(due):
            plans = self.scenario.plans(start, end)
            until = len(bars) if end >= len(due) else int(due[end])
            yield until, ArrayRows(Plan, plans) if self.interpreted else plans

    def _plans_first(self, worlds: Any) -> None:
        """A new slice of plans; the first one also says when the first digest is due."""
        self._set(worlds, "plan", 0)
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

    def _keep(self, worlds: Any, kept: dict[str, list[Any]]) -> None:
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
            if count:
                kept[name].append(to_array(kind, lines, count))

    def _trace(self, worlds: Any) -> None:
        """A digest at the first instant after every so many events."""
        state = self._state(worlds)
        self.digests.append((self._get(worlds, "stop_sequence"), digest(State, state)))
        self._set(
            worlds, "stop_sequence", (int(state["sequence"][0]) // self.digest_every + 1) * self.digest_every
        )


def cut(due: Any, size: int = PLANS_A_CHUNK) -> Iterable[tuple[int, int]]:
    """Ranges of about `size` plans that never part two due at one bar; one empty range where there is none."""
    start = 0
    while True:
        end = min(start + size, len(due))
        while 0 < end < len(due) and due[end] == due[end - 1]:
            end += 1
        yield start, end
        if end >= len(due):
            return
        start = end


def merge_bars(parts: Iterable[Any]) -> Any:
    """One array of all instruments' bars by (time, instrument), without a second copy of each part."""
    arrays = list(parts)
    if not arrays:
        raise HoldfastError("There are no bars to run over.", "Choose another time range or instrument.")
    times = np.concatenate([a["time_ns"] for a in arrays])
    order = np.argsort(times, kind="stable")
    del times
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    del order
    merged = blank_array(Bar, len(place))
    start = 0
    for i, array in enumerate(arrays):
        merged[place[start : start + len(array)]] = array
        start += len(array)
        arrays[i] = None
    return merged
