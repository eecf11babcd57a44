"""What one strategy, or one class of strategies, has won and lost with the capital it was given."""

from __future__ import annotations

from holdfast.model.units import NEVER, STRATEGIES
from holdfast.records import kernel, record


@record
class Purse:
    """Row 0 is nobody's: what no strategy owns. Then the strategies by id, then the classes."""

    capital: int  # allocated, as restated by cash flows
    realized_pnl: int  # net of fees, with funding and rollover
    unrealized_pnl: int
    unrealized_low: int  # at the adverse extremes of the last prices
    watch_low: int  # equity at which something happens; 0 = nothing does
    watch_high: int
    low_since: int  # lowest equity since the floors were last sampled


@kernel
def class_purse(class_id: int) -> int:
    """The row of a class."""
    return 1 + STRATEGIES + class_id


@kernel
def purse_equity(purse: Purse) -> int:
    """Capital and everything won or lost with it."""
    return purse.capital + purse.realized_pnl + purse.unrealized_pnl


@kernel
def is_calm(purse: Purse) -> bool:
    """Whether nothing can happen at this equity."""
    low = purse.capital + purse.realized_pnl + purse.unrealized_low
    high = purse.watch_high if purse.watch_high > 0 else NEVER
    return low > purse.watch_low and purse_equity(purse) < high
