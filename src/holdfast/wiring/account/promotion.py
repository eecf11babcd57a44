"""What the promotion gate said at a start of an account, in words."""

from __future__ import annotations

from typing import Any

from holdfast.wiring.account.names import Names

SHOWN = 5  # pairs named in one sentence
Told = dict[str, Any]


def reason_before(view: Names, mandate_id: int, seq: int) -> str:
    """Why the gate held a pair back when a row was written."""
    told = view.remark("promotion", seq).get("pairs", {}).get(str(mandate_id))
    return str(told["reason"]) if told else ""


def summary_of(told: Told) -> Told | None:
    """Who may open trades and who may not; None where there is no gate, and none was taken out at the last start."""
    if not told or told.get("off") == []:
        return None
    pairs = list(told.get("pairs", {}).values())
    return {
        "gate": "off" if "off" in told else "on",
        "evidence": told.get("evidence"),
        "pairs": len(pairs),
        "may_open": sum(each["may_open"] for each in pairs),
        "forced": [name_of(each) for each in pairs if each["forced"]],
        "held_back": [{"pair": name_of(each), "reason": each["reason"]} for each in pairs if not each["may_open"]],
    }  # fmt: skip


def name_of(pair: Told) -> str:
    """A strategy on an instrument."""
    return f"{pair['strategy']} on {pair['pair']}"


def short_text(summary: Told) -> str:
    """One line."""
    if summary["gate"] == "off":
        return "taken out of the settings: every pair may open trades"
    forced = f"; FORCED without evidence: {', '.join(summary['forced'])}" if summary["forced"] else ""
    who = summary["evidence"]["account"]
    return (
        f"{summary['may_open']} of {summary['pairs']} pairs may open trades, by the evidence of {who}{forced}"
    )


def long_text(summary: Told) -> str:
    """A sentence or two, with why the others may not."""
    held = [f"{each['pair']} ({each['reason']})" for each in summary["held_back"]]
    more = f" and {len(held) - SHOWN} more" if len(held) > SHOWN else ""
    may_not = f" Nothing new on {', '.join(held[:SHOWN])}{more}." if held else ""
    return f"Promotion: {short_text(summary)}.{may_not}"
