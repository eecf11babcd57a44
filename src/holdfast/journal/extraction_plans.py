"""A plan and what came of it at once: ordered, refused at the gate, waiting, dropped, followed, or nothing."""

from __future__ import annotations

from typing import Any

from holdfast.journal.words import reason_of
from holdfast.model.commands import Note, Outbox
from holdfast.model.enums import CommandClass, CommandKind, NoteKind, Phase
from holdfast.model.events import Plan
from holdfast.model.state import State
from holdfast.model.trade import trade_slot


def plan_row(seq: int, plan: Plan, outbox: Outbox, state: State) -> tuple[Any, ...]:
    """The row of a plan; empty for one that wanted nothing and changed nothing."""
    leave = plan.exit_long or plan.exit_short
    if not (plan.start_long or plan.start_short or leave or outbox.command_count or outbox.note_count):
        return ()
    notes = [outbox.notes[i] for i in range(outbox.note_count)]
    refused = [note for note in notes if note.kind == NoteKind.DENIED]
    ordered = sum(
        outbox.commands[i].kind == CommandKind.PLACE
        and outbox.commands[i].command_class == CommandClass.INCREASE
        for i in range(outbox.command_count)
    )
    outcome, note = outcome_of(plan, notes, refused, ordered, outbox.command_count, state)
    reason = reason_of(note.kind, note.reason) if note is not None else ""
    value, bound = (note.value, note.limit) if note is not None else (0, 0)
    told = (outcome, reason, value, bound, ordered, len(refused), trade_of(plan, notes, state))
    wants = (plan.start_long, plan.start_short, leave, plan.tag, plan.entry_price, plan.stop_price)
    return (seq, state.time_ns, plan.mandate_id, state.mandates[plan.mandate_id].instrument_id, *wants, *told)


def outcome_of(
    plan: Plan, notes: list[Note], refused: list[Note], ordered: int, commands: int, state: State
) -> tuple[str, Note | None]:
    """One word, and the note that says why."""
    if ordered or refused:
        return ("ordered" if ordered else "refused"), (refused[0] if refused else None)
    for kind, word in ((NoteKind.ARMED, "waiting"), (NoteKind.EXITING, "leaving")):
        made = next((note for note in notes if note.kind == kind), None)
        gone = next((note for note in notes if note.kind == NoteKind.DROPPED), None)
        if made is not None and not (gone is not None and gone.trade_id == made.trade_id):
            return word, made
    dropped = next((note for note in notes if note.kind == NoteKind.DROPPED), None)
    if dropped is not None:
        return "dropped", dropped
    if commands:
        return "followed", None
    return ("kept" if busy_trade(plan, state) else "nothing"), None


def trade_of(plan: Plan, notes: list[Note], state: State) -> int:
    """The trade that the plan began, or is about."""
    for note in reversed(notes):
        if note.trade_id:
            return note.trade_id
    return busy_trade(plan, state)


def busy_trade(plan: Plan, state: State) -> int:
    """The trade that the plan's strategy has on this instrument; of two, the one on the side that it starts."""
    sides = (-1, 1) if plan.start_short and not plan.start_long else (1, -1)
    for side in sides:
        trade = state.trades[trade_slot(plan.mandate_id, side)]
        if trade.phase not in (Phase.IDLE, Phase.COOLDOWN):
            return trade.trade_id
    return 0
