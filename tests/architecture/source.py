"""The project's source as syntax trees, for the tests of its house rules."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import holdfast
from holdfast.records import kernel as kernel_module
from holdfast.records.kernel import KERNELS
from holdfast.records.record import is_record

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "holdfast"
CORE = ("model", "risk", "engine")
assert kernel_module  # the package's name `kernel` is the decorator; this is its module


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def files_of(*packages: str) -> list[Path]:
    """Source files of some packages, of all where none is named."""
    roots = [SOURCE / package for package in packages] or [SOURCE]
    return sorted(path for root in roots for path in root.rglob("*.py"))


def modules_of(*packages: str) -> list[ModuleType]:
    """Every module of some packages, imported."""
    found = []
    for package in packages:
        root = importlib.import_module(f"holdfast.{package}")
        found.append(root)
        for info in pkgutil.walk_packages(root.__path__, f"holdfast.{package}."):
            found.append(importlib.import_module(info.name))
    return found


@cache
def kernels() -> tuple[Callable[..., Any], ...]:
    """Every kernel of the project."""
    modules_of("records", *CORE, "simulator")
    return tuple(function for function in KERNELS if function.__module__.startswith(f"{holdfast.__name__}."))


@cache
def tree_of_kernel(function: Callable[..., Any]) -> ast.FunctionDef:
    """The syntax tree of one kernel, without its docstring."""
    module = tree_of(Path(inspect.getfile(function)))
    functions = (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef))
    found = next(node for node in functions if node.name == function.__name__)
    body = found.body[1:] if ast.get_docstring(found) else found.body
    return ast.FunctionDef(
        name=found.name, args=found.args, body=body, decorator_list=[], lineno=found.lineno
    )


def records() -> list[Any]:
    """Every record of the core and the simulator."""
    found = {}
    for module in modules_of(*CORE, "simulator"):
        found |= {
            id(value): value for value in vars(module).values() if inspect.isclass(value) and is_record(value)
        }
    return list(found.values())


def reads_of(*packages: str) -> Iterator[tuple[str, str]]:
    """(name of the object, attribute) of every attribute that is read in some packages."""
    for path in files_of(*packages):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                owner = node.value.id if isinstance(node.value, ast.Name) else ""
                yield owner, node.attr
