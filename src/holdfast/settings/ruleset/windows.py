"""Spans of time in which something is forbidden: news, weekends, session ends, breaks, ends of payout cycles."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from holdfast.settings.ruleset.base import Count, Natural, Part, Rule
from holdfast.settings.ruleset.clock import Wall, Zone
from holdfast.settings.ruleset.floors import Consequence

Act = Literal["open", "close", "fill_protective", "modify", "rest_entry", "hold"]


class Protective(Part):
    """Whether a stop or target may be filled inside the window."""

    allowed: Literal["true", "false", "unknown"] = Field(description="what the firm's text says")
    assume: Literal["allowed", "forbidden", "forbidden_but_never_remove_stop"] | None = Field(
        default=None, description="how an unknown is taken"
    )


class Exempt(Part):
    """Trades that the window does not concern."""

    opened_before_min: Count | None = Field(
        default=None, description="trades opened more than this many minutes before"
    )


class Window(Rule):
    """What is forbidden around an event or at a time."""

    kind: Literal["news", "weekend", "session_end", "market_break", "payout"] = Field(
        description="what it lies around"
    )
    forbids: tuple[Act, ...] = Field(description="what must not happen inside; nothing = allowed")
    before_s: Natural = Field(default=0, description="seconds before the event")
    after_s: Natural = Field(default=0, description="seconds after the event")
    calendar: str | None = Field(default=None, description="whose list of events")
    impact: tuple[str, ...] = Field(default=(), description="which of its events, as that list names them")
    map: Literal["affected_currencies", "listed_instruments"] | None = Field(
        default=None, description="which instruments an event concerns"
    )
    fill_protective: Protective | None = Field(default=None, description="fills of stops and targets inside")
    exempt: Exempt | None = Field(default=None, description="trades that it does not concern")
    min_break_min: Count | None = Field(default=None, description="only breaks at least this long")
    zone: Zone | None = Field(default=None, description="zone of a daily time")
    at: Wall | None = Field(default=None, description="daily time HH:MM[:SS]")
    consequence: Consequence | None = Field(default=None, description="what follows a breach")

    @model_validator(mode="after")
    def _parts_fit(self) -> Window:
        if (self.zone is None) != (self.at is None):
            raise ValueError("`zone` and `at` go together")
        if self.kind == "session_end" and self.at is None:
            raise ValueError("a session end needs its `zone` and `at`")
        if self.kind == "news" and self.forbids and self.calendar is None:
            raise ValueError("a news window needs its `calendar`")
        return self
