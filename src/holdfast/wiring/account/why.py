"""Why something happened to an account, or did not: the chain from a signal over the gate to requests and fills.

Every line of a story carries the number of the journal's row that it is from: `holdfast journal query` shows the row.
"""

from __future__ import annotations

import re
from typing import Any

from holdfast.errors import SettingsError
from holdfast.reports.wording import amount, moment, price
from holdfast.runtime.names import parts_of
from holdfast.wiring.account.names import Row
from holdfast.wiring.account.rows import order_of, trade_of
from holdfast.wiring.account.rules import measured, rule_text
from holdfast.wiring.account.texts import event_text, line, request_text, sentence, step_text
from holdfast.wiring.account.view import AccountView, instant

Story = list[dict[str, Any]]
OUTCOMES = {
    "ordered": "an entry was ordered",
    "refused": "refused at the gate by",
    "waiting": "armed; its price is not near enough yet, so it waits in the queue",
    "dropped": "dropped for",
    "leaving": "what was open is closed",
    "followed": "what rests at the venue follows it",
    "kept": "its strategy is in a trade there already, which stays as it is",
    "nothing": "nothing was to be done",
}
STOPPED = "outcome IN ('refused', 'dropped', 'waiting') OR refused > 0"


def why_data(view: AccountView, about: str) -> dict[str, Any]:
    """The story of an order (its number, or its name at the venue) or of a signal (s and its row)."""
    signal = re.fullmatch(r"[sS](\d+)", about)
    if signal:
        return why_signal(view, int(signal[1]))
    named = parts_of(about.upper())
    if named is not None:
        return why_order(view, named.order_id, named.epoch)
    if not about.isdigit():
        raise SettingsError(
            f"{about!r} is neither an order nor a signal.",
            "Give an order's number (`holdfast orders --all` lists them) or a signal such as s123 (`holdfast why`).",
        )
    return why_order(view, int(about))


def why_order(view: AccountView, number: int, epoch: int | None = None) -> dict[str, Any]:
    """Signal, cause, gate, requests, answers and fills of one order."""
    o = view.one(
        "SELECT * FROM orders WHERE order_id = ? AND (? IS NULL OR epoch = ?) ORDER BY epoch DESC",
        number,
        epoch,
        epoch,
    )
    if o is None:
        raise SettingsError(f"There is no order {number}.", "`holdfast orders --all` lists them.")
    trade = view.one("SELECT * FROM trades WHERE trade_id = ?", o["trade_id"])
    plan = view.one("SELECT * FROM plans WHERE seq = ?", trade["cause"]) if trade else None
    story: Story = []
    if plan is not None:
        story.append(plan_line(view, plan))
    if plan is None or plan["seq"] != o["cause"]:
        story += cause_lines(view, o["cause"])
    story += gate_lines(view, o)
    story = sorted(story, key=lambda each: int(each["row"])) + asked_and_told(view, o)
    return {
        "order": order_of(view, o),
        "signal": f"s{plan['seq']}" if plan else None,
        "trade": trade_of(view, trade) if trade else None,
        "units": view.units,
        "story": story,
    }


def plan_line(view: AccountView, p: Row) -> dict[str, Any]:
    """What a strategy wanted, and what came of it at once."""
    sides = [word for word in ("long", "short") if p[word]]
    wants = f"a {' or '.join(sides)}" if sides else "out" if p["leave"] else "no change of side"
    i = p["instrument_id"]
    told = [f"entry {price(view.price(i, p['entry_price']))}"] if p["entry_price"] else []
    told += [f"stop {price(view.price(i, p['stop_price']))}"] if p["stop_price"] else []
    tag = f" (tag {view.tag(p['tag'])})" if p["tag"] else ""
    detail = f": {', '.join(told)}" if told else ""
    what = (
        f"Signal s{p['seq']}: {view.strategy(p['mandate_id'])} wants {wants} on {view.pair(i)}{tag}{detail}"
    )
    return line(p["seq"], p["time_ns"], f"{what}. {sentence(outcome_text(view, p))}", outcome=p["outcome"])


def outcome_text(view: AccountView, p: Row) -> str:
    """What came of a signal at once."""
    if p["outcome"] == "ordered":
        refused = f", {p['refused']} refused at the gate" if p["refused"] else ""
        return f"{p['ordered']} {'entry' if p['ordered'] == 1 else 'entries'} ordered{refused}"
    stopped = stopped_by(view, p)
    if stopped is not None and p["outcome"] in ("refused", "dropped"):
        return f"{OUTCOMES[p['outcome']]} {rule_text(stopped)}"
    return OUTCOMES[p["outcome"]]


def cause_lines(view: AccountView, seq: int) -> Story:
    """The event that planned something."""
    step = view.one("SELECT * FROM steps WHERE seq = ?", seq)
    if step is not None:
        told = f"Order {step['order_id']}: {step_text(view, step)}"
        return [line(seq, step["time_ns"], f"{told}; this followed from it.", event="OrderReport")]
    event = view.one("SELECT * FROM events WHERE seq = ?", seq)
    if event is None:
        return []
    return [
        line(seq, event["time_ns"], f"{event_text(view, event)}; this followed from it.", event=event["kind"])
    ]


def gate_lines(view: AccountView, o: Row) -> Story:
    """For an entry: how often the gate refused its trade before, and that it let this one pass, whole or smaller."""
    if o["role"] != "entry":
        return [line(o["cause"], o["created_ns"], "It only reduces what is held: no limit is asked.")]
    found = refusals(view, "trade_id = ? AND level = ? AND seq < ?", o["trade_id"], o["level"], o["cause"])
    shrunk = view.one(
        "SELECT * FROM notes WHERE seq = ? AND trade_id = ? AND level = ? AND kind = 'shrunk'",
        o["cause"], o["trade_id"], o["level"],
    )  # fmt: skip
    if shrunk is None:
        return [*found, line(o["cause"], o["created_ns"], "The gate let it pass.", gate="passed")]
    told = measured(view, shrunk)
    quantity = price(view.quantity(o["instrument_id"], shrunk["quantity"]))
    what = f"The gate let {quantity} pass, less than was wanted, for {rule_text(told)}."
    return [*found, line(o["cause"], o["created_ns"], what, gate="made smaller", denial=told)]


def refusals(view: AccountView, where: str, *values: Any) -> Story:
    """Refusals of one kind after the other as one line each, with the last value and limit."""
    counted = view.rows(
        f"SELECT reason, count(*) AS times, max(seq) AS last, min(time_ns) AS since FROM notes WHERE kind = 'denied' "
        f"AND {where} GROUP BY reason ORDER BY last",
        *values,
    )
    found = []
    for group in counted:
        note = view.one(
            f"SELECT * FROM notes WHERE seq = ? AND kind = 'denied' AND {where}", group["last"], *values
        )
        assert note is not None
        told = measured(view, note)
        times = (
            f" {group['times']} times since {moment(instant(group['since']))}" if group["times"] > 1 else ""
        )
        what = f"The gate refused it{times}: {rule_text(told)}."
        found.append(
            line(group["last"], note["time_ns"], what, gate="refused", denial=told, times=group["times"])
        )
    return found


def asked_and_told(view: AccountView, o: Row) -> Story:
    """What was asked of the venue and what it answered, in the order of the journal."""
    key = (o["order_id"], o["epoch"])
    asked = view.rows("SELECT * FROM requests WHERE order_id = ? AND epoch = ? ORDER BY seq, number", *key)
    steps = view.rows("SELECT * FROM steps WHERE order_id = ? AND epoch IN (?, 0) ORDER BY seq", *key)
    fees = {f["seq"]: f for f in view.rows("SELECT * FROM fills WHERE order_id = ? AND epoch = ?", *key)}
    story = [line(r["seq"], None, request_text(view, o, r), request=r["kind"]) for r in asked]
    for step in steps:
        fee = f", fee {amount(fees[step['seq']]['fee'] / 1e8, 4)}" if step["seq"] in fees else ""
        text = step_text(view, step | {"instrument_id": o["instrument_id"]})
        story.append(line(step["seq"], step["time_ns"], sentence(f"{text}{fee}"), step=step["step"]))
    return sorted(story, key=lambda each: int(each["row"]))


def why_signal(view: AccountView, seq: int) -> dict[str, Any]:
    """What a strategy wanted, the gate that stopped it and by how much, and what came later."""
    p = view.one("SELECT * FROM plans WHERE seq = ?", seq)
    if p is None:
        raise SettingsError(f"There is no signal s{seq}.", "`holdfast why` lists the last ones.")
    here = "seq = ? AND mandate_id = ?"
    story = [plan_line(view, p)]
    if p["outcome"] != "refused" or p["refused"] > 1:
        story += refusals(view, here, seq, p["mandate_id"])
    t = view.one("SELECT * FROM trades WHERE trade_id = ?", p["trade_id"])
    if t is not None and t["cause"] == seq:
        story += [*refusals(view, "trade_id = ? AND seq > ?", t["trade_id"], seq), *later_lines(view, t, seq)]
    placed = view.rows(
        "SELECT order_id FROM orders WHERE trade_id = ? AND cause >= ? ORDER BY 1", p["trade_id"], seq
    )
    return {
        "signal": f"s{seq}",
        "outcome": p["outcome"],
        "pair": view.pair(p["instrument_id"]),
        "strategy": view.strategy(p["mandate_id"]),
        "trade": trade_of(view, t) if t else None,
        "orders": [row["order_id"] for row in placed],
        "units": view.units,
        "story": sorted(story, key=lambda each: int(each["row"])),
    }


def later_lines(view: AccountView, trade: Row, seq: int) -> Story:
    """What became of a signal's trade."""
    kinds = "('dropped', 'entered', 'exiting', 'closed', 'rejected', 'liquidated')"
    found = view.rows(
        f"SELECT * FROM notes WHERE trade_id = ? AND seq > ? AND kind IN {kinds} ORDER BY seq",
        trade["trade_id"],
        seq,
    )
    story = []
    for n in found:
        told = n["reason"].replace("_", " ")
        what = f"Trade {n['trade_id']}: {n['kind']}" + (f", {told}" if told else "")
        story.append(line(n["seq"], n["time_ns"], f"{what}.", note=n["kind"]))
    return story


def signals_data(view: AccountView, every: bool, limit: int) -> list[dict[str, Any]]:
    """The last signals that led to no order, or not to all that was wanted; newest first."""
    where = "1" if every else STOPPED
    return [
        {
            "signal": f"s{p['seq']}",
            "time": instant(p["time_ns"]),
            "pair": view.pair(p["instrument_id"]),
            "strategy": view.strategy(p["mandate_id"]),
            "wants": " or ".join(word for word in ("long", "short") if p[word])
            or ("out" if p["leave"] else ""),
            "outcome": p["outcome"],
            "stopped_by": stopped_by(view, p),
            "trade": p["trade_id"] or None,
        }
        for p in view.rows(f"SELECT * FROM plans WHERE {where} ORDER BY seq DESC LIMIT ?", limit)
    ]


def stopped_by(view: AccountView, p: Row) -> dict[str, Any] | None:
    """Rule, value and limit of what stopped a signal, or a part of it, at once."""
    kind = "dropped" if p["outcome"] == "dropped" else "denied"
    note = view.one(
        "SELECT * FROM notes WHERE seq = ? AND mandate_id = ? AND kind = ? ORDER BY number",
        p["seq"], p["mandate_id"], kind,
    )  # fmt: skip
    return measured(view, note) if note is not None else None
