"""What a window of a rulebook is: a stretch of time, around what, in which something is forbidden.

The spans of it are made in `window_spans.py`. What a window forbids and exempts is carried here and judged elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from holdfast.errors import SettingsError, did_you_mean
from holdfast.history.calendar_events import IMPACTS
from holdfast.history.wall_times import EVERY_DAY, WallTime, weekday_of

FORBIDDABLE = ("open", "close", "fill_protective", "modify", "rest_entry", "hold")
_LONGEST_S = 7 * 24 * 3600
_HOURS = re.compile(r"(?:(\w{3})(?:-(\w{3}))? )?(\S+) ?- ?(\S+)")


_Kinds = TypeVar("_Kinds", bound=StrEnum)


class Kind(StrEnum):
    """What a window lies around."""

    NEWS = "news"  # an event of the calendar
    WEEKEND = "weekend"  # the close of the trading week to its open
    MARKET_BREAK = "market_break"  # any closure of at least `min_break_min`
    SESSION_END = "session_end"  # a wall time of every day
    SESSION = "session"  # everything outside the hours of `at`, or outside the market's own


class Maps(StrEnum):
    """Whom an event concerns."""

    CURRENCIES = "affected_currencies"  # instruments that have its currency
    LISTED = "listed_instruments"  # those that the calendar's row names


@dataclass(frozen=True)
class Window:
    """One window. It begins `before_s` before what it lies around and ends `after_s` after it (real seconds).

    `at` is `HH:MM[:SS]` of a session_end, and `08:00 - 16:30` or `Mon-Fri 08:00 - 16:30` of a session. Raises
    SettingsError that names the field.
    """

    kind: Kind
    before_s: int = 0
    after_s: int = 0
    zone: str = ""
    at: str = ""
    min_break_min: int = 0  # a shorter closure is no market break
    forbids: frozenset[str] = frozenset()
    impact: frozenset[str] = frozenset({"high"})
    maps: Maps = Maps.CURRENCIES
    opened_before_min: int = 0  # exempt are trades at least so old when it begins; 0 = none. Not judged here
    name: str = ""  # of the rule, for reasons

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", _one_of(Kind, "kind", self.kind))
        object.__setattr__(self, "maps", _one_of(Maps, "maps", self.maps))
        for word in self.forbids - set(FORBIDDABLE):
            raise SettingsError(
                f"A window forbids '{word}', which nothing does.", did_you_mean(word, FORBIDDABLE)
            )
        for word in self.impact - set(IMPACTS):
            raise SettingsError(f"A window has the impact '{word}'.", did_you_mean(word, IMPACTS))
        for field in ("before_s", "after_s", "min_break_min", "opened_before_min"):
            if getattr(self, field) < 0:
                raise SettingsError(f"A window has a negative {field}.", "Write 0 or more.")
        if max(self.before_s, self.after_s) > _LONGEST_S:
            raise SettingsError(
                "A window reaches over more than a week.", "Give before_s and after_s in seconds."
            )
        self._check_clock()

    def _check_clock(self) -> None:
        """Only windows on a wall clock have one, and they need it."""
        if self.kind is Kind.SESSION_END:
            WallTime(self.zone, self.at)
        elif self.kind is Kind.SESSION and (self.at or self.zone):
            parse_hours(self.at, self.zone)
        elif self.at or self.zone:
            raise SettingsError(
                f"A window of kind {self.kind} has a time of day.",
                "Leave zone and at out; the market's session tells.",
            )
        if self.kind in (Kind.NEWS, Kind.SESSION_END) and self.before_s + self.after_s == 0:
            raise SettingsError(f"A window of kind {self.kind} has no length.", "Give before_s or after_s.")

    def widened(self, extra_s: int) -> Window:
        """The window with our own margin on either side of the firm's."""
        return replace(self, before_s=self.before_s + extra_s, after_s=self.after_s + extra_s)

    @property
    def title(self) -> str:
        """The rule's name, else its kind."""
        return self.name or self.kind.replace("_", " ")


@dataclass(frozen=True)
class Hours:
    """Allowed hours on a wall clock; an end that is not after the start is on the next day."""

    start: WallTime
    end: WallTime
    weekdays: frozenset[int]  # on which they start; 0 is Monday


def parse_hours(text: str, zone: str) -> Hours:
    """Read `08:00 - 16:30`, `Mon-Fri 22:00 - 06:00` or `Mon 08:00 - 10:00`. Raises SettingsError."""
    match = _HOURS.fullmatch(text)
    if not match:
        raise SettingsError(f"'{text}' are no trading hours.", "Write Mon-Fri 08:00 - 16:30.")
    start, end = WallTime(zone, match[3]), WallTime(zone, match[4])
    if start.of_day == end.of_day:
        raise SettingsError(f"The trading hours '{text}' are empty.", "Let them end at another time.")
    if not match[1]:
        return Hours(start, end, EVERY_DAY)
    first, last = weekday_of(match[1]), weekday_of(match[2] or match[1])
    return Hours(start, end, frozenset((first + i) % 7 for i in range((last - first) % 7 + 1)))


def _one_of(kinds: type[_Kinds], field: str, text: str) -> _Kinds:
    try:
        return kinds(text)
    except ValueError:
        raise SettingsError(f"A window has the {field} '{text}'.", did_you_mean(text, list(kinds))) from None
