"""A ruleset in sentences, in the user's units: floors and rungs in money, windows in minutes, days as instants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from holdfast.settings.ruleset.base import Sourced
from holdfast.settings.ruleset.floors import Amount, FloorLimit, IdeaLoss, Limit
from holdfast.settings.ruleset.levels import floor_level, ladder_of, money, rungs
from holdfast.settings.ruleset.provenance import Provenance, provenance
from holdfast.settings.ruleset.ruleset import Ruleset
from holdfast.settings.ruleset.words_conduct import conduct_lines
from holdfast.settings.ruleset.words_days import (
    consistency_words,
    counter_words,
    phase_words,
    window_words,
)
from holdfast.settings.ruleset.words_guard import guard_lines

QUANTITIES = {
    "initial": "the initial balance",
    "balance": "the balance",
    "equity": "equity",
    "max(balance,equity)": "the larger of balance and equity",
    "closed_balance": "the balance after each closed trade",
    "capital": "the capital allocated",
}
SAMPLES = {
    "once": "",
    "day_boundary": " at the day boundary",
    "on_close": "",
    "every_tick": ", with each price",
    "session": " at the start of the session",
}
CONSEQUENCES = {
    "terminate": "the account is lost",
    "pause_until_boundary": "trading pauses to the next day boundary",
    "void_profit": "the profit is taken back",
    "deny_payout": "no payout",
    "agreement_breach": "a breach of the agreement",
    "latch": "trading stops until an operator resets it",
}
BASES = {
    "initial": "the initial balance",
    "anchor": "it",
    "balance": "the balance",
    "capital": "that capital",
}


@dataclass(frozen=True)
class Line:
    """One rule in a sentence, with its levels where it has some."""

    path: str
    sentence: str
    origin: Provenance
    levels: dict[str, Decimal] = field(default_factory=dict)
    note: str | None = None


def explain(ruleset: Ruleset, balance: Decimal | None = None) -> Iterator[Line]:
    """Every rule in force. Levels are those of a first day at `balance`, absent: the initial balance."""
    start = balance or ruleset.account.initial_balance
    for limit in ruleset.limits:
        words, found = limit_words(ruleset, limit), levels(ruleset, limit, start)
        yield _line(ruleset, f"limits.{limit.id}", limit, words, found)
    for counter in ruleset.counters:
        yield _line(ruleset, f"counters.{counter.id}", counter, counter_words(counter))
    for phase in ruleset.phases:
        yield _line(ruleset, f"phases.{phase.id}", phase, phase_words(phase, start, ruleset.account.currency))
    for share in ruleset.consistency:
        yield _line(ruleset, f"consistency.{share.id}", share, consistency_words(share))
    for window in ruleset.windows:
        words = window_words(window, ruleset.guard.news_extra_s)
        yield _line(ruleset, f"windows.{window.id}", window, words)
    for path, part, words in (*conduct_lines(ruleset), *guard_lines(ruleset.guard)):
        yield _line(ruleset, path, part, words)


def _line(
    ruleset: Ruleset, path: str, part: Sourced | None, words: str, found: dict[str, Decimal] | None = None
) -> Line:
    return Line(path, words, provenance(ruleset, path, part), found or {}, part.note if part else None)


def limit_words(ruleset: Ruleset, limit: Limit) -> str:
    """A limit in a sentence."""
    who = {"account": "", "class": "each class's ", "strategy": "each strategy's "}[limit.scope]
    of = f" ({' and '.join(limit.classes)}s)" if limit.classes else ""
    then = f"{CONSEQUENCES[limit.consequence]}{', everything is closed' if _closes(limit) else ''}"
    currency = ruleset.account.currency
    if isinstance(limit, FloorLimit):
        return f"{who}{limit.observed}{of} stays above {_floor(limit, currency)}; else {then}."
    much = amount_words(limit.amount, currency)
    if isinstance(limit, IdeaLoss):
        return f"one idea{of} ({_idea(limit)}) loses less than {much}; else {then}."
    return f"the open loss{of} per {limit.per} stays below {much}; else {then}."


def _idea(limit: IdeaLoss) -> str:
    side = ", one side" if limit.merge.same_side else ""
    again = limit.merge.reentry_within_s
    return f"an instrument{side}" + (f", entries within {again} s after a loss included" if again else "")


def _closes(limit: Limit) -> bool:
    return limit.consequence == "latch" and limit.on_trip == "flatten"


def _floor(limit: FloorLimit, currency: str) -> str:
    hung = limit.anchor
    if hung.window is not None:
        what = f"the highest {QUANTITIES[hung.quantity]} of the last {hung.window.hours} h"
    else:
        what = f"{'the highest ' if hung.ratchet == 'up' else ''}{QUANTITIES[hung.quantity]}{SAMPLES[hung.sample]}"
    words = f"{what} less {amount_words(limit.amount, currency)}"
    if limit.lock is not None and limit.lock.level is not None:
        words += f", and the floor stops at the initial balance plus {limit.lock.level.plus:,} {currency}"
    elif limit.lock is not None:
        words += ", and the floor never stops (assumed)"
    return words + (", or a stricter reading" if limit.strict_alternates else "")


def amount_words(amount: Amount, currency: str) -> str:
    """An amount in words."""
    if amount.abs is not None:
        return f"{amount.abs:,.2f} {currency}"
    return f"{amount.pct} % of {BASES[str(amount.of)]}"


def levels(ruleset: Ruleset, limit: Limit, start: Decimal | None) -> dict[str, Decimal]:
    """Floor and rungs of a first day in money; for a loss, the amounts themselves."""
    if start is None:
        return {}
    initial = ruleset.account.initial_balance or start
    ladder = ladder_of(limit, ruleset.guard)
    if isinstance(limit, FloorLimit):
        floor = floor_level(limit, initial, start)
        return {"floor": floor, **(rungs(ladder, start, floor) if ladder else {})}
    much = money(limit.amount, initial, start)
    steps = {name: much * pct / 100 for name, pct in ladder} if ladder else {}
    return {"loss": much, **steps}
