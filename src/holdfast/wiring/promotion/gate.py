"""The promotion gate: which pairs of an account may open trades, by what another account has shown on paper.

Only entries are asked: what is held stays managed and every close passes. No evidence is no promotion, whatever the
reason; what trades without it is named in the settings and said wherever the account is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from holdfast.errors import SettingsError, did_you_mean
from holdfast.operations.promoting import Decision, Gate, Verdict
from holdfast.reports.wording import percent, ratio
from holdfast.settings.promotion import Promotion
from holdfast.strategies.parameters import names_pair
from holdfast.wiring.prepared import Prepared
from holdfast.wiring.promotion.evidence import Evidence, Record, read_evidence, record_of
from holdfast.wiring.traded import traded_of


def gate_of(prepared: Prepared, own: Path) -> Gate | None:
    """Asked at each start for that instant; None where the settings have no gate."""
    rules = prepared.settings.promotion
    if rules is None:
        return None
    traded = traded_of(prepared)
    forced_of(rules, traded)  # a name that is wrong stops the start before anything is touched
    return deciding(rules, traded, own)


def deciding(rules: Promotion, traded: dict[str, Any], own: Path) -> Callable[[int], Decision]:
    """The gate over what an account trades; its folder tells where accounts are."""

    def decide(now_ns: int) -> Decision:
        evidence = read_evidence(rules.evidence, own)
        forced = forced_of(rules, traded)
        verdicts = tuple(
            verdict_of(
                int(number), told | {"terms": traded["terms"]}, evidence, rules, now_ns, number in forced
            )
            for number, told in traded["mandates"].items()
        )
        evidence.close()
        return Decision({"evidence": evidence.data(), "rules": rules.model_dump(mode="json")}, verdicts)

    return decide


def forced_of(rules: Promotion, traded: dict[str, Any]) -> set[str]:
    """Numbers of the pairs that the settings force; SettingsError for a name that no pair has."""
    found: set[str] = set()
    for name in rules.force:
        strategy, _, pair = name.partition(" on ")
        meant = {
            number
            for number, told in traded["mandates"].items()
            if told["strategy"] == strategy.strip()
            and pair.strip()
            and names_pair(pair.strip(), told["pair"])
        }
        if not meant:
            known = [f"{told['strategy']} on {told['pair']}" for told in traded["mandates"].values()]
            raise SettingsError(f"promotion.force: no pair is named {name!r}.", did_you_mean(name, known))
        found |= meant
    return found


def verdict_of(
    number: int, wanted: dict[str, Any], evidence: Evidence, rules: Promotion, now_ns: int, forced: bool
) -> Verdict:
    """Whether one pair may open trades, and why."""
    record = record_of(evidence, wanted, now_ns)
    lacking = lacking_of(evidence, record, rules)
    promoted = not lacking
    told = {
        "strategy": wanted["strategy"], "pair": wanted["pair"], "promoted": promoted,
        "forced": forced and not promoted, "may_open": promoted or forced,
        "reason": shown(record) if promoted else "; ".join(lacking),
    }  # fmt: skip
    return Verdict(number, promoted or forced, told | {"record": record.data()})


def lacking_of(evidence: Evidence, record: Record, rules: Promotion) -> list[str]:
    """Every condition that does not hold, in words and numbers; empty: promoted."""
    if evidence.trouble:
        return [f"no evidence: {evidence.trouble.removesuffix('.')}"]
    if record.never:
        return [f"no evidence: {evidence.name} has not traded it"]
    if not record.trades and record.difference:
        return [f"no evidence: not what {evidence.name} traded: {record.difference}"]
    found = []
    if record.trades < rules.trades_min:
        found.append(f"{record.trades} of {rules.trades_min} trades{left_out(record)}")
    if record.trades == 0:
        return found
    if record.share <= rules.return_above:
        found.append(f"net return {percent(record.share, 2, True)}, not above {percent(rules.return_above)}")
    factor = record.profit_factor
    if factor is not None and factor < rules.profit_factor_min:
        found.append(f"profit factor {ratio(factor)} < {ratio(rules.profit_factor_min)}")
    if record.days < rules.days_min:
        found.append(f"{record.days:.1f} of {rules.days_min:g} days")
    if record.age_days > rules.max_age_days:
        found.append(f"{record.age_days:.1f} days old, more than {rules.max_age_days:g}")
    return found


def left_out(record: Record) -> str:
    """Trades that do not count, in brackets."""
    told = [f"{record.later} more are later than this account's own time"] if record.later else []
    told += [f"{record.others} more were traded otherwise"] if record.others else []
    return f" ({', '.join(told)})" if told else ""


def shown(record: Record) -> str:
    """What promotes."""
    factor = (
        "nothing lost" if record.profit_factor is None else f"profit factor {ratio(record.profit_factor)}"
    )
    return f"{record.trades} trades in {record.days:.1f} days, net return {percent(record.share, 2, True)}, {factor}"
