"""Where each limit of an account stands, as plain data: as a saved run tells it, from the account's projection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.errors import SettingsError
from holdfast.journal.rows import as_json, from_json
from holdfast.model.enums import Consequence, Quantity, Sample
from holdfast.settings.ruleset.clock import Clock
from holdfast.wiring.account.names import Row
from holdfast.wiring.account.status import restraints_data
from holdfast.wiring.account.view import AccountView, instant
from holdfast.wiring.prepared import Prepared
from holdfast.wiring.risk_block import RUNGS, day_after, described

LINE = np.dtype([("time_ns", np.int64), ("value", np.int64), ("limit", np.int64)])


def rules_of(prepared: Prepared) -> dict[str, Any]:
    """What an account is held to, by name: a remark of each start. Empty without a ruleset."""
    rules = prepared.rules
    if rules is None:
        return {}
    told = {
        "ruleset": rules.loaded.binding
        | {"title": rules.first.title, "guard": "on" if rules.guarded else "off"},
        "phase": rules.phases[0],
        "clock": rules.first.clock.model_dump(mode="json"),
        "floors": {
            str(number): {"limit": row.limit, "of": row.of, "title": row.title}
            for number, row in enumerate(prepared.floors, 1)
        },
    }
    plain: dict[str, Any] = from_json(as_json(told))
    return plain


def limits_of_account(view: AccountView, name: str) -> dict[str, Any]:
    """The limits as of the last event that changed something, or of the last full minute."""
    rules = view.remark("rules")
    if not rules:
        raise SettingsError(
            f"The account {name} is held to no ruleset.",
            "Start one with `holdfast trade --dry-run --ruleset …`.",
        )
    account = view.one("SELECT * FROM account") or {}
    now_ns = int(view.meta.get("time_ns", 0))
    breached = view.one("SELECT count(*) AS n FROM notices WHERE kind = 'breached'") or {"n": 0}
    return {
        "account": name,
        "as_of": instant(now_ns),
        "ruleset": rules["ruleset"],
        "severity": account.get("severity", "normal"),
        "next_boundary": day_after(Clock.model_validate(rules["clock"]), now_ns),
        "evaluated": account.get("observations", 0),
        "triggered": sum(row["triggered"] for row in view.rows("SELECT triggered FROM floors")),
        "breaches": breached["n"],
        "floors": list(floors_of(view, rules)),
        "trips": restraints_data(view),
    }


def floors_of(view: AccountView, rules: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each floor as a run tells it, without its line in time."""
    for row in view.rows("SELECT * FROM floors WHERE level > 0 ORDER BY row"):
        named = rules["floors"].get(str(row["row"]), {"limit": "", "of": "", "title": f"floor {row['row']}"})
        told = named | described(as_in_core(row), samples_of(view, row["row"]), (0, 0))
        yield {"phase": rules["phase"]} | {key: value for key, value in told.items() if key != "line"}


def as_in_core(row: Row) -> dict[str, Any]:
    """A floor's row by the names of the core's record."""
    return {
        "anchor": row["anchor"],
        "level": row["level"],
        "previous_level": row["previous_level"],
        "last_value": row["value"],
        "nearest": row["nearest"],
        "nearest_at_ns": row["nearest_ns"],
        "breached_at_ns": row["breached_ns"],
        "rung": row["rung"],
        "triggered": row["triggered"],
        "reconstructed": row["reconstructed"],
        "observed": Quantity[row["observed"].upper()],
        "sample": Sample[row["sampled"].upper()],
        "consequence": Consequence[row["consequence"].upper()],
        "ladder": {name: row[name] for name in RUNGS},
    }


def samples_of(view: AccountView, number: int) -> Any:
    """When a floor was sampled: its level and its anchor since then."""
    found = view.rows(
        "SELECT time_ns, value, bound FROM notices WHERE kind = 'floor_set' AND row = ? ORDER BY seq", number
    )
    return np.array([(row["time_ns"], row["value"], row["bound"]) for row in found], LINE)
