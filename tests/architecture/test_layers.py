"""Imports point down, the core is pure, and what is configured is read."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from source import CORE, ROOT, files_of, reads_of, records, tree_of

from holdfast.model import commands, enums, events, limits, mandate, state, units
from holdfast.model.instrument import Contract, Tier
from holdfast.model.units import ACCOUNT_MAX, MONEY_MAX
from holdfast.simulator import tape
from holdfast.simulator.world import World

OF_A_MANDATE = (mandate.Mandate, mandate.Rung, mandate.Weight)
OF_A_PLAN = (events.Plan, events.PlanLevel, events.PlanTarget)
WORDS = (enums.Drop, enums.Exit, enums.NoteKind, enums.StopMove, enums.Phase)
ALLOWED_IN_THE_CORE = ("__future__", "enum", "collections.abc", "typing")


def test_the_layers_hold() -> None:
    """import-linter finds no contract broken (pyproject.toml)."""
    program = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([str(program), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-2000:]


@pytest.mark.parametrize("path", files_of(*CORE), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_core_imports_itself_and_nothing_that_acts(path: Path) -> None:
    """model, risk and engine: records, each other, and names for types. No clock, no files, no numpy, no logging."""
    for node in ast.walk(tree_of(path)):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            ours = name.startswith(tuple(f"holdfast.{package}" for package in (*CORE, "records")))
            assert ours or name in ALLOWED_IN_THE_CORE, f"{path}: {name}"


@pytest.mark.parametrize(
    "denial", [d for d in enums.Denial if d is not enums.Denial.NONE], ids=lambda d: d.name
)
def test_every_denial_is_given_by_some_rule(denial: enums.Denial) -> None:
    """A reason that no rule gives would be a promise that nothing keeps."""
    given = set()
    for path in files_of("risk", "engine"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "deny":
                given.add(ast.unparse(node.args[1]))
    assert f"Denial.{denial.name}" in given


@pytest.mark.parametrize("name", [field.name for field in fields(limits.Limits)])
def test_every_limit_is_read_by_a_rule(name: str) -> None:
    """A limit in the settings that no rule reads is the kind of safety that failed the bots before."""
    assert ("limits", name) in set(reads_of("risk"))


@pytest.mark.parametrize(
    "kind, name",
    [
        (kind, field.name)
        for kind in (*OF_A_MANDATE, *OF_A_PLAN, Contract, Tier)
        for field in fields(kind)
        if (kind.__name__, field.name) != ("Mandate", "strategy_id")  # names the strategy for people
    ],
)
def test_every_setting_of_a_trade_is_read(kind: type, name: str) -> None:
    """Mandates, plans and contracts hold nothing that neither core nor venue model looks at."""
    assert name in {attribute for _, attribute in reads_of(*CORE, "simulator")}, f"{kind.__name__}.{name}"


@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.__name__)
def test_every_word_of_an_enumeration_is_used(kind: Any) -> None:
    """A reason, a phase or a note that nothing ever gives is dead."""
    used = set(reads_of(*CORE))
    assert {member.name for member in kind if (kind.__name__, member.name) not in used} <= {"NONE", "TRAIL"}


def test_capacities_fit_each_other() -> None:
    """What one event can lead to has room, and no product or sum of bounds overflows."""
    assert units.COMMANDS >= units.ORDERS  # every working order cancelled at once
    assert units.CLOSED >= units.TRADES - 1  # every trade closed at once
    assert units.NOTES >= 4 * units.TRADES  # and told: dropped or exiting, closed, a stop, a target
    assert units.REPORTS >= units.ORDERS
    assert units.TRADES == 2 * units.MANDATES
    assert len(enums.Denial) <= state.DENIALS
    assert units.PRICE_MAX * units.QUANTITY_MAX <= ACCOUNT_MAX
    assert MONEY_MAX * units.INSTRUMENTS <= ACCOUNT_MAX
    assert tape.AT_ONCE >= units.NOTES
    assert tape.AT_ONCE >= units.ORDERS
    assert len(commands.Outbox().commands) == units.COMMANDS


def test_a_world_stays_small() -> None:
    """A whole run fits a processor's cache of some megabytes, and a snapshot of the core is quickly written."""
    assert state.State.dtype.itemsize < 1_500_000
    assert World.dtype.itemsize < 8_000_000
    assert all(record.dtype.itemsize > 0 for record in records())
