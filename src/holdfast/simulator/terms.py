"""What holds in each phase of a programme, and how it ended: filled before a run, read back after it."""

from __future__ import annotations

from holdfast.model.challenge import Challenge
from holdfast.model.events import CashFlow, FloorGiven, GuardGiven, LimitsSet, PhaseBegun
from holdfast.model.floor import Floor
from holdfast.model.guard import Guard
from holdfast.model.limits import Limits
from holdfast.model.units import CLASSES, FLOORS
from holdfast.records import Rows, record, rows

PHASES = 4  # one after the other in one run


@record
class Terms:
    """One phase. Once it is over, `challenge` and `floors` say how it ended."""

    begun_at_ns: int
    ended_at_ns: int
    floor_count: int
    challenge: Challenge
    guard: Guard
    floors: Rows[Floor] = rows(FLOORS)  # from 1; a limit has the same row in every phase
    limits: Rows[Limits] = rows(CLASSES)


@record
class Programme:
    """The phases of a run; a count of 0 is an account without rules."""

    phase_count: int
    phase: int  # the one that runs, from 0
    class_count: int
    increases: int  # orders that add exposure, sent while some floor was watched
    beyond: int  # of these, with every stop hit at once a floor would have been reached
    exposed: bool  # such an order has gone out since the account was last flat
    own_breaches: int  # floors reached meanwhile
    floor_given: FloorGiven
    guard_given: GuardGiven
    limits_set: LimitsSet
    phase_begun: PhaseBegun
    cash_flow: CashFlow
    terms: Rows[Terms] = rows(PHASES)
