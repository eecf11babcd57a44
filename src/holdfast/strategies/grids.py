"""What the two grids share: parameters with their ranges, and the management that follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.history.names import SECOND, parse_timeframe
from holdfast.strategies.plan import LEVELS
from holdfast.strategies.strategy import Management, Parameter

BASES = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h")
# Liquidation of a lone instrument is then about 33 % away, 1.5 times the widest stop of the shipped tables. The
# original ran 5 and 6, where a stop of 20 % lies at the liquidation price or beyond it.
LEVERAGE = 3.0
TIMEFRAME = Parameter("timeframe", "1h", "", "bars that the strategy reads", choices=BASES)


def grid_parameters(*, levels: int, sl_percent: float, sides: str) -> tuple[Parameter, ...]:
    """The parameters that every grid has, with the defaults of one of them."""
    hold_doc = "a losing cycle is closed after this many; 0 = never"
    leverage_doc = (
        "notional over margin; keep leverage x sl_percent below 100, or the stop outlives the margin"
    )
    capital = ("balance", "equity")
    return (
        Parameter(
            "num_levels", levels, "levels", "entries of one cycle, each with an equal share", 1, LEVELS
        ),
        Parameter("sl_percent", sl_percent, "%", "stop below (above) the average entry", 0.1, 95),
        Parameter("sides", sides, "", "which cycles may start", choices=("long", "short", "both")),
        Parameter("leverage", LEVERAGE, "x", leverage_doc, 1, 20),
        Parameter("max_hold_candles", 0, "bars", hold_doc, 0, 100_000),
        Parameter("cooldown_candles", 3, "bars", "pause after a cycle before the next may start", 0, 10_000),
        Parameter("allocation", 1.0, "x", "share of the capital base, split among the instruments", 0, 1),
        Parameter("capital_base", "equity", "", "what the allocation is a share of", choices=capital),
        Parameter("post_only", True, "", "levels rest as maker orders only"),
    )


def grid_management(p: Mapping[str, Any], min_profit: float = 0.0) -> Management:
    """Levels, stop, holding time and capital of a grid; hold and cooldown are counted in its own bars."""
    bar_seconds = parse_timeframe(p["timeframe"]).ns / SECOND
    return Management(
        kind="grid",
        allocation=p["allocation"],
        capital_base=p["capital_base"],
        leverage=p["leverage"],
        levels=p["num_levels"],
        stop_rate=p["sl_percent"] / 100,
        post_only=p["post_only"],
        min_profit=min_profit,
        max_hold=p["max_hold_candles"] * bar_seconds,
        max_hold_losing_only=True,
        cooldown=p["cooldown_candles"] * bar_seconds,
    )


def offered(p: Mapping[str, Any], side: str) -> bool:
    """Whether cycles of this side may start."""
    return bool(p["sides"] in (side, "both"))
