"""A market that never was: several correlated instruments from a seed, for the demo and for tests.

Perpetuals share a market factor, currencies a value each (so that crosses agree with their legs); both have
calm and stormy times, fat tails, jumps, trends and busy hours. FX is closed at the weekend, opens with a gap
and has a spread that widens at the rollover; perpetuals have a mark price and funding that follows the trend,
every eight hours (one of them every four). Equal seeds give equal bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from holdfast.errors import SettingsError, did_you_mean
from holdfast.history import synthetic_extras as extras
from holdfast.history.instruments import InstrumentSpec, load_instruments
from holdfast.history.layout import bars_path, funding_path, mark_path
from holdfast.history.names import (
    DAY,
    HOUR,
    Timeframe,
    parse_pair,
    parse_timeframe,
    parse_timerange,
)
from holdfast.history.parquet import write_whole
from holdfast.history.sessions import FX_WEEK, expected_bars, parse_session
from holdfast.history.synthetic_paths import (
    Clock,
    Floats,
    gaps_in,
    generator,
    make_clock,
    moves,
    path_to_bars,
)
from holdfast.history.zones import METATRADER_DAY, Instants

PERP, FX = "synthetic_perp", "synthetic_fx"
PERPS = (
    "BTC/USDT:USDT",
    "ETH/USDT:USDT",
    "SOL/USDT:USDT",
    "XRP/USDT:USDT",
    "BNB/USDT:USDT",
    "DOGE/USDT:USDT",
)
FX_PAIRS = ("EURUSD", "GBPUSD", "USDJPY", "AUDUSD", "EURGBP", "EURJPY", "XAUUSD")
DEFAULT_START = "20250106"  # a Monday

# base -> (price at the start, beta to the market, own volatility of a day, units traded in a minute)
_COINS = {
    "BTC": (64_000, 1.0, 0.006, 8),
    "ETH": (3_100, 1.2, 0.012, 120),
    "SOL": (145, 1.4, 0.022, 3_000),
    "XRP": (0.62, 1.1, 0.022, 400_000),
    "BNB": (580, 0.8, 0.010, 200),
    "DOGE": (0.125, 1.4, 0.026, 2_000_000),
    "ADA": (0.46, 1.3, 0.022, 300_000),
    "AVAX": (28, 1.4, 0.024, 4_000),
    "LINK": (14, 1.3, 0.022, 6_000),
}
# currency -> (dollars for one, volatility of a day against the basket)
_CURRENCIES = {
    "USD": (1.0, 0.0028), "EUR": (1.085, 0.0024), "GBP": (1.27, 0.0030), "JPY": (1 / 151.5, 0.0040),
    "CHF": (1.12, 0.0028), "AUD": (0.66, 0.0036), "NZD": (0.605, 0.0038), "CAD": (0.732, 0.0022),
    "XAU": (2_350, 0.0075),
}  # fmt: skip


@dataclass(frozen=True)
class SyntheticMarket:
    """Frames in the columns of the layout, by (source, pair)."""

    bars: Mapping[tuple[str, str], pl.DataFrame]
    funding: Mapping[tuple[str, str], pl.DataFrame]
    mark: Mapping[tuple[str, str], pl.DataFrame]
    timeframe: Timeframe


def synthetic_market(
    seed: int,
    days: int,
    timeframe: str = "1m",
    instruments: Iterable[str] = PERPS + FX_PAIRS,
    start: str = DEFAULT_START,
) -> SyntheticMarket:
    """`days` calendar days of bars from `start` (YYYYMMDD, UTC) for each pair of `instruments`.

    Known pairs are those of synthetic_perp and synthetic_fx in the instrument file. Raises SettingsError.
    """
    frame = parse_timeframe(timeframe)
    first = parse_timerange(f"{start}-")[0]
    if days < 1 or first is None or frame.ns > DAY:
        raise SettingsError(
            f"No market of {days} days in {timeframe} bars.", "Ask for a day or more of 1m to 1d bars."
        )
    last = first + days * DAY - frame.ns
    specs = [_known(pair) for pair in instruments]
    bars: dict[tuple[str, str], pl.DataFrame] = {}
    funding: dict[tuple[str, str], pl.DataFrame] = {}
    mark: dict[tuple[str, str], pl.DataFrame] = {}
    span = (first, last)
    _make_perps(seed, [s for s in specs if s.asset_class == "perp"], span, frame, (bars, funding, mark))
    _make_fx(seed, [s for s in specs if s.asset_class != "perp"], span, frame, bars)
    return SyntheticMarket(bars, funding, mark, frame)


def write_synthetic(
    data_dir: Path,
    seed: int,
    days: int,
    timeframe: str = "1m",
    instruments: Iterable[str] = PERPS + FX_PAIRS,
    start: str = DEFAULT_START,
) -> SyntheticMarket:
    """Make a market and write it as a data folder of the layout; returns what was written."""
    market = synthetic_market(seed, days, timeframe, instruments, start)
    for (source, pair), frame in market.bars.items():
        write_whole(frame, bars_path(data_dir, source, parse_pair(pair).symbol, market.timeframe))
    for (source, pair), frame in market.funding.items():
        write_whole(frame, funding_path(data_dir, source, parse_pair(pair).symbol))
    for (source, pair), frame in market.mark.items():
        write_whole(frame, mark_path(data_dir, source, parse_pair(pair).symbol, parse_timeframe("1h")))
    return market


def _known(pair: str) -> InstrumentSpec:
    symbol = parse_pair(pair).symbol
    known = {s.symbol: s for (source, _), s in load_instruments().items() if source in (PERP, FX)}
    if symbol not in known:
        raise SettingsError(f"The synthetic market has no {pair}.", did_you_mean(symbol, known))
    return known[symbol]


def _make_perps(
    seed: int,
    specs: list[InstrumentSpec],
    span: tuple[int, int],
    timeframe: Timeframe,
    out: tuple[dict[tuple[str, str], pl.DataFrame], ...],
) -> None:
    """Bars, funding and marks of perpetuals, around one market factor."""
    bars, funding, mark = out
    ts = span[0] + np.arange((span[1] - span[0]) // timeframe.ns + 1, dtype=np.int64) * timeframe.ns
    clock = make_clock(seed, "crypto", ts, timeframe.ns, span[0], busy=15, depth=0.35)
    market = moves(seed, "crypto market", clock, daily=0.022, jumps_a_day=0.25, jump=0.012)
    for spec in specs:
        price, beta, daily, volume = _COINS[spec.base]
        own = moves(seed, spec.symbol, clock, daily, jumps_a_day=0.15, jump=daily / 2)
        columns = path_to_bars(price, beta * market + own, float(spec.tick_size), gaps_in(clock))
        columns["volume"] = extras.volumes(seed, spec, clock, columns["close"], volume)
        bars[PERP, spec.pair] = frame = extras.table(ts, columns)
        funding[PERP, spec.pair] = extras.funding(seed, spec, clock, columns["close"])
        if timeframe.ns <= HOUR:
            mark[PERP, spec.pair] = extras.mark(frame, timeframe, spec)


def _make_fx(
    seed: int,
    specs: list[InstrumentSpec],
    span: tuple[int, int],
    timeframe: Timeframe,
    bars: dict[tuple[str, str], pl.DataFrame],
) -> None:
    """Bars of currency pairs and metals: the difference of what two currencies are worth."""
    ts = _open_times(span, timeframe, FX_WEEK)
    if not specs or not len(ts):
        return
    clock = make_clock(seed, "fx", ts, timeframe.ns, span[0], busy=14, depth=0.55)
    values = {c: _currency(seed, c, clock) for c in {c for s in specs for c in (s.base, s.quote)}}
    for spec in specs:
        price = _CURRENCIES[spec.base][0] / _CURRENCIES[spec.quote][0]
        path = values[spec.base] - values[spec.quote]
        columns = path_to_bars(price, path, float(spec.tick_size), gaps_in(clock))
        volume, spread = (
            extras.volumes(seed, spec, clock, columns["close"], 40),
            extras.spreads(seed, spec, clock),
        )
        frame = extras.table(ts, {**columns, "volume": volume, "spread": spread})
        bars[FX, spec.pair] = frame.filter(np.isin(ts, _open_times(span, timeframe, spec.session)))


def _open_times(span: tuple[int, int], timeframe: Timeframe, session: str) -> Instants:
    ts = expected_bars(*span, timeframe, parse_session(session), METATRADER_DAY)
    return ts[(ts >= span[0]) & (ts <= span[1])]


def _currency(seed: int, currency: str, clock: Clock) -> Floats:
    """Log moves of one currency against the basket, with a gap at each opening of the market."""
    daily = _CURRENCIES[currency][1]
    path = moves(seed, currency, clock, daily, jumps_a_day=0.05, jump=daily)
    gaps = gaps_in(clock)
    path[gaps, 0] += generator(seed, f"{currency} gaps").normal(0, daily / 3, int(gaps.sum()))
    return path
