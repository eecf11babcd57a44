"""A rule that restrains a scope, until its condition ends, its time passes, or a person resets it."""

from __future__ import annotations

from holdfast.model.enums import Rule, Scope, Severity
from holdfast.records import record


@record
class Trip:
    """One restraint. The severity of a scope is the worst of its trips."""

    rule: Rule  # NONE: a free row
    index: int  # which one of its kind, such as the floor's row
    scope: Scope
    scope_id: int
    severity: Severity
    multiplier: int  # rate of sizes under REDUCED; 0 = half
    latched: bool  # only a reset leads out; users know it as the kill switch
    since_ns: int
    until_ns: int  # 0 = until its rule lifts it
    entries_gone: bool  # FLATTENING: nothing can grow the scope any more
    flat: bool  # FLATTENING: nothing of the scope is held or at work any more
    until_day: bool  # lifted by the next day boundary
    value: int
    limit: int
