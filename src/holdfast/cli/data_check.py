"""The command that says whether market data can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from holdfast.cli.data_options import (
    DataDir,
    Json,
    Pairs,
    Source,
    Timeframes,
    chosen_series,
    open_store,
    print_json,
)

if TYPE_CHECKING:
    from holdfast.history.findings import QualityReport
    from holdfast.history.layout import Series
    from holdfast.history.store import Store


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
