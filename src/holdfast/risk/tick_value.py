"""Two independent routes to the money of a tick: the contract's arithmetic and the broker's claim (risk.md 5.2)."""

from __future__ import annotations

from holdfast.model.arithmetic import mul_div
from holdfast.model.enums import Denial
from holdfast.model.instrument import worth
from holdfast.model.limits import Ask
from holdfast.model.state import State
from holdfast.model.units import RATE
from holdfast.records import kernel
from holdfast.risk.rules import deny

TWENTIETH = 20  # more than 5 % apart, and one of the two is wrong


@kernel
def check_tick_value(state: State, ask: Ask) -> Denial:
    """Both routes in money of one tick on one lot; of 1e8 steps where an instrument has no lots."""
    instrument = state.instruments[ask.instrument_id]
    contract = instrument.contract
    if contract.claimed_numerator == 0:
        return Denial.NONE
    sample = instrument.lot_steps if instrument.lot_steps > 0 else RATE
    ours = worth(contract, sample, ask.price)
    claimed = mul_div(sample, contract.claimed_numerator, contract.claimed_denominator)
    if TWENTIETH * abs(ours - claimed) > min(ours, claimed):
        return deny(state, Denial.TICK_VALUE, ours, claimed)
    return Denial.NONE
