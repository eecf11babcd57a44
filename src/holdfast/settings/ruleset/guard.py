"""Our own margins inside the firm's rules. Defaults are those of the rule catalogue; `null` switches a part off."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from holdfast.settings.ruleset.base import (
    ByClass,
    Count,
    ForEachClass,
    Natural,
    Number,
    Part,
    Percent,
    Positive,
    Share,
)  # fmt: skip

SIGNED = r"^[+-]?[A-Z0-9][A-Za-z0-9/:._-]*$"
Signed = Annotated[str, Field(pattern=SIGNED)]


class Ladder(Part):
    """Rungs in percent of the allowance, which is anchor minus floor."""

    warn: Positive = Field(description="alert")
    reduce: Positive = Field(description="entries at the reduced size")
    block: Positive = Field(description="nothing new, resting entries cancelled")
    flatten: Positive = Field(description="everything closed")


class MarginLadder(Part):
    """Rungs in percent of maintenance margin over margin balance."""

    warn: Percent = Field(default=Decimal(40), description="alert")
    block: Percent = Field(default=Decimal(50), description="nothing new")
    reduce: Percent = Field(default=Decimal(65), description="the largest user is cut by quarters")
    flatten: Percent = Field(default=Decimal(80), description="the worst is closed, and latched")


class HeadroomReserve(Part):
    """Slippage reserve: a share of the loss at all stops."""

    fx: Share = Field(default=Decimal("0.2"), description="liquid instruments")
    alts: Share = Field(default=Decimal("0.5"), description="thin instruments")
    window: Share = Field(default=Decimal(1), description="inside news and weekends")


class CostModel(Part):
    """What leaving costs, in percent of the notional that is left."""

    spread_pct: Number = Field(default=Decimal(0), ge=0, description="half of the spread, both ways")
    slippage_pct: Number = Field(default=Decimal(0), ge=0, description="slippage")
    commission_pct: Number = Field(default=Decimal(0), ge=0, description="commission")

    @property
    def total_pct(self) -> Decimal:
        """All of it."""
        return self.spread_pct + self.slippage_pct + self.commission_pct


class MaxPositions(Part):
    """Positions at once; resting entries and adopted positions count."""

    account: Count | None = Field(default=None, description="on the account")
    per_symbol: Count | None = Field(default=None, description="in one instrument")
    per_strategy: Count | None = Field(default=None, description="of one strategy")
    setup: Count | None = Field(default=None, description="of all setups")
    grid: Count | None = Field(default=None, description="grids alive")


class Correlation(Part):
    """Risk that is one risk under several names."""

    max_same_direction: Count = Field(default=2, description="members of a group in one direction")
    group_risk_multiple: Positive = Field(
        default=Decimal(2), description="net risk of a group, in risks of one trade"
    )
    currency_leg_pct: Percent = Field(default=Decimal(3), description="net risk on one currency")
    quadrature_pct: Percent | None = Field(default=None, description="risk of the book at correlation 0.5")
    groups: dict[str, tuple[Signed, ...]] = Field(
        default_factory=dict, description="members of each group; a minus turns the direction"
    )


class StopOuts(Part):
    """Stop-outs that came too fast."""

    n: Count = Field(default=3, description="stop-outs")
    in_min: Count = Field(default=60, description="within these minutes")


class Streaks(Part):
    """A pause after losses in a row."""

    losses_instrument: Count = Field(default=3, description="in a row, one strategy in one instrument")
    losses_strategy: Count = Field(default=5, description="in a row, one strategy")
    stop_outs: StopOuts | None = Field(default=StopOuts(), description="stop-outs that came too fast")
    pause_min: Count = Field(default=60, description="minutes without entries")
    reduced_trades: Natural = Field(default=2, description="trades at the reduced size afterwards")


class Executions(Part):
    """Executions after which a person has to look; a grid counts cycles."""

    n: Count = Field(default=10, description="executions")
    in_min: Count = Field(default=60, description="within these minutes")


class Messages(Part):
    """Our own quotas of messages; closes and cancels are never refused."""

    per_day: Count | None = Field(default=None, description="a day; absent: the firm's own number")
    per_minute: Count | None = Field(default=None, description="a minute")
    warn_pct: Percent = Field(default=Decimal(75), description="alert at this share of the day's quota")
    closes_only_pct: Percent = Field(default=Decimal(90), description="only closes from this share on")


class VolatilityHalt(Part):
    """A pause when prices go wild."""

    sigma: Positive = Field(default=Decimal(6), description="one-minute return in standard deviations")
    spread_multiple: Positive = Field(default=Decimal(5), description="spread in medians")
    mark_gap_pct: Positive = Field(default=Decimal(1), description="distance of mark and index")
    pause_min: Count = Field(default=15, description="minutes without entries")


class FundingGuard(Part):
    """Entries that funding makes dear."""

    hold_r: Positive = Field(default=Decimal("0.2"), description="expected over the hold, in R")
    payment_r: Positive = Field(default=Decimal("0.1"), description="the next payment, in R")
    before_min: Count = Field(default=10, description="minutes before that payment")


class ProfitProtection(Part):
    """What happens at the target, and when a day's profit melts."""

    give_back_pct: Percent | None = Field(default=None, description="of the day's peak profit given back")
    target_days_missing_multiplier: Share = Field(
        default=Decimal("0.25"), description="size while only days are missing"
    )


DAILY = Ladder(warn=Decimal(40), reduce=Decimal(60), block=Decimal(70), flatten=Decimal(80))
TOTAL = Ladder(warn=Decimal(50), reduce=Decimal(65), block=Decimal(80), flatten=Decimal(90))
# A grid fills all its levels before it is wrong, so its loss at the stop is many single risks at once.
OPEN_RISK = ByClass(setup=Decimal(5), grid=Decimal(5))


class Guard(Part):
    """Where we stop, before the firm does."""

    daily_ladder_pct_of_allowance: Ladder = Field(default=DAILY, description="before daily limits")
    total_ladder_pct_of_allowance: Ladder = Field(default=TOTAL, description="before total limits")
    reduce_multiplier: Share = Field(default=Decimal("0.5"), description="size on the rung `reduce`")
    resume_next_day: bool = Field(default=False, description="trade again the day after a flatten rung")
    max_open_risk_pct: ForEachClass = Field(
        default=OPEN_RISK, description="loss at all stops, percent of the smaller of balance and equity"
    )
    risk_per_trade_pct: ForEachClass | None = Field(default=None, description="loss at one trade's stop")
    max_margin_pct: Percent | None = Field(default=None, description="initial margin in percent of equity")
    max_gross_leverage: Positive | None = Field(default=None, description="gross notional over equity")
    max_position_pct: Positive | None = Field(
        default=None, description="one instrument's notional in percent of equity"
    )
    max_positions: MaxPositions | None = Field(default=None, description="positions at once")
    boundary_lookahead_min: Natural = Field(default=30, description="minutes of foresight to a day boundary")
    boundary_close_losers_min: Natural = Field(
        default=10, description="minutes before it at which losers close, if the next floor is near"
    )
    news_extra_s: Natural = Field(default=0, description="seconds added to both sides of news windows")
    auto_trim: bool = Field(
        default=False, description="cut what an entry filled beyond its budget while it was to become smaller"
    )
    headroom_reserve: HeadroomReserve | None = Field(
        default=HeadroomReserve(),
        description="slippage reserve; null: own accounts only, entries are not held against the floors",
    )
    exit_cost_multiple: Positive = Field(
        default=Decimal("1.5"), description="room to the floor in costs of leaving, before we flatten early"
    )
    flatten_cost_model: CostModel | None = Field(default=None, description="what leaving costs")
    min_liquidation_ratio: Number = Field(
        default=Decimal("1.5"), ge=Decimal("1.1"), description="distance of liquidation over distance of stop"
    )
    margin_ladder: MarginLadder | None = Field(default=MarginLadder(), description="maintenance margin")
    correlation: Correlation | None = Field(default=Correlation(), description="one risk, several names")
    streaks: Streaks | None = Field(default=Streaks(), description="losses in a row")
    reentry_lock_min: Natural = Field(default=5, description="minutes after a stop-out, same direction")
    executions: Executions | None = Field(default=Executions(), description="automated executions")
    messages: Messages = Field(default=Messages(), description="quotas of messages")
    volatility_halt: VolatilityHalt | None = Field(default=VolatilityHalt(), description="wild prices")
    funding_guard: FundingGuard | None = Field(default=FundingGuard(), description="dear funding")
    profit_protection: ProfitProtection | None = Field(
        default=ProfitProtection(), description="at the target, and when profit melts"
    )
