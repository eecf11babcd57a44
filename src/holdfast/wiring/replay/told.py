"""A journal folded with other limits, as data: what was exact, where it parted and why, and what is simulated."""

from __future__ import annotations

from typing import Any

from holdfast.journal.forms import decided, written
from holdfast.journal.rows import from_json
from holdfast.journal.words import COMMANDS, NOTES, STEPS, TYPES, reason_of
from holdfast.model.commands import Command, Note
from holdfast.model.enums import Base, NoteKind, OrderType
from holdfast.model.events import OrderReport
from holdfast.model.units import RATE
from holdfast.operations.counterfactual.changes import Applied
from holdfast.operations.counterfactual.fold import Counterfactual, Figures, FirstDifference
from holdfast.reports.wording import price
from holdfast.wiring.account.names import Names
from holdfast.wiring.account.rules import measured, rule_text
from holdfast.wiring.account.texts import STEP_WORDS, event_text, sentence
from holdfast.wiring.account.view import instant
from holdfast.wiring.mandates import CLASS_IDS, is_count
from holdfast.wiring.replay.changes import OF_MANDATES

LABEL = "simulated from here"
ASSUMPTIONS = (
    "Prices, plans, money due, boundaries and requests of people are the recorded ones; orders are filled by the "
    "simulator, over the adverse extreme of each price first.",
    "A journal holds no volumes: fills are not limited by them.",
    "What was on its way to the venue arrives at once, and nothing is lost or late.",
)
MONEY = ("realized_pnl", "fees", "funding", "rollover", "balance", "equity", "drawdown")


def spoken(told: dict[str, Any]) -> Names:
    """The names of a journal."""
    instruments, mandates, tags = (
        {int(number): each for number, each in told.get(table, {}).items()}
        for table in ("instruments", "mandates", "tags")
    )
    return Names(instruments, mandates, tags, {name: t for name, t in told.items() if isinstance(t, str)})


def told_data(found: Counterfactual) -> dict[str, Any]:
    """What `--json` prints; money and sizes in people's units where the journal names them."""
    names = spoken(found.names)
    made: dict[str, Any] = {
        "events": found.events,
        "exact_events": found.exact,
        "exact": found.difference is None,
        "currency": names.currency,
        "changes": [change_data(names, each) for each in found.applied],
        "difference": None,
        "recorded": figures_data(found.recorded),
        "simulation": None,
    }
    if found.difference is not None and found.simulated is not None:
        made["difference"] = difference_data(names, found.difference)
        made["simulation"] = figures_data(found.simulated) | {
            "label": LABEL,
            "from_row": found.difference.row,
            "assumptions": ASSUMPTIONS,
            "venue_balance": found.venue_balance / RATE,
            "ledger_residual": found.simulated.residual / RATE,
        }
    return made | {"units": names.units}


def change_data(names: Names, applied: Applied) -> dict[str, Any]:
    """One setting of the journal and what stood in its place."""
    whose = "limits of " + {i: name for name, i in CLASS_IDS.items()}.get(
        applied.number, f"class {applied.number}"
    )
    if applied.record == "mandate":
        whose = mandate_text(names, applied.number)
    values = {name: in_units(applied, getattr(applied, name)) for name in ("recorded", "changed")}
    return {"key": applied.key, "of": whose, "setting": applied.field, **values}


def mandate_text(names: Names, number: int) -> str:
    """A strategy and its pair."""
    pair = names.mandates.get(number, {}).get("pair", "")
    return f"{names.strategy(number)} on {pair}" if pair else names.strategy(number)


def in_units(applied: Applied, value: int) -> float | int | str:
    """A value as the key that changed it counts."""
    if applied.field == "base":
        return Base(value).name.lower()
    if applied.record == "limits" and is_count(applied.field):
        return value
    scale = OF_MANDATES.get(applied.key.rpartition(".")[2], ("", 1))[1]
    return value * scale / RATE


def figures_data(figures: Figures) -> dict[str, Any]:
    """Where an account stands."""
    told = {name: getattr(figures, name) / RATE for name in MONEY}
    counts = {name: getattr(figures, name) for name in ("closed", "fills", "open_trades", "working_orders")}
    return counts | told | {"denied": sum(figures.denials.values()), "denials": figures.denials}


def difference_data(names: Names, d: FirstDifference) -> dict[str, Any]:
    """The first event that led to something else, and what the gate said."""
    return {
        "row": d.row,
        "time": instant(d.time_ns),
        "event": type(d.event).__name__,
        "what": happened(names, d),
        "recorded": [command_text(names, d, each) for each in d.recorded],
        "changed": [command_text(names, d, each) for each in d.changed],
        "commands": {
            "recorded": from_json(decided(d.recorded) or b"[]"),
            "changed": from_json(decided(d.changed) or b"[]"),
        },
        "gate": gate_words(names, d),
        "balance": d.figures.balance / RATE,
        "equity": d.figures.equity / RATE,
        "positions": d.figures.open_trades,
    }


def happened(names: Names, d: FirstDifference) -> str:
    """The event in words."""
    event = d.event
    if isinstance(event, OrderReport):
        words = STEP_WORDS.get(STEPS[event.step], STEPS[event.step])
        return sentence(f"order {event.order_id}: {'filled' if event.fill_id else words}")
    row = {
        "kind": type(event).__name__,
        "told": written(event).decode(),
        "instrument_id": d.instrument_id,
        "mandate_id": getattr(event, "mandate_id", 0),
        "seq": d.row,
    }
    return f"{event_text(names, row)}."


def command_text(names: Names, d: FirstDifference, c: Command) -> str:
    """A command in words."""
    i, trade = c.instrument_id, d.trades.get(c.order_id, 0)
    head = f"{COMMANDS[c.kind]} order {c.order_id} of trade {trade} on {names.pair(i)}"
    if COMMANDS[c.kind] == "cancel":
        return head
    at = c.trigger_price if c.order_type == OrderType.STOP else c.limit_price
    where = f" at {price(names.price(i, at))}" if at else ""
    stop = f", its stop {price(names.price(i, c.stop_price))}" if c.stop_price else ""
    size = price(names.quantity(i, c.quantity))
    return f"{head}: {'buy' if c.side > 0 else 'sell'} {size}, {TYPES[c.order_type]}{where}{stop}"


def gate_words(names: Names, d: FirstDifference) -> list[str]:
    """What the gate told one of the two and not the other."""
    then, now = (
        [gate_text(names, each) for each in notes if each.kind in (NoteKind.DENIED, NoteKind.SHRUNK)]
        for notes in (d.recorded_notes, d.changed_notes)
    )
    only_now = [f"With the change, {text}" for text in now if text not in then]
    return only_now + [f"As recorded, {text}" for text in then if text not in now]


def gate_text(names: Names, note: Note) -> str:
    """One refusal, or an entry made smaller, in words."""
    row = {
        "kind": NOTES[note.kind],
        "reason": reason_of(note.kind, note.reason),
        "value": note.value,
        "bound": note.limit,
        "quantity": note.quantity,
        "instrument_id": note.instrument_id,
    }
    about = f"an entry of trade {note.trade_id} ({mandate_text(names, note.mandate_id)})"
    rule = rule_text(measured(names, row))
    if note.kind == NoteKind.DENIED:
        return f"{about} was refused at the gate: {rule}."
    size = price(names.quantity(note.instrument_id, note.quantity))
    return f"{about} was made smaller, {size}, to fit {rule}."
