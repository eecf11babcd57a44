"""Every input of the engine: what happened, past tense."""

from __future__ import annotations

from holdfast.model.challenge import Challenge
from holdfast.model.enums import BoundaryKind, FlowKind, Rule, Scope, Severity
from holdfast.model.floor import Floor
from holdfast.model.guard import Guard
from holdfast.model.instrument import Contract
from holdfast.model.limits import Limits
from holdfast.model.mandate import Mandate
from holdfast.model.order import Step
from holdfast.model.units import LEVELS, RUNGS
from holdfast.records import Rows, record, rows


@record
class Price:
    """Bid and ask now; lowest and highest bid since the last price of this instrument."""

    time_ns: int
    instrument_id: int
    bid: int
    ask: int
    low: int
    high: int
    more: bool  # prices of other instruments at the same instant follow: judge equity after the last one


@record
class PlanLevel:
    """One level of a grid: its price (0: from anchor and spacing), share and own exit (0: common)."""

    price: int
    weight: int  # rate; 0 = the mandate's
    exit_price: int


@record
class PlanTarget:
    """One target: a price, or a multiple of R (rate); both 0 = the mandate's rung."""

    price: int
    multiple: int


@record
class Plan:
    """One row of what a strategy wants for one instrument at one bar close. 0 = none."""

    time_ns: int
    valid_until_ns: int
    mandate_id: int
    start_long: bool
    start_short: bool
    enter_now: bool
    exit_long: bool
    exit_short: bool
    tag: int
    exit_tag: int
    entry_price: int
    stop_price: int
    anchor_price: int
    offset: int
    spacing: int
    take_profit_price: int
    trail_distance: int
    score: int  # rate; 1e8 is neutral
    min_profit: int  # rate
    min_hold_ns: int
    max_hold_ns: int
    levels: Rows[PlanLevel] = rows(LEVELS)
    targets: Rows[PlanTarget] = rows(RUNGS)


@record
class OrderReport:
    """What became of an order. `fill_id` numbers executions in order of first sight; a fill counts once.

    `price` and `quantity` of an answer to an amend are the terms that stand at the venue now; 0 = not told.
    """

    time_ns: int
    order_row: int
    order_id: int
    step: Step
    amended: bool  # an amend was confirmed (step NONE); answers to one order's amends come in their order
    amend_refused: bool
    lost: bool  # with amend_refused: the venue never saw it, so what is wanted is decided afresh
    cancel_refused: bool  # a cancel was refused (step NONE): the order is as it was
    fill_id: int
    quantity: int
    price: int
    fee: int
    maker: bool
    reason: int


@record
class Closure:
    """The venue closed a position by force: liquidation, stop-out, deleveraging."""

    time_ns: int
    instrument_id: int
    side: int  # of the position
    quantity: int
    price: int
    fee: int
    fill_id: int


@record
class Funding:
    """A funding settlement. Longs pay a positive rate, on the position's value at the mark."""

    time_ns: int
    instrument_id: int
    rate: int
    mark_price: int
    next_ns: int  # the settlement after it; 0 = not known


@record
class FundingRate:
    """The rate that the next settlement will have, as the venue tells it beforehand. Nothing is paid yet."""

    time_ns: int
    instrument_id: int
    rate: int
    next_ns: int
    interval_ns: int


@record
class AccountReport:
    """Balance and equity as the venue tells them. `valid` is False where one of them is no number."""

    time_ns: int
    valid: bool
    balance: int
    equity: int
    swept_ns: int  # executions, orders and positions agreed at this instant of the venue; 0 = they did not


@record
class Rollover:
    """The overnight charge: money in 1e-8 ticks on one step and one day; negative is paid by us."""

    time_ns: int
    instrument_id: int
    long_points: int
    short_points: int
    days: int


@record
class TickValue:
    """The money of one tick on one step has moved with a third rate."""

    time_ns: int
    instrument_id: int
    numerator: int
    denominator: int


@record
class CashFlow:
    """A deposit (positive), a withdrawal, or an adjustment to the venue's own rounding."""

    time_ns: int
    amount: int
    kind: FlowKind


@record
class Boundary:
    """An instant that was computed outside.

    A boundary of the risk day may have several candidates where a rule book is unclear (risk.md 1.7).
    """

    time_ns: int
    kind: BoundaryKind
    strategy_id: int  # SESSION: whose; 0 = everybody's
    primary: bool  # DAY: counts of the day start anew
    opens: bool  # DAY: the first candidate; the old floor still applies beside the new one
    closes: bool  # DAY: the last candidate; the old floor is over
    reconstructed: (
        bool  # we were away: equity is taken at the best prices of the interval around the boundary
    )


@record
class SeverityChange:
    """What a scope may still do, as a person says, or a rule that is judged outside."""

    time_ns: int
    scope: Scope
    scope_id: int
    severity: Severity
    latched: bool
    rule: Rule  # NONE: a person


@record
class Reset:
    """A person lifts what latched on a scope; refused while the condition holds.

    `acknowledge` accepts the loss: own floors are measured anew from here. A firm's floor cannot be.
    """

    time_ns: int
    scope: Scope
    scope_id: int
    rule: Rule  # NONE: everything that can be reset on this scope
    acknowledge: bool


@record
class WindowEdge:
    """A forbidden stretch of time begins or ends for an instrument (0: for all)."""

    time_ns: int
    instrument_id: int
    begins: bool
    no_open: bool
    no_close: bool
    no_rest: bool
    no_fill: bool  # not even a target may fill; a stop always stays
    no_hold: bool
    near_news: bool


@record
class ExitRequest:
    """An operator, or the end of a run, closes one instrument (0 = all)."""

    time_ns: int
    instrument_id: int


@record
class Started:
    """A process took this account over. Orders that it plans carry its epoch; those of others are only resolved."""

    time_ns: int
    epoch: int


@record
class PositionReport:
    """What the venue holds of one side of an instrument, told when nothing of ours was on its way."""

    time_ns: int
    instrument_id: int
    side: int  # +1 long, -1 short
    quantity: int


@record
class PositionAdopted:
    """A position that the books did not know becomes a trade's: the plan names the mandate, its stop, its targets."""

    time_ns: int
    side: int
    index: int  # the level that it counts as
    quantity: int
    price: int
    fee: int
    plan: Plan


@record
class AccountOpened:
    """The first event of every journal."""

    time_ns: int
    balance: int
    hedging: bool
    isolated: bool


@record
class InstrumentListed:
    """A contract became known, or its terms changed."""

    time_ns: int
    contract: Contract
    group_id: int
    group_sign: int
    base_currency: int
    quote_currency: int
    lot_steps: int
    reserve: int


@record
class MandateGiven:
    """A strategy was assigned to an instrument, or its settings changed; open trades keep their own."""

    time_ns: int
    mandate_id: int
    mandate: Mandate


@record
class LimitsSet:
    """The limits of a class of strategies."""

    time_ns: int
    class_id: int
    limits: Limits


@record
class StrategyGiven:
    """A strategy got its capital and its class."""

    time_ns: int
    strategy_id: int
    class_id: int
    capital: int


@record
class FloorGiven:
    """A loss limit, in force from here on; its state fields are ignored."""

    time_ns: int
    floor_row: int
    floor: Floor


@record
class GuardGiven:
    """The rules over the whole account."""

    time_ns: int
    guard: Guard


@record
class PhaseBegun:
    """A phase of a programme: its target and the days it asks for. Floors and counts start anew."""

    time_ns: int
    challenge: Challenge
    anew: bool  # a fresh account of the programme: anchors and floors start from the initial balance
