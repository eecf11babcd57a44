"""The block that a terminal shows after a run, readable at 80 to 120 columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdfast.reports import tables
from holdfast.reports.frames import instant, money, tidy
from holdfast.reports.legs import by_level
from holdfast.reports.metrics import Metrics, measure
from holdfast.reports.result import RunResult
from holdfast.reports.risk_text import risk_block
from holdfast.reports.rows import cost_rows, ledger_terms, ledger_verdict, summary_rows
from holdfast.reports.wording import NONE, amount, count, duration, moment, percent, ratio

MOST_ROWS = 40  # of one table; the rest is counted
MOST_MONTHS = 36


def print_report(result: RunResult, console: Console | None = None) -> None:
    """Print the whole block. Without a console it goes to stdout."""
    out = console or Console()
    out.print(report(result, out.width))


def report(result: RunResult, width: int = 100) -> Group:
    """The block as something rich can print into `width` columns."""
    run, metrics = tidy(result, "trades", "fills", "equity"), measure(result)
    parts: list[RenderableType | None] = [
        header(run),
        results_table(run, "pair", "Results by pair", width),
        results_table(run, "strategy", "Results by strategy", width) if "+" in run.strategy else None,
        results_table(run, "tag", "Results by entry tag", width)
        if run.trades["tag"].n_unique() > 1
        else None,
        results_table(run, "exit_reason", "Results by exit reason", width),
        levels_table(run),
        months_table(run),
        summary_table(run, metrics),
        costs_table(metrics),
        denials_table(run),
        risk_block(run.risk),
        ledger_line(run),
        assumptions_list(run),
    ]
    spaced = [item for part in parts if part is not None for item in (part, Text(""))]
    return Group(*spaced[:-1])


def header(run: RunResult) -> Text:
    """Strategy, pairs, time, mode, bars and speed, in a few lines."""
    frame = run.config.get("timeframe"), run.config.get("detail")
    times = " with detail ".join(str(part) for part in frame if part)
    loop = run.seconds.get("loop") or 0.0
    rows = [
        ("Strategy", f"{run.strategy}" + (f"  {times}" if times else "")),
        ("Pairs", ", ".join(run.instruments)),
        ("Time", f"{moment(instant(run.start))} to {moment(instant(run.end))} UTC"),
        ("Run", f"{run.mode}, {count(run.bars)} bars and {count(run.events)} events in {loop:.3g} s of loop"),
        ("Speed", f"{count(round(run.bars_per_second))} bars a second; {_seconds(run)}"),
        ("Memory", f"{amount(run.peak_memory_mb, 0)} MB at most; state {run.state_digest or NONE}"),
    ]
    text = Text("BACKTEST\n", style="bold")
    for name, value in rows:
        text.append(f"{name:<10}", style="dim").append(f"{value}\n", style="not bold")
    text.right_crop(1)
    return text


def _seconds(run: RunResult) -> str:
    return ", ".join(f"{name} {value:.2f} s" for name, value in run.seconds.items()) or "no times"


def _table(*columns: str) -> Table:
    """First column left, numbers right, no lines between rows, no cell broken."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right", no_wrap=True)
    return table


def _block(title: str, table: Table, note: str = "") -> Group:
    """A table under its heading, with a remark below it where one is needed."""
    return Group(Text(title.upper(), style="bold"), table, *([Text(note, style="dim")] if note else []))


def _tint(value: float | None) -> str:
    """Green above zero, red below; the sign is in the text too."""
    return "" if not value else "green" if value > 0 else "red"


@dataclass(frozen=True)
class _Column:
    """A column of the result tables; the highest `rank` leaves first where the terminal is narrow."""

    name: str
    cell: Callable[[dict[str, Any]], str]
    rank: int = 0


def _columns(currency: str) -> list[_Column]:
    return [
        _Column("Trades", lambda row: count(row["trades"])),
        _Column(f"Profit {currency}", lambda row: amount(row["profit_total_abs"], 2, True)),
        _Column("Profit", lambda row: percent(row["profit_total"], 2, True)),
        _Column("Mean R", lambda row: ratio(row["r_mean"]), rank=1),
        _Column("PF", lambda row: ratio(row["profit_factor"]), rank=4),
        _Column("Held", lambda row: duration(row["holding_avg_s"])),
        _Column("W/D/L", lambda row: f"{row['wins']}/{row['draws']}/{row['losses']}"),
        _Column("Win", lambda row: percent(row["winrate"], 1)),
        _Column("Fees", lambda row: amount(row["fees"]), rank=2),
        _Column("Carry", lambda row: amount(row["funding"] + row["rollover"], 2, True), rank=3),
    ]


def results_table(run: RunResult, by: str, title: str, width: int = 100) -> Group | None:
    """One row for each pair, tag …, and the total; None without closed trades. Carry: funding + rollover."""
    frame = tables.grouped(run, by)
    if not frame.height:
        return None
    rows = frame.head(MOST_ROWS).to_dicts()
    whole = tables.total(run).to_dicts()
    name = by.replace("_", " ").capitalize()
    shown = _fitting(_columns(run.currency), name, rows + whole, width)
    table = _table(name, *(column.name for column in shown))
    for row in rows + (whole if len(rows) > 1 else []):
        style = "bold" if row["key"] == "TOTAL" else ""
        tint = _tint(row["profit_total_abs"])
        cells = (Text(column.cell(row), tint if "Profit" in column.name else "") for column in shown)
        table.add_row(row["key"], *cells, style=style, end_section=row is rows[-1])
    more = frame.height - MOST_ROWS
    return _block(title, table, f"and {more} more; --json and the page show all" if more > 0 else "")


def _fitting(columns: list[_Column], first: str, rows: list[dict[str, Any]], width: int) -> list[_Column]:
    """The columns that fit beside the first one without breaking a cell."""
    key = max(len(text) for text in [first, *(row["key"] for row in rows)])
    needs = {
        column.name: 3 + max(len(column.name), *(len(column.cell(row)) for row in rows)) for column in columns
    }
    shown = list(columns)
    while key + 1 + sum(needs[column.name] for column in shown) > width and any(
        column.rank for column in shown
    ):
        shown.remove(max(shown, key=lambda column: column.rank))
    return shown


def levels_table(run: RunResult) -> Group | None:
    """Grid legs by level: what a cycle's single entries earned. None without grids."""
    frame = by_level(run)
    if not frame.height:
        return None
    table = _table("Level", "Legs", "Win", f"Gross {run.currency}", "Fees", "Net")
    for row in frame.iter_rows(named=True):
        net = Text(amount(row["net"], 2, True), _tint(row["net"]))
        cells = (
            count(row["legs"]),
            percent(row["winrate"], 1),
            amount(row["gross"], 2, True),
            amount(row["fees"]),
        )
        table.add_row(str(row["level"]), *cells, net)
    note = "Results above count whole cycles; a leg is one entry with the exits that closed it."
    return _block("Grid legs by level", table, note)


def months_table(run: RunResult) -> Group | None:
    """What each month did to equity; None for a run within one month."""
    frame = tables.months(run)
    if frame.height < 2:
        return None
    table = _table("Month", "Trades", f"Closed {run.currency}", f"Equity {run.currency}", "Change", "W/D/L")
    for row in frame.tail(MOST_MONTHS).iter_rows(named=True):
        moved = row["profit_equity"]
        table.add_row(
            f"{row['month']:%Y-%m}", count(row["trades"]), amount(row["profit_total_abs"], 2, True),
            amount(row["equity_end"]), Text(percent(moved, 2, True), _tint(moved)),
            f"{row['wins']}/{row['draws']}/{row['losses']}",
        )  # fmt: skip
    more = frame.height > MOST_MONTHS
    return _block(
        "Results by month", table, f"the last {MOST_MONTHS} of {frame.height} months" if more else ""
    )


def summary_table(run: RunResult, metrics: Metrics) -> Group:
    """The rows that freqtrade users look for, in their order."""
    table = _table("Metric", "Value")
    for name, value in summary_rows(run, metrics):
        if name:
            table.add_row(name, value)
        else:
            table.add_section()
    return _block("Summary metrics", table)


def costs_table(metrics: Metrics) -> Group:
    """Costs one by one, as money out, and as a share of what was traded."""
    m = metrics.values
    table = _table("Cost", str(m["stake_currency"]), "Of volume")
    for name, value in cost_rows(metrics):
        share = value / m["total_volume"] if m["total_volume"] else None
        table.add_row(name, amount(value), percent(share, 4), style="bold" if name == "Together" else "")
    return _block("Costs", table, "Positive is paid, negative received. Slippage is already in the prices.")


def denials_table(run: RunResult) -> Group | None:
    """How often each rule refused; None where none did."""
    if not run.denials:
        return None
    table = _table("Reason", "Count")
    for reason, number in sorted(run.denials.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(reason, count(number))
    return _block("Denials", table, "Refused by us, before anything was sent.")


def ledger_line(run: RunResult) -> Text:
    """The identity with its numbers, and whether it holds."""
    text = Text("LEDGER\n", style="bold")
    for sign, name, value in ledger_terms(run):
        text.append(
            f"{sign:>1} {name:<12}{amount(money(value), 8):>24}\n", "bold" if sign == "=" else "not bold"
        )
    holds, verdict = ledger_verdict(run)
    return text.append(verdict, "not bold green" if holds else "bold red")


def assumptions_list(run: RunResult) -> Text | None:
    """What was assumed where the data said nothing."""
    if not run.assumptions:
        return None
    text = Text("ASSUMPTIONS AND FALL-BACKS", style="bold")
    for line in run.assumptions:
        text.append(f"\n• {line}", style="not bold")
    return text
