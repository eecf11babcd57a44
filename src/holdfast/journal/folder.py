"""The folder of one account's journal: whose it is, who holds it, which files it has, how far it was known to reach.

lock                 flock, with the holder's process number: a second instance is refused
head                 the last number and chain value that were committed (not synced: a lazy witness)
segment-000001.db …  one file for each start, each headed by the closing chain value of the one before; compressed
                     ones end in .zst
removed              what retention took away, with the chain values that tie the rest to it
reserve              room that is given back when the disk is full, so that the last rows still fit
"""

from __future__ import annotations

import fcntl
import itertools
import os
import re
import time
from pathlib import Path

import msgspec

from holdfast.errors import InUseError, JournalError

NETWORKS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "vboxsf", "drvfs", "afs", "glusterfs")


def open_own(path: Path) -> int:
    """A small file of the folder, made where it is missing; never a link to another place."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        mend = "It must be a plain file of yours, on a disk that can be written."
        raise JournalError(f"{path} cannot be opened: {error.strerror}.", mend) from error


class Lock:
    """Held by one process for as long as it lives; the file stays, the lock does not."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "lock"
        self.handle = open_own(self.path)
        try:
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self.handle, 200, 0).decode(errors="replace").strip() or "another process"
            os.close(self.handle)
            raise InUseError(
                f"{folder} is in use by {holder}.",
                "Stop that one first: two engines on one account double orders.",
            ) from error
        os.ftruncate(self.handle, 0)
        os.pwrite(
            self.handle, f"process {os.getpid()}, since {time.strftime('%Y-%m-%d %H:%M:%S')}".encode(), 0
        )

    def release(self) -> None:
        """Let go."""
        os.close(self.handle)


class Head(msgspec.Struct, frozen=True):
    """How far the journal was known to reach."""

    segment: int
    seq: int
    chain: str


class Witness:
    """A small file, overwritten after each commit: if the journal ends before it, a tail is gone."""

    def __init__(self, folder: Path) -> None:
        self.handle = open_own(folder / "head")

    def write(self, head: Head) -> None:
        """Remember; not synced, since it only has to survive what a crash of the process leaves."""
        os.pwrite(self.handle, msgspec.json.encode(head).ljust(128), 0)

    def read(self) -> Head | None:
        """The last one; None where nothing (readable) was ever written: it is a witness, not a judge."""
        try:
            return msgspec.json.decode(os.pread(self.handle, 128, 0), type=Head)
        except msgspec.DecodeError:
            return None

    def close(self) -> None:
        """Let go of the file."""
        os.close(self.handle)


def prepare(folder: Path) -> None:
    """Make the folder, or refuse one that is not safe: another's, open to others, or on a network."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise JournalError(f"{folder} cannot be made: {error.strerror}.", "Choose another place.") from error
    told = folder.stat()
    if told.st_uid != os.getuid():
        raise JournalError(
            f"{folder} belongs to another user.", f"Run as its owner, or: chown -R $USER {folder}"
        )
    if told.st_mode & 0o022:
        raise JournalError(
            f"{folder} can be written by others (mode {told.st_mode & 0o777:o}).",
            f"Close it: chmod 700 {folder}",
        )
    if not os.access(folder, os.W_OK):
        raise JournalError(f"{folder} is read-only.", f"Open it for its owner: chmod 700 {folder}")
    kind = file_system_of(folder)
    if kind in NETWORKS:
        raise JournalError(
            f"{folder} is on a network file system ({kind}), which may acknowledge what it has not written.",
            "Put it on a local disk.",
        )


def file_system_of(folder: Path) -> str:
    """The type of the mount that holds a folder; empty where the system does not tell."""
    try:
        lines = Path("/proc/mounts").read_text().splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        _, point, found, *_ = line.split()
        inside = folder.resolve().is_relative_to(point.replace("\\040", " "))
        if inside and len(point) >= len(best):
            best, kind = point, found
    return kind


def segments_of(folder: Path) -> list[Path]:
    """The files of a journal, oldest first; one that is missing between others is a sentence."""
    by_number: dict[int, Path] = {}
    for path in sorted(
        folder.glob("segment-*.db*"), reverse=True
    ):  # a file that is there twice: its plain form
        if re.fullmatch(r"segment-\d+\.db(\.zst)?", path.name):
            by_number[number_of(path)] = path
    found = [by_number[number] for number in sorted(by_number)]
    for before, after in itertools.pairwise(found):
        if number_of(after) != number_of(before) + 1:
            raise JournalError(
                f"{folder}: {before.name} is followed by {after.name}; what is between them is missing.",
                "Put the missing file back, or restore a backup.",
            )
    return found


def number_of(path: Path) -> int:
    """The number of a segment."""
    return int(path.name.partition(".")[0].partition("-")[2])


def segment_path(folder: Path, number: int) -> Path:
    """The file of a segment."""
    return folder / f"segment-{number:06}.db"


def holder_of_lock(folder: Path) -> str | None:
    """Who holds a folder, without taking the lock even for a moment (a start might be refused for it); None: nobody.

    Where the system lists its locks they are looked up; elsewhere the process that is named in the file must live.
    """
    path = folder / "lock"
    try:
        told, found = path.read_text(errors="replace").strip(), path.stat()
    except OSError:
        return None
    try:
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return (told or "another process") if is_alive(told) else None
    return (told or "another process") if any(is_of_file(line, told, found) for line in lines) else None


def is_of_file(line: str, told: str, found: os.stat_result) -> bool:
    """Whether a line of /proc/locks is a flock on a file. Some file systems tell another device there than stat does:
    then the process must be the one that the file names."""
    words = line.split()
    if "FLOCK" not in words or len(words) < 6:
        return False
    process, device = words[-4], words[-3]
    if not device.endswith(f":{found.st_ino}"):
        return False
    return device == f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}" or (
        told.startswith(f"process {process},")
    )


def is_alive(told: str) -> bool:
    """Whether the process that a lock file names is there."""
    number = re.match(r"process (\d+)", told)
    if number is None:
        return False
    try:
        os.kill(int(number[1]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
