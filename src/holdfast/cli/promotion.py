"""`holdfast promotion`: which pairs of an account may open trades, and on what evidence."""

from __future__ import annotations

from typing import Any

import typer

from holdfast.cli.account_options import Account, Home, opened, screen
from holdfast.cli.data_options import Json, print_json

HEADS = ("Pair", "Strategy", "May open", "Trades", "Net", "Profit factor", "Days", "Next start")


def register(app: typer.Typer) -> None:
    """Add the command of this module to the application."""
    app.command("promotion")(promotion)


def promotion(home: Home = None, account: Account = None, json: Json = False) -> None:
    """Show which pairs may open trades: each one's evidence, the last start's verdict, and what the next would say."""
    from holdfast.wiring.promotion.told import promotion_data

    name, view = opened(home, account)
    told = promotion_data(view, name)
    if json:
        print_json(told)
    else:
        print_promotion(told)


def print_promotion(told: dict[str, Any]) -> None:
    """The same for people. Numbers are those of the evidence as it is now."""
    from rich.text import Text

    from holdfast.reports.risk_text import plain
    from holdfast.wiring.account.promotion import name_of

    out = screen()
    if told["gate"] == "off":
        out.print(
            f"The settings of {told['account']} have no promotion gate any more: every pair may open trades."
        )
        return
    out.print(Text(evidence_text(told["evidence_now"]), style="bold"))
    out.print(plain(HEADS, [cells(pair) for pair in told["pairs"]]))
    for pair in told["pairs"]:
        out.print(Text(f"{name_of(pair)}: {reason_text(pair)}", style="red" if pair["forced"] else "dim"))


def evidence_text(evidence: dict[str, Any]) -> str:
    """What is asked, and as of when."""
    from holdfast.reports.wording import moment

    if evidence["trouble"]:
        return f"No evidence: {evidence['trouble']}"
    runs = "; its engine runs and may know more by now" if evidence["running"] else ""
    row = f"{evidence['row']:,}"
    return f"Evidence: {evidence['account']} as of {moment(evidence['as_of'])} UTC (row {row}){runs}."


def cells(pair: dict[str, Any]) -> tuple[str, ...]:
    """One pair."""
    from holdfast.reports.wording import count, percent, ratio

    record = pair["now"]["record"]
    return (
        pair["pair"], pair["strategy"], verdict(pair), count(record["trades"]), percent(record["net_share"], 2, True),
        ratio(record["profit_factor"]), f"{record['days']:.1f}", verdict(pair["now"]),
    )  # fmt: skip


def verdict(pair: dict[str, Any]) -> str:
    """A verdict in a word."""
    return "FORCED" if pair["forced"] else "yes" if pair["may_open"] else "no"


def reason_text(pair: dict[str, Any]) -> str:
    """Why, and why otherwise next time."""
    forced = "forced by the settings though not promoted: " if pair["forced"] else ""
    if pair["now"]["promoted"] == pair["promoted"]:
        return f"{forced}{pair['now']['reason']}."
    would = "would promote it" if pair["now"]["promoted"] else "would not promote it"
    return f"{forced}{pair['reason']} at the last start; the next {would}: {pair['now']['reason']}."
