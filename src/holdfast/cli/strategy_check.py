"""The command that proves on real bars that a strategy can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.data_options import (
    DataDir,
    Json,
    Pairs,
    Timerange,
    open_store,
    print_json,
    print_table,
    split,
)
from holdfast.cli.strategies_options import Own, Set

if TYPE_CHECKING:
    from holdfast.history.store import Store
    from holdfast.strategies.checking import CheckResult
    from holdfast.strategies.parameters import Overrides
    from holdfast.strategies.strategy import BarSet, Strategy


def check_strategy(
    name: Annotated[str, typer.Option("-s", "--strategy", help="Name of the strategy.")],
    source: Annotated[str, typer.Option("--source", help="Folder of the data, for instance binance_perp.")],
    data_dir: DataDir = None,
    pairs: Pairs = None,
    timeframe: Annotated[str | None, typer.Option("-i", "--timeframe", help="Bars of the strategy.")] = None,
    timerange: Timerange = None,
    rows: Annotated[
        int, typer.Option("--rows", min=1, help="Rows to compute again for each instrument.")
    ] = 200,
    seed: Annotated[int, typer.Option("--seed", help="Chooses which rows.")] = 0,
    assignments: Set = None,
    strategy_path: Own = None,
    json: Json = False,
) -> None:
    """Prove on real bars that plans neither look ahead nor depend on where history begins.

    Rows are computed again without later bars, and over exactly the window that live has. Exit code 1 where one
    differs by more than a near tie.
    """
    from holdfast.history.reading import pair_named
    from holdfast.strategies.catalogue import find
    from holdfast.strategies.parameters import check_pairs, parse_assignments, with_timeframe

    strategy, store = find(name, strategy_path), open_store(data_dir)
    known = store.pairs(source)
    chosen = [pair_named(text, known, source) for text in split(pairs)] or known
    overrides = with_timeframe(strategy, parse_assignments(assignments or []), timeframe)
    check_pairs(overrides, chosen)
    results = _checked(strategy, store, source, chosen, overrides, timerange, rows, seed)
    passed = all(result.passed for result in results)
    if json:
        print_json({"strategy": name, "passed": passed, "results": [result.as_dict() for result in results]})
    else:
        _print_check(results)
    raise typer.Exit(0 if passed else 1)


def _checked(
    strategy: Strategy, store: Store, source: str, pairs: list[str], overrides: Overrides,
    timerange: str | None, rows: int, seed: int,
) -> list[CheckResult]:  # fmt: skip
    """One result for each instrument, with a progress bar on stderr."""
    from functools import partial

    from rich.console import Console
    from rich.progress import Progress

    from holdfast.strategies.checking import check_strategy as check
    from holdfast.strategies.parameters import resolve_parameters

    results = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"Checking {strategy.name}", total=len(pairs) * rows)
        for at, pair in enumerate(pairs):
            progress.update(task, description=f"Checking {strategy.name} on {pair}", completed=at * rows)
            p = resolve_parameters(strategy, pair, overrides)
            bars = _bars(strategy, store, source, pair, p, timerange)
            advance = partial(_advance, progress, task, at * rows, rows)
            results.append(check(strategy, bars, p, rows, seed, advance))
    return results


def _advance(progress: Any, task: Any, before: int, rows: int, done: int, of: int) -> None:
    """Rows are chosen without repetition, so there may be fewer than asked for."""
    progress.update(task, completed=before + rows * done / of)


def _bars(strategy: Strategy, store: Store, source: str, pair: str, p: Any, timerange: str | None) -> BarSet:
    """The bars of one instrument with their warm-up, and its tick."""
    from dataclasses import replace

    from holdfast.history.instruments import instrument
    from holdfast.history.names import parse_timerange
    from holdfast.strategies.bars import assemble

    start, end = parse_timerange(timerange)
    windows = strategy.higher_windows(p)
    bars = assemble(store, source, pair, strategy.timeframes(p), start, end, strategy.window(p), windows)
    spec = instrument(source, pair, bars.base.tail(1000))
    return replace(bars, tick_size=float(spec.tick_size), pip_size=float(spec.pip_size))


def _print_check(results: list[CheckResult]) -> None:
    rows = []
    for each in results:
        counts = (each.bars, each.starts, each.look_ahead_rows, each.recursion_rows, each.difference_count)
        verdict = "passed" if each.passed else "failed"
        rows.append((each.pair, verdict, *(f"{count:,}" for count in (*counts, len(each.near_ties)))))
    counted = ("bars#", "starts#", "compared#", "as live#", "different#", "near ties#")
    print_table("", ("instrument", "verdict", *counted), rows)
    heads = ("test", "instrument", "bar closed (UTC)", "column", "backtest", "computed again")
    for title, found in (
        ("Differences, the first of each kind", [d for each in results for d in each.differences]),
        ("Near ties, which are no failures", [d for each in results for d in each.near_ties][:10]),
    ):
        if found:
            cells = ((d.test, d.pair, d.time, d.column, d.backtest, d.again) for d in found)
            print_table(title, heads, cells)
