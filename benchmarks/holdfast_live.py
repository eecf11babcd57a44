"""The live runtime: event to released command with the journal on, loop stalls beside a strategy that blocks, boot to
every position protected, and replay. Writes benchmarks/results/live.json."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.engine.engine import Engine
from holdfast.history.store import Store
from holdfast.history.synthetic import PERPS, write_synthetic
from holdfast.journal import Binding, open_journal
from holdfast.journal.folder import segments_of
from holdfast.journal.folding import fold, require_same
from holdfast.journal.recovery import read
from holdfast.model.enums import Kind
from holdfast.model.events import AccountOpened, InstrumentListed, LimitsSet, MandateGiven, Plan, Price
from holdfast.model.instrument import Contract
from holdfast.model.mandate import Mandate
from holdfast.model.units import RATE, SECOND
from holdfast.operations.paper import LockStep
from holdfast.operations.paper_free import FreeRun, WallClock
from holdfast.ports.venue import Answer, Ask, Facts, Request
from holdfast.records import copy_record
from holdfast.runtime.session import Options, Session
from holdfast.settings.backtest import load_settings
from holdfast.simulator.matching import act_at_open, close_bar, open_bar
from holdfast.simulator.paper_venue import PaperVenue
from holdfast.simulator.venue import Bar, Market
from holdfast.wiring.backtest import Backtest

RESULTS = Path(__file__).parent / "results"
FACTS = Facts("bench")
INSTRUMENTS = 30
TRIP = 0.05  # seconds there, and back


def contract_of(number: int) -> Contract:
    """A perpetual of round numbers."""
    made = Contract(
        instrument_id=number, tick_value_numerator=RATE // 1000, tick_value_denominator=1, quantity_min=1,
        quantity_max=100_000, price_max=1_000_000, maker_rate=20_000, taker_rate=50_000, bars_are_mid=True, spread=2,
        slippage=1, can_amend_quantity=True, tier_count=1,
    )  # fmt: skip
    made.tiers[0].notional_max, made.tiers[0].initial_rate, made.tiers[0].maintenance_rate = (
        10**15,
        RATE // 50,
        RATE // 200,
    )
    return made


def account_events(kind: Kind, count: int) -> list[Any]:
    """An account with one strategy on so many instruments."""
    made: list[Any] = [AccountOpened(balance=1_000_000 * RATE), LimitsSet(class_id=0)]
    for number in range(1, count + 1):
        listed, given = InstrumentListed(), MandateGiven(mandate_id=number)
        copy_record(listed.contract, contract_of(number))
        copy_record(given.mandate, mandate_of(kind, number))
        made += [listed, given]
    return made


def mandate_of(kind: Kind, number: int) -> Mandate:
    """A grid of three levels, or a setup that enters at market."""
    made = Mandate(
        strategy_id=1, instrument_id=number, kind=kind, leverage=RATE, allocation=RATE // 40, stop_rate=RATE // 10,
        level_count=3 if kind == Kind.GRID else 1, post_only=True, risk_rate=RATE // 1000, market_r=RATE // 20,
        limit_r=RATE // 2, wait_r=2 * RATE, retry_ns=SECOND,
    )  # fmt: skip
    for i in range(3):
        made.weights[i].share = RATE // 3
    return made


class Wire:
    """A venue at the other end of a wire with a length; `lost` says which requests never arrive."""

    def __init__(self, venue: PaperVenue, trip: float, lost: Any = None) -> None:
        self.venue, self.trip, self.lost = venue, trip, lost
        self.facts = FACTS
        self.session: Session | None = None
        self.sent: list[float] = []

    def send(self, request: Request) -> None:
        """On its way."""
        self.sent.append(time.perf_counter())
        if self.lost is None or not self.lost(request):
            asyncio.get_running_loop().call_later(self.trip, self.arrive, request)

    def arrive(self, request: Request) -> None:
        """At the venue; what it says goes back."""
        self.venue.market.time_ns = time.time_ns()
        self.venue.send(request)
        self.deliver()

    def deliver(self) -> None:
        """Everything in the mail, one trip later."""
        mail, loop = list(self.venue.mail), asyncio.get_running_loop()
        self.venue.mail.clear()
        for message in mail:
            loop.call_later(self.trip, self.hear, message)

    def hear(self, message: Any) -> None:
        """Back at the engine."""
        if self.session is None:
            return
        if isinstance(message, Answer):
            self.session.answered(message)
        else:
            self.session.told(message)


class Bench:
    """A session on asyncio with a journal on disk."""

    def __init__(self, folder: Path, wire: Wire) -> None:
        self.wire, self.loop = wire, asyncio.get_running_loop()
        opened = open_journal(folder, Binding("bench", "bench", "test"))
        found = opened.found
        self.engine = require_same(fold(found.snapshot, found.rows)) if found.snapshot else Engine()
        self.journal = opened.begin("bench", self.engine.state, self._durable)
        clock = WallClock(wire.venue.market)
        clock.venue_ns = time.time_ns  # type: ignore[method-assign]
        self.session = Session(self.engine, self.journal, wire, clock, self.journal.epoch, Options())
        wire.session = self.session

    def _durable(self, seq: int) -> None:
        self.loop.call_soon_threadsafe(self.session.reached, seq)

    async def until(self, done: Any, seconds: float = 20.0) -> float:
        """Turn the session until something holds; how long that took."""
        began = time.perf_counter()
        while not done():
            if time.perf_counter() - began > seconds:
                raise SystemExit("The bench did not get where it should.")
            self.session.tick()
            await asyncio.sleep(0.002)
        return time.perf_counter() - began


def new_market(count: int) -> Market:
    """A venue with so many instruments."""
    market = Market()
    market.wallet, market.volume_share, market.time_ns = 1_000_000 * RATE, RATE, time.time_ns()
    for number in range(1, count + 1):
        copy_record(market.books[number].contract, contract_of(number))
        move(market, number, 20_000)
    return market


def move(market: Market, number: int, price: int) -> None:
    """A bar of one price."""
    bar = Bar(
        time_ns=market.time_ns,
        instrument_id=number,
        open=price,
        high=price,
        low=price,
        close=price,
        volume=10**9,
    )
    book = market.books[number]
    if open_bar(market, book, bar):
        while act_at_open(market, book):
            pass
    close_bar(book, bar)


async def latency(folder: Path, seconds: float) -> dict[str, float]:
    """100 events a second, every one of which leads to a command: the time until it leaves, in ms."""
    wire = Wire(PaperVenue(new_market(1), FACTS), 0.001)
    bench = Bench(folder, wire)
    for event in account_events(Kind.GRID, 1):
        bench.session.take(event)
    bench.session.start()
    await bench.until(lambda: bench.session.ready)
    bench.session.take(price(1, 20_000))
    found: list[float] = []
    for i in range(int(100 * seconds)):
        due = time.perf_counter() + 0.01
        wire.sent.clear()
        bench.session.take(price(1, 20_000 + i % 3))
        began = time.perf_counter()
        anchor = 19_800 - 7 * (i % 2)
        bench.session.take(
            Plan(time_ns=time.time_ns(), mandate_id=1, start_long=True, anchor_price=anchor, spacing=100)
        )
        while not wire.sent and time.perf_counter() < due:
            await asyncio.sleep(0.0002)
        if wire.sent:
            found.append(1e3 * (wire.sent[0] - began))
        while time.perf_counter() < due:
            bench.session.tick()
            await asyncio.sleep(0.001)
    bench.journal.close()
    return quantiles(found)


def price(number: int, at: int) -> Price:
    """A price of now."""
    return Price(
        time_ns=time.time_ns(), instrument_id=number, bid=at - 1, ask=at + 1, low=at - 1, high=at - 1
    )


def quantiles(values: list[float]) -> dict[str, float]:
    """Median, 99th of a hundred, most."""
    cuts = statistics.quantiles(values, n=100)
    return {"count": len(values), "median_ms": cuts[49], "p99_ms": cuts[98], "max_ms": max(values)}


async def boot(folder: Path) -> dict[str, float]:
    """A process dies after its entries have filled and before any stop has left; another one takes over."""
    market = new_market(INSTRUMENTS)
    venue = PaperVenue(market, FACTS)
    wire = Wire(venue, TRIP, lambda request: request.ask == Ask.PLACE and request.reduce_only)
    first = Bench(folder, wire)
    for event in account_events(Kind.SETUP, INSTRUMENTS):
        first.session.take(event)
    first.session.start()
    await first.until(lambda: first.session.ready)
    for number in range(1, INSTRUMENTS + 1):
        first.session.take(price(number, 20_000))
        first.session.take(
            Plan(time_ns=time.time_ns(), mandate_id=number, start_long=True, stop_price=19_000)
        )

    def filled() -> bool:
        for number in range(1, INSTRUMENTS + 1):
            move(market, number, 20_000)
        venue.collect()
        wire.deliver()
        return first.engine.state.account.open_trades == INSTRUMENTS

    await first.until(filled)
    wire.session = None
    first.journal.close()
    for row in list(venue.rows):  # the stops that travel with entries are taken away too: nothing protects
        if not venue.rows[row].name:
            venue._drop_own_stop(market.orders[row].instrument_id, 1)
    began = time.perf_counter()
    second = Bench(folder, Wire(venue, TRIP))
    second.session.start()
    assert len(second.session.watch.bare_trades()) == INSTRUMENTS
    await second.until(lambda: not second.session.watch.bare_trades())
    protected = time.perf_counter() - began
    await second.until(lambda: second.session.ready)
    ready = time.perf_counter() - began
    second.journal.close()
    stopped = sum(held.stopped == held.quantity for held in venue.positions())
    assert stopped == INSTRUMENTS
    return {"positions": INSTRUMENTS, "protected_s": protected, "ready_s": ready}


@dataclass(frozen=True)
class Blocking:
    """A strategy that holds its process up for five seconds at every bar."""

    def __call__(self) -> Any:
        def compute(mandate_id: int, time_ns: int) -> None:
            until = time.perf_counter() + 5
            while time.perf_counter() < until:
                pass

        return compute


def stalls(folder: Path, data: Path, seconds: float) -> dict[str, float]:
    """How late the loop comes while a strategy blocks, in ms."""
    settings = load_settings("demo", {})
    prepared = Backtest(Store(data), settings).prepare(plan=False)
    run = FreeRun(folder, prepared.scenario, "bench", "bench", {}, 3600.0, {1: Blocking()})
    began = time.perf_counter()

    def stop(*_: int) -> None:
        run.stopping = time.perf_counter() - began > seconds

    run.tick = stop
    try:
        run.run()
    finally:
        run.close()
    return quantiles([1e3 * stall for stall in run.stalls])


def replay(folder: Path, data: Path) -> dict[str, float]:
    """A paper account's journal folded again, from bytes: events a second, interpreted."""
    prepared = Backtest(Store(data), load_settings("demo", {"timerange": "20250201-20250210"})).prepare()
    account = LockStep(folder, prepared.scenario, "bench", "bench")
    account.run()
    account.close()
    rows = [row for path in segments_of(folder) for row in read(path)]
    first = next(row for row in rows if row.kind == "snapshot")
    began = time.perf_counter()
    folded = fold(first, [row for row in rows if row.kind not in ("header",) and row.seq > first.seq])
    seconds = time.perf_counter() - began
    assert folded.difference is None
    return {"events": folded.events, "events_per_second": folded.events / seconds}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_synthetic(folder / "data", 7, 60, "1m", PERPS)
        found: dict[str, Any] = {
            "event_to_command": asyncio.run(latency(folder / "latency", given.seconds)),
            "boot": asyncio.run(boot(folder / "boot")),
            "stalls": stalls(folder / "stalls", folder / "data", given.seconds),
            "replay": replay(folder / "replay", folder / "data"),
        }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "live.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
