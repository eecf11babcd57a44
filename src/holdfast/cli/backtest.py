"""`holdfast backtest`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.run_options import (
    Calendar,
    Config,
    Currency,
    DataDir,
    Detail,
    Fee,
    GuardOn,
    MaxOpen,
    Pairs,
    Phase,
    Ruleset,
    Set,
    Source,
    Stake,
    Strategies,
    StrategyPath,
    Timeframe,
    Timerange,
    Wallet,
    changes_of,
)

if TYPE_CHECKING:
    import polars as pl

    from holdfast.history.store import Store
    from holdfast.reports.result import RunResult


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("backtest")(backtest)
    app.command("backtesting", hidden=True)(backtest)


def backtest(
    strategy: Strategies = None,
    config: Config = None,
    data_dir: DataDir = None,
    source: Source = None,
    pairs: Pairs = None,
    timeframe: Timeframe = None,
    detail: Detail = None,
    timerange: Timerange = None,
    set_: Set = None,
    wallet: Wallet = None,
    currency: Currency = None,
    stake: Stake = None,
    max_open: MaxOpen = None,
    fee: Fee = None,
    ruleset: Ruleset = None,
    phase: Phase = None,
    guard: GuardOn = None,
    calendar: Calendar = None,
    strategy_path: StrategyPath = None,
    interpreted: Annotated[
        bool, typer.Option("--interpreted", help="Plain Python: slow, the same to the bit.")
    ] = False,
    digest_trace: Annotated[
        int, typer.Option("--digest-trace", min=0, help="A state digest every N events.")
    ] = 0,
    export: Annotated[
        Path | None, typer.Option("--export-trades", help="Write the trades: .csv, .json, .parquet.")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write the page with charts.")] = None,
    save: Annotated[bool, typer.Option("--save/--no-save", help="Keep the run for show-backtest.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print data alone, as JSON.")] = False,
) -> None:
    """Run strategies over history on one account, with costs, margin and the gate as live has them."""
    changes = changes_of(
        strategy, pairs, set_, guard, source=source, timeframe=timeframe, detail=detail, timerange=timerange,
        dry_run_wallet=wallet, currency=currency, stake_amount=stake, max_open_trades=max_open, fee=fee,
        ruleset=ruleset, phase=phase, calendar=calendar,
    )  # fmt: skip
    from holdfast.cli.places import data_folder
    from holdfast.settings.backtest import load_settings

    settings = load_settings(config, changes)
    result, bars = execute(data_folder(data_dir), settings, interpreted, digest_trace, strategy_path)
    finish(result, bars, save=save, export=export, html=html, json=json)


def execute(
    data_dir: Path,
    settings: Any,
    interpreted: bool = False,
    digest_trace: int = 0,
    strategy_path: Path | None = None,
) -> tuple[RunResult, Callable[[], dict[str, pl.DataFrame]]]:
    """Prepare and run with progress on stderr; the result, and how to read the bars that its charts show.

    What was prepared is let go here: reports and pages need the room."""
    from holdfast.history.store import Store
    from holdfast.wiring.backtest import Backtest

    with progress() as (say, tick):
        machine = Backtest(Store(data_dir), settings, say, tick, strategy_path)
        prepared = machine.prepare()
        result = machine.run(prepared, interpreted, digest_trace)
    pairs, interval = [c.pair for c in prepared.chosen], prepared.interval.split(", ")[0]
    return result, lambda: bars_of(machine.store, settings, interval, pairs)


@contextmanager
def progress() -> Iterator[tuple[Callable[[str], None], Callable[[str, int, int], None]]]:
    """Bars of progress on stderr, and a place to say something."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:>14}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True
    ) as shown:
        tasks: dict[str, Any] = {}

        def tick(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=of)
            shown.update(tasks[what], completed=done, total=of)

        yield console.print, tick


def bars_of(store: Store, settings: Any, interval: str, pairs: list[str]) -> dict[str, pl.DataFrame]:
    """Bars for the charts: of the planning timeframe."""
    from holdfast.history.names import parse_timerange

    span = parse_timerange(settings.timerange or None)
    return {pair: store.bars(settings.source, pair, interval, *span) for pair in pairs}


def finish(
    result: RunResult, bars: Callable[[], dict[str, pl.DataFrame]], *, save: bool, export: Path | None,
    html: Path | None, json: bool,
) -> None:  # fmt: skip
    """Show, keep and write what was asked for."""
    from holdfast.reports.summary import summary_json, to_json

    if json:
        typer.echo(to_json(summary_json(result)))
    else:
        from holdfast.reports.text import print_report

        print_report(result)
    loaded = bars() if save or html else {}
    if save:
        from holdfast.reports.runs import save_run

        where = save_run(result, bars=loaded)
        typer.echo(f"Saved as {where.name}; see it again with: holdfast show-backtest {where.name}", err=True)
    if export:
        from holdfast.reports.export import export_trades

        typer.echo(f"{export_trades(result, export)} trades written to {export}", err=True)
    if html:
        from holdfast.reports.charts import windows
        from holdfast.reports.page import write_page

        typer.echo(f"Page: {write_page(html, result, windows(result, loaded))}", err=True)
