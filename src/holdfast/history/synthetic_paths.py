"""Seeded random paths with the habits of markets: regimes, fat tails, jumps, trends, hours of the day.

Every part draws from a generator of its own, so that a longer market begins with the shorter one of the same
seed and leaving an instrument out changes no other.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from holdfast.history.names import DAY, HOUR
from holdfast.history.zones import Instants

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SUBSTEPS = 4  # moves inside a bar, from which high and low come
_REGIMES = np.array([0.55, 1.0, 2.1])  # volatility in calm, usual and stormy times, as a multiple
_REGIME_ODDS = np.array([0.4, 0.45, 0.15])
_REGIME_HOURS = 30.0  # mean life
_TREND_HOURS = 60.0
_TAIL = 4.0  # degrees of freedom: kurtosis as of minute returns


@dataclass(frozen=True)
class Clock:
    """The bars of one market: opening times and what they share."""

    ts: Instants  # ns UTC
    step: int  # ns
    start: int  # ns, start of the market (regimes count from it)
    volatility: Floats  # multiple of the usual volatility: regime x hour of the day


def generator(seed: int, part: str) -> np.random.Generator:
    """The random numbers of one named part of one market."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(part.encode())])))


def make_clock(
    seed: int, market: str, ts: Instants, step: int, start: int, busy: float, depth: float
) -> Clock:
    """Volatility of each bar; `busy` is the UTC hour of most activity, `depth` its swing over a day."""
    hours = (ts % DAY) / HOUR
    season = 1 + depth * np.cos((hours - busy) * (2 * np.pi / 24))
    regime = _REGIMES[_states(seed, f"{market} regime", ts - start, _REGIME_HOURS, _REGIME_ODDS)]
    return Clock(ts, step, start, regime * season)


def _states(
    seed: int, part: str, elapsed: Instants, mean_hours: float, odds: Floats
) -> npt.NDArray[np.int64]:
    """A state for each instant, changing after exponential lives."""
    count = int(elapsed[-1] / HOUR / mean_hours * 2) + 50
    lives = generator(seed, f"{part} lives").exponential(mean_hours * HOUR, count)
    states = generator(seed, f"{part} states").choice(len(odds), size=count, p=odds)
    index = np.searchsorted(np.cumsum(lives), elapsed.astype(np.float64), side="right")
    return np.asarray(states[np.minimum(index, count - 1)], dtype=np.int64)


def moves(seed: int, part: str, clock: Clock, daily: float, jumps_a_day: float, jump: float) -> Floats:
    """Log moves, shape (bars, SUBSTEPS), of one source of risk.

    `daily` is its volatility of a usual day; jumps come `jumps_a_day` times with the size `jump` (one
    deviation).
    """
    count = len(clock.ts)
    share = clock.step / DAY
    noise = generator(seed, f"{part} noise").standard_t(_TAIL, (count, SUBSTEPS))
    noise /= np.sqrt(_TAIL / (_TAIL - 2))  # to a deviation of 1
    result = noise * (daily * np.sqrt(share / SUBSTEPS) * clock.volatility)[:, None]
    odds = np.array([0.25, 0.5, 0.25])
    trend = _states(seed, f"{part} trend", clock.ts - clock.start, _TREND_HOURS, odds) - 1
    result += (trend * (daily * 0.5 * share / SUBSTEPS))[:, None]
    draws = generator(seed, f"{part} jumps").random((count, 2))
    hit = draws[:, 0] < jumps_a_day * share
    result[hit, 0] += (draws[hit, 1] - 0.5) * (jump * np.sqrt(12))  # uniform, of that deviation
    return np.asarray(result, dtype=np.float64)


def gaps_in(clock: Clock) -> Flags:
    """The bars before which the market was closed for longer than a bar."""
    return np.append(False, np.diff(clock.ts) > clock.step)


def path_to_bars(start: float, path: Floats, tick: float, gaps: Flags) -> dict[str, Floats]:
    """Open, high, low, close on the tick grid from log moves (bars, SUBSTEPS) that begin at price `start`.

    A bar opens where the one before closed, except where `gaps` (one flag a bar) says that the market was
    closed.
    """
    inside = start * np.exp(np.cumsum(path.ravel()).reshape(path.shape))
    counts = np.maximum(np.rint(inside / tick), 1)
    close = counts[:, -1]
    opened = np.append(max(np.rint(start / tick), 1), close[:-1])
    opened = np.where(gaps, counts[:, 0], opened)
    high = np.maximum(opened, counts.max(axis=1))
    low = np.minimum(opened, counts.min(axis=1))
    # Dividing by a whole number of ticks per unit gives the double nearest to the decimal price.
    per_unit = np.rint(1 / tick)
    return {
        name: c / per_unit for name, c in (("open", opened), ("high", high), ("low", low), ("close", close))
    }
