"""What the pages tell people to type exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from pages import PAGES, ROOT, code, generator

from holdfast.cli.app import app

COMMANDS = dict(generator().listed(app)) | {each.name: each.callback for each in app.registered_commands}
GROUPS = {name.split()[0] for name in COMMANDS if " " in name}
ALWAYS = {"--help", "-h"}


def options_of(command: str) -> set[str]:
    """Every spelling of every option of a command."""
    told = {words for words, *_ in generator().parameters(COMMANDS[command])}
    return ALWAYS | {word for words in told for word in re.findall(r"--?[\w-]+", words)}


def unknown_words(line: str) -> list[str]:
    """What a `holdfast …` line names that does not exist."""
    words = shlex.split(line.split("#")[0].replace("…", ""))[1:]
    if not words or words[0].startswith("-"):
        return [word for word in words if word not in ALWAYS | {"--version", "-V"}]
    if words[0] in GROUPS:
        words = [" ".join(words[:2]), *words[2:]]
    if words[0] not in COMMANDS:
        return words[:1]
    known = options_of(words[0])
    return [word for word in words[1:] if re.match(r"--?[a-z]", word) and word.split("=")[0] not in known]


def holdfast_lines(page: Path) -> list[str]:
    """The lines of a page that call holdfast."""
    return [line.split("bin/")[-1] for line in code(page) if re.match(r"(\.venv/bin/)?holdfast [a-z-]", line)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_holdfast_line_names_a_command_and_options_that_exist(page: Path) -> None:
    """A newcomer copies lines from pages; none of them may be refused for what it names."""
    assert {line: unknown for line in holdfast_lines(page) if (unknown := unknown_words(line))} == {}


def test_a_line_with_a_wrong_command_or_option_is_found() -> None:
    """The check above can fail."""
    assert unknown_words("holdfast bactest -s grid_atr") == ["bactest"]
    assert unknown_words("holdfast backtest -s grid_atr --timerang 2025") == ["--timerang"]


def test_pages_hold_lines_to_check() -> None:
    """README and the first pages do call holdfast, or the checks above would prove nothing."""
    assert len(holdfast_lines(ROOT / "README.md")) >= 15
    assert sum(len(holdfast_lines(page)) for page in PAGES) >= 60


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_line_names_a_target(page: Path) -> None:
    """`make X` in a page is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {word for line in code(page) for word in re.findall(r"^make ([a-z-]+)", line)}
    assert named <= targets


def test_the_readme_tells_every_command() -> None:
    """The README's table leaves no command out."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = [name for name, _ in generator().listed(app)]
    assert [name for name in shown if f"`holdfast {name}" not in readme] == []
