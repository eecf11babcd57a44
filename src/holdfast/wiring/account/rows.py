"""What an account holds, has at work and has done, as plain data: positions, orders, trades."""

from __future__ import annotations

from typing import Any

from holdfast.runtime.names import name_of
from holdfast.wiring.account.names import Row
from holdfast.wiring.account.protection import protection_of
from holdfast.wiring.account.view import AccountView, instant, money

WORKING = "status NOT IN ('filled', 'canceled', 'expired', 'rejected', 'denied', 'expired_unsent', 'absent', 'ghost')"
STANDING = "status IN ('live', 'partial')"  # the venue has said that it holds it
ENDED = "status IN ('closed', 'dropped')"


def positions_data(view: AccountView) -> list[dict[str, Any]]:
    """Everything held, with what stands at the venue to protect it."""
    return [
        position_of(view, row)
        for row in view.rows("SELECT * FROM trades WHERE quantity > 0 ORDER BY opened_ns")
    ]


def position_of(view: AccountView, t: Row) -> dict[str, Any]:
    """One position: a trade that holds something."""
    i, quantity = t["instrument_id"], t["quantity"]
    mark = view.one("SELECT * FROM marks WHERE instrument_id = ? AND side = ?", i, t["side"])
    whole = (
        mark is not None and mark["quantity"] == quantity
    )  # a mark from before the last fill is of another size
    protection = protection_of(view, t["trade_id"])
    protected = min(quantity, protection.covered)
    bare_now, bare_ever = protection.seconds(int(view.meta["time_ns"]))
    return {
        "trade": t["trade_id"],
        "pair": view.pair(i),
        "strategy": view.strategy(t["mandate_id"]),
        "side": "long" if t["side"] > 0 else "short",
        "status": t["status"],
        "quantity": view.quantity(i, quantity),
        "entry_price": view.price(i, t["entry_value"] / quantity),
        "price": view.price(i, mark["bid"] if t["side"] > 0 else mark["ask"]) if mark else None,
        "profit": money(mark["unrealized"]) if mark and whole else None,
        "priced": instant(mark["time_ns"]) if mark else None,
        "stop_price": view.price(i, stop_of(view, t)),
        "wanted_stop_price": view.price(i, t["stop_price"]),
        "protected": view.quantity(i, protected),
        "unprotected": view.quantity(i, quantity - protected),
        "unprotected_s": round(bare_now, 3),
        "unprotected_total_s": round(bare_ever, 3),
        "risk": money(t["open_risk"]),
        "take_profit_price": view.price(i, t["take_profit_price"]) or next_target(view, t),
        "opened": instant(t["opened_ns"]),
        "tag": view.tag(t["tag"]),
    }


def stop_of(view: AccountView, trade: Row) -> int:
    """The price of the stop at the venue that is hit first; 0 where none of ours stands."""
    stops = [
        row["trigger_price"]
        for row in view.rows(
            f"SELECT trigger_price FROM orders WHERE trade_id = ? AND {STANDING} AND role = 'stop'",
            trade["trade_id"],
        )
    ]
    return (max(stops) if trade["side"] > 0 else min(stops)) if stops else 0


def next_target(view: AccountView, trade: Row) -> float | None:
    """The first target that is not done."""
    row = view.one(
        "SELECT price FROM legs WHERE trade_id = ? AND kind = 'target' AND NOT done AND price > 0 ORDER BY number",
        trade["trade_id"],
    )
    return view.price(trade["instrument_id"], row["price"]) if row else None


def orders_data(view: AccountView, every: bool, limit: int) -> list[dict[str, Any]]:
    """Orders at work, or the last ones whatever became of them; newest first."""
    where = "1" if every else WORKING
    found = view.rows(f"SELECT * FROM orders WHERE {where} ORDER BY epoch DESC, order_id DESC LIMIT ?", limit)
    return [order_of(view, row) for row in found]


def order_of(view: AccountView, o: Row) -> dict[str, Any]:
    """One order."""
    i = o["instrument_id"]
    return {
        "order": o["order_id"],
        "start": o["epoch"],
        "venue_name": name_of(o["epoch"], o["order_id"], i, o["side"]),
        "pair": view.pair(i),
        "strategy": view.strategy(o["mandate_id"]),
        "trade": o["trade_id"],
        "role": o["role"],
        "level": o["level"],
        "side": "buy" if o["side"] > 0 else "sell",
        "type": o["type"],
        "price": view.price(i, o["limit_price"] or o["trigger_price"]),
        "stop_price": view.price(i, o["stop_price"]),
        "quantity": view.quantity(i, o["quantity"]),
        "filled": view.quantity(i, o["filled"]),
        "average_price": view.price(i, o["filled_value"] / o["filled"]) if o["filled"] else None,
        "status": o["status"],
        "pending": o["pending"] or None,
        "refusal": refusal_of(view, o["refusal"]),
        "created": instant(o["created_ns"]),
        "ended": instant(o["ended_ns"]),
    }


def refusal_of(view: AccountView, number: int | None) -> str | None:
    """Why the venue refused, in its words where they are known."""
    return view.labels.get(f"refusals {number}", f"reason {number}") if number else None


def trades_data(view: AccountView, which: str, limit: int) -> list[dict[str, Any]]:
    """Trades that are `open` (armed ones too), `closed`, or `all`; newest first. Those never filled only under all."""
    where = {"open": f"NOT {ENDED}", "closed": "status = 'closed'", "all": "1"}[which]
    found = view.rows(f"SELECT * FROM trades WHERE {where} ORDER BY trade_id DESC LIMIT ?", limit)
    return [trade_of(view, row) for row in found]


def trade_of(view: AccountView, t: Row) -> dict[str, Any]:
    """One trade, net of fees and carry."""
    i, entries = t["instrument_id"], t["entry_quantity"]
    net = t["realized"] - t["fees"] + t["funding"] + t["rollover"]
    closed = t["status"] == "closed"
    return {
        "trade": t["trade_id"],
        "pair": view.pair(i),
        "strategy": view.strategy(t["mandate_id"]),
        "kind": t["kind"],
        "side": "long" if t["side"] > 0 else "short",
        "status": t["status"],
        "reason": (view.tag(t["exit_tag"]) if t["reason"] == "exit_signal" and t["exit_tag"] else t["reason"])
        or None,
        "tag": view.tag(t["tag"]),
        "armed": instant(t["armed_ns"]),
        "opened": instant(t["opened_ns"]),
        "ended": instant(t["ended_ns"]),
        "quantity": view.quantity(i, t["quantity_high"] if closed else t["quantity"]),
        "entry_price": view.price(i, t["entry_total"] / entries if entries else t["entry_price"]),
        "exit_price": view.price(i, t["exit_total"] / entries) if entries and closed else None,
        "stop_price": view.price(i, t["stop_price"]),
        "realized": money(t["realized"]),
        "fees": money(t["fees"]),
        "funding": money(t["funding"]),
        "rollover": money(t["rollover"]),
        "net": money(net),
        "r": net / t["initial_risk"] if closed and t["initial_risk"] > 0 else None,
    }
