"""What a person tells a running account: halt, resume, flatten, mode, reconcile, adopt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from holdfast.cli.account_options import Account, Home, chosen
from holdfast.cli.data_options import Json, print_json

Why = Annotated[str, typer.Option("--reason", "-m", help="Kept in the journal with your name.")]
Pair = Annotated[str | None, typer.Option("--pair", "-p", help="One instrument; left out: the account.")]
Key = Annotated[str | None, typer.Option("--key", help="Sent twice, it counts once. Default: a new one.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the application."""
    for verb in (halt, resume, flatten, mode, reconcile, adopt):
        app.command(verb.__name__)(verb)


def halt(
    pair: Pair = None,
    reason: Why = "",
    account: Account = None,
    home: Home = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Stop entries; positions stay managed and protected. The kill switch, until resume."""
    send("halt", home, account, pair, reason, key, json)


def resume(
    pair: Pair = None,
    reason: Why = "",
    account: Account = None,
    home: Home = None,
    acknowledge: Annotated[
        bool, typer.Option("--acknowledge", help="Accept the loss: own floors are measured anew from here.")
    ] = False,
    key: Key = None,
    json: Json = False,
) -> None:
    """Allow entries again, where what stopped them has ended."""
    send("resume", home, account, pair, reason, key, json, acknowledge=acknowledge)


def flatten(
    pair: Pair = None,
    reason: Why = "",
    account: Account = None,
    home: Home = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Withdraw entries and close positions; nothing new until resume."""
    send("flatten", home, account, pair, reason, key, json)


def mode(
    pair: Annotated[str, typer.Argument(help="Such as BTC/USDT:USDT.")],
    mode: Annotated[str, typer.Argument(help="normal, no-new or exit-only.")],
    reason: Why = "",
    account: Account = None,
    home: Home = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Set what one instrument may do."""
    send("mode", home, account, pair, reason, key, json, mode=mode)


def reconcile(
    account: Account = None, home: Home = None, reason: Why = "", key: Key = None, json: Json = False
) -> None:
    """Compare everything with the venue now, not with the next sweep."""
    send("reconcile", home, account, None, reason, key, json)


def adopt(
    pair: Annotated[str, typer.Argument(help="Whose found position is accepted.")],
    reason: Why = "",
    account: Account = None,
    home: Home = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Accept a position that was found and kept apart: it stays protected, and entries are allowed again."""
    send("adopt", home, account, pair, reason, key, json)


def send(
    verb: str,
    home: Path | None,
    account: str | None,
    pair: str | None,
    reason: str,
    key: str | None,
    json: bool,
    **more: Any,
) -> None:
    """One request to the engine of an account; its answer, and exit code 1 where it was not done."""
    import getpass
    import secrets
    import time

    from holdfast.runtime.door import ask

    _, folder = chosen(home, account)
    wish: dict[str, Any] = {
        "key": key or secrets.token_hex(8), "verb": verb, "who": getpass.getuser(), "why": reason,
        "sent_ns": time.time_ns(), "pair": pair or "", **more,
    }  # fmt: skip
    told = ask(folder, wish)
    if json:
        print_json(told)
    else:
        typer.echo(told["says"])
    if not told["done"]:
        raise typer.Exit(1)
