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


class BoundaryKind(enum.IntEnum):
    """Which instant has come."""

    NONE = 0
    DAY = 1
    CLOCK = 2  # nothing but time passing: deadlines are looked at
