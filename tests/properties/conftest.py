"""Two tiers: a quick one, the same every time, for `make test`; ten times as many random examples for the long one."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("checks", "watched")  # so that a failing check shows its values
QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)


def pytest_configure(config: pytest.Config) -> None:
    """HOLDFAST_LONG=1, or a marker expression that asks for long tests, makes every property ten times longer."""
    asked = config.getoption("markexpr", "") or ""
    if "long" in asked and asked.strip() != "not long":
        os.environ["HOLDFAST_LONG"] = "1"
    settings.load_profile("long" if os.environ.get("HOLDFAST_LONG") == "1" else "quick")


settings.register_profile(
    "quick", deadline=None, suppress_health_check=QUIET, derandomize=True, database=None
)
settings.register_profile("long", deadline=None, suppress_health_check=QUIET)
