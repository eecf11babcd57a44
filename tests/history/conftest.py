"""The folder of real data, where there is one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder named by HOLDFAST_DATA_DIR."""
    folder = os.environ.get("HOLDFAST_DATA_DIR")
    if not folder or not Path(folder).is_dir():
        pytest.skip("HOLDFAST_DATA_DIR names no folder of real market data")
    return Path(folder)
