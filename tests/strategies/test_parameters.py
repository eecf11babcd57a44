"""One resolver says what each parameter is, where it came from, and what is wrong with it."""

from __future__ import annotations

import pytest

from holdfast.errors import SettingsError
from holdfast.strategies.grid_atr import GridAtr
from holdfast.strategies.parameters import Overrides, check_pairs, parse_assignments, resolve_parameters

GRID = GridAtr()


def test_later_wins_default_shipped_user_user_for_the_pair() -> None:
    """The four sources in their order, each remembered."""
    user = Overrides({"atr_period": 20, "num_levels": 2}, {"BTC/USDT:USDT": {"num_levels": 5}})
    btc = resolve_parameters(GRID, "BTC/USDT:USDT", user)
    found = {
        name: (btc[name], btc.origins[name]) for name in ("leverage", "ma_period", "atr_period", "num_levels")
    }
    assert found == {
        "leverage": (3.0, "default"),
        "ma_period": (7, "shipped for BTC"),
        "atr_period": (20, "user"),
        "num_levels": (5, "user for BTC/USDT:USDT"),
    }


def test_another_pair_sees_neither_the_table_nor_the_override_of_the_first() -> None:
    """LTC is not in the table."""
    user = Overrides({}, {"BTC/USDT:USDT": {"num_levels": 5}})
    ltc = resolve_parameters(GRID, "LTC/USDT:USDT", user)
    assert (ltc["num_levels"], ltc["ma_period"]) == (3, 14)
    assert set(ltc.origins.values()) == {"default"}


def test_every_parameter_has_a_value_and_an_origin() -> None:
    """Nothing is left to chance."""
    resolved = resolve_parameters(GRID, "ADA/USDT:USDT")
    assert set(resolved) == set(resolved.origins) == {each.name for each in GRID.parameters}


def test_an_override_for_the_asset_yields_to_one_for_the_pair() -> None:
    """BTC means every pair of it; the full name is more exact, in whatever order they stand."""
    user = Overrides({}, {"BTC/USDT:USDT": {"ma_period": 9}, "BTC": {"ma_period": 8}})
    assert resolve_parameters(GRID, "BTC/USDT:USDT", user)["ma_period"] == 9
    assert resolve_parameters(GRID, "BTC/USDT", user)["ma_period"] == 8


@pytest.mark.parametrize("spelling", ["BTCUSDT", "BTC/USDT", "btc/usdt:usdt", "BTC"])
def test_a_pair_may_be_spelled_in_any_way(spelling: str) -> None:
    """The same instrument, the same parameters."""
    assert (
        resolve_parameters(GRID, "BTC/USDT:USDT", Overrides({}, {spelling: {"ma_period": 9}}))["ma_period"]
        == 9
    )


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    """ma_periode is nobody's parameter."""
    with pytest.raises(
        SettingsError, match=r"grid_atr has no parameter ma_periode. Did you mean .*ma_period"
    ):
        resolve_parameters(GRID, "BTC/USDT:USDT", {"ma_periode": 3})


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("ma_period", 0, "ma_period is 0 bars; it must be a value from 2 to 1000 bars"),
        ("ma_period", 3.5, "it must be a whole number from 2 to 1000 bars"),
        ("ma_period", "many", "it must be a whole number"),
        ("ma_period", True, "it must be a whole number"),
        ("sl_percent", float("nan"), "it must be a number from 0.1 to 95 %"),
        ("sl_percent", 200, "sl_percent is 200.0 %; it must be a value from 0.1 to 95 %"),
        ("sides", "lang", "it must be one of long, short, both. Did you mean long?"),
        ("post_only", "perhaps", "it must be true or false"),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_with_its_range_and_unit(name: str, value: object, words: str) -> None:
    """One sentence that says what would be right."""
    with pytest.raises(SettingsError) as caught:
        resolve_parameters(GRID, "LTC/USDT:USDT", {name: value})
    assert words in str(caught.value)


def test_text_is_read_as_the_type_of_the_parameter() -> None:
    """A command line only has text."""
    user = parse_assignments(
        ["ma_period=10", "post_only=off", "sl_percent=12.5", "BTC/USDT:USDT.num_levels=2", "BTC.sides=both"]
    )
    resolved = resolve_parameters(GRID, "BTC/USDT:USDT", user)
    picked = [resolved[name] for name in ("ma_period", "post_only", "sl_percent", "num_levels", "sides")]
    assert picked == [10, False, 12.5, 2, "both"]


@pytest.mark.parametrize("text", ["ma_period", "=3", "ma_period=", "BTC.=3"])
def test_an_assignment_without_name_or_value_is_refused(text: str) -> None:
    """Told with the form that is expected."""
    with pytest.raises(SettingsError, match="NAME=VALUE"):
        parse_assignments([text])


def test_an_override_for_a_pair_that_is_not_traded_is_refused() -> None:
    """A typo in the pair must not leave the parameter silently at its default."""
    check_pairs(Overrides({}, {"BTC": {}}), ["BTC/USDT:USDT"])
    with pytest.raises(
        SettingsError, match=r"BTD/USDT:USDT, which is not traded. Did you mean BTC/USDT:USDT"
    ):
        check_pairs(Overrides({}, {"BTD/USDT:USDT": {}}), ["BTC/USDT:USDT"])


@pytest.mark.parametrize("asset", GridAtr.per_pair)
def test_each_row_of_the_shipped_table_is_valid(asset: str) -> None:
    """Every entry passes the same checks as a user's."""
    resolved = resolve_parameters(GRID, f"{asset}/USDT:USDT")
    assert all(resolved[name] == value for name, value in GridAtr.per_pair[asset].items())
