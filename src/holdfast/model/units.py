"""Units and capacities.

Prices are integers in ticks, quantities integers in steps, money integers in 1e-8 of the account's currency,
rates (shares of 1) integers in 1e-8, times integer nanoseconds UTC. "None" is 0: row 0 of a table is nobody.
"""

from __future__ import annotations

RATE = 100_000_000  # one whole, for rates and for money
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEVER = 1 << 62  # later than any time, above any price

INSTRUMENTS = 64  # row 0 is nobody in every table
MANDATES = 128  # strategy x instrument pairs
TRADES = 2 * MANDATES  # a long and a short slot for each mandate
ORDERS = 1024
LEVELS = 8
RUNGS = 8
TIERS = 8
GROUPS = 32
CLASSES = 8  # strategy classes, each with limits of its own
STRATEGIES = 32
PURSES = 1 + STRATEGIES + CLASSES  # nobody's, the strategies', the classes'
FLOORS = 64
READINGS = 4  # of one floor's amount: the strictest counts
TRIPS = 2 * MANDATES  # one for each pair that is not promoted, and for other rules besides
BUCKETS = 8192  # of all rolling windows together
DAYS = 64  # of the recent past
COUNTERS = 4
USUAL = 20  # orders that tell what a strategy usually does
CURRENCIES = 32
ENDED = 32  # entries that died without a fill, in case the venue had them after all
MOMENTS = 64  # of a kind that are remembered: no rule counts further within its window
COMMANDS = 1024
NOTES = 2048
NOTICES = 512
CLOSED = 256
REPORTS = 2048

PRICE_MAX = 1 << 31
QUANTITY_MAX = 1 << 31
MONEY_MAX = 1 << 56  # of one order or position; about 720 million units
ACCOUNT_MAX = 1 << 62  # of sums over the account

assert COMMANDS >= ORDERS, "every working order can be cancelled in one event"
assert PRICE_MAX * QUANTITY_MAX <= ACCOUNT_MAX, "ticks x steps fit"
assert MONEY_MAX * INSTRUMENTS <= ACCOUNT_MAX, "the account's sums fit"
assert CLOSED >= TRADES - 1, "every trade can close in one event"
