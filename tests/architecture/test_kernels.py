"""Every kernel keeps to the dialect of records/kernel.py: what compiles and what runs as Python are one program."""

from __future__ import annotations

import ast
import builtins
import enum
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from source import kernels, records, tree_of_kernel

from holdfast.records import clear_record, copy_record
from holdfast.records.kernel import KERNELS, hints_of, where

Kernel = Callable[..., Any]
BUILTINS = {"abs", "min", "max", "range", "len", "int", "bool", "float"}
RECORD_TOOLS = {copy_record, clear_record}
FORBIDDEN = (
    ast.Try, ast.Raise, ast.With, ast.Lambda, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp, ast.Yield,
    ast.Await, ast.Dict, ast.Set, ast.List, ast.JoinedStr, ast.Global, ast.Nonlocal, ast.Starred, ast.Delete,
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.NamedExpr, ast.Match,
)  # fmt: skip
# A product before a division must fit 64 bits by itself; anywhere else the helpers of model.arithmetic are used.
SMALL_PRODUCTS = {
    "on_instrument_listed": "price_max x quantity_max is asserted below 2**62 in the lines before",
    "share_of": "steps (2**31) x twice a rate (2**28)",
}
# A loop without a constant bound must be bounded by a list that only grows in front of it.
WHILE_LOOPS = {
    "run": "over the bars of a run; the cursor advances each time",
    "advance": "over plans and items that are due; one of the two cursors advances each time",
    "before_price": "over items that are due; the cursor advances each time",
}


def found_in(kind: type[ast.AST] | tuple[type[ast.AST], ...]) -> Iterator[tuple[Kernel, Any]]:
    """Every node of a kind, with its kernel."""
    for function in kernels():
        for node in ast.walk(tree_of_kernel(function)):
            if isinstance(node, kind) and not (
                isinstance(node, ast.FunctionDef) and node is tree_of_kernel(function)
            ):
                yield function, node


def named(function: Kernel, node: ast.AST) -> str:
    """Where something stands."""
    return f"{where(function)}: {ast.unparse(node)}"


def test_there_are_kernels_to_look_at() -> None:
    """Two hundred or so; a test over none would pass."""
    assert len(kernels()) > 150


@pytest.mark.parametrize("function", kernels(), ids=lambda function: function.__name__)
def test_hints_are_complete_and_of_the_dialect(function: Kernel) -> None:
    """Arguments and result: int, float, bool, an IntEnum, records or Rows; no defaults, no *args."""
    hints_of(function)
    arguments = inspect.signature(function).parameters.values()
    assert all(a.default is a.empty and a.kind is a.POSITIONAL_OR_KEYWORD for a in arguments)


def test_no_kernel_divides_with_a_slash() -> None:
    """`/` on integers is a float, and rounds differently from what is written in the docstrings."""
    assert [named(f, node) for f, node in found_in(ast.BinOp) if isinstance(node.op, ast.Div)] == []


def test_products_are_divided_by_the_helpers_only() -> None:
    """`a * b // c` overflows between the factors; the exceptions are small by construction and listed with a reason."""
    wrong = [
        named(f, node)
        for f, node in found_in(ast.BinOp)
        if isinstance(node.op, (ast.FloorDiv, ast.Mod))
        and any(isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult) for part in ast.walk(node.left))
        and f.__module__ != "holdfast.model.arithmetic"
        and f.__name__ not in SMALL_PRODUCTS
        and not is_constant(f, node.left)
    ]
    assert wrong == []


def is_constant(function: Kernel, node: ast.AST) -> bool:
    """Whether every name in an expression is a number of its module."""
    names = [part for part in ast.walk(node) if isinstance(part, (ast.Name, ast.Attribute))]
    return all(
        isinstance(part, ast.Name) and isinstance(function.__globals__.get(part.id), int) for part in names
    )


def test_rows_and_nested_records_are_never_assigned() -> None:
    """Interpreted that would be an alias, compiled a copy."""
    fields = [(name, record.dtype[name]) for record in records() for name in record.dtype.names]
    scalars = {name for name, kind in fields if not kind.names and not kind.subdtype}
    nested = {name for name, _ in fields} - scalars  # a name that is both is left to the compiler
    wrong = []
    for function, node in found_in((ast.Assign, ast.AugAssign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Subscript) or (
                isinstance(target, ast.Attribute) and target.attr in nested
            ):
                wrong.append(named(function, node))
    assert wrong == []


def test_no_kernel_uses_what_does_not_compile() -> None:
    """No exceptions as control flow, no containers, closures, comprehensions, strings or None."""
    assert [named(f, node) for f, node in found_in(FORBIDDEN)] == []
    words = [(f, node) for f, node in found_in(ast.Constant) if not isinstance(node.value, (int, float))]
    assert [named(f, node) for f, node in words] == []


def called_by(function: Kernel) -> Iterator[tuple[ast.Call, Any]]:
    """Calls of a kernel, with what their name means in its module."""
    for node in ast.walk(tree_of_kernel(function)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            yield node, function.__globals__.get(name, getattr(builtins, name, None))


def test_kernels_call_kernels_and_nothing_else() -> None:
    """And a few builtins; so no clock, no randomness, no numpy, no logging can slip in. No enum is constructed."""
    wrong = []
    for function in kernels():
        for node, meaning in called_by(function):
            known = (
                meaning in KERNELS or meaning in RECORD_TOOLS or getattr(meaning, "__name__", "") in BUILTINS
            )
            if not known or (inspect.isclass(meaning) and issubclass(meaning, enum.Enum)):
                wrong.append(named(function, node))
    assert wrong == []


def test_names_from_outside_are_numbers_enums_tables_or_kernels() -> None:
    """Anything else would be frozen when compiled and alive when interpreted."""
    wrong = []
    for function in kernels():
        local = set(function.__code__.co_varnames)
        for node in ast.walk(tree_of_kernel(function)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in local:
                meaning = function.__globals__.get(node.id, getattr(builtins, node.id, None))
                if not is_frozen(meaning):
                    wrong.append(named(function, node))
    assert sorted(set(wrong)) == []


def is_frozen(meaning: Any) -> bool:
    """Whether a global means the same for ever."""
    if getattr(meaning, "__name__", "") in BUILTINS:
        return True
    if inspect.isclass(meaning):
        return issubclass(meaning, (enum.IntEnum, int, float, list)) or hasattr(meaning, "dtype")
    if isinstance(meaning, tuple):
        return all(is_frozen(part) for part in meaning)
    return isinstance(meaning, (int, np.integer)) or meaning in KERNELS or meaning in RECORD_TOOLS


def test_no_kernel_calls_itself_over_any_number_of_steps() -> None:
    """Recursion has no bound, and does not compile."""
    calls = {f: {meaning for _, meaning in called_by(f) if meaning in KERNELS} for f in kernels()}

    def reaches(start: Kernel, seen: frozenset[Kernel]) -> list[str]:
        for callee in calls.get(start, ()):
            if callee in seen:
                return [start.__name__, callee.__name__]
            if callee not in done and (found := reaches(callee, seen | {callee})):
                return [start.__name__, *found]
        done.add(start)
        return []

    done: set[Kernel] = set()
    assert [path for f in kernels() if (path := reaches(f, frozenset({f})))] == []


def test_loops_are_bounded() -> None:
    """`for` over a range; a `while` only where its list bounds it, listed with a reason."""
    wrong = []
    for function, node in found_in((ast.For, ast.While)):
        if isinstance(node, ast.While) and function.__name__ not in WHILE_LOOPS:
            wrong.append(named(function, node.test))
        if isinstance(node, ast.For) and not (
            isinstance(node.iter, ast.Call) and ast.unparse(node.iter.func) == "range"
        ):
            wrong.append(named(function, node.iter))
    assert wrong == []


def test_every_exception_is_still_needed() -> None:
    """A listed exception whose kernel is gone would hide the next one of that name."""
    loops = {f.__name__ for f, _ in found_in(ast.While)}
    assert set(WHILE_LOOPS) <= loops
    products = {
        f.__name__
        for f, node in found_in(ast.BinOp)
        if isinstance(node.op, ast.FloorDiv)
        and any(isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult) for part in ast.walk(node.left))
    }
    assert set(SMALL_PRODUCTS) <= products
