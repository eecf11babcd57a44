"""Commands about strategies: list them, show one, write a new one, and prove that one can be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from holdfast.history.store import Store
    from holdfast.strategies.checking import CheckResult
    from holdfast.strategies.parameters import Overrides
    from holdfast.strategies.strategy import BarSet, Strategy

Name = Annotated[str, typer.Argument(help="Name of the strategy.")]
Own = Annotated[Path | None, typer.Option("--strategy-path", help="Folder with your own strategies.")]
Json = Annotated[bool, typer.Option("--json", help="Print data alone, as JSON.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="Parameter: NAME=VALUE, or PAIR.NAME=VALUE. May be repeated."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("list-strategies")(list_strategies)
    app.command("show-strategy")(show_strategy)
    app.command("new-strategy")(new_strategy)
    app.command("check-strategy")(check_strategy)


def list_strategies(strategy_path: Own = None, json: Json = False) -> None:
    """List all strategies: what each is, and which bars it reads."""
    from holdfast.strategies.catalogue import names

    rows = [_described(name, strategy_path) for name in names(strategy_path)]
    if json:
        _print_json(rows)
        return
    table = _table("name", "kind", "timeframes", "summary")
    for row in rows:
        table.add_row(row["name"], row["kind"], " ".join(row["timeframes"]), row["summary"])
    _print(table)


def _described(name: str, path: Path | None) -> dict[str, Any]:
    """One strategy by its defaults; one that cannot be loaded says why instead of hiding the others."""
    from holdfast.errors import HoldfastError
    from holdfast.strategies.catalogue import find

    try:
        strategy = find(name, path)
        p = {each.name: each.default for each in strategy.parameters}
        frames = strategy.timeframes(p)
        kind, bars = strategy.management(p).kind, [frames.base, *frames.higher]
        return {"name": name, "kind": kind, "timeframes": bars, "summary": strategy.summary, "error": None}
    except HoldfastError as error:
        return {"name": name, "kind": "broken", "timeframes": [], "summary": str(error), "error": str(error)}


def show_strategy(
    name: Name,
    pair: Annotated[
        str | None, typer.Option("-p", "--pair", help="Values as they hold for this pair.")
    ] = None,
    assignments: Set = None,
    strategy_path: Own = None,
    json: Json = False,
) -> None:
    """Show a strategy's parameters: unit, range, value, and where the value comes from."""
    from holdfast.strategies.catalogue import find
    from holdfast.strategies.parameters import parse_assignments, resolve_parameters

    strategy = find(name, strategy_path)
    p = resolve_parameters(strategy, pair or "", parse_assignments(assignments or []))
    rows = [_parameter_row(each, p[each.name], p.origins[each.name]) for each in strategy.parameters]
    window = {strategy.timeframes(p).base: strategy.window(p), **strategy.higher_windows(p)}
    if json:
        kind = strategy.management(p).kind
        _print_json({"name": name, "summary": strategy.summary, "kind": kind, "pair": pair,
                     "window": window, "parameters": rows, "shipped_for": sorted(strategy.per_pair)})  # fmt: skip
        return
    table = _table("parameter", "value", "range", "from", "meaning", unbroken=2)
    for row in rows:
        value = f"{_word(row['value'])} {row['unit']}"
        table.add_row(row["name"], value, row["range"], row["origin"], row["meaning"])
    _print(f"{name}: {strategy.summary}" + (f" ({pair})" if pair else ""), table)
    _print("Reads " + ", ".join(f"{count} bars of {timeframe}" for timeframe, count in window.items()) + ".")
    if strategy.per_pair and not pair:
        _print(f"Other values ship for {', '.join(sorted(strategy.per_pair))}: see them with -p.")


def _parameter_row(each: Any, value: Any, origin: str) -> dict[str, Any]:
    if each.choices:
        span = " | ".join(_word(choice) for choice in each.choices)
    elif isinstance(each.default, bool):
        span = "on | off"
    else:
        span = " … ".join("" if bound is None else f"{bound:g}" for bound in (each.low, each.high))
    return {
        "name": each.name, "value": value, "default": each.default, "unit": each.unit, "low": each.low,
        "high": each.high, "choices": list(each.choices), "range": span, "origin": origin, "meaning": each.doc,
    }  # fmt: skip


def new_strategy(
    name: Annotated[str, typer.Argument(help="Name of the new strategy: small letters, digits and _.")],
    strategy_path: Annotated[Path, typer.Option("--strategy-path", help="Folder to write it to.")] = Path(),
) -> None:
    """Write a commented strategy file that runs, to start from."""
    from holdfast.errors import SettingsError
    from holdfast.reports.files import write_file
    from holdfast.strategies.template import template

    text, file = template(name), strategy_path / f"{name}.py"
    if not strategy_path.is_dir():
        raise SettingsError(f"{strategy_path} is not a folder.", "Create it first.")
    if file.exists():
        raise SettingsError(f"{file} is there already.", "Choose another name.")

    def write(scratch: Path) -> None:
        scratch.write_text(text, encoding="utf-8")

    write_file(file, write, f"The strategy {name}")
    typer.echo(f"Wrote {file}. Try: holdfast show-strategy {name} --strategy-path {strategy_path}")


def check_strategy(
    name: Annotated[str, typer.Option("-s", "--strategy", help="Name of the strategy.")],
    data_dir: Annotated[
        Path, typer.Option("--data-dir", envvar="HOLDFAST_DATA_DIR", help="Folder of market data.")
    ],
    source: Annotated[str, typer.Option("--source", help="Folder of the data, for instance binance_perp.")],
    pairs: Annotated[
        list[str] | None, typer.Option("-p", "--pairs", help="Instruments; all of the source if left out.")
    ] = None,
    timeframe: Annotated[str | None, typer.Option("-i", "--timeframe", help="Bars of the strategy.")] = None,
    timerange: Annotated[
        str | None, typer.Option("--timerange", help="For instance 20240101-20250101.")
    ] = None,
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
    from holdfast.history.store import Store
    from holdfast.strategies.catalogue import find
    from holdfast.strategies.parameters import check_pairs, parse_assignments, with_timeframe

    strategy, store = find(name, strategy_path), Store(data_dir)
    chosen = pairs or store.pairs(source)
    overrides = with_timeframe(strategy, parse_assignments(assignments or []), timeframe)
    check_pairs(overrides, chosen)
    results = _checked(strategy, store, source, chosen, overrides, timerange, rows, seed)
    passed = all(result.passed for result in results)
    if json:
        _print_json({"strategy": name, "passed": passed, "results": [result.as_dict() for result in results]})
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
    table = _table(
        "instrument", "bars", "starts", "rows compared", "over the window", "differences", "near ties", ""
    )
    for each in results:
        compared = (each.bars, each.starts, each.look_ahead_rows, each.recursion_rows, each.difference_count)
        verdict = "[green]passed[/]" if each.passed else "[red]failed[/]"
        table.add_row(each.pair, *(f"{count:,}" for count in compared), str(len(each.near_ties)), verdict)
    _print(table)
    for title, found in (
        ("Differences", [d for each in results for d in each.differences]),
        ("Near ties (not counted as failures)", [d for each in results for d in each.near_ties][:10]),
    ):
        if found:
            listed = _table("test", "instrument", "bar closed (UTC)", "column", "backtest", "computed again")
            for d in found:
                listed.add_row(d.test, d.pair, d.time, d.column, d.backtest, d.again)
            _print(f"\n{title}:", listed)


def _table(*names: str, unbroken: int = 1) -> Any:
    """A table whose first columns are never wrapped."""
    from rich import box
    from rich.table import Table

    table = Table(*names, box=box.SIMPLE_HEAD)
    for at in range(unbroken):
        table.columns[at].no_wrap = True
    return table


def _print(*parts: Any) -> None:
    from rich.console import Console

    console = Console()
    for part in parts:
        console.print(part, highlight=False)


def _print_json(data: Any) -> None:
    import json

    typer.echo(json.dumps(data, indent=2))


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
