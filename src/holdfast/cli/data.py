"""Commands about market data on disk: what there is, whether it can be trusted, what an instrument is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.cli import data_files
from holdfast.cli.data_options import (
    DataDir,
    Json,
    Pairs,
    Source,
    Timeframes,
    chosen_series,
    open_store,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from holdfast.history.findings import QualityReport
    from holdfast.history.instruments import InstrumentSpec
    from holdfast.history.layout import Series
    from holdfast.history.store import Store


def register(app: typer.Typer) -> None:
    """Add the commands of this module and of `data_files` to the application."""
    app.command("list-data")(list_data)
    app.command("check-data")(check_data)
    app.command("list-pairs")(list_pairs)
    app.command("list-timeframes")(list_timeframes)
    app.command("show-instrument")(show_instrument)
    data_files.register(app)


def list_data(
    data_dir: DataDir = None,
    source: Source = None,
    pairs: Pairs = None,
    timeframes: Timeframes = None,
    json: Json = False,
) -> None:
    """List the market data on disk: source, pair, timeframe, number of bars, first and last bar (UTC)."""
    store = open_store(data_dir)
    listed = [_described(store, series) for series in chosen_series(store, source, pairs, timeframes)]
    if json:
        print_json(listed)
        return
    columns = ("pair", "timeframe", "bars#", "from", "to", "beside it")
    for name in dict.fromkeys(d["source"] for d in listed):
        rows = [
            (d["pair"], d["timeframe"], f"{d['bars']:,}", d["from"], d["to"], ", ".join(d["beside"]))
            for d in listed
            if d["source"] == name
        ]
        print_table(name, columns, rows)


def _described(store: Store, series: Series) -> dict[str, Any]:
    from holdfast.history import layout
    from holdfast.history.names import format_instant

    first, last, bars = store.span(series)
    beside = []
    if series.asset_class == "perp":
        beside += ["funding"] * layout.funding_path(store.data_dir, series.source, series.symbol).exists()
        beside += ["mark"] * bool(layout.mark_paths(store.data_dir, series.source, series.symbol))
    return {
        "source": series.source,
        "pair": series.pair,
        "class": series.asset_class,
        "timeframe": series.timeframe.name,
        "bars": bars,
        "from": format_instant(first),
        "to": format_instant(last),
        "beside": beside,
        "files": [str(path) for path in series.paths],
    }


def check_data(
    data_dir: DataDir = None,
    source: Source = None,
    pairs: Pairs = None,
    timeframes: Timeframes = None,
    json: Json = False,
) -> None:
    """Check the quality of market data; exits with 1 where a file holds errors (warnings are for you to judge)."""
    from rich.console import Console
    from rich.progress import track

    store = open_store(data_dir)
    chosen = chosen_series(store, source, pairs, timeframes)
    files = [(s, path) for s in chosen for path in s.paths]
    console = Console(stderr=True)
    reports = [
        _checked(s, path)
        for s, path in track(files, "Checking", console=console, disable=json, transient=True)
    ]
    for instrument in {(s.source, s.pair) for s in chosen if s.asset_class == "perp"}:
        reports += _broken_beside(store, *instrument)
    if json:
        print_json([report.as_dict() for report in reports])
    else:
        _print_reports(reports)
    if any(report.errors for report in reports):
        raise typer.Exit(1)


def _checked(series: Series, path: Any) -> QualityReport:
    from holdfast.errors import DataError
    from holdfast.history.findings import Finding, QualityReport
    from holdfast.history.instruments import load_instruments
    from holdfast.history.layout import BARS
    from holdfast.history.parquet import read_range
    from holdfast.history.quality import check_bars
    from holdfast.history.sessions import usual_session

    spec = load_instruments().get((series.source, series.pair))
    session, zone = usual_session(series.pair)
    try:
        frame = read_range(path, BARS, (None, None), extra=("spread",))
    except DataError as error:
        text = error.problem.removeprefix(f"{path} ").rstrip(".")
        return QualityReport(str(path), 0, findings=(Finding("unreadable", "error", text, error.mend),))
    tick = float(spec.tick_size) if spec else None
    return check_bars(
        frame,
        str(path),
        series.timeframe,
        session=spec.session if spec else session,
        zone=zone,
        tick_size=tick,
    )


def _broken_beside(store: Store, source: str, pair: str) -> list[QualityReport]:
    """Reports on the funding and mark files of a perpetual that cannot be trusted."""
    from holdfast.errors import DataError
    from holdfast.history.findings import Finding, QualityReport

    reports = []
    for kind, read in (("funding", store.funding), ("mark prices", store.mark)):
        try:
            read(source, pair)
        except DataError as error:
            finding = Finding("beside", "error", f"cannot be used: {error.problem.rstrip('.')}", error.mend)
            reports.append(QualityReport(f"{kind} of {pair} at {source}", 0, findings=(finding,)))
    return reports


def _print_reports(reports: list[QualityReport]) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for report in reports:
        for finding in report.findings:
            colour = "red" if finding.severity == "error" else "yellow"
            place = f" {finding.ts}" if finding.ts else ""
            console.print(
                f"[{colour}]{finding.severity}[/] {report.where} {finding.text}{place}. [dim]{finding.mend}[/]"
            )
    bad = sum(bool(report.errors) for report in reports)
    rows = sum(report.rows for report in reports)
    noted = sum(bool(report.warnings) for report in reports)
    console.print(f"{len(reports)} files, {rows:,} bars: {bad} with errors, {noted} with warnings.")


def list_pairs(data_dir: DataDir = None, source: Source = None, json: Json = False) -> None:
    """List the pairs on disk, by source."""
    store = open_store(data_dir)
    found = {name: store.pairs(name) for name in ([source] if source else store.sources())}
    if json:
        print_json(found)
        return
    print_table(
        str(store.data_dir), ("source", "pairs"), [(name, "  ".join(pairs)) for name, pairs in found.items()]
    )


def list_timeframes(
    data_dir: DataDir = None, source: Source = None, pairs: Pairs = None, json: Json = False
) -> None:
    """List the timeframes that can be written; with --source those on disk of each of its pairs."""
    from holdfast.history.names import TIMEFRAMES

    if source is None and not pairs:
        names = {name: t.metatrader for name, t in TIMEFRAMES.items()}
        if json:
            print_json(names)
        else:
            print_table("Timeframes", ("timeframe", "MetaTrader"), names.items())
        return
    store = open_store(data_dir)
    found: dict[str, list[str]] = {}
    for series in sorted(chosen_series(store, source, pairs), key=lambda s: (s.pair, s.timeframe)):
        found.setdefault(series.pair, []).append(series.timeframe.name)
    if json:
        print_json(found)
        return
    rows = [(pair, "  ".join(names)) for pair, names in found.items()]
    print_table(f"{source} (coarser ones are resampled)", ("pair", "timeframes"), rows)


def show_instrument(
    pair: Annotated[str, typer.Argument(help="Pair, e.g. BTC/USDT:USDT or EURUSD.")],
    source: Annotated[str, typer.Option("--source", help="Source, e.g. binance_perp.")],
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Show what Holdfast takes an instrument to be: tick, step, fees, spread, margin, rollover, sessions."""
    from dataclasses import asdict

    spec = _spec(pair, source, data_dir)
    if json:
        print_json(asdict(spec))
        return
    rows = [
        (name.replace("_", " "), value)
        for name, value in asdict(spec).items()
        if name not in ("tiers", "inferred")
    ]
    print_table(f"{spec.pair} at {source}", ("fact", "value"), rows)
    columns = ("notional up to#", "to open#", "to keep#", "deduction#")
    tiers = [
        (f"{t.notional_max:,}", f"{t.initial_rate:%}", f"{t.maintenance_rate:%}", t.deduction)
        for t in spec.tiers
    ]
    print_table("Margin", columns, tiers)
    if spec.inferred:
        typer.echo(f"Not in the instrument file, inferred conservatively: {', '.join(spec.inferred)}.")


def _spec(pair: str, source: str, data_dir: Any) -> InstrumentSpec:
    """From the instrument file, else inferred from the bars on disk."""
    from holdfast.errors import SettingsError
    from holdfast.history.instruments import instrument, load_instruments
    from holdfast.history.layout import folder_of
    from holdfast.history.names import asset_class_of, parse_pair

    name = parse_pair(pair).named(asset_class_of(folder_of(source), source, parse_pair(pair).symbol))
    if (source, name) in load_instruments():
        return instrument(source, name)
    try:
        store = open_store(data_dir)
        sample = store.bars(source, pair, store.finest(source, pair).name)
    except SettingsError:
        return instrument(source, name)  # known at another source, or refused with the reason
    return instrument(source, name, sample)
