"""Many parameter sets over bars that are read once."""

from __future__ import annotations

from pathlib import Path

from holdfast.history.store import Store
from holdfast.settings.backtest import load_settings
from holdfast.wiring.backtest import Backtest
from holdfast.wiring.sweep import Sweep

CASE = {"strategies": ("grid_atr",), "source": "synthetic_perp", "timeframe": "1h", "detail": "5m"}


def test_a_set_of_a_sweep_is_the_backtest_with_these_parameters(market: Path) -> None:
    """Digest for digest, in whichever thread it ran and whatever ran there before."""
    sets = [{"ma_period": ma, "sl_percent": stop} for ma in (7, 14) for stop in (5, 10)]
    machine = Backtest(Store(market), load_settings(None, CASE))
    rows = Sweep(machine, machine.prepare()).run(sets, workers=2)
    for given, row in zip(sets, rows, strict=True):
        alone = Backtest(Store(market), load_settings(None, CASE | {"parameters": given}))
        result = alone.run(alone.prepare())
        assert row.state_digest == result.state_digest
        assert row.trades == result.trade_count
    assert len({row.state_digest for row in rows}) > 1


def test_a_sweep_reads_no_data_after_it_has_begun(market: Path, monkeypatch: object) -> None:
    """A set costs planning and the loop, nothing else."""
    machine = Backtest(Store(market), load_settings(None, CASE))
    sweep = Sweep(machine, machine.prepare())
    reads: list[str] = []
    original = Store.bars

    def counted(store: Store, source: str, pair: str, *rest: object) -> object:
        reads.append(pair)
        return original(store, source, pair, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "bars", counted)  # type: ignore[attr-defined]
    sweep.run([{"ma_period": 7}], workers=1)
    once = len(reads)
    sweep.run([{"ma_period": ma} for ma in range(7, 17)], workers=2)
    assert len(reads) == 2 * once
