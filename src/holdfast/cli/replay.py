"""`holdfast replay`: a journal folded again, as it was or with other limits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from holdfast.cli.data_options import Json, print_json, print_table
from holdfast.cli.journal import Folder, counting
from holdfast.errors import SettingsError

Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="With another limit or size: risk.trade_count_max=2, risk.grid.leverage_max=3, risk.BTC.leverage=2. "
        "May be repeated.",
    ),
]

Compiled = Annotated[bool, typer.Option("--compiled", help="By the compiled core, as backtests run it.")]


def register(app: typer.Typer) -> None:
    """Add the command of this module to the application."""
    app.command("replay")(replay)


def replay(folder: Folder, set_: Set = None, compiled: Compiled = False, json: Json = False) -> None:
    """Fold a journal again from its first row: the core must decide as it did, byte for byte.

    With --set: what it would have decided with another limit. Exact until a decision differs, simulated from there.
    """
    if set_ and compiled:
        raise SettingsError("--compiled folds a journal as it was.", "Leave --set or --compiled away.")
    if set_:
        replay_changed(folder, set_, json)
    else:
        replay_same(folder, compiled, json)


def replay_same(folder: Path, compiled: bool, json: bool) -> None:
    """The journal as it was; exit code 1 where the core decides otherwise."""
    from holdfast.engine.engine import Engine
    from holdfast.journal.archive import replay as replay_journal
    from holdfast.journal.archive import replay_data
    from holdfast.journal.compiled import CompiledEngine

    if compiled:
        typer.echo("Compiling the core where it has not been: up to a minute.", err=True)
    folded = replay_journal(folder, CompiledEngine if compiled else Engine)
    if json:
        print_json(replay_data(folded))
    elif folded.difference is None:
        typer.echo(
            f"{folded.events:,} events led to the same {folded.commands:,} commands and to the same state "
            f"({folded.digest})."
        )
    else:
        typer.echo(folded.difference.sentence())
    if folded.difference is not None:
        raise typer.Exit(1)


def replay_changed(folder: Path, texts: list[str], json: bool) -> None:
    """The journal with other limits beside the journal as it was."""
    from holdfast.wiring.replay.changes import replay_with
    from holdfast.wiring.replay.text import told_lines
    from holdfast.wiring.replay.told import told_data

    with counting("Folding rows") as progress:
        data = told_data(replay_with(folder, texts, progress))
    if json:
        print_json(data)
        return
    for line in told_lines(data):
        typer.echo(line)
    if data["simulation"]:
        print_simulation(data)


def print_simulation(data: dict[str, Any]) -> None:
    """What did not happen, said to be so, beside what did."""
    from holdfast.wiring.replay.text import told_rows

    typer.echo(f"\nSIMULATED FROM HERE (row {data['simulation']['from_row']:,})")
    for sentence in data["simulation"]["assumptions"]:
        typer.echo(sentence)
    typer.echo("Both columns are of the whole account: the exact part is in each.")
    print_table("", (data["currency"] or "", "recorded#", "simulated#"), told_rows(data))
