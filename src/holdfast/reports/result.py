"""What a finished run leaves behind. The simulator fills it; metrics, pages and saved runs read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl


@dataclass(frozen=True)
class Ledger:
    """All money of the account, integers in 1e-8: start + realized + funding + rollover - fees + cash_flows
    + adjustments = balance. `residual` is the difference to an independent recomputation from the fills."""

    start: int
    realized: int
    funding: int
    rollover: int
    fees: int
    cash_flows: int
    adjustments: int
    balance: int
    residual: int


@dataclass(frozen=True)
class RunResult:
    """One backtest. Frames are in the units of people: prices, base quantity or lots, money of the account.

    fills:  ts, fill_id, order_id, trade_id, pair, strategy, role (entry|stop|target|exit|liquidation),
            index (level or rung number), side (buy|sell), quantity, price, value, fee, maker, realized,
            slippage_cost
    trades: trade_id, strategy, pair, kind (setup|grid), side (long|short), tag, armed, opened, closed,
            quantity (largest), entries (number of entry fills), entry_price, exit_price (averages),
            stop_price (first), initial_risk, realized, fees, funding, rollover, slippage, pnl (net),
            pnl_on_margin, pnl_on_notional, r (pnl / initial_risk, null for none), mae, mfe (money, worst and
            best unrealized), exit_reason, bars_held_seconds. A grid's trade is one whole cycle. A trade that
            is open at the end has no `closed`; one that never filled has no row.
    notes:  ts, trade_id, pair, strategy, kind (stop_moved|target_moved|level_placed|dropped|denied|
            liquidated ...), reason, index (level or rung, null for none), price, quantity, value, limit
    equity: ts (of the bar's close), balance, equity, equity_low (at the adverse extremes of all open
            positions together), margin, open_risk, positions (number)
    orders: ts, order_id, trade_id, pair, role, index, side, type, price, quantity, closed_ts, status (may be
            empty)

    `ts` and the other times are UTC nanoseconds. An absent column or frame is read as "not known".
    """

    created: str  # ISO time, UTC
    config: Mapping[
        str, Any
    ]  # strategies, parameters per pair, source, pairs, timeframe, detail, timerange, costs
    assumptions: tuple[
        str, ...
    ]  # fall-backs that were used: "no mark price: liquidation judged at last price" …
    currency: str
    strategy: str  # names joined by "+"
    mode: str  # compiled | interpreted
    instruments: tuple[str, ...]
    bars: int
    events: int
    seconds: Mapping[str, float]  # load, plan, compile, loop
    peak_memory_mb: float
    state_digest: str
    digests: tuple[tuple[int, str], ...]  # (event number, digest), with --digest-trace
    trade_count: int
    order_count: int
    denials: Mapping[str, int]
    ledger: Ledger
    start: str  # first and last instant that was simulated
    end: str
    fills: pl.DataFrame
    trades: pl.DataFrame
    notes: pl.DataFrame
    equity: pl.DataFrame
    orders: pl.DataFrame
    market_change: Mapping[str, float] = field(default_factory=dict)  # pair -> close / open - 1 over the run
    limits: Mapping[str, float] = field(default_factory=dict)  # lines to draw: name -> money
    risk: Mapping[str, Any] = field(default_factory=dict)  # what the ruleset's rules did; empty without one

    @property
    def bars_per_second(self) -> float:
        """Price bars over the seconds of the loop alone."""
        return self.bars / self.seconds["loop"] if self.seconds.get("loop") else 0.0
