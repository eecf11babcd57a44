"""Habits that are easy to lose: documented names, no loose ends, nothing of anybody's desk."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
from source import ROOT, files_of, tree_of

TEXTS = {".py", ".md", ".toml", ".yaml", ".yml", ".cfg", ".json", ".txt", ""}
LOOSE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
# Each word is parted by a bar, because this file is read too.
WORDS = (
    "/ro|ot/",
    "/ho|me/[a-z]+/",
    "/wo|rk/",
    "/t|mp/[a-z]",
    "anth|ropic",
    "clau|de",
    "chat|gpt",
    "cop|ilot",
)
OF_A_DESK = re.compile("|".join(word.replace("|", "", 1) for word in WORDS), re.IGNORECASE)


def tracked() -> list[Path]:
    """Text files under version control; all files of the source where there is none."""
    run = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    listed = [ROOT / line for line in run.stdout.splitlines()] if run.returncode == 0 else files_of()
    return [path for path in listed if path.suffix in TEXTS and path.is_file()]


def public_names(path: Path) -> list[tuple[str, bool]]:
    """(name, documented) of the module, its classes and functions, and the methods of public classes."""
    module = tree_of(path)
    found = [(path.stem, bool(ast.get_docstring(module)) or not module.body)]
    for node in module.body:
        if isinstance(
            node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        ) and not node.name.startswith("_"):
            found.append((node.name, bool(ast.get_docstring(node))))
    return found


@pytest.mark.parametrize("path", files_of(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_public_names_are_documented(path: Path) -> None:
    """Modules, classes and functions say what they are for; shapes, units and errors where there are any."""
    assert [name for name, documented in public_names(path) if not documented] == []


def test_loose_ends_name_an_issue() -> None:
    """A note to oneself without an issue is forgotten."""
    loose = []
    for path in tracked():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if LOOSE.search(line) and not re.search(r"#\d+", line) and path != Path(__file__):
                loose.append(f"{path.relative_to(ROOT)}:{number}")
    assert loose == []


def test_nothing_of_anybodys_desk_is_in_the_project() -> None:
    """No path of a machine, no name of a tool that happened to be at hand."""
    found = []
    for path in tracked():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if OF_A_DESK.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert found == []
