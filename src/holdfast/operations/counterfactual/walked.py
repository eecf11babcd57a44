"""Where in its bars the recorded venue is when the two accounts part: what is over is not walked again."""

from __future__ import annotations

from typing import Any

from holdfast.model.enums import Side
from holdfast.model.events import Closure, Funding, OrderReport, Price, Rollover, TickValue
from holdfast.model.state import State

MONEY = (Funding, Rollover, TickValue)  # what comes before the prices of its instant


class Walked:
    """How far the recorded venue is on its way through the bars, by what it tells; `see` comes before the core."""

    def __init__(self, state: State) -> None:
        booked = [order.last_fill_id for order in state.orders[: state.order_watermark + 1]]
        listed = state.instruments[: state.instrument_watermark + 1]
        self.last_fill_id = max(state.fill_count, *booked, *(each.last_closure_id for each in listed))
        self.until_ns = 0  # bars that close here or before are over
        self.inside: dict[int, int] = {}  # the bid of the last fill in a bar that is not over, by instrument
        self.reported = 0  # the instrument that the last event was a report about; 0 = it was none

    def see(self, event: Any, state: State) -> None:
        """One more event, and the state before it."""
        self.reported = 0
        if isinstance(event, Price):
            self.until_ns = event.time_ns if event.more else self.until_ns
            self.inside.pop(event.instrument_id, None)
        elif isinstance(event, MONEY):
            self.until_ns = event.time_ns  # the prices of this instant are still to come
        elif isinstance(event, Closure):
            self.last_fill_id = max(self.last_fill_id, event.fill_id)
        elif isinstance(event, OrderReport):
            order = state.orders[event.order_row]
            self.reported = order.instrument_id
            if event.fill_id:
                instrument = state.instruments[order.instrument_id]
                spread = instrument.ask - instrument.bid if order.side == Side.BUY else 0
                self.last_fill_id = max(self.last_fill_id, event.fill_id)
                self.inside[order.instrument_id] = max(1, event.price - spread)
