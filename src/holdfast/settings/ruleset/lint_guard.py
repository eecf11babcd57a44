"""Lint of our margins: no rung looser than the firm, room enough to get out."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from holdfast.settings.ruleset.case import Case
from holdfast.settings.ruleset.finding import Finding
from holdfast.settings.ruleset.floors import IdeaLoss
from holdfast.settings.ruleset.guard import Ladder
from holdfast.settings.ruleset.levels import HUNDRED, ladder_of, money
from holdfast.settings.ruleset.lint_limits import floors

LADDERS = ("daily_ladder_pct_of_allowance", "total_ladder_pct_of_allowance")


def rungs_at_the_limit(case: Case) -> Iterator[Finding]:
    """At 100 % of the allowance the firm has closed the account already."""
    for stage in case.stages:
        for ladder in LADDERS:
            for name, pct in getattr(stage.guard, ladder):
                if pct >= 100:
                    problem = (
                        f"the rung {name} at {pct} % of the allowance is no tighter than the limit itself."
                    )
                    yield case.error(f"guard.{ladder}.{name}", problem, "Put it below 100.")


def rungs_out_of_order(case: Case) -> Iterator[Finding]:
    """Each rung lies beyond the one before."""
    for stage in case.stages:
        steps = {name: list(getattr(stage.guard, name)) for name in LADDERS}
        if stage.guard.margin_ladder is not None:
            steps["margin_ladder"] = list(stage.guard.margin_ladder)
        for ladder, rungs in steps.items():
            for (before, low), (name, high) in pairwise(rungs):
                if high <= low:
                    problem = f"the rung {name} at {high} % does not lie beyond {before} at {low} %."
                    yield case.error(f"guard.{ladder}.{name}", problem, "Let the rungs rise.")


def no_ladder(case: Case) -> Iterator[Finding]:
    """Before a firm's limit stands a ladder; own limits may be their own."""
    if case.ruleset.account.capital is not None:
        return
    for each in case.ruleset.limits:
        if each.ladder == "off" or (each.scope != "account" and each.ladder is None):
            problem = f"no rung of ours stands before the firm's limit {each.id!r}."
            yield case.error(f"limits.{each.id}", problem, "Write `ladder: daily` or `ladder: total`.")


def no_headroom(case: Case) -> Iterator[Finding]:
    """What would cross a firm's floor with every stop hit at once is refused; only own money may do without."""
    if case.ruleset.account.capital is None and case.ruleset.guard.headroom_reserve is None:
        problem = "entries are not held against the firm's floors with every stop hit at once."
        yield case.error("guard.headroom_reserve", problem, "Leave `headroom_reserve: null` out.")


def looser_quota(case: Case) -> Iterator[Finding]:
    """Our quota of messages is not above the firm's."""
    for stage in case.stages:
        ours, firm = stage.guard.messages.per_day, stage.conduct.requests_per_day
        if ours is not None and firm is not None and ours > firm:
            problem = f"our quota of {ours} messages a day is looser than the firm's {firm}."
            yield case.error("guard.messages.per_day", problem, f"Put it at {firm} or below.")


def looser_leverage(case: Case) -> Iterator[Finding]:
    """Our cap on leverage is not above all that the firm gives."""
    for stage in case.stages:
        ours, firm = stage.guard.max_gross_leverage, max(stage.exposure.leverage.values(), default=None)
        if ours is not None and firm is not None and ours > firm:
            problem = f"our leverage cap of {ours} is looser than the firm's {firm}."
            yield case.error("guard.max_gross_leverage", problem, f"Put it at {firm} or below.")


def looser_idea(case: Case) -> Iterator[Finding]:
    """The risk of one trade fits under the firm's loss of one idea."""
    for stage in case.stages:
        caps = [each for each in stage.limits if isinstance(each, IdeaLoss) and each.amount.pct is not None]
        for name, risk in stage.guard.risk_per_trade_pct or ():
            for each in caps:
                if risk is not None and risk >= (each.amount.pct or 0):
                    problem = (
                        f"{risk} % risk in one trade is no tighter than {each.id!r} at {each.amount.pct} %."
                    )
                    yield case.error(f"guard.risk_per_trade_pct.{name}", problem, "Lower it.")


def looser_open_risk(case: Case) -> Iterator[Finding]:
    """All stops together stay within what the firm lets us lose: more than that is no cap."""
    initial = case.ruleset.account.initial_balance
    if initial is None or case.ruleset.account.capital is not None:
        return
    for stage in case.stages:
        rooms = [(money(each.amount, initial, initial), each.id) for each in floors(stage)]
        for name, pct in stage.guard.max_open_risk_pct:
            for room, limit in rooms:
                if pct is not None and pct * initial / HUNDRED > room:
                    problem = f"{pct} % open risk is looser than {limit!r}, which allows {room:,.2f}."
                    yield case.error(
                        f"guard.max_open_risk_pct.{name}", problem, f"At most {room * HUNDRED / initial:.4g}."
                    )


def short_reentry_lock(case: Case) -> Iterator[Finding]:
    """A re-entry so soon would count as the same idea."""
    for stage in case.stages:
        for each in stage.limits:
            if isinstance(each, IdeaLoss) and each.merge.reentry_within_s > stage.guard.reentry_lock_min * 60:
                least = -(-each.merge.reentry_within_s // 60)
                problem = f"re-entries after {stage.guard.reentry_lock_min} min still count to {each.id!r}."
                yield case.warning("guard.reentry_lock_min", problem, f"Write {least} or more.")


def room_to_get_out(case: Case) -> Iterator[Finding]:
    """From the flatten rung to the floor there is room for what leaving costs at the largest exposure."""
    initial, exposure = case.ruleset.account.initial_balance, case.facts.max_exposure
    if initial is None or exposure is None:
        return
    for stage in case.stages:
        if stage.guard.flatten_cost_model is None:
            continue
        cost = exposure * stage.guard.flatten_cost_model.total_pct / HUNDRED
        for each in floors(stage):
            ladder = ladder_of(each, stage.guard)
            room = money(each.amount, initial, initial) * _left(ladder) / HUNDRED
            if ladder is not None and room < cost:
                problem = (
                    f"from the flatten rung to {each.id!r} there is room for {room:,.2f}, and leaving "
                    f"{exposure:,} costs {cost:,.2f}."
                )
                path = f"guard.{each.ladder_name}_ladder_pct_of_allowance.flatten"
                yield case.error(path, problem, "Flatten earlier, or allow less exposure.")


def _left(ladder: Ladder | None) -> Decimal:
    return HUNDRED - ladder.flatten if ladder else Decimal(0)


CHECKS = (
    rungs_at_the_limit,
    rungs_out_of_order,
    no_ladder,
    no_headroom,
    looser_quota,
    looser_leverage,
    looser_idea,
    looser_open_risk,
    short_reentry_lock,
    room_to_get_out,
)
