"""`holdfast why`: why an order is there, or why a signal led to none."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from holdfast.cli.account_options import NO_NAMES, Account, Home, Limit, opened, print_rows
from holdfast.cli.data_options import Json, print_json

About = Annotated[
    str | None,
    typer.Argument(
        help="An order by number or by its name at the venue, or a signal such as s123; the last signals if left out.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command of this module to the application."""
    app.command("why")(why)


def why(
    about: About = None,
    home: Home = None,
    account: Account = None,
    every: Annotated[bool, typer.Option("--all", help="Also signals that nothing stopped.")] = False,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """Tell why: an order's signal, gate, requests and fills; or the gate that stopped a signal, and by how much."""
    from holdfast.wiring.account.why import signals_data, why_data

    _, view = opened(home, account)
    if about is None:
        found = signals_data(view, every, limit)
        print_json(found) if json else print_signals(found, view)
        return
    told = why_data(view, about)
    print_json(told) if json else print_story(told, view.unnamed)


def print_signals(found: list[dict[str, Any]], view: Any) -> None:
    """The last signals as a table."""
    from holdfast.reports.wording import moment
    from holdfast.wiring.account.rules import rule_text

    cells = (
        (
            s["signal"], moment(s["time"]), s["pair"], s["strategy"], s["wants"], s["outcome"],
            rule_text(s["stopped_by"]) if s["stopped_by"] else "", str(s["trade"] or ""),
        )
        for s in found
    )  # fmt: skip
    heads = ("Signal", "Time (UTC)", "Pair", "Strategy", "Wants", "Outcome", "Stopped by", "Trade")
    print_rows(heads, cells, view, "Nothing stopped a signal. `holdfast why --all` lists the others.")


def print_story(told: dict[str, Any], unnamed: bool) -> None:
    """A story, one line for each step, with the journal's row that it is from."""
    from rich.console import Console
    from rich.text import Text

    from holdfast.reports.wording import moment

    out = Console(highlight=False, soft_wrap=True)
    out.print(Text(headline(told), style="bold"))
    for step in told["story"]:
        when = moment(step["time"]) if step["time"] else ""
        out.print(Text(f"{step['row']:>9,}  {when:<16}  ", style="dim").append(step["what"], style="not dim"))
    if told.get("orders"):
        numbers = ", ".join(str(number) for number in told["orders"])
        out.print(f"Orders of its trade since: {numbers}. `holdfast why ORDER` tells each story.")
    if unnamed:
        out.print(Text(NO_NAMES, style="dim"))


def headline(told: dict[str, Any]) -> str:
    """What a story is about, and how it ended."""
    order, trade = told.get("order"), told.get("trade")
    ending = ""
    if trade is not None:
        result = f", {trade['net']:+,.2f} net" if trade["status"] == "closed" else ""
        ending = f"; trade {trade['trade']} is {trade['status']}{result}"
    if order is not None:
        return f"Order {order['order']} ({order['role']}, {order['side']} {order['pair']}): {order['status']}{ending}."
    return f"Signal {told['signal']} ({told['strategy']} on {told['pair']}): {told['outcome']}{ending}."
