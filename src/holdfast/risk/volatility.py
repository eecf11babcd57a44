"""The volatility halt (RR-30): returns of one minute, and spreads, far beyond what an instrument usually shows.

The estimator, in integers. A sample is the return from the first bid of a minute to the first bid of the next, in
1e-8, at most 10 % (so that one crash does not make the next one usual). Sigma is the root of the mean square, the usual
spread the mean of the spreads at those instants, each at most what was wide then. Both means are plain for the first
30 days of minutes and then forget one part in 43,200 with each sample. Under a day of samples nothing is judged. A
minute without a price is no sample, so coarser bars than one minute never trip it.
"""

from __future__ import annotations

from holdfast.model.arithmetic import mul_div, scale
from holdfast.model.commands import Outbox
from holdfast.model.enums import Rule, Scope, Severity
from holdfast.model.events import Price
from holdfast.model.instrument import Instrument, Weather
from holdfast.model.state import State
from holdfast.model.units import MINUTE, RATE
from holdfast.records import kernel
from holdfast.risk.trips import end_at, raise_trip

SAMPLES = 30 * 24 * 60
WARM_UP = 24 * 60
RETURN_MAX = RATE // 10
BY_RETURN = 1
BY_SPREAD = 2


@kernel
def root_of(value: int) -> int:
    """The integer square root, rounded down."""
    root = 0
    bit = 1 << 31
    for _ in range(32):
        if (root + bit) <= 3_037_000_499 and (root + bit) * (root + bit) <= value:
            root += bit
        bit = bit >> 1
    return root


@kernel
def halt(state: State, outbox: Outbox, instrument: Instrument, index: int, value: int, limit: int) -> None:
    """Nothing new in the whole group (or the instrument by itself) until it has been calm for a while."""
    scope = Scope.GROUP if instrument.group_id > 0 else Scope.INSTRUMENT
    scope_id = instrument.group_id if instrument.group_id > 0 else instrument.contract.instrument_id
    trip = raise_trip(state, outbox, Rule.VOLATILITY, index, scope, scope_id, Severity.NO_NEW, value, limit)
    end_at(state, trip, state.time_ns + state.guard.volatility_ns)


@kernel
def take_sample(weather: Weather, bid: int, spread: int) -> None:
    """One minute is over: its return and its spread join what is usual."""
    move = min(RETURN_MAX, mul_div(abs(bid - weather.anchor), RATE, weather.anchor))
    seen = min(spread, weather.wide) if weather.wide > 0 else spread
    if weather.samples == SAMPLES:
        weather.squares -= weather.squares // SAMPLES
        weather.spreads -= weather.spreads // SAMPLES
    else:
        weather.samples += 1
    weather.squares += move * move
    weather.spreads += seen


@kernel
def set_bounds(state: State, weather: Weather) -> None:
    """Between which bids, and up to which spread, the minute that begins is calm."""
    if weather.samples < WARM_UP:
        return
    sigma = root_of(weather.squares // weather.samples)
    reach = scale(weather.anchor, scale(sigma, state.guard.volatility_sigma))
    reach = max(reach, state.guard.volatility_sigma // RATE)  # sigma is never taken for under one tick
    weather.calm_low = weather.anchor - reach
    weather.calm_high = weather.anchor + reach
    usual = mul_div(weather.spreads, state.guard.volatility_spread, weather.samples)
    weather.wide = (
        max(usual, state.guard.volatility_spread) // RATE
    )  # usual is never taken for under one tick


@kernel
def begin_minute(state: State, weather: Weather, bid: int, spread: int, number: int) -> None:
    """The first price of a minute ends the one before it, where that was the minute just before."""
    if number == weather.minute + 1:
        take_sample(weather, bid, spread)
    weather.minute = number
    weather.anchor = bid
    set_bounds(state, weather)


@kernel
def judge_weather(state: State, outbox: Outbox, instrument: Instrument, price: Price) -> None:
    """Is this price within what the minute may show?"""
    weather = instrument.weather
    guard = state.guard
    if guard.volatility_sigma > 0 and (price.low < weather.calm_low or price.high > weather.calm_high):
        far = max(weather.anchor - price.low, price.high - weather.anchor)
        moved = mul_div(far, RATE, weather.anchor)
        limit = mul_div(weather.calm_high - weather.anchor, RATE, weather.anchor)
        halt(state, outbox, instrument, BY_RETURN, moved, limit)
    if guard.volatility_spread > 0 and price.ask - price.bid > weather.wide:
        halt(state, outbox, instrument, BY_SPREAD, price.ask - price.bid, weather.wide)


@kernel
def watch_weather(state: State, outbox: Outbox, instrument: Instrument, price: Price) -> None:
    """Called for every price where a volatility halt is configured."""
    weather = instrument.weather
    number = state.time_ns // MINUTE
    if weather.anchor > 0 and weather.samples >= WARM_UP and number <= weather.minute + 1:
        judge_weather(state, outbox, instrument, price)
    if number != weather.minute:
        begin_minute(state, weather, price.bid, price.ask - price.bid, number)
