"""What a firm caps, forbids and asks for beside losses: size, leverage, manners, activity, payouts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from holdfast.settings.ruleset.base import Count, Natural, Number, Part, Percent, Positive, Sourced
from holdfast.settings.ruleset.days import MinDays

Word = Literal["allowed", "discouraged", "banned", "unknown"]


class Stance(Sourced):
    """What the firm says about a habit. An unknown without an assumption is taken as banned."""

    value: Word = Field(description="allowed, discouraged, banned or unknown")
    assume: Literal["allowed", "discouraged", "banned"] | None = Field(
        default=None, description="how an unknown is taken; absent: banned"
    )

    @property
    def in_force(self) -> Word:
        """The word that holds."""
        return (self.assume or "banned") if self.value == "unknown" else self.value


def stance(value: Any) -> Any:
    """A plain word stands for a stance without further remarks."""
    return {"value": value} if isinstance(value, str) else value


Habit = Annotated[Stance, BeforeValidator(stance, json_schema_input_type=Stance | Word)]


def lots(value: Any) -> Any:
    """A plain number stands for all asset classes."""
    return value if value is None or isinstance(value, dict) else {"all": value}


Lots = Annotated[
    dict[str, Positive], BeforeValidator(lots, json_schema_input_type=dict[str, Positive] | Positive)
]


class MaxLots(Sourced):
    """Largest sizes in lots or contracts, one number or one for each asset class."""

    per_order: Lots | None = Field(default=None, description="in one order")
    per_symbol: Lots | None = Field(default=None, description="in one instrument")
    total: Lots | None = Field(default=None, description="in all instruments")
    per_day: Lots | None = Field(default=None, description="opened on one day")
    unknown: bool = Field(default=False, description="nobody could say whether there is a cap")
    assume: Literal["none"] | None = Field(default=None, description="`none`: taken as no cap")


class Contracts(Part):
    """One step of a contract ladder."""

    until_equity: Positive | None = Field(
        default=None, description="while equity is below; absent: from here on"
    )
    max: Count = Field(description="contracts at most")


class Exposure(Sourced):
    """Caps of size and leverage."""

    leverage: dict[str, Positive] = Field(default_factory=dict, description="by asset class")
    max_lots: MaxLots | None = Field(default=None, description="largest sizes")
    contracts_ladder: tuple[Contracts, ...] = Field(default=(), description="contracts by equity")


class BrokerStop(Part):
    """A stop that the venue holds."""

    within_s: Natural = Field(description="seconds after the fill; 0 = in the order itself")
    take_profit: bool = Field(default=False, description="a take-profit as well")


class ShareUnder(Part):
    """A largest share of short trades."""

    s: Positive = Field(description="shorter than this many seconds")
    max_pct: Percent = Field(description="at most this share of trades")


class ShareOver(Part):
    """A least share of profit from longer trades."""

    s: Positive = Field(description="longer than this many seconds")
    min_pct: Percent = Field(description="at least this share of profit")


class MinHold(Part):
    """How long trades have to last."""

    median_s: Positive | None = Field(default=None, description="least median, in seconds")
    average_s: Positive | None = Field(default=None, description="least average, in seconds")
    share_under: ShareUnder | None = Field(default=None, description="largest share of short trades")
    profit_share_over: ShareOver | None = Field(default=None, description="least profit from longer trades")


class Simultaneous(Part):
    """How closely entries may follow each other."""

    min_gap_ms: Natural = Field(default=0, description="milliseconds between entries")
    max_per_second: Count | None = Field(default=None, description="entries in one second")
    reason: str | None = Field(default=None, description="what the firm calls it")


class GapTrading(Part):
    """Opening shortly before the market closes or before news."""

    no_open_before_break_min: Natural = Field(default=0, description="minutes before a break")
    break_min: Natural = Field(default=0, description="breaks of at least this many minutes")
    no_open_right_before_major_news: bool = Field(default=False, description="nor right before major news")


class Conduct(Sourced):
    """Manners that a machine can keep."""

    require_broker_sl: BrokerStop | None = Field(default=None, description="a stop at the venue, and when")
    min_hold: MinHold | None = Field(default=None, description="how long trades last")
    simultaneous_entries: Simultaneous | None = Field(default=None, description="spacing of entries")
    bracket_news: Habit | None = Field(default=None, description="stop orders on both sides around news")
    hedge_same_symbol: Habit | None = Field(default=None, description="long and short in one instrument")
    opposite_across_accounts: Habit | None = Field(
        default=None, description="opposite positions on connected accounts"
    )
    martingale: Habit | None = Field(default=None, description="adding to a loser, grids among them")
    max_adds_to_loser: Count | None = Field(default=None, description="positions added to a loser")
    automation: Habit | None = Field(default=None, description="whether a program may trade at all")
    requests_per_day: Count | None = Field(default=None, description="orders, changes and cancels a day")
    open_orders_max: Count | None = Field(default=None, description="orders at work at once")
    gap_trading: GapTrading | None = Field(default=None, description="opening before a break or news")


class Inactivity(Sourced):
    """The account is lost when nothing happens."""

    days: Count = Field(description="days without the event")
    event: Literal["new_order", "trade", "login"] = Field(default="new_order", description="what counts")
    alert_at: Count | None = Field(default=None, description="day of the alert")


class Payout(Sourced):
    """When and how much is paid out."""

    first_after_days: Natural | None = Field(default=None, description="days before the first payout")
    every_days: Count | None = Field(default=None, description="days between payouts")
    min: Number | None = Field(default=None, ge=0, description="least payout in the account's currency")
    min_pct: Percent | None = Field(
        default=None, description="least payout in percent of the initial balance"
    )
    split_pct: Percent | None = Field(default=None, description="our share")
    split_pct_max: Percent | None = Field(default=None, description="our share after scaling")
    min_days: MinDays | None = Field(default=None, description="days that a payout needs")
    close_before_cycle_end_min: Count | None = Field(
        default=None, description="the firm closes positions this many minutes before a cycle ends"
    )
