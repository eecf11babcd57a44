"""One step of a story in words: what was asked, what was answered, what happened."""

from __future__ import annotations

import re
from typing import Any

from holdfast.journal.rows import from_json
from holdfast.reports.wording import price
from holdfast.wiring.account.names import Names, Row
from holdfast.wiring.account.rows import refusal_of
from holdfast.wiring.account.view import AccountView, instant


def line(seq: int, time_ns: int | None, what: str, **more: Any) -> dict[str, Any]:
    """One step of a story."""
    return {"row": seq, "time": instant(time_ns), "what": what} | more


def sentence(words: str) -> str:
    """Words with a large letter in front and a full stop."""
    return f"{words[:1].upper()}{words[1:]}."


def event_text(view: Names, event: Row) -> str:
    """What happened, in a few words."""
    told = from_json(event["told"].encode()) if event["told"] else {}
    pair = view.pair(event["instrument_id"])
    if event["kind"] == "Price":
        quotes = (price(view.price(event["instrument_id"], told.get(side))) for side in ("bid", "ask"))
        return "A price of {} came: bid {}, ask {}".format(pair, *quotes)
    if event["kind"] == "Plan":
        return (
            f"{view.strategy(event['mandate_id'])} said anew what it wants on {pair}, signal s{event['seq']}"
        )
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", event["kind"]).lower()
    return f"An event ({words}){f' of {pair}' if pair else ''} came"


def request_text(view: AccountView, o: Row, r: Row) -> str:
    """A request in words."""
    i = o["instrument_id"]
    side = "buy" if o["side"] > 0 else "sell"
    at = f" at {price(view.price(i, r['price']))}" if r["price"] else " at market"
    stop = f", stop {price(view.price(i, r['stop_price']))} inside" if r["stop_price"] else ""
    size = price(view.quantity(i, r["quantity"]))
    if r["kind"] == "place":
        return f"Requested: {side} {size} {view.pair(i)}, {o['type']}{at}{stop}."
    return f"Requested: {r['kind']}" + (f" to {size}{at}." if r["kind"] == "amend" else ".")


STEP_WORDS = {
    "release": "durable, may be sent",
    "send": "sent",
    "time_out": "its time to be sent had passed: never sent",
    "accept": "accepted by the venue",
    "cancel": "canceled",
    "expire": "expired at the venue",
    "reject": "rejected by the venue",
    "doubt": "in doubt: nobody knows whether the venue has it",
    "miss": "proved that the venue never had it",
}


def step_text(view: AccountView, step: Row) -> str:
    """What became of an order."""
    i = step.get("instrument_id") or order_instrument(view, step)
    told = refusal_of(view, step["refusal"])
    refusal = f" ({told})" if told else ""
    if step["status"] == "unknown":
        return f"told of {step['step'].replace('_', ' ')} once more, or too late: nothing changed"
    if step["step"] in ("fill", "complete"):
        filled = (
            f"filled {price(view.quantity(i, step['quantity']))} at {price(view.price(i, step['price']))}"
        )
        return (
            f"{filled}, {step['status']} now" if step["status"] in ("partial", "filled", "ghost") else filled
        )
    return str(STEP_WORDS.get(step["step"], step["step"])) + refusal


def order_instrument(view: AccountView, step: Row) -> int:
    """The instrument of a step's order."""
    found = view.one(
        "SELECT instrument_id FROM orders WHERE order_id = ? AND epoch = ?", step["order_id"], step["epoch"]
    )
    return found["instrument_id"] if found else 0
