"""The longest functions and files outside the guide, for a person to judge: `make sizes`.

The guide (CONTRIBUTING.md): functions near 10 lines, files near 150. A long one may have its reason; this list
only says where to look. Lines are counted without blank lines, comments and docstrings. Never fails.
"""

from __future__ import annotations

import argparse
import ast
import io
import statistics
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
FUNCTION_GUIDE, FILE_GUIDE = 10, 150
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
SILENT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True)
class Unit:
    """Something with a length in lines of code."""

    name: str
    place: str
    lines: int


def code_lines(source: str) -> set[int]:
    """Numbers of the lines that hold code, docstrings not counted."""
    told: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in SILENT:
            told |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node):
            text = node.body[0]
            told -= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return told


def place_of(path: Path) -> str:
    """A path as people know it."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def functions_of(path: Path, source: str, told: set[int]) -> Iterator[Unit]:
    """Every function of a file."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = told & set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            yield Unit(node.name, f"{place_of(path)}:{node.lineno}", len(lines))


def measure(folder: Path) -> tuple[list[Unit], list[Unit]]:
    """Functions and files below a folder, longest first."""
    functions: list[Unit] = []
    files: list[Unit] = []
    for path in sorted(folder.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        told = code_lines(source)
        functions += functions_of(path, source, told)
        files.append(Unit(path.name, place_of(path), len(source.splitlines())))
    return sorted(functions, key=lambda u: -u.lines), sorted(files, key=lambda u: -u.lines)


def show(console: Console, title: str, units: list[Unit], guide: int, most: int) -> None:
    """A table of those beyond three halves of the guide, and how all of them stand."""
    lengths = sorted(unit.lines for unit in units)
    nine_tenths = lengths[len(lengths) * 9 // 10]
    stand = f"median {statistics.median(lengths):.0f}, 9 of 10 within {nine_tenths}, guide {guide}"
    table = Table(title=f"{title}: {len(units)}, {stand}", title_justify="left")
    table.add_column("lines", justify="right")
    table.add_column("name")
    table.add_column("where", overflow="fold")
    for unit in [unit for unit in units if unit.lines > 3 * guide // 2][:most]:
        table.add_row(str(unit.lines), unit.name, unit.place)
    console.print(table)


def main() -> None:
    """Print both lists."""
    parser = argparse.ArgumentParser(description="The longest functions and files, for a person to judge.")
    parser.add_argument("folder", nargs="?", default=str(ROOT / "src"), help="where to look (default: src)")
    parser.add_argument("-n", type=int, default=25, metavar="N", help="rows of each list (default: 25)")
    chosen = parser.parse_args()
    functions, files = measure(Path(chosen.folder).resolve())
    console = Console()
    show(console, "Functions", functions, FUNCTION_GUIDE, chosen.n)
    show(console, "Files", files, FILE_GUIDE, chosen.n)


if __name__ == "__main__":
    main()
