"""The one primitive of every loss limit: a floor that hangs an amount under an anchor (risk.md 2)."""

from __future__ import annotations

from holdfast.model.enums import AmountOf, Consequence, Quantity, Sample, Scope
from holdfast.model.units import READINGS
from holdfast.records import Rows, record, rows


@record
class Reading:
    """One reading of the amount; where a rule book allows several, the strictest counts."""

    of: AmountOf
    rate: int
    absolute: int  # money


@record
class Ladder:
    """Our own margins inside a floor, in shares of its allowance; 0 = no such rung."""

    warn: int
    reduce: int
    block: int
    flatten: int
    multiplier: int  # of sizes from the reduce rung on
    resumes: bool  # flattened within a day, it may trade again on the next
    latches: bool  # the flatten rung stays until a person resets it
    holds: bool  # what is open is left alone; only new exposure is blocked


@record
class Floor:
    """A rule and where it stands. Money in 1e-8; everything below `anchor` is state."""

    rule_id: int  # its name is outside
    scope: Scope  # ACCOUNT, STRATEGY or CLASS
    scope_id: int
    quantity: Quantity  # what the anchor is
    sample: Sample
    observed: Quantity
    ratchet: bool  # the level never falls
    own: bool  # ours, not a firm's: a person may accept the loss and have it measured anew
    consequence: Consequence
    initial: int  # what "of initial" means
    locks: bool
    lock_level: int  # the level never rises above it
    window_ns: int  # ROLLING
    bucket_ns: int
    reading_count: int
    readings: Rows[Reading] = rows(READINGS)
    ladder: Ladder
    anchor: int
    level: int
    previous_level: int  # of the day before, in force until the day's last candidate boundary
    sampled_at_ns: int
    reconstructed: bool  # the anchor was worked out afterwards, as an upper bound
    rung: int  # reached: 1 warn, 2 reduce, 3 block, 4 flatten
    breached_at_ns: int  # 0 = never
    breach_sequence: int
    breach_value: int
    nearest: int  # least distance of what is observed to the level so far
    nearest_at_ns: int
    triggered: int  # rungs and breaches so far
    last_value: int
    first_bucket: int  # of the pool
    bucket_count: int
    head: int  # deque of falling highs
    length: int


@record
class Bucket:
    """The highest equity of one stretch of a rolling window, by the number of the stretch."""

    number: int
    high: int
