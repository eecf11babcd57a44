"""Two years of FX under the rules of two firms: it finishes, adds up, and no floor is crossed by our own action."""

from __future__ import annotations

import os
from typing import Any

import pytest

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not os.environ.get("HOLDFAST_DATA_DIR"), reason="HOLDFAST_DATA_DIR names no market data"
    ),
]
FX = (
    "-s",
    "confluence",
    "--source",
    "oanda_mid",
    "-i",
    "1h",
    "--timerange",
    "20230601-20250601",
    "--no-save",
)
RULESETS = ("the5ers.high_stakes.20k", "ftmo.two_step.100k")


@pytest.mark.parametrize("ruleset", RULESETS)
def test_confluence_under_the_rules_of_a_firm(backtest: Any, ruleset: str) -> None:
    """Each breach, if there is one, came from the market: headroom was there at each order that adds exposure."""
    found = backtest(*FX, "--ruleset", ruleset)
    risk = found["risk"]
    assert found["trades"] > 50
    assert found["ledger"]["residual"] == 0
    assert risk["breaches_by_own_action"] == 0
    assert risk["evaluated"] > 10_000
    assert all(floor["nearest_at"] for floor in risk["floors"])
    assert risk["ruleset"]["ruleset"] == ruleset


@pytest.mark.parametrize("ruleset", RULESETS)
def test_both_speeds_are_the_same_over_real_bars(backtest: Any, ruleset: str) -> None:
    """The same digest at every thousandth event and at the end."""
    words = (*FX, "--ruleset", ruleset, "--digest-trace", "1000")
    both = [backtest(*words, *more) for more in ((), ("--interpreted",))]
    assert both[0]["digests"] == both[1]["digests"]
    assert both[0]["state_digest"] == both[1]["state_digest"]
    assert both[0]["risk"] == both[1]["risk"]
