"""A comparison and the list of saved runs as the terminal shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from holdfast.reports.compare import Comparison
from holdfast.reports.runs import SavedRun
from holdfast.reports.wording import NONE, amount, count, duration, moment, percent, price, ratio

SHARES = {
    "profit_total", "cagr", "winrate", "exposure_time", "max_drawdown_account", "max_drawdown_intrabar_account",
    "market_change",
}  # fmt: skip
LESS_IS_BETTER = ("drawdown", "losses", "_abs", "under_water", "liquidation")
BETTER_ANYWAY = ("profit_total_abs",)
NO_OPINION = (
    "starting_balance",
    "holding",
    "total_volume",
    "market_change",
    "total_trades",
    "per_day",
    "draws",
)


def comparison(found: Comparison, names: tuple[str, str]) -> Group:
    """Metrics side by side, what was set differently, and the first trade in which the runs part."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("Metric")
    for head in ("A", "B", "B - A"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, (one, other, change) in found.metrics.items():
        table.add_row(_title(name), _said(name, one), _said(name, other), _change(name, change))
    heads = Text(f"A  {names[0]}\nB  {names[1]}\n", style="bold")
    return Group(heads, table, Text(""), _settings(found), _parting(found))


def _title(name: str) -> str:
    return name.removesuffix("_s").replace("_", " ")


def _said(name: str, value: Any) -> str:
    if value is None:
        return NONE
    if name.endswith("_s"):
        return duration(value)
    if name in SHARES:
        return percent(value)
    return count(value) if isinstance(value, int) else ratio(value)


def _change(name: str, change: float | None) -> Text:
    if not change:
        return Text(NONE if change is None else "0", style="dim")
    sign = "+" if change > 0 else "-"
    return Text(f"{sign}{_said(name, abs(change))}", style=_colour(name, change))


def _colour(name: str, change: float) -> str:
    if any(part in name for part in NO_OPINION):
        return ""
    less = any(part in name for part in LESS_IS_BETTER) and name not in BETTER_ANYWAY
    return "green" if (change < 0) == less else "red"


def _settings(found: Comparison) -> Text:
    if not found.settings:
        return Text("Both were set alike.")
    text = Text("SET DIFFERENTLY", style="bold")
    for name, (one, other) in found.settings.items():
        text.append(f"\n{name}: {_short(one)} | {_short(other)}", "not bold")
    return text


def _short(value: Any, most: int = 60) -> str:
    said = NONE if value is None else str(value)
    return said if len(said) <= most else f"{said[: most - 1]}…"


def _parting(found: Comparison) -> Text:
    text = Text("\nFIRST DIFFERENT TRADE\n", style="bold")
    where = found.first_difference
    if where is None:
        same = " The final states are the same too." if found.same_state else ""
        return text.append(f"None: all closed trades agree.{same}", "not bold green")
    text.append(f"Number {where['number'] + 1} by time of closing", "not bold")
    for name, row in (("A", where["a"]), ("B", where["b"])):
        text.append(f"\n{name}  {_trade(row)}", "not bold")
    fields = ", ".join(where["fields"])
    return text.append("" if fields == "missing" else f"\nDiffers in {fields}.", "not bold")


def _trade(row: dict[str, Any] | None) -> str:
    if row is None:
        return "has no such trade"
    prices = f"{price(row['entry_price'])} to {price(row['exit_price'])}"
    times = f"{_time(row['opened'])} to {_time(row['closed'])}"
    return (
        f"{row['pair']} {row['side']} {times}, {prices}, {amount(row['pnl'], 2, True)}, {row['exit_reason']}"
    )


def _time(value: datetime | None) -> str:
    return moment(value)


def run_list(runs: Sequence[SavedRun]) -> Table:
    """One line for each saved run, newest first."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("Run", overflow="fold")
    for head in ("Trades", "Profit", "Drawdown", "PF", "Sharpe"):
        table.add_column(head, justify="right", no_wrap=True)
    for run in runs:
        m = run.summary
        fall = percent(m.get("max_drawdown_account"))
        profit = percent(m.get("profit_total"), 2, True)
        table.add_row(
            run.name,
            count(m.get("total_trades")),
            profit,
            fall,
            ratio(m.get("profit_factor")),
            ratio(m.get("sharpe")),
        )
    return table
