"""Commands about market data: registers all of them, and lists what there is on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from holdfast.cli import data_check, data_files, data_instrument
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
    from holdfast.history.layout import Series
    from holdfast.history.store import Store


def register(app: typer.Typer) -> None:
    """Add every command about market data to the application."""
    app.command("list-data")(list_data)
    app.command("check-data")(data_check.check_data)
    app.command("list-pairs")(list_pairs)
    app.command("list-timeframes")(list_timeframes)
    app.command("show-instrument")(data_instrument.show_instrument)
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
