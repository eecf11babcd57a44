"""`holdfast status`, `positions`, `orders`, `trades`: an account as its engine last made it durable.

They read the projection beside the journal, never the journal itself, so they can be asked while the engine runs.
"""

from __future__ import annotations

import enum
from typing import Annotated, Any

import typer

from holdfast.cli.account_options import Account, Home, Limit, opened, print_rows, screen
from holdfast.cli.data_options import Json, print_json

RESTRAINT_HEADS = ("What restrains it", "On", "Severity", "Since (UTC)", "Until (UTC)", "Value", "Limit")
POSITION_HEADS = (
    "Pair", "Strategy", "Side", "Quantity", "Entry", "Price", "Profit", "Stop", "Unprotected", "Target", "Trade",
)  # fmt: skip
ORDER_HEADS = (
    "Order", "Pair", "Strategy", "Role", "Side", "Type", "Price", "Quantity", "Filled", "Status", "Created (UTC)",
)  # fmt: skip
TRADE_HEADS = (
    "Trade", "Pair", "Strategy", "Side", "Status", "Why", "Quantity", "Entry", "Exit", "Net", "R", "Opened (UTC)",
)  # fmt: skip


class Which(enum.StrEnum):
    """Trades that are shown."""

    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"


Chosen = Annotated[Which, typer.Argument(help="open, closed or all: also those that were never filled.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    app.command("status")(status)
    app.command("positions")(positions)
    app.command("orders")(orders)
    app.command("trades")(trades)


def status(home: Home = None, account: Account = None, json: Json = False) -> None:
    """Show where an account stands: equity, the day, what restrains it, what is held, and whether its engine runs."""
    from holdfast.wiring.account.status import status_data

    name, view = opened(home, account)
    told = status_data(view, name)
    if json:
        print_json(told)
    else:
        print_status(told)


def print_status(told: dict[str, Any]) -> None:
    """The same for people."""
    from rich.text import Text

    from holdfast.reports.risk_text import plain

    out = screen()
    for name, value, style in status_lines(told):
        out.print(Text(f"{name:<12}", style="dim").append(value, style=style or "not dim"))
    if told["restraints"]:
        out.print(plain(RESTRAINT_HEADS, [restraint_cells(row) for row in told["restraints"]]))


def status_lines(told: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, value and style of each line."""
    from holdfast.reports.wording import amount, duration, moment, percent
    from holdfast.wiring.account.promotion import short_text

    currency, day = told["currency"], told["day"]
    age = duration(told["last_event_age_s"])
    engine = f"runs ({told['holder']})" if told["running"] else "does not run"
    result = f"{amount(day['result'], 2, True)} {currency} ({percent(day['share'], 2, True)})"
    held = f"{told['positions']}" + (f", {told['unprotected']} NOT PROTECTED" if told["unprotected"] else "")
    tight = told["severity"] != "normal" or told["truth_unknown"]
    severity = told["severity"].replace("_", " ") + (
        ", its truth is doubted" if told["truth_unknown"] else ""
    )
    gate = told["promotion"]
    lines = [
        ("Account", f"{told['account']} in {told['folder']}", "bold"),
        ("Engine", engine, "" if told["running"] else "yellow"),
        ("Last event", f"{moment(told['last_event'])} UTC, written {age} ago (row {told['row']:,})", ""),
        ("Equity", f"{amount(told['equity'])} {currency}, balance {amount(told['balance'])}", "bold"),
        ("Day", f"{result} since {moment(day['since'])} UTC", ""),
        ("Severity", severity, "red" if tight else ""),
        ("Positions", held, "red" if told["unprotected"] else ""),
        ("Open risk", f"{amount(told['open_risk'])} {currency} at the stops", ""),
        ("Orders", f"{told['working_orders']} at work; entries today: {told['entries_today']}", ""),
    ]
    if gate is not None:
        strict = gate["gate"] == "on" and not gate["forced"]
        lines.append(("Promotion", short_text(gate), "" if strict else "red"))
    return lines


def restraint_cells(row: dict[str, Any]) -> tuple[str, ...]:
    """A restraint as cells."""
    from holdfast.reports.wording import moment, price

    latched = ", until a person resets it" if row["latched"] else ""
    severity = "kill switch" if row["severity"] == "flattening" else row["severity"].replace("_", " ")
    rule = " ".join(word for word in (row["rule"].replace("_", " "), row["which"]) if word)
    times = moment(row["since"]), moment(row["until"])
    return (rule, row["scope"], severity + latched, *times, price(row["value"]), price(row["limit"]))


def positions(home: Home = None, account: Account = None, json: Json = False) -> None:
    """Show what an account holds, and what stands at the venue to protect it."""
    from holdfast.reports.wording import amount, price
    from holdfast.wiring.account.rows import positions_data

    _, view = opened(home, account)
    found = positions_data(view)
    if json:
        print_json(found)
        return
    cells = (
        (
            p["pair"], p["strategy"], p["side"], price(p["quantity"]), price(p["entry_price"]), price(p["price"]),
            amount(p["profit"], 2, True), price(p["stop_price"]), bare_text(p),
            price(p["take_profit_price"]), str(p["trade"]),
        )
        for p in found
    )  # fmt: skip
    print_rows(POSITION_HEADS, cells, view, "Nothing is held.")


def bare_text(p: dict[str, Any]) -> str:
    """How much has no stop and for how long, and for how long something had none since the position was opened."""
    from holdfast.reports.wording import price

    ever = f"{p['unprotected_total_s']:.1f}s"
    if p["unprotected"]:
        return f"{price(p['unprotected'])} for {p['unprotected_s']:.1f}s, {ever} in all"
    return f"{ever} in all" if p["unprotected_total_s"] else "no"


def orders(
    home: Home = None,
    account: Account = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """Show orders at work, or the last ones whatever became of them; `holdfast why ORDER` tells the story of one."""
    from holdfast.reports.wording import moment, price
    from holdfast.wiring.account.rows import orders_data

    _, view = opened(home, account)
    found = orders_data(view, every, limit)
    if json:
        print_json(found)
        return
    cells = (
        (
            str(o["order"]), o["pair"], o["strategy"], o["role"], o["side"], o["type"], price(o["price"]),
            price(o["quantity"]), price(o["filled"]), order_status(o), moment(o["created"]),
        )
        for o in found
    )  # fmt: skip
    print_rows(ORDER_HEADS, cells, view, "No order is at work." if not every else "No order was ever placed.")


def order_status(o: dict[str, Any]) -> str:
    """Where an order stands, with what is on its way or why it was refused."""
    words = str(o["status"]).replace("_", " ")
    return words + (
        f", {o['pending']} on its way" if o["pending"] else f" ({o['refusal']})" if o["refusal"] else ""
    )


def trades(
    which: Chosen = Which.OPEN,
    home: Home = None,
    account: Account = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """Show trades: the open ones (armed ones too), the closed ones, or all."""
    from holdfast.reports.wording import amount, moment, price, ratio
    from holdfast.wiring.account.rows import trades_data

    _, view = opened(home, account)
    found = trades_data(view, which.value, limit)
    if json:
        print_json(found)
        return
    cells = (
        (
            str(t["trade"]), t["pair"], t["strategy"], t["side"], t["status"], str(t["reason"] or "").replace("_", " "),
            price(t["quantity"]), price(t["entry_price"]), price(t["exit_price"]), amount(t["net"], 2, True),
            ratio(t["r"]), moment(t["opened"] or t["armed"]),
        )
        for t in found
    )  # fmt: skip
    nothing = "No trade is open or armed." if which is Which.OPEN else "No trade was closed yet."
    print_rows(TRADE_HEADS, cells, view, nothing)
