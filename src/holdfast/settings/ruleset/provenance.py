"""Where each rule comes from: said beside it, or in the file's `sources` by the longest path that fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from holdfast.settings.ruleset.base import Confidence, Sourced
from holdfast.settings.ruleset.ruleset import Ruleset


@dataclass(frozen=True)
class Provenance:
    """Who says so, when that was read, and how sure it is; None where nobody said."""

    url: str | None
    as_of: date
    confidence: Confidence | None


def provenance(ruleset: Ruleset, path: str, part: Sourced | None = None) -> Provenance:
    """Where the figures at a dotted path come from; what stands beside them goes before `sources`."""
    fits = [each for each in ruleset.sources if f"{path}.".startswith(f"{each.field}.")]
    best = max(fits, key=lambda each: len(each.field), default=None)
    url = (part.source if part else None) or (best.url if best else None)
    as_of = (part.as_of if part else None) or (best.as_of if best else None) or ruleset.version
    confidence = (part.confidence if part else None) or (best.confidence if best else None)
    return Provenance(url, as_of, confidence)


def rules_of(ruleset: Ruleset) -> Iterator[tuple[str, Sourced]]:
    """(dotted path, rule) of everything that needs a source."""
    for family in ("limits", "counters", "consistency", "windows", "phases"):
        for rule in getattr(ruleset, family):
            yield f"{family}.{rule.id}", rule
    for block in ("exposure", "conduct", "inactivity", "payout"):
        part = getattr(ruleset, block)
        if part is not None and part != type(part).model_construct():
            yield block, part
