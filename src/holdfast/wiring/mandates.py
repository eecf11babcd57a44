"""A strategy's management as the core's mandate, and the default limits of each class of strategies."""

from __future__ import annotations

from decimal import Decimal

from holdfast.errors import SettingsError
from holdfast.history.instruments import InstrumentSpec
from holdfast.model.enums import Base, Kind, StopMove
from holdfast.model.limits import Limits
from holdfast.model.mandate import Mandate
from holdfast.model.units import LEVELS, RATE, RUNGS
from holdfast.strategies.strategy import Management
from holdfast.wiring.units import nanoseconds, rate

KINDS = {"setup": Kind.SETUP, "grid": Kind.GRID}
BASES = {"equity": Base.EQUITY, "balance": Base.BALANCE, "fixed": Base.FIXED}
MOVES = {
    "none": StopMove.NONE,
    "break_even": StopMove.BREAK_EVEN,
    "entry_plus": StopMove.ENTRY_PLUS,
    "previous_target_plus": StopMove.PREVIOUS_TARGET_PLUS,
    "trail": StopMove.TRAIL,
}
CLASS_IDS = {"setup": 0, "grid": 1}


def mandate_of(
    management: Management,
    strategy_id: int,
    instrument_id: int,
    spec: InstrumentSpec,
    sharing: int,
    interval_ns: int,
) -> Mandate:
    """One strategy on one instrument; `sharing` is how many instruments divide its capital.

    A denied entry asks again with the next plan: after one interval of its bars.
    """
    m = Mandate()
    m.strategy_id, m.instrument_id, m.class_id = strategy_id, instrument_id, CLASS_IDS[management.kind]
    m.kind = KINDS[management.kind]
    m.risk_rate = rate(management.risk_rate)
    m.allocation = rate(management.allocation) // sharing
    m.base = BASES[management.capital_base]
    m.fixed_capital = rate(management.fixed_capital)
    m.leverage = rate(management.leverage)
    m.market_r, m.limit_r, m.wait_r = (
        rate(management.market_r),
        rate(management.limit_r),
        rate(management.wait_r),
    )
    m.queue_life_ns, m.order_life_ns = nanoseconds(management.queue_life), nanoseconds(management.order_life)
    if management.spread_max > 0:
        m.spread_max = max(1, int(Decimal(str(management.spread_max)) / spec.tick_size))
    m.resize_rate, m.retry_ns = rate(management.resize_rate), interval_ns
    m.post_only = management.post_only
    m.stop_rate, m.stop_per_level = rate(management.stop_rate), management.stop_per_level
    m.min_profit = rate(management.min_profit)
    m.min_hold_ns, m.max_hold_ns = nanoseconds(management.min_hold), nanoseconds(management.max_hold)
    m.max_hold_losing_only = management.max_hold_losing_only
    m.cooldown_ns = nanoseconds(management.cooldown)
    set_levels(m, management)
    set_rungs(m, management)
    return m


def set_levels(m: Mandate, management: Management) -> None:
    """Level weights, equal where none are given."""
    if management.levels > LEVELS:
        raise SettingsError(
            f"A grid has at most {LEVELS} levels, not {management.levels}.", "Lower num_levels."
        )
    weights = management.weights or (1 / management.levels,) * management.levels if management.levels else ()
    if management.weights and (len(weights) != management.levels or sum(weights) > 1 + 1e-9):
        raise SettingsError(
            f"{len(weights)} weights that add up to {sum(weights):g} do not fit {management.levels} levels.",
            "Give one weight for each level, together at most 1.",
        )
    m.level_count = management.levels if management.kind == "grid" else 1
    for i, weight in enumerate(weights):
        m.weights[i].share = rate(weight) if management.weights else RATE // management.levels


def set_rungs(m: Mandate, management: Management) -> None:
    """Targets of a setup; a grid has one take-profit."""
    if len(management.rungs) > RUNGS:
        raise SettingsError(
            f"A setup has at most {RUNGS} targets, not {len(management.rungs)}.", "Remove some."
        )
    m.rung_count = len(management.rungs)
    for i, rung in enumerate(management.rungs):
        m.rungs[i].multiple = rate(rung.multiple)
        m.rungs[i].share = rate(rung.share)
        m.rungs[i].stop_move = MOVES[rung.stop_move]
        m.rungs[i].move_value = rate(rung.move_value)


def is_count(limit: str) -> bool:
    """Whether a limit counts something; the others are shares."""
    return limit.endswith(("count_max", "per_day_max", "trades_max"))


def limits_of(values: dict[str, float], stale_after_ns: int) -> Limits:
    """Limits of a class from settings: shares of equity (1 = 100 %), counts as they are."""
    limits = Limits()
    for name, value in values.items():
        setattr(limits, name, int(value) if is_count(name) else rate(value))
    limits.stale_after_ns = stale_after_ns
    return limits
