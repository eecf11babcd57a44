"""What has to be reached: phases with targets, days that count, and shares that profit may not exceed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from holdfast.settings.ruleset.base import Count, Name, Part, Percent, Positive, Rule, Sourced
from holdfast.settings.ruleset.floors import Cost


class LeastProfit(Part):
    """How much a day has to bring before it counts."""

    pct: Percent | None = Field(default=None, description="percent of the base in `of`")
    of: Literal["initial"] | None = Field(default=None, description="what the percent is of")
    abs: Positive | None = Field(default=None, description="money in the account's currency")

    @model_validator(mode="after")
    def _one_of_two(self) -> LeastProfit:
        if (self.pct is None) == (self.abs is None) or (self.pct is None) != (self.of is None):
            raise ValueError("give either `pct` with `of: initial`, or `abs`")
        return self


class Qualifies(Part):
    """What makes a day count."""

    event: Literal["open", "close"] = Field(description="a position is opened, or closed, on that day")
    min_realised: LeastProfit | None = Field(default=None, description="the day's least realised profit")
    net_of: tuple[Cost, ...] = Field(default=(), description="costs taken off the profit first")
    attribution: Literal["close_day", "open_day", "equity_delta"] = Field(
        default="close_day", description="the day to which a trade over several days belongs"
    )


class Counter(Rule):
    """Days that count towards a minimum."""

    qualifies: Qualifies = Field(description="what makes a day count")
    window: Literal["phase", "payout_cycle", "rolling_days"] = Field(
        default="phase", description="over which time days are counted"
    )
    days: Count | None = Field(default=None, description="length of the window of `rolling_days`")

    @model_validator(mode="after")
    def _days_fit(self) -> Counter:
        if (self.window == "rolling_days") != (self.days is not None):
            raise ValueError("`days` belongs to `window: rolling_days`, and to nothing else")
        return self


class Consistency(Rule):
    """The largest share of the profit that one day or one trade may have."""

    share_of: Literal["best_day", "best_trade"] = Field(description="whose share")
    max_pct: Percent = Field(description="largest share, in percent")
    denominator: Literal["total_profit", "target"] = Field(description="share of what")
    when: Literal["target", "payout"] = Field(description="when it is asked")
    consequence: Literal["extend", "deny_payout"] = Field(description="keep trading, or no payout")


class Target(Sourced):
    """Profit that ends a phase."""

    pct_of: Literal["initial"] | None = Field(default=None, description="what the percent is of")
    pct: Percent | None = Field(default=None, description="percent of it")
    abs: Positive | None = Field(default=None, description="profit in the account's currency")
    observed: Literal["balance", "equity"] = Field(default="balance", description="what has to reach it")
    require_flat: bool = Field(default=True, description="all positions closed")

    @model_validator(mode="after")
    def _one_of_two(self) -> Target:
        if (self.pct is None) == (self.abs is None) or (self.pct is None) != (self.pct_of is None):
            raise ValueError("give either `pct` with `pct_of: initial`, or `abs`")
        return self


class MinDays(Sourced):
    """Days of a counter that a phase or a payout needs."""

    counter: Name = Field(description="id of the counter")
    count: Count = Field(description="how many such days")


class Switches(Part):
    """What a phase changes: a phase has every rule unless it says otherwise here."""

    enable: tuple[Name, ...] = Field(default=(), description="ids that hold in this phase, said for readers")
    disable: tuple[Name, ...] = Field(default=(), description="ids that do not hold in this phase")
    override: dict[str, Any] = Field(default_factory=dict, description="dotted path: value in this phase")


class Phase(Sourced):
    """One stage of the account's life."""

    id: Name = Field(description="name of the phase")
    next: Name | None = Field(default=None, description="the phase after its target")
    target: Target | None = Field(default=None, description="profit that ends the phase; none when funded")
    min_days: MinDays | None = Field(default=None, description="days that the phase needs")
    rules: Switches = Field(default=Switches(), description="what this phase changes")
