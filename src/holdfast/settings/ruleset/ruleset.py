"""A ruleset: what a firm or an owner demands of an account, as data."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from holdfast.settings.ruleset.base import Confidence, Part, Positive, StrategyClass
from holdfast.settings.ruleset.clock import Clock
from holdfast.settings.ruleset.conduct import Conduct, Exposure, Inactivity, Payout
from holdfast.settings.ruleset.days import Consistency, Counter, Phase
from holdfast.settings.ruleset.floors import Limit
from holdfast.settings.ruleset.guard import Guard
from holdfast.settings.ruleset.windows import Window

SCHEMA = "holdfast.ruleset/1"


class Capital(Part):
    """What an own account puts to work."""

    base: Literal["balance", "equity", "min(balance,equity)", "fixed"] = Field(
        description="what strategies are allocated from"
    )
    fixed: Positive | None = Field(default=None, description="the money of `base: fixed`")

    @model_validator(mode="after")
    def _fixed_fits(self) -> Capital:
        if (self.base == "fixed") != (self.fixed is not None):
            raise ValueError("`fixed: MONEY` belongs to `base: fixed`, and to nothing else")
        return self


class Account(Part):
    """The account that the rules are for."""

    initial_balance: Positive | None = Field(
        default=None, description="where it starts; an own account may leave it to the first sample"
    )
    capital: Capital | None = Field(default=None, description="own accounts: what is allocated from")
    currency: str = Field(pattern=r"^[A-Z0-9]{3,8}$", description="of balance, equity and money here")
    platform: tuple[str, ...] = Field(default=(), description="where it can be traded")
    position_mode: Literal["hedging", "netting"] = Field(
        description="both sides at once, or one net position"
    )

    @model_validator(mode="after")
    def _starts_somewhere(self) -> Account:
        if self.initial_balance is None and self.capital is None:
            raise ValueError("give `initial_balance`, or for an own account `capital`")
        return self


class Source(Part):
    """Where the figures below a path come from."""

    field: str = Field(description="dotted path; the longest one that fits a rule counts")
    url: str = Field(description="page, or name of the source")
    as_of: date | None = Field(default=None, description="day it was read; absent: the file's version")
    confidence: Confidence = Field(
        description="A the firm, B reviewers agree, C one reviewer, D contradicted"
    )


class UnknownFact(Part):
    """Something that nobody could say, and what is done about it."""

    field: str = Field(description="dotted path that it concerns")
    assume: str | None = Field(default=None, description="how it is taken until somebody knows")
    ask: str | None = Field(default=None, description="the question to put to the firm")


class Signature(Part):
    """A conflict that a person has seen and takes upon themselves."""

    field: str = Field(description="dotted path of the rule")
    by: str = Field(description="who signs")
    on: date = Field(description="when")
    reason: str = Field(description="why it is right here")


class Ruleset(Part):
    """All rules of one programme at one account size."""

    schema_: Literal["holdfast.ruleset/1"] = Field(alias="schema", description="version of this schema")
    id: str = Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$", description="firm.programme.size")
    version: date = Field(description="day on which the file was last changed")
    title: str | None = Field(default=None, description="name for people")
    strategy_classes: tuple[StrategyClass, ...] = Field(
        default=(),
        description="classes of strategies that are meant to run under it; none = decided when bound",
    )
    account: Account = Field(description="the account")
    clock: Clock = Field(description="when days begin")
    phases: tuple[Phase, ...] = Field(
        default=(), description="stages in order; none = everything holds always"
    )
    limits: tuple[Limit, ...] = Field(default=(), description="what may be lost")
    counters: tuple[Counter, ...] = Field(default=(), description="days that count")
    consistency: tuple[Consistency, ...] = Field(default=(), description="shares of the profit")
    windows: tuple[Window, ...] = Field(default=(), description="times in which something is forbidden")
    exposure: Exposure = Field(default=Exposure(), description="size and leverage")
    conduct: Conduct = Field(default=Conduct(), description="manners")
    attest: tuple[str, ...] = Field(default=(), description="what only a person can promise")
    inactivity: Inactivity | None = Field(default=None, description="idle accounts are lost")
    payout: Payout | None = Field(default=None, description="when profit is paid")
    guard: Guard = Field(default=Guard(), description="our own margins")
    sources: tuple[Source, ...] = Field(default=(), description="where figures come from")
    unknown: tuple[UnknownFact, ...] = Field(default=(), description="what nobody could say")
    signed: tuple[Signature, ...] = Field(
        default=(), description="conflicts that a person takes upon themselves"
    )

    def limit(self, name: str) -> Limit:
        """The limit of that id; KeyError where there is none."""
        return {each.id: each for each in self.limits}[name]

    def phase(self, name: str) -> Phase:
        """The phase of that id; KeyError where there is none."""
        return {each.id: each for each in self.phases}[name]
