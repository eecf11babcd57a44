"""A journal folded with other limits, as lines and a table for people."""

from __future__ import annotations

from typing import Any

from holdfast.reports.wording import amount, count, moment
from holdfast.wiring.replay.told import MONEY

NO_RULE = "No rule of the gate spoke: what is asked of the venue follows from the changed setting."
LINES = (
    ("trades closed", "closed"), ("fills", "fills"), ("profit before costs", "realized_pnl"),
    ("fees", "fees"), ("funding", "funding"), ("rollover", "rollover"), ("balance", "balance"),
    ("equity", "equity"), ("max drawdown", "drawdown"), ("positions open", "open_trades"),
    ("orders at work", "working_orders"), ("entries refused", "denied"),
)  # fmt: skip


def told_lines(data: dict[str, Any]) -> list[str]:
    """Everything but the figures."""
    lines = [change_text(each) for each in data["changes"]]
    events, d = count(data["events"]), data["difference"]
    if d is None:
        return [*lines, f"All {events} events are exact: they led to the commands that are recorded."]
    return [
        *lines,
        f"{count(data['exact_events'])} of {events} events are exact: all of it would have happened as recorded.",
        f"First difference: row {count(d['row'])}, {moment(d['time'])}. {d['what']}",
        *(f"  recorded: {each}" for each in d["recorded"] or ["nothing"]),
        *(f"  instead:  {each}" for each in d["changed"] or ["nothing"]),
        *(f"  {each}" for each in d["gate"] or [NO_RULE]),
    ]


def change_text(change: dict[str, Any]) -> str:
    """One setting in words."""
    then, now = (
        each if isinstance(each, str) else f"{each:g}" for each in (change["recorded"], change["changed"])
    )
    what = ", base of its capital" if change["setting"] == "base" else ""
    values = f"{now}, as recorded" if now == then else f"{now} instead of {then}"
    return f"{change['key']} ({change['of']}{what}): {values}."


def told_rows(data: dict[str, Any]) -> list[tuple[str, ...]]:
    """Figures side by side."""
    mine, other = data["recorded"], data["simulation"]
    made: list[tuple[str, ...]] = []
    for title, name in LINES:
        words = [amount(each[name]) if name in MONEY else count(each[name]) for each in (mine, other)]
        made.append((title, *words))
    for rule in sorted({*mine["denials"], *other["denials"]}):
        counts = (count(each["denials"].get(rule, 0)) for each in (mine, other))
        made.append((f"  for {rule.replace('_', ' ')}", *counts))
    return made
