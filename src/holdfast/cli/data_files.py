"""Commands that bring market data to disk: import from files, download from venues."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli.data_options import (
    DataDir,
    Json,
    Pairs,
    Timeframes,
    Timerange,
    print_json,
    print_table,
    resolve_data_dir,
    split,
)

if TYPE_CHECKING:
    from holdfast.history.downloading import Downloaded
    from holdfast.history.importing import Imported


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("import-data")(import_data)
    app.command("download-data")(download_data)


def import_data(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, or folders of them: freqtrade, MetaTrader, CSV.")
    ],
    source: Annotated[
        str, typer.Option("--source", help="Source to file them under: <venue>_perp, <venue>_spot, mybroker.")
    ],
    data_dir: DataDir = None,
    pair: Annotated[
        str | None, typer.Option("--pair", "-p", help="Pair, where the file's name does not tell it.")
    ] = None,
    timeframe: Annotated[
        str | None, typer.Option("--timeframe", "-i", help="Timeframe, where nothing tells it.")
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(
            "--zone",
            help="Clock of times without an offset: an IANA zone, hours may be added. Default: America/New_York+7h "
            "(the usual server) for MetaTrader exports, UTC for the rest.",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", help="Names of a CSV's columns: time=Date,close=Last,volume=Qty."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let the new rows win over other ones on disk.")
    ] = False,
    json: Json = False,
) -> None:
    """Import bars (and freqtrade's funding and mark prices) into the data folder; broken files are refused whole."""
    from rich.console import Console
    from rich.progress import track

    from holdfast.history.importing import find_files, import_file

    files = [file for path in paths for file in find_files(path)]
    target, names = resolve_data_dir(data_dir), _mapping(columns)
    console = Console(stderr=True)
    done = [
        import_file(
            file, target, source, pair=pair, timeframe=timeframe, zone=zone, columns=names, replace=replace
        )
        for file in track(files, "Importing", console=console, disable=json, transient=True)
    ]
    if json:
        print_json([asdict(one) for one in done])
    else:
        _print_imported(done)


def _mapping(text: str | None) -> dict[str, str]:
    """`time=Date,close=Last` as a mapping."""
    from holdfast.errors import SettingsError

    found = {}
    for part in (text or "").split(","):
        ours, equals, theirs = part.partition("=")
        if part and not (equals and theirs):
            raise SettingsError(f"--columns has '{part}'.", "Write time=Date,close=Last.")
        if part:
            found[ours.strip()] = theirs.strip()
    return found


def _print_imported(done: list[Imported]) -> None:
    rows = [(d.path.name, d.kind, d.pair, d.timeframe, f"{d.rows:,}", f"{d.total:,}", d.target) for d in done]
    print_table("Imported", ("file", "kind", "pair", "timeframe", "rows#", "now#", "in"), rows)
    for one in done:
        for finding in one.report.warnings:
            typer.echo(f"warning: {one.path} {finding.text} {finding.ts}. {finding.mend}", err=True)


def download_data(
    source: Annotated[str, typer.Option("--source", help="Source to fill: <venue>_perp or <venue>_spot.")],
    pairs: Pairs = None,
    timeframes: Timeframes = None,
    timerange: Timerange = None,
    days: Annotated[int | None, typer.Option("--days", min=1, help="The last so many days.")] = None,
    venue: Annotated[
        str | None,
        typer.Option("--exchange", help="Name of the venue in ccxt, where it is not the source's."),
    ] = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Download closed bars (for perpetuals funding and mark prices too); what is on disk is not asked for again.

    Without --timerange and --days it goes on from the disk, or begins 30 days ago. Public data; no key is needed.
    """
    from holdfast.errors import SettingsError
    from holdfast.history.downloading import open_exchange
    from holdfast.history.layout import folder_of, venue_of

    if folder_of(source) != "crypto":
        raise SettingsError(
            f"{source} is no source that can be downloaded.", "Name it <venue>_perp or <venue>_spot."
        )
    if not split(pairs):
        raise SettingsError(
            "No pair to download is named.", "Name one with -p, for instance -p BTC/USDT:USDT."
        )
    exchange = open_exchange(venue or venue_of(source))
    span = _span(timerange, days, exchange.milliseconds())
    done = _download_all(
        exchange, resolve_data_dir(data_dir), source, split(pairs), split(timeframes) or ["1m"], span, json
    )
    if json:
        print_json([asdict(one) for one in done])
        return
    rows = [(d.pair, d.kind, d.timeframe, f"{d.fetched:,}", f"{d.total:,}", d.first, d.last) for d in done]
    print_table(
        f"{source} in {resolve_data_dir(data_dir)}",
        ("pair", "kind", "timeframe", "new#", "now#", "from", "to"),
        rows,
    )


def _span(timerange: str | None, days: int | None, now_ms: int) -> tuple[int | None, int | None]:
    from holdfast.errors import SettingsError
    from holdfast.history.names import DAY, parse_timerange

    if timerange and days:
        raise SettingsError("--timerange and --days both say when to begin.", "Give one of them.")
    return (now_ms * 1_000_000 - days * DAY, None) if days else parse_timerange(timerange)


def _download_all(
    exchange: Any, target: Path, source: str, pairs: list[str], timeframes: list[str],
    span: tuple[int | None, int | None], quiet: bool,
) -> list[Downloaded]:  # fmt: skip
    """Every pair and timeframe, with a line of progress each, on stderr."""
    from rich.console import Console
    from rich.progress import Progress

    from holdfast.history.downloading import download_bars, download_funding, download_mark
    from holdfast.history.names import asset_class_of, format_instant, parse_pair

    done: list[Downloaded | None] = []
    with Progress(
        "{task.description}", "{task.fields[state]}", console=Console(stderr=True), disable=quiet
    ) as progress:
        for text in pairs:
            pair = parse_pair(text).named(asset_class_of("crypto", source, parse_pair(text).symbol))
            task = progress.add_task(pair, total=None, state="")

            def tell(rows: int, reached: int, task: Any = task) -> None:
                progress.update(task, state=f"{rows:,} rows, at {format_instant(reached)} UTC")

            for timeframe in timeframes:
                done.append(download_bars(exchange, target, source, pair, timeframe, *span, tell))
            if pair.partition(":")[2]:
                done.append(download_funding(exchange, target, source, pair, *span, tell))
                done.append(download_mark(exchange, target, source, pair, *span, tell))
    return [one for one in done if one is not None]
