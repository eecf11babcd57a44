"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from polars.exceptions import PolarsError

from holdfast.errors import HoldfastError

_WHY = {
    errno.ENOSPC: ("the disk is full", "Free some space and run it again."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space and run it again."),
    errno.EACCES: ("permission is denied", "Choose a folder that you may write to, or set HOLDFAST_HOME."),
    errno.EPERM: ("permission is denied", "Choose a folder that you may write to, or set HOLDFAST_HOME."),
    errno.EROFS: ("the file system is read-only", "Choose another place, or set HOLDFAST_HOME."),
    errno.ENOTDIR: ("a part of the path is a file", "Choose another place, or set HOLDFAST_HOME."),
    errno.EISDIR: ("it is a folder", "Give the name of a file."),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter name."),
}


def could_not_write(what: str, where: Path, error: Exception) -> Exception:
    """The refusal in words: what could not be written, why, how to mend it. Other errors stay as they are."""
    said = re.search(r"os error (\d+)", str(error))  # polars wraps the system's error into one of its own
    number = getattr(error, "errno", None) or (int(said[1]) if said else 0)
    if not number:
        return error
    why, mend = _WHY.get(number, (os.strerror(number), "Choose another place."))
    return HoldfastError(f"{what} could not be written to {where}: {why}; nothing was left behind.", mend)


def write_file(target: Path, write: Callable[[Path], None], what: str) -> Path:
    """Let `write` fill a temporary file beside `target`, then put it in place. Raises HoldfastError."""
    scratch: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:80]}.", suffix=".tmp", dir=target.parent)
        os.close(handle)
        scratch = Path(name)
        write(scratch)
        scratch.chmod(0o666 & ~_umask())  # the temporary file is private, the finished one is like any other
        sync(scratch)
        scratch.replace(target)
        sync(target.parent)
    except (OSError, PolarsError) as error:
        raise could_not_write(what, target, error) from error
    finally:
        if scratch is not None:
            scratch.unlink(missing_ok=True)
    return target


@contextmanager
def new_folder(parent: Path, name: str, what: str) -> Iterator[Path]:
    """A scratch folder under `parent` that becomes `parent/name` when the block ends well, else vanishes.

    The caller fills it and may not assume its name. Raises HoldfastError when the disk refuses.
    """
    scratch: Path | None = None
    try:
        parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".saving-", dir=parent))
        yield scratch
        for path in [*scratch.iterdir(), scratch]:
            sync(path)
        scratch.chmod(0o777 & ~_umask())
        scratch.rename(parent / name)
        sync(parent)
    except (OSError, PolarsError) as error:
        raise could_not_write(what, parent / name, error) from error
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk. Windows cannot open a folder; nothing to wait for there."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
