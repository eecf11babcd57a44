"""Options that the commands about strategies share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Own = Annotated[Path | None, typer.Option("--strategy-path", help="Folder with your own strategies.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="Parameter: NAME=VALUE, or PAIR.NAME=VALUE. May be repeated."),
]
