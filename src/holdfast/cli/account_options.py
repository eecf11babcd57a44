"""Which account a command looks at, and what all of these commands share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.places import home

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.wiring.account.view import AccountView

Home = Annotated[
    Path | None,
    typer.Option(
        "--home", envvar="HOLDFAST_HOME", help="Where accounts are, else ~/.holdfast.", show_default=False
    ),
]
Account = Annotated[
    str | None,
    typer.Option("--account", help="Its name; main, or the only one, if left out.", show_default=False),
]
Limit = Annotated[int, typer.Option("--limit", min=1, help="At most so many.")]
NO_NAMES = (
    "Names are not known yet: ids, ticks and steps are shown. The next start of the account writes them."
)


def chosen(given: Path | None, account: str | None) -> tuple[str, Path]:
    """Name and folder of an account: HOME/accounts/NAME, or HOME itself where that is the folder of one."""
    from holdfast.errors import SettingsError, did_you_mean

    root = given or home()
    if account is None and (root / "head").exists():
        return root.name, root
    folder = root / "accounts"
    known = sorted(each.name for each in folder.glob("*") if (each / "head").exists())
    if not known:
        raise SettingsError(
            f"There is no account in {folder}.", "Start one, or name another place with --home."
        )
    name = account or ("main" if "main" in known else known[0])
    if account is None and name != "main" and len(known) > 1:
        raise SettingsError(
            f"There are {len(known)} accounts: {', '.join(known)}.", "Name one with --account."
        )
    if name not in known:
        raise SettingsError(f"There is no account {name} in {folder}.", did_you_mean(name, known))
    return name, folder / name


def opened(given: Path | None, account: str | None) -> tuple[str, AccountView]:
    """The account's projection, to be read."""
    from holdfast.wiring.account.view import AccountView

    name, folder = chosen(given, account)
    view = AccountView(folder)
    say_behind(view)
    return name, view


def say_behind(view: AccountView) -> None:
    """Beside the answer, not in it: what is shown is old."""
    import msgspec

    with suppress(OSError, msgspec.MsgspecError):  # what is wrong with the journal its next start says
        if behind := view.rows_behind():
            typer.echo(
                f"holdfast: The last {behind:,} rows of the journal are not in here: the engine ended before they "
                f"were. Start it again, or run `holdfast journal rebuild {view.folder}`.",
                err=True,
            )


def print_rows(heads: Sequence[str], rows: Iterable[Sequence[str]], view: AccountView, nothing: str) -> None:
    """A table without lines; a sentence where it would be empty, and one where units are not people's."""
    from rich.text import Text

    from holdfast.reports.risk_text import plain

    out = screen()
    lines = list(rows)
    if lines:
        out.print(plain(heads, lines))
    else:
        out.print(nothing, highlight=False)
    if view.unnamed:
        out.print(Text(NO_NAMES, style="dim"))


def screen() -> Console:
    """Where tables go; a pipe or a file has no width, so that nothing is cut there."""
    import sys

    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 200, highlight=False, soft_wrap=True)
