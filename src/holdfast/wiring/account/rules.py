"""Which rule stopped something and by how much, in people's units, from a note as the projection has it."""

from __future__ import annotations

from typing import Any

from holdfast.journal.words import RULES, SCOPES
from holdfast.model.enums import Denial, Drop, NoteKind, Rule
from holdfast.model.units import RATE, SECOND
from holdfast.reports.wording import amount, count, duration, price
from holdfast.wiring.account.names import Names, Row
from holdfast.wiring.account.promotion import reason_before
from holdfast.wiring.account.view import instant
from holdfast.wiring.note_units import JUDGED, Unit, unit_of

EPOCH = 1_000_000_000 * SECOND  # seconds as large as this are an instant, not a length of time
UNIT_WORDS = {Unit.PRICE: "price", Unit.QUANTITY: "quantity", Unit.SECONDS: "seconds"}


def measured(view: Names, note: Row) -> dict[str, Any]:
    """Rule, value, limit and the distance between them; `unit` says of what."""
    kind = NoteKind[note["kind"].upper()]
    reason = number_of(kind, note["reason"])
    unit = unit_of(kind, reason, note.get("quantity", 0), note["value"], note["bound"])
    told: dict[str, Any] = {
        "rule": note["reason"],
        "unit": unit_word(view, unit),
        "value": None,
        "limit": None,
    }
    if kind not in JUDGED and unit == Unit.NUMBER:
        return told | {"by": None}
    value, limit = (sized(view, note["instrument_id"], unit, note[name]) for name in ("value", "bound"))
    if kind == NoteKind.DENIED and reason == Denial.SEVERITY:
        held = f"{SCOPES.get(note['bound'], '')} held back by {RULES.get(note['value'], '')}"
        if note["value"] == Rule.PROMOTION:
            why = reason_before(view, note["mandate_id"], note["seq"])
            held += f" gate ({why})" if why else " gate"
        return told | {"value": held, "limit": None, "by": None}
    if kind == NoteKind.DENIED and reason == Denial.OWNER:
        return told | {"value": view.strategy(note["value"]), "limit": None, "by": None}
    if unit == Unit.SECONDS and note["value"] >= EPOCH:
        instants = {"value": instant(note["value"]), "limit": instant(note["bound"])}
        return told | instants | {"by": (note["value"] - note["bound"]) / SECOND}
    return told | {"value": value, "limit": limit, "by": round(value - limit, 10)}


def number_of(kind: NoteKind, reason: str) -> int:
    """A reason's number in the core; 0 where its word is of another list."""
    if kind in JUDGED:
        return int(Denial[reason.upper()])
    return int(Drop[reason.upper()]) if kind == NoteKind.DROPPED else 0


def unit_word(view: Names, unit: Unit) -> str:
    """What a value is measured in."""
    if unit == Unit.MONEY:
        return view.currency or "money"
    return UNIT_WORDS.get(unit, "")


def sized(view: Names, instrument_id: int, unit: Unit, number: int) -> float:
    """A number of the core in people's units."""
    if unit == Unit.PRICE:
        return view.price(instrument_id, number) or 0.0
    if unit == Unit.QUANTITY:
        return view.quantity(instrument_id, number)
    if unit == Unit.SECONDS:
        return number / SECOND
    return number / RATE if unit in (Unit.MONEY, Unit.HUNDRED_MILLIONTHS) else number


def rule_text(told: dict[str, Any]) -> str:
    """`open risk: 1,250.00 USDT against 1,000.00, 250.00 over`."""
    rule = str(told["rule"]).replace("_", " ")
    if told["value"] is None:
        return rule
    if told["limit"] is None:
        return f"{rule}: {str(told['value']).replace('_', ' ')}"
    over = "over" if told["by"] is not None and told["by"] > 0 else "under"
    if told["by"] == 0:
        return f"{rule}: {in_words(told, told['value'])} against {in_words(told, told['limit'])}"
    distance = in_words(told | {"value": 0.0}, abs(told["by"])) if told["by"] is not None else ""
    gap = f", {distance} {over}" if distance else ""
    return f"{rule}: {in_words(told, told['value'])} against {in_words(told, told['limit'])}{gap}"


def in_words(told: dict[str, Any], value: Any) -> str:
    """A value with its unit."""
    if isinstance(value, str):
        return value.replace("T", " ").removesuffix("Z")
    unit = told["unit"]
    if unit == "seconds":
        return duration(value)
    if unit in ("price", "quantity"):
        return price(value)
    return f"{amount(value)} {unit}" if unit else (count(int(value)) if value == int(value) else f"{value:g}")
