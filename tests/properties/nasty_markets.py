"""Random markets, contracts, mandates, limits, plans and schedules, as unkind as a venue and a strategy can be.

Everything hangs from one seed and a few sizes, so that a failing example shrinks to fewer bars, instruments
and mandates, and its name is enough to run it again: `scenario(Size(seed=…, bars=…, …))`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from holdfast.model.enums import AmountOf, Kind, Quantity, Sample, Scope, StopMove
from holdfast.model.events import Plan
from holdfast.model.floor import Floor
from holdfast.model.guard import Guard
from holdfast.model.instrument import Contract, worth_up
from holdfast.model.limits import Limits
from holdfast.model.mandate import Mandate
from holdfast.model.units import HOUR, LEVELS, MINUTE, MONEY_MAX, PRICE_MAX, RATE, RUNGS
from holdfast.simulator.loop import Item, Scheduled
from holdfast.simulator.simulation import Listing, Scenario
from holdfast.simulator.venue import Bar

START = 1_700_000_000_000_000_000 // HOUR * HOUR
STEP = 5 * MINUTE
Rng = np.random.Generator


@dataclass(frozen=True)
class Size:
    """What a random world hangs from. `wild` lets plans carry absurd prices."""

    seed: int
    bars: int
    instruments: int
    mandates: int
    hedging: bool
    isolated: bool
    wild: bool


sizes = st.builds(
    Size,
    seed=st.integers(0, 2**32),
    bars=st.integers(2, 160),
    instruments=st.integers(1, 4),
    mandates=st.integers(1, 6),
    hedging=st.booleans(),
    isolated=st.booleans(),
    wild=st.booleans(),
)


def chance(rng: Rng, share: float) -> bool:
    """True in this share of cases."""
    return bool(rng.random() < share)


def between(rng: Rng, low: float, high: float) -> float:
    """A number between two, every order of magnitude as likely."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def rate(value: float) -> int:
    """A share of 1 in 1e-8."""
    return round(value * RATE)


def random_contract(rng: Rng, number: int, highest: int) -> Contract:
    """A perpetual, a currency pair, a cross whose tick value is a fraction, or one that converts itself."""
    contract = Contract()
    contract.instrument_id = number
    contract.price_max = min(PRICE_MAX, max(1024, 8 * highest))
    style = int(rng.integers(4))
    contract.self_converting = style == 3
    contract.tick_value_numerator = (
        int(rng.integers(1, 2_000_000)) if style != 3 else int(between(rng, 1e9, 1e12))
    )
    contract.tick_value_denominator = 1 if style in (0, 3) else int(rng.choice([1, 3, 97, 10_007, 1_000_000]))
    if contract.self_converting:
        most = MONEY_MAX // contract.tick_value_numerator
    else:
        most = (
            MONEY_MAX // contract.tick_value_numerator * contract.tick_value_denominator // contract.price_max
        )
    contract.quantity_max = max(1, min(int(between(rng, 10, 1e7)), most // 16))
    contract.quantity_min = int(rng.choice([1, 1, 1, 2, 3, 7]))
    contract.notional_min = int(rng.choice([0, 0, 5 * RATE]))
    set_costs(rng, contract, style)
    set_tiers(rng, contract, style)
    return contract


def set_costs(rng: Rng, contract: Contract, style: int) -> None:
    """Fees with rebates, commissions, spreads, slippage; perpetuals report real volume."""
    contract.maker_rate = int(rng.integers(-3_000, 60_000))
    contract.taker_rate = int(rng.integers(0, 90_000))
    contract.commission = int(rng.choice([0, 0, 1, 35_000]))
    contract.liquidation_rate = int(rng.choice([0, 500_000]))
    contract.bars_are_mid = chance(rng, 0.5)
    contract.spread = int(rng.choice([0, 1, 2, 5, 30]))
    contract.spread_floor = int(rng.choice([0, 1, 3]))
    contract.slippage = int(rng.choice([0, 0, 1, 4]))
    contract.volume_is_real = chance(rng, 0.7 if style == 0 else 0.3)
    contract.price_band = int(rng.choice([0, 0, RATE // 50, RATE // 5]))
    contract.can_amend_quantity = chance(rng, 0.7)


def set_tiers(rng: Rng, contract: Contract, style: int) -> None:
    """A margin table of one to three steps, or a broker's stop-out."""
    contract.stop_out_rate = 0 if style == 0 else int(rng.choice([0, RATE // 2]))
    contract.tier_count = int(rng.integers(1, 4))
    ceiling = int(between(rng, 1e3, 1e6)) * RATE
    initial = int(RATE / rng.choice([1, 2, 10, 25, 50]))
    for i in range(contract.tier_count):
        tier = contract.tiers[i]
        tier.notional_max = ceiling * 4**i
        tier.initial_rate = min(RATE, initial * (i + 1))
        tier.maintenance_rate = tier.initial_rate // 2
        tier.deduction = i * ceiling // 1000


def random_bars(rng: Rng, number: int, count: int) -> Any:
    """A walk with calm and storm, jumps, flat bars, holes, empty volume and a spread that comes and goes."""
    first = int(rng.integers(0, max(1, count // 4))) if chance(rng, 0.3) else 0
    last = int(rng.integers(max(first + 1, count // 2), count + 1)) if chance(rng, 0.3) else count
    steps = np.arange(first, max(first + 1, last))
    wild = between(rng, 2e-4, 2e-2)
    moves = rng.standard_normal(len(steps)) * wild * (1 + 3 * (rng.random(len(steps)) < 0.1))
    crash = chance(rng, 0.4)
    jumps = rng.random(len(steps)) < (0.08 if crash else 0.01)
    moves += jumps * rng.choice([-0.5, -0.2, 0.2, 0.4], len(steps))
    closes = np.clip(between(rng, 60, 300_000) * np.exp(np.cumsum(moves)), 3, 2_000_000)
    opens = np.concatenate([closes[:1], closes[:-1]]) * (
        1 + (rng.random(len(steps)) < 0.1) * rng.normal(0, wild, len(steps))
    )
    reach = np.abs(rng.standard_normal((2, len(steps)))) * wild
    bars = np.zeros(len(steps), Bar.dtype)
    bars["time_ns"], bars["instrument_id"] = START + steps * STEP, number
    bars["open"], bars["close"] = np.maximum(1, np.rint(opens)), np.maximum(1, np.rint(closes))
    bars["high"] = np.maximum(bars["open"], bars["close"]) + np.rint(closes * reach[0])
    bars["low"] = np.maximum(1, np.minimum(bars["open"], bars["close"]) - np.rint(closes * reach[1]))
    bars["volume"] = np.where(
        rng.random(len(steps)) < (0.6 if crash else 0.15), 0, rng.integers(1, 5_000, len(steps))
    )
    if chance(rng, 0.5):
        bars["spread"] = np.where(rng.random(len(steps)) < 0.3, 0, rng.integers(0, 40, len(steps)))
    kept = rng.random(len(steps)) > (0.1 if chance(rng, 0.4) else 0.0)
    kept[[0, -1]] = True
    return bars[kept]


def random_mandate(rng: Rng, instruments: int) -> Mandate:
    """A setup with any ladder, or a grid with any levels."""
    m = Mandate()
    m.strategy_id, m.instrument_id = int(rng.integers(1, 4)), int(rng.integers(1, instruments + 1))
    m.class_id = int(rng.integers(2))
    m.kind = Kind.SETUP if chance(rng, 0.5) else Kind.GRID
    reckless = chance(rng, 0.2)
    m.risk_rate = rate(between(rng, 0.1, 0.9) if reckless else between(rng, 1e-4, 0.05))
    m.leverage = int(rng.choice([1, 2, 5, 20])) * RATE
    m.allocation, m.base = rate(between(rng, 0.01, 1)), int(rng.integers(3))  # type: ignore[assignment]
    m.fixed_capital = int(between(rng, 10, 1e5)) * RATE
    m.market_r, m.limit_r, m.wait_r = rate(0.05), rate(rng.choice([0.3, 1.0])), rate(rng.choice([1.5, 3.0]))
    m.queue_life_ns, m.order_life_ns = (int(rng.choice([0, 3, 30])) * STEP for _ in range(2))
    m.spread_max = int(rng.choice([0, 0, 3, 20]))
    m.resize_rate, m.retry_ns = (
        int(rng.choice([0, RATE // 1000, RATE // 20])),
        int(rng.choice([0, 1, 12])) * STEP,
    )
    m.post_only, m.stop_per_level = chance(rng, 0.5), chance(rng, 0.3)
    m.stop_rate = int(rng.choice([0, 3 * RATE // 2])) if chance(rng, 0.05) else rate(between(rng, 0.001, 0.3))
    m.min_profit = int(rng.choice([0, 0, RATE // 500]))
    m.min_hold_ns, m.max_hold_ns = int(rng.choice([0, 0, 6])) * STEP, int(rng.choice([0, 0, 20])) * STEP
    m.max_hold_losing_only, m.cooldown_ns = chance(rng, 0.3), int(rng.choice([0, 0, 5])) * STEP
    m.level_count = int(rng.integers(1, LEVELS + 1)) if m.kind == Kind.GRID else 1
    weights = rng.dirichlet(np.ones(m.level_count))
    for i in range(m.level_count):
        m.weights[i].share = int(weights[i] * RATE)
    random_rungs(rng, m)
    return m


def random_rungs(rng: Rng, m: Mandate) -> None:
    """None to eight targets; some without a share, most but not all in order of distance."""
    m.rung_count = int(rng.integers(0, RUNGS + 1))
    if not m.rung_count:
        return
    shares = rng.dirichlet(np.ones(m.rung_count)) * (rng.random(m.rung_count) < 0.8)
    multiples = np.sort(rng.uniform(0.2, 4, m.rung_count))
    if chance(rng, 0.1):
        rng.shuffle(multiples)
    for i in range(m.rung_count):
        rung = m.rungs[i]
        rung.multiple, rung.share = rate(multiples[i]), rate(shares[i])
        rung.stop_move = int(rng.choice(list(StopMove)))  # type: ignore[assignment]
        rung.move_value = rate(rng.uniform(-0.5, 1.5))
        if rung.stop_move == StopMove.TRAIL:
            rung.move_value = rate(rng.uniform(0.05, 1.5))


def random_limits(rng: Rng) -> Limits:
    """Each limit off, wide, or in the way."""
    limits = Limits()
    for name, low, high in (
        ("order_notional_max", 0.05, 30), ("position_notional_max", 0.1, 60), ("price_collar", 0.002, 0.5),
        ("passive_band", 0.002, 0.5),
        ("trade_risk_max", 0.002, 1), ("open_risk_max", 0.005, 2), ("margin_max", 0.05, 1), ("leverage_max", 0.3, 40),
    ):  # fmt: skip
        setattr(limits, name, 0 if chance(rng, 0.6) else rate(between(rng, low, high)))
    for name, high in (
        ("order_count_max", 20),
        ("trade_count_max", 4),
        ("entries_per_day_max", 40),
        ("group_trades_max", 3),
    ):
        setattr(limits, name, 0 if chance(rng, 0.6) else int(rng.integers(1, high + 1)))
    limits.stale_after_ns = int(rng.choice([0, 0, 1, 2, 12])) * STEP // 2
    return limits


def random_guard(rng: Rng) -> Guard:
    """Each rule of the account off, wide, or in the way."""
    guard = Guard()
    for name, low, high in (
        ("correlated_risk", 0.002, 2), ("group_risk", 0.1, 10), ("currency_risk", 0.002, 1),
        ("idea_loss_max", 0.002, 1),
        ("lots_order_max", 0.01, 1e5), ("lots_instrument_max", 0.01, 1e5), ("lots_total_max", 0.01, 1e5),
        ("median_multiple", 1, 20), ("liquidation_ratio", 1.1, 3), ("shrink", 0.05, 1),
    ):  # fmt: skip
        setattr(guard, name, 0 if chance(rng, 0.6) else rate(between(rng, low, high)))
    for name in ("headroom", "keep_tier", "hedge_banned", "idea_both_sides", "cap_by_margin"):
        setattr(guard, name, chance(rng, 0.4))
    guard.group_side_max = 0 if chance(rng, 0.6) else int(rng.integers(1, 4))
    guard.idea_within_ns = int(rng.integers(0, 20)) * STEP
    guard.window_reserve = rate(rng.uniform(0, 1))
    if chance(rng, 0.3):
        guard.margin_warn, guard.margin_block, guard.margin_reduce, guard.margin_flatten = (
            rate(part * between(rng, 0.01, 1)) for part in (0.4, 0.5, 0.65, 0.8)
        )
    guard.auto_trim = chance(rng, 0.5)
    return guard


def random_floor(rng: Rng, balance: int) -> Floor:
    """A floor of the account somewhere under its anchor, with a ladder or without."""
    floor = Floor(scope=Scope.ACCOUNT, initial=balance, reading_count=1)
    floor.quantity = Quantity(int(rng.integers(0, 5)))
    floor.sample = Sample(int(rng.integers(0, 5)))
    floor.observed = Quantity(int(rng.choice([1, 2, 4])))
    floor.readings[0].of = AmountOf(int(rng.integers(1, 3)))
    floor.readings[0].rate = rate(between(rng, 0.02, 0.6))
    floor.ratchet = chance(rng, 0.5)
    if chance(rng, 0.5):
        floor.ladder.warn, floor.ladder.reduce = rate(0.5), rate(0.65)
        floor.ladder.block, floor.ladder.flatten = rate(0.8), rate(0.9)
    return floor


def random_plans(rng: Rng, mandate_id: int, m: Mandate, bars: Any, price_max: int, wild: bool) -> Any:
    """What a strategy might want at the close of some bars, sensible or not."""
    every = int(rng.choice([1, 3, 12]))
    chosen = bars[::every]
    plans = np.zeros(len(chosen), Plan.dtype)
    close = chosen["close"].astype(float)
    unit = close * between(rng, 0.001, 0.05)
    n = len(chosen)
    plans["time_ns"], plans["mandate_id"] = chosen["time_ns"] + STEP, mandate_id
    if chance(rng, 0.2):  # a strategy that takes its time, while the market may be shut
        plans["time_ns"] += rng.integers(0, 40, n) * STEP
    late = rng.random(n) < 0.05
    plans["valid_until_ns"] = np.where(
        late, plans["time_ns"] - 1, np.where(rng.random(n) < 0.5, 0, plans["time_ns"])
    )
    side = np.where(rng.random(n) < 0.5, 1, -1)
    starts = rng.random(n) < between(rng, 0.1, 1)
    plans["start_long"] = starts & ((side > 0) | (rng.random(n) < 0.3))
    plans["start_short"] = starts & ((side < 0) | (rng.random(n) < 0.3))
    plans["enter_now"] = rng.random(n) < 0.2
    for name in ("exit_long", "exit_short"):
        plans[name] = rng.random(n) < rng.choice([0.0, 0.05, 0.3])
    plans["tag"], plans["exit_tag"] = rng.integers(0, 4, n), rng.integers(0, 4, n)
    plans["score"] = np.where(rng.random(n) < 0.5, 0, rng.integers(RATE // 2, 2 * RATE, n))
    plans["min_profit"] = np.where(rng.random(n) < 0.8, 0, rng.integers(1, RATE // 50, n))
    plans["max_hold_ns"] = np.where(rng.random(n) < 0.8, 0, rng.integers(0, 30, n) * STEP)
    plans["trail_distance"] = np.where(rng.random(n) < 0.7, 0, np.rint(unit * rng.uniform(0.2, 2, n)))
    if m.kind == Kind.SETUP:
        plan_setups(rng, plans, close, unit, side)
    else:
        plan_grids(rng, plans, close, unit, side)
    bound_prices(rng, plans, price_max, wild)
    return plans


def plan_setups(rng: Rng, plans: Any, close: Any, unit: Any, side: Any) -> None:
    """Entry near or far, stop mostly on the right side, some targets by price, some by R."""
    n = len(plans)
    entry = np.where(rng.random(n) < 0.4, close, close + rng.normal(0, 0.5, n) * unit)
    plans["entry_price"] = np.where(rng.random(n) < 0.3, 0, np.rint(entry))
    right = np.where(rng.random(n) < 0.95, 1, -1)
    plans["stop_price"] = np.rint(entry - side * right * unit * rng.uniform(0.05, 2, n))
    for i in range(RUNGS):
        plans["targets"]["price"][:, i] = np.where(
            rng.random(n) < 0.8, 0, np.rint(close + side * unit * (i + 1) * 0.4)
        )
        plans["targets"]["multiple"][:, i] = np.where(rng.random(n) < 0.8, 0, rng.integers(1, 4 * RATE, n))


def plan_grids(rng: Rng, plans: Any, close: Any, unit: Any, side: Any) -> None:
    """Levels from an anchor, from the first fill, or by their own prices; take-profits together or apart."""
    n = len(plans)
    plans["stop_price"] = np.where(
        rng.random(n) < 0.7, 0, np.rint(close - side * unit * rng.uniform(0.5, 4, n))
    )
    plans["anchor_price"] = np.where(rng.random(n) < 0.3, 0, np.rint(close))
    plans["offset"] = np.rint(unit * rng.uniform(-0.1, 0.5, n))
    plans["spacing"] = np.rint(unit * rng.uniform(0, 0.6, n))
    plans["take_profit_price"] = np.where(
        rng.random(n) < 0.3, 0, np.rint(close + side * unit * rng.uniform(-0.2, 1.5, n))
    )
    named = chance(rng, 0.3)
    alone = chance(rng, 0.3)
    weighted = chance(rng, 0.3)
    for i in range(LEVELS):
        if named:
            plans["levels"]["price"][:, i] = np.where(
                rng.random(n) < 0.5, 0, np.rint(close - side * unit * 0.3 * (i + 1))
            )
        if alone:
            plans["levels"]["exit_price"][:, i] = np.where(
                rng.random(n) < 0.4, 0, np.rint(close + side * unit * 0.3)
            )
        if weighted:
            plans["levels"]["weight"][:, i] = rng.integers(0, RATE // LEVELS, n)


PRICES = ("entry_price", "stop_price", "anchor_price", "take_profit_price")


def bound_prices(rng: Rng, plans: Any, price_max: int, wild: bool) -> None:
    """Prices of this contract; a wild strategy also says nonsense: negative, or far beyond any price."""
    for column in (
        *(plans[name] for name in PRICES),
        plans["levels"]["price"],
        plans["levels"]["exit_price"],
        plans["targets"]["price"],
    ):
        np.clip(column, 0, price_max, out=column)
        if wild:
            mad = rng.random(column.shape) < 0.02
            column[mad] = rng.choice(
                [-5, 1, 2, price_max - 1, price_max, price_max + 1, 40 * price_max], mad.sum()
            )
    if wild:
        for name in ("offset", "spacing", "trail_distance"):
            mad = rng.random(len(plans)) < 0.02
            plans[name][mad] = rng.choice([-7, price_max // 3, price_max, 40 * price_max], mad.sum())


def items_of(kind: Item, number: int, times: Any, a: Any = 0, b: Any = 0, c: Any = 0) -> Any:
    """Scheduled items of one kind."""
    made = np.zeros(len(times), Scheduled.dtype)
    made["time_ns"], made["kind"], made["instrument_id"] = times, kind, number
    made["a"], made["b"], made["c"] = a, b, c
    return made


def random_items(rng: Rng, bars: list[Any], contracts: list[Contract], count: int) -> Any:
    """Funding at changing intervals, rollovers, moving tick values, days, orders to leave."""
    made = [items_of(Item.DAY, 0, np.arange(START, START + count * STEP, 37 * STEP))]
    for number, part in enumerate(bars, 1):
        times, contract, n = part["time_ns"], contracts[number - 1], len(part)
        some = rng.random(n) < rng.choice([0.0, 0.05, 0.3])
        marks = np.where(rng.random(n) < 0.5, 0, part["open"])
        made.append(
            items_of(
                Item.FUNDING,
                number,
                times[some],
                rng.integers(-RATE // 100, RATE // 100, n)[some],
                marks[some],
            )
        )
        some = rng.random(n) < rng.choice([0.0, 0.05])
        points = rng.integers(-5 * RATE, RATE, (2, n))
        made.append(
            items_of(
                Item.ROLLOVER,
                number,
                times[some] + 7,
                points[0][some],
                points[1][some],
                rng.choice([1, 3], n)[some],
            )
        )
        if not contract.self_converting and contract.tick_value_denominator > 1:
            some = rng.random(n) < 0.2
            values = np.maximum(1, (contract.tick_value_numerator * rng.uniform(0.5, 1, n)).astype(np.int64))
            made.append(
                items_of(
                    Item.TICK_VALUE, number, times[some] + STEP, values[some], contract.tick_value_denominator
                )
            )
        some = rng.random(n) < 0.01
        made.append(items_of(Item.EXIT, number, np.append(times[some], times[-1])))
    items = np.concatenate(made)
    return items[np.lexsort((items["instrument_id"], items["kind"], items["time_ns"]))]


def random_balance(rng: Rng, bars: list[Any], contracts: list[Contract]) -> int:
    """From a few of the smallest orders to a hundred thousand of them."""
    smallest = max(
        max(
            contract.notional_min,
            worth_up(contract, int(part["close"].mean()) * contract.quantity_min, int(part["close"].mean())),
        )
        for contract, part in zip(contracts, bars, strict=True)
    )
    return min(int(between(rng, 5, 1e5) * (smallest + 1)), MONEY_MAX)


def scenario(size: Size) -> Scenario:
    """The whole world of a seed."""
    rng = np.random.default_rng(size.seed)
    bars = [random_bars(rng, i, size.bars) for i in range(1, size.instruments + 1)]
    contracts = [random_contract(rng, i, int(part["high"].max())) for i, part in enumerate(bars, 1)]
    mandates = [random_mandate(rng, size.instruments) for _ in range(size.mandates)]
    plans = [
        random_plans(
            rng, i, m, bars[m.instrument_id - 1], contracts[m.instrument_id - 1].price_max, size.wild
        )
        for i, m in enumerate(mandates, 1)
    ]
    merged = np.concatenate(plans)
    merged = merged[np.argsort(merged["time_ns"], kind="stable")]
    every = np.concatenate(bars)
    return Scenario(
        balance=random_balance(rng, bars, contracts),
        hedging=size.hedging,
        isolated=size.isolated,
        listings=tuple(Listing(contract, int(rng.integers(0, 3))) for contract in contracts),
        mandates=tuple(mandates),
        limits=(random_limits(rng), random_limits(rng)),
        bars=every[np.lexsort((every["instrument_id"], every["time_ns"]))],
        plan_times=merged["time_ns"],
        plans=lambda start, end: merged[start:end],
        items=random_items(rng, bars, contracts, size.bars),
        duration_ns=STEP,
        sample_ns=HOUR,
        volume_share=int(rng.choice([RATE // 10, RATE // 2, RATE])),
    )
