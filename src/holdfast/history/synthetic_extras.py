"""What comes with invented prices: volumes, spreads, funding and mark prices."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from holdfast.history.instruments import InstrumentSpec
from holdfast.history.names import DAY, HOUR, MINUTE, Timeframe
from holdfast.history.resample import resample
from holdfast.history.synthetic_paths import Clock, Floats, generator
from holdfast.history.zones import Instants, wall_clock

Counts = npt.NDArray[np.int32]

FOUR_HOURLY = frozenset({"DOGE"})  # settles funding every four hours


def table(ts: Instants, columns: Mapping[str, Floats | Counts]) -> pl.DataFrame:
    """A frame of the layout from opening times (ns) and columns."""
    times = pl.Series("ts", ts).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")
    return pl.DataFrame({"ts": times, **columns})


def volumes(seed: int, spec: InstrumentSpec, clock: Clock, close: Floats, a_minute: float) -> Floats:
    """Volume on the step grid (ticks counted for FX), greater in busy and stormy times."""
    noise = np.exp(generator(seed, f"{spec.symbol} volume").normal(0, 0.6, len(close)))
    amount = a_minute * (clock.step / MINUTE) * clock.volatility * noise
    step = float(spec.step_size) if spec.volume_is_real else 1.0
    return np.asarray(np.maximum(np.rint(amount / step), 1) / np.rint(1 / step), dtype=np.float64)


def spreads(seed: int, spec: InstrumentSpec, clock: Clock) -> Counts:
    """Spread in ticks: typical, wider in storms and from just before the rollover to an hour after it."""
    of_day = wall_clock(clock.ts, "America/New_York") % DAY
    rollover = (of_day + clock.step > 17 * HOUR - 5 * MINUTE) & (of_day < 18 * HOUR)
    typical = float(spec.spread / spec.tick_size) * (0.4 + 0.6 * clock.volatility)
    draws = generator(seed, f"{spec.symbol} spread").poisson(np.where(rollover, 12 * typical, typical))
    return np.asarray(np.maximum(draws, 1), dtype=np.int32)


def funding(seed: int, spec: InstrumentSpec, clock: Clock, close: Floats) -> pl.DataFrame:
    """Settlements every 8 h (some every 4): a base rate that leans with the move of the last day."""
    hours = 4 if spec.base in FOUR_HOURLY else 8
    rows = np.flatnonzero((clock.ts % (hours * HOUR) == 0) & (clock.ts > clock.ts[0]))
    day_before = np.maximum(rows - max(DAY // clock.step, 1), 0)
    lean = 0.006 * np.log(close[rows] / close[day_before])
    noise = generator(seed, f"{spec.symbol} funding").normal(0, 3e-5, len(rows))
    rates = np.clip((1e-4 + lean + noise) * hours / 8, -0.003, 0.003)
    return table(clock.ts[rows], {"rate": np.rint(rates * 1e8) / 1e8})


def mark(frame: pl.DataFrame, timeframe: Timeframe, spec: InstrumentSpec) -> pl.DataFrame:
    """Hourly mark price: the last price without half of its wicks, as an index over several venues moves."""
    body_top, body_low = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    per_unit = round(1 / spec.tick_size)
    calm = frame.with_columns(
        high=(((pl.col("high") + body_top) / 2 * per_unit).round() / per_unit),
        low=(((pl.col("low") + body_low) / 2 * per_unit).round() / per_unit),
    )
    hourly = calm if timeframe.name == "1h" else resample(calm, "1h", base=timeframe)
    return hourly.select("ts", "open", "high", "low", "close")
