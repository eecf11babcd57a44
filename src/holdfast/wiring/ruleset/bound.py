"""Is every key of a ruleset kept? A report of what reads each, and a refusal for what nothing does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from holdfast.settings.ruleset.bindings import BINDINGS, set_keys
from holdfast.settings.ruleset.case import Case, Facts
from holdfast.settings.ruleset.file import Loaded
from holdfast.settings.ruleset.finding import RulesetError
from holdfast.settings.ruleset.floors import FloatingLoss, FloorLimit
from holdfast.settings.ruleset.ruleset import Ruleset
from holdfast.wiring.ruleset.reads import AWAITED, NEEDS, reader, unread_fields

Kept = Literal["kept", "awaited", "live", "unread"]


@dataclass(frozen=True)
class Binding:
    """One key of the file that sets a limit."""

    path: str  # dotted, as in the file
    key: str  # of the schema
    kept: Kept
    by: str  # what reads it, or what it would take


def bindings_of(ruleset: Ruleset) -> list[Binding]:
    """Every key that limits something, with what reads it."""
    return [
        Binding(path, key, *kept_by(key))
        for key, path in set_keys(ruleset.model_dump(by_alias=True))
        if key in BINDINGS
    ]


def kept_by(key: str) -> tuple[Kept, str]:
    """How a key is kept, and by what."""
    if key in NEEDS:
        return "live", NEEDS[key]
    unread = unread_fields(key)
    if unread:
        return ("awaited" if set(unread) <= AWAITED else "unread"), f"no kernel reads {', '.join(unread)} yet"
    by = reader(key)
    return ("kept", by) if by else ("unread", "")


def check_bound(loaded: Loaded, stages: tuple[Ruleset, ...]) -> None:
    """Refuse a ruleset with a limit that nothing keeps (RR-33). Raises RulesetError with every finding."""
    case = Case(loaded, Facts())
    findings = [
        case.error(
            each.path,
            f"nothing in this engine reads {each.path!r}, so the limit would not be kept.",
            "Remove the key, or use a version that keeps it.",
        )
        for stage in stages
        for each in bindings_of(stage)
        if each.kept == "unread"
    ]
    for stage in stages:
        findings += [case.error(path, problem, mend) for path, problem, mend in beyond(stage)]
    if findings:
        raise RulesetError(tuple(dict.fromkeys(findings)))


def beyond(ruleset: Ruleset) -> Iterator[tuple[str, str, str]]:
    """Values of keys that are read in general, and that the core cannot keep: (path, problem, mend)."""
    yield from beyond_limits(ruleset)
    lots = ruleset.exposure.max_lots
    by_name = {"per_symbol": lots.per_symbol, "total": lots.total} if lots else {}
    for name, table in by_name.items():
        if table and set(table) != {"all"}:
            yield (
                f"exposure.max_lots.{name}",
                f"lots by asset class are kept for one order, not for {name}.",
                f"Write one number for all: `{name}: 10`.",
            )
    if lots and lots.per_day:
        yield "exposure.max_lots.per_day", "lots of a day are not counted.", "Remove the key."
    if ruleset.exposure.contracts_ladder:
        yield (
            "exposure.contracts_ladder",
            "sizes in contracts that grow with equity are not kept.",
            "Use a programme without, or write `max_lots`.",
        )
    if ruleset.conduct.require_broker_sl and ruleset.conduct.require_broker_sl.take_profit:
        yield (
            "conduct.require_broker_sl.take_profit",
            "a take-profit on every order is not enforced.",
            "Run a strategy that always has one, and write `take_profit: false`.",
        )
    for window in ruleset.windows:
        if "modify" in window.forbids:
            yield f"windows.{window.id}", "`modify` in a window is not kept.", "Remove the word."
    positions = ruleset.guard.max_positions
    if positions and positions.per_strategy:
        yield (
            "guard.max_positions.per_strategy",
            "positions of one strategy are not counted.",
            "Write `account`.",
        )
    if positions and positions.per_symbol and positions.per_symbol > 1:
        yield (
            "guard.max_positions.per_symbol",
            "one strategy has one position in an instrument, and side, whatever is written here.",
            "Write 1.",
        )


def beyond_limits(ruleset: Ruleset) -> Iterator[tuple[str, str, str]]:
    """The same of the limits."""
    for limit in ruleset.limits:
        path = f"limits.{limit.id}"
        if isinstance(limit, FloatingLoss) and limit.per != "account":
            yield (
                f"{path}.per",
                f"open loss is watched for the account, not per {limit.per}.",
                "Write account.",
            )
        if isinstance(limit, FloatingLoss) and limit.scope != "account":
            yield f"{path}.scope", "open loss is watched for the account only.", "Write `scope: account`."
        if not isinstance(limit, FloorLimit):
            continue
        clocks = [limit.clock, *(each.clock for each in limit.strict_alternates)]
        if any(clocks):
            yield (
                f"{path}.clock",
                "a limit with a day boundary of its own is not kept.",
                "Write the boundary as the ruleset's `clock`, with the other reading in `alternates`.",
            )
        if limit.anchor.sample == "session" and limit.auto_reset:
            yield (
                f"{path}.auto_reset",
                "a limit of a session is reset by a person only.",
                "Write `auto_reset: false`, or sample at the `day_boundary`.",
            )
        if limit.scope != "account" and limit.anchor.sample in ("rolling", "every_tick"):
            yield (
                f"{path}.anchor.sample",
                f"{limit.anchor.sample} is watched for the account, not for a {limit.scope}.",
                "Sample it at the `day_boundary` or `session`.",
            )
