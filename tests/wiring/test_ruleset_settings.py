"""What a run asks for has to agree with the programme; each refusal says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import SettingsError
from holdfast.settings.backtest import load_settings
from holdfast.settings.ruleset.file import RULESETS
from holdfast.wiring.mandates import CLASS_IDS
from holdfast.wiring.ruleset.rulesets import applied, bind_rules, owners_of, terms_of

HS = "the5ers.high_stakes.20k"


def bound(classes: tuple[str, ...] = ("setup",), **changes: Any) -> Any:
    """A ruleset bound to settings."""
    return bind_rules(load_settings(None, {"ruleset": HS} | changes), classes)


def test_the_programme_decides_balance_currency_and_mode() -> None:
    """Nothing has to be typed twice."""
    settings = load_settings(None, {"ruleset": HS})
    decided = applied(settings, bind_rules(settings, ("setup",)))
    assert (decided.dry_run_wallet, decided.currency, decided.position_mode) == (20_000, "USD", "hedging")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dry_run_wallet": 10_000}, r"starts with 20,000.00 USD, not with 10,000.00"),
        ({"currency": "EUR"}, r"is kept in USD, not in EUR"),
        ({"position_mode": "netting"}, r"has the position mode hedging, not netting"),
        ({"phase": "step9"}, r"has no phase 'step9'"),
        ({"ruleset": "the5ers.high_stakes.21k"}, r"There is no ruleset"),
        ({"ruleset": "", "phase": "step1"}, r"none is named"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], said: str) -> None:
    """One sentence says what is wrong."""
    with pytest.raises(SettingsError, match=said) as caught:
        bound(**changes)
    assert caught.value.mend


def test_a_grid_under_a_ban_on_martingale_is_refused(tmp_path: Path) -> None:
    """The strategies of the run are what counts, not what the file says of itself."""
    file = tmp_path / "strict.yaml"
    text = (RULESETS / "the5ers_high_stakes.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("martingale: discouraged", "martingale: banned"), encoding="utf-8")
    bound(("setup",), ruleset=f"{file}#20k")
    with pytest.raises(SettingsError, match="bans martingale"):
        bound(("setup", "grid"), ruleset=f"{file}#20k")


def test_phases_follow_each_other_from_the_chosen_one() -> None:
    """Along `next`, each with its own target."""
    assert bound().phases == ("step1", "step2", "funded")
    assert bound(phase="step2").phases == ("step2", "funded")
    terms, _ = terms_of(bound(), owners_of((), {}, 20_000 * 10**8), limits(), 0)
    assert [t.challenge.target // 10**8 for t in terms] == [21_600, 21_000, 0]
    assert [t.challenge.days_needed for t in terms] == [3, 3, 3]
    assert terms[0].challenge.counters[1].least == 100 * 10**8


def test_limits_of_the_ruleset_reach_the_classes() -> None:
    """Risk per trade and open risk are the ruleset's; without our guard the settings' own hold."""
    (first, *_), _ = terms_of(bound(), owners_of((), {}, 1), limits(), 0)
    assert (first.limits[0].trade_risk_max, first.limits[0].open_risk_max) == (600_000, 5_000_000)
    (bare, *_), _ = terms_of(bound(guard="off"), owners_of((), {}, 1), limits(), 0)
    assert bare.limits[0].trade_risk_max == 2_000_000
    assert bare.guard.exit_cost_multiple == 0


def limits() -> dict[str, dict[str, float]]:
    """The settings' defaults."""
    settings = load_settings(None, {})
    return dict(
        zip(CLASS_IDS, (settings.limits.setup.model_dump(), settings.limits.grid.model_dump()), strict=True)
    )
