"""How people, venues and files spell instruments, timeframes and time ranges, and the one form inside.

Pairs are spelled as ccxt does (`BTC/USDT:USDT` perpetual, `BTC/USDT` spot); foreign exchange and metals
without a separator (`EURUSD`, `XAUUSD`), as MetaTrader does. Timeframes are spelled as ccxt does (`1m 1h 4h
1d 1w 1M`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from holdfast.errors import SettingsError, did_you_mean

SECOND = 1_000_000_000  # nanoseconds
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

CURRENCIES = frozenset(
    ("USD", "EUR", "GBP", "JPY", "CHF", "AUD", "NZD", "CAD", "SEK", "NOK", "DKK")
    + ("PLN", "HUF", "CZK", "TRY", "ZAR", "MXN", "SGD", "HKD", "CNH", "ILS", "THB")
)
METALS = frozenset(("XAU", "XAG", "XPT", "XPD"))
# Longest first: a symbol ends with the first of these that leaves a base in front of it.
_QUOTES = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USDE", *sorted(CURRENCIES), "BTC", "ETH", "BNB")


@dataclass(frozen=True)
class Pair:
    """Base and quote of an instrument; `settle` only where the text named it (`BTC/USDT:USDT`)."""

    base: str
    quote: str  # empty for an instrument without currencies in its name (NAS100)
    settle: str = ""

    @property
    def symbol(self) -> str:
        """The spelling of files and venues: BTCUSDT, EURUSD, NAS100."""
        return self.base + self.quote

    @property
    def is_fiat(self) -> bool:
        """Whether base and quote are both currencies of states, or a metal against one."""
        return self.base in CURRENCIES | METALS and self.quote in CURRENCIES

    @property
    def currency_class(self) -> str:
        """fx, metal or index, by the names alone."""
        if not self.is_fiat:
            return "index"
        return "metal" if self.base in METALS else "fx"

    def named(self, asset_class: str) -> str:
        """The spelling that people type, by class: perp, spot, fx, metal or index."""
        if asset_class == "perp":
            return f"{self.base}/{self.quote}:{self.settle or self.quote}"
        return f"{self.base}/{self.quote}" if asset_class == "spot" else self.symbol


def parse_pair(text: str) -> Pair:
    """Read `BTC/USDT:USDT`, `BTC/USDT`, `BTC-USDT`, `BTCUSDT`, `EUR/USD`, `EUR_USD`, `EURUSD` or `NAS100`.

    Raises SettingsError for an inverse contract (`BTC/USD:BTC`) and for what is no pair at all.
    """
    word = text.strip().upper()
    match = re.fullmatch(r"([A-Z0-9.]+)[/_-]([A-Z0-9]+)(?:[:_-]([A-Z0-9]+))?", word)
    if match:
        pair = Pair(match[1], match[2], match[3] or "")
        if pair.settle and pair.settle != pair.quote:
            raise SettingsError(
                f"{text} is settled in {pair.settle}, an inverse contract, which Holdfast does not trade.",
                f"Use the linear one, for instance {pair.base}/USDT:USDT.",
            )
        return pair
    if not re.fullmatch(r"[A-Z0-9.]+", word):
        raise SettingsError(f"'{text}' is not a pair.", "Write BTC/USDT:USDT, BTC/USDT, EURUSD or NAS100.")
    return _split(word)


def _split(symbol: str) -> Pair:
    for quote in _QUOTES:
        if symbol.endswith(quote) and len(symbol) > len(quote):
            return Pair(symbol.removesuffix(quote), quote)
    return Pair(symbol, "")


def asset_class_of(folder: str, source: str, symbol: str) -> str:
    """Class of an instrument from where its file lies: perp, spot, fx, metal or index."""
    if source.endswith("_spot"):
        return "spot"
    if folder == "crypto" or source.endswith("_perp"):
        return "perp"
    return _split(symbol).currency_class


@dataclass(frozen=True, order=True)
class Timeframe:
    """A bar length. A month has no fixed one: there `ns` is 31 days, an upper bound; ask `resample` for
    closes."""

    ns: int
    name: str  # ccxt: 1m 1h 1d 1w 1M

    @property
    def metatrader(self) -> str:
        """MetaTrader's spelling: M1 H1 D1 W1 MN1."""
        count, unit = self.name[:-1], self.name[-1]
        return {"m": "M", "h": "H", "d": "D", "w": "W", "M": "MN"}[unit] + count

    def in_file(self, folder: str) -> str:
        """The spelling in file names of a class folder: `fx` files are named as MetaTrader names bars."""
        return self.metatrader if folder == "fx" else self.name


def _known() -> dict[str, Timeframe]:
    lengths = [(f"{n}m", n * MINUTE) for n in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)]
    lengths += [(f"{n}h", n * HOUR) for n in (1, 2, 3, 4, 6, 8, 12)]
    lengths += [("1d", DAY), ("3d", 3 * DAY), ("1w", 7 * DAY), ("1M", 31 * DAY)]
    return {name: Timeframe(ns, name) for name, ns in lengths}


TIMEFRAMES = _known()
_SPELLINGS = {
    **{t.metatrader.upper(): t for t in TIMEFRAMES.values()},
    **{name.upper(): t for name, t in TIMEFRAMES.items() if name[-1] in "hdw"},
}


def parse_timeframe(text: str) -> Timeframe:
    """Read ccxt's (`5m 1h 1M`) or MetaTrader's (`M5 H1 MN1`) spelling; `1m` is a minute and `1M` a month.

    Raises SettingsError for anything else.
    """
    word = text.strip()
    found = TIMEFRAMES.get(word) or _SPELLINGS.get(word.upper())
    if found is None:
        hint = did_you_mean(word, TIMEFRAMES)
        raise SettingsError(f"'{text}' is not a timeframe.", f"{hint} MetaTrader's M5, H1, D1 are read too.")
    return found


TimeRange = tuple[int | None, int | None]  # [start, end) in ns UTC; None = open


def parse_timerange(text: str | None) -> TimeRange:
    """Read `20250504-20250624`, `20250504-`, `-20250624`, `20250504T1200-…`, or Unix seconds or milliseconds.

    Times are UTC. As in freqtrade, a date means its midnight: `-20250624` ends as the 24th begins, so the
    24th is not part of it. freqtrade still takes the one bar that opens at that very instant; here the end is
    exclusive, so that neighbouring ranges share no bar. Raises SettingsError.
    """
    if text is None or not text.strip():
        return None, None
    start_text, dash, end_text = text.strip().partition("-")
    if not dash or not (start_text or end_text):
        raise _bad_range(text)
    start, end = (_instant(part, text) if part else None for part in (start_text, end_text))
    if start is not None and end is not None and start >= end:
        raise SettingsError(
            f"The timerange {text} ends before it starts.", "Write start-end, for instance 20250504-20250624."
        )
    return start, end


def _instant(part: str, whole: str) -> int:
    """Nanoseconds of one side of a timerange."""
    match = re.fullmatch(r"(\d{8})(?:T(\d{4})(\d{2})?)?", part)
    if match:
        try:
            digits = match[1] + (match[2] or "0000") + (match[3] or "00")
            moment = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            raise _bad_range(whole) from None
        return int(moment.timestamp()) * SECOND
    if re.fullmatch(r"\d{9,10}", part):
        return int(part) * SECOND
    if re.fullmatch(r"\d{12,13}", part):
        return int(part) * (SECOND // 1000)
    raise _bad_range(whole)


def _bad_range(text: str) -> SettingsError:
    return SettingsError(
        f"'{text}' is not a timerange.",
        "Write 20250504-20250624, 20250504- or -20250624 (UTC), with an optional time as in 20250504T1200-.",
    )


def format_instant(ns: int) -> str:
    """`2025-05-04 15:33` for people, UTC; seconds only where there are some."""
    moment = datetime.fromtimestamp(ns // SECOND, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M")
