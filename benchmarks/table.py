"""Prints saved benchmark results as Markdown tables.

    python benchmarks/table.py benchmarks/results/peers.json

Takes any number of files with the schema of `benchmarks/README.md`; lines of one data set are gathered from all of
them. Ratios are of bars a second, over the whole run (signals and loop).
"""

import argparse
import json
from pathlib import Path
from typing import Any

EVENT_DRIVEN = ("NautilusTrader", "backtesting.py", "backtrader")
Line = dict[str, Any]


def gather(files: list[Path]) -> list[dict[str, Any]]:
    """Data sets by name, in the order met, with the lines of all files."""
    sets: dict[str, dict[str, Any]] = {}
    for file in files:
        for data in json.loads(file.read_text())["data_sets"]:
            known = sets.setdefault(data["name"], {**data, "lines": [], "close_by": None})
            known["lines"] += data["lines"]
            known["close_by"] = known["close_by"] or data.get("close_by")
    return list(sets.values())


def table(data: dict[str, Any]) -> str:
    """One data set: what was run, a row per line from fast to slow, and what the awkward cases gave."""
    good = [line for line in data["lines"] if "error" not in line]
    good.sort(key=lambda line: -line["bars_per_second"])
    own = _best(good, ("Holdfast",))
    peer = _best(good, EVENT_DRIVEN)
    rows = [_header(own is not None)] + [_row(line, own, peer) for line in good]
    for line in data["lines"]:
        if "error" in line:
            rows.append(f"| {line['engine']} | failed: {line['error']} |")
    title = f"### {data['name']}: {data['bars']:,} bars, {data['trades']} trades"
    return "\n".join([title, "", *rows, "", *_close_by(data.get("close_by"))])


def _best(lines: list[Line], engines: tuple[str, ...]) -> float | None:
    rates = [line["bars_per_second"] for line in lines if line["engine"] in engines]
    return max(rates, default=None)


def _header(with_own: bool) -> str:
    names = ["engine", "bars a second", "loop alone", "run", "set-up", "first call", "memory", "trades agree"]
    names.append("to the fastest event-driven peer")
    if with_own:
        names.append("Holdfast is faster by")
    return f"| {' | '.join(names)} |\n|---|{'---:|' * 6}---|{'---:|' * (len(names) - 8)}"


def _row(line: Line, own: float | None, peer: float | None) -> str:
    rate = line["bars_per_second"]
    name = f"{line['engine']} {line['version']}"
    if line.get("way"):
        name += f", `{line['way']}`"
    cells = [
        name,
        _rate(rate),
        _rate(line["bars_per_second_loop"]),
        _seconds(line["seconds_run"]),
        _seconds(line["seconds_setup"]),
        _seconds(line["seconds_compile"]) if line["seconds_compile"] >= 0.01 else "",
        f"{line['peak_memory_mb']:.0f} MiB (+{line['peak_memory_mb'] - line['memory_before_mb']:.0f})",
        line.get("agreement", {}).get("phrase", "not checked"),
        f"{rate / peer:.3g}" if peer else "",
    ]
    if own is not None:
        cells.append("" if line["engine"] == "Holdfast" else f"{own / rate:.3g}")
    return f"| {' | '.join(cells)} |"


def _close_by(close_by: dict[str, Any] | None) -> list[str]:
    """The pass with close levels as one list."""
    if not close_by:
        return []
    text = [f"With stop and target close by ({close_by['trades']} trades), trades that agree:", ""]
    for line in close_by["lines"]:
        name = line["engine"] + (f", `{line['way']}`" if line.get("way") else "")
        text.append(f"- {name}: {line['agreement']['phrase'] if line.get('agreement') else 'failed'}")
    return [*text, ""]


def workloads(found: dict[str, Any]) -> str:
    """Holdfast's own strategies: a row for each case and mode, then sweeps and starts."""
    names = (
        "bars",
        "plans",
        "trades",
        "bars a second",
        "events a second",
        "memory above an empty run",
        "input",
    )
    head = [f"| case | mode | {' | '.join(names)} |", f"|---|---|{'---:|' * len(names)}"]
    rows = [f"### Holdfast's strategies, {found['data']} bars", "", *head]
    for name, lines in found["cases"].items():
        for line in lines:
            cells = [
                name,
                line["mode"],
                f"{line['bars']:,}",
                f"{line['plans']:,}",
                f"{line['trades']:,}",
                _rate(line["bars_per_second"]),
                _rate(line["events_per_second"]),
                f"{line['above_empty_mb']:.0f} MiB",
                f"{line['input_mb']:.0f} MiB",
            ]
            rows.append(f"| {' | '.join(cells)} |")
    sweep, starts = found["sweep"], found["starts"]
    seconds = ", ".join(
        f"{value:.1f} s on {name.removeprefix('seconds_')} cores"
        for name, value in sweep.items()
        if "seconds" in name
    )
    rows += ["", f"{sweep['sets']:,} parameter sets of {sweep['bars']:,} bars, read once: {seconds}."]
    rows.append(
        f"`holdfast --help` {starts['help']:.2f} s; the core compiled for the first time "
        f"{starts['compile_first']:.1f} s, a later start {starts['compile_later']:.2f} s."
    )
    return "\n".join(rows)


def _rate(value: float) -> str:
    return f"{value / 1e6:.1f} million" if value >= 1e6 else f"{value:,.0f}"


def _seconds(value: float) -> str:
    return f"{value * 1e3:.2f} ms" if value < 0.1 else f"{value:.2f} s"


def main() -> None:
    """Print the tables of the files named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path, nargs="+")
    files = parser.parse_args().files
    contents = {file: json.loads(file.read_text()) for file in files}
    for data in gather([file for file in files if "data_sets" in contents[file]]):
        print(table(data))
    for content in contents.values():
        if "cases" in content:
            print(workloads(content))


if __name__ == "__main__":
    main()
