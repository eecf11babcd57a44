"""Small runs whose outcome is kept as JSON beside this file: orders, fills, trades, positions, balances. No digests.

A change that moves one of them changes what the engine does with money, so it is looked at before it is kept:

    python tests/golden/golden_runs.py     # runs them all again, rewrites the files, and says what moved
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from holdfast.history.store import Store
from holdfast.history.synthetic import write_synthetic
from holdfast.settings.backtest import load_settings
from holdfast.wiring.backtest import Backtest

FOLDER = Path(__file__).parent
FILLS = ("ts", "order_id", "trade_id", "pair", "role", "side", "quantity", "price", "fee")
TRADES = (
    "trade_id",
    "pair",
    "kind",
    "side",
    "closed",
    "exit_reason",
    "quantity",
    "entry_price",
    "exit_price",
    "pnl",
)
ORDERS = (
    "ts",
    "trade_id",
    "pair",
    "kind",
    "reason",
    "index",
    "price",
    "quantity",
)  # levels, targets, stops as asked
ASKED = ("level_placed", "target_moved", "stop_moved", "resized", "dropped")
LEDGER = (
    "start",
    "realized",
    "funding",
    "rollover",
    "fees",
    "cash_flows",
    "adjustments",
    "balance",
    "residual",
)


@dataclass(frozen=True)
class Golden:
    """One run: a synthetic market and what is traded on it."""

    name: str
    seed: int
    days: int
    timeframe: str
    source: str
    strategy: str
    pairs: tuple[str, ...]
    parameters: dict[str, Any]


PERPS = ("BTC/USDT:USDT", "SOL/USDT:USDT")
RUNS = (
    Golden("grid_on_perpetuals", 5, 50, "15m", "synthetic_perp", "grid_atr", PERPS, {"timeframe": "1h"}),
    Golden(
        "breakout_grid_on_perpetuals",
        5,
        15,
        "15m",
        "synthetic_perp",
        "grid_boltrend",
        PERPS,
        {"timeframe": "1h"},
    ),
    Golden(
        "cross_on_currencies", 8, 30, "1h", "synthetic_fx", "ma_cross", ("USDJPY", "EURGBP", "GBPUSD"), {}
    ),
)


def rows(frame: pl.DataFrame, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The named columns as plain rows; instants as text, numbers to twelve digits."""
    chosen = frame.select([name for name in names if name in frame.columns])
    return [{name: plain(value) for name, value in row.items()} for row in chosen.to_dicts()]


def plain(value: Any) -> Any:
    """What JSON can hold."""
    if isinstance(value, float):
        return float(f"{value:.12g}")
    return value if isinstance(value, (int, str, bool, type(None))) else str(value)


def run(golden: Golden) -> dict[str, Any]:
    """Everything of one run that must not move by itself. Interpreted; parity has tests of its own."""
    with tempfile.TemporaryDirectory() as folder:
        write_synthetic(Path(folder), golden.seed, golden.days, golden.timeframe, golden.pairs)
        settings = load_settings(None, {
            "strategies": (golden.strategy,), "source": golden.source, "pairs": golden.pairs,
            "detail": golden.timeframe, "parameters": golden.parameters,
        })  # fmt: skip
        backtest = Backtest(Store(Path(folder)), settings)
        result = backtest.run(backtest.prepare(), interpreted=True)
    last = result.equity.row(-1, named=True)
    return {
        "order_count": result.order_count,
        "asked": rows(result.notes.filter(pl.col("kind").is_in(ASKED)), ORDERS),
        "fills": rows(result.fills, FILLS),
        "trades": rows(result.trades, TRADES),
        "at_the_end": {name: plain(last[name]) for name in ("balance", "equity")},
        "ledger": {name: getattr(result.ledger, name) for name in LEDGER},
    }


def kept(golden: Golden) -> dict[str, Any]:
    """What the file says."""
    found: dict[str, Any] = json.loads((FOLDER / f"{golden.name}.json").read_text(encoding="utf-8"))
    return found


def written(outcome: dict[str, Any]) -> str:
    """One row a line, so that a difference shows where it is."""
    parts = []
    for name, value in outcome.items():
        if isinstance(value, list):
            lines = ",\n".join(f"  {json.dumps(row)}" for row in value)
            parts.append(f' "{name}": [\n{lines}\n ]')
        else:
            parts.append(f' "{name}": {json.dumps(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> None:
    """Run all and keep what came out."""
    for golden in RUNS:
        path = FOLDER / f"{golden.name}.json"
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = written(run(golden))
        path.write_text(after, encoding="utf-8")
        moved = len(set(after.splitlines()) ^ set(before.splitlines()))
        sys.stdout.write(f"{golden.name}: {moved} lines moved\n")


if __name__ == "__main__":
    main()
