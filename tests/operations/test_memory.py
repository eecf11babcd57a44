"""An account that runs for weeks needs no more memory than after its first days."""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path

import pytest
from second_quotes import market_of_seconds

from holdfast.operations.paper import LockStep


def resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    "days, settled",
    [
        pytest.param(6, 2, marks=pytest.mark.long),
        pytest.param(56, 7, marks=[pytest.mark.long, pytest.mark.soak]),
    ],
)
def test_memory_is_flat_under_quotes_of_a_second(tmp_path: Path, days: int, settled: int) -> None:
    """Four perpetuals, a quote a second, each one journaled; from when the account has met everything once."""
    market = market_of_seconds(tmp_path / "data")
    account = LockStep(tmp_path / "account", market.scenario, "market", "code")
    held, closed = 0, 0
    for day in range(1, days + 1):
        account.run()
        if day == settled:
            held, closed = resident(), account.engine.state.closed_count
        market.next_day(account.feed)
    grown = resident() / held - 1
    assert account.engine.state.closed_count > closed + days - settled  # it has traded all the while
    assert account.engine.state.fed > 340_000 * days
    account.close()
    shutil.rmtree(tmp_path)  # gigabytes
    assert grown < 0.05
