"""The instrument file, its checks, inference, and which price converts a profit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from handmade import steps_up

from holdfast.errors import SettingsError
from holdfast.history.instruments import (
    SHIPPED,
    InstrumentSpec,
    account_conversion,
    instrument,
    load_instruments,
)
from holdfast.history.sessions import parse_session
from holdfast.history.store import Store

D = Decimal


def test_facts_are_exact_decimals() -> None:
    """0.1 in the file is 0.1 and not a binary neighbour of it."""
    btc = load_instruments()["binance_perp", "BTC/USDT:USDT"]
    assert (btc.tick_size, btc.step_size, btc.taker_rate) == (D("0.1"), D("0.001"), D("0.0005"))
    gold = load_instruments()["mt5_spread", "XAUUSD"]
    assert (gold.tick_size, gold.contract_size, gold.price_side, gold.asset_class) == (
        D("0.01"),
        100,
        "bid",
        "metal",
    )
    yen = load_instruments()["oanda_mid", "USDJPY"]
    assert (yen.tick_size, yen.pip_size, yen.settle, yen.price_side) == (D("0.001"), D("0.01"), "JPY", "mid")


@pytest.mark.parametrize("key", load_instruments())
def test_every_shipped_instrument_could_be_real(key: tuple[str, str]) -> None:
    """What the loader's own check cannot know: the spread is a spread, the classes have what they need."""
    spec = load_instruments()[key]
    assert spec.spread >= spec.spread_floor > 0
    assert spec.spread % spec.tick_size == 0
    assert spec.slippage >= 0
    assert parse_session(spec.session)
    assert not spec.inferred
    assert spec.group
    if spec.asset_class in ("fx", "metal", "index"):
        assert spec.stop_out_level > 0
        assert spec.rollover_time == "17:00 America/New_York"
        assert not spec.volume_is_real
        assert not spec.can_amend_quantity
    if spec.asset_class == "perp":
        assert spec.tiers[0].initial_rate < D("0.05")
        assert spec.rollover_time == ""


def test_maintenance_margin_has_no_step_between_tiers() -> None:
    """At each border both tiers ask for the same money."""
    for spec in load_instruments().values():
        for below, above in zip(spec.tiers, spec.tiers[1:], strict=False):
            border = below.notional_max
            asked = [border * tier.maintenance_rate - tier.deduction for tier in (below, above)]
            assert asked[0] == asked[1], spec.pair


def test_the_deductions_are_the_venues_own_numbers() -> None:
    """Binance publishes 50, 950, 11,450, 131,450 for the second to fifth bracket of BTC."""
    tiers = load_instruments()["binance_perp", "BTC/USDT:USDT"].tiers
    assert [tier.deduction for tier in tiers[:5]] == [0, 50, 950, 11_450, 131_450]


def _mended(tmp_path: Path, old: str, new: str) -> Path:
    text = SHIPPED.read_text()
    assert old in text
    path = tmp_path / "instruments.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    "old, new, says",
    [
        ("tick_size: 0.0001, step_size: 1,", "tick_size: 0, step_size: 1,", r"binance_perp ADAUSDT: tick_size is 0"),
        ("step_size: 1, quantity_max: 2000000", "step_size: 3, quantity_max: 2000000", "quantity_max .* no multiple"),
        ("tick_size: 0.0001, step_size: 1,", "tick_sise: 0.0001, step_size: 1,", "Did you mean tick_size"),
        ("tick_size: 0.0001, step_size: 1,", "step_size: 1,", "the field 'tick_size' is missing"),
        ("tick_size: 0.0001, step_size: 1,", "tick_size: abc, step_size: 1,", "tick_size is 'abc'"),
        ("volume_is_real: true", "volume_is_real: maybe", "Write true or false"),
        ("price_side: last", "price_side: ask", "Write bid, mid or last"),
        ("[600000, 0.01, 0.005]", "[40000, 0.01, 0.005]", "tier 2 does not rise"),
        ("[600000, 0.01, 0.005]", "[600000, 0.01, 0.02]", "tier 2 keeps 0.02"),
        ("[600000, 0.01, 0.005]", "[600000, 0.01, 0.005, 60]", "tier 2 has the deduction 60.*it is 50"),
        ("tiers: binance_large }", "tiers: binance_larg }", "Did you mean binance_large"),
        ("session: Sun 17:00 - Fri 17:00", "session: Sunday 17:00 - Fri 17:00", "AUDJPY: .* is not a trading session"),
        ("sources:", "sources: [", "cannot be read"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_refused_with_its_place_and_the_mend(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    """File, source and symbol, the rule, and what to write."""
    with pytest.raises(SettingsError, match=says):
        load_instruments(_mended(tmp_path, old, new))


def test_an_unknown_instrument_is_inferred_against_the_trader() -> None:
    """Tick and step from the bars, the rest wide; the guessed fields are named."""
    bars = steps_up("2025-01-01", "1h", 300, 20.0).with_columns(
        open=pl.col("open") + 0.25, close=pl.col("close") - 0.05, volume=pl.int_range(pl.len()) + 0.5
    )
    spec = instrument("somewhere_perp", "NEW/USDT:USDT", bars)
    assert (spec.tick_size, spec.step_size) == (D("0.05"), D("0.1"))
    assert spec.taker_rate >= D("0.001")
    assert spec.tiers[0].initial_rate == D("0.1")
    assert spec.spread % spec.tick_size == 0
    assert {"tick_size", "taker_rate", "tiers"} <= set(spec.inferred)
    assert "base" not in spec.inferred


def test_an_unknown_currency_pair_pays_rollover_on_both_sides() -> None:
    """Nothing is assumed to be earned."""
    spec = instrument("mybroker", "USDSEK", steps_up("2025-01-06", "1h", 50, 10.0))
    assert (spec.asset_class, spec.contract_size, spec.settle) == ("fx", 100_000, "SEK")
    assert spec.rollover_long < 0
    assert spec.rollover_short < 0


def test_a_known_instrument_at_another_source_borrows_its_facts_and_says_so() -> None:
    """EURUSD of one's own broker is not treated as an exotic; the finer grid of its bars is kept."""
    assert instrument("mybroker", "EUR/USD").inferred == ("all fields, as at mt5_ejtrader",)
    fine = pl.DataFrame({key: [1.000001, 1.000002, 1.000003] for key in ("open", "high", "low", "close")})
    spec = instrument("mybroker", "EURUSD", fine)
    assert spec.tick_size == D("0.000001")
    assert spec.rollover_long == 10 * instrument("mybroker", "EURUSD").rollover_long


def test_without_bars_an_unknown_instrument_is_refused() -> None:
    """There is nothing to infer from."""
    with pytest.raises(SettingsError, match="Nothing is known of NEW/USDT:USDT"):
        instrument("somewhere_perp", "NEW/USDT:USDT")


FX = ["EURUSD", "GBPUSD", "USDJPY", "EURGBP", "EURJPY", "USDCHF"]


@pytest.mark.parametrize(
    "pair, account, expected",
    [
        ("EURUSD", "USD", None),
        ("USDJPY", "USD", ("USDJPY", True)),
        ("EURJPY", "USD", ("USDJPY", True)),
        ("EURGBP", "USD", ("GBPUSD", False)),
        ("XAUUSD", "EUR", ("EURUSD", True)),
        ("XAUUSD", "CHF", ("USDCHF", False)),
    ],
)
def test_the_pair_that_converts_the_profit(
    pair: str, account: str, expected: tuple[str, bool] | None
) -> None:
    """Straight where it is quoted in the account's currency, inverted where it starts with it."""
    assert account_conversion(load_instruments()["oanda_mid", pair], account, FX) == expected


def test_stablecoins_count_as_dollars_and_a_missing_rate_is_refused() -> None:
    """A perpetual in USDT on a dollar account needs no rate; a pound profit without GBPUSD cannot be booked."""
    specs = load_instruments()
    assert account_conversion(specs["binance_perp", "BTC/USDT:USDT"], "USD", []) is None
    with pytest.raises(SettingsError, match="GBPUSD or USDGBP"):
        account_conversion(specs["oanda_mid", "EURGBP"], "USD", ["EURUSD"])


@pytest.mark.data
def test_every_instrument_of_the_real_data_is_in_the_file(real_data: Path) -> None:
    """None of them is guessed, and each volume that is real lies on the step or a finer old one."""
    known = load_instruments()
    for series in Store(real_data).series():
        assert (series.source, series.pair) in known
        assert isinstance(known[series.source, series.pair], InstrumentSpec)
        assert known[series.source, series.pair].symbol == series.symbol
