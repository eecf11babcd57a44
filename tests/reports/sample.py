"""A made-up but complete run: three instruments, setups and grids, costs that add up to the last 1e-8.

Deterministic. The trading rules are naive on purpose; what matters is that fills, trades, notes, equity and ledger
agree with each other the way the simulator's do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from holdfast.reports.frames import EQUITY, FILLS, NOTES, ORDERS, TRADES
from holdfast.reports.result import Ledger, RunResult

START = datetime(2024, 1, 1, tzinfo=UTC)
UNIT = 100_000_000
PAIRS = {  # first price, hourly volatility, price digits, money of one price unit on one quantity, maximum leverage
    "BTC/USDT:USDT": (42_000.0, 0.005, 1, 1.0, 20),
    "SOL/USDT:USDT": (100.0, 0.008, 3, 1.0, 20),
    "EURUSD": (1.1, 0.0009, 5, 100_000.0, 30),
}
GRIDS = {"SOL/USDT:USDT"}


def bars(hours: int = 24 * 120, seed: int = 7) -> dict[str, pl.DataFrame]:
    """Hourly bars for each pair: ts (opening time), open, high, low, close, volume. EURUSD rests at weekends."""
    return {pair: _bars(pair, hours, seed + number) for number, pair in enumerate(PAIRS)}


def _bars(pair: str, hours: int, seed: int) -> pl.DataFrame:
    first, volatility, digits, _, _ = PAIRS[pair]
    random = np.random.default_rng(seed)
    times = [START + timedelta(hours=hour) for hour in range(hours)]
    if pair == "EURUSD":
        times = [time for time in times if time.weekday() < 5]
    steps = random.normal(0.00003, volatility, len(times))
    close = first * np.exp(np.cumsum(steps))
    opening = np.concatenate([[first], close[:-1]])
    reach = np.abs(random.normal(0, volatility * 0.6, (2, len(times))))
    return pl.DataFrame(
        {
            "ts": times,
            "open": opening.round(digits),
            "high": (np.maximum(opening, close) * (1 + reach[0])).round(digits),
            "low": (np.minimum(opening, close) * (1 - reach[1])).round(digits),
            "close": close.round(digits),
            "volume": random.gamma(2.0, 50.0, len(times)).round(3),
        },
        schema_overrides={"ts": pl.Datetime("ns", "UTC")},
    )


@dataclass
class _Trade:
    row: dict[str, Any]
    sign: int
    risk: float  # price distance to the stop
    stop: float
    left: float = 0.0
    average: float = 0.0
    levels: list[float] = field(default_factory=list)  # still unfilled
    stage: int = 0
    paid: float = 0.0  # exit value so far, for the average exit price
    gone: float = 0.0


@dataclass
class _Books:
    """Everything that a run writes while it walks over the bars."""

    balance: int
    start: int
    fills: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    trades: list[dict[str, Any]] = field(default_factory=list)
    equity: list[dict[str, Any]] = field(default_factory=list)
    open: dict[str, _Trade] = field(default_factory=dict)
    realized: int = 0
    fees: int = 0
    funding: int = 0
    rollover: int = 0


def sample(hours: int = 24 * 120, seed: int = 7, start: int = 10_000) -> RunResult:
    """A run over `bars(hours, seed)`; two strategies on one account of `start` USDT."""
    history = bars(hours, seed)
    books = _Books(balance=start * UNIT, start=start * UNIT)
    table = {pair: {row["ts"]: row for row in frame.iter_rows(named=True)} for pair, frame in history.items()}
    times = sorted({time for rows in table.values() for time in rows})
    for hour, time in enumerate(times):
        closed = time + timedelta(hours=1)
        for number, pair in enumerate(PAIRS):
            if (bar := table[pair].get(time)) is not None:
                _bar(books, pair, bar, time, closed, hour + 11 * number)
        _mark(books, table, time, closed)
    return _result(books, history, times[0], times[-1] + timedelta(hours=1))


def _bar(books: _Books, pair: str, bar: dict[str, Any], time: datetime, closed: datetime, hour: int) -> None:
    trade = books.open.get(pair)
    if trade is None:
        if hour % 37 == 5:
            _start(books, pair, bar, time, hour)
        return
    if time.hour % 8 == 0:
        _carry(books, pair, trade, bar["open"])
    adverse, best = (bar["low"], bar["high"]) if trade.sign > 0 else (bar["high"], bar["low"])
    filled = _levels(books, pair, trade, adverse, time)
    if trade.sign * (adverse - trade.stop) <= 0:
        reason = "stop_loss" if trade.stage == 0 else "break_even"
        _exit(books, pair, trade, trade.left, trade.stop, time, "stop", reason)
    elif not filled:
        _targets(books, pair, trade, best, time)
    if pair in books.open and time - trade.row["opened"] > timedelta(hours=90):
        _exit(books, pair, trade, trade.left, bar["close"], closed, "exit", "time_stop")


def _start(books: _Books, pair: str, bar: dict[str, Any], time: datetime, hour: int) -> None:
    _, volatility, digits, unit, _ = PAIRS[pair]
    grid, price = pair in GRIDS, bar["open"]
    sign = 1 if grid or hour % 2 else -1
    risk = round(price * volatility * (9 if grid else 4), digits)
    quantity = round(books.balance / UNIT * 0.01 / (risk * unit), 3 if unit == 1 else 2)
    row = {
        "trade_id": len(books.trades) + len(books.open) + 1, "strategy": "grid_atr" if grid else "confluence",
        "pair": pair, "kind": "grid" if grid else "setup", "side": "long" if sign > 0 else "short",
        "tag": ("range", "dip")[hour % 2] if grid else ("breakout", "retest", "")[hour % 3],
        "armed": time - timedelta(hours=1), "opened": time, "stop_price": round(price - sign * risk, digits),
        "initial_risk": risk * quantity * unit, "entries": 0, "fees": 0.0, "funding": 0.0, "rollover": 0.0,
        "slippage": 0.0, "realized": 0.0, "quantity": 0.0, "mae": 0.0, "mfe": 0.0,
    }  # fmt: skip
    trade = _Trade(row, sign, risk, row["stop_price"])
    books.open[pair] = trade
    if grid:
        trade.levels = [round(price - risk * 0.25 * level, digits) for level in (1, 2, 3)]
        for level, at in enumerate(trade.levels, 1):
            _note(books, trade, time, "level_placed", "grid", price=at, index=level)
    _enter(books, pair, trade, quantity, price, time, 0, maker=grid)
    if grid:
        _note(
            books,
            trade,
            time,
            "target_moved",
            "take_profit",
            price=round(price + risk * 0.2, digits),
            index=0,
        )
    else:
        for rung, reach in enumerate((1.0, 2.0)):
            at = round(price + sign * risk * reach, digits)
            _note(books, trade, time, "target_moved", f"target_{rung + 1}", price=at, index=rung)


def _levels(books: _Books, pair: str, trade: _Trade, adverse: float, time: datetime) -> bool:
    filled = False
    while trade.levels and adverse < trade.levels[0]:
        level = 4 - len(trade.levels)
        _enter(
            books,
            pair,
            trade,
            trade.row["quantity"] / trade.row["entries"],
            trade.levels.pop(0),
            time,
            level,
            True,
        )
        digits = PAIRS[pair][2]
        trade.stop = round(trade.average - trade.risk, digits)
        _note(books, trade, time, "stop_moved", "average", price=trade.stop)
        target = round(trade.average + trade.risk * 0.2, digits)
        _note(books, trade, time, "target_moved", "take_profit", price=target, index=0)
        filled = True
    return filled


def _targets(books: _Books, pair: str, trade: _Trade, best: float, time: datetime) -> None:
    digits = PAIRS[pair][2]
    if trade.row["kind"] == "grid":
        target = round(trade.average + trade.risk * 0.2, digits)
        if best > target:
            _exit(books, pair, trade, trade.left, target, time, "target", "take_profit")
        return
    target = round(trade.average + trade.sign * trade.risk * (trade.stage + 1), digits)
    if trade.sign * (best - target) <= 0:
        return
    share = round(trade.row["quantity"] / 2, 3) if trade.stage == 0 else trade.left
    _exit(books, pair, trade, share, target, time, "target", f"take_profit_{trade.stage + 1}")
    if pair in books.open:
        trade.stage, trade.stop = 1, trade.average
        _note(books, trade, time, "stop_moved", "break_even", price=trade.stop)


def _enter(
    books: _Books,
    pair: str,
    trade: _Trade,
    quantity: float,
    price: float,
    time: datetime,
    level: int,
    maker: bool,
) -> None:
    row = trade.row
    trade.average = (trade.average * trade.left + price * quantity) / (trade.left + quantity)
    trade.left += quantity
    row |= {"entries": row["entries"] + 1, "quantity": trade.left, "entry_price": trade.average}
    _fill(books, pair, trade, quantity, price, time, "entry", level, trade.sign, 0, maker)


def _exit(
    books: _Books,
    pair: str,
    trade: _Trade,
    quantity: float,
    price: float,
    time: datetime,
    role: str,
    reason: str,
) -> None:
    gain = trade.sign * (price - trade.average) * quantity * PAIRS[pair][3]
    trade.left -= quantity
    trade.paid += price * quantity
    trade.gone += quantity
    maker = role == "target"
    _fill(
        books, pair, trade, quantity, price, time, role, trade.stage, -trade.sign, round(gain * UNIT), maker
    )
    if trade.left < 1e-9:
        _finish(books, pair, trade, time, reason)


def _fill(
    books: _Books, pair: str, trade: _Trade, quantity: float, price: float, time: datetime, role: str, index: int,
    sign: int, realized: int, maker: bool,
) -> None:  # fmt: skip
    value = quantity * price * PAIRS[pair][3]
    fee = round(value * (0.00002 if pair == "EURUSD" else 0.0002 if maker else 0.00055) * UNIT)
    slippage = 0.0 if maker else value * 0.0001
    books.fees, books.realized = books.fees + fee, books.realized + realized
    books.balance += realized - fee
    trade.row["fees"] += fee / UNIT
    trade.row["slippage"] += slippage
    trade.row["realized"] += realized / UNIT
    books.fills.append({
        "ts": time, "fill_id": len(books.fills) + 1, "order_id": len(books.fills) + 1,
        "trade_id": trade.row["trade_id"], "pair": pair, "strategy": trade.row["strategy"], "role": role,
        "index": index, "side": "buy" if sign > 0 else "sell", "quantity": quantity, "price": price, "value": value,
        "fee": fee / UNIT, "maker": maker, "realized": realized / UNIT, "slippage_cost": slippage,
    })  # fmt: skip


def _carry(books: _Books, pair: str, trade: _Trade, price: float) -> None:
    """Funding of a perpetual every eight hours, rollover of EURUSD once a day."""
    value = trade.left * price * PAIRS[pair][3]
    if pair != "EURUSD":
        paid = round(-trade.sign * value * 0.0001 * UNIT)
        books.funding += paid
        trade.row["funding"] += paid / UNIT
    else:
        paid = round(-value * 0.00001 * UNIT)
        books.rollover += paid
        trade.row["rollover"] += paid / UNIT
    books.balance += paid


def _finish(books: _Books, pair: str, trade: _Trade, time: datetime, reason: str) -> None:
    row = trade.row
    pnl = row["realized"] - row["fees"] + row["funding"] + row["rollover"]
    notional = row["quantity"] * row["entry_price"] * PAIRS[pair][3]
    held = (time - row["opened"]).total_seconds()
    row |= {
        "closed": time, "exit_price": trade.paid / trade.gone, "pnl": pnl, "exit_reason": reason,
        "pnl_on_notional": pnl / notional, "pnl_on_margin": pnl / notional * PAIRS[pair][4],
        "r": pnl / row["initial_risk"], "bars_held_seconds": held,
    }  # fmt: skip
    books.trades.append(row)
    del books.open[pair]


def _note(books: _Books, trade: _Trade, time: datetime, kind: str, reason: str, **values: Any) -> None:
    own = {name: trade.row[name] for name in ("trade_id", "pair", "strategy")}
    books.notes.append(own | {"ts": time, "kind": kind, "reason": reason} | values)


def _mark(books: _Books, table: dict[str, Any], time: datetime, closed: datetime) -> None:
    profit = low = margin = risk = 0.0
    for pair, trade in books.open.items():
        bar = table[pair].get(time)
        unit, size = PAIRS[pair][3], trade.sign * trade.left * PAIRS[pair][3]
        last = bar["close"] if bar else trade.average
        worst = (bar["low"] if trade.sign > 0 else bar["high"]) if bar else trade.average
        profit += size * (last - trade.average)
        low += size * (worst - trade.average)
        margin += trade.left * last * unit / PAIRS[pair][4]
        risk += max(0.0, size * (last - trade.stop))
        gained = size * (last - trade.average)
        trade.row |= {"mae": min(trade.row["mae"], gained), "mfe": max(trade.row["mfe"], gained)}
    balance = books.balance / UNIT
    books.equity.append({
        "ts": closed, "balance": balance, "equity": balance + profit, "equity_low": balance + min(low, profit),
        "margin": margin, "open_risk": risk, "positions": len(books.open),
    })  # fmt: skip


def _result(books: _Books, history: dict[str, pl.DataFrame], first: datetime, last: datetime) -> RunResult:
    unfinished = [trade.row for trade in books.open.values()]
    return RunResult(
        created="2024-06-01T12:00:00+00:00",
        config={
            "strategies": ["confluence", "grid_atr"], "source": "synthetic", "timeframe": "1h", "detail": None,
            "timerange": "20240101-20240430", "pairs": list(PAIRS), "wallet": books.start / UNIT,
        },
        assumptions=(
            "No mark price: liquidation is judged at the last price.",
            "EURUSD has no spread in its bars: 0.8 pips from the instrument file.",
        ),
        currency="USDT", strategy="confluence+grid_atr", mode="compiled", instruments=tuple(PAIRS),
        bars=sum(frame.height for frame in history.values()), events=31_337,
        seconds={"load": 0.21, "plan": 0.34, "compile": 0.0, "loop": 0.0016}, peak_memory_mb=182.4,
        state_digest="9f2c4a6be1d07735", digests=(), trade_count=len(books.trades), order_count=len(books.fills),
        denials={"spread_too_wide": 41, "max_open_risk": 12, "below_minimum": 3},
        ledger=Ledger(
            books.start, books.realized, books.funding, books.rollover, books.fees, 0, 0, books.balance, 0
        ),
        start=first.isoformat(), end=last.isoformat(),
        fills=pl.DataFrame(books.fills, schema=FILLS), trades=pl.DataFrame(books.trades + unfinished, schema=TRADES),
        notes=pl.DataFrame(books.notes, schema=NOTES), equity=pl.DataFrame(books.equity, schema=EQUITY),
        orders=pl.DataFrame(schema=ORDERS),
        market_change={pair: frame["close"][-1] / frame["open"][0] - 1 for pair, frame in history.items()},
        limits={"daily loss limit": 9_500.0, "maximum loss limit": 9_000.0},
    )  # fmt: skip


def empty() -> RunResult:
    """A run in which nothing happened: no trade, no equity row, frames without columns."""
    nothing = pl.DataFrame()
    start = 10_000 * UNIT
    return RunResult(
        created="2024-06-01T12:00:00+00:00", config={}, assumptions=(), currency="USDT", strategy="grid_atr",
        mode="interpreted", instruments=("BTC/USDT:USDT",), bars=0, events=0, seconds={}, peak_memory_mb=0.0,
        state_digest="", digests=(), trade_count=0, order_count=0, denials={},
        ledger=Ledger(start, 0, 0, 0, 0, 0, 0, start, 0), start="2024-01-01T00:00:00+00:00",
        end="2024-01-01T00:00:00+00:00", fills=nothing, trades=nothing, notes=nothing, equity=nothing,
        orders=nothing,
    )  # fmt: skip
