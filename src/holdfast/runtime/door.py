"""The local door of a running account: one line of JSON in, one out, from the same user of the same machine only.

Its threads only pass requests on; whoever owns the session takes them with `poll`, between two events.
"""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from holdfast.errors import HoldfastError
from holdfast.runtime.control import Control, Reply, Wish

NAME = "control.sock"
MOST = 65_536  # bytes of a request
PATIENCE = 30.0  # seconds that a request waits to be durable
WAITING = 64  # requests at once
LONGEST = 100  # bytes of a socket's path


class Asked:
    """A request on its way to the session and back."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.reply: Reply | None = None
        self.told = threading.Event()


class Door:
    """Listens in the account's folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.asked: queue.Queue[Asked] = queue.Queue(WAITING)
        self._due: list[Asked] = []
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        door = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = 10

            def handle(self) -> None:
                with contextlib.suppress(OSError, ValueError):
                    self.wfile.write(door.serve(self.connection, self.rfile.readline(MOST)))

        mask = os.umask(0o177)
        try:
            with short_path(folder) as path:
                self.server = socketserver.ThreadingUnixStreamServer(path, Handler)
        finally:
            os.umask(mask)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.1,), name="control", daemon=True).start()

    def serve(self, connection: socket.socket, line: bytes) -> bytes:
        """One request, on its own thread."""
        if not is_own(connection):
            return written(Reply(done=False, says="Only the user who runs the account may ask."))
        try:
            wish = msgspec.convert(msgspec.json.decode(line), Wish)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            return written(Reply(done=False, says=f"The request cannot be read: {error}."))
        asked = Asked(wish)
        try:
            self.asked.put_nowait(asked)
        except queue.Full:
            return written(Reply(done=False, says="Too many requests at once: try again."))
        asked.told.wait(PATIENCE)
        return written(
            asked.reply or Reply(done=False, says="No answer in time: it may still be carried out.")
        )

    def poll(self, control: Control) -> int:
        """Carry out what has come; returns the row that must be durable before it is told (0: nothing)."""
        seq = 0
        with contextlib.suppress(queue.Empty):
            while True:
                asked = self.asked.get_nowait()
                asked.reply = control.ask(asked.wish, time.time_ns())
                self._due.append(asked)
                seq = max(seq, asked.reply.seq)
        return seq

    def reached(self, seq: int) -> None:
        """Tell those whose row is durable."""
        for asked in [a for a in self._due if a.reply is not None and a.reply.seq <= seq]:
            self._due.remove(asked)
            asked.told.set()

    def close(self) -> None:
        """Nobody is heard any more."""
        self.server.shutdown()
        self.server.server_close()
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()


@contextlib.contextmanager
def short_path(folder: Path) -> Iterator[str]:
    """The socket's path; a long one through the folder's descriptor, since the system allows about a hundred bytes."""
    path = str(folder / NAME)
    if len(os.fsencode(path)) <= LONGEST:
        yield path
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if not Path(f"/proc/self/fd/{descriptor}").exists():
            raise HoldfastError(
                f"The path {path} is too long for a control socket.", "Choose a shorter HOLDFAST_HOME."
            )
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)


def is_own(connection: socket.socket) -> bool:
    """Whether the other end is run by the same user."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # the folder's permissions (0700) decide
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", told)
    return bool(uid in (os.getuid(), 0))


def written(reply: Reply) -> bytes:
    """A reply as a line."""
    return msgspec.json.encode({"done": reply.done, "says": reply.says, **reply.facts}) + b"\n"


def ask(folder: Path, wish: dict[str, Any]) -> dict[str, Any]:
    """Send one request to the account that runs in a folder."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
            wire.settimeout(PATIENCE + 5)
            with short_path(folder) as path:
                wire.connect(path)
            wire.sendall(msgspec.json.encode(wish) + b"\n")
            line = wire.makefile("rb").readline(MOST)
    except (FileNotFoundError, ConnectionRefusedError):
        raise HoldfastError(
            f"No engine runs on the account in {folder}.",
            "Start it with holdfast trade; without it, positions are protected by their stops at the venue.",
        ) from None
    except OSError as error:
        raise HoldfastError(
            f"The engine in {folder} does not answer: {error}.", "Look at its log."
        ) from error
    told: dict[str, Any] = msgspec.json.decode(line) if line else {"done": False, "says": "no answer"}
    return told
