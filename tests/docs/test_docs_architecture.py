"""ARCHITECTURE.md tells the truth: its files and functions exist, and every package has its place."""

from __future__ import annotations

import re
from functools import cache

import pytest
from pages import ROOT, SOURCE

TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
WALK = re.findall(r"^\| (\d+ [^|]+) \| ([^|]+) \| ([^|]+) \| [^|]+ \|$", TEXT, re.MULTILINE)


@cache
def defined(path: str) -> frozenset[str]:
    """Functions, classes and constants of a file."""
    text = (SOURCE / path).read_text(encoding="utf-8")
    found = re.findall(r"^\s*(?:def|class) (\w+)|^(\w+)\s*[:=]", text, re.MULTILINE)
    return frozenset(first or second for first, second in found)


def files(cell: str) -> list[str]:
    """Python files that a cell names."""
    return re.findall(r"`([\w/]+\.py)`", cell)


def functions(cell: str) -> list[str]:
    """The functions that a cell names, without what they belong to."""
    return [word.rsplit(".", 1)[-1] for word in re.findall(r"`([\w.]+)`", cell)]


def test_the_walk_has_its_stops() -> None:
    """The table is read by the tests below."""
    assert len(WALK) >= 15


@pytest.mark.parametrize("stop, where, what", WALK, ids=[stop for stop, *_ in WALK])
def test_each_stop_names_functions_of_its_files(stop: str, where: str, what: str) -> None:
    """The first function is in the first file, and each of the others somewhere in the source."""
    paths = files(where)
    names = functions(what)
    everywhere = {name for path in SOURCE.rglob("*.py") for name in defined(str(path.relative_to(SOURCE)))}
    assert names[0] in defined(paths[0])
    assert [name for name in names if name not in everywhere] == []


def test_every_file_that_is_named_exists() -> None:
    """A path in backticks is a file of the package, of the project, or the name of one that a reader is to write."""
    named = {
        name
        for name in re.findall(r"`([\w/.]+\.(?:py|md|yaml|toml))(?::[^`]*)?`", TEXT)
        if "NAME" not in name
    }
    known = {path.name for path in SOURCE.rglob("*.py")}
    missing = [
        name
        for name in named
        if not (SOURCE / name).exists() and not (ROOT / name).exists() and ("/" in name or name not in known)
    ]
    assert missing == []


def test_every_function_named_with_its_file_is_there() -> None:
    """`file.py: function` names a function of that file."""
    named = re.findall(r"`(?:src/holdfast/)?([\w/]+\.py):\s+(\w+)`", TEXT)
    assert len(named) >= 8
    assert [(path, name) for path, name in named if name not in defined(path)] == []


def test_every_package_has_its_place() -> None:
    """The table of packages leaves none out."""
    table = TEXT[TEXT.index("| layer |") : TEXT.index("## One walk")]
    packages = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))
    assert [name for name in packages if f"`{name}`" not in table] == []


def test_packages_without_code_are_told_apart() -> None:
    """What is placed but empty stands in italics, so that nobody looks for it."""
    table = TEXT[TEXT.index("| layer |") : TEXT.index("## One walk")]
    italic = {name for part in re.findall(r"\*([^*]+)\*", table) for name in re.findall(r"`(\w+)`", part)}
    empty = {
        path.parent.name for path in SOURCE.glob("*/__init__.py") if len([*path.parent.rglob("*.py")]) == 1
    }
    assert italic == empty
