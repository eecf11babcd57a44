"""What came due while nobody ran is made up for at the start, in time order with the fills of that time."""

from __future__ import annotations

from typing import Any

from session_kit import SECOND, START, KeptJournal, Stage

from holdfast.model.enums import AmountOf, BoundaryKind, Quantity, Sample, Scope
from holdfast.model.events import Boundary, FloorGiven, Funding, Price
from holdfast.model.state import State
from holdfast.model.units import RATE
from holdfast.runtime.absence import Away
from holdfast.runtime.session import Options, Session

HOUR = 3_600 * SECOND


class Quiet(Stage):
    """A stage of which the process can be away."""

    def leave(self) -> None:
        """The process ends here; the venue goes on."""
        self.left = self.session.engine
        self.away = Away(self.left.state)

    def walk(self, number: int, at: int) -> None:
        """The market walks to a price while nobody runs."""
        taken = self.session
        self.session = Deaf(self)  # type: ignore[assignment]
        self.price(number, at)
        self.session = taken

    def come_back(self, again: bool = False) -> None:
        """The next process takes over and is told what came due; or it dies at once, and the one after it does."""
        self.venue.mail.clear()
        self.journal = KeptJournal()
        options = Options(clock_every_ns=0)
        self.session = Session(self.left, self.journal, self, self.clock, self.left.state.epoch + 1, options)
        self.session.start(self.away.events)
        if again:
            self.leave()
            self.come_back()
            return
        self.wait(10)
        assert self.session.ready


class Deaf:
    """No process: prices are kept for who comes after it, the rest is lost."""

    def __init__(self, stage: Quiet) -> None:
        self.stage, self.driver = stage, self
        self.waits = False

    def take(self, event: Any) -> None:
        self.stage.away.add(event)

    def reached(self, seq: int) -> None: ...

    def answered(self, answer: Any) -> None: ...

    def told(self, message: Any) -> None: ...


def with_a_position() -> Quiet:
    """A long position on the first instrument, entered at 49,900, under a daily floor of 5 %."""
    stage = Quiet()
    given = FloorGiven(floor_row=1, time_ns=START)
    floor = given.floor
    floor.scope, floor.quantity, floor.observed = Scope.ACCOUNT, Quantity.EQUITY, Quantity.EQUITY
    floor.sample, floor.initial, floor.reading_count = Sample.DAY, 10_000 * RATE, 1
    floor.readings[0].of, floor.readings[0].rate = AmountOf.ANCHOR, RATE // 20
    stage.session.take(given)
    stage.wait(1)
    stage.price(1, 50_000)
    stage.plan(1, start_long=True, entry_price=49_900, stop_price=49_000)
    stage.price(1, 49_890)
    stage.wait(2)
    assert stage.session.engine.state.account.open_trades == 1
    return stage


def day(time_ns: int) -> Boundary:
    return Boundary(time_ns=time_ns, kind=BoundaryKind.DAY, primary=True, opens=True, closes=True)


def test_s11_a_boundary_of_the_time_away_is_sampled_at_the_best_price_around_it() -> None:
    """Down over the boundary with a long position: balance as it was then, equity at the minute's high."""
    stage = with_a_position()
    state = stage.session.engine.state
    entered, held = state.account.balance, state.instruments[1].positions[0]
    quantity, value = held.quantity, held.entry_value
    stage.leave()
    stage.market.time_ns += 5 * HOUR
    stage.walk(1, 50_040)
    stage.away.add(
        Price(time_ns=stage.market.time_ns, instrument_id=1, bid=50_039, ask=50_041, low=50_000, high=50_090)
    )
    stage.away.add(day(stage.market.time_ns))
    stage.market.time_ns += HOUR
    stage.walk(1, 48_900)  # the stop, after the boundary
    stage.come_back()
    state = stage.session.engine.state
    best = (quantity * 50_090 - value) * RATE // 1000
    assert state.floors[1].anchor == entered + best
    assert state.floors[1].reconstructed
    assert state.account.open_trades == 0
    assert state.account.balance < entered  # the stop's loss came after the sample
    assert state.account.day == 1


def test_the_fills_of_a_long_absence_are_booked_at_their_prices() -> None:
    """Hours, not minutes: nothing is left to be guessed from positions."""
    stage = with_a_position()
    stage.leave()
    stage.market.time_ns += 9 * HOUR
    stage.walk(1, 48_900)
    stage.market.time_ns += 9 * HOUR
    stage.come_back()
    state = stage.session.engine.state
    assert state.account.balance == stage.market.wallet
    assert state.closed_count == 1
    assert "position differs" not in stage.session.desk.sightings
    assert stage.orders() == []


def test_a_start_that_dies_before_it_has_asked_loses_nothing_of_the_time_away() -> None:
    """The start itself is an event of now: what it has not asked for yet lies before it."""
    stage = with_a_position()
    stage.leave()
    stage.market.time_ns += 9 * HOUR
    stage.walk(1, 48_900)
    stage.market.time_ns += HOUR
    stage.come_back(again=True)
    assert stage.session.engine.state.closed_count == 1
    assert stage.session.engine.state.account.balance == stage.market.wallet
    assert "position differs" not in stage.session.desk.sightings


def test_an_account_whose_venue_never_told_a_balance_is_asked_for_everything() -> None:
    """Only such an answer says how far executions are known; without one nothing may be left out."""
    stage = with_a_position()
    stage.session.engine.state.swept_ns = 0
    stage.leave()
    stage.market.time_ns += 9 * HOUR
    stage.walk(1, 48_900)
    stage.market.time_ns += 9 * HOUR
    stage.come_back()
    assert stage.session.engine.state.account.balance == stage.market.wallet
    assert "position differs" not in stage.session.desk.sightings


def test_funding_of_the_time_away_is_paid_on_what_was_held_then() -> None:
    """Once while the position was there, and once after it was gone."""
    stage = with_a_position()
    quantity = stage.session.engine.state.instruments[1].positions[0].quantity
    stage.leave()
    for hours, price in ((1, 49_950), (2, 48_900)):
        stage.walk(1, price)
        stage.market.time_ns += hours * HOUR
        due = Funding(time_ns=stage.market.time_ns, instrument_id=1, rate=RATE // 1000, mark_price=50_000)
        stage.away.add(due)
    stage.come_back()
    paid = quantity * 50_000 * (RATE // 1000) // 1000
    assert stage.session.engine.state.account.funding == -paid


def test_of_an_instant_that_a_crash_has_cut_the_rest_is_made_up_for() -> None:
    """Two instruments are funded at one instant, and a day begins there; the process died after the first of them."""
    state = State(scheduled_ns=START, scheduled_rank=1, scheduled_count=1)
    away = Away(state)
    due: list[Any] = [
        Funding(time_ns=START - HOUR, instrument_id=1), Funding(time_ns=START, instrument_id=1),
        Funding(time_ns=START, instrument_id=2), day(START), day(START + HOUR),
    ]  # fmt: skip
    for event in due:
        away.add(event)
    assert away.events == due[2:]


def test_only_the_prices_around_a_boundary_are_made_up_for() -> None:
    """The last ones of each instrument before it, as prices of one instant."""
    away = Away(State(scheduled_ns=START))
    for minute in range(1, 61):
        for number in (1, 2):
            away.add(
                Price(time_ns=START + minute * 60 * SECOND, instrument_id=number, bid=minute, ask=minute + 1)
            )
    away.add(day(START + HOUR))
    first, second, boundary = away.events
    assert [(p.instrument_id, p.bid, p.more) for p in (first, second)] == [(1, 60, True), (2, 60, False)]
    assert boundary.reconstructed
