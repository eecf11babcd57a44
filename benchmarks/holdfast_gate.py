"""What one decision of the gate costs: 21 instruments, 20 open trades, all rules of a firm's profile, compiled.

    python benchmarks/holdfast_gate.py [--ruleset the5ers.high_stakes.20k] [--out FILE.json]

The state is that of an account in the middle of a day: a position with a stop in 20 instruments, floors sampled, guard
and limits as the ruleset has them. Asked is an entry that passes every rule, so that all of them are evaluated. Before
each question one held instrument has had a price (`ns_per_decision`), or every one of them, as at the end of a bar: its
notional, margin and stressed loss are told anew. ns are the best of several rounds.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from holdfast.engine.engine import Engine
from holdfast.model.enums import Denial, Kind, Phase
from holdfast.model.events import (
    AccountOpened,
    FloorGiven,
    GuardGiven,
    InstrumentListed,
    LimitsSet,
    MandateGiven,
    Price,
)
from holdfast.model.state import State
from holdfast.model.units import RATE
from holdfast.records import Rows, compiled, copy_record, kernel, packed
from holdfast.risk.exposure import outdate, update_open_risk
from holdfast.risk.gate import check
from holdfast.risk.marks import mark
from holdfast.settings.backtest import load_settings
from holdfast.wiring.mandates import CLASS_IDS
from holdfast.wiring.ruleset.rulesets import bind_rules, owners_of, terms_of

HERE = Path(__file__).resolve().parent
INSTRUMENTS = 21
OPEN = 20
ROUND = 100_000


@kernel
def ask_often(states: Rows[State], times: int, moved: int) -> int:
    """The same question again and again, each after so many prices of held instruments; how often it was refused."""
    state = states[0]
    refused = 0
    row = 0
    for _ in range(times):
        for _ in range(moved):
            row = row + 1 if row < OPEN else 1
            outdate(state, row)
        if check(state, state.ask) != Denial.NONE:
            refused += 1
    return refused


def account_under(ruleset: str) -> Engine:
    """An engine with instruments, mandates and the rules of the ruleset's first phase."""
    settings = load_settings(None, {"ruleset": ruleset})
    rules = bind_rules(settings, ("setup",))
    assert rules is not None
    classes = (settings.limits.setup.model_dump(), settings.limits.grid.model_dump())
    limits = dict(zip(CLASS_IDS, classes, strict=True))
    (terms, *_), _ = terms_of(rules, owners_of((), {}, rules.initial), limits, 0)
    engine = Engine()
    engine.apply(AccountOpened(balance=rules.initial, hedging=True))
    for name, class_id in CLASS_IDS.items():
        given = LimitsSet(class_id=class_id)
        copy_record(given.limits, terms.limits[class_id])
        given.limits.trade_count_max = given.limits.order_count_max = 0
        engine.apply(given)
        assert name in limits
    for i in range(1, INSTRUMENTS + 1):
        list_instrument(engine, i)
    guard = GuardGiven()
    copy_record(guard.guard, terms.guard)
    engine.apply(guard)
    for row in range(1, terms.floor_count + 1):
        floor = FloorGiven(floor_row=row)
        copy_record(floor.floor, terms.floors[row])
        engine.apply(floor)
    return engine


def list_instrument(engine: Engine, number: int) -> None:
    """A currency pair at 1.10000 with its strategy."""
    listed = InstrumentListed(group_id=1 + number // 3, group_sign=1, reserve=RATE // 5)
    contract = listed.contract
    contract.instrument_id, contract.quantity_min, contract.quantity_max = number, 1, 10_000
    contract.tick_value_numerator, contract.tick_value_denominator = RATE // 100, 1
    contract.price_max, contract.tier_count = 1_000_000, 1
    contract.tiers[0].notional_max, contract.tiers[0].initial_rate = 1 << 60, RATE // 100
    contract.stop_out_rate = RATE // 2
    engine.apply(listed)
    given = MandateGiven(mandate_id=number)
    given.mandate.strategy_id, given.mandate.instrument_id, given.mandate.kind = 1, number, Kind.SETUP
    given.mandate.leverage, given.mandate.risk_rate = RATE, 6 * RATE // 1000
    engine.apply(given)
    engine.apply(
        Price(instrument_id=number, time_ns=number, bid=110_000, ask=110_001, low=110_000, high=110_000)
    )


def hold(state: State, number: int) -> None:
    """A small open trade with a stop 40 pips away, as if it had been filled at the price of now."""
    row = 2 * number
    trade, instrument = state.trades[row], state.instruments[number]
    trade.instrument_id, trade.mandate_id, trade.trade_id = number, number, number
    trade.side, trade.kind, trade.phase = 1, Kind.SETUP, Phase.OPEN
    trade.quantity, trade.stop_price, trade.level_count = 1, 109_600, 1
    trade.entry_value = instrument.ask
    trade.initial_risk = 4 * RATE
    instrument.first_trade = row
    position = instrument.positions[0]
    position.owner, position.quantity, position.entry_value = number, 1, trade.entry_value
    instrument.long_owner = number
    update_open_risk(state, trade)
    mark(state, instrument)
    state.account.open_trades += 1
    state.account.busy_trades += 1


def question(state: State) -> None:
    """An entry in the last instrument that no rule refuses."""
    ask = state.ask
    ask.instrument_id, ask.trade_row, ask.side = INSTRUMENTS, 2 * INSTRUMENTS, 1
    ask.quantity, ask.price, ask.stop_price = 1, 110_001, 109_601
    trade = state.trades[ask.trade_row]
    trade.instrument_id, trade.mandate_id, trade.side, trade.level_count = INSTRUMENTS, INSTRUMENTS, 1, 1
    trade.phase, trade.kind = Phase.ARMED, Kind.SETUP


def measure(ruleset: str, rounds: int) -> dict[str, Any]:
    """ns a decision; a refusal would mean that rules were skipped."""
    engine = account_under(ruleset)
    for number in range(1, OPEN + 1):
        hold(engine.state, number)
    question(engine.state)
    denial = check(engine.state, engine.state.ask)
    state = packed(engine.state)
    loop = compiled(ask_often)
    loop(state, 1000, 1)
    best = dict.fromkeys((1, OPEN), float("inf"))
    refused = 0
    for moved in list(best) * rounds:
        started = time.perf_counter()
        refused += loop(state, ROUND, moved)
        best[moved] = min(best[moved], time.perf_counter() - started)
    return {
        "ruleset": ruleset,
        "instruments": INSTRUMENTS,
        "open_trades": OPEN,
        "floors": engine.state.floor_watermark,
        "refused_by": Denial(denial).name.lower(),
        "refused": refused,
        "ns_per_decision": round(best[1] / ROUND * 1e9, 1),
        "ns_after_prices_of_all": round(best[OPEN] / ROUND * 1e9, 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ruleset", default="the5ers.high_stakes.20k")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "gate.json")
    given = parser.parse_args()
    found = measure(given.ruleset, given.rounds)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(found, indent=1))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
