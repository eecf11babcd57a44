"""The invented market: the same for a seed, on the grid, and with the habits of real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from holdfast.errors import SettingsError
from holdfast.history.instruments import load_instruments
from holdfast.history.names import HOUR
from holdfast.history.quality import check_bars
from holdfast.history.store import Store
from holdfast.history.synthetic import (
    FX,
    FX_PAIRS,
    PERP,
    PERPS,
    SyntheticMarket,
    synthetic_market,
    write_synthetic,
)
from holdfast.history.zones import METATRADER_DAY


@pytest.fixture(scope="module")
def market() -> SyntheticMarket:
    """Thirty days of everything at one minute."""
    return synthetic_market(11, 30)


def moves(market: SyntheticMarket, key: tuple[str, str]) -> np.ndarray:
    """Log moves of the closes."""
    return np.diff(np.log(market.bars[key]["close"].to_numpy()))


def test_a_seed_gives_the_same_bits_and_another_seed_others(market: SyntheticMarket) -> None:
    """Bars, funding and marks."""
    again = synthetic_market(11, 30)
    for kind in ("bars", "funding", "mark"):
        ours, theirs = getattr(market, kind), getattr(again, kind)
        assert ours.keys() == theirs.keys()
        assert all(ours[key].equals(theirs[key]) for key in ours)
    assert not synthetic_market(12, 30).bars[PERP, PERPS[0]].equals(market.bars[PERP, PERPS[0]])


def test_a_longer_market_begins_with_the_shorter_one_and_instruments_do_not_touch_each_other(
    market: SyntheticMarket,
) -> None:
    """So a test may ask for one instrument of one day and see the market of the demo."""
    for source, pair in ((PERP, PERPS[2]), (FX, "EURJPY"), (FX, "XAUUSD")):
        alone = synthetic_market(11, 9, instruments=[pair]).bars[source, pair]
        assert market.bars[source, pair].head(alone.height).equals(alone)


@pytest.mark.parametrize("pair", PERPS + FX_PAIRS)
def test_bars_pass_the_quality_check_and_lie_on_the_instruments_grid(
    market: SyntheticMarket, pair: str
) -> None:
    """Prices on ticks, volumes on steps, the calendar without a gap."""
    source = PERP if pair in PERPS else FX
    spec, frame = load_instruments()[source, pair], market.bars[source, pair]
    zone = "UTC" if source == PERP else METATRADER_DAY
    report = check_bars(
        frame, pair, market.timeframe, session=spec.session, zone=zone, tick_size=float(spec.tick_size)
    )
    assert report.findings == ()
    if spec.volume_is_real:
        steps = frame["volume"].to_numpy() / float(spec.step_size)
        assert np.abs(steps - np.rint(steps)).max() < 1e-4
    else:
        assert frame["spread"].dtype == pl.Int32
        assert frame["spread"].min() >= 1  # type: ignore[operator]


def test_perpetuals_move_together_with_fat_tails(market: SyntheticMarket) -> None:
    """One market factor; far more large moves than a normal distribution has."""
    btc, eth = moves(market, (PERP, "BTC/USDT:USDT")), moves(market, (PERP, "ETH/USDT:USDT"))
    assert np.corrcoef(btc, eth)[0, 1] > 0.5
    assert ((btc - btc.mean()) ** 4).mean() / btc.var() ** 2 > 6


def test_crosses_agree_with_their_legs(market: SyntheticMarket) -> None:
    """EURGBP is EURUSD / GBPUSD to a few points."""
    eur, gbp, cross = (market.bars[FX, pair]["close"].to_numpy() for pair in ("EURUSD", "GBPUSD", "EURGBP"))
    assert np.abs(eur / gbp / cross - 1).max() < 5e-5


def test_fx_is_closed_at_the_weekend_and_wide_at_the_rollover(market: SyntheticMarket) -> None:
    """No bar from Friday to Sunday 17:00 New York; the spread at 17:00 is a multiple of that at noon."""
    frame = market.bars[FX, "EURUSD"].with_columns(ny=pl.col("ts").dt.convert_time_zone("America/New_York"))
    assert frame.filter(pl.col("ny").dt.weekday() == 6).is_empty()
    by_hour = dict(frame.group_by(pl.col("ny").dt.hour()).agg(pl.col("spread").mean()).rows())
    assert by_hour[17] > 5 * by_hour[12]


def test_funding_settles_at_its_hours_and_leans_with_the_trend(market: SyntheticMarket) -> None:
    """Every eight hours, one of them every four; after a rise longs pay more than after a fall."""
    hours = {
        pair: set(np.diff(f["ts"].dt.epoch("ns").to_numpy()) // HOUR)
        for (_, pair), f in market.funding.items()
    }
    assert hours["BTC/USDT:USDT"] == {8}
    assert hours["DOGE/USDT:USDT"] == {4}
    rates = market.funding[PERP, "SOL/USDT:USDT"].join(market.bars[PERP, "SOL/USDT:USDT"], on="ts")
    change = rates["close"].log().diff(3)
    up, down = rates["rate"].filter(change > 0.02).mean(), rates["rate"].filter(change < -0.02).mean()
    assert up > down  # type: ignore[operator]


def test_what_is_written_is_a_data_folder(tmp_path: Path, market: SyntheticMarket) -> None:
    """The store reads back the same bars, funding and marks."""
    write_synthetic(tmp_path, 11, 3, instruments=["BTCUSDT", "EURUSD"])
    store = Store(tmp_path)
    assert store.sources() == [FX, PERP]
    bars = store.bars(PERP, "BTC/USDT:USDT", "1m")
    assert bars.equals(market.bars[PERP, "BTC/USDT:USDT"].head(3 * 1440))
    assert store.funding(PERP, "BTCUSDT").height == 8  # type: ignore[union-attr]
    assert store.mark(PERP, "BTCUSDT").height == 72  # type: ignore[union-attr]
    assert "spread" in store.bars(FX, "EURUSD", "1h").columns


@pytest.mark.parametrize(
    "arguments", [{"days": 0}, {"timeframe": "1w"}, {"instruments": ["SHIBUSDT"]}, {"start": "x"}]
)
def test_what_cannot_be_made_is_refused(arguments: dict[str, object]) -> None:
    """One sentence."""
    with pytest.raises(SettingsError):
        synthetic_market(**{"seed": 1, "days": 1, **arguments})  # type: ignore[arg-type]
