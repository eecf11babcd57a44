"""Numbers as people read them: money, percent, durations and prices in the same words on every report."""

from __future__ import annotations

import math
from datetime import datetime

NONE = "\N{EN DASH}"


def amount(value: float | None, places: int = 2, sign: bool = False) -> str:
    """Money with thousands apart; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return NONE
    rounded = round(value, places) + 0.0  # no minus before zero
    return f"{rounded:{'+' if sign and rounded else ''},.{places}f}"


def percent(share: float | None, places: int = 2, sign: bool = False) -> str:
    """A share of 1 as percent."""
    return NONE if share is None or not math.isfinite(share) else f"{amount(share * 100, places, sign)}%"


def ratio(value: float | None) -> str:
    """A plain ratio with two places."""
    return amount(value, 2)


def count(value: int | None) -> str:
    """A whole number with thousands apart."""
    return NONE if value is None else f"{value:,}"


def price(value: float | None, digits: int = 8) -> str:
    """A price with at most `digits` significant digits and no trailing zeros."""
    if value is None or not math.isfinite(value):
        return NONE
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else math.floor(math.log10(abs(value) or 1)) + 1
    text = f"{value:.{max(digits - whole, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def duration(seconds: float | None) -> str:
    """Days, hours and minutes, the two largest that matter: `3d 4h`, `2h 15m`, `45m`, `20s`."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    if 0 < seconds < 60:
        return f"{seconds:.0f}s"
    minutes = round(seconds / 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days}d {hours}h" if hours else f"{days}d"
    if hours:
        return f"{hours}h {minutes}m" if minutes else f"{hours}h"
    return f"{minutes}m"


def moment(value: datetime | str | None) -> str:
    """A time in UTC, to the minute."""
    if value is None:
        return NONE
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).strftime("%Y-%m-%d %H:%M")
