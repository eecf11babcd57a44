"""What a running paper account tells who watches it: a line of JSON at its start, at each fill, and now and then."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.engine.engine import Engine
    from holdfast.operations.paper import LockStep
    from holdfast.operations.paper_free import FreeRun
    from holdfast.wiring.prepared import Prepared

EVERY = 0.1  # seconds between two lines about where things stand
ROLES = ("entry", "stop", "target", "exit")


class Teller:
    """Listens to a session; lines go to stdout at once."""

    def __init__(self, run: LockStep | FreeRun, prepared: Prepared) -> None:
        self.run, self.prepared = run, prepared
        self.said = 0.0

    def begin(self, boot: str) -> None:
        """The engine has taken the account over."""
        session = self.run.session
        assert session is not None
        self.line({"boot": boot, "epoch": session.desk.epoch} | self.standing(self.run.engine))
        session.listeners.append(self.hear)

    def hear(self, _: int, event: Any, engine: Engine) -> None:
        """One event: fills are told at once, the rest as it stands every now and then."""
        if type(event).__name__ == "OrderReport" and event.fill_id:
            self.line({"fill": self.fill(event)} | self.standing(engine))
        elif time.monotonic() - self.said >= EVERY:
            self.line(self.standing(engine))

    def line(self, told: dict[str, Any]) -> None:
        """One line."""
        self.said = time.monotonic()
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()

    def spec(self, instrument_id: int) -> Any:
        """The facts of an instrument."""
        return self.prepared.chosen[instrument_id - 1].spec

    def fill(self, report: Any) -> dict[str, Any]:
        """An execution in words; its order may be over already, so only what the report says."""
        at = next((e for e in reversed(self.run.venue.executions) if e.number == report.fill_id), None)
        if at is None:
            return {}
        spec = self.spec(at.instrument_id)
        return {
            "pair": spec.pair, "side": "buys" if at.side > 0 else "sells",
            "quantity": float(at.quantity * spec.step_size), "price": float(at.price * spec.tick_size),
        }  # fmt: skip

    def standing(self, engine: Engine) -> dict[str, Any]:
        """Account, positions and orders as they stand."""
        state = engine.state
        positions, resting = [], 0
        for row in range(2, state.trade_watermark + 1):
            trade = state.trades[row]
            if trade.quantity > 0:
                spec = self.spec(trade.instrument_id)
                stop = state.orders[trade.stop_order] if trade.stop_order else None
                entries = sum(1 for level in trade.levels if level.order_row)
                resting += entries
                positions.append({
                    "pair": spec.pair, "side": "long" if trade.side > 0 else "short",
                    "quantity": float(trade.quantity * spec.step_size),
                    "entry": float(trade.entry_value / trade.quantity) * float(spec.tick_size),
                    "stop": float(stop.trigger_price * spec.tick_size) if stop else 0.0,
                    "levels": trade.entry_count, "waiting": entries,
                })  # fmt: skip
        return {
            "time": datetime.fromtimestamp(state.time_ns / 1e9, UTC).strftime("%d %b %H:%M"),
            "done": self.run.feed.place.bar / max(1, len(self.run.feed.bars)),
            "equity": state.account.equity / 1e8, "balance": state.account.balance / 1e8,
            "orders": state.account.working_orders, "fills": state.fill_count, "trades": state.closed_count,
            "positions": positions,
        }  # fmt: skip
