"""The command line and the measuring that every engine of workload (a) shares.

An engine hands over `convert`, which turns bars into whatever it reads (set-up, not timed as run), and one or more
ways of running: `prepare` makes a fresh run (not timed), `run` is what is timed, from signals in hand to trades
closed. The signals are computed before by the shared numpy code, are timed apart, and are added to each engine's
run, so that `seconds_run` means "bars in the engine's own form to closed trades" for all of them. Where an engine
has several ways, all must give the same trades and the fastest counts.
"""

import argparse
import json
import platform
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workload import Bars, Levels, Signals, compute_signals, load_bars

TradeRow = tuple[int, int, int, int]  # entry time (ns), entry price (ticks), exit time, exit price


@dataclass(frozen=True)
class Outcome:
    """What one run gave: closed trades in order of time, and the fees that the engine itself charged for them."""

    trades: list[TradeRow]
    fees: float


@dataclass(frozen=True)
class Way:
    """One way of running an engine; `load_inside_run` gives the seconds of data loading to take off a run."""

    name: str
    prepare: Callable[[Any], Any]
    run: Callable[[Any], Any]
    collect: Callable[[Any, Bars], Outcome]
    load_inside_run: Callable[[Any], float] = lambda _finished: 0.0


@dataclass(frozen=True)
class Engine:
    """One engine as the harness drives it; `warm_first` where the first run compiles and is timed apart."""

    name: str
    version: str
    convert: Callable[[Bars, Signals], Any]
    ways: list[Way]
    warm_first: bool = False


@dataclass
class Measured:
    """Times of one way, in seconds."""

    way: Way
    compile_first: float
    loops: list[float]
    loading: float
    outcome: Outcome

    @property
    def best(self) -> float:
        return min(self.loops)


def peak_memory_mb() -> float:
    """Peak resident memory of this process so far, in MiB.

    Linux hands ru_maxrss of a parent down to its child, so a small process started by a large one would show the
    large one's peak; VmHWM belongs to the program itself. Elsewhere ru_maxrss is used (bytes on macOS).
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main(engine: Engine) -> None:
    """Run `engine` on the bars given on the command line; write its trades, print its one JSON line."""
    arguments = _arguments(engine)
    memory_before = peak_memory_mb()
    seconds_load, bars = _timed(load_bars, arguments.bars, arguments.limit)
    levels = Levels(arguments.stop, arguments.target)
    signals = compute_signals(bars, levels)
    seconds_signals = min(_timed(compute_signals, bars, levels)[0] for _ in range(10))
    seconds_convert, native = _timed(engine.convert, bars, signals)
    ways = [way for way in engine.ways if arguments.way in (None, way.name)]
    measured = [_measure(way, native, bars, arguments.repeat, engine.warm_first) for way in ways]
    if any(m.outcome.trades != measured[0].outcome.trades for m in measured):
        raise SystemExit(f"the ways of {engine.name} do not give the same trades")
    best = min(measured, key=lambda m: m.best)
    arguments.out.write_text(json.dumps({"fees": best.outcome.fees, "trades": best.outcome.trades}))
    line = {
        "engine": engine.name,
        "version": engine.version,
        "way": best.way.name,
        "bars": len(bars),
        "seconds_setup": seconds_load + seconds_convert + best.loading,
        "seconds_compile": max(0.0, best.compile_first - best.best),
        "seconds_signals": seconds_signals,
        "seconds_loop": best.best,
        "seconds_run": seconds_signals + best.best,
        "runs": [seconds_signals + seconds for seconds in best.loops],
        "bars_per_second": len(bars) / (seconds_signals + best.best),
        "bars_per_second_loop": len(bars) / best.best,
        "trades": len(best.outcome.trades),
        "peak_memory_mb": peak_memory_mb(),
        "memory_before_mb": memory_before,
        "python": platform.python_version(),
        "ways": {m.way.name: m.best for m in measured},
    }
    print(json.dumps(line))


def _measure(way: Way, native: Any, bars: Bars, repeat: int, warm_first: bool) -> Measured:
    compile_first = _run_once(way, native)[0] if warm_first else 0.0
    loops, loading, outcomes = [], [], []
    for _ in range(repeat):
        seconds, load_seconds, finished = _run_once(way, native)
        loops.append(seconds)
        loading.append(load_seconds)
        outcomes.append(way.collect(finished, bars))
    if any(outcome.trades != outcomes[0].trades for outcome in outcomes):
        raise SystemExit(f"two runs of {way.name} do not give the same trades")
    return Measured(way, compile_first, loops, min(loading), outcomes[-1])


def _run_once(way: Way, native: Any) -> tuple[float, float, Any]:
    """Seconds of one run without data loading, seconds of the loading inside it, and the finished run."""
    prepared = way.prepare(native)
    seconds, finished = _timed(way.run, prepared)
    loading = way.load_inside_run(finished)
    return seconds - loading, loading, finished


def _timed(function: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - started, result


def _arguments(engine: Engine) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=f"Workload (a) in {engine.name}")
    parser.add_argument(
        "--bars", type=Path, required=True, help="Parquet: ts, open, high, low, close, volume"
    )
    parser.add_argument("--out", type=Path, required=True, help="where the trades go, as JSON")
    parser.add_argument("--repeat", type=int, default=3, help="timed runs; the best one counts")
    parser.add_argument("--stop", type=int, default=Levels.stop, help="thousandths of the close")
    parser.add_argument("--target", type=int, default=Levels.target, help="thousandths of the close")
    parser.add_argument(
        "--way", choices=[way.name for way in engine.ways], help="only this one, not the fastest"
    )
    parser.add_argument("--limit", type=int, default=None, help="use only the first bars")
    return parser.parse_args()
