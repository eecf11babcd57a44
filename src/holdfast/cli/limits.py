"""`holdfast limits`: where each limit of an account stands."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from holdfast.cli.data_options import Json, print_json

Run = Annotated[
    str | None,
    typer.Argument(help="Name (or its beginning) or folder of a saved run; the newest if left out."),
]


TOLD = (
    "ruleset", "severity", "next_boundary", "evaluated", "triggered", "breaches", "breaches_by_own_action",
)  # fmt: skip


Account = Annotated[
    str | None,
    typer.Option("--account", help="Of this account instead of a saved run.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the command of this module to the application."""
    app.command("limits")(limits)


def limits(run: Run = None, account: Account = None, json: Json = False) -> None:
    """Show each limit: level, distance in money and percent, nearest approach, how often it was looked at.

    Of a saved run, or with --account of an account as its engine last made it durable.
    """
    from holdfast.errors import SettingsError

    if account is None:
        limits_of_run(run, json)
    elif run is not None:
        raise SettingsError("A run and an account were named.", "Leave out one of them.")
    else:
        limits_of_account(account, json)


def limits_of_run(run: str | None, json: bool) -> None:
    """Those of a saved backtest."""
    from holdfast.errors import SettingsError
    from holdfast.reports.risk_rows import sentences
    from holdfast.reports.runs import find_run, load_run

    folder = find_run(run)
    risk = load_run(folder).risk
    if not risk:
        raise SettingsError(
            f"The run {folder.name} was held to no ruleset.",
            "Run `holdfast backtest --ruleset …` first; `--account NAME` shows those of an account.",
        )
    risk = {**risk, "trips": [trip for trip in risk["trips"] if trip["until"] is None]}
    if json:
        print_json(limits_data({"run": folder.name}, risk))
    else:
        print_limits(risk, sentences(risk))


def limits_of_account(account: str, json: bool) -> None:
    """Those of an account that runs or has run."""
    from holdfast.cli.account_options import opened
    from holdfast.reports.risk_rows import looked
    from holdfast.reports.wording import count, moment
    from holdfast.wiring.account.limits import limits_of_account as limits_now

    name, view = opened(None, account)
    risk = limits_now(view, name)
    if json:
        print_json(limits_data({"account": name, "as_of": risk["as_of"]}, risk))
    else:
        as_of = f"As of {moment(risk['as_of'])} UTC; {count(risk['breaches'])} floors were breached."
        trips = [{**trip, "since": moment(trip["since"])} for trip in risk["trips"]]
        print_limits({**risk, "trips": trips}, [f"{looked(risk)}.", as_of])


def limits_data(whose: dict[str, Any], risk: Any) -> dict[str, Any]:
    """What `--json` prints."""
    floors = [{name: value for name, value in floor.items() if name != "line"} for floor in risk["floors"]]
    told = {name: risk[name] for name in TOLD if name in risk}
    return {**whose, **told, "limits": floors, "restraints": risk["trips"]}


def print_limits(risk: Any, said: list[str]) -> None:
    """The same for people."""
    from rich.console import Console
    from rich.text import Text

    from holdfast.reports import risk_rows, risk_text

    out = Console()
    out.print(Text(f"{risk_rows.title_of(risk)}\n", style="bold"))
    for part in risk_text.floors(risk):
        out.print(part)
    if risk["trips"]:
        out.print(
            Text("\nRESTRAINTS THAT HOLD", style="bold"),
            risk_text.plain(risk_rows.TRIP_HEADS, risk_rows.trip_rows(risk)),
        )
    out.print(Text(f"\nThe next day begins at {risk['next_boundary']} UTC.", style="dim"))
    for sentence in said:
        out.print(Text(sentence, style="dim"))
