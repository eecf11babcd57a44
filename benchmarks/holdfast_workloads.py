"""Workload (b): grid and confluence with everything on, compiled and interpreted, and how both grow.

    python benchmarks/holdfast_workloads.py [--out FILE.json]

Each case runs in a process of its own, so that its memory is its own: bars a second are bars over seconds of the loop
alone, best of several runs; memory is the process's peak after its first run above that of an empty run (the same
imports, the same mode, one day of one instrument), beside the bytes of its bars and plan columns. With
HOLDFAST_DATA_DIR set the bars are real ones, else a seeded synthetic market. Only timings and counts are saved.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MONTHS = "20250504-20250624"
YEARS = "20200101-20250701"
LONG = ("LTC", "BCH", "NEAR", "ATOM", "ALGO")
REAL: dict[str, dict[str, Any]] = {
    "grid_atr, 1 perpetual, 1h plans on 1m bars": {"pairs": ("ETH",), "timeframe": "1h", "detail": "1m"},
    "grid_atr, 12 perpetuals, 1h plans on 1m bars": {"timeframe": "1h", "detail": "1m"},
    "grid_atr, 12 perpetuals, 15m plans on 1m bars": {"timeframe": "15m", "detail": "1m"},
    "grid_atr, 12 perpetuals, 5m plans on 1m bars": {"timeframe": "5m", "detail": "1m"},
    "grid_boltrend, 12 perpetuals, 1h plans on 1m bars": {
        "strategies": ("grid_boltrend",), "timeframe": "1h", "detail": "1m",
    },
    "grid_atr, 5 perpetuals, 1h, 2020-2025": {"pairs": LONG, "timeframe": "1h", "timerange": YEARS},
    "confluence, 20 FX pairs and gold, H1": {
        "strategies": ("confluence",), "source": "oanda_mid", "timeframe": "1h", "timerange": "",
    },
    "confluence, the same under the5ers.high_stakes.20k": {
        "strategies": ("confluence",), "source": "oanda_mid", "timeframe": "1h", "timerange": "",
        "ruleset": "the5ers.high_stakes.20k",
    },
    "confluence, the same under ftmo.two_step.100k": {
        "strategies": ("confluence",), "source": "oanda_mid", "timeframe": "1h", "timerange": "",
        "ruleset": "ftmo.two_step.100k",
    },
}  # fmt: skip
SYNTHETIC: dict[str, dict[str, Any]] = {
    "grid_atr, 1 synthetic perpetual, 1h plans on 1m bars": {
        "pairs": ("BTC",),
        "timeframe": "1h",
        "detail": "1m",
    },
    "grid_atr, 6 synthetic perpetuals, 1h plans on 1m bars": {"timeframe": "1h", "detail": "1m"},
    "grid_atr, 6 synthetic perpetuals, 5m plans on 1m bars": {"timeframe": "5m", "detail": "1m"},
}
COMMON = {"strategies": ("grid_atr",), "source": "binance_perp", "timerange": MONTHS}
INTERPRETED = {"grid_atr, 12 perpetuals, 1h plans on 1m bars", "confluence, 20 FX pairs and gold, H1",
               "grid_atr, 6 synthetic perpetuals, 1h plans on 1m bars"}  # fmt: skip
SETS = [
    {"ma_period": ma, "atr_multiplier_start": start, "sl_percent": stop, "num_levels": levels}
    for ma, start, stop, levels in itertools.product(
        (7, 10, 14, 21, 28), (1.0, 1.5, 2.0, 2.5, 3.0), range(4, 24, 2), (1, 2, 3, 4)
    )
]


def peak_mb() -> float:
    """Peak memory of this program alone (VmHWM where there is one)."""
    from holdfast.wiring.results import peak_memory_mb

    status = Path("/proc/self/status")
    if not status.exists():
        return peak_memory_mb()
    return (
        int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1])
        / 1024
    )


def measure(case: dict[str, Any], data: str, mode: str, repeat: int) -> dict[str, Any]:
    """Run one case in this process; the figures of its best run."""
    from holdfast.history.store import Store
    from holdfast.settings.backtest import load_settings
    from holdfast.wiring.backtest import Backtest

    machine = Backtest(Store(Path(data)), load_settings(None, case))
    prepared = machine.prepare()
    runs = [machine.run(prepared, mode == "interpreted")]
    memory = peak_mb()  # of one backtest with its result; the repetitions below are for the clock alone
    for _ in range(repeat - 1):
        runs = [min(runs[0], machine.run(prepared, mode == "interpreted"), key=lambda r: r.seconds["loop"])]
    best = min(runs, key=lambda r: r.seconds["loop"])
    tables = prepared.plans.tables
    return {
        "mode": mode,
        "bars": best.bars,
        "plans": len(prepared.plans.times),
        "events": best.events,
        "orders": best.order_count,
        "trades": best.trade_count,
        "residual": best.ledger.residual,
        "digest": best.state_digest,
        "seconds": dict(best.seconds),
        "bars_per_second": best.bars_per_second,
        "events_per_second": best.events / best.seconds["loop"],
        "peak_mb": memory,
        "input_mb": (prepared.scenario.bars.nbytes + sum(t.frame.estimated_size() for t in tables))
        / (1 << 20),
    }


def sweep(data: str, synthetic: bool) -> dict[str, Any]:
    """1,000 parameter sets of one year (synthetic: the market's length) of 1h bars, on one and on all cores."""
    from holdfast.history.store import Store
    from holdfast.settings.backtest import load_settings
    from holdfast.wiring.backtest import Backtest
    from holdfast.wiring.sweep import Sweep

    case = {
        "strategies": ("grid_atr",),
        "timeframe": "1h",
        "source": "synthetic_perp" if synthetic else "binance_perp",
    }
    case |= {"pairs": ("BTC",)} if synthetic else {"pairs": ("LTC",), "timerange": "20240101-20250101"}
    machine = Backtest(Store(Path(data)), load_settings(None, case))
    prepared = machine.prepare()
    work = Sweep(machine, prepared)
    found: dict[str, Any] = {"sets": len(SETS), "bars": len(prepared.scenario.bars)}
    for workers in sorted({1, os.cpu_count() or 1}):
        started = time.perf_counter()
        rows = work.run(SETS, workers)
        found[f"seconds_{workers}"] = time.perf_counter() - started
        found["different_results"] = len({row.state_digest for row in rows})
    return found


def starts() -> dict[str, float]:
    """Seconds of `--help`, of the first compiling (in an empty cache) and of a later start."""
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"HOLDFAST_CACHE_DIR": folder}
        code = "from holdfast.records import compiled; from holdfast.simulator.loop import run; compiled(run)"
        times = {
            "help": seconds([sys.executable, "-m", "holdfast", "--help"], env),
            "compile_first": seconds([sys.executable, "-c", code], env),
        }
        times["compile_later"] = min(seconds([sys.executable, "-c", code], env) for _ in range(3))
        times["help"] = min(times["help"], seconds([sys.executable, "-m", "holdfast", "--help"], env))
    return times


def seconds(command: list[str], env: dict[str, str]) -> float:
    """Wall time of a whole process."""
    started = time.perf_counter()
    subprocess.run(command, env=env, check=True, capture_output=True)
    return time.perf_counter() - started


def child(*arguments: str) -> Any:
    """Run this file again for one case; its figures."""
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)[:200]}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """All cases, one process each, and a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE / "results" / "workloads.json")
    parser.add_argument("--case", help="one case as JSON (used by this script for its own processes)")
    parser.add_argument("--data", default=os.environ.get("HOLDFAST_DATA_DIR", ""))
    parser.add_argument("--mode", default="compiled", choices=["compiled", "interpreted", "sweep"])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--synthetic", action="store_true")
    given = parser.parse_args()
    if given.mode == "sweep":
        print(json.dumps(sweep(given.data, given.synthetic)))
    elif given.case:
        print(json.dumps(measure(json.loads(given.case), given.data, given.mode, given.repeat)))
    else:
        everything(given.data, given.out)


def everything(data: str, out: Path) -> None:
    """Measure all cases and save them."""
    with tempfile.TemporaryDirectory() as folder:
        synthetic = not data
        if synthetic:
            from holdfast.history.synthetic import PERPS, write_synthetic

            data = folder
            write_synthetic(Path(folder), 7, 60, "1m", PERPS)
        cases = SYNTHETIC if synthetic else REAL
        common = COMMON | ({"source": "synthetic_perp", "timerange": ""} if synthetic else {})
        found: dict[str, Any] = {
            "data": "synthetic" if synthetic else "real",
            "starts": starts(),
            "cases": {},
        }
        say(f"help {found['starts']['help']:.2f} s, first compile {found['starts']['compile_first']:.1f} s, "
            f"later start {found['starts']['compile_later']:.2f} s")  # fmt: skip
        empty = (
            common | next(iter(cases.values())) | ({} if synthetic else {"timerange": "20250510-20250511"})
        )
        empty_mb = {
            mode: child("--case", json.dumps(empty), "--data", data, "--repeat", "1", "--mode", mode)[
                "peak_mb"
            ]
            for mode in ("compiled", "interpreted")
        }
        for name, case in cases.items():
            modes = ("compiled", "interpreted") if name in INTERPRETED else ("compiled",)
            rows = []
            for mode in modes:
                repeat = "7" if mode == "compiled" else "1"
                rows.append(
                    child(
                        "--case",
                        json.dumps(common | case),
                        "--data",
                        data,
                        "--mode",
                        mode,
                        "--repeat",
                        repeat,
                    )
                )
                rows[-1]["above_empty_mb"] = rows[-1]["peak_mb"] - empty_mb[mode]
                say(line(name, rows[-1]))
            if len({row["digest"] for row in rows}) > 1 or any(row["residual"] for row in rows):
                raise SystemExit(f"{name}: interpreted and compiled differ, or the ledger does not add up")
            found["cases"][name] = rows
        found["sweep"] = child("--mode", "sweep", "--data", data, *(["--synthetic"] if synthetic else []))
        say(json.dumps(found["sweep"]))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=1))


def say(text: str) -> None:
    """A line at once, also into a pipe."""
    print(text, flush=True)


def line(name: str, row: dict[str, Any]) -> str:
    """One case in words."""
    return (
        f"{name} | {row['mode']} | {row['bars']:,} bars | {row['bars_per_second'] / 1e6:.2f} M bars/s | "
        f"{row['events_per_second'] / 1e3:,.0f} k events/s | {row['trades']:,} trades | "
        f"{row['above_empty_mb']:.0f} MiB above empty, {row['input_mb']:.0f} MiB of input"
    )


if __name__ == "__main__":
    main()
