"""Small runs over the synthetic market end as they ended before: what was asked, filled, closed, and the balances."""

from __future__ import annotations

import pytest
from golden_runs import RUNS, Golden, kept, run


@pytest.mark.parametrize("golden", RUNS, ids=lambda golden: golden.name)
def test_a_small_run_ends_as_it_did_before(golden: Golden) -> None:
    """Part by part, so that a failure says what moved. Wanted? `python tests/golden/golden_runs.py` keeps it."""
    before, now = kept(golden), run(golden)
    assert now.keys() == before.keys()
    for part, wanted in before.items():
        assert now[part] == wanted, part
    assert len(now["fills"]) > 3
    assert now["ledger"]["residual"] == 0
