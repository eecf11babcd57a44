"""Options and output that the commands about strategies share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

Own = Annotated[Path | None, typer.Option("--strategy-path", help="Folder with your own strategies.")]
Json = Annotated[bool, typer.Option("--json", help="Print data alone, as JSON.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="Parameter: NAME=VALUE, or PAIR.NAME=VALUE. May be repeated."),
]


def table(*names: str, unbroken: int = 1) -> Any:
    """A table whose first columns are never wrapped."""
    from rich import box
    from rich.table import Table

    made = Table(*names, box=box.SIMPLE_HEAD)
    for at in range(unbroken):
        made.columns[at].no_wrap = True
    return made


def print_parts(*parts: Any) -> None:
    from rich.console import Console

    console = Console()
    for part in parts:
        console.print(part, highlight=False)


def print_json(data: Any) -> None:
    import json

    typer.echo(json.dumps(data, indent=2))
