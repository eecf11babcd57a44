"""One self-contained HTML page of a run: figures, curves, tables, and candles of any trade. It works offline.

The chart library is inlined once; a content policy in the page forbids every request, so that nothing can be
loaded from anywhere. Bars around the trades come from the run's data or from what was saved with it.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import polars as pl

from holdfast.reports import page_tables as parts
from holdfast.reports.charts import WINDOWS, windows
from holdfast.reports.files import write_file
from holdfast.reports.frames import tidy
from holdfast.reports.metrics import measure
from holdfast.reports.page_data import LISTED, page_data
from holdfast.reports.page_risk import risk
from holdfast.reports.result import RunResult
from holdfast.reports.summary import to_json


def page(result: RunResult, bars: Mapping[str, pl.DataFrame] | None = None) -> str:
    """The page as text. bars: pair -> frame (ts of opening, open, high, low, close); none = no trade charts."""
    return page_with(result, windows(result, bars or {}))


def page_with(result: RunResult, cut: pl.DataFrame | None) -> str:
    """The page from bars that were cut around the trades before (`charts.windows`)."""
    run, metrics = tidy(result), measure(result)
    cut = cut if cut is not None else pl.DataFrame(schema=WINDOWS)
    filled = {
        "TITLE": html.escape(f"{run.strategy}: backtest"),
        "CSS": _asset("page.css"),
        "HEADER": parts.header(run, metrics),
        "FIGURES": parts.figures(run, metrics),
        "LIMITS": parts.limits(run),
        "RISK": risk(run),
        "MONTHS": parts.months_table(run),
        "RESULTS": parts.results(run),
        "SUMMARY": parts.summary(run, metrics),
        "COSTS": parts.costs(metrics),
        "DENIALS": parts.denials(run),
        "LEDGER": parts.ledger(run),
        "ASSUMPTIONS": parts.assumptions(run),
        "TRADES_NOTE": html.escape(_trades_note(run, cut)),
        "DATA": to_json(page_data(run, cut), indent=None).replace("<", "\\u003c"),
        "PLOTLY": _plotly(),
        "SCRIPT": _asset("page.js"),
    }
    return _filled(_asset("page.html"), filled)


def write_page(target: Path, result: RunResult, cut: pl.DataFrame | None) -> Path:
    """Write the page to a file, whole or not at all."""
    text = page_with(result, cut)
    return write_file(target, lambda scratch: _write(scratch, text), "The page")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _asset(name: str) -> str:
    return (files("holdfast.reports") / "assets" / name).read_text(encoding="utf-8")


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Put each value at its mark; the marks are split off first, so that no value is searched for marks."""
    pieces = template.split("%%")
    return "".join(values[piece] if number % 2 else piece for number, piece in enumerate(pieces))


def _trades_note(run: RunResult, cut: pl.DataFrame) -> str:
    """Which trades are listed and which have a chart, where it is not all of them."""
    trades, charts = run.trades.drop_nulls("opened").height, cut["trade_id"].n_unique()
    said = []
    if trades > LISTED:
        said.append(f"The list shows the {LISTED:,} most relevant of {trades:,} trades.")
    if trades and not charts:
        said.append("The bars were not at hand, so the trades have no charts.")
    elif charts < trades:
        said.append(
            f"Charts are kept for {charts:,} of {trades:,} trades: liquidations and the largest results."
        )
    return " ".join(said)
