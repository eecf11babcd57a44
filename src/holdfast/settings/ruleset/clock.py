"""When a firm's day begins, as wall time in a named zone: an offset is wrong for half of the year."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from holdfast.settings.ruleset.base import Part

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is no zone of the IANA list; write one like America/New_York") from None
    return name


def _wall(text: str) -> str:
    try:
        time.fromisoformat(text)
    except ValueError:
        raise ValueError("is no time of day; write HH:MM or HH:MM:SS") from None
    return text


Zone = Annotated[str, AfterValidator(_zone)]
Wall = Annotated[str, Field(pattern=r"^\d\d:\d\d(:\d\d)?$"), AfterValidator(_wall)]


class Boundary(Part):
    """An instant of every day: wall time in a zone."""

    zone: Zone = Field(description="IANA zone")
    at: Wall = Field(description="HH:MM[:SS] on the clock of that zone")

    @cached_property
    def info(self) -> ZoneInfo:
        """The zone's rules."""
        return ZoneInfo(self.zone)

    def next_after(self, instant: datetime) -> datetime:
        """The first such instant strictly after an aware `instant`, in UTC."""
        day = instant.astimezone(self.info).date() - timedelta(days=1)
        while True:
            wall = datetime.combine(day, time.fromisoformat(self.at), self.info)
            if wall.astimezone(UTC) > instant:
                return wall.astimezone(UTC)
            day += timedelta(days=1)


class Alternate(Boundary):
    """Another reading of the day boundary; all readings are honoured."""

    why: str = Field(description="which text allows this reading")


class ServerClock(Part):
    """What the venue's own clock shows, to be checked against its ticks."""

    zone: Zone | None = Field(default=None, description="zone whose clock the server follows")
    offset_from: Zone | None = Field(default=None, description="zone to which the shift is added, if another")
    shift_hours: int = Field(default=0, ge=-14, le=14, description="hours that the server is ahead of it")
    verify: bool = Field(default=True, description="compare with ticks on connect and daily, and alarm")


class WeekTime(Part):
    """An instant of every week."""

    zone: Zone = Field(description="IANA zone")
    day: Weekday = Field(description="day of the week there")
    at: Wall = Field(description="HH:MM[:SS] on that clock")


class TradingWeek(Part):
    """When the venue's week opens and closes."""

    open: WeekTime = Field(description="first instant of the week")
    close: WeekTime = Field(description="last instant of the week")


class Clock(Part):
    """Every clock that a rule depends on."""

    day_boundary: Boundary = Field(description="where the firm's day begins")
    alternates: tuple[Alternate, ...] = Field(
        default=(), description="other instants that the firm's text allows: sampled too, the strictest holds"
    )
    session: Boundary | None = Field(
        default=None, description="where our own session begins; absent: at the day boundary"
    )
    server_clock: ServerClock | None = Field(default=None, description="what the venue's clock shows")
    trading_week: TradingWeek | None = Field(default=None, description="opening and closing of the week")

    @property
    def boundaries(self) -> tuple[Boundary, ...]:
        """The day boundary and its other readings."""
        return (self.day_boundary, *self.alternates)
