"""The slow, obviously right answer to workload (a), against which every engine's trades are compared.

Plain Python, one bar after the other, integer ticks; nothing is shared with the engines but the bars: even the
averages are summed afresh. `python reference.py --bars FILE --variants` also shows how many trades would differ
under the rules that some engine cannot express, which says how much agreement on this data is worth.
"""

import argparse
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from workload import FAST, FEE_RATE, QUANTITY, SLOW, TICKS_PER_UNIT, Bars, Levels, load_bars


@dataclass(frozen=True)
class Rules:
    """The choices inside a bar; the defaults are the workload, the rest are what an engine might do instead."""

    stop_in_entry_bar: bool = True
    target_in_entry_bar: bool = False
    target_needs_through: bool = False  # by one tick, instead of a touch
    stop_first: bool = True
    fill_at_open_on_gap: bool = True
    enter_at_open: bool = True  # instead of at the close on which the cross was seen


WORKLOAD = Rules()
# What an engine cannot express otherwise; engines that are not named here follow the workload to the letter.
DECLARED = {
    "NautilusTrader": Rules(target_in_entry_bar=True, stop_first=False, fill_at_open_on_gap=False),
    "vectorbt": Rules(stop_in_entry_bar=False),
}


@dataclass(frozen=True)
class Trade:
    """One closed trade: times are the opening times (ns UTC) of the bars of the fills, prices are ticks."""

    entry_time: int
    entry_price: int
    exit_time: int
    exit_price: int
    reason: str = ""  # stop or target; "gap" is added where the bar opened beyond it

    @property
    def row(self) -> tuple[int, int, int, int]:
        """What engines are compared by."""
        return self.entry_time, self.entry_price, self.exit_time, self.exit_price


def reference_trades(bars: Bars, levels: Levels, rules: Rules = WORKLOAD) -> list[Trade]:
    """Every closed trade in order of time; a position open at the end of the data is left out."""
    times, opens = bars.time.tolist(), bars.open.tolist()
    highs, lows, closes = bars.high.tolist(), bars.low.tolist(), bars.close.tolist()
    trades: list[Trade] = []
    position: tuple[int, int, int, int] | None = None  # bar of entry, entry price, stop, target
    pending: tuple[int, int, int] | None = None  # close of the cross, stop, target
    for i in range(len(times)):
        if pending is not None:
            close, stop, target = pending
            position = (i, opens[i] if rules.enter_at_open else close, stop, target)
            pending = None
        if position is not None:
            entered, price, stop, target = position
            out = _exit(opens[i], highs[i], lows[i], stop, target, entered == i, rules)
            if out is not None:
                trades.append(Trade(times[entered], price, times[i], out[0], out[1]))
                position = None
        if position is None and _crossed_up(closes, i):
            stop = _round_up(closes[i] * (1000 - levels.stop), 1000)
            target = _round_up(closes[i] * (1000 + levels.target), 1000)
            pending = (closes[i], stop, target)
    return trades


def _exit(
    open_: int, high: int, low: int, stop: int, target: int, entry_bar: bool, rules: Rules
) -> tuple[int, str] | None:
    """Price and reason of the exit in one bar, if there is one."""
    opened_below = open_ <= stop
    stopped = low <= stop and (rules.stop_in_entry_bar or not entry_bar)
    reached = high >= target + rules.target_needs_through and (rules.target_in_entry_bar or not entry_bar)
    if stopped and (rules.stop_first or opened_below or not reached):
        if open_ < stop:
            return (open_ if rules.fill_at_open_on_gap else stop), "stop gap"
        return stop, "stop"
    if reached:
        if open_ > target:
            return (open_ if rules.fill_at_open_on_gap else target), "target gap"
        return target, "target"
    return None


def _crossed_up(closes: list[int], i: int) -> bool:
    """Whether the fast average went from at or below the slow one to above it at the close of bar `i`."""
    return i >= SLOW and _fast_above(closes, i) and not _fast_above(closes, i - 1)


def _fast_above(closes: list[int], i: int) -> bool:
    fast = sum(closes[i - FAST + 1 : i + 1])
    slow = sum(closes[i - SLOW + 1 : i + 1])
    return fast * SLOW > slow * FAST


def _round_up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def fees(trades: list[Trade]) -> float:
    """Fees of both sides of all trades, in the quote currency."""
    return sum(t.entry_price + t.exit_price for t in trades) / TICKS_PER_UNIT * QUANTITY * FEE_RATE


VARIANTS = {
    "stop not active in the bar of the entry": Rules(stop_in_entry_bar=False),
    "target active in the bar of the entry": Rules(target_in_entry_bar=True),
    "target needs a trade through it by a tick": Rules(target_needs_through=True),
    "target before stop inside one bar": Rules(stop_first=False),
    "exits at their own price though the bar opened beyond": Rules(fill_at_open_on_gap=False),
    "entry at the close of the cross": Rules(enter_at_open=False),
}


def variant_counts(bars: Bars, levels: Levels) -> dict[str, int]:
    """For each other rule, the number of trades of the workload that it does not give in the same way."""
    rows = {t.row for t in reference_trades(bars, levels)}
    others = {name: reference_trades(bars, levels, rules) for name, rules in VARIANTS.items()}
    return {name: len(rows - {t.row for t in trades}) for name, trades in others.items()}


def main() -> None:
    """Print the number of trades, exits by reason, and the weight of each rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=Path, required=True)
    parser.add_argument("--stop", type=int, default=Levels.stop, help="thousandths of the close")
    parser.add_argument("--target", type=int, default=Levels.target, help="thousandths of the close")
    parser.add_argument("--variants", action="store_true", help="count what other rules would change")
    arguments = parser.parse_args()
    bars, levels = load_bars(arguments.bars), Levels(arguments.stop, arguments.target)
    trades = reference_trades(bars, levels)
    exits = dict(Counter(trade.reason for trade in trades))
    result = {"bars": len(bars), "trades": len(trades), "exits": exits, "fees": round(fees(trades), 6)}
    if arguments.variants:
        result["trades that another rule would change"] = variant_counts(bars, levels)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
