"""`holdfast limits`: where each limit of an account stands."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from holdfast.cli.data_options import Json, print_json

Run = Annotated[
    str | None,
    typer.Argument(help="Name (or its beginning) or folder of a saved run; the newest if left out."),
]


def register(app: typer.Typer) -> None:
    """Add the command of this module to the application."""
    app.command("limits")(limits)


def limits(run: Run = None, json: Json = False) -> None:
    """Show each limit: level, distance in money and percent, nearest approach, how often it was looked at."""
    from holdfast.errors import SettingsError
    from holdfast.reports.runs import find_run, load_run

    folder = find_run(run)
    risk = load_run(folder).risk
    if not risk:
        raise SettingsError(
            f"The run {folder.name} was held to no ruleset.", "Run `holdfast backtest --ruleset …` first."
        )
    if json:
        print_json(limits_data(folder.name, risk))
    else:
        print_limits(risk)


def limits_data(run: str, risk: Any) -> dict[str, Any]:
    """What `--json` prints."""
    floors = [{name: value for name, value in floor.items() if name != "line"} for floor in risk["floors"]]
    told = (
        "ruleset",
        "severity",
        "next_boundary",
        "evaluated",
        "triggered",
        "breaches",
        "breaches_by_own_action",
    )
    running = [trip for trip in risk["trips"] if trip["until"] is None]
    return {"run": run, **{name: risk[name] for name in told}, "limits": floors, "restraints": running}


def print_limits(risk: Any) -> None:
    """The same for people."""
    from rich.console import Console
    from rich.text import Text

    from holdfast.reports import risk_rows, risk_text

    out = Console()
    out.print(Text(f"{risk_rows.title_of(risk)}\n", style="bold"))
    for part in risk_text.floors(risk):
        out.print(part)
    held = {**risk, "trips": [trip for trip in risk["trips"] if trip["until"] is None]}
    if held["trips"]:
        out.print(
            Text("\nRESTRAINTS THAT HOLD", style="bold"),
            risk_text.plain(risk_rows.TRIP_HEADS, risk_rows.trip_rows(held)),
        )
    out.print(Text(f"\nThe next day begins at {risk['next_boundary']} UTC.", style="dim"))
    for sentence in risk_rows.sentences(risk):
        out.print(Text(sentence, style="dim"))
