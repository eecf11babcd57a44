"""Every enumeration of the core. Stored as integers; their names are for people."""

from __future__ import annotations

import enum


class Side(enum.IntEnum):
    """The sign is the meaning: side * quantity is a signed change. 0 is none."""

    NONE = 0
    BUY = 1
    SELL = -1


class OrderType(enum.IntEnum):
    """MARKET takes, LIMIT rests or takes at its price or better, STOP becomes a market order at its trigger."""

    MARKET = 0
    LIMIT = 1
    STOP = 2


class Role(enum.IntEnum):
    """Why an order exists. ENTRY increases exposure; the others only reduce it."""

    ENTRY = 0
    STOP = 1
    TARGET = 2
    EXIT = 3


class Kind(enum.IntEnum):
    """The two kinds of plan and trade."""

    NONE = 0
    SETUP = 1
    GRID = 2


class Phase(enum.IntEnum):
    """The life of a trade."""

    IDLE = 0
    ARMED = 1
    ENTERING = 2
    OPEN = 3
    EXITING = 4
    COOLDOWN = 5


class Base(enum.IntEnum):
    """What a grid's capital is measured by."""

    EQUITY = 0
    BALANCE = 1
    FIXED = 2


class StopMove(enum.IntEnum):
    """What reaching a rung does to the stop."""

    NONE = 0
    BREAK_EVEN = 1
    ENTRY_PLUS = 2  # average entry + value x R
    PREVIOUS_TARGET_PLUS = 3  # the rung before + value x R
    TRAIL = 4  # value x R behind the best price from now on


class Severity(enum.IntEnum):
    """What may still leave the engine; the worst enclosing scope counts."""

    NORMAL = 0
    REDUCED = 1
    NO_NEW = 2
    REDUCE_ONLY = 3
    FLATTENING = 4


class Scope(enum.IntEnum):
    """Where a severity applies."""

    ENGINE = 0
    ACCOUNT = 1
    INSTRUMENT = 2
    MANDATE = 3
    GROUP = 4
    STRATEGY = 5
    CLASS = 6


class Rule(enum.IntEnum):
    """Which rule restrains a scope."""

    NONE = 0
    OPERATOR = 1  # a person
    FLOOR = 2  # a rung of a floor's ladder
    BREACH = 3  # the floor itself was reached
    FORECAST = 4  # the floor of the next day would be too near
    TARGET = 5  # the phase's target is reached
    UNTYPED_CASH = 6  # a balance operation that nobody has named
    ACCOUNT_TRUTH = 7  # the account's numbers make no sense
    MARGIN_LADDER = 8
    STREAK = 9  # losses in a row, or stop-outs in a short time
    EXECUTIONS = 10  # too many without a person's acknowledgement
    VOLATILITY = 11
    FUNDING = 12
    HEDGE_LEG = 13
    QUOTA = 14  # messages of a day
    TICK_VALUE = 15  # two routes to the money of a tick disagree
    GIVE_BACK = 16  # a day's profit was given back
    WINDOW = 17  # news, session, weekend
    POSITION = 18  # the venue holds what our books do not explain
    GHOST = 19  # an entry that was taken for dead turned up
    PROMOTION = 20  # a pair has not earned it on paper to open trades


class Denial(enum.IntEnum):
    """Why the gate refused, in the order in which the rules are asked."""

    NONE = 0
    SEVERITY = 1  # entries are halted for a scope
    UNKNOWN = 2  # the account's truth or the price is not established, or the price is stale
    OWNER = 3  # another strategy manages this instrument (and side)
    COOLDOWN = 4
    BELOW_MINIMUM = 5  # smaller than the venue takes
    ABOVE_MAXIMUM = 6  # larger than the venue takes in one order
    STOP_MISSING = 7
    ORDER_NOTIONAL = 8
    PRICE_COLLAR = 9
    OPPOSITE = 10  # a netting account holds the other side
    POSITION_NOTIONAL = 11
    ORDER_COUNT = 12
    TRADE_COUNT = 13
    DAY_COUNT = 14
    GROUP_COUNT = 15
    TRADE_RISK = 16
    OPEN_RISK = 17
    MARGIN = 18
    LEVERAGE = 19
    LIQUIDATION = 20  # the stop lies beyond the price at which the venue would close
    TABLE_FULL = 21
    HEADROOM = 22  # with every stop hit at once a floor would be crossed
    GROUP_RISK = 23  # too much in one direction of a correlation group
    GROUP_SIDE = 24  # too many members of a group in one direction
    CURRENCY_RISK = 25  # too much on one currency
    CORRELATED_RISK = 26
    IDEA = 27  # one idea may not lose more
    LOTS = 28
    RISK_TIER = 29  # would enter the venue's next margin tier
    ORDER_MEDIAN = 30  # many times the strategy's usual order
    SELF_TRADE = 31  # would meet our own resting order
    WINDOW = 32  # news, session end, weekend
    BRACKET = 33  # opposite entries around news
    SPACING = 34  # entries too close together
    REENTRY = 35  # the same direction again, too soon after a stop
    QUOTA = 36  # messages of a day
    FUNDING = 37  # the funding to come costs too much of R
    CROSSED = 38  # bid above ask: the quote is not to be trusted
    TICK_VALUE = 39
    HEDGE = 40  # the other side of an instrument is forbidden to hold


class Drop(enum.IntEnum):
    """Why a trade ended without ever being filled."""

    NONE = 0
    QUEUE_EXPIRED = 1
    ORDER_EXPIRED = 2
    STOP_TOUCHED = 3
    DIRECTION = 4
    TOO_FAR = 5
    BAD_STOP = 6
    WITHDRAWN = 7  # the plan no longer wants it
    OTHER_SIDE = 8  # the other side of the grid was filled first
    EXIT_FLAG = 9
    FLATTENED = 10
    REJECTED = 11
    LATE = 12  # the plan arrived after its validity
    WINDOW = 13  # nothing may be held from here on


class Exit(enum.IntEnum):
    """Why a trade was closed; the first reason stays."""

    NONE = 0
    STOP_LOSS = 1
    TAKE_PROFIT = 2
    EXIT_SIGNAL = 3
    TIME_STOP = 4
    BREAK_EVEN = 5
    TRAILING_STOP = 6
    LIQUIDATION = 7
    FLATTENED = 8
    NETTED = 9  # an entry of the other side filled first on a netting account
    FORCE_EXIT = 10  # an operator, or the end of a run
    WINDOW = 11  # nothing may be held over news, a session's end or a weekend
    HEDGE_LEG = 12  # the venue closed the other leg of a hedge


class CommandKind(enum.IntEnum):
    """What is asked of the venue."""

    NONE = 0
    PLACE = 1
    AMEND = 2
    CANCEL = 3


class CommandClass(enum.IntEnum):
    """INCREASE is never resent, only resolved; REDUCE may be retried under a new id; SET is idempotent."""

    NONE = 0
    INCREASE = 1
    REDUCE = 2
    SET = 3


class NoteKind(enum.IntEnum):
    """What the core tells people beside its commands."""

    NONE = 0
    DENIED = 1
    DROPPED = 2
    ARMED = 3
    ENTERED = 4  # the first fill of a trade
    STOP_MOVED = 5
    TARGET_MOVED = 6
    LEVEL_PLACED = 7
    RUNG_REACHED = 8
    EXITING = 9
    CLOSED = 10
    LIQUIDATED = 11
    REJECTED = 12
    RESIZED = 13
    SHRUNK = 14  # an entry was made smaller to fit a limit
    OVERFILLED = 15  # an entry filled before it became smaller: loss at the stop, budget; the excess


class NoticeKind(enum.IntEnum):
    """What the risk engine tells people: value and limit by kind."""

    NONE = 0
    WARNED = 1  # a rung that only warns
    TRIPPED = 2  # a rule restrains a scope
    LIFTED = 3  # the restraint is over
    RESET = 4  # a person lifted it
    RESET_REFUSED = 5  # the condition still holds
    FLOOR_SET = 6  # a floor was sampled anew: its level, its anchor
    BREACHED = 7
    PHASE_BEGUN = 8  # its number, its target
    TARGET_REACHED = 9  # days or shares may still be missing
    PHASE_PASSED = 10
    DAY_CLOSED = 11  # the day's net profit; days that count so far
    CASH_FLOW = 12
    TRIPS_FULL = 13  # no row left: the engine halts entries
    UNTRUSTED = 14  # a quote that cannot be true: its bid, its ask
    ENTRIES_GONE = 15  # of a scope that is being closed: nothing can grow it any more
    FLAT = 16  # nothing of it is held or at work
    HEADROOM = 17  # an entry was refused for a floor: equity with every stop hit, the floor
    CUT = 18  # a share of the largest position is closed: the margin ratio, its limit
    GHOST = 19  # an entry taken for dead is alive or filled: its order number, the quantity
    ADOPTED = 20  # a position that the books did not know is a trade's from here on: quantity, price


class BoundaryKind(enum.IntEnum):
    """Which instant has come."""

    NONE = 0
    DAY = 1
    CLOCK = 2  # nothing but time passing: deadlines are looked at
    SESSION = 3  # a new session of the strategies
    FORECAST = 4  # the day boundary is near: the next floors are forecast from here on
    FORECAST_CLOSE = 5  # it is so near that losers are closed


class FlowKind(enum.IntEnum):
    """What moved the balance from outside. It shifts anchors; it is never profit or loss."""

    UNTYPED = 0  # nobody knows: the account's truth is not established
    DEPOSIT = 1
    WITHDRAWAL = 2
    PAYOUT = 3
    REFUND = 4
    SCALE = 5
    ADJUSTMENT = 6  # the visible difference to the venue's own rounding


class Quantity(enum.IntEnum):
    """What a floor is measured from, or what is held against it."""

    INITIAL = 0
    BALANCE = 1
    EQUITY = 2
    BEST = 3  # the larger of balance and equity
    WORST = 4  # the smaller of the two
    FLOATING = 5  # unrealized profit alone


class Sample(enum.IntEnum):
    """When a floor's anchor is taken."""

    ONCE = 0
    DAY = 1
    SESSION = 2
    CLOSE = 3  # with every booked result
    TICK = 4
    ROLLING = 5  # the highest of a moving window


class AmountOf(enum.IntEnum):
    """What a floor's amount is a share of."""

    ABSOLUTE = 0
    INITIAL = 1
    ANCHOR = 2


class Consequence(enum.IntEnum):
    """What reaching a floor leads to."""

    TERMINATE = 0  # flat for good; latched
    PAUSE = 1  # flat until the next boundary
    NOTE = 2  # profit stripped, payout refused: said, and nothing else


class Attribution(enum.IntEnum):
    """Which day a result belongs to."""

    CLOSE_DAY = 0
    OPEN_DAY = 1
    EQUITY_DELTA = 2
