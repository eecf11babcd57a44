"""Options that all commands about market data share, and what they mean."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from holdfast.history.layout import Series
    from holdfast.history.store import Store

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        "--datadir",
        "-d",
        envvar="HOLDFAST_DATA_DIR",
        help="Folder of market data.",
        show_default=False,
    ),
]
Source = Annotated[
    str | None, typer.Option("--source", help="Source: a folder of the data, e.g. binance_perp or oanda_mid.")
]
Pairs = Annotated[
    list[str] | None,
    typer.Option(
        "--pairs", "-p", help="Pair, e.g. BTC/USDT:USDT or EURUSD; repeat it or separate by commas."
    ),
]
Timeframes = Annotated[
    list[str] | None,
    typer.Option(
        "--timeframes", "--timeframe", "-i", help="Timeframe, e.g. 1h or H1; repeat or separate by commas."
    ),
]
Timerange = Annotated[
    str | None,
    typer.Option("--timerange", help="20250504-20250624, 20250504- or -20250624, UTC; the end is outside."),
]
Json = Annotated[bool, typer.Option("--json", help="Print data alone, as JSON.")]


def resolve_data_dir(option: Path | None) -> Path:
    """The folder given by option or HOLDFAST_DATA_DIR, else `data` in HOLDFAST_HOME (default ~/.holdfast)."""
    return option or Path(os.environ.get("HOLDFAST_HOME") or Path.home() / ".holdfast") / "data"


def open_store(option: Path | None) -> Store:
    """The data folder."""
    from holdfast.history.store import Store

    return Store(resolve_data_dir(option))


def split(words: list[str] | None) -> list[str]:
    """`-p A -p B,C` as A, B, C."""
    return [part for word in words or [] for part in word.replace(",", " ").split()]


def chosen_series(
    store: Store, source: str | None, pairs: list[str] | None, timeframes: list[str] | None = None
) -> list[Series]:
    """The series on disk that the options name; raises SettingsError for a name that is not there."""
    from holdfast.errors import SettingsError
    from holdfast.history.names import parse_timeframe

    sources = [source] if source else store.sources()
    if pairs and source is None:
        raise SettingsError(
            "A pair alone does not say where to look.", "Name its --source too; list-data shows them."
        )
    asked: list[str | None] = [*split(pairs)] or [None]
    found = [s for name in sources for pair in asked for s in store.series(name, pair)]
    wanted = {parse_timeframe(word) for word in split(timeframes)}
    return [s for s in found if not wanted or s.timeframe in wanted]


def print_json(data: Any) -> None:
    """Data alone on stdout."""
    import json

    typer.echo(json.dumps(data, indent=2, default=str))


def print_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """A table for people; columns that end in '#' hold numbers."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(
            column.rstrip("#"), justify="right" if column.endswith("#") else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    # A pipe or a file has no width: nothing is wrapped there that a later grep could miss.
    Console(width=None if sys.stdout.isatty() else 200).print(table)
