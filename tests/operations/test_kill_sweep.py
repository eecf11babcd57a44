"""Real processes, a real socket, a kill -9 at every write, sync, send and receive; restart; look at the venue.

The venue de-duplicates no names and answers questions late, so that an engine which sends twice has doubled and one
which believes a missing answer has lost.

The engine counts such points itself; where strace runs, the kernel does it as well, at each system call of a thread.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from sweep_account import contract_of
from sweep_market import BOUND, STORY, SweepMarket, Verdict

from holdfast.journal.archive import verify
from holdfast.journal.folder import segments_of
from holdfast.journal.forms import read_event
from holdfast.journal.recovery import read

ENGINE = Path(__file__).parent / "sweep_engine.py"
PATIENCE = 60.0  # seconds for one story with its restarts
POINTS = 300  # about as many as a whole story has
TRACE = ("strace", "-f", "-qq", "-o", os.devnull)
Kill = int | tuple[str, ...]  # at the engine's n-th point; or what runs the engine and kills it
CALLS = {  # about as often as one thread makes each of them in a whole story
    "pwrite64": 130,
    "fdatasync": 40,
    "fsync": 4,
    "ftruncate": 4,
    "unlink": 4,
    "sendto": 28,
    "recvfrom": 28,
}


@dataclass
class Told:
    """How a story went."""

    verdict: Verdict
    finished: bool
    deaths: list[int]
    output: str
    folder: Path


def tell(folder: Path, kills: tuple[Kill, ...] = (), engine: str = "") -> Told:
    """One story: engines are killed at these points, one after the other, and the last one lives."""
    market, waiting, deaths = SweepMarket([contract_of(1), contract_of(2)]), [*kills], []
    child: subprocess.Popen[str] | None = None
    began, output = time.monotonic(), ""
    while not market.told and time.monotonic() - began < PATIENCE:
        if child is None or child.poll() is not None:
            if child is not None:
                output = child.communicate()[0]
                deaths.append(child.returncode)
                if child.returncode not in (-9, 0, 3):
                    break
            child = start(folder, market.port, waiting.pop(0) if waiting else 0, engine)
        market.turn()
    finished = market.told
    if child is not None and child.poll() is None:
        try:
            output = child.communicate(timeout=10)[0]
        except subprocess.TimeoutExpired:
            child.kill()
            output = child.communicate()[0]
    return Told(market.close(), finished, deaths, output, folder)


def start(folder: Path, port: int, kill: Kill, engine: str) -> subprocess.Popen[str]:
    """A process of the engine."""
    tracer, point = ((), kill) if isinstance(kill, int) else (kill, 0)
    command = [*tracer, sys.executable, str(ENGINE), str(folder), str(port), str(point), engine]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ.copy()
    )


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The story without a kill."""
    told = tell(tmp_path_factory.mktemp("whole") / "account")
    assert told.finished, told.output
    return told


def require_sound(told: Told, whole: Told) -> None:
    """Nothing doubled, nothing lost, nothing bare beyond the bound, nothing left, and a journal that proves it."""
    verdict = told.verdict
    assert told.finished, told.output
    assert verdict.doubled == []
    for number, peak in verdict.peak.items():
        assert peak <= whole.verdict.peak[number] * 1.1
    assert verdict.unprotected <= BOUND
    assert verdict.held == {}
    parts, damage = verify(told.folder)
    assert damage == ""
    assert len(parts) >= 1
    assert told.output.split()[-1] == "0"  # no order was taken for dead that lived
    booked = fills_in(told.folder)
    assert sorted(e.number for e in verdict.executions if e.name) == booked


def fills_in(folder: Path) -> list[int]:
    """Numbers of the executions that the core was told, each as often as it was told, from all files of the journal."""
    booked: list[int] = []
    for path in segments_of(folder):
        for row in read(path):
            if row.kind == "OrderReport":
                report = read_event(row.kind, row.version, row.body)
                booked += [report.fill_id] if report.fill_id else []
    return sorted(booked)


def test_the_story_without_a_kill_trades_every_kind_of_order(whole: Told) -> None:
    verdict = whole.verdict
    assert verdict.doubled == []
    assert len(verdict.executions) == 6  # entry, target, stop; two levels, the flatten
    assert verdict.unprotected <= 0.1
    assert verdict.held == {}
    assert fills_in(whole.folder) == sorted(e.number for e in verdict.executions)
    assert int(whole.output.split()[-2]) > POINTS // 2
    assert len(STORY) == 13


@pytest.mark.parametrize("kill_at", [40, 88, 150, 226])
def test_a_kill_at_a_point_of_the_story(tmp_path: Path, whole: Told, kill_at: int) -> None:
    require_sound(tell(tmp_path / "account", (kill_at,)), whole)


@pytest.mark.parametrize("kills", [(88, 20)])
def test_a_kill_within_the_start_after_a_kill(tmp_path: Path, whole: Told, kills: tuple[int, ...]) -> None:
    require_sound(tell(tmp_path / "account", kills), whole)


@pytest.mark.long
@pytest.mark.parametrize("kill_at", range(1, POINTS))
def test_a_kill_at_every_point_of_the_story(tmp_path: Path, whole: Told, kill_at: int) -> None:
    require_sound(tell(tmp_path / "account", (kill_at,)), whole)


@pytest.mark.long
@pytest.mark.parametrize("kill_at", range(1, 70))
def test_a_kill_at_every_point_of_a_start(tmp_path: Path, whole: Told, kill_at: int) -> None:
    require_sound(tell(tmp_path / "account", (88, kill_at)), whole)


def killed_by_the_kernel(call: str, count: int) -> tuple[str, ...]:
    """The start of a command that kills a process where one of its threads enters a system call so many times."""
    if not may_trace():
        pytest.skip("strace is missing or may not trace here (Debian: apt-get install strace)")
    return (*TRACE, "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={count}")


@cache
def may_trace() -> bool:
    """Whether strace is there, and allowed."""
    return shutil.which("strace") is not None and subprocess.run([*TRACE, "true"]).returncode == 0


@pytest.mark.parametrize(
    ("call", "count"), [("pwrite64", 60), ("fdatasync", 20), ("sendto", 4), ("recvfrom", 9)]
)
def test_a_kill_at_a_system_call(tmp_path: Path, whole: Told, call: str, count: int) -> None:
    told = tell(tmp_path / "account", (killed_by_the_kernel(call, count),))
    assert told.deaths == [-9]
    require_sound(told, whole)


def up_to(most: dict[str, int]) -> list[tuple[str, int]]:
    """Every system call, so many times."""
    return [(call, count) for call, times in most.items() for count in range(1, times + 1)]


@pytest.mark.long
@pytest.mark.parametrize(("call", "count"), up_to(CALLS))
def test_a_kill_at_every_system_call_of_the_story(tmp_path: Path, whole: Told, call: str, count: int) -> None:
    require_sound(tell(tmp_path / "account", (killed_by_the_kernel(call, count),)), whole)


@pytest.mark.long
@pytest.mark.parametrize(("call", "count"), up_to({call: min(12, most) for call, most in CALLS.items()}))
def test_a_kill_at_every_system_call_of_a_start(tmp_path: Path, whole: Told, call: str, count: int) -> None:
    require_sound(tell(tmp_path / "account", (88, killed_by_the_kernel(call, count))), whole)


@pytest.mark.parametrize(
    "engine",
    [
        "redrive",
        pytest.param("resend", marks=pytest.mark.long),
        pytest.param("trust", marks=pytest.mark.long),
    ],
)
def test_known_bad_engines_are_caught(tmp_path: Path, whole: Told, engine: str) -> None:
    """One kill point at which orders had left is enough; which one it is moves with the machine."""
    for kill_at in range(86, 94):
        told = tell(tmp_path / f"{kill_at}", (kill_at,), engine)
        try:
            require_sound(told, whole)
        except AssertionError:
            return
    pytest.fail(f"the engine {engine!r} passed the sweep")
