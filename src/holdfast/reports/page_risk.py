"""The rules of an account on the page: tables, and the lines of its floors in the chart of equity."""

from __future__ import annotations

from typing import Any

from holdfast.reports import risk_rows as rows
from holdfast.reports.page_tables import table, text
from holdfast.reports.result import RunResult


def risk(run: RunResult) -> str:
    """Phases, floors and restraints; nothing for a run without a ruleset."""
    if not run.risk:
        return ""
    trips = rows.trip_rows(run.risk, len(run.risk["trips"]))
    parts = [
        table("Phases", rows.PHASE_HEADS, safe(rows.phase_rows(run.risk)), text(rows.title_of(run.risk))),
        table("Limits", rows.FLOOR_HEADS, safe(rows.floor_rows(run.risk)), said(run)),
    ]
    if trips:
        parts.append(table("Restraints", rows.TRIP_HEADS, safe(trips)))
    title = '<h2 id="risk-title">Rules of the account</h2>'
    return f'<section id="risk" aria-labelledby="risk-title">{title}{"".join(parts)}</section>'


def safe(lines: list[tuple[str, ...]]) -> list[list[str]]:
    """Cells made safe for HTML."""
    return [[text(cell) for cell in line] for line in lines]


def said(run: RunResult) -> str:
    """What happened, in words."""
    return " ".join(text(sentence) for sentence in rows.sentences(run.risk))


def floor_lines(run: RunResult) -> list[dict[str, Any]]:
    """Each floor over time, as seconds and levels; one limit of several phases is one line."""
    made: dict[str, dict[str, Any]] = {}
    for floor in run.risk.get("floors", ()):
        if floor["of"] != "account" or floor["observed"] == "floating":
            continue
        line = made.setdefault(floor["title"], {"name": floor["title"], "t": [], "v": []})
        line["t"] += [point[0] for point in floor["line"]]
        line["v"] += [round(point[1], 2) for point in floor["line"]]
    return list(made.values())
