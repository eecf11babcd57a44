"""Five trades and thirty days whose metrics fit on a sheet of paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
from sample import UNIT, empty

from holdfast.reports.frames import EQUITY, FILLS, TRADES
from holdfast.reports.result import Ledger, RunResult

START = datetime(2024, 1, 1, tzinfo=UTC)
RESULTS = (100.0, -50.0, 30.0, 0.0, -20.0)  # net money of the trades, in the order in which they close


def day(number: float) -> datetime:
    """The instant `number` days after the start."""
    return START + timedelta(days=number)


def tiny() -> RunResult:
    """1,000 USDT over 10 days; trades close on days 1, 2, 2.5, 4 and 6; 4 wins' worth of hand arithmetic."""
    opened, closed = (0.5, 1.5, 1.5, 3.0, 5.0), (1.0, 2.0, 2.5, 4.0, 6.0)
    pairs = ("BTC/USDT:USDT", "BTC/USDT:USDT", "SOL/USDT:USDT", "SOL/USDT:USDT", "BTC/USDT:USDT")
    trades = [
        {
            "trade_id": number + 1, "strategy": "grid_atr", "pair": pairs[number], "side": "long",
            "kind": "grid" if number == 0 else "setup", "tag": "a" if number < 3 else None,
            "opened": day(opened[number]), "closed": day(closed[number]), "pnl": pnl, "pnl_on_margin": pnl / 100,
            "pnl_on_notional": pnl / 1000, "r": pnl / 50, "exit_reason": "take_profit" if pnl > 0 else "stop_loss",
            "fees": 1.0, "funding": -0.5, "rollover": 0.0, "slippage": 0.2,
        }
        for number, pnl in enumerate(RESULTS)
    ]  # fmt: skip
    equity = [
        (1, 1100, 1090),
        (2, 1050, 1020),
        (3, 1080, 1075),
        (4, 1075, 990),
        (6, 1060, 1055),
        (10, 1060, 1060),
    ]
    rows = [
        {"ts": day(at), "balance": now, "equity": now, "equity_low": low, "positions": 1}
        for at, now, low in equity
    ]
    return replace(
        empty(), start=day(0).isoformat(), end=day(10).isoformat(), trades=pl.DataFrame(trades, schema=TRADES),
        equity=pl.DataFrame(rows, schema=EQUITY), fills=pl.DataFrame(cycle_fills(), schema=FILLS),
        ledger=Ledger(1000 * UNIT, 6750000000, -250000000, 0, 500000000, 0, 0, 1060 * UNIT, 0), trade_count=5,
        market_change={"BTC/USDT:USDT": 0.10, "SOL/USDT:USDT": -0.04},
    )  # fmt: skip


def cycle_fills() -> list[dict[str, object]]:
    """The cycle of trade 1: levels at 100, 98 and 96; level 1 leaves alone at 99, the others at 101."""
    plan = [
        (0.50, "entry", 0, "buy", 1.0, 100.0, 0.1), (0.60, "entry", 1, "buy", 2.0, 98.0, 0.2),
        (0.70, "target", 1, "sell", 2.0, 99.0, 0.2), (0.80, "entry", 2, "buy", 1.0, 96.0, 0.1),
        (1.00, "exit", 0, "sell", 2.0, 101.0, 0.4),
    ]  # fmt: skip
    names = ("role", "index", "side", "quantity", "price", "fee")
    return [
        {"ts": day(at), "fill_id": number, "trade_id": 1, "pair": "BTC/USDT:USDT", "strategy": "grid_atr"}
        | dict(zip(names, values, strict=True))
        | {"value": values[3] * values[4], "slippage_cost": 0.2}
        for number, (at, *values) in enumerate(plan)
    ]


def two_up_one_down(days: int = 30, weekdays: bool = False) -> RunResult:
    """Equity that gains 2 % one day and loses 1 % the next; without Saturdays and Sundays where `weekdays`."""
    dates = [day(number) for number in range(1, 400) if not weekdays or day(number - 1).weekday() < 5][:days]
    rows, now = [], 1000.0
    for number, date in enumerate(dates):
        now *= 0.99 if number % 2 else 1.02
        rows.append({"ts": date, "balance": now, "equity": now, "equity_low": now, "positions": 0})
    equity = pl.DataFrame(rows, schema=EQUITY)
    book = Ledger(1000 * UNIT, 0, 0, 0, 0, 0, 0, round(now * UNIT), 0)
    return replace(empty(), start=day(0).isoformat(), end=dates[-1].isoformat(), equity=equity, ledger=book)
