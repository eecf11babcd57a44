"""Where things are on this machine."""

from __future__ import annotations

import os
from pathlib import Path

from holdfast.errors import SettingsError


def home() -> Path:
    """HOLDFAST_HOME, else ~/.holdfast."""
    return Path(os.environ.get("HOLDFAST_HOME") or Path.home() / ".holdfast")


def data_folder(given: Path | None) -> Path:
    """The folder of market data: as given, else in the home; SettingsError where there is none."""
    folder = given or home() / "data"
    if not folder.is_dir():
        raise SettingsError(
            f"There is no folder of market data at {folder}.",
            "Name one with --data-dir or HOLDFAST_DATA_DIR, or fetch some with holdfast download-data.",
        )
    return folder


def account_folder(name: str) -> Path:
    """Where an account keeps its journal; SettingsError for a name that is none."""
    if not name or name.startswith(".") or any(letter in name for letter in "/\\:"):
        raise SettingsError(f"{name!r} is no name for an account.", "Use letters, digits and dashes.")
    return home() / "accounts" / name
