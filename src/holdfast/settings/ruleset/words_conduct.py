"""Size, leverage, manners, activity and payouts in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from holdfast.settings.ruleset.base import Sourced
from holdfast.settings.ruleset.conduct import Conduct, Exposure, MinHold, Payout, Stance
from holdfast.settings.ruleset.ruleset import Ruleset

Told = tuple[str, Sourced | None, str]
HABITS = {
    "bracket_news": "stop orders on both sides of news",
    "hedge_same_symbol": "long and short in one instrument",
    "opposite_across_accounts": "opposite positions on connected accounts",
    "martingale": "adding to a loser",
    "automation": "trading by a program",
}


def conduct_lines(ruleset: Ruleset) -> Iterator[Told]:
    """(path, part, sentence) of everything beside losses, days and windows."""
    yield from _exposure(ruleset.exposure)
    yield from _conduct(ruleset.conduct)
    if ruleset.inactivity is not None:
        idle = ruleset.inactivity
        alert = f"; alert on day {idle.alert_at}" if idle.alert_at else ""
        what = idle.event.replace("_", " ")
        yield "inactivity", idle, f"{idle.days} days without a {what} close the account{alert}."
    if ruleset.payout is not None:
        yield "payout", ruleset.payout, _payout(ruleset.payout, ruleset.account.currency)
    if ruleset.attest:
        yield "attest", None, f"you promise: {', '.join(each.replace('_', ' ') for each in ruleset.attest)}."


def _exposure(exposure: Exposure) -> Iterator[Told]:
    if exposure.leverage:
        each = ", ".join(f"{name} 1:{most}" for name, most in exposure.leverage.items())
        yield "exposure.leverage", exposure, f"leverage at most {each}."
    if exposure.max_lots is not None:
        yield "exposure.max_lots", exposure.max_lots, _lots(exposure)
    if exposure.contracts_ladder:
        steps = ", ".join(
            f"{each.max}" + (f" below {each.until_equity:,}" if each.until_equity else "")
            for each in exposure.contracts_ladder
        )
        yield "exposure.contracts_ladder", exposure, f"contracts at most {steps}."


def _lots(exposure: Exposure) -> str:
    caps = exposure.max_lots
    assert caps is not None
    if caps.unknown:
        return f"largest size is unknown; assumed: {caps.assume}."
    parts: dict[str, Mapping[str, Decimal] | None] = {
        "in one order": caps.per_order,
        "in one instrument": caps.per_symbol,
        "in all": caps.total,
        "a day": caps.per_day,
    }
    said = [
        f"{most} lots {where}{'' if name == 'all' else f' ({name})'}"
        for where, table in parts.items()
        for name, most in (table or {}).items()
    ]
    return f"at most {', '.join(said)}."


def _conduct(conduct: Conduct) -> Iterator[Told]:
    stop = conduct.require_broker_sl
    if stop is not None:
        when = f"within {stop.within_s} s of the fill" if stop.within_s else "in the order itself"
        what = "a stop and a target" if stop.take_profit else "a stop"
        yield "conduct.require_broker_sl", conduct, f"{what} at the venue {when}."
    if conduct.min_hold is not None:
        yield "conduct.min_hold", conduct, _hold(conduct.min_hold)
    if conduct.simultaneous_entries is not None:
        gap = conduct.simultaneous_entries
        most = f", at most {gap.max_per_second} a second" if gap.max_per_second else ""
        yield "conduct.simultaneous_entries", conduct, f"entries at least {gap.min_gap_ms} ms apart{most}."
    for name, words in HABITS.items():
        habit: Stance | None = getattr(conduct, name)
        if habit is not None:
            taken = f" (unknown, taken as {habit.in_force})" if habit.value == "unknown" else ""
            yield f"conduct.{name}", habit, f"{words} is {habit.in_force}{taken}."
    yield from _counts(conduct)


def _counts(conduct: Conduct) -> Iterator[Told]:
    if conduct.max_adds_to_loser is not None:
        yield (
            "conduct.max_adds_to_loser",
            conduct,
            f"at most {conduct.max_adds_to_loser} positions added to a loser.",
        )
    if conduct.requests_per_day is not None:
        yield "conduct.requests_per_day", conduct, f"at most {conduct.requests_per_day:,} requests a day."
    if conduct.open_orders_max is not None:
        yield "conduct.open_orders_max", conduct, f"at most {conduct.open_orders_max:,} orders at work."
    gap = conduct.gap_trading
    if gap is not None:
        news = ", nor right before major news" if gap.no_open_right_before_major_news else ""
        words = f"no opening in the {gap.no_open_before_break_min} min before a break of {gap.break_min} min or more"
        yield "conduct.gap_trading", conduct, f"{words}{news}."


def _hold(hold: MinHold) -> str:
    parts = []
    if hold.median_s is not None:
        parts.append(f"the median trade lasts {hold.median_s} s or more")
    if hold.average_s is not None:
        parts.append(f"the average trade lasts {hold.average_s} s or more")
    if hold.share_under is not None:
        parts.append(f"at most {hold.share_under.max_pct} % of trades last under {hold.share_under.s} s")
    if hold.profit_share_over is not None:
        over = hold.profit_share_over
        parts.append(f"at least {over.min_pct} % of the profit comes from trades over {over.s} s")
    return "; ".join(parts) + "."


def _payout(payout: Payout, currency: str) -> str:
    parts = []
    if payout.first_after_days is not None:
        parts.append(f"first after {payout.first_after_days} days")
    if payout.every_days is not None:
        parts.append(f"then every {payout.every_days} days")
    if payout.min is not None:
        parts.append(f"at least {payout.min:,} {currency}")
    if payout.min_pct is not None:
        parts.append(f"at least {payout.min_pct} % of the initial balance")
    if payout.split_pct is not None:
        top = f" to {payout.split_pct_max} %" if payout.split_pct_max else ""
        parts.append(f"{payout.split_pct} %{top} of the profit is ours")
    if payout.min_days is not None:
        parts.append(f"after {payout.min_days.count} days of {payout.min_days.counter}")
    if payout.close_before_cycle_end_min is not None:
        parts.append(f"flat {payout.close_before_cycle_end_min} min before a cycle ends")
    return (", ".join(parts) or "no figures are known") + "."
