"""The funding guard: an entry whose funding eats too much of what it risks is refused (RR-31).

The rate is the last one that was settled, or the next one where the venue tells it. A trade that costs nothing, or is
paid for, always passes. Without a longest holding time only the next payment can be judged.
"""

from __future__ import annotations

from holdfast.model.arithmetic import scale, scale_up
from holdfast.model.enums import Denial
from holdfast.model.instrument import Instrument
from holdfast.model.limits import Ask
from holdfast.model.state import State
from holdfast.model.units import NEVER
from holdfast.records import kernel
from holdfast.risk.rules import deny


@kernel
def payments_within(instrument: Instrument, now_ns: int, hold_ns: int) -> int:
    """Settlements of a holding time that begins now; of an unknown interval only the next is known."""
    left = instrument.next_funding_ns - now_ns
    if instrument.next_funding_ns == 0 or left > hold_ns:
        return 0
    if instrument.funding_interval_ns == 0:
        return 1
    return 1 + (hold_ns - max(0, left)) // instrument.funding_interval_ns


@kernel
def check_funding(state: State, ask: Ask) -> Denial:
    """The next payment soon after the entry, and all payments of the longest holding time, in shares of R."""
    guard = state.guard
    instrument = state.instruments[ask.instrument_id]
    paid = scale_up(ask.notional, ask.side * instrument.funding_rate)
    if paid <= 0:
        return Denial.NONE
    most = scale(ask.risk, guard.funding_payment)
    soon = payments_within(instrument, state.time_ns, guard.funding_before_ns) > 0
    if guard.funding_payment > 0 and soon and paid > most:
        return deny(state, Denial.FUNDING, paid, most)
    count = payments_within(instrument, state.time_ns, state.trades[ask.trade_row].max_hold_ns)
    total = min(paid, NEVER // max(1, count)) * count  # so many that they could not be told are too many
    most = scale(ask.risk, guard.funding_hold)
    if guard.funding_hold > 0 and total > most:
        return deny(state, Denial.FUNDING, total, most)
    return Denial.NONE
