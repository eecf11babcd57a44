"""The floor: anchor minus amount, watched on an observed quantity. One primitive says every loss limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from holdfast.settings.ruleset.base import Number, Part, Percent, Positive, Rule, StrategyClass
from holdfast.settings.ruleset.clock import Boundary

Quantity = Literal["initial", "balance", "equity", "max(balance,equity)", "closed_balance", "capital"]
Sample = Literal["once", "day_boundary", "on_close", "every_tick", "session", "rolling"]
Observed = Literal["equity", "balance", "min(balance,equity)", "net_day_pnl"]
Base = Literal["initial", "anchor", "balance", "capital"]
Consequence = Literal[
    "terminate", "pause_until_boundary", "void_profit", "deny_payout", "agreement_breach", "latch"
]
LadderName = Literal["daily", "total", "off"]
Cost = Literal["commission", "swap", "funding"]


class Span(Part):
    """A length of time."""

    hours: Positive = Field(description="hours that a rolling anchor looks back")


class Anchor(Part):
    """What the floor hangs from: a quantity, and when it is read."""

    quantity: Quantity = Field(description="what is read; `capital` is what the scope was allocated")
    sample: Sample = Field(description="when it is read; `rolling` is the highest inside the window")
    ratchet: Literal["none", "up"] = Field(default="none", description="`up`: the floor never falls again")
    window: Span | None = Field(default=None, description="how far a rolling anchor looks back")

    @model_validator(mode="after")
    def _window_fits(self) -> Anchor:
        if (self.sample == "rolling") != (self.window is not None):
            raise ValueError("`window: {hours: …}` belongs to `sample: rolling`, and to nothing else")
        return self


class Amount(Part):
    """How far below the anchor: a share of a named base, or money."""

    pct: Percent | None = Field(default=None, description="percent of the base in `of`")
    of: Base | None = Field(default=None, description="what the percent is of")
    abs: Positive | None = Field(default=None, description="money in the account's currency")

    @model_validator(mode="after")
    def _one_of_two(self) -> Amount:
        if (self.pct is None) == (self.abs is None):
            raise ValueError("give either `pct` with `of`, or `abs`")
        if (self.pct is None) != (self.of is None):
            raise ValueError("a percent needs its base: write `of: initial`, anchor, balance or capital")
        return self


class LockLevel(Part):
    """Where a trailing floor stops."""

    of: Literal["initial"] = Field(default="initial", description="the initial balance")
    plus: Number = Field(default=Decimal(0), description="money on top of it")


class Lock(Part):
    """The level above which a trailing floor does not rise, or that it is not known whether there is one."""

    level: LockLevel | None = Field(default=None, description="the floor never rises above it")
    when: Literal["floor_reaches_level"] = Field(default="floor_reaches_level", description="when it locks")
    unknown: bool = Field(default=False, description="nobody could say whether the floor locks")
    assume: Literal["none"] | None = Field(
        default=None, description="`none`: it never locks, the strict reading"
    )

    @model_validator(mode="after")
    def _level_or_unknown(self) -> Lock:
        if self.unknown == (self.level is not None):
            raise ValueError("give either `level`, or `unknown: true` with what to assume")
        return self


class AlternateReading(Part):
    """Another reading of a limit that must hold as well; what it leaves out is as in the limit itself."""

    anchor: Anchor | None = Field(default=None, description="another anchor")
    amount: Amount | None = Field(default=None, description="another amount")
    lock: Lock | None = Field(default=None, description="another lock")
    observed: Observed | None = Field(default=None, description="another observed quantity")
    clock: Boundary | None = Field(default=None, description="another boundary")
    why: str | None = Field(default=None, description="which text allows this reading")


class AppliesIf(Part):
    """A condition on the account, for limits that only some accounts have."""

    platform: str | None = Field(default=None, description="only on this platform")
    platform_not: str | None = Field(default=None, description="on every platform but this one")


class LimitBase(Rule):
    """What every kind of limit says."""

    consequence: Consequence = Field(
        default="terminate", description="what follows a breach; `latch` is ours: an operator resets it"
    )
    scope: Literal["account", "class", "strategy"] = Field(
        default="account", description="whose money is watched"
    )
    classes: tuple[StrategyClass, ...] = Field(default=(), description="only these classes; none = all")
    on_trip: Literal["hold", "flatten"] = Field(
        default="flatten", description="close what is open, or only open nothing more"
    )
    auto_reset: bool = Field(
        default=False, description="cleared at the next sample; else an operator resets it"
    )
    applies_if: AppliesIf | None = Field(default=None, description="only for some accounts")
    ladder: LadderName | None = Field(
        default=None, description="which guard ladder stands before it; absent: by kind, scope and anchor"
    )


class FloorLimit(LimitBase):
    """A level that the observed quantity must stay above."""

    kind: Literal["floor"] = Field(default="floor", description="anchor minus amount")
    anchor: Anchor = Field(description="what the floor hangs from")
    amount: Amount = Field(description="how far below")
    lock: Lock | None = Field(default=None, description="where a trailing floor stops")
    observed: Observed = Field(default="equity", description="what is compared with the floor")
    breach_when: Literal["<=", "<"] = Field(
        default="<=", description="the firm's wording, kept for the record: a touch always counts as a breach"
    )
    clock: Boundary | None = Field(default=None, description="a day boundary of its own")
    strict_alternates: tuple[AlternateReading, ...] = Field(
        default=(), description="readings that must hold as well: the highest floor wins"
    )
    catastrophe: bool = Field(
        default=False, description="a last resort on purpose: no warning that a tighter limit comes first"
    )

    @property
    def ladder_name(self) -> LadderName:
        """The ladder that guards this floor."""
        if self.ladder is not None or self.scope != "account":
            return self.ladder or "off"
        daily = self.anchor.sample in ("day_boundary", "session") and self.anchor.ratchet == "none"
        return "daily" if daily else "total"


class FloatingLoss(LimitBase):
    """The open loss itself may not pass an amount."""

    kind: Literal["floating_loss"] = Field(description="open loss")
    amount: Amount = Field(description="how much open loss")
    per: Literal["account", "symbol", "idea"] = Field(default="account", description="summed over what")

    @property
    def ladder_name(self) -> LadderName:
        """The ladder that guards this amount."""
        return self.ladder or "daily"


class Merge(Part):
    """Which entries are one trade idea."""

    same_symbol: bool = Field(default=True, description="entries in one instrument are one idea")
    same_side: bool = Field(default=False, description="only those of one side")
    reentry_within_s: int = Field(default=0, ge=0, description="so soon after a loss it is the same idea")


class IdeaLoss(LimitBase):
    """One trade idea may not lose more than an amount, however it is split."""

    kind: Literal["idea_loss"] = Field(description="loss of one idea")
    amount: Amount = Field(description="how much one idea may lose")
    merge: Merge = Field(default=Merge(), description="which entries are one idea")
    net_of: tuple[Cost, ...] = Field(default=(), description="costs that count as loss")

    @property
    def ladder_name(self) -> LadderName:
        """The ladder that guards this amount."""
        return self.ladder or "daily"


def _kind(value: Any) -> Any:
    return value.get("kind", "floor") if isinstance(value, dict) else getattr(value, "kind", None)


Limit = Annotated[
    Annotated[FloorLimit, Tag("floor")]
    | Annotated[FloatingLoss, Tag("floating_loss")]
    | Annotated[IdeaLoss, Tag("idea_loss")],
    Discriminator(_kind),
]
