"""Protection is looked at, not believed: every position, how long it has been without a stop, and what is done then."""

from __future__ import annotations

from holdfast.model.enums import Role
from holdfast.model.events import ExitRequest
from holdfast.model.order import OrderStatus
from holdfast.model.units import SECOND
from holdfast.runtime.desk import Desk

BOUND = 2 * SECOND  # of connected time in which a stop must stand
GIVE_UP = 8 * SECOND  # after which the position is closed
AGAIN = 5 * SECOND
STANDING = (OrderStatus.LIVE, OrderStatus.PARTIAL)


class Watch:
    """`since` says for each unprotected trade from when on, by the monotonic clock."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.since: dict[int, int] = {}  # by trade's row
        self.longest_ns = 0
        self._closing: dict[int, int] = {}  # by instrument: when to ask again

    def tick(self) -> None:
        """Look at every trade that holds something; time without a connection does not count."""
        now = self.desk.clock.mono_ns()
        bare = self.bare_trades()
        for row in bare:
            self.since.setdefault(row, now)
        for row, began in list(self.since.items()):
            if row not in bare:
                self.longest_ns = max(self.longest_ns, now - began)
                del self.since[row]
            elif not self.desk.connected:
                self.since[row] = now
            elif now - began >= GIVE_UP:
                self._close(self.desk.state.trades[row].instrument_id, now)

    def bare_trades(self) -> set[int]:
        """Rows of trades of which some part has no stop at the venue and no exit at work."""
        state = self.desk.state
        bare = set()
        for row in range(2, state.trade_watermark + 1):
            trade = state.trades[row]
            if trade.quantity > 0 and self._covered(row) < trade.quantity:
                bare.add(row)
        return bare

    def _covered(self, trade_row: int) -> int:
        state = self.desk.state
        row = state.instruments[state.trades[trade_row].instrument_id].first_order
        covered = 0
        while row:
            order = state.orders[row]
            if (
                order.trade_row == trade_row
                and order.status in STANDING
                and order.role in (Role.STOP, Role.EXIT)
            ):
                quantity = order.confirmed_quantity if order.amends_pending else order.quantity
                covered += quantity - order.filled_quantity
            row = order.next
        return covered

    def _close(self, instrument_id: int, now: int) -> None:
        """A stop cannot be had: the position is closed, and asked for again while it is not."""
        if now < self._closing.get(instrument_id, 0):
            return
        self._closing[instrument_id] = now + AGAIN
        self.desk.see("closed for want of a stop")
        self.desk.say("unprotected", {"instrument": instrument_id})
        request = ExitRequest()
        request.time_ns, request.instrument_id = self.desk.clock.venue_ns(), instrument_id
        self.desk.take(request)
