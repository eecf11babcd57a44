"""The table of scenarios is true: none is missing, each test it names exists, and what is pending says for what."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "reference" / "scenarios.md"
CAPABILITIES = (
    "alerts",
    "live runtime",
    "venue adapters",
    "control socket and API",
    "MetaTrader adapter",
    "guard",
)
ROWS = {
    cells[1].strip(): (re.findall(r"`([^`]+)`", cells[3]), cells[4].strip())
    for cells in (line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines())
    if len(cells) == 6 and re.fullmatch(r" S\d\d ", cells[1])
}


@cache
def functions(file: str) -> set[str]:
    """Test functions of a file under tests/."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_no_scenario_is_missing() -> None:
    assert list(ROWS) == [f"S{number:02}" for number in range(1, 61)]


@pytest.mark.parametrize("scenario", ROWS)
def test_each_is_shown_or_waits_for_a_capability(scenario: str) -> None:
    shown, pending = ROWS[scenario]
    assert shown or pending
    if pending:
        assert any(pending.endswith(name) for name in CAPABILITIES), pending
    for each in shown:
        file, _, name = each.partition("::")
        assert not name or name in functions(file), f"{each} does not exist"
        assert functions(file)
