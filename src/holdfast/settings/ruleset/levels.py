"""The levels that a limit draws, as pure arithmetic. What holds from moment to moment is the core's business."""

from __future__ import annotations

from decimal import Decimal

from holdfast.settings.ruleset.floors import Amount, Anchor, FloorLimit, Limit, Lock
from holdfast.settings.ruleset.guard import Guard, Ladder

HUNDRED = Decimal(100)


def money(amount: Amount, initial: Decimal, anchor: Decimal) -> Decimal:
    """An amount in the account's currency. A share of `balance` or `capital` is taken of the anchor's value."""
    if amount.abs is not None:
        return amount.abs
    assert amount.pct is not None
    return amount.pct * (initial if amount.of == "initial" else anchor) / HUNDRED


def floor_level(limit: FloorLimit, initial: Decimal, anchor: Decimal) -> Decimal:
    """The floor for a sampled anchor: the highest of the limit's own reading and its strict alternates.

    `anchor` is the value that was sampled for the limit's anchor; a reading that hangs from the initial balance takes
    `initial` instead. A ratchet compares with the floor before, which only the core knows.
    """
    levels = [_level(limit.anchor, limit.amount, limit.lock, initial, anchor)]
    for other in limit.strict_alternates:
        hung, amount = other.anchor or limit.anchor, other.amount or limit.amount
        levels.append(_level(hung, amount, other.lock or limit.lock, initial, anchor))
    return max(levels)


def _level(hung: Anchor, amount: Amount, lock: Lock | None, initial: Decimal, anchor: Decimal) -> Decimal:
    start = initial if hung.quantity == "initial" else anchor
    level = start - money(amount, initial, start)
    if lock is not None and lock.level is not None:
        return min(level, initial + lock.level.plus)
    return level


def ladder_of(limit: Limit, guard: Guard) -> Ladder | None:
    """The guard ladder before a limit; None where there is none."""
    return {
        "daily": guard.daily_ladder_pct_of_allowance,
        "total": guard.total_ladder_pct_of_allowance,
        "off": None,
    }[limit.ladder_name]


def rungs(ladder: Ladder, anchor: Decimal, floor: Decimal) -> dict[str, Decimal]:
    """Where each rung lies between anchor and floor."""
    allowance = anchor - floor
    return {name: anchor - allowance * pct / HUNDRED for name, pct in ladder}
