"""What the gate asks about behaviour: forbidden times, manners, quotas, quotes that cannot be true (risk.md 3.3)."""

from __future__ import annotations

from holdfast.model.arithmetic import scale
from holdfast.model.enums import Denial, Role
from holdfast.model.instrument import Instrument, entry_quote
from holdfast.model.limits import Ask
from holdfast.model.state import State
from holdfast.model.units import NEVER, ORDERS
from holdfast.records import kernel
from holdfast.risk.carry import check_funding
from holdfast.risk.rules import deny


@kernel
def check_behaviour(state: State, ask: Ask) -> Denial:
    """One rule of conduct after the other; what the ask is worth is known already."""
    denial = check_quote(state, ask)
    if denial == Denial.NONE:
        denial = check_windows(state, ask)
    if denial == Denial.NONE:
        denial = check_pace(state, ask)
    if denial == Denial.NONE:
        denial = check_funding(state, ask)
    return denial


@kernel
def check_quote(state: State, ask: Ask) -> Denial:
    """A bid above the ask, or any other quote that cannot be true, is no price to size by (RR-23)."""
    instrument = state.instruments[ask.instrument_id]
    if instrument.untrusted:
        return deny(state, Denial.CROSSED, instrument.seen_bid, instrument.seen_ask)
    return Denial.NONE


@kernel
def would_rest(instrument: Instrument, ask: Ask) -> bool:
    """Whether an entry at this price waits in the book instead of taking; a moved one was there already."""
    return ask.replaces != 0 or ask.side * (entry_quote(instrument, ask.side) - ask.price) > 0


@kernel
def is_bracketed(state: State, instrument: Instrument, side: int) -> bool:
    """Whether an entry of the other side is at work on an instrument; one that is being cancelled still is."""
    row = instrument.first_order
    for _ in range(ORDERS):
        if row == 0:
            break
        order = state.orders[row]
        if order.role == Role.ENTRY and order.side == -side:
            return True
        row = order.next
    return False


@kernel
def check_windows(state: State, ask: Ask) -> Denial:
    """News, a session's end, a weekend (RR-34); and no entries on both sides of news."""
    instrument = state.instruments[ask.instrument_id]
    if instrument.no_open + instrument.no_hold > 0:
        return deny(state, Denial.WINDOW, instrument.no_open + instrument.no_hold, 0)
    if instrument.no_rest > 0 and would_rest(instrument, ask):
        return deny(state, Denial.WINDOW, instrument.no_rest, 0)
    if state.guard.news_bracket and instrument.near_news > 0 and is_bracketed(state, instrument, ask.side):
        return deny(state, Denial.BRACKET, instrument.near_news, 0)
    return Denial.NONE


@kernel
def check_pace(state: State, ask: Ask) -> Denial:
    """Not too soon after another entry, nor on the side that has just lost (RR-19), nor beyond a day's messages."""
    account = state.account
    guard = state.guard
    instrument = state.instruments[ask.instrument_id]
    since = state.time_ns - account.last_entry_ns
    if ask.replaces == 0 and account.last_entry_ns > 0 and since < guard.gap_ns:
        return deny(state, Denial.SPACING, since, guard.gap_ns)
    fresh = state.trades[ask.trade_row].quantity == 0  # a further level of what is held is no new start
    since = state.time_ns - instrument.stopped_at_ns
    if fresh and instrument.stopped_side == ask.side and since < guard.reentry_ns:
        return deny(state, Denial.REENTRY, since, guard.reentry_ns)
    most = quota(state, guard.request_block)
    if account.requests_today >= most:
        return deny(state, Denial.QUOTA, account.requests_today, most)
    return Denial.NONE


@kernel
def quota(state: State, share: int) -> int:
    """A share of the messages that one day may have; NEVER where nobody limits them."""
    if state.guard.requests_per_day == 0 or share == 0:
        return NEVER
    return scale(state.guard.requests_per_day, share)


@kernel
def denied_until(state: State, ask: Ask) -> int:
    """When what was refused may go, where its rule knows; 0 = it does not."""
    if state.refusal.denial == Denial.SPACING:
        return state.account.last_entry_ns + state.guard.gap_ns
    if state.refusal.denial == Denial.REENTRY:
        return state.instruments[ask.instrument_id].stopped_at_ns + state.guard.reentry_ns
    return 0
