"""Lint of limits: bases that exist, locks that make sense, limits that can bind."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from holdfast.settings.ruleset.case import Case
from holdfast.settings.ruleset.finding import Finding
from holdfast.settings.ruleset.floors import FloorLimit, Limit
from holdfast.settings.ruleset.ruleset import Ruleset


def floors(ruleset: Ruleset) -> list[FloorLimit]:
    """The limits that draw a floor."""
    return [each for each in ruleset.limits if isinstance(each, FloorLimit)]


def missing_initial(case: Case) -> Iterator[Finding]:
    """A share of the initial balance needs one."""
    if case.ruleset.account.initial_balance is not None:
        return
    for each in case.ruleset.limits:
        hung = isinstance(each, FloorLimit) and each.anchor.quantity == "initial"
        if hung or each.amount.of == "initial":
            problem = f"limit {each.id!r} is counted from an initial balance that the account does not name."
            yield case.error(f"limits.{each.id}.amount", problem, "Add `account.initial_balance`.")


def missing_capital(case: Case) -> Iterator[Finding]:
    """A share of allocated capital needs somebody to whom capital is allocated."""
    for each in case.ruleset.limits:
        hung = isinstance(each, FloorLimit) and each.anchor.quantity == "capital"
        if (hung or each.amount.of == "capital") and case.ruleset.account.capital is None:
            problem = f"limit {each.id!r} is counted from capital, and the account says nothing of capital."
            yield case.error(f"limits.{each.id}.amount", problem, "Add `account.capital: {base: equity}`.")


def loose_lock(case: Case) -> Iterator[Finding]:
    """A lock on a floor that does not trail would lower it."""
    for each in floors(case.ruleset):
        if each.lock is not None and each.lock.level is not None and each.anchor.ratchet == "none":
            problem = f"the lock of {each.id!r} would lower a floor that does not trail."
            yield case.error(f"limits.{each.id}.lock", problem, "Write `ratchet: up`, or remove the lock.")


def amount_above_lock(case: Case) -> Iterator[Finding]:
    """A floor at or below nothing protects nothing."""
    initial = case.ruleset.account.initial_balance
    for each in case.ruleset.limits:
        if initial is not None and each.amount.abs is not None and each.amount.abs >= initial:
            problem = f"limit {each.id!r} allows a loss of {each.amount.abs:,}, the whole account."
            yield case.error(f"limits.{each.id}.amount.abs", problem, "Correct the amount.")


def never_binds(case: Case) -> Iterator[Finding]:
    """A limit that a tighter one always precedes is a warning, unless it is a last resort on purpose."""
    told = set()
    for stage in case.stages:
        for each in floors(stage):
            tighter = next((other for other in floors(stage) if _precedes(other, each)), None)
            if tighter and not each.catastrophe and each.id not in told:
                told.add(each.id)
                problem = f"limit {each.id!r} can never bind: {tighter.id!r} is always reached first."
                yield case.warning(
                    f"limits.{each.id}", problem, "Remove one, or write `catastrophe: true` if it is meant."
                )


def _precedes(tight: FloorLimit, loose: FloorLimit) -> bool:
    """Whether `tight` is always reached first: the same anchor seen at least as far back, a smaller amount."""
    if tight is loose or (tight.scope, tight.classes, tight.observed) != (
        loose.scope, loose.classes, loose.observed,
    ):  # fmt: skip
        return False
    if tight.applies_if is not None or tight.clock != loose.clock:
        return False
    if (tight.anchor.quantity, tight.anchor.sample) != (loose.anchor.quantity, loose.anchor.sample):
        return False
    near, far = _size(tight), _size(loose)
    wide = _hours(tight) >= _hours(loose) and (tight.anchor.ratchet == "up" or loose.anchor.ratchet == "none")
    return near is not None and far is not None and near[0] == far[0] and wide and near[1] < far[1]


def _size(limit: Limit) -> tuple[str | None, Decimal] | None:
    amount = limit.amount
    return (amount.of, amount.pct) if amount.pct is not None else (None, amount.abs or Decimal(0))


def _hours(limit: FloorLimit) -> Decimal:
    return limit.anchor.window.hours if limit.anchor.window else Decimal(0)


def unreachable_classes(case: Case) -> Iterator[Finding]:
    """Limits of classes above the account's own: whatever the capital is divided into, the account stops first."""
    shares = [each for each in floors(case.ruleset) if each.amount.pct is not None]
    classes = [each for each in shares if each.scope != "account"]
    account = [each for each in shares if each.scope == "account" and not each.catastrophe]
    if not classes or not account:
        return
    cap = min(account, key=lambda each: each.amount.pct or 0)
    least = min(classes, key=lambda each: each.amount.pct or 0)
    if (least.amount.pct or 0) > (cap.amount.pct or 0):
        problem = (
            f"the limits of classes begin at {least.amount.pct} % and can never be reached together: "
            f"{cap.id!r} stops the account at {cap.amount.pct} %."
        )
        yield case.warning(f"limits.{least.id}", problem, "Lower them, or raise the account's limit.")


CHECKS = (
    missing_initial,
    missing_capital,
    loose_lock,
    amount_above_lock,
    never_binds,
    unreachable_classes,
)
