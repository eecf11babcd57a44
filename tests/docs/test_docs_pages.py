"""Generated pages are current, links lead somewhere, and nothing of a developer's machine is in the project."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from pages import PAGES, ROOT, anchors, generator, links, script

from holdfast.model.enums import Denial, Drop, Exit
from holdfast.strategies.strategy import Management

DOCS = ROOT / "docs"
# Written in pieces, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a folder of somebody's machine": r"(?<![\w./~])/(?:wo" r"rk|ro" r"ot|ho" r"me|Us" r"ers|tm" r"p)/\w",
    "a registry of somebody's machine": r"(?:extra-)?index" r"-url|find" r"-links|trusted" r"-host",
    "a host without a domain": r"https?:/" r"/[a-z0-9-]+(?::\d+)?(?:/|\s|$)",
}


def test_reference_pages_say_what_the_code_says() -> None:
    """Commands, strategies, plan columns, settings and the order table: `python docs/generate.py` writes them."""
    # in an interpreter of its own: typing remembers the first spelling of equal hints, whoever wrote it
    checked = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr + "run: python docs/generate.py"


def test_a_page_that_has_drifted_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check above can fail, and says which page."""
    module = generator()
    monkeypatch.setattr(module, "REFERENCE", tmp_path)
    for name, write in module.PAGES.items():
        (tmp_path / name).write_text(write(), encoding="utf-8")
    assert module.stale() == []
    (tmp_path / "settings.md").write_text("old", encoding="utf-8")
    assert module.stale() == ["settings.md"]


def test_the_picture_and_the_quoted_result_are_what_the_demo_gives_now() -> None:
    """README's picture and the blocks of the first-backtest page come from one run, by `python docs/picture.py`."""
    old = [
        path.name
        for path, text in script("picture").made().items()
        if path.read_text(encoding="utf-8") != text
    ]
    assert old == [], "run: python docs/picture.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_resolve(page: Path) -> None:
    """Every relative link names a file that is there, and a heading that the file has."""
    broken = []
    for target in links(page):
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """What `make docs` does."""
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "reference" / "commands" / "index.html").exists()


def test_every_page_is_in_the_menu() -> None:
    """A page that nobody can find is not documentation."""
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = {str(page.relative_to(DOCS)) for page in PAGES if page.is_relative_to(DOCS)}
    assert sorted(name for name in named if f"- {name}" not in menu) == []


@pytest.mark.parametrize("denial", [each for each in Denial if each], ids=lambda each: each.name)
def test_each_denial_has_a_row_with_its_mend(denial: Denial) -> None:
    """Who is refused finds the rule, the value, the limit and what to do."""
    rows = re.findall(
        rf"^\| `{denial.name.lower()}` \|(.+)\|$", (DOCS / "guide" / "gate.md").read_text(), re.MULTILINE
    )
    assert len(rows) == 1
    assert all(cell.strip() for cell in rows[0].split("|"))


@pytest.mark.parametrize("reason", [*(each for each in Drop if each), *(each for each in Exit if each)])
def test_each_way_a_trade_ends_is_explained(reason: Drop | Exit) -> None:
    """A reason in a report stands on the page about trades."""
    assert f"`{reason.name.lower()}`" in (DOCS / "guide" / "trades.md").read_text(encoding="utf-8")


def test_each_field_of_management_is_explained() -> None:
    """Who writes a strategy finds every number that its management takes."""
    told = (DOCS / "guide" / "own-strategy.md").read_text(encoding="utf-8")
    assert [each.name for each in fields(Management) if f"`{each.name}`" not in told] == []


def test_decisions_are_listed_and_have_their_three_parts() -> None:
    """Context, choice, price; and a line in both lists."""
    lists = [(DOCS / "decisions" / "index.md").read_text(), (ROOT / "ARCHITECTURE.md").read_text()]
    for page in sorted((DOCS / "decisions").glob("0*.md")):
        text = page.read_text(encoding="utf-8")
        assert [part for part in ("## Context", "## Choice", "## Price") if part not in text] == [], page.name
        assert all(page.name in each for each in lists), page.name


def tracked_texts() -> list[Path]:
    """The project's own text files: what git tracks, or all of a copy without git."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = [name for name in listed.stdout.split("\0") if name] if listed.returncode == 0 else []
    paths = [ROOT / name for name in names] or [*ROOT.glob("*"), *(ROOT / "src").rglob("*"), *DOCS.rglob("*")]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:4096]]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_of_a_developers_machine_is_in_the_project(what: str) -> None:
    """No folder, registry or host of a machine is tracked: it would be wrong everywhere else."""
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked_texts()
        if path.suffix != ".lock"
        and (match := pattern.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []
