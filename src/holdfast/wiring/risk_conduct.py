"""Manners that are measured over all trades of a run and cannot be refused order by order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.model.units import SECOND
from holdfast.settings.ruleset.conduct import MinHold
from holdfast.wiring.ruleset.rulesets import Rules


def conduct_of(rules: Rules, closed: Any) -> list[dict[str, Any]]:
    """(rule, what was measured, its limit, whether it is kept) of each; without trades nothing was measured."""
    asked = rules.first.conduct
    adds = asked.max_adds_to_loser
    made = list(holds_of(asked.min_hold, closed)) if asked.min_hold is not None and len(closed) else []
    if adds is not None and len(closed):
        most = int(closed["entry_count"].max()) - 1
        made.append(measured("max_adds_to_loser", most, adds, most <= adds))
    return made


def measured(rule: str, value: float, limit: float, kept: bool) -> dict[str, Any]:
    """One line."""
    return {"rule": rule, "value": round(float(value), 4), "limit": float(limit), "kept": bool(kept)}


def holds_of(asked: MinHold, closed: Any) -> Iterator[dict[str, Any]]:
    """How long trades lasted, in seconds and percent."""
    seconds = (closed["closed_at_ns"] - closed["opened_at_ns"]) / SECOND
    if asked.median_s is not None:
        value = float(np.median(seconds))
        yield measured("min_hold.median_s", value, float(asked.median_s), value >= asked.median_s)
    if asked.average_s is not None:
        value = float(np.mean(seconds))
        yield measured("min_hold.average_s", value, float(asked.average_s), value >= asked.average_s)
    under = asked.share_under
    if under is not None:
        share = 100 * float(np.mean(seconds < float(under.s)))
        yield measured("min_hold.share_under", share, float(under.max_pct), share <= under.max_pct)
    over = asked.profit_share_over
    if over is not None:
        profit = np.maximum(
            0, closed["realized_pnl"] - closed["fees"] + closed["funding"] + closed["rollover"]
        )
        share = 100 * float(profit[seconds > float(over.s)].sum() / max(1, profit.sum()))
        yield measured("min_hold.profit_share_over", share, float(over.min_pct), share >= over.min_pct)
