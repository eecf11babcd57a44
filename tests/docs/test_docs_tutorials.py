"""The tutorials, typed line by line as a newcomer does, in an empty home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT, code

from holdfast.records.kernel import cache_root

TYPED = ("holdfast ", "export ", "mkdir ")
TUTORIALS = ("start/getting-started.md", "guide/own-strategy.md")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the demo's market in it, which is what the pages start from."""
    folder = tmp_path_factory.mktemp("home")
    typed(folder, "holdfast demo")
    return folder


def typed(home: Path, *lines: str) -> str:
    """Run lines in one shell in a home of its own, with the compiled core of this machine; returns stdout."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    env |= {
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}",
        "BROWSER": "true",
        "HOLDFAST_CACHE_DIR": str(cache_root().parent),
    }
    script = "\n".join(["set -e", *lines])
    done = subprocess.run(
        ["sh", "-c", script], cwd=home, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{script}\n{done.stdout[-500:]}\n{done.stderr[-2000:]}"
    return done.stdout


def lines_of(page: str) -> list[str]:
    """What a page has typed, in its order; the words of a sentence are left out."""
    shown = [
        line.strip() for line in (ROOT / "docs" / page).read_text().splitlines() if line.startswith("    ")
    ]
    return [line for line in code(ROOT / "docs" / page) if line in shown and line.startswith(TYPED)]


@pytest.mark.parametrize("page", TUTORIALS)
def test_every_line_of_a_tutorial_works_as_it_stands(home: Path, page: str) -> None:
    """Whoever copies the lines in order meets no refusal; names of runs are taken from the list of runs."""
    lines = lines_of(page)
    assert len(lines) >= 4
    if not any(line.startswith("export ") for line in lines):
        lines.insert(0, next(line for line in lines_of(TUTORIALS[0]) if line.startswith("export ")))
    ready = [line for line in lines if "RUN_A" not in line]
    typed(home, *ready)
    runs = [run["name"] for run in json.loads(typed(home, "holdfast list-backtests --json"))]
    named = [line.replace("RUN_A", runs[0]).replace("RUN_B", runs[1]) for line in lines if "RUN_A" in line]
    typed(home, *named)
