"""Phases, days, shares and windows in sentences."""

from __future__ import annotations

from decimal import Decimal

from holdfast.settings.ruleset.days import Consistency, Counter, Phase, Target
from holdfast.settings.ruleset.windows import Window

ACTS = {
    "open": "opening",
    "close": "closing",
    "fill_protective": "fills of stops and targets",
    "modify": "changes",
    "rest_entry": "resting entries",
    "hold": "holding",
}
AROUND = {
    "news": "news",
    "weekend": "the weekend",
    "session_end": "the end of the session",
    "market_break": "a break of the market",
    "payout": "the end of a payout cycle",
}


def counter_words(counter: Counter) -> str:
    """Which days count."""
    does = "opened" if counter.qualifies.event == "open" else "closed"
    least = counter.qualifies.min_realised
    if least is None:
        gain = ""
    else:
        net = f" net of {' and '.join(counter.qualifies.net_of)}" if counter.qualifies.net_of else ""
        much = f"{least.abs:,}" if least.abs is not None else f"{least.pct} % of the initial balance"
        gain = f" and that brings {much} or more{net}"
    over = f", over {counter.days} days" if counter.days else ""
    return f"a day counts on which a position is {does}{gain}{over}."


def phase_words(phase: Phase, start: Decimal | None, currency: str) -> str:
    """What ends a phase."""
    parts = []
    if phase.target is not None:
        parts.append(f"ends when {target_words(phase.target, start, currency)}")
    if phase.min_days is not None:
        parts.append(f"needs {phase.min_days.count} days of {phase.min_days.counter}")
    if phase.next:
        parts.append(f"then comes {phase.next}")
    return (", ".join(parts) or "has no target") + "."


def target_words(target: Target, start: Decimal | None, currency: str) -> str:
    """A target as the level that has to be reached, where the start is known."""
    flat = ", all positions closed" if target.require_flat else ""
    if start is None:
        share = f"{target.pct} %" if target.pct is not None else f"{target.abs:,} {currency}"
        return f"{target.observed} has grown by {share}{flat}"
    gain = target.abs if target.abs is not None else start * (target.pct or 0) / 100
    return f"{target.observed} reaches {start + gain:,.2f} {currency}{flat}"


def consistency_words(share: Consistency) -> str:
    """The largest share of profit."""
    what, of = share.share_of.replace("_", " "), share.denominator.replace("_", " ")
    then = "trading goes on until it is" if share.consequence == "extend" else "no payout until it is"
    return f"at the {share.when} the {what} is at most {share.max_pct} % of the {of}; {then}."


def window_words(window: Window, extra_s: int) -> str:
    """What is forbidden, and when."""
    around = AROUND[window.kind]
    if not window.forbids:
        return f"{around}: nothing is forbidden."
    acts = ", ".join(ACTS[each] for each in window.forbids)
    at = f" ({window.at} {window.zone})" if window.at else ""
    least = f" of {window.min_break_min} min or more" if window.min_break_min else ""
    extra = f", {extra_s} s more on our side" if extra_s and window.kind == "news" else ""
    return f"no {acts} {_span(window)} {around}{least}{at}{extra}{_exempt(window)}."


def _span(window: Window) -> str:
    after = f" to {window.after_s} s after" if window.after_s else ""
    return f"from {window.before_s} s before{after}" if window.before_s or after else "during"


def _exempt(window: Window) -> str:
    if window.exempt is None or window.exempt.opened_before_min is None:
        return ""
    return f"; trades opened more than {window.exempt.opened_before_min} min before are exempt"
