"""A small sound ruleset, and a way to break it in one place."""

from __future__ import annotations

from datetime import date

from holdfast.settings.ruleset.case import Facts
from holdfast.settings.ruleset.file import Loaded, parse_ruleset
from holdfast.settings.ruleset.finding import Finding, RulesetError
from holdfast.settings.ruleset.lint import Report, lint_ruleset
from holdfast.settings.ruleset.text import parse_text

DAY = date(2026, 6, 5)
SOUND = """\
schema: holdfast.ruleset/1
id: firm.programme.20k
version: 2026-06-05
account: {initial_balance: 20000, currency: USD, platform: [mt5], position_mode: hedging}
clock:
  day_boundary: {zone: America/New_York, at: "17:00"}
phases:
  - id: step1
    target: {pct_of: initial, pct: 8}
    min_days: {counter: good_day, count: 3}
    next: funded
  - id: funded
    rules: {disable: [news]}
limits:
  - id: daily_loss
    anchor: {quantity: balance, sample: day_boundary}
    amount: {pct: 5, of: initial}
  - id: total_loss
    anchor: {quantity: initial, sample: once}
    amount: {pct: 10, of: initial}
counters:
  - id: good_day
    qualifies: {event: close}
windows:
  - id: news
    kind: news
    calendar: forexfactory
    forbids: [open]
conduct:
  martingale: allowed
guard:
  daily_ladder_pct_of_allowance: {warn: 40, reduce: 60, block: 70, flatten: 80}
sources:
  - {field: limits, url: page, confidence: A}
  - {field: phases, url: page, confidence: A}
  - {field: counters, url: page, confidence: A}
  - {field: windows, url: page, confidence: A}
  - {field: conduct, url: page, confidence: A}
"""


def read(text: str) -> Loaded:
    """A ruleset from its text."""
    return parse_ruleset(parse_text(text, "mine.yaml"))


def broken(*changes: tuple[str, str]) -> str:
    """The sound text with pieces exchanged; each piece stands there once."""
    text = SOUND
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def report(text: str, **facts: object) -> Report:
    """What lint says, on the day on which the sources were read."""
    return lint_ruleset(read(text), Facts(**{"today": DAY, **facts}))  # type: ignore[arg-type]


def refusal(text: str) -> Finding:
    """The first thing that the schema refuses."""
    try:
        read(text)
    except RulesetError as error:
        return error.findings[0]
    raise AssertionError("nothing was refused")
