"""Targets, days that count and shares of profit of a phase, as the core's challenge."""

from __future__ import annotations

from holdfast.errors import SettingsError
from holdfast.model.challenge import Challenge, Counter
from holdfast.model.enums import Attribution, Quantity
from holdfast.model.units import COUNTERS
from holdfast.settings.ruleset.days import Consistency, LeastProfit, Phase
from holdfast.settings.ruleset.days import Counter as CounterSettings
from holdfast.settings.ruleset.ruleset import Ruleset
from holdfast.wiring.ruleset.floors import money
from holdfast.wiring.units import rate

ATTRIBUTIONS = {
    "close_day": Attribution.CLOSE_DAY,
    "open_day": Attribution.OPEN_DAY,
    "equity_delta": Attribution.EQUITY_DELTA,
}
ANY_RESULT = -(1 << 60)  # a day counts whatever it brought


def challenge_of(ruleset: Ruleset, number: int, initial: int, guarded: bool) -> Challenge:
    """The phase that `resolve` left in the ruleset; without phases one that asks for nothing."""
    made = Challenge()
    made.phase, made.initial = number, initial
    for row, counter in enumerate(counters_of(ruleset), 1):
        set_counter(made.counters[row], counter, initial)
    if ruleset.phases:
        set_target(made, ruleset.phases[0], initial)
        set_days(made, ruleset)
    for share in ruleset.consistency:
        set_share(made, share)
    protection = ruleset.guard.profit_protection
    if guarded and protection is not None:
        made.missing_multiplier = rate(protection.target_days_missing_multiplier)
        made.give_back = rate((protection.give_back_pct or 0) / 100)
    return made


def counters_of(ruleset: Ruleset) -> tuple[CounterSettings, ...]:
    """Counters that fit the core's rows. Raises SettingsError."""
    if len(ruleset.counters) >= COUNTERS:
        raise SettingsError(
            f"{ruleset.id}: {len(ruleset.counters)} counters of days are more than {COUNTERS - 1}.",
            "Remove those that no phase asks for.",
        )
    return ruleset.counters


def set_target(made: Challenge, phase: Phase, initial: int) -> None:
    """The profit that ends the phase; none when funded."""
    target = phase.target
    if target is None:
        return
    profit = money(target.abs) if target.abs is not None else share_of(initial, target.pct or 0)
    made.target = initial + profit
    made.observed = Quantity.EQUITY if target.observed == "equity" else Quantity.BALANCE
    made.require_flat = target.require_flat


def set_days(made: Challenge, ruleset: Ruleset) -> None:
    """Days that the phase asks for."""
    asked = ruleset.phases[0].min_days
    if asked is None:
        return
    made.counter = [each.id for each in ruleset.counters].index(asked.counter) + 1
    made.days_needed = asked.count


def set_counter(row: Counter, counter: CounterSettings, initial: int) -> None:
    """What makes a day count. Costs count as soon as one of them does: net is never more than gross."""
    asks = counter.qualifies
    row.counts = True
    row.opening = asks.event == "open"
    row.attribution = ATTRIBUTIONS[asks.attribution]
    row.gross = not asks.net_of
    row.least = least_of(asks.min_realised, initial)


def least_of(least: LeastProfit | None, initial: int) -> int:
    """The least result of a day that counts."""
    if least is None:
        return ANY_RESULT
    return money(least.abs) if least.abs is not None else share_of(initial, least.pct or 0)


def set_share(made: Challenge, share: Consistency) -> None:
    """Shares that are asked for with the target; those of a payout are a person's to watch."""
    if share.when != "target":
        return
    if share.share_of == "best_day":
        made.best_day_share = rate(share.max_pct / 100)
    else:
        made.best_trade_share = rate(share.max_pct / 100)
    made.of_target = share.denominator == "target"


def share_of(initial: int, pct: object) -> int:
    """A percentage of the initial balance, rounded up: what has to be reached is never asked for a unit too low."""
    return -(-initial * rate(pct / 100) // 10**8)  # type: ignore[operator]
