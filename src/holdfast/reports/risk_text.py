"""The rules of an account in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from holdfast.reports import risk_rows as rows
from holdfast.reports.risk_rows import Risk


def risk_block(risk: Risk) -> Group | None:
    """Phases, floors, restraints and a few sentences; None without a ruleset."""
    if not risk:
        return None
    parts: list[RenderableType] = [
        heading(f"Rules: {rows.title_of(risk)}"),
        plain(rows.PHASE_HEADS, rows.phase_rows(risk)),
        Text(""),
        *floors(risk),
    ]
    trips = rows.trip_rows(risk)
    if trips:
        parts += [Text(""), heading("Restraints"), plain(rows.TRIP_HEADS, trips)]
        if note := rows.trips_note(risk):
            parts.append(Text(note, style="dim"))
    parts += [Text(""), *(Text(sentence, style="dim") for sentence in rows.sentences(risk))]
    return Group(*parts)


def floors(risk: Risk) -> list[RenderableType]:
    """The floors: what `holdfast limits` shows."""
    return [heading("Limits"), plain(rows.FLOOR_HEADS, rows.floor_rows(risk))]


def heading(text: str) -> Text:
    """A title above a table."""
    return Text(text.upper() if ":" not in text else text, style="bold")


def plain(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> Table:
    """First column left, numbers right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for number, head in enumerate(heads):
        table.add_column(head, justify="left" if number == 0 else "right", no_wrap=True)
    for line in lines:
        table.add_row(*line)
    return table
