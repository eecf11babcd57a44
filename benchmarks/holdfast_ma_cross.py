"""Workload (a) in Holdfast: the plan rows of the crosses through the compiled loop, core, gate and venue model.

The rules are those of the other engines: entry at the next open, stop at once, target from the next bar on and on a
touch (Holdfast's own default asks for a trade through it), one coin an entry (the venue's largest order).
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "peers"))

import numpy as np
from harness import Engine, Outcome, Way, main
from workload import FEE_RATE, QUANTITY, START_CASH, Bars, Signals

import holdfast
from holdfast.model.enums import Kind
from holdfast.model.events import Plan
from holdfast.model.instrument import Contract
from holdfast.model.limits import Limits
from holdfast.model.mandate import Mandate
from holdfast.model.units import RATE
from holdfast.records import blank_array, compiled, packed
from holdfast.simulator.loop import Stop, run
from holdfast.simulator.simulation import Listing, Scenario, build_world
from holdfast.simulator.venue import Bar
from holdfast.simulator.world import Scheduled

STEPS = 1000  # in one coin


@dataclass(frozen=True)
class Native:
    """Bars as Holdfast reads them, and what is needed to make plans of the signals."""

    bars: Any
    signals: Signals
    world: Any
    duration: int


def contract() -> Contract:
    """One coin in steps of 0.001, prices in ticks of 0.01, the workload's fee and no other cost."""
    made = Contract()
    made.tick_value_numerator, made.tick_value_denominator = RATE // 100 // STEPS, 1
    made.quantity_min, made.quantity_max = 1, QUANTITY * STEPS
    made.price_max = 1 << 24
    made.maker_rate = made.taker_rate = round(FEE_RATE * RATE)
    made.tier_count = 1
    made.tiers[0].notional_max = 1 << 60
    made.tiers[0].initial_rate, made.tiers[0].maintenance_rate = RATE // 10, RATE // 200
    made.bars_are_mid = True
    return made


def mandate() -> Mandate:
    """A setup with one target; its risk budget is larger than the venue's largest order."""
    made = Mandate()
    made.strategy_id = made.instrument_id = 1
    made.kind = Kind.SETUP
    made.risk_rate = RATE
    made.market_r, made.limit_r, made.wait_r = RATE // 20, RATE * 3 // 10, RATE * 3 // 2
    made.level_count = made.rung_count = 1
    made.rungs[0].multiple, made.rungs[0].share = 2 * RATE, RATE
    return made


def convert(bars: Bars, signals: Signals) -> Native:
    """Bars into records, and a world that lists the instrument."""
    rows = blank_array(Bar, len(bars))
    rows["time_ns"], rows["instrument_id"] = bars.time, 1
    for name in ("open", "high", "low", "close"):
        rows[name] = getattr(bars, name)
    duration = int(np.diff(bars.time).min())
    scenario = Scenario(
        balance=START_CASH * RATE, hedging=False, isolated=False, listings=(Listing(contract(), 0),),
        mandates=(mandate(),), limits=(Limits(),), bars=rows, plan_times=None, plans=lambda start, end: None,
        items=None, duration_ns=duration, sample_ns=86_400_000_000_000, volume_share=RATE, through=0,
    )  # fmt: skip
    return Native(rows, signals, packed(build_world(scenario)), duration)


def plans_of(native: Native) -> Any:
    """One plan for each cross: start long now, with its stop and target."""
    at = np.flatnonzero(native.signals.cross)
    plans = blank_array(Plan, len(at))
    plans["time_ns"] = native.bars["time_ns"][at] + native.duration
    plans["mandate_id"], plans["start_long"] = 1, True
    plans["stop_price"] = native.signals.stop[at]
    plans["targets"]["price"][:, 0] = native.signals.target[at]
    return plans


def trade(prepared: tuple[Native, Any]) -> tuple[Any, list[Any]]:
    """Signals in hand to closed trades."""
    native, worlds = prepared
    loop, plans, items, closed = compiled(run), plans_of(native), blank_array(Scheduled, 0), []
    while True:
        stop = loop(worlds, native.bars, plans, items, len(native.bars))
        tape = worlds["tape"]
        closed.append(tape["closed"][0][: int(tape["closed_count"][0])].copy())
        if stop == Stop.DONE:
            return worlds, closed
        for name in ("fills", "notes", "closed", "cash", "samples"):
            tape[f"{name}_count"] = 0


def collect(finished: tuple[Any, list[Any]], bars: Bars) -> Outcome:
    """Entry and exit of every trade, and the fees that were charged for them."""
    rows, fees = [], 0
    for part in finished[1]:
        for one in part:
            entry = int(one["entry_total"]) // int(one["entry_quantity"])
            leave = int(one["exit_total"]) // int(one["entry_quantity"])
            rows.append((int(one["opened_at_ns"]), entry, int(one["closed_at_ns"]), leave))
            fees += int(one["fees"])
    return Outcome(rows, fees / RATE)


if __name__ == "__main__":
    way = Way("compiled", lambda native: (native, native.world.copy()), trade, collect)
    main(Engine("Holdfast", holdfast.__version__, convert, [way], warm_first=True))
