"""Commands about strategies: list them, show one, write a new one, and prove that one can be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from holdfast.cli.data_options import Json, print_json, print_table
from holdfast.cli.strategies_options import Own, Set
from holdfast.cli.strategy_check import check_strategy

Name = Annotated[str, typer.Argument(help="Name of the strategy.")]


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
        print_json(rows)
        return
    cells = ((row["name"], row["kind"], " ".join(row["timeframes"]), row["summary"]) for row in rows)
    print_table("", ("name", "kind", "timeframes", "summary"), cells)


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
        print_json({"name": name, "summary": strategy.summary, "kind": kind, "pair": pair,
                     "window": window, "parameters": rows, "shipped_for": sorted(strategy.per_pair)})  # fmt: skip
        return
    cells = (
        (row["name"], f"{_word(row['value'])} {row['unit']}", row["range"], row["origin"], row["meaning"])
        for row in rows
    )
    title = f"{name}: {strategy.summary}" + (f" ({pair})" if pair else "")
    print_table(title, ("parameter", "value", "range", "from", "meaning"), cells)
    typer.echo(
        "Reads " + ", ".join(f"{count} bars of {timeframe}" for timeframe, count in window.items()) + "."
    )
    if strategy.per_pair and not pair:
        typer.echo(f"Other values ship for {', '.join(sorted(strategy.per_pair))}: see them with -p.")


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


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
