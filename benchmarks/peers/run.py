"""Runs workload (a) in every engine, one process after the other, checks the trades and saves the figures.

    python benchmarks/peers/run.py

Needs `benchmarks/peers/setup.sh` to have run. With HOLDFAST_DATA_DIR set the bars are real ones from there, else
seeded synthetic ones. Holdfast takes part through `benchmarks/holdfast_ma_cross.py` in the environment that runs
this script. Every engine is run in two rounds on each data set, so that one noisy minute cannot decide, and the
best run counts. A second pass with stop and target a tenth as far away, untimed, makes the awkward cases happen
(both inside a bar, exits in the bar of the entry, opens beyond a level) and checks the trades there as well.
Only timings, counts and memory are saved, nothing of the bars. Exits with 1 when an engine failed or a trade is
not explained.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agreement import compare
from reference import VARIANTS, reference_trades, variant_counts
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from synthetic_bars import synthetic_bars
from workload import Bars, Levels, load_bars

PEERS = Path(__file__).resolve().parent
BENCHMARKS, ROOT = PEERS.parent, PEERS.parent.parent
REAL = {
    "ETHUSDT perpetual, 5m": "crypto/binance_perp/ETHUSDT_5m.parquet",
    "ETHUSDT perpetual, 1m": "crypto/binance_perp/ETHUSDT_1m.parquet",
}
SYNTHETIC = {"synthetic, 5m": (143_900, 5, 7), "synthetic, 1m": (73_139, 1, 8)}  # bars, minutes, seed
TIMED, CLOSE_BY = Levels(), Levels(stop=2, target=3)
VECTORBT_WAYS = ("from_signals, numba", "from_signals, rust", "simulate_from_signals, rust")
ROUNDS = 2
# Some engines' libraries make glibc keep freed pages, others do not, and page faults then decide the time of plain
# numpy code (0.7 ms or 2.6 ms for the same signals). All engines get the kinder setting.
ALLOCATOR = {"MALLOC_TOP_PAD_": str(64 << 20)}
TIMEOUT_SECONDS = 1800


@dataclass(frozen=True)
class Contestant:
    """One engine: its script, the interpreter that runs it, and timed runs in a round (quick engines need more).

    `way` picks one of several ways in which the script can use the engine; each gets a line and a process of its
    own, so that its memory and its compiling are its own too.
    """

    engine: str
    script: Path
    python: Path
    repeat: int
    way: str | None = None

    @property
    def name(self) -> str:
        return f"{self.engine} ({self.way})" if self.way else self.engine


def contestants() -> list[Contestant]:
    """Everyone who can run here, Holdfast first; a missing environment ends the program with the mend."""
    general = ROOT / ".venv-bench/bin/python"
    nautilus = ROOT / ".venv-bench-nautilus/bin/python"
    if not (general.exists() and nautilus.exists()):
        raise SystemExit("The peers' environments are not there; create them with: benchmarks/peers/setup.sh")
    peers = [
        Contestant("NautilusTrader", PEERS / "peer_nautilus.py", nautilus, 3),
        Contestant("backtesting.py", PEERS / "peer_backtesting.py", general, 3),
        Contestant("backtrader", PEERS / "peer_backtrader.py", general, 2),
    ]
    for way in VECTORBT_WAYS:
        peers.append(Contestant("vectorbt", PEERS / "peer_vectorbt.py", general, 20, way))
    own = BENCHMARKS / "holdfast_ma_cross.py"
    return ([Contestant("Holdfast", own, Path(sys.executable), 20)] if own.exists() else []) + peers


def data_sets(scratch: Path, chosen: list[Path]) -> dict[str, Path]:
    """Name and file of each data set: those asked for, else the real ones, else synthetic ones."""
    if chosen:
        return {path.stem: path for path in chosen}
    folder = os.environ.get("HOLDFAST_DATA_DIR")
    if folder:
        return {name: Path(folder) / file for name, file in REAL.items()}
    files = {}
    for name, (count, minutes, seed) in SYNTHETIC.items():
        files[name] = scratch / f"synthetic_{minutes}m.parquet"
        synthetic_bars(count, minutes, seed).write_parquet(files[name])
    return files


def run_one(who: Contestant, bars: Path, levels: Levels, repeat: int, trades: Path) -> list[dict[str, Any]]:
    """One process of one engine: its JSON lines (usually one), or a line with the error."""
    command = [who.python, who.script, "--bars", bars, "--out", trades, "--repeat", repeat]
    command += ["--stop", levels.stop, "--target", levels.target]
    command += ["--way", who.way] if who.way else []
    try:
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            check=True,
            timeout=TIMEOUT_SECONDS,
            cwd=trades.parent,
            env=os.environ | ALLOCATOR,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as problem:
        said = (problem.stderr or "") if isinstance(problem.stderr, str) else ""
        return [
            {
                "engine": who.engine,
                "way": who.way,
                "error": (said.strip().splitlines() or [type(problem).__name__])[-1],
            }
        ]
    return lines or [{"engine": who.engine, "way": who.way, "error": "printed no result"}]


def better(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Line by line the faster of two rounds, with the runs of both; an error in either stays."""
    if not old or any("error" in line for line in new):
        return new
    if any("error" in line for line in old) or len(old) != len(new):
        return old
    merged = []
    for first, second in zip(old, new, strict=True):
        fast = min(first, second, key=lambda line: line["seconds_run"])
        merged.append({**fast, "runs": first["runs"] + second["runs"]})
    return merged


@dataclass
class Bench:
    """One benchmark run over several data sets, with its progress bar."""

    who: list[Contestant]
    rounds: int
    scratch: Path
    progress: Progress

    def data_set(self, name: str, path: Path) -> dict[str, Any]:
        bars = load_bars(path)
        task = self.progress.add_task(name, total=len(self.who) * (self.rounds + 1))
        timed: dict[str, list[dict[str, Any]]] = {}
        for _ in range(self.rounds):
            for who in self.who:
                lines = self._step(task, who, name, path, TIMED, who.repeat)
                timed[who.name] = better(timed.get(who.name, []), self._judged(lines, who, bars, TIMED))
        close_by = []
        for who in self.who:
            lines = self._judged(self._step(task, who, name, path, CLOSE_BY, 1), who, bars, CLOSE_BY)
            close_by += [
                {key: line.get(key) for key in ("engine", "way", "agreement", "error")} for line in lines
            ]
        return {
            "name": name,
            "bars": len(bars),
            "trades": len(reference_trades(bars, TIMED)),
            "another_rule_would_change": variant_counts(bars, TIMED),
            "lines": [line for lines in timed.values() for line in lines],
            "close_by": {
                "trades": len(reference_trades(bars, CLOSE_BY)),
                "another_rule_would_change": variant_counts(bars, CLOSE_BY),
                "lines": close_by,
            },
        }

    def _step(
        self, task: Any, who: Contestant, name: str, path: Path, levels: Levels, repeat: int
    ) -> list[dict[str, Any]]:
        self.progress.update(task, description=f"{name}: {who.name}")
        lines = run_one(who, path, levels, repeat, self.scratch / "trades.json")
        self.progress.advance(task)
        return lines

    def _judged(
        self, lines: list[dict[str, Any]], who: Contestant, bars: Bars, levels: Levels
    ) -> list[dict[str, Any]]:
        """The lines with the verdict on the trades that the process left."""
        if any("error" in line for line in lines):
            return lines
        verdict = compare(who.engine, self.scratch / "trades.json", bars, levels).as_dict()
        return [{**line, "agreement": verdict} for line in lines]


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    return {"processor": model, "cores": os.cpu_count(), "system": platform.system()}


def failures(results: list[dict[str, Any]]) -> list[str]:
    """A sentence for each engine that failed or whose trades are not explained."""
    found = []
    for data in results:
        for kind, lines in (("timed", data["lines"]), ("close levels", data["close_by"]["lines"])):
            for line in lines:
                if line.get("error"):
                    found.append(f"{data['name']}, {kind}: {line['engine']} failed: {line['error']}")
                elif not line["agreement"]["holds"]:
                    found.append(f"{data['name']}, {kind}: {line['engine']}: {line['agreement']['phrase']}")
    return found


def save(path: Path, result: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".partial")
    temporary.write_text(json.dumps(result, indent=2) + "\n")
    temporary.replace(path)


def main() -> int:
    """Run, save, print what did not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bars", type=Path, action="append", default=[], help="use this file (repeatable)")
    parser.add_argument("--only", action="append", default=[], help="run only this engine (repeatable)")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--out", type=Path, default=BENCHMARKS / "results" / "peers.json")
    arguments = parser.parse_args()
    who = [c for c in contestants() if not arguments.only or c.engine in arguments.only]
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with tempfile.TemporaryDirectory() as folder, Progress(*columns, console=console) as progress:
        scratch = Path(folder)
        bench = Bench(who, arguments.rounds, scratch, progress)
        files = data_sets(scratch, arguments.bars)
        results = [bench.data_set(name, path.resolve()) for name, path in files.items()]
    result = {
        "workload": "moving-average cross with stop and target",
        "made": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": machine(),
        "rules": list(VARIANTS),
        "data_sets": results,
    }
    save(arguments.out, result)
    wrong = failures(results)
    for sentence in wrong:
        console.print(sentence, style="red", highlight=False)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
