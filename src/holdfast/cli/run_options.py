"""Options of every command that runs strategies on an account, and the settings that they make."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

DATA_DIR = typer.Option(
    "-d",
    "--data-dir",
    "--datadir",
    envvar="HOLDFAST_DATA_DIR",
    help="Folder of market data. Default: ~/.holdfast/data.",
)
Strategies = Annotated[
    list[str] | None, typer.Option("-s", "--strategy", help="Repeatable: they share the account.")
]
Config = Annotated[
    str | None, typer.Option("-c", "--config", help="Settings file, or name of a shipped profile.")
]
DataDir = Annotated[Path | None, DATA_DIR]
Source = Annotated[
    str | None, typer.Option("--source", help="Folder within the data: binance_perp, oanda_mid …")
]
Pairs = Annotated[
    list[str] | None, typer.Option("-p", "--pairs", help="Repeatable; all of the source if left out.")
]
Timeframe = Annotated[str | None, typer.Option("-i", "--timeframe", help="Bars the strategy plans on.")]
Detail = Annotated[
    str | None, typer.Option("--detail", "--timeframe-detail", help="Finer bars that orders meet.")
]
Timerange = Annotated[
    str | None, typer.Option("--timerange", help="20250504-20250624, UTC, either side open.")
]
Set = Annotated[list[str] | None, typer.Option("--set", help="Parameter: ma_period=10, or BTC.ma_period=7.")]
Wallet = Annotated[float | None, typer.Option("--dry-run-wallet", help="Starting balance.")]
Currency = Annotated[str | None, typer.Option("--currency", help="Of the account.")]
Stake = Annotated[float | None, typer.Option("--stake-amount", help="Grid: fixed capital instead of equity.")]
MaxOpen = Annotated[int | None, typer.Option("--max-open-trades", help="Trades at once.")]
Fee = Annotated[float | None, typer.Option("--fee", help="One rate for maker and taker, as a share: 0.0005.")]
Ruleset = Annotated[
    str | None,
    typer.Option("--ruleset", help="Rules of a firm or of your own: the5ers.high_stakes.20k, or a file."),
]
Phase = Annotated[
    str | None, typer.Option("--phase", help="Phase of the ruleset to begin in; absent: the first.")
]
GuardOn = Annotated[
    bool | None, typer.Option("--guard/--no-guard", help="Our margins inside the firm's limits.")
]
Calendar = Annotated[
    str | None, typer.Option("--calendar", help="News of the ruleset's windows; none: do without.")
]
StrategyPath = Annotated[Path | None, typer.Option("--strategy-path", help="Folder of your own strategies.")]


def changes_of(
    strategy: list[str] | None,
    pairs: list[str] | None,
    set_: list[str] | None,
    guard: bool | None,
    **others: Any,
) -> dict[str, Any]:
    """What was typed, as changes to the settings of a run; None = not typed."""
    from holdfast.strategies.parameters import parse_assignments

    given = parse_assignments(set_ or [])
    return others | {
        "strategies": tuple(strategy) if strategy else None,
        "pairs": tuple(name for text in pairs for name in text.split(",") if name) if pairs else None,
        "guard": None if guard is None else ("on" if guard else "off"),
        "parameters": dict(given.everywhere) or None,
        "parameters_by_pair": {pair: dict(values) for pair, values in given.per_pair.items()} or None,
    }
