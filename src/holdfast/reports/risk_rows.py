"""What the rules of an account did, as rows of text: the terminal, the page and `holdfast limits` share them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from holdfast.reports.wording import NONE, amount, count, duration, percent

Risk = Mapping[str, Any]
FLOOR_HEADS = ("Limit", "Level", "Now", "Left", "Nearest", "On (UTC)", "Rung")
PHASE_HEADS = ("Phase", "Status", "Began", "Target", "Profit", "Days to it", "Days counted")
TRIP_HEADS = ("Since (UTC)", "For", "Rule", "Severity", "Value", "Limit")
SHOWN_TRIPS = 15


def title_of(risk: Risk) -> str:
    """The ruleset with version and the beginning of its hash."""
    bound = risk["ruleset"]
    guard = "" if bound["guard"] == "on" else ", our guard off"
    return f"{bound['ruleset']}, version {bound['version']}, sha256 {bound['hash'][:12]}{guard}"


def floor_rows(risk: Risk) -> list[tuple[str, ...]]:
    """Each floor: level, value now, what is left of its allowance, nearest approach and when."""
    several = len({floor["phase"] for floor in risk["floors"]}) > 1
    return [
        (
            f"{floor['phase']}: {floor['title']}" if several else floor["title"],
            amount(floor["level"]),
            amount(floor["value"]),
            left(floor["distance"], floor["distance_share"]),
            left(floor["nearest"], floor["nearest_share"]),
            (floor["nearest_at"] or NONE)[:10],
            f"reached {floor['breached'][:10]}" if floor["breached"] else floor["rung"],
        )
        for floor in risk["floors"]
    ]


def left(money: float | None, share: float | None) -> str:
    """Money, and what part of the allowance that is."""
    return NONE if money is None else f"{amount(money, 0 if abs(money) >= 100 else 2)} {percent(share, 0)}"


def phase_rows(risk: Risk) -> list[tuple[str, ...]]:
    """Each phase: how it went."""
    return [
        (
            phase["phase"] or NONE,
            phase["status"],
            (phase["began"] or NONE)[:10],
            amount(phase.get("target")),
            amount(phase.get("profit"), 2, True),
            amount(phase.get("days_to_target"), 1),
            days_of(phase),
        )
        for phase in risk["phases"]
    ]


def days_of(phase: Mapping[str, Any]) -> str:
    """Days counted of those that are needed."""
    if phase.get("days_counted") is None:
        return NONE
    return f"{phase['days_counted']} of {phase['days_needed']}"


def trip_rows(risk: Risk, most: int = SHOWN_TRIPS) -> list[tuple[str, ...]]:
    """The restraints, the last ones where there are many."""
    return [
        (
            trip["since"],
            held_for(trip),
            " ".join(word for word in (rule_of(trip), trip["which"]) if word),
            "kill switch" if trip["severity"] == "flattening" else trip["severity"],
            amount(trip["value"]),
            amount(trip["limit"]),
        )
        for trip in risk["trips"][-most:]
    ]


def rule_of(trip: Mapping[str, Any]) -> str:
    """The rule, and its scope where that is not the account."""
    return str(trip["rule"]) if trip["scope"] == "account" else f"{trip['scope']}: {trip['rule']}"


def held_for(trip: Mapping[str, Any]) -> str:
    """How long a restraint held."""
    if trip["severity"] == "warned":
        return NONE
    if trip["until"] is None:
        return "holds"
    since, until = (datetime.fromisoformat(trip[name]) for name in ("since", "until"))
    return duration((until - since).total_seconds())


def trips_note(risk: Risk) -> str:
    """Said where not all restraints are shown."""
    hidden = len(risk["trips"]) + risk["trips_left_out"] - SHOWN_TRIPS
    return (
        f"The last {SHOWN_TRIPS} of {count(hidden + SHOWN_TRIPS)}; --json shows more." if hidden > 0 else ""
    )


def looked(risk: Risk) -> str:
    """How often the limits were looked at, and what came of it."""
    return (
        f"Equity was held against the floors {count(risk['evaluated'])} times; rungs and floors were reached "
        f"{count(risk['triggered'])} times; the account is {risk['severity'].replace('_', ' ')}"
    )


def sentences(risk: Risk) -> list[str]:
    """What happened, in words."""
    said = [
        f"{looked(risk)} at the end.",
        f"{count(risk['breaches'])} floors were breached, {count(risk['breaches_by_own_action'])} by the engine's own "
        f"action: {count(risk['increases_beyond_headroom'])} of {count(risk['increases'])} orders that add exposure "
        "went out although every stop together would have reached a floor.",
    ]
    for line in risk["conduct"]:
        verdict = "kept" if line["kept"] else "NOT kept"
        said.append(f"{line['rule']}: {line['value']:g} against {line['limit']:g}, {verdict}.")
    return said
