"""Commands that read saved backtests: show, list, compare, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from holdfast.reports.result import RunResult

Run = Annotated[
    str | None,
    typer.Argument(help="Name (or its beginning) or folder of a saved run; the newest if left out."),
]
Json = Annotated[bool, typer.Option("--json", help="Print data alone, as JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("show-backtest")(show_backtest)
    app.command("list-backtests")(list_backtests)
    app.command("compare-backtests")(compare_backtests)
    app.command("export-trades")(export_trades)


def show_backtest(
    run: Run = None,
    json: Json = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write the page to this file.")] = None,
    open: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Show a saved backtest: the summary block, its JSON, or the page with charts."""
    from holdfast.reports.runs import find_run, load_run

    folder = find_run(run)
    result = load_run(folder)
    if html or open:
        _write_page(folder, result, html, open)
    if json:
        _print_json(result)
    elif not html and not open:
        from holdfast.reports.text import print_report

        print_report(result)


def _print_json(result: RunResult) -> None:
    from holdfast.reports.summary import summary_json, to_json

    typer.echo(to_json(summary_json(result)))


def _write_page(folder: Path, result: RunResult, target: Path | None, browse: bool) -> None:
    """Write the page (into the run's own folder unless a file is named) and say where it is, on stderr."""
    from rich.console import Console

    from holdfast.reports.page import write_page
    from holdfast.reports.runs import load_charts

    console = Console(stderr=True)
    with console.status("Drawing the page"):
        written = write_page(target or folder / "report.html", result, load_charts(folder))
    console.print(f"Page: {written}", highlight=False, soft_wrap=True)
    if browse:
        import webbrowser

        webbrowser.open(written.resolve().as_uri())


def list_backtests(json: Json = False) -> None:
    """List the saved backtests, newest first."""
    from holdfast.reports.runs import list_runs, results_folder

    runs = list_runs()
    if json:
        from holdfast.reports.summary import to_json

        listed = [{"name": run.name, "path": str(run.path)} | dict(run.summary) for run in runs]
        typer.echo(to_json(listed))
    elif runs:
        from rich.console import Console

        from holdfast.reports.compare_text import run_list

        Console().print(run_list(runs))
    else:
        typer.echo(f"No run is saved in {results_folder()}. Run `holdfast backtest` first.")


def compare_backtests(
    a: Annotated[str, typer.Argument(help="The first run.")],
    b: Annotated[str, typer.Argument(help="The second run.")],
    json: Json = False,
) -> None:
    """Compare two saved backtests: metrics, settings, and the first trade in which they part."""
    from holdfast.reports.compare import compare
    from holdfast.reports.runs import find_run, load_run

    folders = find_run(a), find_run(b)
    found = compare(load_run(folders[0]), load_run(folders[1]))
    if json:
        from dataclasses import asdict

        from holdfast.reports.summary import to_json

        typer.echo(to_json({"a": folders[0].name, "b": folders[1].name} | asdict(found)))
    else:
        from rich.console import Console

        from holdfast.reports.compare_text import comparison

        Console().print(comparison(found, (folders[0].name, folders[1].name)))


def export_trades(
    file: Annotated[Path, typer.Argument(help="File to write; .csv, .json or .parquet says the format.")],
    run: Annotated[str | None, typer.Option("--run", help="The saved run; the newest if left out.")] = None,
    table: Annotated[
        str, typer.Option("--table", help="trades, legs, fills, orders, notes or equity.")
    ] = "trades",
) -> None:
    """Export the trades (or another table) of a saved backtest to a file."""
    from holdfast.reports.export import export_trades as export
    from holdfast.reports.runs import load_run

    rows = export(load_run(run), file, table)
    typer.echo(f"{rows:,} rows of {table} written to {file}.", err=True)
