"""Room on the disk that is given back when it is full, so that what was just decided can still be written."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

NAME = "reserve"
SIZE = 256 << 10  # bytes: some hundreds of rows


def keep_reserve(folder: Path) -> bool:
    """Make it where it is missing or too small. False where there is no room: then there is none to give back."""
    path = folder / NAME
    with contextlib.suppress(OSError):
        if path.stat().st_size >= SIZE:
            return True
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(SIZE))  # zeros may take no room at all
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        return False
    return True


def free_reserve(folder: Path) -> bool:
    """Give it back; False where there was none."""
    try:
        (folder / NAME).unlink()
    except OSError:
        return False
    return True
