"""Where an account stands, as plain data: engine, equity, the day, and which rules hold what back."""

from __future__ import annotations

import time
from typing import Any

from holdfast.journal.folder import holder_of_lock
from holdfast.model.units import DAY, RATE, SECOND
from holdfast.wiring.account.names import Row
from holdfast.wiring.account.promotion import summary_of
from holdfast.wiring.account.rows import positions_data
from holdfast.wiring.account.view import AccountView, instant, money

OF_MONEY = {"floor", "breach", "forecast", "target", "untyped_cash", "give_back", "account_truth"}
UNMEASURED = {"operator", "promotion", "window", "hedge_leg", "ghost", "tick_value"}


def status_data(view: AccountView, name: str, now_ns: int | None = None) -> dict[str, Any]:
    """Where an account stands. Ages are of the machine's clock, times of the account's own."""
    now = time.time_ns() if now_ns is None else now_ns
    holder = holder_of_lock(view.folder)
    a = view.one("SELECT * FROM account") or {}
    held = positions_data(view)
    heard = int(view.meta.get("heard_ns", 0))
    return {
        "account": name,
        "folder": str(view.folder),
        "running": holder is not None,
        "holder": holder or None,
        "row": int(view.meta.get("seq", 0)),
        "last_event": instant(int(view.meta.get("time_ns", 0))),
        "last_event_age_s": round((now - heard) / SECOND, 1) if heard else None,
        "start": a.get("epoch"),
        "currency": view.currency,
        "units": view.units,
        "balance": money(a.get("balance")),
        "equity": money(a.get("equity")),
        "day": day_of(view, a),
        "severity": a.get("severity", "normal"),
        "restraints": restraints_data(view),
        "promotion": summary_of(view.remark("promotion")),
        "truth_unknown": bool(a.get("unknown", 0)),
        "positions": len(held),
        "unprotected": sum(row["unprotected"] > 0 for row in held),
        "open_risk": money(a.get("open_risk")),
        "working_orders": a.get("working_orders", 0),
        "entries_today": a.get("entries_today", 0),
        "floors": floors_data(view),
    }


def day_of(view: AccountView, account: Row) -> dict[str, Any]:
    """The day's result in equity: since the account's day boundary, else since midnight UTC. Cash flows are no result
    where a boundary is known; else since the first sample of the day."""
    if not account:
        return {"since": None, "result": None, "share": None}
    if account["day_began_ns"]:
        since, start = account["day_began_ns"], account["day_start_equity"]
    else:
        midnight = account["time_ns"] // DAY * DAY
        first = view.one(
            "SELECT time_ns, equity FROM equity WHERE time_ns >= ? ORDER BY time_ns, span", midnight
        )
        since, start = (first["time_ns"], first["equity"]) if first else (midnight, account["equity"])
    result = account["equity"] - start
    return {"since": instant(since), "result": money(result), "share": result / start if start > 0 else None}


def restraints_data(view: AccountView) -> list[dict[str, Any]]:
    """Which rules hold something back now, the tightest first."""
    tight = {"flattening": 0, "reduce_only": 1, "no_new": 2, "reduced": 3}
    found = [
        {
            "rule": row["rule"],
            "which": view.labels.get(f"floors {row['number']}", "") if row["rule"] in OF_MONEY else "",
            "scope": scope_of(view, row["scope"], row["scope_id"]),
            "severity": row["severity"],
            "latched": bool(row["latched"]),
            "since": instant(row["since_ns"]),
            "until": instant(row["until_ns"]),
            "value": restraint_value(view, row, row["value"]),
            "limit": restraint_value(view, row, row["bound"]),
        }
        for row in view.rows("SELECT * FROM restraints ORDER BY row")
    ]
    return sorted(found, key=lambda row: tight.get(row["severity"], 9))


def restraint_value(view: AccountView, row: Row, value: int) -> float | None:
    """What a rule measured, in people's units; None where it measures nothing."""
    if row["rule"] in UNMEASURED:
        return None
    if row["rule"] == "position":
        return view.quantity(row["scope_id"], value)
    return value / RATE if row["rule"] in OF_MONEY or row["rule"] == "margin_ladder" else value


def scope_of(view: AccountView, scope: str, number: int) -> str:
    """What a restraint is on."""
    if scope == "instrument":
        return view.pair(number)
    if scope == "mandate":
        known = view.one("SELECT pair FROM mandates WHERE mandate_id = ?", number)
        return f"{view.strategy(number)} on {known['pair']}" if known else f"mandate {number}"
    return scope if scope in ("account", "engine") else f"{scope} {number}"


def floors_data(view: AccountView) -> list[dict[str, Any]]:
    """Each loss limit: its level, what was last held against it, and what is left."""
    return [
        {
            "floor": view.labels.get(f"floors {row['row']}", f"floor {row['row']}"),
            "level": money(row["level"]),
            "value": money(row["value"]),
            "left": money(row["value"] - row["level"]),
            "breached": instant(row["breached_ns"]),
        }
        for row in view.rows("SELECT * FROM floors WHERE level > 0 ORDER BY row")
    ]
