"""What the promotion gate decided at the last start of an account, and what it would decide now, as data."""

from __future__ import annotations

from holdfast.errors import SettingsError
from holdfast.settings.promotion import Promotion
from holdfast.wiring.account.promotion import Told
from holdfast.wiring.account.view import AccountView, instant
from holdfast.wiring.promotion.gate import deciding


def promotion_data(view: AccountView, name: str) -> Told:
    """Each pair with what the last start decided, and what the next one would by the evidence of now."""
    told, traded = view.remark("promotion"), view.remark("traded")
    if not told or told.get("off") == []:
        raise SettingsError(
            f"The account {name} has no promotion gate.",
            "Give its settings a `promotion` block that names the account whose trades count.",
        )
    if "off" in told:
        return {"account": name, "gate": "off", "pairs": []}
    now_ns = int(view.meta["time_ns"])
    rules = Promotion.model_validate(told["rules"] | {"evidence": told["evidence"]["folder"]})
    decision = deciding(rules, traded, view.folder)(now_ns)
    later = {verdict.mandate_id: verdict.told for verdict in decision.verdicts}
    return {
        "account": name,
        "gate": "on",
        "decided": instant(told["time_ns"]),
        "rules": told["rules"],
        "evidence": told["evidence"],
        "evidence_now": decision.about["evidence"],
        "pairs": [each | {"now": later[int(number)]} for number, each in told["pairs"].items()],
    }
