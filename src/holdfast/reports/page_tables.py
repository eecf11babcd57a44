"""The parts of the page that are plain HTML: key figures and tables."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from holdfast.reports import tables
from holdfast.reports.frames import instant, money
from holdfast.reports.legs import by_level
from holdfast.reports.metrics import Metrics
from holdfast.reports.result import RunResult
from holdfast.reports.rows import GAP, cost_rows, ledger_terms, ledger_verdict, summary_rows
from holdfast.reports.wording import NONE, amount, count, duration, moment, percent, ratio

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FULL_HEAT = 0.10  # a month of this share, or the largest of the run if smaller, has the full colour


def text(value: str) -> str:
    """Text made safe for HTML."""
    return html.escape(value)


def tone(value: float | None) -> str:
    """Class of a number by its sign; the sign is in the text as well."""
    return "" if not value else "up" if value > 0 else "down"


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    note: str = "",
    foot: Sequence[str] = (),
) -> str:
    """A table with caption and headers; the first cell of a row is its header. Cells are HTML already."""
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in heads)
    body = "".join(_row(cells) for cells in rows)
    tail = f"<tfoot>{_row(foot)}</tfoot>" if foot else ""
    said = f'<p class="note">{note}</p>' if note else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}"><table>'
        f"<caption>{text(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{tail}</table></div>{said}"
    )


def _row(cells: Sequence[str]) -> str:
    first, *others = cells
    return f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in others) + "</tr>"


def signed(value: float | None, words: str) -> str:
    """A number with the class of its sign."""
    return f'<span class="{tone(value)}">{text(words)}</span>' if tone(value) else text(words)


def header(run: RunResult, metrics: Metrics) -> str:
    """Name, instruments, time and how it ran."""
    frames = [str(run.config[name]) for name in ("timeframe", "detail") if run.config.get(name)]
    start, end = moment(instant(run.start)), moment(instant(run.end))
    facts = [
        f"{start} to {end} UTC ({amount(metrics.values['backtest_days'], 0)} days)",
        " with detail ".join(frames),
        f"{count(run.bars)} bars, {count(round(run.bars_per_second))} a second, {run.mode}",
    ]
    told = " · ".join(text(fact) for fact in facts if fact)
    pairs = f'<p class="pairs" title="{text(", ".join(run.instruments))}">{text(_few(run.instruments))}</p>'
    return f'<h1>{text(run.strategy)}</h1>{pairs}<p class="facts">{told}</p>'


def _few(names: Sequence[str], most: int = 8) -> str:
    listed = ", ".join(names[:most])
    return listed if len(names) <= most else f"{listed} and {len(names) - most} more"


def figures(run: RunResult, metrics: Metrics) -> str:
    """The eight numbers that a trader looks at first."""
    m, unit = metrics.values, run.currency
    profit = f"{amount(m['profit_total_abs'], 2, True)} {unit}"
    days = f"{percent(m['max_drawdown_intrabar_account'])} inside bars"
    outcome = f"{count(m['wins'])} won, {count(m['draws'])} draw, {count(m['losses'])} lost"
    tiles = [
        ("Total profit", percent(m["profit_total"], 2, True), profit, tone(m["profit_total"])),
        ("Final balance", amount(m["final_balance"]), f"{unit}, from {amount(m['starting_balance'])}", ""),
        ("Max drawdown", percent(m["max_drawdown_account"]), days, ""),
        (
            "Profit factor",
            ratio(m["profit_factor"]),
            f"expectancy {amount(m['expectancy'], 2, True)} {unit}",
            "",
        ),
        ("Trades", count(m["total_trades"]), f"{ratio(m['trades_per_day'])} a day", ""),
        ("Win rate", percent(m["winrate"], 1), outcome, ""),
        ("Sharpe / Sortino", f"{ratio(m['sharpe'])} / {ratio(m['sortino'])}", _ratio_note(metrics), ""),
        ("Costs", amount(m["costs_abs"]), f"{unit} in fees, funding, rollover, slippage", ""),
    ]
    return "".join(_tile(*tile) for tile in tiles)


def _ratio_note(metrics: Metrics) -> str:
    why = metrics.missing.get("sharpe")
    return why or f"daily equity, {metrics.values['trading_days_per_year']} days a year"


def _tile(name: str, value: str, note: str, kind: str) -> str:
    number = f'<dd class="value {kind}">{text(value)}</dd>'
    return f'<div class="tile"><dt>{text(name)}</dt>{number}<dd class="under">{text(note)}</dd></div>'


def limits(run: RunResult) -> str:
    """Each limit line and how near equity came to it inside bars."""
    if not run.limits:
        return ""
    lowest = run.equity["equity_low"].drop_nulls().min()
    low = float(lowest) if isinstance(lowest, int | float) else money(run.ledger.start)
    rows = [(text(name), amount(at), amount(low), _nearest(low, at)) for name, at in run.limits.items()]
    heads = ("Limit", f"At {run.currency}", "Lowest equity", "Distance")
    return table(
        "Limits",
        heads,
        rows,
        "Lowest equity is taken at the adverse extremes of all open positions together.",
    )


def _nearest(low: float, at: float) -> str:
    crossed = " (crossed)" if low < at else ""
    return signed(low - at, amount(low - at, 2, True) + crossed)


def months_table(run: RunResult) -> str:
    """Years down, months across: change of equity, coloured and signed."""
    frame = tables.months(run)
    moved = {row["month"]: row for row in frame.iter_rows(named=True)}
    if not moved:
        return '<p class="note">No month to show.</p>'
    shares = [abs(row["profit_equity"] or 0.0) for row in moved.values()]
    full = min(FULL_HEAT, max(shares)) or FULL_HEAT
    years = range(min(moved).year, max(moved).year + 1)
    rows = [
        [
            str(year),
            *(_heat(moved.get(date(year, number, 1)), full) for number in range(1, 13)),
            _year(moved, year),
        ]
        for year in years
    ]
    note = "Change of equity, open profit included. Hover or focus a month for its trades."
    return table("Monthly results", ("Year", *MONTHS, "Year total"), rows, note).replace(
        "<table>", '<table class="heat">'
    )


def _heat(row: dict[str, Any] | None, full: float) -> str:
    if row is None:
        return ""
    share = row["profit_equity"]
    strength = min(abs(share or 0.0) / full, 1.0) * 100
    closed = f"{count(row['trades'])} trades closed for {amount(row['profit_total_abs'], 2, True)}"
    told = text(f"{closed}, equity {amount(row['equity_end'])}")
    look = f'class="cell {tone(share)}" style="--heat:{strength:.0f}%" title="{told}"'
    return f'<span {look} tabindex="0">{percent(share, 1, True)}</span>'


def _year(moved: dict[date, dict[str, Any]], year: int) -> str:
    own = [row for month, row in sorted(moved.items()) if month.year == year and row["equity_start"]]
    share = own[-1]["equity_end"] / own[0]["equity_start"] - 1 if own else None
    return signed(share, percent(share, 1, True))


Cell = Callable[[dict[str, Any]], str]
RESULTS: dict[str, Cell] = {
    "Trades": lambda row: count(row["trades"]),
    "Profit": lambda row: signed(row["profit_total_abs"], amount(row["profit_total_abs"], 2, True)),
    "Profit %": lambda row: signed(row["profit_total"], percent(row["profit_total"], 2, True)),
    "PF": lambda row: ratio(row["profit_factor"]),
    "Mean R": lambda row: ratio(row["r_mean"]),
    "Held": lambda row: duration(row["holding_avg_s"]),
    "W / D / L": lambda row: " / ".join(count(row[name]) for name in ("wins", "draws", "losses")),
    "Win rate": lambda row: percent(row["winrate"], 1),
    "Best": lambda row: amount(row["best"], 2, True),
    "Worst": lambda row: amount(row["worst"], 2, True),
    "Fees": lambda row: amount(row["fees"]),
    "Funding": lambda row: amount(row["funding"], 2, True),
    "Rollover": lambda row: amount(row["rollover"], 2, True),
    "Slippage": lambda row: amount(row["slippage"]),
}


def results(run: RunResult) -> str:
    """The grouped tables: instrument, tag, exit reason, strategy, side, and grid legs by level."""
    names = {
        "pair": "By instrument",
        "tag": "By entry tag",
        "exit_reason": "By exit reason",
        "strategy": "By strategy",
        "side": "By side",
    }
    shown = [_results(run, by, name) for by, name in names.items()]
    return "".join(shown) + _levels(run) or '<p class="note">No trade was closed.</p>'


def _results(run: RunResult, by: str, name: str) -> str:
    frame = tables.grouped(run, by)
    if not frame.height:
        return ""
    rows = [
        (text(row["key"]), *(cell(row) for cell in RESULTS.values())) for row in frame.iter_rows(named=True)
    ]
    whole = tables.total(run).row(0, named=True)
    foot = ("Total", *(cell(whole) for cell in RESULTS.values())) if frame.height > 1 else ()
    return table(name, (name.removeprefix("By ").capitalize(), *RESULTS), rows, foot=foot)


def _levels(run: RunResult) -> str:
    frame = by_level(run)
    if not frame.height:
        return ""
    rows = [
        (str(row["level"]), count(row["legs"]), percent(row["winrate"], 1), amount(row["gross"], 2, True),
         amount(row["fees"]), signed(row["net"], amount(row["net"], 2, True)))
        for row in frame.iter_rows(named=True)
    ]  # fmt: skip
    note = "The tables above count whole cycles; a leg is one entry with the exits that closed it."
    return table("Grid legs by level", ("Level", "Legs", "Win rate", "Gross", "Fees", "Net"), rows, note)


GROUPS = ("Run", "Money and quality", "Best and worst", "Trades and time", "Drawdown")


def summary(run: RunResult, metrics: Metrics) -> str:
    """The summary metrics, a small table for each group."""
    groups: list[list[tuple[str, str]]] = [[]]
    for row in summary_rows(run, metrics):
        if row == GAP:
            groups.append([])
        else:
            groups[-1].append((text(row[0]), text(row[1])))
    blocks = zip(GROUPS, groups, strict=True)
    return "".join(f"<div>{table(name, ('Metric', 'Value'), rows)}</div>" for name, rows in blocks)


def costs(metrics: Metrics) -> str:
    """Costs one by one."""
    m = metrics.values
    share = [value / m["total_volume"] if m["total_volume"] else None for _, value in cost_rows(metrics)]
    rows = [
        (text(name), amount(value), percent(part, 4))
        for (name, value), part in zip(cost_rows(metrics), share, strict=True)
    ]
    note = "Positive is paid, negative received. Slippage is already in the prices."
    return table("Costs", ("Cost", m["stake_currency"], "Of volume"), rows[:-1], note, rows[-1])


def denials(run: RunResult) -> str:
    """How often each rule refused."""
    if not run.denials:
        return table("Denials", ("Reason", "Count"), [("none", "0")])
    ranked = sorted(run.denials.items(), key=lambda item: (-item[1], item[0]))
    rows = [(text(reason), count(number)) for reason, number in ranked]
    return table("Denials", ("Reason", "Count"), rows, "Refused by us, before anything was sent.")


def ledger(run: RunResult) -> str:
    """The identity line by line with its verdict."""
    *terms, (sign, name, value) = ledger_terms(run)
    rows = [(text(f"{s} {n}".strip()), amount(money(v), 8)) for s, n, v in terms]
    holds, verdict = ledger_verdict(run)
    mark = "✓" if holds else "✗"
    note = f'<span class="{"up" if holds else "down"}">{mark} {text(verdict)}</span>'
    return table("Ledger", ("Term", run.currency), rows, note, (f"{sign} {name}", amount(money(value), 8)))


def assumptions(run: RunResult) -> str:
    """Fall-backs and the settings of the run."""
    used = "".join(f"<li>{text(line)}</li>" for line in run.assumptions) or "<li>None was needed.</li>"
    facts = f"State digest {run.state_digest or NONE}, {count(run.events)} events, created {run.created}."
    return f"<ul>{used}</ul>{_config(run)}<p class='note'>{text(facts)}</p>"


def _config(run: RunResult) -> str:
    if not run.config:
        return ""
    cells = [(text(str(name)), text(_said(value))) for name, value in run.config.items()]
    rows = "".join(f"<tr><th scope='row'>{name}</th><td>{value}</td></tr>" for name, value in cells)
    listed = f"<div class='scroll'><table class='plain'><tbody>{rows}</tbody></table></div>"
    return f"<details><summary>Settings of the run</summary>{listed}</details>"


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_said(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_said(item) for item in value)
    return NONE if value is None else str(value)
