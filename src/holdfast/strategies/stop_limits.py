"""How far a protective stop may lie from the entry, by class of instrument."""

from __future__ import annotations

from holdfast.history.names import CURRENCIES, parse_pair

# Class -> least and greatest distance in pips, and the size of that pip in price units.
# Gold is counted in tenths of a dollar here: with its terminal's pip of a cent, 500 pips would be 5 dollars,
# a quarter of a day's range.
LIMITS: dict[str, tuple[float, float, float]] = {
    "BTC": (500, 15_000, 1.0),
    "ETH": (200, 5_000, 0.1),
    "index": (50, 3_000, 1.0),
    "XAU": (50, 500, 0.1),
    "XAG": (20, 200, 0.01),
    "JPY": (20, 300, 0.01),
    "GBP": (20, 250, 0.0001),
    "exotic": (30, 300, 0.0001),
    "other": (15, 200, 0.0001),
}
_EXOTIC = CURRENCIES - frozenset(("USD", "EUR", "GBP", "JPY", "CHF", "AUD", "NZD", "CAD"))


def class_of(pair: str) -> str:
    """Row of LIMITS that holds for a pair."""
    found = parse_pair(pair)
    if found.base in ("BTC", "ETH", "XAU", "XAG"):
        return found.base
    if not found.quote:
        return "index"
    sides = {found.base, found.quote}
    if "JPY" in sides:
        return "JPY"
    if "GBP" in sides:
        return "GBP"
    return "exotic" if sides & _EXOTIC else "other"


def stop_limits(pair: str, least_pips: float = 0.0, greatest_pips: float = 0.0) -> tuple[float, float]:
    """Least and greatest distance as prices; a given number of pips, where not 0, replaces the class's."""
    least, greatest, pip = LIMITS[class_of(pair)]
    return (least_pips or least) * pip, (greatest_pips or greatest) * pip
