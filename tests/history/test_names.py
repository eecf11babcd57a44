"""Spellings of pairs, timeframes and time ranges."""

from __future__ import annotations

import pytest
from handmade import instant

from holdfast.errors import SettingsError
from holdfast.history.names import asset_class_of, parse_pair, parse_timeframe, parse_timerange


@pytest.mark.parametrize(
    "text, asset_class, name, symbol",
    [
        ("BTC/USDT:USDT", "perp", "BTC/USDT:USDT", "BTCUSDT"),
        ("BTCUSDT", "perp", "BTC/USDT:USDT", "BTCUSDT"),
        ("btc-usdt", "perp", "BTC/USDT:USDT", "BTCUSDT"),
        ("BTC_USDT_USDT", "perp", "BTC/USDT:USDT", "BTCUSDT"),
        ("1000PEPEUSDT", "perp", "1000PEPE/USDT:USDT", "1000PEPEUSDT"),
        ("ETHUSDC", "spot", "ETH/USDC", "ETHUSDC"),
        ("ETH/BTC", "spot", "ETH/BTC", "ETHBTC"),
        ("EUR/USD", "fx", "EURUSD", "EURUSD"),
        ("EUR_USD", "fx", "EURUSD", "EURUSD"),
        ("eurusd", "fx", "EURUSD", "EURUSD"),
        ("XAUUSD", "metal", "XAUUSD", "XAUUSD"),
        ("NAS100", "index", "NAS100", "NAS100"),
    ],
)
def test_each_spelling_of_a_pair_means_one_instrument(
    text: str, asset_class: str, name: str, symbol: str
) -> None:
    """People type what they are used to; inside there is one name, by class."""
    pair = parse_pair(text)
    assert (pair.named(asset_class), pair.symbol) == (name, symbol)


@pytest.mark.parametrize("text", ["BTC/USD:BTC", "", "BTC USDT", "BTC/", "BTC/USDT:USDT:X"])
def test_an_inverse_contract_and_what_is_no_pair_are_refused(text: str) -> None:
    """Inverse contracts are out; the sentence says what to write instead."""
    with pytest.raises(SettingsError, match=r"USDT"):
        parse_pair(text)


@pytest.mark.parametrize(
    "folder, source, symbol, expected",
    [
        ("crypto", "binance_perp", "BTCUSDT", "perp"),
        ("crypto", "binance_spot", "BTCUSDT", "spot"),
        ("fx", "oanda_mid", "EURUSD", "fx"),
        ("fx", "oanda_mid", "XAUUSD", "metal"),
        ("fx", "index_cfd", "US30", "index"),
    ],
)
def test_the_folder_tells_the_class(folder: str, source: str, symbol: str, expected: str) -> None:
    """BTCUSDT alone could be spot or perpetual: its source decides."""
    assert asset_class_of(folder, source, symbol) == expected


@pytest.mark.parametrize(
    "texts, minutes, metatrader",
    [
        (("1m", "M1"), 1, "M1"),
        (("15m", "M15", "m15"), 15, "M15"),
        (("1h", "1H", "H1", "h1"), 60, "H1"),
        (("4h", "H4"), 240, "H4"),
        (("1d", "1D", "D1"), 1440, "D1"),
        (("1w", "W1"), 7 * 1440, "W1"),
    ],
)
def test_both_spellings_of_a_timeframe_are_read(
    texts: tuple[str, ...], minutes: int, metatrader: str
) -> None:
    """ccxt's and MetaTrader's."""
    for text in texts:
        timeframe = parse_timeframe(text)
        assert (timeframe.ns, timeframe.metatrader) == (minutes * 60_000_000_000, metatrader)


def test_a_month_is_not_a_minute() -> None:
    """1M and MN1 are months; 1m and M1 are minutes."""
    assert parse_timeframe("1M") == parse_timeframe("MN1")
    assert parse_timeframe("1m") == parse_timeframe("M1")
    assert parse_timeframe("1M").name == "1M"


def test_fx_files_are_named_as_metatrader_names_bars() -> None:
    """EURUSD_H1 beside BTCUSDT_1h."""
    assert parse_timeframe("1h").in_file("fx") == "H1"
    assert parse_timeframe("H1").in_file("crypto") == "1h"


@pytest.mark.parametrize("text", ["5x", "7m", "", "5M", "hour"])
def test_an_unknown_timeframe_is_refused_with_a_hint(text: str) -> None:
    """No bar length is guessed."""
    with pytest.raises(SettingsError, match="is not a timeframe"):
        parse_timeframe(text)


@pytest.mark.parametrize(
    "text, start, end",
    [
        ("20250504-20250624", "2025-05-04", "2025-06-24"),
        ("20250504-", "2025-05-04", None),
        ("-20250624", None, "2025-06-24"),
        ("20250504T1200-20250504T153000", "2025-05-04 12:00", "2025-05-04 15:30"),
        ("1746316800-1750723200", "2025-05-04", "2025-06-24"),
        ("1746316800000-", "2025-05-04", None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_timerange_is_read_in_utc(text: str | None, start: str | None, end: str | None) -> None:
    """A date is its midnight on both sides: the end day itself is not part of the range."""
    expected = tuple(instant(side) if side else None for side in (start, end))
    assert parse_timerange(text) == expected


@pytest.mark.parametrize(
    "text",
    ["2025-05-04", "20250504", "-", "20251304-", "20250504T2500-", "20250624-20250504", "x-y", "2025-"],
)
def test_a_wrong_timerange_is_refused_with_an_example(text: str) -> None:
    """One sentence with the form to write."""
    with pytest.raises(SettingsError, match="20250504-20250624"):
        parse_timerange(text)
